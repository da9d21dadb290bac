"""Gradients of loss functions as theorems: stated in SymPy, proved for every shape, printed from the proof."""

from typing import TYPE_CHECKING, Any

from lossgrad.expressions import (
    Definition,
    ShapeError,
    activation,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    jacobian,
    labels,
    logsumexp,
    loss,
    norm_squared,
    one_hot,
    ones,
    parameters,
    relu,
    sigmoid,
    sizes,
    softmax,
    vjp,
)
from lossgrad.proofs import Malformed, NotProved, Proof, Refuted, Step, Undecided, prove

if TYPE_CHECKING:
    from lossgrad.checking import WrongGradient, check_gradient

__all__ = [
    "Definition",
    "Malformed",
    "NotProved",
    "Proof",
    "Refuted",
    "ShapeError",
    "Step",
    "Undecided",
    "WrongGradient",
    "activation",
    "check_gradient",
    "diag",
    "elementwise",
    "equation",
    "gradient",
    "inner",
    "jacobian",
    "labels",
    "logsumexp",
    "loss",
    "norm_squared",
    "one_hot",
    "ones",
    "parameters",
    "prove",
    "relu",
    "sigmoid",
    "sizes",
    "softmax",
    "vjp",
]

_LATER = {"WrongGradient": "lossgrad.checking", "check_gradient": "lossgrad.checking"}
"""What few programs need, and where it is imported from when one does."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
