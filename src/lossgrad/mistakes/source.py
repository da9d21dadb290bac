"""What the source says and is false, in its order and its sizes: W of shape (3, 2), X (2, 3), labels (0, 1, 2).

Convention: a column is an example. ``lossgrad.source`` says in words what each of these is about. A few are no
statements at all: the shapes of their sides disagree, or their letter is not real. That refutes them too.
"""

from __future__ import annotations

from typing import Any

from sympy import Add, Eq, Expr, Integer, MatrixSymbol, Mul, Pow, Sum, Symbol, Trace, exp, log
from sympy.matrices.immutable import ImmutableDenseMatrix as Matrix

from lossgrad.expressions import equation, gradient, norm_squared, parameters, softmax
from lossgrad.notation import C, D, L, N, y
from lossgrad.notation import S as scores
from lossgrad.theorems import corrections, example, linear
from lossgrad.theorems import softmax as cross_entropy
from lossgrad.theorems.corrections import m, n, p, q
from lossgrad.theorems.example import S, W, X, denominator, loss_of_example

FIRST_LOSS = loss_of_example(S, 0)


def e1() -> Eq:
    """The gradient by the weights made of a gradient by the *data*, whose shape does not fit.

    W of shape (3, 2), X of shape (2, 3).

    Corrected by: linear.weight_gradient.
    """
    return equation(gradient(L(W * X), W), L.gradient(X) * X.T)


def e1_by_data() -> Eq:
    """The gradient by the data made of a gradient by the *weights*, whose shape does not fit.

    W of shape (3, 2), X of shape (2, 3).

    Corrected by: linear.data_gradient.
    """
    return equation(gradient(L(W * X), X), W.T * L.gradient(W))


def e1_where_shapes_agree() -> Eq:
    """The same where every product can be formed, because there are as many classes as features.

    W of shape (D, D), X of shape (D, N).

    Corrected by: linear.weight_gradient.
    """
    weights, data = MatrixSymbol("W", D, D), MatrixSymbol("X", D, N)
    return equation(gradient(L(weights * data), weights), L.gradient(data) * data.T)


def e2() -> Eq:
    """The logarithm taken to undo the exponential of an entry that was never made real.

    The attribute that the source sets on its matrix leaves the entries complex.

    Corrected by: corrections.logarithm_of_exponential.
    """
    entry = Symbol("s", complex=True)
    return equation(log(exp(entry)), entry)


def e3() -> Eq:
    """A loss of zero as soon as the true class has some other score than the 0 of the wrong classes.

    The scores are m, 0 and 0; m is any number.

    Corrected by: corrections.loss_by_margin.
    """
    return equation(log(exp(m) + 2) - m, Integer(0))


def e4() -> Eq:
    """Softmax taken for the loss: the probability of the true class instead of minus its logarithm.

    S of shape (C, N), y of N labels in 0..C-1.

    Corrected by: softmax.one_hot_picks.
    """
    return equation(cross_entropy.mean_loss().rhs, Sum(softmax(scores)[y[n], n], (n, 0, N - 1)) / N)


def e5() -> Eq:
    """The score of the true class taken for its number.

    S of shape (C, N), y of N labels in 0..C-1.

    Corrected by: corrections.label_is_the_index.
    """
    return equation(corrections.label_is_the_index().lhs, scores[y[n], n])


def e6() -> Eq:
    """The lone term with the two indices of the weight, not exchanged.

    W of shape (3, 2), X of shape (2, 3); the derivative is by the weight of class 0 and feature 1.

    Corrected by: corrections.lone_terms.
    """
    return equation(gradient(-Trace(W * X) / 3, W)[0, 1], -X[0, 1] / 3)


def e7() -> Eq:
    """Minus the logarithm of a quotient, split as if there were no minus.

    a and b any positive numbers.

    Corrected by: softmax.log_of_quotient.
    """
    a, b = parameters("a b", positive=True)
    return equation(-log(a / b), log(a) - log(b))


def e7_first_loss() -> Eq:
    """The loss of the first example with the same sign lost.

    S of shape (3, 3), the first example is of class 0.

    Corrected by: example.logarithm_of_first_quotient.
    """
    return equation(example.logarithm_of_first_quotient().lhs, S[0, 0] - log(denominator(S, 0)))


def e8() -> Eq:
    """The derivative by the score of the true class with its sign turned round.

    S of shape (3, 3), the first example is of class 0.

    Corrected by: example.first_loss_by_true_score.
    """
    return equation(gradient(FIRST_LOSS, S)[0, 0], 1 - exp(S[0, 0]) / denominator(S, 0))


def _misprinted() -> Expr:
    """Minus the first exponential, over a sum that has the second one twice and the first one not at all."""
    twice = Add(exp(S[1, 0]), exp(S[1, 0]), exp(S[2, 0]), evaluate=False)
    quotient: Expr = Mul(Integer(-1), exp(S[0, 0]), Pow(twice, -1), evaluate=False)
    return quotient


def e9() -> Eq:
    """A second derivative by the score of the true class, unlike the first, as it is printed.

    S of shape (3, 3), the first example is of class 0.

    Corrected by: example.first_loss_by_true_score.
    """
    return equation(gradient(FIRST_LOSS, S)[0, 0], _misprinted())


def e9_as_meant() -> Eq:
    """The same right side for the derivative by the score of another class, which must have been meant.

    S of shape (3, 3), the first example is of class 0.

    Corrected by: example.first_loss_by_other_score.
    """
    return equation(gradient(FIRST_LOSS, S)[1, 0], _misprinted())


def e10() -> Eq:
    """Division by the number of classes.

    S of shape (C, N), y of N labels in 0..C-1; the two numbers differ.

    Corrected by: softmax.score_gradient.
    """
    right = cross_entropy.score_gradient()
    return equation(right.lhs, right.rhs * N / C)


def e11() -> Eq:
    """The derivative of the mean loss as the sum of the examples' derivatives.

    W of shape (3, 2), X of shape (2, 3), one differentiable loss for each of the three examples.

    Corrected by: corrections.derivative_of_mean.
    """
    mean = corrections.derivative_of_mean()
    return equation(mean.lhs, 3 * mean.rhs)


def e12() -> Eq:
    """A row of the data paired with a column of the score gradient.

    W of shape (3, 2), X of shape (2, 3); the derivative is by the weight of class 1 and feature 0.

    Corrected by: linear.weight_gradient_entry.
    """
    column = L.gradient(W * X)
    return equation(gradient(L(W * X), W)[1, 0], Sum(column[n, 1] * X[0, n], (n, 0, 2)))


def e13() -> Eq:
    """A loss that falls when the gradient is added, as fast as it falls when the gradient is subtracted.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores.

    Corrected by: corrections.step_along_the_gradient.
    """
    along = corrections.step_along_the_gradient()
    return equation(along.lhs, -norm_squared(linear.weight_gradient().rhs))


def e14() -> Eq:
    """The gradient by the scores with four rows, as it is printed beside the data's gradient.

    S of shape (3, 3).

    Corrected by: example.data_gradient.
    """
    by_score = L.gradient(S)
    rows: list[list[Any]] = [[by_score[i, j] for j in range(3)] for i in range(3)]
    rows.insert(2, [by_score[2, 0], by_score[2, 1], by_score[1, 2]])
    return equation(Matrix(by_score), Matrix(rows))


def e15() -> Eq:
    """A formula that passes the source's check of entry (0, 0): row 0 of the data serves every feature.

    W of shape (3, 2), X of shape (2, 3), L any differentiable scalar function of the scores.

    Corrected by: example.weight_gradient.
    """
    return equation(gradient(L(W * X), W)[p, q], Sum(L.gradient(W * X)[p, n] * X[0, n], (n, 0, 2)))
