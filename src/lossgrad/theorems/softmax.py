"""Softmax and cross-entropy: from the scores of every class to one number, and back.

Convention: a column is an example. The scores S have shape (C, N), the labels y are N integers in 0..C-1,
softmax is taken of each column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, Expr, KroneckerDelta, MatrixSymbol, Sum, Symbol, ZeroMatrix, exp, log
from sympy import hadamard_product as entrywise
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.arguments import Lines, Theorem, argued
from lossgrad.expressions import (
    Definition,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    jacobian,
    logsumexp,
    named,
    one_hot,
    ones,
    sigmoid,
    softmax,
    vjp,
)
from lossgrad.notation import C, D, N, S, U, W, X, Y, b, s, y
from lossgrad.theorems.linear import S_rows, X_rows, scores_with_bias, to_bias, to_data, to_weights

c, k, n, p, q, r = (Symbol(name, integer=True, nonnegative=True) for name in "cknpqr")

P = MatrixSymbol("P", C, N)
shift = MatrixSymbol("v", N, 1)


def cross_entropy(scores: Any, targets: Any = None) -> Expr:
    """The mean cross-entropy of ``scores`` of shape (C, N) with ``targets`` of that shape: the labels y, one-hot."""
    return -inner(one_hot(y, C) if targets is None else targets, elementwise(log, softmax(scores))) / N


def _loss_of_example(scores: Any) -> Expr:
    """Minus the logarithm of the probability that example n has in its own class."""
    return -log(softmax(scores)[y[n], n])


# What the names stand for.


def probabilities() -> Definition:
    """Softmax turns a column of scores into probabilities: exponentials, divided by their sum.

    S of shape (C, N), P of shape (C, N), every column of P sums to one.
    """
    return Definition(P[c, n], softmax(S)[c, n])


def loss_of_example() -> Definition:
    """The loss of one example is minus the logarithm of the probability that its own class receives.

    S of shape (C, N), y of N labels in 0..C-1.
    """
    return Definition(Symbol("L_n"), _loss_of_example(S))


def mean_loss() -> Definition:
    """The loss is the mean of the losses of the examples.

    S of shape (C, N), y of N labels in 0..C-1.
    """
    return Definition(Symbol("L"), Sum(_loss_of_example(S), (n, 0, N - 1)) / N)


# One column: softmax and the logarithm of its denominator.


def columns_sum_to_one() -> Eq:
    """The probabilities of an example sum to one.

    S of shape (C, N).

    >>> prove(columns_sum_to_one()).scope
    'every C, N'
    """
    return equation(ones(C).T * softmax(S), ones(N).T)


def softmax_jacobian() -> Eq:
    """The Jacobian of softmax: probabilities on the diagonal, minus their outer product.

    s of shape (C, 1), the Jacobian of shape (C, C).

    Catalogue: 13.

    >>> prove(softmax_jacobian()).scope
    'every C'
    """
    return equation(jacobian(softmax(s), s), diag(softmax(s)) - softmax(s) * softmax(s).T)


def softmax_vjp() -> Eq:
    """A gradient U that arrives at the probabilities goes back to the scores less its mean under them, times them.

    S and U of shape (C, N); the circle multiplies entry by entry.

    Catalogue: 14.

    >>> prove(softmax_vjp()).scope
    'every C, N'
    """
    weighted = entrywise(softmax(S), U)
    return equation(vjp(U, softmax(S), S), entrywise(softmax(S), U - ones(C) * (ones(C).T * weighted)))


def log_softmax_vjp() -> Eq:
    """A gradient U that arrives at the log-probabilities goes back less the probabilities times its column sums.

    S and U of shape (C, N).

    Catalogue: 19.
    Reference: oneapi-src/oneDNN#616.

    >>> prove(log_softmax_vjp()).scope
    'every C, N'
    """
    return equation(vjp(U, elementwise(log, softmax(S)), S), U - softmax(S) * diag(ones(C).T * U))


def two_classes() -> Eq:
    """With two classes the probability of the first is the logistic function of its lead over the second.

    S of shape (2, N).

    Catalogue: 29.

    >>> prove(two_classes()).scope
    'S of shape 2 × N; every N'
    """
    pair = MatrixSymbol("S", 2, N)
    return equation(softmax(pair)[0, n], sigmoid(pair[0, n] - pair[1, n]))


def logsumexp_gradient() -> Eq:
    """The gradient of the logarithm of the sum of exponentials is softmax.

    s of shape (C, 1).

    Catalogue: 15.

    >>> prove(logsumexp_gradient()).scope
    'every C'
    """
    return equation(gradient(logsumexp(s)[0, 0], s), softmax(s))


def logsumexp_hessian() -> Eq:
    """The Hessian of the logarithm of the sum of exponentials is the Jacobian of softmax.

    s of shape (C, 1), the Hessian of shape (C, C).

    Catalogue: 15.

    >>> prove(logsumexp_hessian()).scope
    'every C'
    """
    return equation(jacobian(gradient(logsumexp(s)[0, 0], s), s), softmax_jacobian().rhs)


# The loss, and its gradient by the scores.


def log_of_quotient() -> Eq:
    """Minus the logarithm of a quotient: logarithm of the denominator, minus the score of the true class.

    S of shape (C, N), y of N labels in 0..C-1.

    >>> prove(log_of_quotient()).scope
    'every C, N'
    """
    return equation(_loss_of_example(S), log(Sum(exp(S[r, n]), (r, 0, C - 1))) - S[y[n], n])


def one_hot_picks() -> Eq:
    """Pairing with the one-hot matrix picks the true class of every example: the loss without an index.

    S of shape (C, N), y of N labels in 0..C-1, their one-hot matrix of shape (C, N).

    >>> prove(one_hot_picks()).scope
    'every C, N'
    """
    return equation(mean_loss().rhs, cross_entropy(S))


def example_by_score() -> Eq:
    """The loss of an example depends on its own scores only: probability, minus one for the true class.

    S of shape (C, N), y of N labels in 0..C-1; a delta is 1 when its indices agree and 0 otherwise.

    >>> prove(example_by_score()).scope
    'every C, N'
    """
    by_score = gradient(_loss_of_example(S), S)[c, k]
    return equation(by_score, KroneckerDelta(n, k) * (softmax(S)[c, n] - KroneckerDelta(c, y[n])))


def mean_of_gradients() -> Eq:
    """The derivative of the mean loss is the mean of the derivatives of the examples' losses.

    S of shape (C, N), y of N labels in 0..C-1.

    >>> prove(mean_of_gradients()).scope
    'every C, N'
    """
    of_examples = Sum(gradient(_loss_of_example(S), S)[c, k], (n, 0, N - 1)) / N
    return equation(gradient(mean_loss().rhs, S)[c, k], of_examples)


def score_gradient() -> Eq:
    """The gradient of the mean cross-entropy by the scores: probabilities minus one-hot labels, over N.

    S of shape (C, N), y of N labels in 0..C-1. N is the number of examples.

    Catalogue: 16.

    >>> prove(score_gradient()).scope
    'every C, N'
    """
    return equation(gradient(cross_entropy(S), S), (softmax(S) - one_hot(y, C)) / N)


def score_gradient_of_any_targets() -> Eq:
    """For targets Y of any kind the probabilities of an example are first multiplied by the sum of its targets.

    S and Y of shape (C, N); Y need not be labels, nor sum to one.

    Catalogue: 16.

    >>> prove(score_gradient_of_any_targets()).scope
    'every C, N'
    """
    return equation(gradient(cross_entropy(S, Y), S), (softmax(S) * diag(ones(C).T * Y) - Y) / N)


def score_gradient_of_soft_targets() -> Eq:
    """For targets that are themselves probabilities the gradient is the difference of the two, over N.

    S and U of shape (C, N); every column of positive probabilities is the softmax of some column.

    Catalogue: 16.

    >>> prove(score_gradient_of_soft_targets()).scope
    'every C, N'
    """
    return equation(gradient(cross_entropy(S, softmax(U)), S), (softmax(S) - softmax(U)) / N)


# Through the linear layer.


def _at(scores: Any) -> Any:
    """The gradient of cross-entropy by the scores, at given scores."""
    return score_gradient().rhs.xreplace({S: scores})


def _through_scores(M: Any) -> Callable[[Theorem], Theorem]:
    """The argument for a gradient behind the linear layer: the scores first, then the layer."""

    def lines(right: Any) -> Lines:
        biased = scores_with_bias().rhs
        return [
            (vjp(_at(biased), biased, M), "chain rule, with the gradient by the scores put in"),
            (right, "the rule of the linear layer"),
        ]

    return argued(lines)


@_through_scores(W)
def weight_gradient() -> Eq:
    """Softmax cross-entropy by the weights: probabilities minus one-hot labels, times the data transposed, over N.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1.

    Catalogue: 17.

    >>> prove(weight_gradient()).scope
    'every C, D, N'
    """
    biased = scores_with_bias().rhs
    return equation(gradient(cross_entropy(biased), W), to_weights(_at(biased)))


@_through_scores(X)
def data_gradient() -> Eq:
    """Softmax cross-entropy by the data: the weights transposed, times probabilities minus one-hot labels, over N.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1.

    Catalogue: 17.

    >>> prove(data_gradient()).scope
    'every C, D, N'
    """
    biased = scores_with_bias().rhs
    return equation(gradient(cross_entropy(biased), X), to_data(_at(biased)))


@_through_scores(b)
def bias_gradient() -> Eq:
    """Softmax cross-entropy by the bias: probabilities minus one-hot labels, summed over the examples, over N.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1.

    Catalogue: 17.

    >>> prove(bias_gradient()).scope
    'every C, D, N'
    """
    biased = scores_with_bias().rhs
    return equation(gradient(cross_entropy(biased), b), to_bias(_at(biased)))


def lone_term() -> Eq:
    """The part of a weight's derivative without exponentials: one entry of the data for each example of its class.

    W of shape (C, D), X of shape (D, N), y of N labels in 0..C-1; a delta is 1 when its indices agree and 0 otherwise.
    The sum on the left is the part of the loss that the true classes' scores make.

    >>> prove(lone_term()).scope
    'every C, D, N'
    """
    true_scores = -Sum(MatrixElement(W * X, y[n], n), (n, 0, N - 1)) / N
    return equation(gradient(true_scores, W)[p, q], -Sum(KroneckerDelta(p, y[n]) * X[q, n], (n, 0, N - 1)) / N)


# What adding a number to a column of scores does: nothing.


def softmax_shift() -> Eq:
    """Adding one number to all scores of an example leaves its probabilities as they are.

    S of shape (C, N), v of shape (N, 1): one number an example.

    Catalogue: 18.

    >>> prove(softmax_shift()).scope
    'every C, N'
    """
    return equation(softmax(S + ones(C) * shift.T), softmax(S))


def loss_shift() -> Eq:
    """Adding one number to all scores of an example leaves the loss as it is.

    S of shape (C, N), v of shape (N, 1), y of N labels in 0..C-1.

    Catalogue: 18.

    >>> prove(loss_shift()).scope
    'every C, N'
    """
    return equation(cross_entropy(S + ones(C) * shift.T), cross_entropy(S))


def score_gradient_sums_to_zero() -> Eq:
    """Every column of the gradient of cross-entropy by the scores sums to zero.

    S of shape (C, N), y of N labels in 0..C-1; the zero is a row of N zeros.

    Catalogue: 18.

    >>> prove(score_gradient_sums_to_zero()).scope
    'every C, N'
    """
    return equation(ones(C).T * score_gradient().lhs, ZeroMatrix(1, N))


@argued(
    lambda right: [
        (ones(C).T * weight_gradient().rhs, "the gradient by the weights"),
        (right, "probabilities and one-hot labels both sum to one, column by column"),
    ]
)
def weight_gradient_sums_to_zero() -> Eq:
    """Every column of the gradient of cross-entropy by the weights sums to zero.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels; the zero is a row of D zeros.

    Catalogue: 18.

    >>> prove(weight_gradient_sums_to_zero()).scope
    'every C, D, N'
    """
    return equation(ones(C).T * weight_gradient().lhs, ZeroMatrix(1, D))


def bias_gradient_sums_to_zero() -> Eq:
    """The gradient of cross-entropy by the bias sums to zero.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels.

    Catalogue: 18.

    >>> prove(bias_gradient_sums_to_zero()).scope
    'every C, D, N'
    """
    return equation(ones(C).T * bias_gradient().lhs, ZeroMatrix(1, 1))


# Rows as examples, as libraries have them.

row_biased = X_rows * W.T + ones(N) * b.T
P_rows = named("P'", softmax(row_biased.T).T)
row_labels = one_hot(y, C).T


def row_probabilities() -> Definition:
    """With an example in each row, softmax runs along rows, and the weights are used transposed.

    X' of shape (N, D), W stored as (C, D), b of shape (C, 1), the probabilities of shape (N, C).
    """
    return Definition(P_rows, P_rows.value)


def row_score_gradient() -> Eq:
    """With an example in each row: probabilities minus one-hot labels, transposed, over N.

    S' of shape (N, C), y of N labels in 0..C-1.

    Catalogue: 16.

    >>> prove(row_score_gradient()).scope
    'every C, N'
    """
    probabilities = softmax(S_rows.T).T
    loss = -inner(row_labels, elementwise(log, probabilities)) / N
    return equation(gradient(loss, S_rows), (probabilities - row_labels) / N)


@argued(
    lambda right: [
        (
            vjp(row_score_gradient().rhs.xreplace({S_rows: row_biased}), row_biased, W),
            "chain rule, with the gradient by the scores put in",
        ),
        (right, "the rule of a layer that stores its weights as columns would"),
    ]
)
def row_weight_gradient() -> Eq:
    """With an example in each row, weights that are stored as C x D receive the difference transposed, times the data.

    X' of shape (N, D), W stored as (C, D) and used transposed, b of shape (C, 1), y of N labels in 0..C-1.

    Catalogue: 17.

    >>> prove(row_weight_gradient()).scope
    'every C, D, N'
    """
    loss = -inner(row_labels, elementwise(log, P_rows)) / N
    return equation(gradient(loss, W), (P_rows - row_labels).T * X_rows / N)
