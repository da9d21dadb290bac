"""Regression losses: what the generic tests of all theorems do not cover."""

from typing import Any

import pytest
from sympy import Abs, Eq, Matrix, MatrixSymbol, Max, Min, Piecewise, Rational, log

from lossgrad import Refuted, elementwise, equation, gradient, inner, prove
from lossgrad.notation import C, N, S, W, X, Y, delta
from lossgrad.theorems import regression
from lossgrad.worked import worked


def test_huber_is_half_the_squared_error_near_the_target() -> None:
    near = {S: Matrix([[Rational(1, 2), Rational(-1, 3)]]), Y: Matrix([[0, 0]]), delta: 1}
    assert worked(regression.huber_loss().rhs, near) == worked(regression.half_squared_error().rhs, near)


def test_huber_pulls_with_the_threshold_far_away() -> None:
    far = {S: Matrix([[100, -100]]), Y: Matrix([[0, 0]]), delta: 3}
    assert worked(regression.huber_gradient().rhs, far) == Matrix([[3, -3]]) / 2


def test_huber_proof_names_the_seam() -> None:
    shown = [str(condition) for condition in prove(regression.huber_gradient()).hypotheses]
    assert any("delta - Abs" in condition for condition in shown)


def clipped_at(threshold: Any) -> Eq:
    """The Huber gradient with another threshold than the loss has."""
    loss = inner(
        regression.every_entry,
        elementwise(lambda t: Piecewise((t**2 / 2, Abs(t) <= delta), (delta * (Abs(t) - delta / 2), True)), S),
    )
    return equation(gradient(loss, S), elementwise(lambda t: Max(Min(t, threshold), -threshold), S))


def test_the_threshold_of_the_gradient_is_that_of_the_loss() -> None:
    prove(clipped_at(delta))
    with pytest.raises(Refuted):
        prove(clipped_at(2 * delta))


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_conventions_agree_for_two_rows_only(rows: int) -> None:
    predictions = MatrixSymbol("S", rows, N)
    sized = {C: rows, S: predictions}
    half, mean = (
        said.rhs.subs(sized)
        for said in (regression.half_squared_error_gradient(), regression.mean_squared_error_gradient())
    )
    if rows == 2:
        prove(equation(half, mean))
    else:
        with pytest.raises(Refuted):
            prove(equation(half, mean))


def test_a_fit_without_error_has_no_gradient() -> None:
    exact = {W: Matrix([[1, 2]]), X: Matrix([[1, 2], [1, 1]]), Y: Matrix([[3, 4]])}
    assert worked(regression.linear_regression_gradient().rhs, exact) == Matrix([[0, 0]])


def test_the_variance_settles_at_the_squared_error() -> None:
    settled = {S: Matrix([[3]]), Y: Matrix([[1]]), regression.V: Matrix([[log(4)]])}
    assert worked(regression.gaussian_log_variance_gradient().rhs, settled) == Matrix([[0]])


def test_a_quantile_balances_its_pulls() -> None:
    targets = Matrix([[1, 2, 3, 4]])
    at = {S: Matrix([[Rational(7, 2)] * 4]), Y: targets, regression.alpha: Rational(3, 4)}
    assert sum(worked(regression.quantile_gradient().rhs, at)) == 0
