"""The worked example: 3 classes, 2 features, 3 examples, one of each class.

Convention: a column is an example. W has shape (3, 2), X (2, 3), the scores S = W X have shape (3, 3), y = (0, 1, 2).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Expr, Integer, MatAdd, MatMul, MatrixSymbol, Mul, Rational, exp, log
from sympy.matrices.immutable import ImmutableDenseMatrix as Matrix

from lossgrad.expressions import elementwise, equation, gradient, inner, loss, one_hot, softmax
from lossgrad.notation import L

C, D, N = 3, 2, 3
W = MatrixSymbol("W", C, D)
X = MatrixSymbol("X", D, N)
S = MatrixSymbol("S", C, N)
y = (0, 1, 2)


def denominator(S: Any, n: int) -> Expr:
    """The sum of the exponentials of the scores of example ``n``."""
    return sum((exp(S[r, n]) for r in range(C)), Integer(0))


def numerator(S: Any, n: int) -> Expr:
    """The exponential of the score that example ``n`` has for its own class."""
    return exp(S[y[n], n])


def loss_of_example(S: Any, n: int) -> Expr:
    """The loss of example ``n`` with its logarithm split."""
    return log(denominator(S, n)) - S[y[n], n]


def mean_loss(S: Any) -> Expr:
    """The mean of the three losses, S of shape (3, 3)."""
    return Rational(1, N) * sum((loss_of_example(S, n) for n in range(N)), Integer(0))


def product() -> Eq:
    """Every score is a row of the weights times a column of the data.

    W of shape (3, 2), X of shape (2, 3).

    >>> prove(product()).scope
    'W of shape 3 × 2, X of shape 2 × 3'
    """
    return equation(W * X, Matrix(W * X))


def logarithm_of_first_quotient() -> Eq:
    """The loss of the first example: the logarithm of the denominator minus the score of the true class.

    S of shape (3, 3), the first example is of class 0.

    >>> prove(logarithm_of_first_quotient()).scope
    'S of shape 3 × 3'
    """
    return equation(-log(numerator(S, 0) / denominator(S, 0)), loss_of_example(S, 0))


def first_loss_by_true_score() -> Eq:
    """The first example's loss by the score of its own class: the probability of that class minus one.

    S of shape (3, 3), the first example is of class 0.

    >>> prove(first_loss_by_true_score()).scope
    'S of shape 3 × 3'
    """
    return equation(gradient(loss_of_example(S, 0), S)[0, 0], exp(S[0, 0]) / denominator(S, 0) - 1)


def first_loss_by_other_score() -> Eq:
    """The first example's loss by the score of another class: that class's probability, nothing subtracted.

    S of shape (3, 3), the first example is of class 0.

    >>> prove(first_loss_by_other_score()).scope
    'S of shape 3 × 3'
    """
    return equation(gradient(loss_of_example(S, 0), S)[1, 0], exp(S[1, 0]) / denominator(S, 0))


def gradient_of_mean() -> Eq:
    """The gradient of a mean of three losses is one third of the sum of their gradients.

    W of shape (3, 2), X of shape (2, 3), the three losses any differentiable functions of the scores.

    >>> prove(gradient_of_mean()).scope
    'W of shape 3 × 2, X of shape 2 × 3'
    """
    losses = [loss(f"L_{n}")(W * X) for n in range(N)]
    third = Rational(1, N)
    mean = Mul(third, sum(losses, Integer(0)), evaluate=False)
    gradients = MatAdd(*(gradient(each, W) for each in losses))
    return equation(gradient(mean, W), MatMul(third, gradients, evaluate=False))


def score_gradient() -> Eq:
    """The gradient of the mean loss by the scores: probabilities minus one-hot labels, over the three examples.

    S of shape (3, 3); the one-hot matrix of the labels (0, 1, 2) is the identity.

    >>> prove(score_gradient()).scope
    'S of shape 3 × 3'
    """
    labels = one_hot(y, C)
    mean = -inner(labels, elementwise(log, softmax(S))) / N
    return equation(gradient(mean, S), MatMul(Rational(1, N), softmax(S) - labels, evaluate=False))


def weight_gradient() -> Eq:
    """Entry by entry, for any loss: the derivatives by the scores, times the data transposed.

    W of shape (3, 2), X of shape (2, 3), L any differentiable scalar function of the scores.

    >>> prove(weight_gradient()).scope
    'W of shape 3 × 2, X of shape 2 × 3'
    """
    scores = W * X
    product = MatMul(Matrix(L.gradient(scores)), Matrix(X.T), evaluate=False)
    return equation(gradient(L(scores), W), product)


def data_gradient() -> Eq:
    """Entry by entry, for any loss: the weights transposed, times the derivatives by the scores.

    W of shape (3, 2), X of shape (2, 3), L any differentiable scalar function of the scores.

    >>> prove(data_gradient()).scope
    'W of shape 3 × 2, X of shape 2 × 3'
    """
    scores = W * X
    product = MatMul(Matrix(W.T), Matrix(L.gradient(scores)), evaluate=False)
    return equation(gradient(L(scores), X), product)
