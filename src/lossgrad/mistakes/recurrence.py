"""Slips in backpropagation through time."""

from sympy import Eq, HadamardProduct

from lossgrad.expressions import equation
from lossgrad.theorems import recurrence
from lossgrad.theorems.recurrence import A_1, A_2, D_1, D_2, D_3, H_1, H_2, H_3, loss_1, loss_2, slope


def last_time_alone() -> Eq:
    """The recurrent weights receive the last time's share alone; the times before it are forgotten.

    Corrected by: recurrence.recurrent_weight_gradient.
    """
    return equation(recurrence.recurrent_weight_gradient().lhs, D_3 * H_2.T)


def state_of_the_same_time() -> Eq:
    """Each delta is paired with the state that it made, not with the state before.

    Corrected by: recurrence.recurrent_weight_gradient.
    """
    return equation(recurrence.recurrent_weight_gradient().lhs, D_1 * H_1.T + D_2 * H_2.T + D_3 * H_3.T)


def future_forgotten() -> Eq:
    """Each time's delta is made of its own loss alone: nothing comes back from later times.

    Corrected by: recurrence.input_weight_gradient.
    """
    own_1 = HadamardProduct(loss_1.gradient(H_1), slope(A_1))
    own_2 = HadamardProduct(loss_2.gradient(H_2), slope(A_2))
    shares = own_1 * recurrence.X_1.T + own_2 * recurrence.X_2.T + D_3 * recurrence.X_3.T
    return equation(recurrence.input_weight_gradient().lhs, shares)


def weights_not_transposed() -> Eq:
    """Back in time through R, not R transposed. R is square, so every shape fits.

    Corrected by: recurrence.step.
    """
    return equation(recurrence.step().lhs, recurrence.R * recurrence.delta)
