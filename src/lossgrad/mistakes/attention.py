"""Slips in the backward pass of attention."""

from sympy import Eq, HadamardProduct, MatrixSymbol, OneMatrix, Sum, Symbol, sqrt
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.expressions import equation, named, softmax
from lossgrad.notation import K, T
from lossgrad.theorems import attention
from lossgrad.theorems.attention import G, P, T_k, T_q, U, d, d_v

i, k, n = (Symbol(letter, integer=True, nonnegative=True) for letter in "ikn")


def query_gradient_without_scale() -> Eq:
    """The root of d divides the scores forward and is forgotten backward.

    Corrected by: attention.query_gradient.
    """
    right = attention.query_gradient()
    return equation(right.lhs, sqrt(d) * right.rhs)


def softmax_entry_by_entry() -> Eq:
    """Softmax is differentiated entry by entry, as if a score moved its own weight alone.

    Corrected by: attention.mask_gradient.
    """
    alone = HadamardProduct(P, OneMatrix(T_k, T_q) - P)
    return equation(attention.mask_gradient().lhs, HadamardProduct(U, alone))


def correction_along_queries() -> Eq:
    """The correction is summed over the queries, not over the keys.

    Corrected by: attention.mask_gradient.
    """
    weighted = HadamardProduct(P, U)
    return equation(attention.mask_gradient().lhs, HadamardProduct(P, U - weighted * OneMatrix(T_q, T_q)))


def correction_of_one_block() -> Eq:
    """A block of K keys out of K + T sums the correction over its own keys alone.

    P is the softmax of the scores of all keys, U what it receives, and the result O holds all keys.

    Corrected by: attention.softmax_correction.

    Reference: huggingface/picotron#37.
    """
    values = MatrixSymbol("V", d_v, K + T)
    weights = named("P", softmax(MatrixSymbol("A", K + T, T_q)))
    received, result = named("U", values.T * G), named("O", values * weights)
    own = Sum(MatrixElement(weights, k, n) * MatrixElement(received, k, n), (k, 0, K - 1))
    return equation(own, Sum(MatrixElement(result, i, n) * G[i, n], (i, 0, d_v - 1)))


def values_alone() -> Eq:
    """In self-attention the data receive the gradient by the values alone; the weights are taken for constants.

    Corrected by: attention.self_attention_gradient.
    """
    by_values = attention.W_V.T * attention.G_X * attention.own_weights.T
    return equation(attention.self_attention_gradient().lhs, by_values)
