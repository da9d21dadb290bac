"""Contrastive and preference losses: what the generic tests of all theorems do not cover."""

from sympy import Matrix, Rational, eye, log, simplify, zeros

from lossgrad import ones, prove
from lossgrad.expressions import equation
from lossgrad.notation import N
from lossgrad.theorems import contrastive
from lossgrad.worked import worked

SCORES = Matrix([[log(6), 0, 0], [log(3), log(2), 0], [0, 0, log(2)]])


def test_columns_of_the_infonce_gradient_sum_to_zero_and_rows_need_not() -> None:
    prove(equation(ones(N).T * contrastive.infonce_gradient().rhs, 0 * ones(N).T))
    rows = worked(contrastive.infonce_gradient().rhs, {contrastive.S: SCORES}) * Matrix([1, 1, 1])
    assert rows != zeros(3, 1)


def test_the_clip_gradient_of_symmetric_scores_is_that_of_infonce() -> None:
    symmetric = {contrastive.S: SCORES + SCORES.T}
    clip, infonce = (
        worked(said.rhs, symmetric) for said in (contrastive.clip_gradient(), contrastive.infonce_gradient())
    )
    assert (clip - (infonce + infonce.T) / 2).applyfunc(simplify) == zeros(3, 3)


def test_pairs_that_are_sure_are_left_alone() -> None:
    sure = worked(contrastive.clip_gradient().rhs, {contrastive.S: 50 * eye(3)})
    assert max(abs(entry.evalf()) for entry in sure) < 1e-20


def test_a_preference_at_a_tie_pulls_with_half_its_scale() -> None:
    tie = {contrastive.d: Matrix([[0]]), contrastive.beta: Rational(1, 5)}
    assert worked(contrastive.pairwise_logistic_gradient().rhs, tie) == Matrix([[Rational(-1, 10)]])


def test_both_answers_may_fall_together() -> None:
    before = {contrastive.chosen: Matrix([[-1]]), contrastive.rejected: Matrix([[-1]]), contrastive.beta: 1}
    after = before | {contrastive.chosen: Matrix([[-3]]), contrastive.rejected: Matrix([[-5]])}
    loss = contrastive.dpo_loss().rhs
    assert worked(loss, after).evalf() < worked(loss, before).evalf()


def test_a_unit_column_has_length_one_and_its_jacobian_forgets_its_direction() -> None:
    column = {contrastive.x: Matrix([3, 4])}
    u = worked(contrastive.unit_length().rhs, column)
    assert u.dot(u) == 1
    assert worked(contrastive.unit_length_jacobian().rhs, column) * u == zeros(2, 1)


def test_the_batch_rule_is_the_rule_of_one_column_for_each() -> None:
    batch = {contrastive.A: Matrix([[3, 5], [4, 12]]), contrastive.G: Matrix([[1, 0], [0, 2]])}
    together = worked(contrastive.unit_columns_vjp().rhs, batch)
    for n in range(2):
        one = {contrastive.x: batch[contrastive.A][:, n], contrastive.g: batch[contrastive.G][:, n]}
        assert together[:, n] == worked(contrastive.unit_length_vjp().rhs, one)
