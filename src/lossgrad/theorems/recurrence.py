"""Recurrence: one set of weights used at every time, and a sum over time.

X_t, of shape (D, N), is what comes in at time t, H_t, of shape (H, N), the hidden state; a column is an example. The
recurrent weights R are of shape (H, H), the input weights W of shape (H, D), the bias b of shape (H, 1). Each time may
have a loss of its own, L_t of H_t; φ is any differentiable function of one number. A loss of the last state alone is
the case in which the others are constant.
"""

from collections.abc import Callable
from typing import Any

from sympy import Eq, HadamardProduct, MatrixSymbol

from lossgrad.arguments import Lines, Theorem, argued
from lossgrad.expressions import Definition, elementwise, equation, gradient, loss, named, ones, vjp
from lossgrad.notation import D, H, L, N, phi
from lossgrad.theorems.linear import to_bias, to_data, to_weights

R = MatrixSymbol("R", H, H)
W = MatrixSymbol("W", H, D)
b = MatrixSymbol("b", H, 1)
H_0 = MatrixSymbol("H_0", H, N)
X_1, X_2, X_3 = (MatrixSymbol(f"X_{t}", D, N) for t in (1, 2, 3))
loss_1, loss_2, loss_3 = (loss(f"L_{t}") for t in (1, 2, 3))


def pre_activation(state: Any, x: Any) -> Any:
    """R H + W X + b 1ᵀ, of shape (H, N)."""
    return R * state + W * x + b * ones(N).T


A_1 = named("A_1", pre_activation(H_0, X_1))
H_1 = named("H_1", elementwise(phi, A_1))
A_2 = named("A_2", pre_activation(H_1, X_2))
H_2 = named("H_2", elementwise(phi, A_2))
A_3 = named("A_3", pre_activation(H_2, X_3))
H_3 = named("H_3", elementwise(phi, A_3))
added = MatrixSymbol("B", H, N)
entered = R * H_0 + added
total = loss_1(H_1) + loss_2(H_2) + loss_3(H_3)


def slope(a: Any) -> Any:
    """φ' of each entry."""
    return elementwise(phi.prime, a)


delta = HadamardProduct(L.gradient(elementwise(phi, entered)), slope(entered))
D_3 = named("Delta_3", HadamardProduct(loss_3.gradient(H_3), slope(A_3)))
D_2 = named("Delta_2", HadamardProduct(loss_2.gradient(H_2) + R.T * D_3, slope(A_2)))
D_1 = named("Delta_1", HadamardProduct(loss_1.gradient(H_1) + R.T * D_2, slope(A_1)))


# -- forward ---------------------------------------------------------------------------------------------------------


def first_pre_activation() -> Definition:
    """What enters φ at the first time: the initial state through R, the input through W, and the bias.

    R of shape (H, H), the initial state of shape (H, N), W of shape (H, D), the input of shape (D, N).

    Reference: Elman, Finding structure in time, 1990.
    """
    return Definition(A_1, A_1.value)


def first_state() -> Definition:
    """The state after the first time.

    Of shape (H, N).
    """
    return Definition(H_1, H_1.value)


def second_pre_activation() -> Definition:
    """At the second time the same weights meet the new state and the next input.

    Of shape (H, N).
    """
    return Definition(A_2, A_2.value)


def second_state() -> Definition:
    """The state after the second time.

    Of shape (H, N).
    """
    return Definition(H_2, H_2.value)


def third_pre_activation() -> Definition:
    """And once more.

    Of shape (H, N).
    """
    return Definition(A_3, A_3.value)


def third_state() -> Definition:
    """The state after the third time.

    Of shape (H, N).
    """
    return Definition(H_3, H_3.value)


# -- backward --------------------------------------------------------------------------------------------------------


def last_delta() -> Definition:
    """At the last time, what enters φ receives the gradient of that time's loss, times the slope of φ.

    Of shape (H, N).
    """
    return Definition(D_3, D_3.value)


def middle_delta() -> Definition:
    """One time earlier the state has two uses, its own loss and the next state, and what they send back is added.

    Of shape (H, N).
    """
    return Definition(D_2, D_2.value)


def first_delta() -> Definition:
    """And so on, back to the first time.

    Of shape (H, N).
    """
    return Definition(D_1, D_1.value)


def step() -> Eq:
    """One step back: a state receives what the next one receives, times the slope of φ, through R transposed.

    R of shape (H, H), the earlier state and what the next time adds to it of shape (H, N), any loss L of the next
    state. By induction this gives any number of times.

    Catalogue: 52.

    Reference: Werbos, Backpropagation through time: what it does and how to do it, 1990.

    >>> prove(step()).scope
    'every H, N'
    """
    return equation(gradient(L(elementwise(phi, entered)), H_0), to_data(delta, R))


def _back_in_time(M: Any, second_use: Any = None, third_use: Any = None) -> Callable[[Theorem], Theorem]:
    """The argument for a gradient of three times: each time passes back what is not its own use of M.

    The uses are what M receives directly at the second and at the third time; none for what is used at the first alone.
    """
    kept = "R and φ pass the delta to the state, which is the time before; what is used here receives here"

    def lines(right: Any) -> Lines:
        third = third_use() if third_use else 0
        second = second_use() + third if second_use else third
        before_last = gradient(loss_1(H_1) + loss_2(H_2), M)
        return [
            (before_last + vjp(D_3, A_3, M), "the last time: its loss, through what enters φ"),
            (_added(gradient(loss_1(H_1), M) + vjp(D_2, A_2, M), third), kept),
            (_added(vjp(D_1, A_1, M), second), "the same once more"),
            (right, "the rule of the linear layer, at the first time"),
        ]

    return argued(lines)


def _added(passed: Any, received: Any) -> Any:
    return passed + received if received else passed


@_back_in_time(R, lambda: to_weights(D_2, H_1), lambda: to_weights(D_3, H_2))
def recurrent_weight_gradient() -> Eq:
    """The recurrent weights receive a sum over time: at each time, the delta times the state before it, transposed.

    Three times, every size: R of shape (H, H), W of shape (H, D), b of shape (H, 1), inputs of shape (D, N), the
    initial state of shape (H, N).

    Catalogue: 52.

    >>> prove(recurrent_weight_gradient()).scope
    'every D, H, N'
    """
    return equation(gradient(total, R), to_weights(D_1, H_0) + to_weights(D_2, H_1) + to_weights(D_3, H_2))


@_back_in_time(W, lambda: to_weights(D_2, X_2), lambda: to_weights(D_3, X_3))
def input_weight_gradient() -> Eq:
    """The input weights receive a sum over time: at each time, the delta times the input, transposed.

    Three times, every size: R of shape (H, H), W of shape (H, D), b of shape (H, 1), inputs of shape (D, N), the
    initial state of shape (H, N).

    Catalogue: 52.

    >>> prove(input_weight_gradient()).scope
    'every D, H, N'
    """
    return equation(gradient(total, W), to_weights(D_1, X_1) + to_weights(D_2, X_2) + to_weights(D_3, X_3))


@_back_in_time(b, lambda: to_bias(D_2), lambda: to_bias(D_3))
def bias_gradient() -> Eq:
    """The bias receives all deltas, summed over the times and the examples.

    Three times, every size: R of shape (H, H), W of shape (H, D), b of shape (H, 1), inputs of shape (D, N), the
    initial state of shape (H, N).

    Catalogue: 52.

    >>> prove(bias_gradient()).scope
    'every D, H, N'
    """
    return equation(gradient(total, b), to_bias(D_1 + D_2 + D_3))


@_back_in_time(H_0)
def initial_state_gradient() -> Eq:
    """The initial state receives the first delta through R transposed.

    Three times, every size: R of shape (H, H), W of shape (H, D), b of shape (H, 1), inputs of shape (D, N), the
    initial state of shape (H, N).

    Catalogue: 52.

    >>> prove(initial_state_gradient()).scope
    'every D, H, N'
    """
    return equation(gradient(total, H_0), to_data(D_1, R))


@_back_in_time(X_1)
def first_input_gradient() -> Eq:
    """The first input receives the first delta through W transposed: how much the loss hears of the distant past.

    Three times, every size: R of shape (H, H), W of shape (H, D), b of shape (H, 1), inputs of shape (D, N), the
    initial state of shape (H, N).

    Catalogue: 52.

    >>> prove(first_input_gradient()).scope
    'every D, H, N'
    """
    return equation(gradient(total, X_1), to_data(D_1, W))


def row_step() -> Eq:
    """With an example in each row, a state receives the delta of the next time, times the stored weights as they are.

    H_0 and B of shape (N, H), R of shape (H, H), stored as before and used transposed; any loss L of the next state.

    Catalogue: 52.

    >>> prove(row_step()).scope
    'every H, N'
    """
    row_state, row_added = MatrixSymbol("H_0", N, H), MatrixSymbol("B", N, H)
    row_entered = row_state * R.T + row_added
    row_delta = HadamardProduct(L.gradient(elementwise(phi, row_entered)), slope(row_entered))
    return equation(gradient(L(elementwise(phi, row_entered)), row_state), row_delta * R)


# -- rows as examples, unrolled --------------------------------------------------------------------------------------

row_H_0 = MatrixSymbol("H_0", N, H)
row_X_1, row_X_2 = (MatrixSymbol(f"X_{t}", N, D) for t in (1, 2))
row_A_1 = named("A_1", row_H_0 * R.T + row_X_1 * W.T + ones(N) * b.T)
row_H_1 = named("H_1", elementwise(phi, row_A_1))
row_A_2 = named("A_2", row_H_1 * R.T + row_X_2 * W.T + ones(N) * b.T)
row_H_2 = named("H_2", elementwise(phi, row_A_2))
row_D_2 = named("Delta_2", HadamardProduct(loss_2.gradient(row_H_2), slope(row_A_2)))
row_D_1 = named("Delta_1", HadamardProduct(loss_1.gradient(row_H_1) + row_D_2 * R, slope(row_A_1)))
row_total = loss_1(row_H_1) + loss_2(row_H_2)


def row_first_pre_activation() -> Definition:
    """With an example in each row, stored weights are used transposed.

    H_0 of shape (N, H), X_1 of shape (N, D); R (H, H), W (H, D) and b (H, 1) are stored as before.
    """
    return Definition(row_A_1, row_A_1.value)


def row_first_state() -> Definition:
    """The state after the first time, a row an example.

    Of shape (N, H).
    """
    return Definition(row_H_1, row_H_1.value)


def row_second_pre_activation() -> Definition:
    """What enters φ at the second time.

    Of shape (N, H).
    """
    return Definition(row_A_2, row_A_2.value)


def row_second_state() -> Definition:
    """The state after the second time.

    Of shape (N, H).
    """
    return Definition(row_H_2, row_H_2.value)


def row_last_delta() -> Definition:
    """What enters φ at the last time receives the gradient of its loss, times the slope of φ.

    Of shape (N, H).
    """
    return Definition(row_D_2, row_D_2.value)


def row_first_delta() -> Definition:
    """What enters φ at the first time receives what its own loss and the next time send back, times the slope of φ.

    Of shape (N, H).
    """
    return Definition(row_D_1, row_D_1.value)


@argued(
    lambda right: [
        (gradient(loss_1(row_H_1), R) + vjp(row_D_2, row_A_2, R), "the last time: its loss, through what enters φ"),
        (
            vjp(row_D_1, row_A_1, R) + row_D_2.T * row_H_1,
            "what is used here receives here, the rest goes one time back",
        ),
        (right, "the rule of the linear layer, in rows"),
    ]
)
def row_recurrent_weight_gradient() -> Eq:
    """With an example in each row: at each time, the delta transposed times the state before it, and their sum.

    Two times, every size: R of shape (H, H), W of shape (H, D), b of shape (H, 1), inputs of shape (N, D), the initial
    state of shape (N, H).

    Catalogue: 52.

    >>> prove(row_recurrent_weight_gradient()).scope
    'every D, H, N'
    """
    return equation(gradient(row_total, R), row_D_1.T * row_H_0 + row_D_2.T * row_H_1)


@argued(
    lambda right: [
        (gradient(loss_1(row_H_1), W) + vjp(row_D_2, row_A_2, W), "the last time: its loss, through what enters φ"),
        (
            vjp(row_D_1, row_A_1, W) + row_D_2.T * row_X_2,
            "what is used here receives here, the rest goes one time back",
        ),
        (right, "the rule of the linear layer, in rows"),
    ]
)
def row_input_weight_gradient() -> Eq:
    """With an example in each row the input weights receive, at each time, the delta transposed times the input.

    Two times, every size: R of shape (H, H), W of shape (H, D), b of shape (H, 1), inputs of shape (N, D), the initial
    state of shape (N, H).

    Catalogue: 52.

    >>> prove(row_input_weight_gradient()).scope
    'every D, H, N'
    """
    return equation(gradient(row_total, W), row_D_1.T * row_X_1 + row_D_2.T * row_X_2)
