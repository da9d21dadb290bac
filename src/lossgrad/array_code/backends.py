"""The libraries of arrays: how each spells what it does, and what NumPy lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class NoCode(TypeError):
    """The expression holds something that the library of arrays has no code for."""


@dataclass(frozen=True)
class Backend:
    """A library of arrays: how its module is called, and how it spells what it does in its own way."""

    name: str
    module: str
    imports: str
    calls: Mapping[str, str]
    derivatives: Mapping[str, str] = field(default_factory=dict)


_NUMPY_CALLS = {
    "softmax": "softmax({0})",
    "row_softmax": "softmax({0}, axis=1)",
    "log_softmax": "log_softmax({0})",
    "logsumexp": "logsumexp({0})",
    "masked_softmax": "masked_softmax({0}, {1})",
    "one_hot": "one_hot({0}, {1}, dtype)",
    "row_one_hot": "one_hot({0}, {1}, dtype).T",
    "sum_along": "np.sum({0}, axis={1})",
    "column_of_sums": "np.sum({0}, axis=1, keepdims=True)",
    "row_of_sums": "np.sum({0}, axis=0, keepdims=True)",
    "sigmoid": "sigmoid({0})",
    "softplus": "np.logaddexp(0, {0})",
    "logaddexp": "np.logaddexp({0}, {1})",
    "erf": "erf({0})",
    "maximum": "np.maximum({0}, {1})",
    "minimum": "np.minimum({0}, {1})",
    "heaviside": "np.heaviside({0}, 0.5)",
    "where": "np.where({0}, {1}, {2})",
    "block": "np.block({0})",
    "array": "np.array({0})",
    "dtype": "np.result_type({0})",
    "pad": "np.pad({0}, (({1}, {1}), ({2}, {2})))",
    "flip": "np.flip({0})",
}
_JAX_CALLS = {
    "softmax": "jax.nn.softmax({0}, axis=0)",
    "row_softmax": "jax.nn.softmax({0}, axis=1)",
    "log_softmax": "jax.nn.log_softmax({0}, axis=0)",
    "logsumexp": "jax.nn.logsumexp({0}, axis=0, keepdims=True)",
    "masked_softmax": "jax.nn.softmax({0} + jnp.log({1}), axis=0)",
    "one_hot": "jax.nn.one_hot({0}, {1}, axis=0, dtype=dtype)",
    "row_one_hot": "jax.nn.one_hot({0}, {1}, dtype=dtype)",
    "sum_along": "jnp.sum({0}, axis={1})",
    "column_of_sums": "jnp.sum({0}, axis=1, keepdims=True)",
    "row_of_sums": "jnp.sum({0}, axis=0, keepdims=True)",
    "sigmoid": "jax.nn.sigmoid({0})",
    "softplus": "jax.nn.softplus({0})",
    "logaddexp": "jnp.logaddexp({0}, {1})",
    "erf": "jax.scipy.special.erf({0})",
    "maximum": "jnp.maximum({0}, {1})",
    "minimum": "jnp.minimum({0}, {1})",
    "heaviside": "jnp.heaviside({0}, 0.5)",
    "where": "jnp.where({0}, {1}, {2})",
    "block": "jnp.block({0})",
    "array": "jnp.array({0})",
    "dtype": "jnp.result_type({0})",
    "pad": "jnp.pad({0}, (({1}, {1}), ({2}, {2})))",
    "flip": "jnp.flip({0})",
}
_TORCH_CALLS = {
    "softmax": "torch.softmax({0}, dim=0)",
    "row_softmax": "torch.softmax({0}, dim=1)",
    "log_softmax": "torch.log_softmax({0}, dim=0)",
    "logsumexp": "torch.logsumexp({0}, dim=0, keepdim=True)",
    "masked_softmax": "torch.softmax({0} + torch.log({1}), dim=0)",
    "one_hot": "torch.nn.functional.one_hot({0}, {1}).T.to(dtype)",
    "row_one_hot": "torch.nn.functional.one_hot({0}, {1}).to(dtype)",
    "sum_along": "torch.sum({0}, dim={1})",
    "column_of_sums": "torch.sum({0}, dim=1, keepdim=True)",
    "row_of_sums": "torch.sum({0}, dim=0, keepdim=True)",
    "sigmoid": "torch.sigmoid({0})",
    "softplus": "torch.nn.functional.softplus({0})",
    "logaddexp": "torch.logaddexp({0}, {1})",
    "erf": "torch.erf({0})",
    "maximum": "torch.maximum({0}, {1})",
    "minimum": "torch.minimum({0}, {1})",
    "heaviside": "torch.heaviside({0}, torch.tensor(0.5).to({0}))",
    "where": "torch.where({0}, {1}, {2})",
    "block": "torch.cat([torch.cat(row, dim=1) for row in {0}])",
    "array": "torch.stack([torch.stack([torch.as_tensor(entry) for entry in row]) for row in {0}])",
    "dtype": "{0}.dtype",
    "pad": "torch.nn.functional.pad({0}, ({2}, {2}, {1}, {1}))",
    "flip": "torch.flip({0}, (0, 1))",
}
BACKENDS: dict[str, Backend] = {
    "numpy": Backend("numpy", "np", "import numpy as np", _NUMPY_CALLS),
    "jax": Backend(
        "jax",
        "jnp",
        "import jax\nimport jax.numpy as jnp",
        _JAX_CALLS,
        {
            "gradient": "jax.grad({f})({x})",
            "vjp": "jax.vjp({f}, {x})[1]({upstream})[0]",
            "jacobian": "jax.jacrev({f})({x})[:, 0, :, 0]",
            "jacobians": "jax.jacrev({f})({x})",
            "slope": "jax.jvp({f}, ({x},), (jnp.ones_like({x}),))[1]",
        },
    ),
    "torch": Backend(
        "torch",
        "torch",
        "import torch",
        _TORCH_CALLS,
        {
            "gradient": "torch.func.grad({f})({x})",
            "vjp": "torch.func.vjp({f}, {x})[1]({upstream})[0]",
            "jacobian": "torch.func.jacrev({f})({x})[:, 0, :, 0]",
            "jacobians": "torch.func.jacrev({f})({x})",
            "slope": "torch.func.jvp({f}, ({x},), (torch.ones_like({x}),))[1]",
        },
    ),
}

PRELUDES = {
    "erf": "from scipy.special import erf",
    "one_hot": """\
def one_hot(y, C, dtype):
    return (np.arange(C)[:, None] == y).astype(dtype)""",
    "softmax": """\
def softmax(S, axis=0):
    E = np.exp(S - np.max(S, axis=axis, keepdims=True))
    return E / np.sum(E, axis=axis, keepdims=True)""",
    "logsumexp": """\
def logsumexp(S):
    largest = np.max(S, axis=0, keepdims=True)
    return largest + np.log(np.sum(np.exp(S - largest), axis=0, keepdims=True))""",
    "log_softmax": """\
def log_softmax(S):
    shifted = S - np.max(S, axis=0, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=0, keepdims=True))""",
    "masked_softmax": """\
def masked_softmax(S, B):
    S = np.where(B == 0, -np.inf, S)
    E = np.exp(S - np.max(S, axis=0, keepdims=True)) * B
    return E / np.sum(E, axis=0, keepdims=True)""",
    "sigmoid": """\
def sigmoid(t):
    return np.exp(-np.logaddexp(0, -t))""",
}
"""What NumPy lacks, by the name under which it is called."""

FUNCTIONS = {
    "exp": "exp",
    "log": "log",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "atan": "arctan",
    "Abs": "abs",
    "sign": "sign",
}
"""What SymPy and all three libraries have, by SymPy's name."""
