"""What people write for softmax and cross-entropy, and is false."""

from __future__ import annotations

from sympy import Eq, KroneckerDelta, MatrixSymbol, Sum, log
from sympy import hadamard_product as entrywise
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.expressions import diag, elementwise, equation, gradient, jacobian, labels, one_hot, ones, vjp
from lossgrad.expressions import softmax as probabilities
from lossgrad.notation import C, D, N, S, U, W, X, Y, s, tau, y
from lossgrad.theorems import softmax
from lossgrad.theorems.softmax import c, cross_entropy, k, n, p, q


def lost_sign() -> Eq:
    """Labels minus probabilities: the direction of the update, taken for the gradient.

    S of shape (C, N), y of N labels in 0..C-1.

    Corrected by: softmax.score_gradient.
    """
    return equation(gradient(cross_entropy(S), S), (one_hot(y, C) - probabilities(S)) / N)


def classes_for_examples() -> Eq:
    """Division by the number of classes, which goes unnoticed when C is N.

    S of shape (C, N), y of N labels in 0..C-1.

    Corrected by: softmax.score_gradient.
    """
    return equation(gradient(cross_entropy(S), S), (probabilities(S) - one_hot(y, C)) / C)


def forgotten_mean() -> Eq:
    """The gradient of the sum of the examples' losses, for a loss that is their mean.

    S of shape (C, N), y of N labels in 0..C-1.

    Corrected by: softmax.score_gradient.
    """
    return equation(gradient(cross_entropy(S), S), probabilities(S) - one_hot(y, C))


def sum_of_gradients() -> Eq:
    """The derivative of the mean loss as the sum, not the mean, of the derivatives of the examples' losses.

    S of shape (C, N), y of N labels in 0..C-1.

    Corrected by: softmax.mean_of_gradients.
    """
    return equation(softmax.mean_of_gradients().lhs, N * softmax.mean_of_gradients().rhs)


def minus_one_for_every_class() -> Eq:
    """One subtracted from the probability of every class, not of the true class alone.

    S of shape (C, N), y of N labels in 0..C-1; a delta is 1 when its indices agree and 0 otherwise.

    Corrected by: softmax.example_by_score.
    """
    by_score = softmax.example_by_score().lhs
    return equation(by_score, KroneckerDelta(n, k) * (probabilities(S)[c, n] - 1))


def lost_sign_of_the_logarithm() -> Eq:
    """Minus the logarithm of a quotient, split with the minus sign lost.

    S of shape (C, N), y of N labels in 0..C-1.

    Corrected by: softmax.log_of_quotient.
    """
    return equation(softmax.log_of_quotient().lhs, -softmax.log_of_quotient().rhs)


def any_targets_as_labels() -> Eq:
    """Probabilities minus targets, for targets that need not sum to one.

    S and Y of shape (C, N).

    Corrected by: softmax.score_gradient_of_any_targets.
    """
    return equation(gradient(cross_entropy(S, Y), S), (probabilities(S) - Y) / N)


def jacobian_as_of_a_sigmoid() -> Eq:
    """The Jacobian of softmax with its diagonal alone, as if each probability depended on its own score only.

    s of shape (C, 1).

    Corrected by: softmax.softmax_jacobian.
    """
    p_s = probabilities(s)
    return equation(jacobian(p_s, s), diag(entrywise(p_s, ones(C) - p_s)))


def hessian_of_the_sum() -> Eq:
    """The Hessian of log-sum-exp taken to be diagonal, as that of the sum alone is.

    s of shape (C, 1).

    Corrected by: softmax.logsumexp_hessian.
    """
    return equation(softmax.logsumexp_hessian().lhs, diag(probabilities(s)))


def vjp_without_the_mean() -> Eq:
    """The diagonal alone again, now in the vector-Jacobian product.

    S and U of shape (C, N); the circle multiplies entry by entry.

    Corrected by: softmax.softmax_vjp.
    """
    P_S = probabilities(S)
    return equation(vjp(U, P_S, S), entrywise(U, P_S, ones(C) * ones(N).T - P_S))


def log_softmax_by_its_output() -> Eq:
    """The upstream gradient less its inner product with the log-probabilities, a column at a time, as a library had it.

    S and U of shape (C, N); the circle multiplies entry by entry.

    Corrected by: softmax.log_softmax_vjp.
    Reference: oneapi-src/oneDNN#616.
    """
    log_P = elementwise(log, probabilities(S))
    return equation(vjp(U, log_P, S), U - ones(C) * ones(C).T * entrywise(U, log_P))


def lone_term_of_one_example() -> Eq:
    """The part without exponentials as one entry of the data, whatever the labels are.

    W of shape (D, D), X of shape (D, D), y of D labels: as many classes and examples as features.

    Corrected by: softmax.lone_term.
    """
    weights, data, of_class = MatrixSymbol("W", D, D), MatrixSymbol("X", D, D), labels("y", D)
    true_scores = -Sum(MatrixElement(weights * data, of_class[n], n), (n, 0, D - 1)) / D
    return equation(gradient(true_scores, weights)[p, q], -data[q, p] / D)


def weight_gradient_forgotten_labels() -> Eq:
    """The gradient by the weights from the probabilities alone, the labels forgotten.

    W of shape (C, D), X of shape (D, N), y of N labels in 0..C-1.

    Corrected by: softmax.weight_gradient.
    """
    return equation(gradient(cross_entropy(W * X), W), probabilities(W * X) * X.T / N)


def bias_averaged_twice() -> Eq:
    """The gradient by the bias averaged over the examples once more, when the mean in the loss has done so already.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1.

    Corrected by: softmax.bias_gradient.
    """
    return equation(softmax.bias_gradient().lhs, softmax.bias_gradient().rhs / N)


def softmax_of_scaled_scores() -> Eq:
    """Scores multiplied by a number, taken to give the same probabilities, as scores with a number added do.

    S of shape (C, N), tau a positive number.

    Corrected by: softmax.softmax_shift.
    """
    return equation(probabilities(tau * S), probabilities(S))


def shift_of_a_class() -> Eq:
    """One number added to all scores of a class, taken to leave the probabilities as they are.

    S of shape (C, N), s of shape (C, 1): one number a class.

    Corrected by: softmax.softmax_shift.
    """
    return equation(probabilities(S + s * ones(N).T), probabilities(S))
