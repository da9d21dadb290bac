"""Losses of classifiers besides softmax cross-entropy: binary, hinge, focal, the two divergences, Brier.

Convention: a column is an example. S of shape (C, N) holds the scores, y the N labels, Y of shape (C, N) any targets,
P = softmax(S) the probabilities, column by column.
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, E, Eq, Expr, Heaviside, MatrixSymbol, Max, OneMatrix, exp, hadamard_product, log

from lossgrad.arguments import argued
from lossgrad.expressions import (
    Definition,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    labels,
    named,
    norm_squared,
    one_hot,
    ones,
    parameters,
    sigmoid,
    softmax,
    vjp,
)
from lossgrad.notation import C, N, S, U, Y, y
from lossgrad.theorems import softmax as cross_entropy

w = MatrixSymbol("w", C, 1)
R = MatrixSymbol("R", C, N)
Delta, gamma = parameters("Delta gamma", positive=True)

labelled = one_hot(y, C)
every_entry = OneMatrix(C, N)
P = named("P", softmax(S))
Q = named("Q", softmax(R))
P_P = named("P_P", softmax(P))
label = one_hot(labels("y", 1), C)


def log_of(A: Any) -> Any:
    """The logarithm of each entry."""
    return elementwise(log, A)


def softmax_vjp(upstream: Any) -> Any:
    """What softmax of S passes back of an upstream gradient of shape (C, N): P o (U - 1 1^T (P o U))."""
    return cross_entropy.softmax_vjp().rhs.xreplace({U: upstream, softmax(S): P})


def _loss(name: str, value: Any) -> Definition:
    return Definition(named(f"L_{name}", value), value)


def probabilities() -> Definition:
    """The probabilities of the classes: softmax of the scores, column by column.

    S and P of shape (C, N).
    """
    return Definition(P, P.value)


def reference_probabilities() -> Definition:
    """The probabilities of a reference, a teacher's or an older model's: softmax of its scores, column by column.

    R and Q of shape (C, N); every entry of Q is positive.
    """
    return Definition(Q, Q.value)


# Binary cross-entropy


def _binary_log_likelihood(hits: Any, misses: Any) -> Expr:
    hit = elementwise(sigmoid, S)
    return inner(hits, log_of(hit)) + inner(misses, log_of(every_entry - hit))


def binary_cross_entropy_loss() -> Definition:
    """Binary cross-entropy with scores: each entry is a yes-or-no question of its own.

    S and Y of shape (C, N), Y between 0 and 1; the mean is over all entries.
    """
    return _loss("binary", -_binary_log_likelihood(Y, every_entry - Y) / (N * C))


def binary_cross_entropy_gradient() -> Eq:
    """Binary cross-entropy passes back sigmoid minus target, over the number of entries: dL/dS = (sigma(S) - Y)/(N C).

    S and Y of shape (C, N), any Y.

    Catalogue: 32.

    >>> prove(binary_cross_entropy_gradient()).scope
    'every C, N'
    """
    return equation(gradient(binary_cross_entropy_loss().lhs, S), (elementwise(sigmoid, S) - Y) / (N * C))


def binary_cross_entropy_by_softplus() -> Eq:
    """Binary cross-entropy needs no sigmoid: it is softplus of the score minus target times score.

    S and Y of shape (C, N).

    Catalogue: 32.

    >>> prove(binary_cross_entropy_by_softplus()).scope
    'every C, N'
    """
    softplus = elementwise(lambda t: log(1 + exp(t)), S)
    return equation(binary_cross_entropy_loss().lhs, (inner(every_entry, softplus) - inner(Y, S)) / (N * C))


def stable_softplus() -> Eq:
    """Softplus without overflow: log(1 + e^t) = max(t, 0) + log(1 + e^(-|t|)), entry by entry.

    Reference: PyTorch documentation, torch.nn.BCEWithLogitsLoss.

    >>> prove(stable_softplus()).scope
    'every C, N'
    """
    return equation(
        elementwise(lambda t: log(1 + exp(t)), S),
        elementwise(lambda t: Max(t, 0) + log(1 + exp(-Abs(t))), S),
    )


def positive_weight_loss() -> Definition:
    """Binary cross-entropy with positive weights: a hit of a class counts as often as its weight says, a miss once.

    w of shape (C, 1), S and Y of shape (C, N).

    Reference: PyTorch documentation, torch.nn.BCEWithLogitsLoss, argument pos_weight.
    """
    return _loss("pos", -_binary_log_likelihood(diag(w) * Y, every_entry - Y) / (N * C))


def positive_weight_gradient() -> Eq:
    """Positive weights act on both terms: dL/dS = ((1 - Y + diag(w) Y) o sigma(S) - diag(w) Y)/(N C).

    w of shape (C, 1), S and Y of shape (C, N), any Y.

    Catalogue: 32.

    >>> prove(positive_weight_gradient()).scope
    'every C, N'
    """
    weighted = diag(w) * Y
    pulled = hadamard_product(every_entry - Y + weighted, elementwise(sigmoid, S)) - weighted
    return equation(gradient(positive_weight_loss().lhs, S), pulled / (N * C))


# The multiclass hinge


Z = named("Z", S - ones(C) * (ones(C).T * hadamard_product(labelled, S)) + Delta * every_entry)
M = named("M", hadamard_product(every_entry - labelled, elementwise(Heaviside, Z)))


def margins() -> Definition:
    """How far each wrong score comes within the margin of the right one: Z = S - 1 s_y^T + Delta.

    s_y is the row of the scores of the true classes, 1^T (onehot(y) o S). Shape (C, N).
    """
    return Definition(Z, Z.value)


def hinge_loss() -> Definition:
    """The multiclass hinge of Weston and Watkins: the sum of the positive margins of the wrong classes, mean over the
    examples.

    S of shape (C, N), y of N labels, Delta > 0.

    Reference: Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999.
    """
    return _loss("hinge", inner(every_entry - labelled, elementwise(lambda t: Max(t, 0), Z)) / N)


def violations() -> Definition:
    """Which wrong classes violate the margin: one where they do, zero elsewhere and for the true class.

    Shape (C, N); H is 1 for positive and 0 for negative margins.
    """
    return Definition(M, M.value)


def hinge_gradient() -> Eq:
    """The hinge pushes each violator down by one and the true class up by their number: dL/dS = (M - Y diag(1^T M))/N.

    S of shape (C, N), y of N labels, M the violations; no margin is exactly 0.

    Catalogue: 33.

    >>> prove(hinge_gradient()).scope
    'every C, N'
    """
    return equation(gradient(hinge_loss().lhs, S), (M - labelled * diag(ones(C).T * M)) / N)


# Focal loss

p_y = named("p_y", ones(C).T * hadamard_product(labelled, softmax(S)))
f = named("f", elementwise(lambda t: gamma * (1 - t) ** (gamma - 1) * t * log(t) - (1 - t) ** gamma, p_y))


def true_probabilities() -> Definition:
    """The probabilities of the true classes, as a row: p_y = 1^T (onehot(y) o softmax(S)).

    S of shape (C, N), y of N labels, p_y of shape (1, N).
    """
    return Definition(p_y, p_y.value)


def focal_loss() -> Definition:
    """The focal loss weighs each example by a power of the probability that it gets wrong.

    p_y of shape (1, N) holds the probabilities of the true classes; gamma > 0.

    Reference: Lin, Goyal, Girshick, He and Dollar, Focal Loss for Dense Object Detection, 2017.
    """
    weighed = elementwise(lambda t: (1 - t) ** gamma * log(t), p_y)
    return _loss("focal", -inner(ones(N).T, weighed) / N)


def focal_factor() -> Definition:
    """The factor of an example's column in the focal gradient: f = gamma (1-p)^(gamma-1) p log p - (1-p)^gamma.

    A row of shape (1, N), from the probabilities of the true classes.
    """
    return Definition(f, f.value)


u = MatrixSymbol("u", 1, N)


def _focal_slopes() -> Any:
    """The derivative of the focal loss by the probability of each true class."""
    return elementwise(lambda t: gamma * (1 - t) ** (gamma - 1) * log(t) - (1 - t) ** gamma / t, p_y) / N


def true_probability_vjp() -> Eq:
    """The probabilities of the true classes pass back labels minus probabilities, scaled: dS = (Y - P) diag(p o u).

    S of shape (C, N), y of N labels, u of shape (1, N) an upstream gradient of those probabilities.

    Catalogue: 35.

    >>> prove(true_probability_vjp()).scope
    'every C, N'
    """
    return equation(vjp(u, p_y, S), (labelled - softmax(S)) * diag(hadamard_product(p_y, u)))


@argued(
    lambda right: [
        (vjp(_focal_slopes(), p_y, S), "chain rule, with the slope of the loss at each of those probabilities"),
        (
            true_probability_vjp().rhs.xreplace({u: _focal_slopes()}),
            "what those probabilities pass back",
        ),
        (right, "the probability times that slope is the factor, over N"),
    ]
)
def focal_gradient() -> Eq:
    """The focal gradient is that of cross-entropy with a factor on each column: dL/dS = (Y - P) diag(f)/N.

    S of shape (C, N), y of N labels, f the row of factors.

    Catalogue: 35.

    >>> prove(focal_gradient()).scope
    'every C, N'
    """
    return equation(gradient(focal_loss().lhs, S), (labelled - softmax(S)) * diag(f) / N)


def focal_gradient_without_focus() -> Eq:
    """Without focus the focal gradient is that of cross-entropy: dL/dS = (P - Y)/N at gamma = 0.

    Catalogue: 35.

    >>> prove(focal_gradient_without_focus()).scope
    'every C, N'
    """
    return equation(focal_gradient().rhs.subs(gamma, 0), cross_entropy.score_gradient().rhs)


# Two divergences and the Brier score


def kl_loss() -> Definition:
    """The divergence of the targets from the model: what a student minimizes.

    P and Q of shape (C, N), Q the probabilities of the teacher, so that every target is positive.
    """
    return _loss("KL", inner(Q, log_of(Q) - log_of(P)) / N)


def kl_gradient() -> Eq:
    """The divergence of the targets from the model passes back the difference of the probabilities: dL/dS = (P - Q)/N.

    P = softmax(S) and Q = softmax(R) of shape (C, N).

    Catalogue: 36.

    >>> prove(kl_gradient()).scope
    'every C, N'
    """
    return equation(gradient(kl_loss().rhs, S), (P - Q) / N)


def reverse_kl_loss() -> Definition:
    """The divergence of the model from a reference: what a penalty on a policy is.

    P and Q of shape (C, N), Q the probabilities of the reference.
    """
    return _loss("back", inner(P, log_of(P) - log_of(Q)) / N)


A, B = MatrixSymbol("A", C, N), MatrixSymbol("B", C, N)
c = MatrixSymbol("c", N, 1)


def divergence_by_probabilities() -> Eq:
    """By the probabilities themselves, a divergence has the gradient surprise plus one: dL/dA = log A - log B + 1 1^T.

    A and B of shape (C, N), all entries positive; the columns need not sum to 1.

    Catalogue: 36.

    >>> prove(divergence_by_probabilities()).scope
    'every C, N'
    """
    return equation(gradient(inner(A, log_of(A) - log_of(B)), A), log_of(A) - log_of(B) + every_entry)


def softmax_forgets_constants() -> Eq:
    """Softmax passes nothing back of what is the same in a whole column.

    P = softmax(S) and U of shape (C, N), c of shape (N, 1): U + 1 c^T is passed back like U.

    Catalogue: 18.

    >>> prove(softmax_forgets_constants()).scope
    'every C, N'
    """
    return equation(softmax_vjp(U + ones(C) * c.T), softmax_vjp(U))


def _surprise() -> Any:
    return log_of(P) - log_of(Q)


@argued(
    lambda right: [
        (vjp((_surprise() + every_entry) / N, P, S), "chain rule, with the gradient by the probabilities put in"),
        (softmax_vjp(_surprise() + every_entry) / N, "what softmax passes back"),
        (softmax_vjp(_surprise()) / N, "softmax forgets what is the same in a whole column"),
        (right, "the sum of a column is its divergence"),
    ]
)
def reverse_kl_gradient() -> Eq:
    """The divergence of the model from a reference passes back its own surprise, centered: dL/dS = P o (log P - log Q
    - 1 kl^T)/N.

    P = softmax(S) and Q = softmax(R) of shape (C, N), kl the row of the divergences of the columns.

    Catalogue: 36.

    >>> prove(reverse_kl_gradient()).scope
    'every C, N'
    """
    surprise = _surprise()
    divergences = ones(C).T * hadamard_product(P, surprise)
    return equation(gradient(reverse_kl_loss().rhs, S), hadamard_product(P, surprise - ones(C) * divergences) / N)


def brier_loss() -> Definition:
    """The Brier score, halved: the squared distance of the probabilities from the targets, mean over the examples.

    S and Y of shape (C, N).

    Reference: Brier, Verification of forecasts expressed in terms of probability, 1950.
    """
    return _loss("Brier", norm_squared(P - Y) / (2 * N))


@argued(
    lambda right: [
        (vjp((P - Y) / N, P, S), "chain rule, with the gradient of the squared distance put in"),
        (right, "what softmax passes back"),
    ]
)
def brier_gradient() -> Eq:
    """The Brier score passes its error through softmax: dL/dS = P o ((P - Y) - 1 1^T (P o (P - Y)))/N.

    S and Y of shape (C, N), any Y. Where P is nearly one-hot and wrong it vanishes, unlike that of cross-entropy.

    Catalogue: 36.

    >>> prove(brier_gradient()).scope
    'every C, N'
    """
    return equation(gradient(brier_loss().rhs, S), softmax_vjp(P - Y) / N)


# Softmax applied twice


def probabilities_of_probabilities() -> Definition:
    """Softmax of the probabilities, taken for scores, column by column.

    P and its softmax of shape (C, N).
    """
    return Definition(P_P, P_P.value)


def double_softmax_loss() -> Definition:
    """Cross-entropy of probabilities taken for scores: softmax is applied twice.

    S of shape (C, N), y of N labels.
    """
    return _loss("twice", -inner(labelled, log_of(P_P)) / N)


@argued(
    lambda right: [
        (
            vjp((P_P - labelled) / N, P, S),
            "chain rule: the outer softmax and the loss pass back a difference",
        ),
        (right, "what the inner softmax passes back"),
    ]
)
def double_softmax_gradient() -> Eq:
    """The second softmax leaves its error to the first, which shrinks it: dL/dS = P o ((P_P - Y) - 1 1^T (P o (P_P -
    Y)))/N.

    S of shape (C, N), y of N labels, P = softmax(S), P_P = softmax(P).

    Catalogue: 58.

    >>> prove(double_softmax_gradient()).scope
    'every C, N'
    """
    return equation(gradient(double_softmax_loss().rhs, S), softmax_vjp(P_P - labelled) / N)


def double_softmax_gap() -> Eq:
    """What lies above the floor, for one example: a sum over the wrong classes, of which no term is negative.

    The loss is -log softmax(p)_y and p of shape (C, 1) is any column. Where all entries of p lie between 0 and 1 every
    difference is at least -1, so no term of the sum is negative, and the loss is at least log(1 + (C - 1)/e).

    Catalogue: 58.

    >>> prove(double_softmax_gap()).scope
    'every C'
    """
    p = MatrixSymbol("p", C, 1)
    others, ahead = ones(C) - label, p - ones(C) * (label.T * p)
    return equation(
        exp(-inner(label, log_of(softmax(p)))) - (1 + (C - 1) / E),
        inner(others, elementwise(lambda t: exp(t) - exp(-1), ahead)),
    )


def double_softmax_floor() -> Eq:
    """With every example right and certain, the loss of a double softmax is still far from zero: L = log(1 + (C -
    1)/e).

    The probabilities are onehot(y), of shape (C, N): the least that the loss can be.

    Catalogue: 58. Reference: ariecattan/SciCo#2.

    >>> prove(double_softmax_floor()).scope
    'every C, N'
    """
    return equation(-inner(labelled, log_of(softmax(labelled))) / N, log(1 + (C - 1) / E))
