"""Curvature: what the generic tests of all theorems do not cover."""

from functools import cache

from sympy import Matrix, eye, kronecker_product, ones, zeros

from lossgrad.expressions import gradient, inner
from lossgrad.notation import V, W, X, y
from lossgrad.theorems import curvature
from lossgrad.theorems.curvature import c, d, i, j
from lossgrad.worked import worked

AT_ZERO = {W: zeros(3, 2), X: Matrix([[1, 1], [0, 2]])}
PLACES = [(row, column) for column in range(2) for row in range(3)]


@cache
def hessian() -> Matrix:
    """All entries of the Hessian at weights of 0, the weights in one column."""
    stated = curvature.hessian_entry().rhs
    return Matrix(6, 6, lambda k, m: worked(_at(stated, PLACES[k], PLACES[m]), AT_ZERO))


def _at(stated: object, one: tuple[int, int], other: tuple[int, int]) -> object:
    return stated.subs({c: one[0], d: one[1], i: other[0], j: other[1]})  # type: ignore[attr-defined]


def test_the_entries_are_a_mean_of_kronecker_products() -> None:
    covariance = eye(3) / 3 - ones(3, 3) / 9
    features = AT_ZERO[X] * AT_ZERO[X].T / 2
    assert hessian() == kronecker_product(features, covariance)


def test_no_eigenvalue_is_negative_and_some_are_zero() -> None:
    values = [value for value, times in hessian().eigenvals().items() for _ in range(times)]
    assert all(value >= 0 for value in values)
    assert values.count(0) == 2


def test_the_product_is_the_product_with_all_entries() -> None:
    direction = Matrix([[1, 0], [2, -1], [0, 3]])
    product = worked(curvature.hessian_vector_product().rhs, AT_ZERO | {V: direction})
    assert Matrix(6, 1, product.T.reshape(6, 1)) == hessian() * Matrix(6, 1, direction.T.reshape(6, 1))


def test_other_labels_have_the_same_second_derivatives() -> None:
    second = gradient(inner(gradient(curvature.f, W), V), W)
    given = {W: zeros(2, 1), X: Matrix([[1, 2]]), V: Matrix([1, 3])}
    assert worked(second, given | {y: (0, 1)}) == worked(second, given | {y: (1, 1)})
