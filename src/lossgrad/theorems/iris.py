"""The classifier that is trained on Fisher's irises: softmax regression with a bias and a ridge penalty.

Convention: a column is an example. W has shape (C, D), X (D, N), b (C, 1), y holds N labels in 0..C-1.
"""

from __future__ import annotations

from sympy import Eq

from lossgrad.arguments import argued
from lossgrad.expressions import Definition, equation, gradient, inner, named, norm_squared, ones
from lossgrad.notation import C, L, W, b, lambda_
from lossgrad.theorems import linear, softmax


def penalised_loss() -> Definition:
    """What training makes small: the mean cross-entropy, plus half lambda times the sum of the squared weights.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1. The bias is not penalised.
    """
    value = softmax.weight_gradient().lhs.f + lambda_ / 2 * norm_squared(W)
    return Definition(named("J", value), value)


@argued(
    lambda right: [
        (softmax.weight_gradient().lhs + gradient(lambda_ / 2 * norm_squared(W), W), "the derivative of a sum"),
        (right, "the gradient of cross-entropy, and that of the penalty"),
    ]
)
def weight_gradient() -> Eq:
    """By the weights: probabilities minus one-hot labels, times the data transposed, over N, plus lambda times W.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1, lambda a positive number.

    >>> prove(weight_gradient()).scope
    'every C, D, N'
    """
    return equation(gradient(penalised_loss().lhs, W), softmax.weight_gradient().rhs + lambda_ * W)


def bias_gradient() -> Eq:
    """By the bias: probabilities minus one-hot labels, summed over the examples, over N; the penalty is not in it.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1, lambda a positive number.

    >>> prove(bias_gradient()).scope
    'every C, D, N'
    """
    return equation(gradient(penalised_loss().lhs, b), softmax.bias_gradient().rhs)


@argued(
    lambda right: [
        (ones(C).T * weight_gradient().rhs, "the gradient"),
        (right, "the columns of what cross-entropy brings sum to zero"),
    ]
)
def column_sums() -> Eq:
    """The columns of the gradient sum to what the penalty brings, lambda times the column sums of the weights.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1, lambda a positive number. Where
    the gradient is zero, so are the column sums of the weights.

    >>> prove(column_sums()).scope
    'every C, D, N'
    """
    return equation(ones(C).T * weight_gradient().lhs, lambda_ * (ones(C).T * W))


def pairing_with_bias() -> Eq:
    """With a bias the pairings of weights and of bias with their gradients add up to the pairing at the scores.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), L any differentiable scalar function of the scores.

    >>> prove(pairing_with_bias()).scope
    'every C, D, N'
    """
    biased = named("S", linear.scores_with_bias().rhs)
    by_weights, by_bias = gradient(L(biased), W), gradient(L(biased), b)
    return equation(inner(by_weights, W) + inner(by_bias, b), inner(L.gradient(biased), biased))
