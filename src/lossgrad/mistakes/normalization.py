"""Slips in the backward passes of normalization layers."""

from sympy import Eq, ZeroMatrix

from lossgrad.expressions import diag, equation, ones
from lossgrad.notation import D, N
from lossgrad.theorems import normalization
from lossgrad.theorems.normalization import batch_scale, layer_mean, layer_scale, root_scale, scaled


def layernorm_statistics_as_constants() -> Eq:
    """LayerNorm's mean and variance are taken for constants on the way back.

    Corrected by: normalization.layernorm_gradient.
    """
    return equation(normalization.layernorm_gradient().lhs, scaled * diag(layer_scale))


def layernorm_by_mean_alone() -> Eq:
    """LayerNorm's variance alone is taken for a constant: the share along the normalized column is not taken out.

    Corrected by: normalization.layernorm_gradient.
    """
    left = normalization.layernorm_gradient().lhs
    return equation(left, (scaled - ones(D) * layer_mean) * diag(layer_scale))


def batchnorm_statistics_as_constants() -> Eq:
    """In training, BatchNorm's batch statistics are taken for constants, as they are in evaluation.

    Corrected by: normalization.batchnorm_gradient.
    """
    return equation(normalization.batchnorm_gradient().lhs, diag(batch_scale) * scaled)


def batchnorm_gain_averaged() -> Eq:
    """γ receives the mean over the batch, not the sum.

    Corrected by: normalization.batchnorm_gain_gradient.
    """
    right = normalization.batchnorm_gain_gradient()
    return equation(right.lhs, right.rhs / N)


def variance_never_depends_on_its_centre() -> Eq:
    """The term by the mean is said to vanish about any centre. It vanishes at the mean.

    Corrected by: normalization.variance_by_centre.
    """
    return equation(normalization.variance_by_centre().lhs, ZeroMatrix(D, 1))


def rmsnorm_with_layernorm_backward() -> Eq:
    """RMSNorm is given LayerNorm's backward pass, which also takes out the mean.

    Corrected by: normalization.rmsnorm_gradient.
    """
    right = normalization.rmsnorm_gradient()
    return equation(right.lhs, right.rhs - ones(D) * layer_mean * diag(root_scale))
