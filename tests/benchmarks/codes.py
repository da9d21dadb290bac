"""Gradients as code that was generated from theorems, and as JAX differentiates the same loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from lossgrad import library
from lossgrad.array_code import Parameter
from lossgrad.numerics import ArrayFunction, function

SIZES: dict[str, dict[str, int]] = {
    "softmax.weight_gradient": {"C": 10, "D": 784, "N": 4096},
    "classification.focal_gradient": {"C": 100, "N": 20_000},
    "attention.query_gradient": {"d": 64, "d_v": 64, "T_k": 512, "T_q": 512},
    "normalization.layernorm_gradient": {"D": 1024, "N": 2048},
}
"""Theorems, and the sizes at which they are run."""


def ready(theorem: str, side: str, compiled: bool | None) -> Callable[[], Any]:
    """A side of a theorem as a function without arguments, called once; by NumPy where ``compiled`` is None."""
    made = function(getattr(library.stated(library.theorems()[theorem]), side), backend=_backend(compiled))
    given = {parameter.name: _drawn(parameter, SIZES[theorem]) for parameter in made.parameters}
    way = partial(made, **given) if compiled is None else _by_jax(made, given, compiled)
    way()
    return way


def _backend(compiled: bool | None) -> str:
    return "numpy" if compiled is None else "jax"


def _by_jax(made: ArrayFunction, given: dict[str, Any], compiled: bool) -> Callable[[], Any]:
    jax: Any = import_module("jax")
    arrays = {name: jax.numpy.asarray(value) for name, value in given.items()}
    run = jax.jit(made.__call__) if compiled else made
    return lambda: jax.block_until_ready(run(**arrays))


def _drawn(parameter: Parameter, sizes: dict[str, int]) -> Any:
    """An array in float32, the same for every way."""
    if parameter.kind == "number":
        return np.float32(0.5)
    rng = np.random.default_rng(list(parameter.name.encode()))
    shape = tuple(sizes.get(str(size), 1) for size in parameter.symbol.shape)
    return rng.integers(0, sizes["C"], shape) if parameter.kind == "labels" else rng.standard_normal(shape, np.float32)
