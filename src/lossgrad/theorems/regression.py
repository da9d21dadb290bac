"""Losses of regression: squared error in its three conventions, Huber and its kin, likelihoods of Gauss and Poisson.

Convention: a column is an example. S of shape (C, N) holds the predictions, Y of shape (C, N) any targets, C numbers
an example; the error is S - Y.
"""

from __future__ import annotations

from typing import Any

from sympy import (
    Abs,
    Eq,
    Heaviside,
    MatrixSymbol,
    Max,
    Min,
    OneMatrix,
    Piecewise,
    cosh,
    exp,
    hadamard_product,
    log,
    sign,
    tanh,
)

from lossgrad.expressions import Definition, elementwise, equation, gradient, inner, named, norm_squared, parameters
from lossgrad.notation import C, N, S, W, X, Y, delta
from lossgrad.theorems.linear import to_weights

every_entry = OneMatrix(C, N)
alpha = parameters("alpha")


def total(loss_of_error: Any, errors: Any = S - Y) -> Any:
    """The sum over all entries of a loss of one error."""
    return inner(every_entry, elementwise(loss_of_error, errors))


def _loss(name: str, value: Any) -> Definition:
    return Definition(named(f"L_{name}", value), value)


# Squared error, three conventions


def half_squared_error() -> Definition:
    """Half the squared error, mean over the examples: the convention of derivations.

    S and Y of shape (C, N).
    """
    return _loss("half", norm_squared(S - Y) / (2 * N))


def half_squared_error_gradient() -> Eq:
    """Half the squared error passes back the error, over the number of examples: dL/dS = (S - Y)/N.

    S and Y of shape (C, N), any Y.

    Catalogue: 30.

    >>> prove(half_squared_error_gradient()).scope
    'every C, N'
    """
    return equation(gradient(half_squared_error().rhs, S), (S - Y) / N)


def mean_squared_error() -> Definition:
    """The squared error, mean over all entries: the convention of libraries.

    S and Y of shape (C, N).

    Reference: PyTorch documentation, torch.nn.MSELoss.
    """
    return _loss("mean", norm_squared(S - Y) / (N * C))


def mean_squared_error_gradient() -> Eq:
    """The mean over all entries brings a factor two and the number of rows: dL/dS = 2 (S - Y)/(N C).

    S and Y of shape (C, N), any Y.

    Catalogue: 30.

    >>> prove(mean_squared_error_gradient()).scope
    'every C, N'
    """
    return equation(gradient(mean_squared_error().rhs, S), 2 * (S - Y) / (N * C))


def summed_squared_error() -> Definition:
    """The sum of the squared errors: the convention of least squares.

    S and Y of shape (C, N).
    """
    return _loss("sum", norm_squared(S - Y))


def summed_squared_error_gradient() -> Eq:
    """The sum of the squared errors passes back twice the error: dL/dS = 2 (S - Y).

    S and Y of shape (C, N), any Y.

    Catalogue: 30.

    >>> prove(summed_squared_error_gradient()).scope
    'every C, N'
    """
    return equation(gradient(summed_squared_error().rhs, S), 2 * (S - Y))


def conventions_differ_by_a_factor() -> Eq:
    """The library's mean and the derivation's half differ by a factor, which the step size must absorb.

    S and Y of shape (C, N).

    Catalogue: 30.

    >>> prove(conventions_differ_by_a_factor()).scope
    'every C, N'
    """
    return equation(mean_squared_error_gradient().lhs, 2 / C * half_squared_error_gradient().lhs)


def linear_regression_gradient() -> Eq:
    """Linear regression passes its error back through the data: dL/dW = (W X - Y) X^T/N.

    W of shape (C, D), X of shape (D, N), Y of shape (C, N); half the squared error, mean over the examples.

    Catalogue: 30.

    >>> prove(linear_regression_gradient()).scope
    'every C, D, N'
    """
    predictions = {S: W * X}
    loss, error = (
        half_squared_error().rhs.xreplace(predictions),
        half_squared_error_gradient().rhs.xreplace(predictions),
    )
    return equation(gradient(loss, W), to_weights(error))


# Losses that forgive large errors


def huber_loss() -> Definition:
    """The Huber loss is quadratic for errors up to a threshold and linear beyond, mean over the examples.

    S and Y of shape (C, N), delta > 0.

    Reference: Huber, Robust Estimation of a Location Parameter, 1964.
    """
    return _loss(
        "Huber", total(lambda t: Piecewise((t**2 / 2, Abs(t) <= delta), (delta * (Abs(t) - delta / 2), True))) / N
    )


def huber_gradient() -> Eq:
    """The Huber loss clips the error: dL/dS = clip(S - Y, -delta, delta)/N.

    S and Y of shape (C, N), any Y, delta > 0.

    Catalogue: 34.

    >>> prove(huber_gradient()).scope
    'every C, N'
    """
    return equation(gradient(huber_loss().lhs, S), elementwise(lambda t: Max(Min(t, delta), -delta), S - Y) / N)


def absolute_error() -> Definition:
    """The absolute error, mean over the examples.

    S and Y of shape (C, N).
    """
    return _loss("abs", total(Abs) / N)


def absolute_error_gradient() -> Eq:
    """The absolute error passes back signs: dL/dS = sign(S - Y)/N.

    S and Y of shape (C, N), where no error is exactly 0.

    >>> prove(absolute_error_gradient()).scope
    'every C, N'
    """
    return equation(gradient(absolute_error().lhs, S), elementwise(sign, S - Y) / N)


def quantile_loss() -> Definition:
    """The quantile or pinball loss counts errors above and below the target unequally, mean over the examples.

    S and Y of shape (C, N): max(t, 0) - alpha t is (1 - alpha) t above the target and -alpha t below it. Its least mean
    is at the alpha-quantile of the targets.

    Reference: Koenker and Bassett, Regression Quantiles, 1978.
    """
    return _loss("alpha", total(lambda t: Max(t, 0) - alpha * t) / N)


def quantile_gradient() -> Eq:
    """The quantile loss passes back a step, shifted: dL/dS = (H(S - Y) - alpha)/N.

    S and Y of shape (C, N), alpha any number; H is 1 for positive and 0 for negative errors, none is exactly 0.

    >>> prove(quantile_gradient()).scope
    'every C, N'
    """
    return equation(gradient(quantile_loss().lhs, S), elementwise(lambda t: Heaviside(t) - alpha, S - Y) / N)


def log_cosh_loss() -> Definition:
    """The logarithm of cosh of the error: quadratic near zero, linear far away, smooth everywhere; mean over the
    examples.

    S and Y of shape (C, N).
    """
    return _loss("cosh", total(lambda t: log(cosh(t))) / N)


def log_cosh_gradient() -> Eq:
    """The log-cosh loss passes back the hyperbolic tangent of the error: dL/dS = tanh(S - Y)/N.

    S and Y of shape (C, N), any Y.

    >>> prove(log_cosh_gradient()).scope
    'every C, N'
    """
    return equation(gradient(log_cosh_loss().lhs, S), elementwise(tanh, S - Y) / N)


# Losses that are likelihoods

V = MatrixSymbol("V", C, N)


def gaussian_loss() -> Definition:
    """Minus the logarithm of a Gaussian likelihood, up to a constant, with a mean and a log-variance for each entry.

    S, V and Y of shape (C, N).
    """
    weighed = hadamard_product(elementwise(lambda t: exp(-t), V), S - Y)
    return _loss("Gauss", (inner(every_entry, V) + inner(S - Y, weighed)) / (2 * N))


def gaussian_mean_gradient() -> Eq:
    """By the mean, the error in units of the variance: dL/dS = e^(-V) o (S - Y)/N.

    S, V and Y of shape (C, N).

    >>> prove(gaussian_mean_gradient()).scope
    'every C, N'
    """
    precision = elementwise(lambda t: exp(-t), V)
    return equation(gradient(gaussian_loss().lhs, S), hadamard_product(precision, S - Y) / N)


def gaussian_log_variance_gradient() -> Eq:
    """By the log-variance, what the variance says less what the error says: dL/dV = (1 - e^(-V) o (S - Y)^2)/(2N).

    S, V and Y of shape (C, N). It vanishes where the variance is the squared error.

    >>> prove(gaussian_log_variance_gradient()).scope
    'every C, N'
    """
    precision = elementwise(lambda t: exp(-t), V)
    explained = hadamard_product(precision, S - Y, S - Y)
    return equation(gradient(gaussian_loss().lhs, V), (every_entry - explained) / (2 * N))


def poisson_loss() -> Definition:
    """Minus the logarithm of a Poisson likelihood, up to a constant, with the scores for log-rates.

    S of shape (C, N), Y of shape (C, N) holds counts.

    Reference: PyTorch documentation, torch.nn.PoissonNLLLoss.
    """
    return _loss("Poisson", (inner(every_entry, elementwise(exp, S)) - inner(Y, S)) / N)


def poisson_gradient() -> Eq:
    """Poisson regression passes back rate minus count: dL/dS = (e^S - Y)/N.

    S and Y of shape (C, N), any Y.

    >>> prove(poisson_gradient()).scope
    'every C, N'
    """
    return equation(gradient(poisson_loss().lhs, S), (elementwise(exp, S) - Y) / N)
