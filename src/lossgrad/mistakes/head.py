"""Slips with the head of a language model in chunks; each is false."""

from __future__ import annotations

from sympy import Eq

from lossgrad.expressions import diag, equation, gradient
from lossgrad.notation import W, X, y
from lossgrad.theorems.head import (
    X_1,
    X_2,
    E,
    a,
    a_1,
    a_2,
    a_l,
    first,
    labelled,
    loss_of_two_chunks,
    second,
    total,
    weighted_errors,
)


def mean_of_chunk_means() -> Eq:
    """Each chunk divides by the weights that it has itself, and the chunks are averaged.

    Corrected by: head.two_weighted_chunks.
    """
    means = weighted_errors(*first) * X_1.T / total(a_1) + weighted_errors(*second) * X_2.T / total(a_2)
    return equation(gradient(loss_of_two_chunks().lhs, W), means / 2)


def divided_by_the_chunk_alone() -> Eq:
    """The data gradient of a chunk is divided by the weights of that chunk alone.

    Corrected by: head.data_gradient_of_a_chunk.
    """
    return equation(gradient(loss_of_two_chunks().lhs, X_1), W.T * weighted_errors(*first) / total(a_1))


def one_subtracted_before_division() -> Eq:
    """One is subtracted at the label although the exponentials are not divided yet.

    Corrected by: head.weight_gradient_without_division.
    """
    return equation(weighted_errors(X, y, a) * X.T, (E - labelled) * (X * diag(a_l)).T)
