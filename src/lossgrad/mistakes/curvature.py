"""Slips with second derivatives."""

from sympy import Eq, KroneckerDelta, Symbol
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.expressions import equation
from lossgrad.notation import N, X, x
from lossgrad.theorems import curvature
from lossgrad.theorems.curvature import Q, c, d, i, j, p_x


def hessian_of_independent_classes() -> Eq:
    """The classes are taken for independent, with p for the covariance and no product of two probabilities.

    Corrected by: curvature.fisher_from_features.
    """
    alone = KroneckerDelta(c, i) * MatrixElement(p_x, c, 0)
    return equation(curvature.fisher_is_hessian().lhs, x[d, 0] * x[j, 0] * alone)


def product_without_correction() -> Eq:
    """The Hessian-vector product without the mean that each column subtracts.

    Corrected by: curvature.hessian_vector_product.
    """
    return equation(curvature.hessian_vector_product().lhs, Q * X.T / N)


def empirical_fisher() -> Eq:
    """The product of gradients at the one label m that was observed is taken for the Hessian.

    Corrected by: curvature.fisher_is_hessian.

    Reference: Kunstner, Balles and Hennig, Limitations of the empirical Fisher approximation for natural gradient
    descent, 2019.
    """
    m = Symbol("m", integer=True, nonnegative=True)
    off = [MatrixElement(p_x, row, 0) - KroneckerDelta(row, m) for row in (c, i)]
    return equation(off[0] * off[1] * x[d, 0] * x[j, 0], curvature.fisher_is_hessian().rhs)


def hessian_summed() -> Eq:
    """The loss is a mean over the examples, and its Hessian is written as a sum.

    Corrected by: curvature.hessian_entry.
    """
    right = curvature.hessian_entry()
    return equation(right.lhs, N * right.rhs)
