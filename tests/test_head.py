"""The head in chunks gives what the theorems say of the whole: loss and both gradients, whatever the chunks."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.heads import WAYS, problem
from lossgrad import head, library
from lossgrad.expressions import ShapeError
from lossgrad.head import Head, linear_cross_entropy
from lossgrad.mistakes import head as mistakes
from lossgrad.mistakes.scale import weights_after_the_sum
from lossgrad.numerics import directional_derivative, function
from lossgrad.theorems import head as theorems

MEAN = {
    "loss": function(theorems.weighted_mean_loss().rhs),
    "by_weights": function(theorems.weighted_weight_gradient().rhs),
    "by_data": function(theorems.weighted_data_gradient().rhs),
}
"""What the theorems say of the whole batch at once."""

SUM = {
    "loss": function(theorems.losses_by_sums().lhs),
    "by_weights": function(theorems.weight_gradient_without_division().lhs),
    "by_data": function(theorems.data_gradient_without_division().lhs),
}
"""The same without a mean."""


def whole(W: Any, X: Any, y: Any, a: Any, made: dict[str, Any] = MEAN) -> Head:
    """Loss and gradients by functions that were made from the theorems."""
    column = np.asarray(a, W.dtype)[:, None]
    return Head(**{name: of(W=W, X=X, y=y, a=column) for name, of in made.items()})


def agree(found: Head, expected: Head, W: Any, X: Any, weight: float = 1.0) -> None:
    """Both are one result but for rounding: as many roundings as a sum has terms, each of its largest term.

    The weights of all examples, without their signs, add up to ``weight``.
    """
    roundings = np.finfo(W.dtype).eps * (sum(W.shape) + X.shape[1])
    largest = 1 + float(np.max(np.abs(W) @ np.abs(X)))
    terms = Head(largest, 2 * np.max(np.abs(X)), 2 * np.max(np.sum(np.abs(W), axis=0)))
    for ours, theirs, term in zip(found, expected, terms, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=roundings * largest * term * weight)


def drawn(C: int, D: int, N: int, dtype: Any = np.float64, seed: int = 0, scale: float = 1.0) -> tuple[Any, Any, Any]:
    """Weights, data and labels."""
    rng = np.random.default_rng(seed)
    W = scale * rng.standard_normal((C, D))
    return W.astype(dtype), rng.standard_normal((D, N)).astype(dtype), rng.integers(0, C, N)


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of the function: weights that do not vanish where the mask keeps, and any chunk."""
    C, D, N = draw(st.integers(1, 9)), draw(st.integers(1, 5)), draw(st.integers(1, 12))
    W, X, y = drawn(C, D, N, draw(st.sampled_from([np.float32, np.float64])), draw(st.integers(0, 99)))
    mask = np.array(draw(st.lists(st.booleans(), min_size=N, max_size=N)))
    mask[draw(st.integers(0, N - 1))] = True
    weights = np.array(draw(st.lists(st.sampled_from([0.25, 1.0, 3.0]), min_size=N, max_size=N)))
    chunk = draw(st.none() | st.integers(1, N + 2))
    return {"W": W, "X": X, "y": y, "weights": weights, "mask": mask, "chunk": chunk}


@given(problems(), st.sampled_from([1, 7, 200, 2**18]))
def test_chunks_of_any_size_give_the_whole(problem: dict[str, Any], block: int) -> None:
    W, X, y = problem["W"], problem["X"], problem["y"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head, "BLOCK", block)
        found = linear_cross_entropy(**problem)
    agree(found, whole(W, X, y, problem["weights"] * problem["mask"]), W, X)
    assert found.by_weights.dtype == found.by_data.dtype == W.dtype


@given(problems())
def test_a_sum_takes_weights_of_any_sign(problem: dict[str, Any]) -> None:
    W, X, y, signed = problem["W"], problem["X"], problem["y"], problem["weights"] - 0.5
    found = linear_cross_entropy(W, X, y, weights=signed, mean=False, chunk=problem["chunk"])
    agree(found, whole(W, X, y, signed, SUM), W, X, np.sum(np.abs(signed)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_a_thousand_either_way_stay_finite(dtype: Any) -> None:
    W = np.array([[1000], [0], [-1000]], dtype)
    X = np.array([[1, -1, 0, 1]], dtype)
    y = np.array([0, 0, 1, 2])
    found = linear_cross_entropy(W, X, y, chunk=3)
    agree(found, whole(W, X, y, np.ones(4)), W, X)
    assert all(np.all(np.isfinite(part)) for part in found)
    assert found.loss == pytest.approx((0 + 2000 + np.log(3) + 2000) / 4)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 120), (np.float64, 900)])
def test_scores_may_leave_what_exponentials_bear_from_one_block_to_the_next(
    dtype: Any, most: int, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "BLOCK", 4)
    W = np.linspace(-most, most, 12).astype(dtype)[::order, None]
    X, y = np.array([[1, 0.5, -1, 0.01]], dtype), np.array([0, 11, 5, 6])
    found = linear_cross_entropy(W, X, y, chunk=2)
    agree(found, whole(W, X, y, np.ones(4)), W, X)
    assert all(np.all(np.isfinite(part)) for part in found)


def test_long_weights_may_give_small_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    W, X, y = drawn(300, 2, 5, np.float32)
    W[:, 0], X[0] = 400 * W[:, 0], X[0] / 400
    monkeypatch.setattr(head, "BLOCK", 500)
    agree(linear_cross_entropy(W, X, y, chunk=5), whole(W, X, y, np.ones(5)), W, X)


def test_both_gradients_are_slopes_of_the_loss() -> None:
    W, X, y = drawn(6, 3, 5)
    a = np.array([1.0, 0.5, 0.0, 2.0, 1.0])
    found = linear_cross_entropy(W, X, y, weights=a, chunk=2)
    V, U = (np.random.default_rng(1).standard_normal(at.shape) for at in (W, X))
    along_weights = directional_derivative(lambda at: linear_cross_entropy(at, X, y, weights=a).loss, W, V)
    along_data = directional_derivative(lambda at: linear_cross_entropy(W, at, y, weights=a).loss, X, U)
    assert along_weights == pytest.approx(np.sum(found.by_weights * V), rel=1e-8)
    assert along_data == pytest.approx(np.sum(found.by_data * U), rel=1e-8)


def test_an_ignored_example_has_no_say() -> None:
    W, X, y = drawn(6, 3, 5)
    mask = np.array([True, False, True, True, False])
    found = linear_cross_entropy(W, np.where(mask, X, np.nan), np.where(mask, y, -100), mask=mask, chunk=2)
    agree(found, whole(W, X, y, mask), W, X)
    assert not found.by_data[:, ~mask].any()


def test_what_is_given_is_left_as_it_is() -> None:
    W, X, y = drawn(6, 3, 5)
    before = W.copy(), X.copy(), y.copy()
    linear_cross_entropy(W, X, y, weights=np.full(5, 2.0), chunk=2)
    for given_, kept in zip((W, X, y), before, strict=True):
        np.testing.assert_array_equal(given_, kept)


def test_layouts_of_memory_do_not_matter() -> None:
    W, X, y = drawn(6, 3, 5)
    turned = linear_cross_entropy(np.asfortranarray(W), np.asfortranarray(X), y, chunk=2)
    agree(turned, linear_cross_entropy(W, X, y, chunk=3), W, X)


def test_it_takes_less_than_a_tenth_of_the_room_of_the_scores() -> None:
    W, X, y = drawn(4000, 16, 1024, np.float32)
    tracemalloc.start()
    linear_cross_entropy(W, X, y, chunk=32)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < W.itemsize * 4000 * 1024 / 10


def test_weights_after_the_sum_are_another_gradient() -> None:
    W, X, y = drawn(6, 3, 5)
    a = np.array([3.0, 1.0, 1.0, 2.0, 1.0])
    found = linear_cross_entropy(W, X, y, weights=a, mean=False, chunk=2).by_weights
    slip = function(weights_after_the_sum().rhs)(W=W, X=X, y=y, a=a[:, None])
    assert np.max(np.abs(found - slip)) > 0.1


def test_the_mean_of_the_means_of_chunks_is_another_gradient() -> None:
    W, X, y = drawn(6, 3, 5)
    found = linear_cross_entropy(W, X, y, chunk=4).by_weights
    parts = {
        "X_1": X[:, :4],
        "X_2": X[:, 4:],
        "y_1": y[:4],
        "y_2": y[4:],
        "a_1": np.ones((4, 1)),
        "a_2": np.ones((1, 1)),
    }
    right = function(theorems.two_weighted_chunks().rhs)(W=W, **parts)
    slip = function(mistakes.mean_of_chunk_means().rhs)(W=W, **parts)
    np.testing.assert_allclose(found, right, rtol=0, atol=1e3 * np.finfo(float).eps)
    assert np.max(np.abs(found - slip)) > 0.1


W, X, Y = drawn(4, 3, 5)

REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "a size": ({"X": X[:2]}, ShapeError, r"W of shape \(4, 3\) and X of shape \(2, 5\) must agree on D: got 3 and 2"),
    "a row": ({"W": W[0]}, ShapeError, r"W must have the shape \(C, D\), with nothing empty: got the shape \(3,\)"),
    "no example": ({"X": X[:, :0]}, ShapeError, r"X must have the shape \(D, N\), .* got the shape \(3, 0\)"),
    "labels too few": (
        {"y": Y[:4]},
        ShapeError,
        r"labels y must have the shape \(N,\) with N = 5 .* got the shape \(4,\)",
    ),
    "integers": ({"W": W.astype(int)}, TypeError, "W must be an array of float32 or float64: got an array of int64"),
    "half": (
        {"X": X.astype(np.float16)},
        TypeError,
        "X must be an array of float32 or float64: got an array of float16",
    ),
    "two types": ({"X": X.astype(np.float32)}, TypeError, "W and X must have one type: got float64 and float32"),
    "not finite": ({"W": np.where(W[1, 2] == W, np.nan, W)}, ValueError, r"W must be finite: got nan at \(1, 2\)"),
    "infinite": ({"X": np.where(X[0, 1] == X, -np.inf, X)}, ValueError, r"X must be finite: got -inf at \(0, 1\)"),
    "a label": (
        {"y": [0, 1, 4, 2, 3]},
        ValueError,
        r"labels y are integers in 0\.\.C-1 with C = 4: got 4 at position 2",
    ),
    "below": ({"y": [0, 1, 2, -1, 3]}, ValueError, r"got -1 at position 3"),
    "real labels": ({"y": Y.astype(float)}, TypeError, "labels y are integers: got an array of float64"),
    "no weight": ({"weights": np.zeros(5)}, ValueError, "the weights, where the mask is true, add up to 0"),
    "all ignored": ({"mask": np.zeros(5, bool)}, ValueError, "a mean needs an example that counts"),
    "negative": (
        {"weights": [1, 1, -2, 1, 1]},
        ValueError,
        r"weights of a mean are not negative: got -2\.0 at position 2",
    ),
    "nan weight": ({"weights": [1, np.nan, 1, 1, 1]}, ValueError, "weights must be finite: got nan at 1"),
    "words": ({"weights": ["a"] * 5}, TypeError, "weights must be real numbers: got an array of <U1"),
    "numbers for a mask": ({"mask": np.ones(5)}, TypeError, "mask must be booleans: got an array of float64"),
    "a mask too long": (
        {"mask": np.ones(6, bool)},
        ShapeError,
        r"mask must have the shape \(N,\) .* got the shape \(6,\)",
    ),
    "overflow": ({"W": 1e200 * W, "X": 1e200 * X}, ValueError, "the scores of example 0 overflow float64"),
    "no chunk": ({"chunk": 0}, ValueError, "a chunk has one example or more: got chunk=0"),
    "part of a chunk": ({"chunk": 1.5}, ValueError, r"a chunk has one example or more: got chunk=1\.5"),
}


@pytest.mark.parametrize("given_, error, said", REFUSED.values(), ids=REFUSED)
def test_bad_input_is_named(given_: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        linear_cross_entropy(**{"W": W, "X": X, "y": Y, **given_})


@pytest.mark.parametrize("way", ["direct", "generated", "jax"])
def test_what_the_benchmark_compares_with_gives_the_same(way: str) -> None:
    W, X, y = problem(100, 3, 7)
    loss, by_weights, by_data = map(np.asarray, WAYS[way](W, X, y)())
    agree(Head(float(loss), by_weights, by_data), linear_cross_entropy(W, X, y), W, X)


def test_every_theorem_of_the_head_can_be_run() -> None:
    for name, theorem in library.theorems().items():
        if name.startswith("head."):
            assert function(theorem().rhs).source
