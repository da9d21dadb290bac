"""Slips with squared error and the losses of regression; each is false."""

from __future__ import annotations

from sympy import Eq, Max, Min, exp, hadamard_product, sign, tanh

from lossgrad.expressions import elementwise, equation, gradient
from lossgrad.notation import C, N, S, W, X, Y, delta
from lossgrad.theorems.regression import (
    V,
    absolute_error,
    alpha,
    gaussian_loss,
    half_squared_error,
    huber_loss,
    log_cosh_loss,
    mean_squared_error,
    quantile_loss,
    summed_squared_error,
)


def half_forgotten() -> Eq:
    """The half in front of the squared error is forgotten, and the gradient has a factor two that is not there.

    Corrected by: regression.half_squared_error_gradient.
    """
    return equation(gradient(half_squared_error().rhs, S), 2 * (S - Y) / N)


def mean_over_examples_only() -> Eq:
    """The mean over all entries is taken for a mean over the examples.

    Corrected by: regression.mean_squared_error_gradient.
    """
    return equation(gradient(mean_squared_error().rhs, S), 2 * (S - Y) / N)


def sum_without_the_two() -> Eq:
    """The square is differentiated without its factor two.

    Corrected by: regression.summed_squared_error_gradient.
    """
    return equation(gradient(summed_squared_error().rhs, S), S - Y)


def targets_minus_predictions() -> Eq:
    """Targets minus predictions: the gradient points down the loss, not up.

    Corrected by: regression.linear_regression_gradient.
    """
    loss = half_squared_error().rhs.xreplace({S: W * X})
    return equation(gradient(loss, W), (Y - W * X) * X.T / N)


def target_subtracted() -> Eq:
    """A step against the gradient is written out with the share of the targets subtracted.

    Corrected by: regression.half_squared_error_gradient.
    Reference: d2l-ai/d2l-en#2649.
    """
    stepped = S - alpha * gradient(half_squared_error().rhs, S)
    return equation(stepped, (1 - alpha / N) * S - alpha / N * Y)


def huber_not_clipped() -> Eq:
    """The error is passed back as it is, beyond the threshold too.

    Corrected by: regression.huber_gradient.
    """
    return equation(gradient(huber_loss().lhs, S), (S - Y) / N)


def huber_clipped_to_signs() -> Eq:
    """The clipped error is divided by the threshold, as if the linear part had slope one.

    Corrected by: regression.huber_gradient.
    """
    clipped = elementwise(lambda t: Max(Min(t, delta), -delta) / delta, S - Y)
    return equation(gradient(huber_loss().lhs, S), clipped / N)


def absolute_error_of_the_prediction() -> Eq:
    """The sign of the prediction is passed back, not that of the error.

    Corrected by: regression.absolute_error_gradient.
    """
    return equation(gradient(absolute_error().lhs, S), elementwise(sign, S) / N)


def quantile_sides_swapped() -> Eq:
    """The two sides of the quantile loss change places.

    Corrected by: regression.quantile_gradient.
    """
    return equation(gradient(quantile_loss().lhs, S), elementwise(lambda t: (sign(t) + 1) / 2 - (1 - alpha), S - Y) / N)


def log_cosh_over_entries() -> Eq:
    """The mean over the examples is taken for a mean over all entries.

    Corrected by: regression.log_cosh_gradient.
    """
    return equation(gradient(log_cosh_loss().lhs, S), elementwise(tanh, S - Y) / (N * C))


def variance_without_its_own_term() -> Eq:
    """The term of the normalizer is forgotten: nothing would stop the variance from growing.

    Corrected by: regression.gaussian_log_variance_gradient.
    """
    explained = hadamard_product(elementwise(lambda t: exp(-t), V), S - Y, S - Y)
    return equation(gradient(gaussian_loss().lhs, V), -explained / (2 * N))
