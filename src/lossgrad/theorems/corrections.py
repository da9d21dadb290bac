"""What is true where the source errs, as far as no other page needs it.

Convention: a column is an example. Sizes are those of the worked example, W of shape (3, 2), X (2, 3), S (3, 3), or C,
D, N where a statement holds for every shape.
"""

from __future__ import annotations

from sympy import Add, Eq, Sum, Symbol, Trace, exp, log

from lossgrad.expressions import equation, gradient, inner, loss, norm_squared, one_hot, parameters
from lossgrad.notation import C, L, S, y
from lossgrad.theorems import example, linear

n, p, q, r = (Symbol(name, integer=True, nonnegative=True) for name in "npqr")
m = parameters("m")


def logarithm_of_exponential() -> Eq:
    """For a real score the logarithm undoes the exponential.

    S of shape (3, 3), real, as all matrices of this book are.

    >>> prove(logarithm_of_exponential()).scope
    'S of shape 3 × 3'
    """
    return equation(log(exp(example.S[0, 0])), example.S[0, 0])


def loss_by_margin() -> Eq:
    """With a margin of m for the true class and 0 for the two others, the loss is positive, and larger for negative m.

    m any number; the logarithm is of a number larger than one.

    >>> prove(loss_by_margin()).scope
    'every value of m'
    """
    return equation(log(exp(m) + 2) - m, log(1 + 2 * exp(-m)))


def label_is_the_index() -> Eq:
    """The label is the number of the row that holds the one of a one-hot column.

    y of N labels in 0..C-1.

    >>> prove(label_is_the_index()).scope
    'every C, N'
    """
    return equation(Sum(r * one_hot(y, C)[r, n], (r, 0, C - 1)), y[n])


def score_of_the_label() -> Eq:
    """The score of the true class is what stands in that row.

    S of shape (C, N), y of N labels in 0..C-1.

    >>> prove(score_of_the_label()).scope
    'every C, N'
    """
    return equation(Sum(one_hot(y, C)[r, n] * S[r, n], (r, 0, C - 1)), S[y[n], n])


def lone_terms() -> Eq:
    """The parts without exponentials, all six at once: the data transposed, over three, with a minus sign.

    W of shape (3, 2), X of shape (2, 3), labels (0, 1, 2): the true scores stand on the diagonal of W X.

    >>> prove(lone_terms()).scope
    'W of shape 3 × 2, X of shape 2 × 3'
    """
    W, X = example.W, example.X
    return equation(gradient(-Trace(W * X) / example.N, W), -X.T / example.N)


def step_along_the_gradient() -> Eq:
    """To first order, adding the gradient to the weights raises the loss, by the square of the gradient's length.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores. The left side is the rate
    at which the loss changes in the direction of the gradient.

    >>> prove(step_along_the_gradient()).scope
    'every C, D, N'
    """
    by_weights = linear.weight_gradient()
    return equation(inner(by_weights.lhs, by_weights.rhs), norm_squared(by_weights.rhs))


def derivative_of_mean() -> Eq:
    """The derivative of a mean of three losses is one third of the sum of their derivatives.

    W of shape (3, 2), X of shape (2, 3), one differentiable loss for each of the three examples.

    >>> prove(derivative_of_mean()).scope
    'W of shape 3 × 2, X of shape 2 × 3'
    """
    W, X = example.W, example.X
    losses = [loss(f"L_{k}")(W * X) for k in range(example.N)]
    by_examples = Add(*(gradient(L_k, W)[0, 0] for L_k in losses))
    return equation(gradient(Add(*losses) / example.N, W)[0, 0], by_examples / example.N)


def agreement_in_one_entry() -> Eq:
    """The source's check of entry (0, 0), passed by any formula that pairs row 0 of the one with row 0 of the other.

    W of shape (3, 2), X of shape (2, 3), L any differentiable scalar function of the scores.

    >>> prove(agreement_in_one_entry()).scope
    'W of shape 3 × 2, X of shape 2 × 3'
    """
    W, X = example.W, example.X
    return equation(gradient(L(W * X), W)[0, 0], Sum(L.gradient(W * X)[0, n] * X[0, n], (n, 0, 2)))
