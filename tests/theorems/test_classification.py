"""Other classification losses: what the generic tests of all theorems do not cover."""

from itertools import product
from math import e, exp, log1p

import pytest
from sympy import Matrix, Rational, log, zeros

from lossgrad.notation import C, N, S, Y, y
from lossgrad.theorems import classification
from lossgrad.worked import worked

EXAMPLE = {S: Matrix([[log(6), 0], [log(3), log(2)], [0, 0]]), y: (0, 2)}


def loss_of_probabilities(p: tuple[float, ...], label: int) -> float:
    """The loss of one example when its probabilities are taken for scores."""
    return log1p(sum(exp(other - p[label]) for k, other in enumerate(p) if k != label))


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_no_probabilities_get_below_the_floor_of_a_double_softmax(classes: int) -> None:
    steps = 10
    floor = log1p((classes - 1) / e)
    grid = [p for p in product(range(steps + 1), repeat=classes) if sum(p) == steps]
    losses = {p: loss_of_probabilities(tuple(part / steps for part in p), 0) for p in grid}
    assert min(losses.values()) == pytest.approx(floor, abs=1e-12)
    assert min(losses, key=lambda p: losses[p]) == (steps, *[0] * (classes - 1))
    assert float(classification.double_softmax_floor().rhs.subs(C, classes)) == pytest.approx(floor, abs=1e-12)


def test_columns_that_are_no_probabilities_can_get_below_the_floor() -> None:
    assert loss_of_probabilities((2.0, 0.0), 0) < log1p(1 / e)


def test_the_terms_of_the_gap_are_not_negative_between_0_and_1() -> None:
    steps = [k / 10 for k in range(11)]
    assert all(exp(other - right) - exp(-1) >= -1e-15 for other, right in product(steps, repeat=2))
    assert exp(0 - 1.1) - exp(-1) < 0


def test_the_hinge_counts_violators() -> None:
    gradient = worked(classification.hinge_gradient().rhs, EXAMPLE | {classification.Delta: 1})
    assert gradient == Matrix([[-1, 1], [1, 1], [0, -2]]) / 2


def test_without_violators_the_hinge_is_content() -> None:
    far = {S: Matrix([5, 0, 0]), y: (0,), classification.Delta: 1}
    assert worked(classification.hinge_gradient().rhs, far) == zeros(3, 1)


def test_binary_and_softmax_cross_entropy_of_two_classes_differ() -> None:
    two = {S: Matrix([log(3), 0]), Y: Matrix([1, 0])}
    assert worked(classification.binary_cross_entropy_gradient().rhs, two) == Matrix([Rational(-1, 8), Rational(1, 4)])
    assert worked((classification.P - Y) / N, two) == Matrix([Rational(-1, 4), Rational(1, 4)])


def test_a_certain_and_wrong_column_leaves_brier_little_to_say() -> None:
    wrong = {S: Matrix([0, log(1000)]), Y: Matrix([1, 0])}
    assert abs(worked(classification.brier_gradient().rhs, wrong)[0, 0]) < Rational(1, 400)


def test_a_reference_that_agrees_exerts_no_pull() -> None:
    agreed = EXAMPLE | {classification.R: EXAMPLE[S]}
    assert worked(classification.kl_gradient().rhs, agreed) == zeros(3, 2)
    assert worked(classification.reverse_kl_gradient().rhs, agreed) == zeros(3, 2)


def test_columns_of_softmax_gradients_sum_to_zero() -> None:
    values = EXAMPLE | {classification.R: zeros(3, 2), Y: Matrix([[1, 0], [0, 0], [0, 1]]), classification.gamma: 2}
    for statement in (
        classification.focal_gradient,
        classification.kl_gradient,
        classification.reverse_kl_gradient,
        classification.brier_gradient,
        classification.double_softmax_gradient,
    ):
        sums = Matrix([[1, 1, 1]]) * worked(statement().rhs, values)
        assert all(abs(value.evalf()) < 1e-12 for value in sums), statement.__name__
