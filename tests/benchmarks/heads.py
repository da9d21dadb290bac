"""Ways to the loss and both gradients of a linear head with softmax cross-entropy, and what each of them takes.

A way is made for its arrays and then called without arguments: W of shape (C, D), X of shape (D, N), float32; it
returns the loss, and the gradients by W and by X.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from lossgrad.head import linear_cross_entropy
from lossgrad.numerics import function
from lossgrad.theorems import head

CHUNK = 96
Way = Callable[[], Any]


def problem(N: int, D: int, C: int) -> tuple[Any, Any, Any]:
    """Weights, data and labels, drawn at random; scores have the size that trained ones have."""
    rng = np.random.default_rng(0)
    W = rng.standard_normal((C, D), np.float32)
    X = rng.standard_normal((D, N), np.float32)
    return W * np.float32(3 / np.sqrt(D)), X, rng.integers(0, C, N)


def direct(W: Any, X: Any, y: Any) -> Way:
    """All scores at once, an example a row, as fast as NumPy does it: every step in place."""

    def way() -> Any:
        n = np.arange(X.shape[1])
        S = X.T @ W.T
        S -= np.max(S, axis=1, keepdims=True)
        own = S[n, y]
        np.exp(S, out=S)
        sums = np.sum(S, axis=1, keepdims=True)
        loss = np.mean(np.log(sums[:, 0]) - own)
        S /= sums * len(n)
        S[n, y] -= np.float32(1 / len(n))
        return loss, S.T @ X.T, (S @ W).T

    return way


def chunked(W: Any, X: Any, y: Any) -> Way:
    """The function of the book."""
    return lambda: linear_cross_entropy(W, X, y, chunk=CHUNK)


def products(W: Any, X: Any, y: Any) -> Way:
    """The three matrix products of every chunk alone, each into a room that is there: no softmax, nothing added up."""
    scores, by_weights = np.empty((CHUNK, len(W)), W.dtype), np.empty_like(W)
    by_data = np.empty((CHUNK, W.shape[1]), W.dtype)

    def way() -> None:
        for start in range(0, X.shape[1], CHUNK):
            x = X[:, start : start + CHUNK]
            errors = scores[: x.shape[1]]
            np.matmul(x.T, W.T, out=errors)
            np.matmul(errors, W, out=by_data[: x.shape[1]])
            np.matmul(errors.T, x.T, out=by_weights)

    return way


def generated(W: Any, X: Any, y: Any) -> Way:
    """Chunks of functions that were made from the theorems, each of which makes its scores anew."""
    loss = function(head.losses_by_sums().lhs)
    by_weights = function(head.weight_gradient_without_division().lhs)
    by_data = function(head.data_gradient_without_division().lhs)
    N = X.shape[1]
    share = np.full((N, 1), 1 / N, W.dtype)

    def way() -> Any:
        total, dW, dX = 0.0, np.zeros_like(W), np.empty_like(X)
        for start in range(0, N, CHUNK):
            n = slice(start, start + CHUNK)
            given = {"W": W, "X": X[:, n], "y": y[n], "a": share[n]}
            total += loss(**given)
            dW += by_weights(**given)
            dX[:, n] = by_data(**given)
        return total, dW, dX

    return way


def by_jax(W: Any, X: Any, y: Any) -> Way:
    """JAX's automatic gradient of the usual cross-entropy, compiled before it is called."""
    jax, jnp = _untyped("jax"), _untyped("jax.numpy")

    def loss(W: Any, X: Any) -> Any:
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(X.T @ W.T, axis=1), y[:, None], axis=1))

    given = jnp.asarray(W), jnp.asarray(X)
    compiled = jax.jit(jax.value_and_grad(loss, argnums=(0, 1))).lower(*given).compile()

    def way() -> Any:
        value, gradients = jax.block_until_ready(compiled(*given))
        return value, *gradients

    return way


def by_torch(W: Any, X: Any, y: Any) -> Way:
    """PyTorch's automatic gradient of its cross-entropy."""
    return _torch(W, X, y, None)


def by_torch_in_chunks(W: Any, X: Any, y: Any) -> Way:
    """PyTorch's own function in chunks, with the options that it chooses."""
    return _torch(W, X, y, _untyped("torch").nn.LinearCrossEntropyOptions())


def _torch(W: Any, X: Any, y: Any, options: Any) -> Way:
    torch = _untyped("torch")
    torch.set_num_threads(1)
    weights = torch.tensor(W, requires_grad=True)
    data = torch.tensor(np.ascontiguousarray(X.T), requires_grad=True)  # rows are examples there
    labels = torch.tensor(y)

    def way() -> Any:
        weights.grad = data.grad = None
        loss = torch.nn.functional.linear_cross_entropy(data, weights, labels, options=options)
        loss.backward()
        return loss.item(), weights.grad, data.grad.T

    return way


def _untyped(library: str) -> Any:
    """A library that is imported where it is needed, and may be absent elsewhere."""
    return import_module(library)


WAYS = {
    "direct": direct,
    "chunked": chunked,
    "products": products,
    "generated": generated,
    "jax": by_jax,
    "torch": by_torch,
    "torch in chunks": by_torch_in_chunks,
}


def ready(name: str, N: int, D: int, C: int) -> Way:
    """A way at a size, after it was called once at a tiny one."""
    WAYS[name](*problem(8, 4, 16))()
    return WAYS[name](*problem(N, D, C))


def allocated(way: Way) -> float:
    """The mebibytes that NumPy holds at most while a way runs, beyond what it held before; its results included."""
    tracemalloc.start()
    way()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def resident(way: Way) -> float:
    """The mebibytes by which the process grows at most while a way runs, as Linux counts them."""
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is now
    before = _status("VmHWM")
    way()
    return (_status("VmHWM") - before) / 2**10


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def roundings(way: Way, N: int, D: int, C: int) -> float:
    """How far the gradients are from the same in float64, in roundings of float32 of their largest entries."""
    W, X, y = problem(N, D, C)
    exact = linear_cross_entropy(W.astype(float), X.astype(float), y)
    errors = (
        np.max(np.abs(np.asarray(found) - right)) / np.max(np.abs(right))
        for found, right in zip(way()[1:], exact[1:], strict=True)
    )
    return float(max(errors) / np.finfo(np.float32).eps)
