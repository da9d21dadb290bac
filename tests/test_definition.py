"""Every theorem holds by its definition: tables of numbers, sums written out, slopes carried along with the values."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from sympy import Abs, Derivative, Heaviside, MatrixSymbol, Sum, Trace, cos, erf, exp, log, pi, sin, sqrt, symbols, tanh

from definition import Definitions, NoDefinition, NoValue, close, reals
from every_theorem import equation_of, false_statements, statements
from lossgrad import activation, elementwise, equation, gradient, inner, loss, parameters, sigmoid, sizes, softmax, vjp

C, D, N = sizes("C D N")
W, X, V = MatrixSymbol("W", C, D), MatrixSymbol("X", D, N), MatrixSymbol("V", C, D)
A = MatrixSymbol("A", C, C)
t = parameters("t")


@pytest.mark.parametrize("name", statements())
def test_theorem_holds_by_definition(name: str) -> None:
    assert Definitions(3).difference(equation_of(name)) is None


OF_COMPLEX_NUMBERS = {"source.e2"}  # it fails where the scores are not said to be real, and numbers here are real


@pytest.mark.parametrize("name", sorted(false_statements().keys() - OF_COMPLEX_NUMBERS))
def test_mistake_is_false_by_definition(name: str) -> None:
    assert Definitions(4).difference(false_statements()[name]()) is not None


SLOPES = [
    (exp(t), exp(t)),
    (log(1 + t**2), 2 * t / (1 + t**2)),
    (tanh(t), 1 - tanh(t) ** 2),
    (sigmoid(t), sigmoid(t) * (1 - sigmoid(t))),
    (erf(t), 2 * exp(-(t**2)) / sqrt(pi)),
    (cos(2 * t), -2 * sin(2 * t)),
    (Abs(t) ** 3, 3 * t * Abs(t)),
    (t**-3, -3 * t**-4),
    (sqrt(1 + t**2), t / sqrt(1 + t**2)),
]


@pytest.mark.parametrize(("function", "slope"), SLOPES)
def test_slopes_that_are_carried_along(function: Any, slope: Any) -> None:
    assert Definitions(3).difference(equation(Derivative(function, t), slope)) is None
    assert Definitions(3).difference(equation(Derivative(function, t), -slope)) is not None


def test_second_derivatives_do_not_mix_up_their_slopes() -> None:
    # d/dx (x d/dy (x + y)) is 1, and 2 where the two slopes are taken for one
    x, y = parameters("x y")
    assert Definitions(2).difference(equation(Derivative(x * Derivative(x + y, y), x), 1 + 0 * x)) is None
    assert Definitions(2).difference(equation(Derivative(x * Derivative(x + y, y), x), 2 + 0 * x)) is not None


def test_rational_statements_are_evaluated_exactly() -> None:
    tiny = Fraction(1, 10**60)
    assert Definitions(1).difference(equation(inner(W, W), inner(W, W) + tiny)) is not None
    assert Definitions(1).difference(equation(inner(W, W), inner(W, W))) is None


def test_real_values_agree_to_thirty_digits() -> None:
    e = reals.exp(1)
    assert close(e, e + reals.mpf(10) ** -40)
    assert not close(e, e + reals.mpf(10) ** -20)


def test_two_kinds_of_zero_are_told_apart() -> None:
    with pytest.raises(NoValue):
        Definitions(2).difference(equation(log(-inner(W, W)), 0 * t))
    with pytest.raises(NoDefinition):
        Definitions(1).difference(equation(Derivative(C * t, C), t))


def test_sums_capture_nothing() -> None:
    i, q = symbols("i q", integer=True)
    total = Sum(W[i, q], (i, 0, C - 1))
    assert Definitions(3).difference(equation(total * W[i, q], Sum(W[i, q] ** 2, (i, 0, C - 1)))) is not None
    squares = Sum(A[i, i] ** 2, (i, 0, C - 1))  # sympy#21891: SymPy's own diff captures i
    assert Definitions(3).difference(equation(Derivative(squares, A[i, i]), 2 * A[i, i])) is None


def test_unspecified_functions_have_the_slopes_that_they_name() -> None:
    L, phi = loss("L"), activation("phi")
    G = MatrixSymbol("G", C, D)
    assert Definitions(3).difference(equation(gradient(L(W * X), W), L.gradient(W * X) * X.T)) is None
    assert Definitions(3).difference(equation(gradient(L(W * X), W), L.gradient(V * X) * X.T)) is not None
    slope = vjp(G, elementwise(phi, W), W)
    assert Definitions(3).difference(equation(slope, vjp(G, elementwise(phi.prime, W), W))) is not None


def test_jumps_and_kinks_have_no_value() -> None:
    with pytest.raises(NoValue):
        Definitions(2).difference(equation(Heaviside(t - t * 1 + 0 * t, evaluate=False), t))
    with pytest.raises(NoValue):
        Definitions(2).difference(equation(Derivative(Abs(Trace(A) - Trace(A.T), evaluate=False), A[0, 0]), t))


def test_softmax_of_a_column_adds_up_to_one() -> None:
    c, n = symbols("c n", integer=True)
    S = MatrixSymbol("S", C, N)
    assert (
        Definitions(3).difference(equation(Sum(softmax(S)[c, n], (c, 0, C - 1)) + 0 * S[0, n], 1 + 0 * S[0, n])) is None
    )
