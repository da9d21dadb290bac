"""Recurrence: what the generic tests of all theorems do not cover."""

from sympy import HadamardProduct, MatrixSymbol

from lossgrad import elementwise, equation, gradient, prove
from lossgrad.mistakes import recurrence as mistakes
from lossgrad.notation import H, L, N, phi
from lossgrad.theorems import recurrence
from lossgrad.theorems.recurrence import H_0, R, entered, slope


def test_two_steps_are_the_step_taken_twice() -> None:
    between = elementwise(phi, entered)
    last = R * between + MatrixSymbol("C", H, N)
    once = HadamardProduct(L.gradient(elementwise(phi, last)), slope(last))
    twice = HadamardProduct(R.T * once, slope(entered))
    assert prove(equation(gradient(L(elementwise(phi, last)), H_0), R.T * twice)).scope == "every H, N"


def test_without_recurrence_no_time_hears_of_another() -> None:
    cut = {R: 0 * R}
    alone = mistakes.future_forgotten().rhs.xreplace(cut)
    assert prove(equation(recurrence.input_weight_gradient().rhs.xreplace(cut), alone)).scope == "every D, H, N"
