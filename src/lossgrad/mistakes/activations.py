"""Slips in the slopes of functions that are applied entry by entry."""

from sympy import Derivative, Eq, HadamardProduct, Max, OneMatrix, tanh

from lossgrad.expressions import elementwise, equation, sigmoid, vjp
from lossgrad.notation import C, G, N
from lossgrad.theorems import activations
from lossgrad.theorems.activations import A, approximate_gelu, c, t, w, z

all_ones = OneMatrix(C, N)


def sigmoid_slope_of_what_goes_in() -> Eq:
    """The slope of the logistic function is written a(1 − a) with what goes in, which is right for what comes out.

    Corrected by: activations.sigmoid_gradient.
    """
    return equation(vjp(G, elementwise(sigmoid, A), A), HadamardProduct(G, A, all_ones - A))


def tanh_slope_without_square() -> Eq:
    """The square is lost in the slope of tanh.

    Corrected by: activations.tanh_gradient.
    """
    value = elementwise(tanh, A)
    return equation(vjp(G, value, A), HadamardProduct(G, all_ones - value))


def silu_slope_by_one_factor() -> Eq:
    """SiLU is differentiated as if its logistic factor were a constant.

    Corrected by: activations.silu_gradient.
    """
    value = elementwise(sigmoid, A)
    return equation(vjp(G, HadamardProduct(A, value), A), HadamardProduct(G, value))


def gelu_forms_mixed() -> Eq:
    """The tanh form of GELU goes forward and the slope of GELU itself goes backward.

    Corrected by: activations.approximate_gelu_slope.
    """
    return equation(Derivative(approximate_gelu(t), t), activations.gelu_slope().rhs)


def gate_without_its_value() -> Eq:
    """The gated side of a SwiGLU gate is sent back without the value that it multiplies.

    Corrected by: activations.swiglu_gate_gradient.
    """
    right = activations.swiglu_gate_gradient()
    return equation(right.lhs, HadamardProduct(G, activations.silu_slopes_of_matrix().lhs))


def both_sides_of_a_tie() -> Eq:
    """At a tie both arguments of max receive the whole gradient, as if their moves added up in max.

    Corrected by: activations.tie_above_any_plane.
    """
    return equation(Max(c + z, c + w), c + z + w)
