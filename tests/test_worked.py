"""Worked examples: an expression at numbers, exactly."""

import pytest
from sympy import Matrix, Rational, log

from lossgrad.expressions import ShapeError, gradient, norm_squared
from lossgrad.notation import C, N, S, X, epsilon, y
from lossgrad.theorems import targets
from lossgrad.worked import worked

SCORES = Matrix([[log(6), 0], [log(3), log(2)], [0, 0]])


def test_both_sides_of_a_theorem_come_out_alike() -> None:
    said = targets.smoothed_score_gradient()
    values = {S: SCORES, y: (0, 2), epsilon: Rational(1, 10)}
    expected = Matrix([[-20, 13], [16, 28], [4, -41]]) / 120
    assert worked(said.lhs, values) == worked(said.rhs, values) == expected


def test_a_derivative_is_carried_out_before_the_numbers_are_put_in() -> None:
    assert worked(gradient(norm_squared(S), S), {S: Matrix([[1, 2]])}) == Matrix([[2, 4]])


def test_a_number_comes_out_of_a_scalar() -> None:
    assert worked(norm_squared(S) / (C * N), {S: Matrix([[1, 2]])}) == Rational(5, 2)


def test_sizes_that_disagree_are_named() -> None:
    with pytest.raises(ShapeError, match="must agree on N: y has 3, not 2"):
        worked(norm_squared(S), {S: SCORES, y: (0, 1, 2)})


def test_a_size_that_is_a_number_must_be_met() -> None:
    with pytest.raises(ShapeError, match="must agree on 1"):
        worked(norm_squared(targets.w), {targets.w: Matrix([[1, 2]])})


def test_what_is_not_given_stays() -> None:
    assert worked(epsilon * X, {X: Matrix([[2]])}) == Matrix([[2 * epsilon]])
