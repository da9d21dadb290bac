"""Slips with steps, micro-batches, chunks, blocks and finite differences; each is false."""

from __future__ import annotations

from sympy import Eq, exp, log

from lossgrad.expressions import diag, elementwise, equation, gradient, inner, logsumexp, norm_squared, ones, softmax
from lossgrad.notation import C, K, L, N, U, W, X, eta, s
from lossgrad.theorems.scale import (
    L_0,
    N_1,
    N_2,
    L_ahead,
    L_behind,
    V,
    a,
    beta,
    g,
    g_1,
    g_2,
    h,
    h_0,
    kappa,
    l_1,
    l_2,
    labelled,
    m,
    m_1,
    m_2,
    means,
    p,
    v,
)


def curvature_without_the_mean() -> Eq:
    """The curvature is taken for the mean square of the direction, without its mean subtracted.

    Corrected by: scale.curvature_along_a_line.
    """
    return equation(inner(v, (diag(p) - p * p.T) * v), inner(v, diag(p) * v))


def descent_without_the_half() -> Eq:
    """The half of the second-order term is lost.

    Corrected by: scale.descent_bound.
    """
    bound = L(W) + inner(g, -eta * g) + beta / 2 * norm_squared(-eta * g)
    return equation(bound, L(W) - eta * (1 - eta * beta) * norm_squared(g))


def mean_of_means() -> Eq:
    """The gradients of two micro-batches of different size are averaged as if they were equally large.

    Corrected by: scale.plain_mean_is_off_by.
    Reference: huggingface/transformers#24725.
    """
    return equation((N_1 * g_1 + N_2 * g_2) / (N_1 + N_2), (g_1 + g_2) / 2)


def micro_batches_without_counts() -> Eq:
    """The means of the micro-batches are averaged without their counts.

    Corrected by: scale.micro_batches.
    """
    return equation(means * ones(K) / K, U * ones(N) / N)


def weights_after_the_sum() -> Eq:
    """The examples' gradients are added first, and the sum is scaled by the first example's weight.

    Corrected by: scale.weights_go_inside.
    Reference: linkedin/Liger-Kernel#968.
    """
    losses = -inner(labelled * diag(a), elementwise(log, softmax(W * X)))
    return equation(gradient(losses, W), a[0, 0] * ((softmax(W * X) - labelled) * X.T))


def sums_added_without_rescaling() -> Eq:
    """The sums of two blocks are added although they belong to different maxima.

    Corrected by: scale.merged_logsumexp.
    """
    return equation(m + log(l_1 + l_2), log(l_1 * exp(m_1) + l_2 * exp(m_2)))


def shift_not_added_back() -> Eq:
    """A number is subtracted from the scores and not added again.

    Corrected by: scale.logsumexp_shift.
    """
    return equation(logsumexp(s)[0, 0], log(inner(ones(C), elementwise(lambda t: exp(t - m_1), s))))


def forward_difference_taken_for_exact() -> Eq:
    """A forward difference of a squared error is thought to be exact, as the central one is.

    Corrected by: scale.forward_difference_of_squares.
    """
    return equation((L_ahead - L_0) / h, inner(gradient(L_0, W), V))


def central_difference_over_h() -> Eq:
    """The two ends of a central difference are two steps apart, and it is divided by one.

    Corrected by: scale.central_difference_of_squares.
    """
    return equation((L_ahead - L_behind) / h, inner(gradient(L_0, W), V))


def best_step_by_equal_errors() -> Eq:
    """The best step is sought where rounding and truncation are equal; it is where truncation is half of rounding.

    Corrected by: scale.best_step.
    """
    rounding = kappa * h_0**3
    return equation(rounding / h + kappa * h**2 - 2 * kappa * h_0**2, kappa * (h - h_0) ** 2 * (h + 2 * h_0) / h)
