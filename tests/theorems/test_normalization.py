"""Normalization: what the generic tests of all theorems do not cover."""

from sympy import Matrix, simplify, zeros

from lossgrad import prove
from lossgrad.notation import X, epsilon
from lossgrad.theorems import normalization as norm
from lossgrad.worked import worked

TINY = 1e-15
VALUES = {
    X: Matrix([[2, 1], [0, 3], [1, -1]]),
    norm.gamma: Matrix([1, 2, -1]),
    norm.beta: Matrix([0, 1, 0]),
    norm.G: Matrix([[1, 0], [2, 1], [0, 3]]),
}


def test_a_positive_guard_is_all_that_the_root_needs() -> None:
    for theorem in (norm.layernorm_gradient, norm.batchnorm_gradient, norm.rmsnorm_gradient):
        assert prove(theorem()).hypotheses == ()


def test_without_a_guard_nothing_comes_back_along_the_column() -> None:
    assert worked(norm.layernorm_gradient_along_the_column().rhs, VALUES | {epsilon: 0}) == zeros(1, 2)
    assert worked(norm.rmsnorm_gradient_along_the_column().lhs, VALUES | {epsilon: 0}).applyfunc(simplify) == zeros(
        1, 2
    )


def test_an_example_alone_normalizes_to_nothing_in_a_batch() -> None:
    alone = VALUES | {X: VALUES[X][:, 0], norm.G: VALUES[norm.G][:, 0]}
    assert worked(norm.batchnorm_gradient().rhs, alone) == zeros(3, 1)


def test_examples_do_not_meet_in_layernorm_and_do_in_batchnorm() -> None:
    other = VALUES | {norm.G: Matrix([[1, 5], [2, 5], [0, 7]]), epsilon: 1}
    given = VALUES | {epsilon: 1}
    layer, batch = norm.layernorm_gradient().rhs, norm.batchnorm_gradient().rhs
    assert (worked(layer, other) - worked(layer, given))[:, 0].evalf(20).norm() < TINY
    assert (worked(batch, other) - worked(batch, given))[:, 0].evalf(20).norm() > 1


def test_features_do_not_meet_in_batchnorm() -> None:
    given = VALUES | {epsilon: 1}
    other = given | {norm.G: Matrix([[1, 0], [5, 6], [7, 8]])}
    batch = norm.batchnorm_gradient().rhs
    assert (worked(batch, other) - worked(batch, given))[0, :].evalf(20).norm() < TINY
