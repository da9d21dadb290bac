"""The head of a language model: loss and both gradients of linear softmax cross-entropy, without all of its scores.

A column is an example: W of shape (C, D), X of shape (D, N), scores W X of shape (C, N). With tens of thousands of
classes the scores are by far the largest of these, and each is needed for a moment only. So they are made a chunk of
examples at a time, in one room that every chunk uses again: scores, then exponentials, in place. That the chunks add
up to the whole, with the weights of the examples inside, and that the exponentials need not be divided, are theorems of
`lossgrad.theorems.head`; that the classes may come in blocks, each below a shift of its own, are theorems of
`lossgrad.theorems.scale`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lossgrad.expressions import ShapeError

__all__ = ["Head", "linear_cross_entropy"]

BLOCK = 2**19
"""So many scores are worked on at a time: they stay in a processor's caches from one pass to the next."""

FOLD = 64
"""So many rows of scores are gone through as if they were one."""

SMALL = 2 / 3
"""Such a part of the largest exponent that a type bears leaves room for sums of exponentials and for shares of them."""


class Head(NamedTuple):
    """What `linear_cross_entropy` gives: the loss, and its gradients by W, of shape (C, D), and X, of shape (D, N)."""

    loss: float
    by_weights: Any
    by_data: Any


def linear_cross_entropy(
    W: Any, X: Any, y: Any, *, weights: Any = None, mask: Any = None, mean: bool = True, chunk: int | None = None
) -> Head:
    """The cross-entropy of the scores W X with labels y, and its gradients by W and by X, ``chunk`` examples at a time.

    W of shape (C, D) and X of shape (D, N) are both float32 or both float64, y holds N labels in 0..C-1. The loss is
    the mean over the examples, weighted by ``weights``, N numbers that are not negative, and over those alone at which
    ``mask``, N booleans, is true: labels elsewhere are not looked at. With ``mean=False`` it is the weighted sum, for
    any weights: those that arrive as the gradient by each example's own loss. Scores may be as large as their type
    holds.

    What it takes beside its results is a room of ``chunk`` times C numbers and little else. More examples a chunk are
    faster as far as the processor's caches reach; by default a chunk has 96 of them, or D/8 if that is more.

    Raises ShapeError for shapes that disagree or are empty, TypeError for arrays of another type, ValueError for
    labels out of range, numbers that are not finite, and weights without a mean.

    >>> import numpy as np
    >>> W, X = np.array([[1000.0], [0.0], [-1000.0]]), np.array([[1.0, 0.0]])
    >>> found = linear_cross_entropy(W, X, [1, 0], chunk=1)
    >>> round(found.loss, 4)
    500.5493
    >>> found.by_weights.tolist()
    [[0.5], [-0.5], [0.0]]
    >>> linear_cross_entropy(W, X, [1, 7], mask=[True, False]).loss
    1000.0
    >>> linear_cross_entropy(W, X, [1, 7])
    Traceback (most recent call last):
    ValueError: labels y are integers in 0..C-1 with C = 3: got 7 at position 1
    """
    import numpy as np

    W, X = _numbers("W", W), _numbers("X", X)
    _agree(W, X)
    (C, D), N = W.shape, X.shape[1]
    shares = _shares(N, weights, mask, mean)
    counted = np.flatnonzero(shares)
    y = _labels(y, C, N, counted)
    _all_finite("W", W)
    _all_finite("X", X if len(counted) == N else X[:, counted])
    size = min(_chunk(chunk, D), N)

    loss, by_weights, by_data = 0.0, np.zeros((C, D), W.dtype), np.zeros((D, N), W.dtype)
    few = min(max(1, BLOCK // size), C)
    room, product = np.empty(C * size, W.dtype), np.empty((few, D), W.dtype)
    longest = [_longest(W[start : start + few]) for start in range(0, C, few)]
    for start in range(0, len(counted), size):
        n = counted[start : start + size]
        x, share = np.take(X, n, axis=1), shares[n].astype(W.dtype)
        blocks = list(_blocks(W, room, len(n), few))
        shifts, sums, own, back = _exponentials(blocks, longest, x, y[n])
        _check_scores(shifts[-1], own, n)
        loss += float(shares[n] @ (shifts[-1].astype(float) + np.log(sums.astype(float)) - own))
        by_data[:, n] = share * (back / sums - W[y[n]].T)
        for (c, _, tile), shift in zip(blocks, shifts, strict=True):
            scaled = x * (share / sums * np.exp(shift - shifts[-1]))
            by_weights[c] += np.matmul(tile, scaled.T, out=product[: len(tile)])
        np.subtract.at(by_weights, y[n], (share * x).T)
    return Head(loss, by_weights, by_data)


def _blocks(W: Any, room: Any, columns: int, few: int) -> Iterator[tuple[slice, Any, Any]]:
    """The classes, ``few`` at a time: which they are, their weights, a part of the room for their scores."""
    for start in range(0, len(W), few):
        c = slice(start, min(start + few, len(W)))
        yield c, W[c], room[columns * c.start : columns * c.stop].reshape(-1, columns)


def _exponentials(blocks: Any, longest: Any, x: Any, y: Any) -> tuple[list[Any], Any, Any, Any]:
    """Put exp(s - m) into each block, s the scores, an example a column, m what is taken from them in this block.

    m is the largest score of its column so far, or 0 where the exponentials of all scores are within reach; it never
    falls from one block to the next. ``longest`` has the length of the longest weights of each block, which bounds its
    scores. Gives m of each block; relative to the last m, the sums of all exponentials; the scores at the labels y;
    relative to the last m, the weights, transposed, times the exponentials.
    """
    import numpy as np

    columns, none, sums, back = np.arange(len(y)), np.zeros(len(y), x.dtype), np.zeros_like(x[0]), np.zeros_like(x)
    shifts, own, ones = [none + np.finfo(x.dtype).min], np.empty_like(none), np.ones(len(blocks[0][2]), x.dtype)
    small, far = SMALL * np.log(np.finfo(x.dtype).max), _longest(x.T)
    with np.errstate(over="ignore", invalid="ignore"):  # scores that are not finite are refused when all are there
        for (c, w, tile), length in zip(blocks, longest, strict=True):
            np.matmul(w, x, out=tile)
            here = columns[(c.start <= y) & (y < c.stop)]
            own[here] = tile[y[here] - c.start, here]
            largest = none if far * length < small else _largest(tile)
            shifts.append(np.maximum(shifts[-1], none if np.max(np.abs(largest)) < small else largest))
            np.exp(_lowered(tile, shifts[-1]) if shifts[-1].any() else tile, out=tile)
            shrunk = np.exp(shifts[-2] - shifts[-1])
            sums = shrunk * sums + ones[: len(tile)] @ tile
            back = shrunk * back + (tile.T @ w).T
    return shifts[1:], sums, own, back


def _longest(rows: Any) -> Any:
    """The length of the longest row: no score is larger than that of the weights times that of the data."""
    import numpy as np

    return np.sqrt(np.max(np.einsum("ij,ij->i", rows, rows)))


def _folded(tile: Any) -> tuple[Any, Any]:
    """The rows, `FOLD` of them as one, and those that are left over: NumPy is slow where rows are short."""
    whole = len(tile) // FOLD * FOLD
    return tile[:whole].reshape(-1, FOLD * tile.shape[1]), tile[whole:]


def _largest(tile: Any) -> Any:
    """The largest of each column."""
    import numpy as np

    long, rest = (np.max(part, axis=0, initial=np.finfo(tile.dtype).min) for part in _folded(tile))
    return np.maximum(np.max(long.reshape(FOLD, -1), axis=0), rest)


def _lowered(tile: Any, shift: Any) -> Any:
    """The tile, less a number for each column, in place."""
    import numpy as np

    long, rest = _folded(tile)
    np.subtract(long, np.tile(shift, FOLD), out=long)
    np.subtract(rest, shift, out=rest)
    return tile


# What is given


def _numbers(name: str, value: Any) -> Any:
    import numpy as np

    array = np.asarray(value)
    if array.dtype not in (np.float32, np.float64):
        raise TypeError(f"{name} must be an array of float32 or float64: got an array of {array.dtype}")
    if array.ndim != 2 or 0 in array.shape:
        wanted = "(C, D)" if name == "W" else "(D, N)"
        raise ShapeError(f"{name} must have the shape {wanted}, with nothing empty: got the shape {array.shape}")
    return array


def _agree(W: Any, X: Any) -> None:
    if W.shape[1] != X.shape[0]:
        both = f"W of shape {W.shape} and X of shape {X.shape}"
        raise ShapeError(f"{both} must agree on D: got {W.shape[1]} and {X.shape[0]}")
    if W.dtype != X.dtype:
        raise TypeError(f"W and X must have one type: got {W.dtype} and {X.dtype}")


def _each(name: str, value: Any, N: int) -> Any:
    import numpy as np

    array = np.asarray(value)
    if array.shape != (N,):
        raise ShapeError(f"{name} must have the shape (N,) with N = {N} columns of X: got the shape {array.shape}")
    return array


def _shares(N: int, weights: Any, mask: Any, mean: bool) -> Any:
    """What each loss is multiplied with before all are added."""
    import numpy as np

    shares = np.ones(N)
    if weights is not None:
        given = _each("weights", weights, N)
        if given.dtype.kind not in "fiu":
            raise TypeError(f"weights must be real numbers: got an array of {given.dtype}")
        shares = given.astype(float)
    if mask is not None:
        kept = _each("mask", mask, N)
        if kept.dtype != bool:
            raise TypeError(f"mask must be booleans: got an array of {kept.dtype}")
        shares = np.where(kept, shares, 0.0)
    _all_finite("weights", shares)
    if not mean:
        return shares
    if wrong := np.flatnonzero(shares < 0).tolist():
        raise ValueError(f"weights of a mean are not negative: got {shares[wrong[0]]} at position {wrong[0]}")
    if (total := shares.sum()) == 0:
        raise ValueError("a mean needs an example that counts: the weights, where the mask is true, add up to 0")
    return shares / total


def _labels(y: Any, C: int, N: int, counted: Any) -> Any:
    import numpy as np

    labels = _each("labels y", y, N)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels y are integers: got an array of {labels.dtype}")
    if wrong := counted[(labels[counted] < 0) | (labels[counted] >= C)].tolist():
        n = wrong[0]
        raise ValueError(f"labels y are integers in 0..C-1 with C = {C}: got {labels[n]} at position {n}")
    return labels.astype(np.intp)


def _all_finite(name: str, array: Any) -> None:
    """Raise ValueError where a number is not finite; the extremes tell, and take no room."""
    import numpy as np

    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        raise ValueError(f"{name} must be finite: got {array[place]} at {place if len(place) > 1 else place[0]}")


def _check_scores(largest: Any, own: Any, n: Any) -> None:
    import numpy as np

    if len(wrong := n[~(np.isfinite(largest) & np.isfinite(own))]):
        raise ValueError(f"the scores of example {wrong[0]} overflow {largest.dtype}: scale W or X down")


def _chunk(chunk: int | None, D: int) -> int:
    if chunk is None:
        return max(96, D // 8)
    if chunk < 1 or chunk != int(chunk):
        raise ValueError(f"a chunk has one example or more: got chunk={chunk!r}")
    return int(chunk)
