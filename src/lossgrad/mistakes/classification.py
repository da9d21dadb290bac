"""Slips with binary, hinge, focal, divergence and Brier losses, and with softmax applied twice; each is false."""

from __future__ import annotations

from sympy import Eq, hadamard_product

from lossgrad.expressions import diag, elementwise, equation, gradient, sigmoid, softmax
from lossgrad.notation import C, N, S, Y
from lossgrad.theorems.classification import (
    M,
    P,
    Q,
    binary_cross_entropy_loss,
    brier_loss,
    double_softmax_loss,
    every_entry,
    focal_loss,
    gamma,
    hinge_loss,
    kl_loss,
    labelled,
    log_of,
    p_y,
    positive_weight_loss,
    reverse_kl_loss,
    w,
)


def binary_over_n() -> Eq:
    """The mean over all entries is taken for a mean over the examples.

    Corrected by: classification.binary_cross_entropy_gradient.
    """
    return equation(gradient(binary_cross_entropy_loss().lhs, S), (elementwise(sigmoid, S) - Y) / N)


def binary_by_softmax() -> Eq:
    """The sigmoids of the scores are taken for their softmax, as if the classes excluded one another.

    Corrected by: classification.binary_cross_entropy_gradient.
    """
    return equation(gradient(binary_cross_entropy_loss().lhs, S), (P - Y) / (N * C))


def positive_weight_on_the_whole_error() -> Eq:
    """The weight of the hits multiplies the whole error, misses included.

    Corrected by: classification.positive_weight_gradient.
    """
    return equation(gradient(positive_weight_loss().lhs, S), diag(w) * (elementwise(sigmoid, S) - Y) / (N * C))


def hinge_without_the_true_class() -> Eq:
    """The wrong scores are pushed down and the right one is not pushed up.

    Corrected by: classification.hinge_gradient.
    """
    return equation(gradient(hinge_loss().lhs, S), M / N)


def hinge_lifts_by_one() -> Eq:
    """The true class is lifted once, however many classes violate its margin.

    Corrected by: classification.hinge_gradient.
    """
    return equation(gradient(hinge_loss().lhs, S), (M - labelled) / N)


def focal_weight_held_constant() -> Eq:
    """The weight of an example is treated as a constant, and its own derivative forgotten.

    Corrected by: classification.focal_gradient.
    """
    weight = elementwise(lambda t: (1 - t) ** gamma, p_y)
    return equation(gradient(focal_loss().lhs, S), (softmax(S) - labelled) * diag(weight) / N)


def reverse_kl_like_forward() -> Eq:
    """The two directions of the divergence are taken to have one gradient.

    Corrected by: classification.reverse_kl_gradient.
    """
    return equation(gradient(reverse_kl_loss().rhs, S), (P - Q) / N)


def reverse_kl_not_centered() -> Eq:
    """The divergence itself is not subtracted from the surprise, so the columns no longer sum to zero.

    Corrected by: classification.reverse_kl_gradient.
    """
    surprise = log_of(P) - log_of(Q)
    return equation(gradient(reverse_kl_loss().rhs, S), hadamard_product(P, surprise) / N)


def kl_with_the_sign_lost() -> Eq:
    """Targets minus probabilities: the gradient points down the loss, not up.

    Corrected by: classification.kl_gradient.
    """
    return equation(gradient(kl_loss().rhs, S), (Q - P) / N)


def brier_by_probabilities() -> Eq:
    """The gradient by the probabilities is taken for the gradient by the scores.

    Corrected by: classification.brier_gradient.
    """
    return equation(gradient(brier_loss().rhs, S), (P - Y) / N)


def double_softmax_like_one() -> Eq:
    """Softmax is applied twice, and the gradient is that of one softmax.

    Corrected by: classification.double_softmax_gradient.
    """
    return equation(gradient(double_softmax_loss().rhs, S), (P - labelled) / N)


def brier_within_the_whole_batch() -> Eq:
    """The correction of softmax is summed over the rows of the batch instead of each column.

    Corrected by: classification.brier_gradient.
    """
    error = P - Y
    mixed = hadamard_product(P, error - every_entry * hadamard_product(P, error).T * every_entry / C)
    return equation(gradient(brier_loss().rhs, S), mixed / N)
