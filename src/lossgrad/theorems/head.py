"""The head of a language model: what its gradient is computed from, a chunk of examples at a time.

Convention: a column is an example. W of shape (C, D), X of shape (D, N), y the N labels, a of shape (N, 1) their
weights, P = softmax(W X). A chunk holds some of the columns.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Expr, MatrixSymbol, exp, hadamard_product, log

from lossgrad.expressions import (
    Definition,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    labels,
    named,
    one_hot,
    ones,
    sizes,
    softmax,
)
from lossgrad.notation import C, D, N, W, X, y

a, m = MatrixSymbol("a", N, 1), MatrixSymbol("m", N, 1)
N_1, N_2 = sizes("N_1 N_2")
a_1, a_2 = MatrixSymbol("a_1", N_1, 1), MatrixSymbol("a_2", N_2, 1)
X_1, X_2 = MatrixSymbol("X_1", D, N_1), MatrixSymbol("X_2", D, N_2)
y_1, y_2 = labels("y_1", N_1), labels("y_2", N_2)
first, second = (X_1, y_1, a_1), (X_2, y_2, a_2)

labelled = one_hot(y, C)
E = named("E", elementwise(exp, W * X - ones(C) * m.T))
l = named("l", E.T * ones(C))
F = named("F", E - labelled * diag(l))
a_l = named("a_l", hadamard_product(a, elementwise(lambda t: 1 / t, l)))


def weighted_losses(X: Any, y: Any, a: Any) -> Expr:
    """The losses of some examples, each times its weight, added up."""
    return -inner(one_hot(y, C) * diag(a), elementwise(log, softmax(W * X)))


def total(a: Any) -> Expr:
    """The sum of the weights of some examples."""
    return inner(ones(a.shape[0]), a)


def weighted_errors(X: Any, y: Any, a: Any) -> Any:
    """Probabilities less labels, each column times the weight of its example."""
    return (softmax(W * X) - one_hot(y, C)) * diag(a)


# What is computed


def weighted_mean_loss() -> Definition:
    """The loss of the head is the mean cross-entropy of its examples, each with a weight.

    W of shape (C, D), X of shape (D, N), y of N labels, a of shape (N, 1) with a sum that is not 0: 1 for an example
    that counts, 0 for one that is ignored.
    """
    value = weighted_losses(X, y, a) / total(a)
    return Definition(named("L_a", value), value)


def weighted_weight_gradient() -> Eq:
    """The weight gradient adds up outer products of errors and data, each with its weight, over the sum of the weights.

    W of shape (C, D), X of shape (D, N), y of N labels, a of shape (N, 1).

    Catalogue: 21, 22, 56.

    >>> prove(weighted_weight_gradient()).scope
    'every C, D, N'
    """
    return equation(gradient(weighted_mean_loss().lhs, W), weighted_errors(X, y, a) * X.T / total(a))


def weighted_data_gradient() -> Eq:
    """The data gradient of an example needs the scores of that example alone: a column of errors, times its weight.

    W of shape (C, D), X of shape (D, N), y of N labels, a of shape (N, 1).

    Catalogue: 21, 22, 56.

    >>> prove(weighted_data_gradient()).scope
    'every C, D, N'
    """
    return equation(gradient(weighted_mean_loss().lhs, X), W.T * weighted_errors(X, y, a) / total(a))


# In chunks


def loss_of_two_chunks() -> Definition:
    """The same loss of a batch whose examples come in two chunks, of any sizes.

    X_1 of shape (D, N_1), X_2 of shape (D, N_2), with labels y_1 and y_2 and weights a_1 and a_2.
    """
    value = (weighted_losses(*first) + weighted_losses(*second)) / (total(a_1) + total(a_2))
    return Definition(named("L_12", value), value)


def two_weighted_chunks() -> Eq:
    """Each chunk adds its own weighted errors times its own data, and one sum of weights divides all.

    X_1 of shape (D, N_1), X_2 of shape (D, N_2), with labels y_1 and y_2 and weights a_1 and a_2.

    Catalogue: 56.

    >>> prove(two_weighted_chunks()).scope
    'every C, D, N_1, N_2'
    """
    shares = weighted_errors(*first) * X_1.T + weighted_errors(*second) * X_2.T
    return equation(gradient(loss_of_two_chunks().lhs, W), shares / (total(a_1) + total(a_2)))


def data_gradient_of_a_chunk() -> Eq:
    """What a chunk adds to the data gradient is its own columns, and of the other chunk it needs the sum of weights.

    X_1 of shape (D, N_1), X_2 of shape (D, N_2), with labels y_1 and y_2 and weights a_1 and a_2.

    Catalogue: 56.

    >>> prove(data_gradient_of_a_chunk()).scope
    'every C, D, N_1, N_2'
    """
    share = W.T * weighted_errors(*first)
    return equation(gradient(loss_of_two_chunks().lhs, X_1), share / (total(a_1) + total(a_2)))


# In place


def exponentials() -> Definition:
    """The exponentials of a chunk, after a number of each example's own is subtracted from its scores.

    E of shape (C, N), m of shape (N, 1); with the largest score of each example nothing overflows.
    """
    return Definition(E, E.value)


def sums_of_exponentials() -> Definition:
    """Their sum for each example.

    l of shape (N, 1).
    """
    return Definition(l, l.value)


def undivided_errors() -> Definition:
    """The exponentials, with the sum subtracted at the label: the errors, each column times its sum.

    F of shape (C, N).
    """
    return Definition(F, F.value)


def weights_over_sums() -> Definition:
    """The weights of the examples over these sums.

    a_l of shape (N, 1).
    """
    return Definition(a_l, a_l.value)


def losses_by_sums() -> Eq:
    """The loss needs of a column the number subtracted, the sum, and the score at the label.

    W of shape (C, D), X of shape (D, N), y of N labels, a and m of shape (N, 1).

    Catalogue: 57.

    >>> prove(losses_by_sums()).scope
    'every C, D, N'
    """
    normalizers = inner(a, m + elementwise(log, l))
    return equation(weighted_losses(X, y, a), normalizers - inner(labelled * diag(a), W * X))


def weight_gradient_without_division() -> Eq:
    """The exponentials need not be divided: the data are, which have fewer rows.

    W of shape (C, D), X of shape (D, N), y of N labels, a and m of shape (N, 1).

    Catalogue: 56, 57.

    >>> prove(weight_gradient_without_division()).scope
    'every C, D, N'
    """
    return equation(weighted_errors(X, y, a) * X.T, F * (X * diag(a_l)).T)


def data_gradient_without_division() -> Eq:
    """For the data gradient the division comes after the product, where fewer rows are left.

    W of shape (C, D), X of shape (D, N), y of N labels, a and m of shape (N, 1).

    Catalogue: 56, 57.

    >>> prove(data_gradient_without_division()).scope
    'every C, D, N'
    """
    return equation(W.T * weighted_errors(X, y, a), W.T * F * diag(a_l))
