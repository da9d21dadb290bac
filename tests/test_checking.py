"""``check_gradient`` lets right gradients pass, refuses the famous mistakes, and says what they look like."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossgrad import ShapeError, check_gradient, notation
from lossgrad.checking import GradientNotConfirmed, OnKink, Unresolved, WrongGradient, WrongShape
from lossgrad.numerics import function
from lossgrad.theorems import curvature, softmax

C, D, N = 3, 2, 5
DRAW = np.random.default_rng(7)
W, X, b = DRAW.normal(size=(C, D)), DRAW.normal(size=(D, N)), DRAW.normal(size=(C, 1))
y = np.array([0, 2, 1, 1, 0])
Y = np.eye(C)[:, y]
v = np.array([0.5, 2.0, 1.0, 3.0, 0.25])
SIZES = {"N": N, "C": C}


def probabilities(S: Any) -> Any:
    E = np.exp(S - S.max(axis=0))
    return E / E.sum(axis=0)


def losses(S: Any) -> Any:
    top = S.max(axis=0)
    return (top + np.log(np.exp(S - top).sum(axis=0))) - (Y * S).sum(axis=0)


def loss(W: Any) -> Any:
    return losses(W @ X).mean()


def gradient(W: Any) -> Any:
    return (probabilities(W @ X) - Y) @ X.T / N


def refused(f: Callable[..., Any], claim: Any, at: Any, **known: Any) -> WrongGradient:
    with pytest.raises(WrongGradient) as raised:
        check_gradient(f, claim, at, **known)
    return raised.value


def diagnosed(f: Callable[..., Any], claim: Any, at: Any, **known: Any) -> tuple[str, ...]:
    report = refused(f, claim, at, **known).report
    assert report is not None and not report.agrees
    return report.diagnoses


# -- the famous mistakes

RIDGE = 0.1
square, square_x = DRAW.normal(size=(4, 4)), DRAW.normal(size=(4, 4))


def mean_square(W: Any) -> Any:
    return (W @ square_x**2).var() + np.sum(W[0] * W[1])


def mean_square_gradient(W: Any) -> Any:
    A = W @ square_x**2
    rest = np.zeros((4, 4))
    rest[0], rest[1] = W[1], W[0]
    return 2 * (A - A.mean()) @ (square_x**2).T / 16 + rest


def biased(b: Any) -> Any:
    return losses(W @ X + b).mean()


def by_scores() -> Any:
    return (probabilities(W @ X + b) - Y) / N


def filtered(w: Any) -> Any:
    return np.sum(np.convolve(X[0], w[::-1], mode="valid") ** 2) / 2


def filter_gradient(w: Any) -> Any:
    g = np.convolve(X[0], w[::-1], mode="valid")
    return np.convolve(X[0], g[::-1], mode="valid")


def weighted(S: Any) -> Any:
    return (v * losses(S)).sum() / v.sum()


MISTAKES: dict[str, tuple[Callable[..., Any], Any, Any, dict[str, Any], str]] = {
    "a lost sign": (loss, lambda W: -gradient(W), W, {}, "the sign is turned"),
    "a sum for a mean": (
        loss,
        lambda W: N * gradient(W),
        W,
        {"sizes": SIZES},
        "5 times what it should be, and 5 = N: a sum for a mean",
    ),
    "a mean for a sum": (
        lambda W: N * loss(W),
        gradient,
        W,
        {"sizes": SIZES},
        "0.2 times what it should be, and 0.2 = 1/N: a mean for a sum",
    ),
    "a mean over the classes": (
        loss,
        lambda W: gradient(W) * N / C,
        W,
        {"sizes": SIZES},
        "1.667 times what it should be, and 1.667 = N/C",
    ),
    "the factor 2 of a square": (
        lambda W: np.sum((W @ X - Y) ** 2),
        lambda W: (W @ X - Y) @ X.T,
        W,
        {"sizes": SIZES},
        "0.5 times what it should be, and 0.5 = 1/2",
    ),
    "a doubled mistake": (
        loss,
        lambda W: -2 * gradient(W),
        W,
        {},
        "2 times what it should be and the sign is turned",
    ),
    "sizes read off the labels": (
        loss,
        lambda W: N * gradient(W),
        W,
        {"labels": (y, C)},
        "5 times what it should be, and 5 = N: a sum for a mean",
    ),
    "a factor that has no name": (loss, lambda W: 0.7 * gradient(W), W, {}, "0.7 times what it should be"),
    "a transpose that the shape hides": (
        mean_square,
        lambda W: mean_square_gradient(W).T,
        square,
        {},
        "transposed",
    ),
    "a transpose and a sign": (
        mean_square,
        lambda W: -mean_square_gradient(W).T,
        square,
        {},
        "transposed, and the sign is turned",
    ),
    "a filter that was flipped": (
        filtered,
        lambda w: filter_gradient(w)[::-1],
        np.array([0.4, -1.0, 0.3]),
        {},
        "read backwards along axis 0",
    ),
    "everything summed": (
        lambda b: np.sum(b**3),
        lambda b: np.full((C, 1), 3 * np.sum(b**2)),
        b,
        {},
        "each entry is the sum along axis 0: summed over too much",
    ),
    "everything averaged": (
        lambda b: np.sum(b**3),
        lambda b: np.full((C, 1), 3 * np.mean(b**2)),
        b,
        {},
        "each entry is the mean along axis 0: averaged over too much",
    ),
    "a forgotten penalty": (
        lambda W: loss(W) + RIDGE / 2 * np.sum(W**2),
        gradient,
        W,
        {},
        "missing is 0.1 times the point itself: a penalty of squares",
    ),
    "a forgotten lasso": (
        lambda W: loss(W) + RIDGE * np.sum(np.abs(W)),
        gradient,
        W,
        {},
        "missing is 0.1 times the signs of the point: a penalty of absolute values",
    ),
    "something added to all": (
        loss,
        lambda W: gradient(W) + 0.25,
        W,
        {},
        "too much is 0.25 times 1: something is added to every entry",
    ),
    "labels forgotten": (
        lambda S: losses(S).mean(),
        lambda S: probabilities(S) / N,
        W @ X,
        {},
        "one entry in each column is 0.2 too large, all others are right: the labels",
    ),
    "weights forgotten": (
        weighted,
        lambda S: (probabilities(S) - Y) / N,
        W @ X,
        {"weights": v},
        "each column lacks its weight: weights belong to the examples before the sum",
    ),
    "weights twice": (
        weighted,
        lambda S: (probabilities(S) - Y) * v**2 / v.sum() ** 2,
        W @ X,
        {"weights": v},
        "each column has its weight once too often",
    ),
    "weights that nobody told of": (
        weighted,
        lambda S: (probabilities(S) - Y) / v.sum(),
        W @ X,
        {},
        "each column is off by a factor of its own: 2, 0.5, 1, 0.333 …",
    ),
    "weights after the sum": (
        lambda W: weighted(W @ X),
        lambda W: (probabilities(W @ X) - Y) @ X.T * v.mean() / v.sum(),
        W,
        {"weights": v, "examples": lambda W: losses(W @ X)},
        "every example counts the same: its weight is missing, or came after the sum",
    ),
    "one example alone": (
        loss,
        lambda W: (probabilities(W @ X) - Y)[:, 3:4] @ X[:, 3:4].T,
        W,
        {"examples": lambda W: losses(W @ X)},
        "1 times the gradient of example 3 alone",
    ),
    "one class left out": (
        loss,
        lambda W: gradient(W) * np.array([[1.0], [1.0], [0.0]]),
        W,
        {},
        "only index 2 of axis 0 is wrong, all the others are right",
    ),
    "nothing": (loss, lambda W: np.zeros((C, D)), W, {}, "0 everywhere"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_famous_mistake_is_refused_and_named(name: str) -> None:
    f, claim, at, known, told = MISTAKES[name]
    assert diagnosed(f, claim, at, **known) == (told,)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_famous_mistake_is_refused_and_named_in_float32(name: str) -> None:
    f, claim, at, known, told = MISTAKES[name]
    single = np.float32(at)
    found = diagnosed(lambda x: np.float64(f(x.astype(float))), claim(at).astype(np.float32), single, **known)
    assert told in found or "0.1 times" in told or "factor of its own" in told


def test_a_bias_summed_along_the_wrong_axis_is_named_where_the_shape_hides_it() -> None:
    X, y = DRAW.normal(size=(D, C)), np.array([2, 0, 1])
    Y = np.eye(C)[:, y]

    def biased(b: Any) -> Any:
        S = W @ X + b
        return (np.log(np.exp(S).sum(axis=0)) - (Y * S).sum(axis=0) + S[0] ** 2).mean()

    S = W @ X + b
    G = (probabilities(S) - Y + np.array([[2.0], [0.0], [0.0]]) * S) / C
    assert check_gradient(biased, G.sum(axis=1, keepdims=True), b).agrees
    wrong = G.sum(axis=0, keepdims=True).T
    told = diagnosed(biased, wrong, b, pairing=(G, S))
    assert "the gradient by the scores summed along axis 0, over the classes: the wrong axis" in told


def test_gradients_in_the_wrong_order_are_named() -> None:
    def product(A: Any, B: Any) -> Any:
        return np.sum((A @ B) ** 2) / 2

    A, B = DRAW.normal(size=(3, 3)), DRAW.normal(size=(3, 3))
    right = (A @ B @ B.T, A.T @ A @ B)
    assert check_gradient(product, right, (A, B)).agrees
    told = diagnosed(product, right[::-1], (A, B))
    assert told == ("the gradient by B, not by A", "the gradient by A, not by B")


SHAPES = {
    "transposed": (
        gradient(W).T,
        W,
        "got the shape (2, 3) for at[0] of shape (3, 2); its numbers are right, transposed",
    ),
    "not summed": (by_scores(), b, "the sum along its axis 1 is right"),
    "without an axis": (by_scores().sum(axis=1), b, "its numbers are right, in another shape"),
    "along the wrong axis": (by_scores().sum(axis=0, keepdims=True), b, "summed along the wrong axis, or not at all"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_claim_of_another_shape_is_refused_with_both_shapes(name: str) -> None:
    claim, at, told = SHAPES[name]
    f = (lambda *at: loss(*at)) if at is W else biased
    with pytest.raises(WrongShape) as raised:
        check_gradient(f, claim, at)
    assert told in str(raised.value)


def test_no_mistake_is_named_that_the_numbers_do_not_bear_out() -> None:
    noisy = gradient(W) + 0.3 * DRAW.normal(size=(C, D))
    assert diagnosed(loss, noisy, W, sizes=SIZES, weights=v, examples=lambda W: losses(W @ X)) == ()
    nearly = 1.9 * gradient(W)
    assert diagnosed(loss, nearly, W, sizes=SIZES) == ("1.9 times what it should be",)


def test_the_report_reads_as_it_is_documented() -> None:
    text = str(refused(loss, lambda W: -gradient(W), W))
    first, *lines = text.splitlines()
    assert first == "the claimed gradient of loss differs from differences"
    assert lines[0] == "W of shape (3, 2), float64: differs"
    assert lines[1] == "  entries     6 of 6 compared differ"
    assert lines[2] == "  directions  8 of 8 differ"
    assert lines[3].startswith("  error       2.0e+00 of the largest entry; tolerance ")
    assert sum("differences give" in line for line in lines) == 5
    assert "  and 1 more" in lines
    assert "  looks like  the sign is turned" in lines


# -- what is right passes

SCORES = function(softmax.score_gradient().rhs, notation.S, notation.y)


def problem(seed: int, dtype: Any) -> tuple[Callable[..., Any], Callable[..., Any], Any]:
    """A loss with its gradient, of random shape, data of a random scale and weights to match."""
    draw = np.random.default_rng(seed)
    C, D, N = (int(n) for n in draw.integers(2, 6, 3))
    scale = 10.0 ** draw.uniform(-2, 2)
    X, T = (draw.normal(size=(D, N)) * scale).astype(dtype), draw.normal(size=(C, N)).astype(dtype)
    W = (draw.normal(size=(C, D)) / scale).astype(dtype)
    y, n = draw.integers(0, C, N), dtype(N)
    Y = np.eye(C, dtype=dtype)[:, y]

    def softplus(A: Any) -> Any:
        return np.logaddexp(dtype(0), A)

    kinds: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
        (
            lambda W: (np.log(np.exp(W @ X - (W @ X).max(0)).sum(0)) + (W @ X).max(0) - (Y * (W @ X)).sum(0)).mean(),
            lambda W: (probabilities(W @ X) - Y) @ X.T / n,
        ),
        (lambda W: ((W @ X - T) ** 2).sum() / 2 / n, lambda W: (W @ X - T) @ X.T / n),
        (lambda W: (np.tanh(W @ X) * T).sum(), lambda W: (T * (1 - np.tanh(W @ X) ** 2)) @ X.T),
        (
            lambda W: (softplus(W @ X) - Y * (W @ X)).mean(),
            lambda W: (1 / (1 + np.exp(-(W @ X))) - Y) @ X.T / n / dtype(C),
        ),
        (lambda W: (np.maximum(W @ X, 0) ** 2).sum(), lambda W: 2 * np.maximum(W @ X, 0) @ X.T),
        (lambda W: np.sin(W @ X).sum() + dtype(100), lambda W: np.cos(W @ X) @ X.T),
    ]
    return *kinds[seed % len(kinds)], W


@given(st.integers(0, 10**6), st.sampled_from([np.float32, np.float64]))
def test_a_right_gradient_raises_no_false_alarm(seed: int, dtype: Any) -> None:
    f, claim, W = problem(seed, dtype)
    report = check_gradient(f, claim, W, directions=3, seed=seed)
    assert report.agrees and report.parameters[0].dtype == np.dtype(dtype).name


@given(st.integers(0, 10**6), st.sampled_from([np.float32, np.float64]))
def test_one_entry_that_is_off_by_a_twentieth_of_the_largest_is_found(seed: int, dtype: Any) -> None:
    f, claim, W = problem(seed, dtype)
    wrong = claim(W).astype(dtype)
    if not wrong.any():
        wrong[0, 0] = 1
    else:
        wrong.flat[seed % wrong.size] += abs(wrong).max() / 20
    refused(f, wrong, W, directions=3, seed=seed)


@given(st.integers(0, 10**6))
def test_a_hessian_vector_product_is_the_gradient_of_the_gradient_along_a_direction(seed: int) -> None:
    draw = np.random.default_rng(seed)
    W, V, X = draw.normal(size=(C, D)), draw.normal(size=(C, D)), draw.normal(size=(D, N))

    def slope(W: Any) -> Any:
        return np.sum((probabilities(W @ X) - Y) @ X.T / N * V)

    def product(W: Any) -> Any:
        P = probabilities(W @ X)
        Q = P * (V @ X)
        return (Q - P * Q.sum(axis=0)) @ X.T / N

    assert check_gradient(slope, product, W, directions=3).agrees
    refused(slope, lambda W: (probabilities(W @ X) * (V @ X)) @ X.T / N, W, directions=3)


def test_the_proved_hessian_vector_product_passes() -> None:
    theorem = curvature.hessian_vector_product()
    made = function(theorem.rhs)
    names = {"W": W, "X": X, "V": DRAW.normal(size=(C, D))}
    rest = {p.name: names[p.name] for p in made.parameters if p.name != "W"}
    V = names["V"]
    slope = function(softmax.weight_gradient().rhs, notation.W, notation.b, notation.X, notation.y)
    assert check_gradient(lambda W: np.sum(slope(W, np.zeros((C, 1)), X, y) * V), lambda W: made(W=W, **rest), W).agrees


def test_several_arrays_are_checked_at_once_in_order_or_by_name() -> None:
    def both(W: Any, b: Any) -> Any:
        return losses(W @ X + b).mean()

    def slopes(W: Any, b: Any) -> tuple[Any, Any]:
        G = (probabilities(W @ X + b) - Y) / N
        return G @ X.T, G.sum(axis=1, keepdims=True)

    report = check_gradient(both, slopes, (W, b))
    assert [part.name for part in report.parameters] == ["W", "b"] and report.agrees
    by_name = check_gradient(both, lambda W, b: dict(zip("Wb", slopes(W, b), strict=True)), {"W": W, "b": b})
    assert by_name.agrees
    wrong = refused(both, lambda W, b: (slopes(W, b)[0], slopes(W, b)[1] / N), (W, b), sizes=SIZES).report
    assert wrong is not None and [part.agrees for part in wrong.parameters] == [True, False]
    assert wrong.diagnoses == ("0.2 times what it should be, and 0.2 = 1/N: a mean for a sum",)


def test_many_entries_are_sampled_and_the_directions_see_the_rest() -> None:
    x = DRAW.normal(size=4000)
    report = check_gradient(lambda x: np.sum(x**4), lambda x: 4 * x**3, x, entries=50)
    assert report.parameters[0].entries == 50
    wrong = 4 * x**3
    wrong[DRAW.integers(0, 4000)] += 500
    found = refused(lambda x: np.sum(x**4), wrong, x, entries=50).report
    assert found is not None and found.parameters[0].failing_directions
    assert "(4000 in all)" in str(found)


def test_a_float32_gradient_can_be_held_against_float64_differences() -> None:
    single = W.astype(np.float32)
    coarse = check_gradient(loss, lambda W: gradient(W).astype(np.float32), single)
    fine = check_gradient(loss, lambda W: gradient(W).astype(np.float32), single, dtype=np.float64)
    assert fine.parameters[0].tolerance < coarse.parameters[0].tolerance
    assert fine.parameters[0].dtype == "float64"


def test_a_function_that_computes_in_float32_is_judged_as_such() -> None:
    report = check_gradient(lambda W: np.float32(loss(W.astype(np.float32))), gradient, W)
    assert report.parameters[0].tolerance > 1e-7


def test_a_complex_step_has_nothing_to_cancel() -> None:
    def f(W: Any) -> Any:
        return np.log(np.exp(W @ X).sum(axis=0)).mean() - np.sum(Y * (W @ X)) / N

    report = check_gradient(f, gradient, W, method="complex")
    assert report.relative_error < 1e-14 and report.parameters[0].tolerance < 1e-13
    assert diagnosed(f, lambda W: gradient(W) * (1 + 1e-12), W, method="complex")[0].startswith("(1 + 1.0e-12)")
    with pytest.raises(ValueError, match="f is not analytic"):
        check_gradient(lambda W: np.sum(W * W.conj()), lambda W: 2 * W, W, method="complex")
    with pytest.raises(TypeError, match="f must carry complex numbers"):
        check_gradient(lambda W: np.sum(np.abs(W) ** 2), lambda W: 2 * W, W, method="complex")


def test_anything_with_an_array_is_an_array() -> None:
    class Tensor:
        def __init__(self, data: Any) -> None:
            self.data = data

        def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
            return np.asarray(self.data, dtype)

    assert check_gradient(lambda W: Tensor(loss(W)), lambda W: Tensor(gradient(W)), Tensor(W)).agrees


# -- kinks, and points that tell nothing


def test_on_a_kink_the_one_sided_differences_are_told_and_nothing_is_called_wrong() -> None:
    def rectified(x: Any) -> Any:
        return np.sum(np.maximum(x, 0))

    x = np.array([1.0, 0.0, -2.0])
    with pytest.raises(OnKink, match=r"x\[1\]: on a kink, 0 behind and 1 ahead; the claim 0 is between"):
        check_gradient(rectified, lambda x: (x > 0).astype(float), x)
    assert check_gradient(rectified, lambda x: (x >= 0).astype(float), x, kinks="between").agrees
    assert check_gradient(rectified, np.array([1.0, 0.5, 0.0]), x, kinks="between").agrees
    found = refused(rectified, np.array([1.0, 1.5, 0.0]), x, kinks="between").report
    assert found is not None and [d.where for d in found.failing] == ["x[1]"]
    assert "the claim 1.5 is not between" in str(found)


def test_a_kink_within_the_step_does_not_make_a_right_gradient_wrong() -> None:
    x = np.array([1e-4, -3e-5, 2.0, 1e-3], np.float32)
    assert check_gradient(lambda x: np.sum(np.abs(x)), np.sign, x).agrees


def test_where_the_gradient_vanishes_the_report_says_that_nothing_would_show() -> None:
    report = check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, np.zeros(3))
    assert "a wrong sign or factor would not show" in str(report)


def test_a_function_that_is_all_noise_is_unresolved() -> None:
    def noisy(x: Any) -> Any:
        return np.float32(1e6) + np.sum(np.sin(x.astype(np.float32)))

    x = np.array([0.3, 1.0])
    with pytest.raises(Unresolved, match="differences of noisy by x are too coarse to tell; try float64") as raised:
        check_gradient(noisy, np.cos, x)
    refusal: GradientNotConfirmed = raised.value
    assert refusal.report is not None


# -- what costs nothing


def test_identities_of_the_claim_are_checked_besides() -> None:
    G = (probabilities(W @ X) - Y) / N
    report = check_gradient(loss, gradient, W, zero_sums=0, pairing=(G, W @ X))
    assert [found.where for found in report.identities] == ["sums of W along axis 0", "<dW, W> = <G, S>"]
    assert report.agrees
    with pytest.raises(WrongGradient, match=r"sums of W along axis 1: FAILS"):
        check_gradient(loss, gradient, W, zero_sums=1)
    with pytest.raises(WrongGradient, match=r"<dW, W> = <G, S>: FAILS"):
        check_gradient(loss, gradient, W, pairing=(2 * G, W @ X))


# -- what cannot be checked

ANYTHING, INTEGERS = np.ones((2, 2)), np.ones((2, 2), int)
BAD: list[tuple[type[Exception], str, dict[str, Any]]] = [
    (TypeError, "differences need floats: W of shape (2, 2) is an array of int64; bind", {"at": INTEGERS}),
    (TypeError, "W of shape (2, 2) is an array of complex128", {"at": ANYTHING * 1j}),
    (ShapeError, "W of shape (0, 3) is empty", {"at": np.ones((0, 3))}),
    (ValueError, "W of shape (2, 2) is nan at [0, 1]", {"at": np.array([[1.0, np.nan], [1, 1]])}),
    (ValueError, "W of shape (1, 2) is inf at [0, 1]", {"at": np.array([[1.0, np.inf]])}),
    (ShapeError, "there is nothing to check by: got ()", {"at": ()}),
    (ValueError, "the gradient by W of shape (2, 2) is nan at [1, 0]", {"gradient": np.array([[1, 1], [np.nan, 1]])}),
    (TypeError, "the gradient by W must be an array of floats: got an array of int64", {"gradient": INTEGERS}),
    (ShapeError, "got the shape (3, 2) for W of shape (2, 2)", {"gradient": np.ones((3, 2))}),
    (ShapeError, "f must return one number: got an array of shape (2,)", {"f": lambda W: W.sum(axis=0)}),
    (TypeError, "f must return a number: got 'a'", {"f": lambda W: "a"}),
    (ValueError, "f is nan at the point", {"f": lambda W: np.nan * W.sum()}),
    (TypeError, "f must be a function of arrays: got 3", {"f": 3}),
    (ValueError, "the method is central or complex: got 'forward'", {"method": "forward"}),
    (ValueError, "kinks is raise or between: got 'ignore'", {"kinks": "ignore"}),
    (TypeError, "differences need floats: got dtype int64", {"dtype": np.int64}),
    (ValueError, "labels are integers in 0..C-1 with C = 3: got -1 at position 1", {"labels": ([0, -1], 3)}),
    (ValueError, "labels are integers in 0..C-1 with C = 3: got 3 at position 0", {"labels": ([3, 1], 3)}),
    (TypeError, "labels are integers: got an array of float64", {"labels": ([0.0, 1.0], 3)}),
    (ValueError, "weights of 2 examples sum to 0", {"weights": [0.0, 0.0]}),
    (ValueError, "weights of shape (2,) is nan at [0]", {"weights": [np.nan, 1.0]}),
    (ShapeError, "got (2, 2) and (2, 3)", {"pairing": (ANYTHING, np.ones((2, 3)))}),
    (ValueError, "zero_sums names an axis of W: got 'W' and 2", {"zero_sums": 2}),
    (ShapeError, "an array for each of W: got an array of float64", {"at": (ANYTHING,), "gradient": ANYTHING}),
    (ShapeError, "a dictionary of W: got a dictionary of V", {"at": {"W": ANYTHING}, "gradient": {"V": ANYTHING}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "message", "wrong"), BAD, ids=[message for _, message, _ in BAD])
def test_what_cannot_be_checked_is_refused_by_name(kind: type[Exception], message: str, wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"f": lambda W: np.sum(W**2), "gradient": lambda W: 2 * W, "at": ANYTHING, **wrong}
    with pytest.raises(kind) as raised:
        check_gradient(**arguments)
    assert message in str(raised.value)


def test_chance_and_changes_in_place_are_noticed() -> None:
    draw = np.random.default_rng(0)
    with pytest.raises(ValueError, match="f must give the same number twice at one point"):
        check_gradient(lambda W: np.sum(W * (draw.random(W.shape) > 0.5)), lambda W: W, ANYTHING)

    def in_place(W: Any) -> Any:
        W *= 2
        return W

    with pytest.raises(ValueError, match="W was changed in place by the function or its gradient"):
        check_gradient(lambda W: np.sum(W**2), in_place, ANYTHING.copy())


def test_importing_the_package_does_not_import_the_checker() -> None:
    command = "import sys, lossgrad; sys.exit('lossgrad.checking' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0
    assert "check_gradient" in dir(__import__("lossgrad"))
