"""Slips with the flip."""

from sympy import Eq

from lossgrad.expressions import correlate, equation, flip, padded, vjp
from lossgrad.notation import K, T
from lossgrad.theorems import convolution
from lossgrad.theorems.convolution import M, g, w, x


def taps_flipped() -> Eq:
    """The gradient by the taps is flipped, as it would be for a convolution in the textbook's sense.

    Corrected by: convolution.tap_gradient.
    """
    return equation(vjp(g, correlate(x, w), w), flip(correlate(x, g)))


def signal_without_flip() -> Eq:
    """The gradient by the signal correlates the padded upstream gradient with the taps as they are.

    Corrected by: convolution.signal_gradient.
    """
    return equation(vjp(g, correlate(x, w), x), correlate(padded(g, K - 1, 0), w))


def bias_averaged() -> Eq:
    """The bias of a channel receives the mean over its places, not the sum.

    Corrected by: convolution.bias_gradient.
    """
    right = convolution.bias_gradient()
    return equation(right.lhs, right.rhs / (T * M))
