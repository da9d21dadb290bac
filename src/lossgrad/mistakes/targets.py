"""Slips with smoothed labels, weights, masks, temperatures and penalties on the scores; each is false."""

from __future__ import annotations

from sympy import Eq, OneMatrix, hadamard_product, tanh

from lossgrad.expressions import diag, elementwise, equation, gradient, inner, logsumexp, softmax, vjp
from lossgrad.notation import C, G, N, S, epsilon, lambda_, tau
from lossgrad.theorems.targets import (
    P,
    R,
    Y_epsilon,
    Y_w,
    c,
    class_weighted_loss,
    distillation_loss,
    kept,
    labelled,
    log_likelihood,
    m,
    masked_loss,
    smoothed_loss,
    soft_cap,
    temperature_loss,
    total_weight,
    w_y,
    z_loss,
)


def smoothing_forgotten_in_the_gradient() -> Eq:
    """The loss is smoothed and its gradient is not.

    Corrected by: targets.smoothed_score_gradient.
    """
    return equation(gradient(smoothed_loss().lhs, S), (P - labelled) / N)


def smoothing_leaves_one_minus_epsilon() -> Eq:
    """The true class is thought to keep the labels' share alone, without what the uniform part adds to it.

    Corrected by: targets.smoothed_target_of_the_true_class.
    Reference: pytorch/pytorch#148884.
    """
    return equation(inner(labelled, Y_epsilon) / N, 1 - epsilon)


def smoothing_takes_too_little_from_the_labels() -> Eq:
    """The labels are scaled down too little, and the columns of the targets no longer sum to one.

    Corrected by: targets.smoothed_columns_sum_to_one.
    Reference: ildoonet/pytorch-randaugment#30.
    """
    targets = (1 - epsilon / C) * labelled + epsilon / C * OneMatrix(C, N)
    return equation(OneMatrix(1, C) * targets, OneMatrix(1, N))


def class_weights_over_n() -> Eq:
    """The weighted loss is a weighted mean, and its gradient is divided by the number of examples.

    Corrected by: targets.class_weighted_score_gradient.
    """
    return equation(gradient(class_weighted_loss().lhs, S), (P - labelled) * diag(w_y) / N)


def class_weights_with_columns_of_sum_one() -> Eq:
    """Weighted and smoothed targets are treated as if their columns summed to one: the factor on the probabilities is
    lost.

    Corrected by: targets.class_weighted_smoothed_score_gradient.
    """
    return equation(gradient(-log_likelihood(Y_w, S) / total_weight, S), (P - Y_w) / total_weight)


def mask_over_n() -> Eq:
    """Ignored examples are counted in the mean.

    Corrected by: targets.masked_score_gradient.
    Reference: qubvel-org/segmentation_models.pytorch#852.
    """
    return equation(gradient(masked_loss().lhs, S), (P - labelled) * diag(m) / N)


def mask_on_the_labels_alone() -> Eq:
    """The labels are masked and the probabilities are not: ignored examples still push their scores down.

    Corrected by: targets.masked_score_gradient.
    """
    return equation(gradient(masked_loss().lhs, S), (P - labelled * diag(m)) / kept)


def temperature_without_its_factor() -> Eq:
    """The probabilities are softened, and the factor that the chain rule brings is forgotten.

    Corrected by: targets.temperature_score_gradient.
    """
    return equation(gradient(temperature_loss().lhs, S), (softmax(S / tau) - labelled) / N)


def distillation_with_tau_squared() -> Eq:
    """The squared temperature of the loss is carried over to the gradient whole.

    Corrected by: targets.distillation_score_gradient.
    """
    return equation(gradient(distillation_loss().lhs, S), tau**2 * (softmax(S / tau) - softmax(R / tau)) / N)


def z_loss_without_the_two() -> Eq:
    """The square is differentiated without its factor 2.

    Corrected by: targets.z_loss_gradient.
    """
    return equation(gradient(z_loss().rhs, S), lambda_ / N * P * diag(logsumexp(S)))


def soft_cap_divided_twice() -> Eq:
    """The inner derivative of the cap is multiplied in although the factor in front cancels it.

    Corrected by: targets.soft_cap_gradient.
    """
    slope = elementwise(lambda t: (1 - tanh(t / c) ** 2) / c, S)
    return equation(vjp(G, soft_cap().rhs, S), hadamard_product(G, slope))
