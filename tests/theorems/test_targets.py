"""Labels, weights and masks: what the generic tests of all theorems do not cover."""

import pytest
from sympy import Matrix, Rational, log, zeros

from lossgrad import Refuted, equation, gradient, logsumexp, ones, prove, softmax
from lossgrad.notation import C, N, S, epsilon, lambda_, y
from lossgrad.theorems import targets
from lossgrad.worked import worked

EXAMPLE = {S: Matrix([[log(6), 0], [log(3), log(2)], [0, 0]]), y: (0, 2)}


def test_an_ignored_example_has_no_gradient_and_the_rest_is_as_without_it() -> None:
    masked = worked(targets.masked_score_gradient().rhs, EXAMPLE | {targets.m: Matrix([1, 0])})
    alone = {S: EXAMPLE[S][:, 0], y: (0,), targets.m: Matrix([1])}
    assert masked[:, 1] == zeros(3, 1)
    assert masked[:, 0] == worked(targets.masked_score_gradient().rhs, alone)


def test_a_batch_in_which_every_label_is_ignored_is_excluded() -> None:
    (condition,) = prove(targets.masked_score_gradient()).hypotheses
    nothing_kept = condition.lhs.doit().subs(N, 1).doit().xreplace({targets.m.subs(N, 1)[0, 0]: 0})
    assert nothing_kept == 0


def test_equal_class_weights_change_nothing() -> None:
    weighted = worked(targets.class_weighted_score_gradient().rhs, EXAMPLE | {targets.w: Matrix([5, 5, 5])})
    plain = worked((softmax(S) - targets.labelled) / N, EXAMPLE)
    assert weighted == plain


def test_class_weights_and_smoothing_without_smoothing_are_class_weights() -> None:
    values = EXAMPLE | {targets.w: Matrix([1, 2, 3]), epsilon: 0}
    both = worked(targets.class_weighted_smoothed_score_gradient().rhs, values)
    assert both == worked(targets.class_weighted_score_gradient().rhs, values)


def test_the_weight_cancels_for_one_example_and_not_for_two() -> None:
    weighted = EXAMPLE | {targets.w: Matrix([1, 2, 3])}
    one = {S: EXAMPLE[S][:, 0], y: (0,), targets.w: Matrix([1, 2, 3])}
    plain = (softmax(S) - targets.labelled) / N
    assert worked(targets.class_weighted_score_gradient().rhs, one) == worked(plain, one)
    assert worked(targets.class_weighted_score_gradient().rhs, weighted) != worked(plain, weighted)


@pytest.mark.parametrize("ratio", [Rational(1, 10), Rational(1, 3)])
def test_the_true_class_keeps_more_than_one_minus_epsilon(ratio: Rational) -> None:
    smoothed = worked(targets.smoothed_targets().rhs, EXAMPLE | {epsilon: ratio})
    assert smoothed[0, 0] == smoothed[2, 1] == 1 - ratio + ratio / 3 > 1 - ratio


def test_z_loss_moves_the_sum_of_a_column_and_cross_entropy_does_not() -> None:
    z_loss = ones(C).T * gradient(targets.z_loss().rhs, S)
    prove(equation(z_loss, 2 * lambda_ / N * logsumexp(S)))
    plain = ones(C).T * gradient(-targets.log_likelihood(targets.labelled, S) / N, S)
    prove(equation(plain, 0 * ones(N).T))
    with pytest.raises(Refuted):
        prove(equation(z_loss, 0 * ones(N).T))


def test_the_smoothed_loss_is_least_where_the_probabilities_are_the_smoothed_targets() -> None:
    at_targets = {S: Matrix([log(14), 0]), y: (0,), epsilon: Rational(2, 15)}
    assert worked(targets.smoothed_score_gradient().rhs, at_targets) == zeros(2, 1)


def test_distillation_passes_the_teacher_nothing_to_learn_when_the_student_agrees() -> None:
    agreed = EXAMPLE | {targets.R: EXAMPLE[S]}
    assert worked(targets.distillation_score_gradient().rhs, agreed) == zeros(3, 2)
