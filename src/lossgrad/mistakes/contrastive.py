"""Slips with contrastive and preference losses and with unit length; each is false."""

from __future__ import annotations

from sympy import Eq, Identity, sqrt

from lossgrad.expressions import elementwise, equation, gradient, inner, jacobian, norm_squared, sigmoid, vjp
from lossgrad.notation import D, N, tau
from lossgrad.theorems.contrastive import (
    A,
    B,
    L,
    S,
    beta,
    by_column,
    by_row,
    chosen,
    clip_loss,
    cosine_similarity,
    d,
    dpo_loss,
    g,
    infonce_loss,
    pairs,
    pairwise_logistic_loss,
    rejected,
    scale,
    similarity,
    u,
    x,
    z,
)


def infonce_by_the_other_softmax() -> Eq:
    """The loss runs along the columns, the gradient along the rows.

    Corrected by: contrastive.infonce_gradient.
    """
    return equation(gradient(infonce_loss().rhs, S), (by_row - pairs) / N)


def clip_with_one_identity() -> Eq:
    """The pairs are subtracted once, although both directions have them.

    Corrected by: contrastive.clip_gradient.
    """
    return equation(gradient(clip_loss().lhs, S), (by_column + by_row - pairs) / (2 * N))


def clip_without_the_half() -> Eq:
    """The two directions are added, not averaged.

    Corrected by: contrastive.clip_gradient.
    """
    return equation(gradient(clip_loss().lhs, S), (by_column + by_row - 2 * pairs) / N)


def similarity_without_the_transpose() -> Eq:
    """Both embeddings get the score gradient as it is; the shapes agree, because it is square.

    Corrected by: contrastive.similarity_gradient_of_the_first.
    """
    return equation(gradient(L(similarity), A), B * L.gradient(similarity) / tau)


def similarity_without_the_temperature() -> Eq:
    """The factor that the chain rule brings with the temperature is forgotten.

    Corrected by: contrastive.similarity_gradient_of_the_second.
    """
    return equation(gradient(L(similarity), B), A * L.gradient(similarity))


def learned_scale_at_unscaled_scores() -> Eq:
    """The gradient of the loss is taken at the scores before they are scaled.

    Corrected by: contrastive.learned_scale_gradient.
    """
    return equation(gradient(L(scale[0, 0] * S), scale)[0, 0], inner(L.gradient(S), S))


def preference_pulls_when_right() -> Eq:
    """The pull is by the probability of the right order: what is settled would be pushed hardest.

    Corrected by: contrastive.pairwise_logistic_gradient.
    """
    return equation(gradient(pairwise_logistic_loss().lhs, d), -beta / N * elementwise(lambda t: sigmoid(beta * t), d))


def preference_without_beta() -> Eq:
    """The factor that the chain rule brings with the scale is forgotten.

    Corrected by: contrastive.pairwise_logistic_gradient.
    """
    return equation(gradient(pairwise_logistic_loss().lhs, d), -elementwise(lambda t: sigmoid(-beta * t), d) / N)


def dpo_lifts_both() -> Eq:
    """The rejected answer gets the sign of the chosen one.

    Corrected by: contrastive.dpo_gradients_cancel.
    """
    value = dpo_loss().rhs
    return equation(gradient(value, rejected), gradient(value, chosen))


def unit_length_without_the_projection() -> Eq:
    """The length is treated as a constant.

    Corrected by: contrastive.unit_length_vjp.
    """
    return equation(vjp(g, u, x), g / sqrt(norm_squared(x)))


def unit_length_without_the_length() -> Eq:
    """The projection is right and the division by the length is forgotten.

    Corrected by: contrastive.unit_length_jacobian.
    """
    return equation(jacobian(u, x), Identity(D) - u * u.T)


def cosine_like_an_inner_product() -> Eq:
    """The lengths are treated as constants: the gradient is that of an inner product of unit columns.

    Corrected by: contrastive.cosine_similarity_gradient.
    """
    return equation(gradient(cosine_similarity().rhs, x), z / (sqrt(norm_squared(x)) * sqrt(norm_squared(z))))
