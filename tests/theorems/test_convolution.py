"""Convolution: what the generic tests of all theorems do not cover."""

from sympy import Matrix, MatrixSymbol, Poly, Symbol

from lossgrad import equation, prove
from lossgrad.expressions import convolve, correlate, flip
from lossgrad.notation import T
from lossgrad.theorems import convolution
from lossgrad.theorems.convolution import G, W, X, g, w, x
from lossgrad.worked import worked


def test_a_full_convolution_multiplies_polynomials() -> None:
    left, right, t = [3, 0, -2, 1], [1, -1, 5], Symbol("t")
    product = Poly(left, t) * Poly(right, t)
    assert list(worked(convolve(g, w), {g: Matrix(left), w: Matrix(right)})) == product.all_coeffs()


def test_a_full_convolution_does_not_care_which_factor_is_the_signal() -> None:
    assert prove(equation(convolve(g, w), convolve(w, g))).scope == "every K, T"


def test_to_flip_twice_is_to_leave() -> None:
    assert prove(equation(flip(flip(W)), W)).scope == "every J, K"


def test_symmetric_taps_hide_the_missing_flip() -> None:
    symmetric = {w: Matrix([1, 4, 1]), g: Matrix([2, -1])}
    crooked = {w: Matrix([1, 4, 2]), g: Matrix([2, -1])}
    right, flipped = convolve(g, w), convolve(g, flip(w))
    assert worked(right, symmetric) == worked(flipped, symmetric)
    assert worked(right, crooked) != worked(flipped, crooked)


def test_one_row_of_an_image_is_a_signal() -> None:
    wide = {X: Matrix([[1, 2, 0, -1]]), W: Matrix([[1, 10]]), G: Matrix([[1, 0, 2]])}
    tall = {x: Matrix([1, 2, 0, -1]), w: Matrix([1, 10]), g: Matrix([1, 0, 2])}
    by_image = worked(convolution.image_tap_gradient().rhs, wide)
    assert worked(convolution.tap_gradient().rhs, tall) == by_image.T


def test_a_single_tap_scales() -> None:
    one = MatrixSymbol("w", 1, 1)
    signal = MatrixSymbol("x", T, 1)
    assert prove(equation(correlate(signal, one), signal * one)).scope.startswith("every T")
