"""Curvature: the second derivatives of softmax cross-entropy in the weights.

W of shape (C, D), X of shape (D, N), N labels y in 0..C-1. P, of shape (C, N), holds the probabilities: the softmax of
each column of W X. The loss is the mean over the examples. The Hessian has C D rows and columns; entry by entry it
couples the weight (c, d) with the weight (i, j).
"""

from typing import Any

from sympy import Eq, HadamardProduct, KroneckerDelta, MatrixSymbol, OneMatrix, Sum, Symbol, ZeroMatrix, log
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.arguments import argued
from lossgrad.expressions import (
    Definition,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    named,
    one_hot,
    ones,
    softmax,
    vjp,
)
from lossgrad.notation import C, D, N, S, U, V, W, X, s, x, y
from lossgrad.theorems import softmax as cross_entropy
from lossgrad.theorems.linear import to_weights

c, d, i, j, k, n = (Symbol(letter, integer=True, nonnegative=True) for letter in "cdijkn")
a = MatrixSymbol("a", D, 1)
P = named("P", softmax(W * X))
Z = named("Z", V * X)
Q = named("Q", HadamardProduct(P, Z))
f = named("f", -inner(one_hot(y, C), elementwise(log, P)) / N)
p_s = named("p", softmax(s))
p_x = named("p", softmax(W * x))


def _at(A: Any, row: Any, column: Any = 0) -> Any:
    """An entry that is printed as one, A with its indices."""
    return MatrixElement(A, row, column)


def _covariance(A: Any, row: Any, other: Any, column: Any = 0) -> Any:
    """The covariance of two classes under the probabilities in a column of A."""
    return KroneckerDelta(row, other) * _at(A, row, column) - _at(A, row, column) * _at(A, other, column)


def _second(loss: Any) -> Any:
    return gradient(gradient(loss, W)[c, d], W)[i, j]


def _slope() -> Any:
    """The gradient of the loss by the weights: probabilities less labels, times the data transposed, over N."""
    return to_weights(cross_entropy.score_gradient().rhs.xreplace({softmax(S): P}))


def _softmax_passes(arriving: Any) -> Any:
    """What the softmax of the scores passes back of what arrives at the probabilities."""
    return cross_entropy.softmax_vjp().rhs.xreplace({softmax(S): P, U: arriving})


def probabilities() -> Definition:
    """The probabilities, a softmax of each column of the scores.

    W of shape (C, D), X of shape (D, N), the probabilities of shape (C, N).
    """
    return Definition(P, P.value)


def loss() -> Definition:
    """Cross-entropy, the mean over the examples of minus the logarithm of the probability of the label.

    The probabilities of shape (C, N), N labels.
    """
    return Definition(f, f.value)


@argued(
    lambda right: [
        (gradient(_at(_slope(), c, d), W)[i, j], "the gradient by the weights, an entry of it"),
        (
            Sum(X[d, n] * gradient(_at(P, c, n), W)[i, j], (n, 0, N - 1)) / N,
            "of all that stands there only the probabilities depend on the weights",
        ),
        (right, "a probability answers to a score by its covariance, a score to a weight by a feature"),
    ]
)
def hessian_entry() -> Eq:
    """Two weights are coupled by their features' product times their classes' covariance, averaged over the examples.

    W of shape (C, D), X of shape (D, N); no label stands on the right: the Hessian does not depend on the labels. With
    the weights in one column it is a mean of Kronecker products of x xᵀ and diag(p) − p pᵀ.

    Catalogue: 26.

    >>> prove(hessian_entry()).scope
    'every C, D, N'
    """
    return equation(_second(f), Sum(X[d, n] * X[j, n] * _covariance(P, c, i, n), (n, 0, N - 1)) / N)


@argued(
    lambda right: [
        (hessian_entry().rhs.subs({i: c, j: d}), "a weight with itself"),
        (right, "a class's covariance with itself is its variance"),
    ]
)
def hessian_diagonal() -> Eq:
    """The Hessian's diagonal, laid out like W, is variances of the classes against squares of the features.

    W of shape (C, D), X of shape (D, N).

    Catalogue: 26.

    >>> prove(hessian_diagonal()).scope
    'every C, D, N'
    """
    variances = P - HadamardProduct(P, P)
    diagonal = variances * HadamardProduct(X, X).T / N
    return equation(gradient(gradient(f, W)[c, d], W)[c, d], _at(diagonal, c, d))


def probabilities_of_scores() -> Definition:
    """For one example, the probabilities are a column.

    s of shape (C, 1), the scores of the example.
    """
    return Definition(p_s, p_s.value)


def score_hessian() -> Eq:
    """By the scores of one example, the Hessian of log-sum-exp, and so of cross-entropy, is the covariance under p.

    s of shape (C, 1), the Hessian of shape (C, C). The label enters cross-entropy only through a linear term.

    Catalogue: 26.

    >>> prove(score_hessian()).scope
    'every C'
    """
    covariance = cross_entropy.softmax_jacobian().rhs.xreplace({softmax(s): p_s})
    return equation(cross_entropy.logsumexp_hessian().lhs, covariance)


# -- products --------------------------------------------------------------------------------------------------------


def moved_scores() -> Definition:
    """How the scores move when the weights move in the direction V.

    V of shape (C, D), X of shape (D, N), the result of shape (C, N).
    """
    return Definition(Z, Z.value)


def weighted_move() -> Definition:
    """The same, times the probabilities.

    Both of shape (C, N).
    """
    return Definition(Q, Q.value)


@argued(
    lambda right: [
        (gradient(inner(_slope(), V), W), "the gradient by the weights"),
        (vjp(Z / N, P, W), "the data move to the other side of the pairing; the labels do not depend on the weights"),
        (to_weights(_softmax_passes(Z)) / N, "what softmax passes back, then the rule of the linear layer"),
        (right, "the sum of a column, taken out"),
    ]
)
def hessian_vector_product() -> Eq:
    """Given the probabilities, the Hessian times a direction V needs two products with the data and no Hessian.

    V and W of shape (C, D), X of shape (D, N); the right side has the shape of W.

    Catalogue: 27.

    Reference: Pearlmutter, Fast exact multiplication by the Hessian, 1994.

    >>> prove(hessian_vector_product()).scope
    'every C, D, N'
    """
    return equation(gradient(inner(gradient(f, W), V), W), (Q - P * diag(ones(C).T * Q)) * X.T / N)


def curvature_is_variance() -> Eq:
    """The curvature in a direction V is the mean, over the examples, of the variance of the scores' move under p.

    V of shape (C, D), X of shape (D, N). Probabilities and squares on the right: it is never negative, so the loss is
    convex in W.

    Catalogue: 26.

    >>> prove(curvature_is_variance()).scope
    'every C, D, N'
    """
    from_mean = Z - OneMatrix(C, C) * Q
    squares = HadamardProduct(from_mean, from_mean)
    return equation(inner(V, hessian_vector_product().rhs), inner(P, squares) / N)


def flat_directions() -> Eq:
    """Adding one row to all rows of W is a flat direction, which the Hessian sends to 0.

    a of shape (D, 1), the direction 1 aᵀ of shape (C, D); the left side is the product above, for V = 1 aᵀ.

    Catalogue: 27.

    >>> prove(flat_directions()).scope
    'every C, D, N'
    """
    moved = HadamardProduct(P, ones(C) * a.T * X)
    return equation(hessian_vector_product().rhs.xreplace({Q: moved}), ZeroMatrix(C, D))


# -- Fisher ----------------------------------------------------------------------------------------------------------


def probabilities_of_example() -> Definition:
    """The probabilities of one example.

    W of shape (C, D), x of shape (D, 1).
    """
    return Definition(p_x, p_x.value)


def score_covariance() -> Eq:
    """When the label k is drawn from p itself, the mean outer product of p less its one-hot column is diag(p) − p pᵀ.

    s of shape (C, 1), p its softmax; entry (i, j) of both sides.

    Catalogue: 28.

    >>> prove(score_covariance()).scope
    'every C'
    """
    off = (_at(p_s, i) - KroneckerDelta(i, k)) * (_at(p_s, j) - KroneckerDelta(j, k))
    return equation(Sum(_at(p_s, k) * off, (k, 0, C - 1)), _covariance(p_s, i, j))


@argued(
    lambda right: [
        (
            x[d, 0] * x[j, 0] * score_covariance().lhs.xreplace({i: c, j: i, p_s: p_x}),
            "the gradient by a weight is a feature times a probability less its label",
        ),
        (right, "the mean over the labels is the covariance"),
    ]
)
def fisher_from_features() -> Eq:
    """The Fisher information of one example is the product of two features and the covariance of their classes.

    W of shape (C, D), x of shape (D, 1).

    Catalogue: 28.

    >>> prove(fisher_from_features()).scope
    'every C, D'
    """
    by_one, by_other = (gradient(-log(_at(p_x, k)), W)[place] for place in ((c, d), (i, j)))
    return equation(Sum(_at(p_x, k) * by_one * by_other, (k, 0, C - 1)), x[d, 0] * x[j, 0] * _covariance(p_x, c, i))


@argued(
    lambda right: [
        (fisher_from_features().rhs, "two features, and the covariance of their classes"),
        (right, "the same, whatever the label, is the Hessian of one example"),
    ]
)
def fisher_is_hessian() -> Eq:
    """With labels drawn from the model, the mean product of two entries of the gradient is their entry of the Hessian.

    W of shape (C, D), x of shape (D, 1); the Fisher information on the left, on the right the Hessian, at any label.

    Catalogue: 28.

    Reference: Martens, New insights and perspectives on the natural gradient method, 2020.

    >>> prove(fisher_is_hessian()).scope
    'every C, D'
    """
    at_label = -log(_at(p_x, Symbol("m", integer=True, nonnegative=True)))
    return equation(fisher_from_features().lhs, _second(at_label))


# -- rows as examples ------------------------------------------------------------------------------------------------

X_r = MatrixSymbol("X", N, D)
P_r = named("P", softmax(W * X_r.T).T)
Q_r = named("Q", HadamardProduct(P_r, X_r * V.T))
f_r = named("f", -inner(one_hot(y, C).T, elementwise(log, P_r)) / N)


def row_probabilities() -> Definition:
    """With an example in each row, the probabilities of an example are a row.

    X of shape (N, D), W stored as (C, D) and used transposed, the probabilities of shape (N, C).
    """
    return Definition(P_r, P_r.value)


def row_weighted_move() -> Definition:
    """The move of the scores times the probabilities, with an example in each row.

    X of shape (N, D), V stored as (C, D), like W; the result of shape (N, C).
    """
    return Definition(Q_r, Q_r.value)


def row_loss() -> Definition:
    """Cross-entropy, with an example in each row.

    The probabilities of shape (N, C), N labels.
    """
    return Definition(f_r, f_r.value)


@argued(
    lambda right: [
        (gradient(inner((P_r.T - one_hot(y, C)) * X_r / N, V), W), "the gradient by the weights"),
        (vjp(X_r * V.T / N, P_r, W), "the data move to the other side of the pairing"),
        (right, "what softmax passes back, then the rule of the linear layer, in rows"),
    ]
)
def row_hessian_vector_product() -> Eq:
    """With an example in each row, the Hessian times a direction, in the shape in which the weights are stored.

    V and W of shape (C, D), X of shape (N, D).

    Catalogue: 27.

    >>> prove(row_hessian_vector_product()).scope
    'every C, D, N'
    """
    left = Q_r.T - P_r.T * diag(Q_r * ones(C))
    return equation(gradient(inner(gradient(f_r, W), V), W), left * X_r / N)
