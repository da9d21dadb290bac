"""Gradients at scale: the bounds that are argued on paper, on grids; and what the generic tests do not cover."""

from itertools import pairwise
from math import cos, exp, log, log10, pi, sin
from random import Random

import numpy as np
import pytest

from lossgrad.numerics import function
from lossgrad.theorems import scale
from lossgrad.theorems.scale import State


def probabilities(S: np.ndarray) -> np.ndarray:
    E = np.exp(S - S.max(axis=0))
    shares: np.ndarray = E / E.sum(axis=0)
    return shares


def loss(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    return float(-np.mean(np.log(probabilities(W @ X)[y, np.arange(len(y))])))


def slope(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """By the proved right-hand side, with equal weights."""
    by_weights: np.ndarray = function(scale.weights_go_inside().rhs)(W=W, X=X, y=y, a=np.full((len(y), 1), 1 / len(y)))
    return by_weights


@pytest.mark.parametrize("seed", range(40))
def test_a_step_below_two_over_beta_lowers_the_loss_as_the_bound_promises(seed: int) -> None:
    random = np.random.default_rng(seed)
    C, D, N = random.integers(2, 6), random.integers(1, 5), random.integers(1, 8)
    W, X, y = random.normal(size=(C, D)) * 3, random.normal(size=(D, N)), random.integers(0, C, size=N)
    G = slope(W, X, y)
    beta = np.linalg.eigvalsh(X @ X.T)[-1] / (2 * N)
    for eta in np.linspace(0, 2 / beta, 21)[1:]:
        assert loss(W - eta * G, X, y) <= loss(W, X, y) - eta * (1 - eta * beta / 2) * (G * G).sum() + 1e-12


def test_one_half_is_the_best_bound_of_the_curvature() -> None:
    p, v = np.array([0.5, 0.5]), np.array([1.0, -1.0])
    assert v @ (np.diag(p) - np.outer(p, p)) @ v == pytest.approx(0.5 * v @ v)


def test_a_step_far_above_the_bound_can_raise_the_loss() -> None:
    W, X, y = np.zeros((2, 1)), np.array([[1.0, 1.0, 1.0]]), np.array([0, 0, 1])
    assert loss(W - 40 * slope(W, X, y), X, y) > loss(W, X, y)


@pytest.mark.parametrize("sizes", [(1, 3), (2, 2), (5, 1)])
def test_the_plain_mean_is_right_for_equal_parts_only(sizes: tuple[int, int]) -> None:
    random = np.random.default_rng(sum(sizes))
    W, X = random.normal(size=(3, 2)), random.normal(size=(2, sum(sizes)))
    y = random.integers(0, 3, size=sum(sizes))
    cut = sizes[0]
    parts = [slope(W, X[:, :cut], y[:cut]), slope(W, X[:, cut:], y[cut:])]
    whole = slope(W, X, y)
    assert np.allclose(np.average(parts, axis=0, weights=sizes), whole, atol=1e-14)
    assert np.allclose(np.mean(parts, axis=0), whole, atol=1e-14) == (sizes[0] == sizes[1])


def test_chunks_add_up_to_the_gradient() -> None:
    random = np.random.default_rng(0)
    C, D, N = 11, 3, 20
    W, X, y, a = random.normal(size=(C, D)), random.normal(size=(D, N)), random.integers(0, C, N), random.normal(size=N)
    by_weights = function(scale.weights_go_inside().rhs)
    pieces = [slice(0, 7), slice(7, 8), slice(8, 20)]
    summed = sum(by_weights(W=W, X=X[:, part], y=y[part], a=a[part, None]) for part in pieces)
    assert np.allclose(summed, by_weights(W=W, X=X, y=y, a=a[:, None]), atol=1e-13)


def merge(left: State, right: State) -> State:
    top = max(left[0], right[0])
    return top, left[1] * exp(left[0] - top) + right[1] * exp(right[0] - top)


def test_blocks_merged_in_any_order_give_the_logsumexp() -> None:
    random = Random(1)
    scores = [random.uniform(-800, 800) for _ in range(50)]
    top = max(scores)
    whole = top + log(sum(exp(s - top) for s in scores))
    for _ in range(20):
        states: list[State] = [(s, 1.0) for s in scores]
        while len(states) > 1:
            left, right = (states.pop(random.randrange(len(states))) for _ in range(2))
            states.append(merge(left, right))
        ((m, total),) = states
        assert m + log(total) == pytest.approx(whole, abs=1e-9)


def test_the_error_of_a_central_difference_falls_with_the_square_of_the_step() -> None:
    errors = [abs((sin(1 + h) - sin(1 - h)) / (2 * h) - cos(1)) for h in (1e-1, 1e-2, 1e-3)]
    orders = [log10(coarse / fine) for coarse, fine in pairwise(errors)]
    assert orders == pytest.approx([2, 2], abs=0.01)


def test_the_best_step_is_where_the_two_errors_are_least() -> None:
    kappa, h_0 = 0.3, 1e-3
    rounding = 2 * kappa * h_0**3
    steps = [h_0 * 10 ** (k / 50) for k in range(-100, 101)]
    errors = [rounding / h + kappa * h**2 for h in steps]
    assert min(errors) == pytest.approx(3 * kappa * h_0**2, rel=1e-12)
    assert steps[errors.index(min(errors))] == pytest.approx(h_0)


@pytest.mark.parametrize(("kind", "expected"), [(np.float32, 2**-24), (np.float64, 2**-53)])
def test_the_error_that_remains_is_of_the_order_that_the_page_says(kind: type, expected: float) -> None:
    points = [kind(0.3 + pi * k / 40) for k in range(1, 20)]
    best = min(
        max(float(abs((np.sin(x + h) - np.sin(x - h)) / (kind(2) * h) - np.cos(x))) for x in points)
        for h in (kind(10.0 ** (-k / 4)) for k in range(2, 40))
    )
    assert expected ** (2 / 3) / 10 < best < expected ** (2 / 3) * 10
