"""Normalization: LayerNorm, BatchNorm and RMSNorm, exact with ε.

X, of shape (D, N), is what goes in: a column an example, a row a feature. G, of the same shape, is the upstream
gradient. LayerNorm and RMSNorm work along each column, BatchNorm along each row. γ and β are of shape (D, 1).
"""

from typing import Any

from sympy import Eq, HadamardProduct, MatrixSymbol, OneMatrix, ZeroMatrix, sqrt

from lossgrad.arguments import argued
from lossgrad.expressions import Definition, diag, elementwise, equation, gradient, named, norm_squared, ones, vjp
from lossgrad.notation import D, N, X, epsilon

G = MatrixSymbol("G", D, N)
gamma = MatrixSymbol("gamma", D, 1)
beta = MatrixSymbol("beta", D, 1)
mu = MatrixSymbol("mu", D, 1)
running_scale = MatrixSymbol("r", D, 1)
over_features = OneMatrix(D, D) / D
over_examples = OneMatrix(N, N) / N


def _less_share(arrived: Any, normal: Any, share: Any) -> Any:
    """What has arrived at the columns, without its share along the normalized columns."""
    return arrived - normal * diag(share)


def inverse_root(v: Any) -> Any:
    """1/√(v + ε), entry by entry."""
    return elementwise(lambda t: 1 / sqrt(t + epsilon), v)


# -- LayerNorm -------------------------------------------------------------------------------------------------------

layer_centred = X - over_features * X
layer_variance = named("v", ones(D).T * HadamardProduct(layer_centred, layer_centred) / D)
layer_scale = named("r", inverse_root(layer_variance))
layer_normal = named("Xhat", layer_centred * diag(layer_scale))
layer_out = named("Z", diag(gamma) * layer_normal + beta * ones(N).T)
scaled = named("Ghat", diag(gamma) * G)
layer_mean = named("m", ones(D).T * scaled / D)
layer_share = named("c", ones(D).T * HadamardProduct(layer_normal, scaled) / D)


def layernorm_variance() -> Definition:
    """The variance of the features of each example.

    X of shape (D, N), the variances of shape (1, N).
    """
    return Definition(layer_variance, layer_variance.value)


def layernorm_scale() -> Definition:
    """LayerNorm's factor for each example: one over the root of the variance of its features, guarded by ε.

    X of shape (D, N), the factors of shape (1, N).
    """
    return Definition(layer_scale, layer_scale.value)


def layernorm_normal() -> Definition:
    """LayerNorm's normalized features: each column less its mean, times its factor.

    X of shape (D, N), the result of the same shape.
    """
    return Definition(layer_normal, layer_normal.value)


def layernorm() -> Definition:
    """LayerNorm: the normalized features, each stretched by its γ and moved by its β.

    γ and β of shape (D, 1), the result of shape (D, N).

    Reference: Ba, Kiros and Hinton, Layer normalization, 2016.
    """
    return Definition(layer_out, layer_out.value)


def scaled_upstream() -> Definition:
    """The upstream gradient after it has passed back through γ: each row times its γ.

    G of shape (D, N), γ of shape (D, 1).
    """
    return Definition(scaled, scaled.value)


def layernorm_mean() -> Definition:
    """The mean of the scaled gradient over the features of each example.

    Of shape (1, N).
    """
    return Definition(layer_mean, layer_mean.value)


def layernorm_share() -> Definition:
    """Its share along the normalized column, the mean of the product of the two.

    Of shape (1, N).
    """
    return Definition(layer_share, layer_share.value)


@argued(
    lambda right: [
        (vjp(scaled, layer_normal, X), "back through β and γ"),
        (
            (
                _less_share(scaled, layer_normal, layer_share)
                - over_features * _less_share(scaled, layer_normal, layer_share)
            )
            * diag(layer_scale),
            "through the factor, which depends on the whole column, and through the mean",
        ),
        (right, "a normalized column has no mean, so only that of the scaled gradient is taken out"),
    ]
)
def layernorm_gradient() -> Eq:
    """LayerNorm takes two parts out of the scaled gradient: its mean, and its share along the normalized column.

    X and G of shape (D, N), γ and β of shape (D, 1), ε > 0. Each column on its own: its mean over the features, and the
    normalized column times the mean of its product with the gradient, are subtracted; then the factor of the column.

    Catalogue: 49.

    >>> prove(layernorm_gradient()).scope
    'every D, N'
    """
    back = (scaled - ones(D) * layer_mean - layer_normal * diag(layer_share)) * diag(layer_scale)
    return equation(vjp(G, layer_out, X), back)


def layernorm_gain_gradient() -> Eq:
    """γ receives the upstream gradient times the normalized features, summed over the examples.

    X and G of shape (D, N), γ of shape (D, 1).

    Catalogue: 49.

    >>> prove(layernorm_gain_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G, layer_out, gamma), HadamardProduct(G, layer_normal) * ones(N))


def layernorm_shift_gradient() -> Eq:
    """β receives the upstream gradient summed over the examples.

    X and G of shape (D, N), β of shape (D, 1).

    Catalogue: 49.

    >>> prove(layernorm_shift_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G, layer_out, beta), G * ones(N))


def layernorm_gradient_has_no_mean() -> Eq:
    """What LayerNorm sends back adds up to 0 over the features of every example: a free check.

    X and G of shape (D, N). A move of all features together does not change the result.

    Catalogue: 49.

    >>> prove(layernorm_gradient_has_no_mean()).scope
    'every D, N'
    """
    return equation(ones(D).T * layernorm_gradient().lhs, ZeroMatrix(1, N))


@argued(
    lambda right: [
        (ones(D).T * HadamardProduct(layer_normal, layernorm_gradient().rhs), "the gradient"),
        (
            (D * layer_share - layer_share * diag(ones(D).T * HadamardProduct(layer_normal, layer_normal)))
            * diag(layer_scale),
            "a normalized column has no mean, so what is taken out evenly does not count",
        ),
        (right, "the squares of a normalized column add up to D, less what the guard takes"),
    ]
)
def layernorm_gradient_along_the_column() -> Eq:
    """Along the normalized column, what LayerNorm sends back is of the order of ε.

    X and G of shape (D, N). With ε of 0 it vanishes: stretching a column does not change the result.

    Catalogue: 49.

    >>> prove(layernorm_gradient_along_the_column()).scope
    'every D, N'
    """
    along = ones(D).T * HadamardProduct(layer_normal, layernorm_gradient().lhs)
    return equation(along, epsilon * D * layer_share * diag(HadamardProduct(layer_scale, layer_scale, layer_scale)))


# -- BatchNorm -------------------------------------------------------------------------------------------------------

batch_centred = X - X * over_examples
batch_variance = named("v", HadamardProduct(batch_centred, batch_centred) * ones(N) / N)
batch_scale = named("r", inverse_root(batch_variance))
batch_normal = named("Xhat", diag(batch_scale) * batch_centred)
batch_out = named("Z", diag(gamma) * batch_normal + beta * ones(N).T)
batch_mean = named("m", scaled * ones(N) / N)
batch_share = named("c", HadamardProduct(batch_normal, scaled) * ones(N) / N)
variance_about = norm_squared(X - mu * ones(N).T) / N


def batchnorm_variance() -> Definition:
    """The variance of each feature over the examples.

    X of shape (D, N), the variances of shape (D, 1).
    """
    return Definition(batch_variance, batch_variance.value)


def batchnorm_scale() -> Definition:
    """BatchNorm's factor for each feature: one over the root of its variance over the examples, guarded by ε.

    X of shape (D, N), the factors of shape (D, 1).
    """
    return Definition(batch_scale, batch_scale.value)


def batchnorm_normal() -> Definition:
    """BatchNorm's normalized features: each row less its mean over the examples, times its factor.

    X of shape (D, N), the result of the same shape.
    """
    return Definition(batch_normal, batch_normal.value)


def batchnorm() -> Definition:
    """BatchNorm in training: the normalized features, each stretched by its γ and moved by its β.

    γ and β of shape (D, 1), the result of shape (D, N).

    Reference: Ioffe and Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate
    shift, 2015.
    """
    return Definition(batch_out, batch_out.value)


def batchnorm_mean() -> Definition:
    """The mean of the scaled gradient over the batch, for each feature.

    Of shape (D, 1).
    """
    return Definition(batch_mean, batch_mean.value)


def batchnorm_share() -> Definition:
    """Its share along the normalized row, the mean of the product of the two.

    Of shape (D, 1).
    """
    return Definition(batch_share, batch_share.value)


@argued(
    lambda right: [
        (vjp(scaled, batch_normal, X), "back through β and γ"),
        (
            diag(batch_scale)
            * (scaled - diag(batch_share) * batch_normal - (scaled - diag(batch_share) * batch_normal) * over_examples),
            "through the factor, which depends on the whole row, and through the mean",
        ),
        (right, "a normalized row has no mean, so only that of the scaled gradient is taken out"),
    ]
)
def batchnorm_gradient() -> Eq:
    """BatchNorm takes two parts out of the scaled gradient: its mean over the batch, and its share along the result.

    X and G of shape (D, N), γ and β of shape (D, 1), ε > 0; mean and variance are those of this batch.

    Catalogue: 50.

    >>> prove(batchnorm_gradient()).scope
    'every D, N'
    """
    back = diag(batch_scale) * (scaled - batch_mean * ones(N).T - diag(batch_share) * batch_normal)
    return equation(vjp(G, batch_out, X), back)


def batchnorm_gain_gradient() -> Eq:
    """γ receives the upstream gradient times the normalized features, summed over the batch.

    X and G of shape (D, N), γ of shape (D, 1).

    Catalogue: 50.

    >>> prove(batchnorm_gain_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G, batch_out, gamma), HadamardProduct(G, batch_normal) * ones(N))


def batchnorm_shift_gradient() -> Eq:
    """β receives the upstream gradient summed over the batch.

    X and G of shape (D, N), β of shape (D, 1).

    Catalogue: 50.

    >>> prove(batchnorm_shift_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G, batch_out, beta), G * ones(N))


def batchnorm_gradient_has_no_mean() -> Eq:
    """What BatchNorm sends back adds up to 0 over the batch, for every feature.

    X and G of shape (D, N). The bias of a layer right before a BatchNorm therefore receives 0.

    Catalogue: 50.

    >>> prove(batchnorm_gradient_has_no_mean()).scope
    'every D, N'
    """
    return equation(batchnorm_gradient().lhs * ones(N), ZeroMatrix(D, 1))


def variance_by_centre() -> Eq:
    """The mean squared distance from a centre μ changes with μ by minus twice the mean of what lies beyond it.

    X of shape (D, N), μ of shape (D, 1), any centre. The scalar is the sum over the features.

    Catalogue: 50.

    >>> prove(variance_by_centre()).scope
    'every D, N'
    """
    return equation(gradient(variance_about, mu), -2 * (X - mu * ones(N).T) * ones(N) / N)


def variance_by_mean() -> Eq:
    """At the mean, the variance does not change with its centre: the term that hand-written backward passes drop is 0.

    X of shape (D, N).

    Catalogue: 50.

    >>> prove(variance_by_mean()).scope
    'every D, N'
    """
    return equation(variance_by_centre().rhs.xreplace({mu: X * ones(N) / N}), ZeroMatrix(D, 1))


def batchnorm_evaluation_gradient() -> Eq:
    """With running statistics BatchNorm is a linear layer: the upstream gradient, each row times its γ and its factor.

    X and G of shape (D, N); μ, r, γ and β of shape (D, 1), none of them made from this batch; r is one over the running
    deviation.

    Catalogue: 50.

    >>> prove(batchnorm_evaluation_gradient()).scope
    'every D, N'
    """
    out = diag(gamma) * diag(running_scale) * (X - mu * ones(N).T) + beta * ones(N).T
    return equation(vjp(G, out, X), diag(gamma) * diag(running_scale) * G)


# -- RMSNorm ---------------------------------------------------------------------------------------------------------

root_scale = named("r", inverse_root(ones(D).T * HadamardProduct(X, X) / D))
root_normal = named("Xhat", X * diag(root_scale))
root_out = named("Z", diag(gamma) * root_normal)
root_share = named("c", ones(D).T * HadamardProduct(root_normal, scaled) / D)


def rmsnorm_scale() -> Definition:
    """RMSNorm's factor for each example: one over its root mean square, guarded by ε.

    X of shape (D, N), the factors of shape (1, N).
    """
    return Definition(root_scale, root_scale.value)


def rmsnorm_normal() -> Definition:
    """RMSNorm's normalized features: each column times its factor. No mean is taken out.

    X of shape (D, N), the result of the same shape.
    """
    return Definition(root_normal, root_normal.value)


def rmsnorm() -> Definition:
    """RMSNorm: the normalized features, each stretched by its γ.

    γ of shape (D, 1), the result of shape (D, N).

    Reference: Zhang and Sennrich, Root mean square layer normalization, 2019.
    """
    return Definition(root_out, root_out.value)


def rmsnorm_share() -> Definition:
    """The share of the scaled gradient along the normalized column, the mean of the product of the two.

    Of shape (1, N).
    """
    return Definition(root_share, root_share.value)


@argued(
    lambda right: [
        (vjp(scaled, root_normal, X), "back through γ"),
        (right, "through the factor, which depends on the whole column"),
    ]
)
def rmsnorm_gradient() -> Eq:
    """RMSNorm takes one part out of the scaled gradient: its share along the normalized column.

    X and G of shape (D, N), γ of shape (D, 1), ε > 0. It is LayerNorm's gradient without the mean.

    Catalogue: 51.

    >>> prove(rmsnorm_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G, root_out, X), (scaled - root_normal * diag(root_share)) * diag(root_scale))


def rmsnorm_gain_gradient() -> Eq:
    """γ receives the upstream gradient times the normalized features, summed over the examples.

    X and G of shape (D, N), γ of shape (D, 1).

    Catalogue: 51.

    >>> prove(rmsnorm_gain_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G, root_out, gamma), HadamardProduct(G, root_normal) * ones(N))


def rmsnorm_gradient_along_the_column() -> Eq:
    """Along the column itself, what RMSNorm sends back is of the order of ε.

    X and G of shape (D, N). With ε of 0 it vanishes: stretching a column does not change the result.

    Catalogue: 51.

    >>> prove(rmsnorm_gradient_along_the_column()).scope
    'every D, N'
    """
    along = ones(D).T * HadamardProduct(root_normal, rmsnorm_gradient().lhs)
    return equation(along, epsilon * D * root_share * diag(HadamardProduct(root_scale, root_scale, root_scale)))


# -- rows as examples ------------------------------------------------------------------------------------------------

X_r = MatrixSymbol("X", N, D)
G_r = MatrixSymbol("G", N, D)
row_centred = X_r - X_r * over_features
row_scale = named("r", inverse_root(HadamardProduct(row_centred, row_centred) * ones(D) / D))
row_normal = named("Xhat", diag(row_scale) * row_centred)
row_out = named("Z", row_normal * diag(gamma) + ones(N) * beta.T)
row_scaled = named("Ghat", G_r * diag(gamma))
row_mean = named("m", row_scaled * ones(D) / D)
row_share = named("c", HadamardProduct(row_normal, row_scaled) * ones(D) / D)


def row_layernorm_scale() -> Definition:
    """With an example in each row, LayerNorm has a factor for each row.

    X of shape (N, D), the factors of shape (N, 1).
    """
    return Definition(row_scale, row_scale.value)


def row_layernorm_normal() -> Definition:
    """Each row less its mean, times its factor.

    Of shape (N, D).
    """
    return Definition(row_normal, row_normal.value)


def row_layernorm() -> Definition:
    """LayerNorm with an example in each row.

    γ and β of shape (D, 1), the result of shape (N, D).
    """
    return Definition(row_out, row_out.value)


def row_scaled_upstream() -> Definition:
    """The upstream gradient after it has passed back through γ, each column times its γ.

    G of shape (N, D).
    """
    return Definition(row_scaled, row_scaled.value)


def row_layernorm_mean() -> Definition:
    """The mean of the scaled gradient for each row.

    Of shape (N, 1).
    """
    return Definition(row_mean, row_mean.value)


def row_layernorm_share() -> Definition:
    """Its share along the normalized row.

    Of shape (N, 1).
    """
    return Definition(row_share, row_share.value)


@argued(
    lambda right: [
        (vjp(row_scaled, row_normal, X_r), "back through β and γ"),
        (
            diag(row_scale)
            * (row_scaled - diag(row_share) * row_normal - (row_scaled - diag(row_share) * row_normal) * over_features),
            "through the factor, which depends on the whole row, and through the mean",
        ),
        (right, "a normalized row has no mean, so only that of the scaled gradient is taken out"),
    ]
)
def row_layernorm_gradient() -> Eq:
    """LayerNorm with an example in each row takes the same two parts out of the scaled gradient, row by row.

    X and G of shape (N, D), γ and β of shape (D, 1), ε > 0.

    Catalogue: 49.

    >>> prove(row_layernorm_gradient()).scope
    'every D, N'
    """
    back = diag(row_scale) * (row_scaled - row_mean * ones(D).T - diag(row_share) * row_normal)
    return equation(vjp(G_r, row_out, X_r), back)


def row_layernorm_gain_gradient() -> Eq:
    """With an example in each row, LayerNorm's γ receives the gradient times the normalized features, added up.

    X and G of shape (N, D), γ of shape (D, 1).

    Catalogue: 49.

    >>> prove(row_layernorm_gain_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G_r, row_out, gamma), HadamardProduct(G_r, row_normal).T * ones(N))


def row_layernorm_shift_gradient() -> Eq:
    """With an example in each row, LayerNorm's β receives the gradient added up over the rows.

    X and G of shape (N, D), β of shape (D, 1).

    Catalogue: 49.

    >>> prove(row_layernorm_shift_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G_r, row_out, beta), G_r.T * ones(N))


row_root_scale = named("r", inverse_root(HadamardProduct(X_r, X_r) * ones(D) / D))
row_root_normal = named("Xhat", diag(row_root_scale) * X_r)
row_root_out = named("Z", row_root_normal * diag(gamma))
row_root_share = named("c", HadamardProduct(row_root_normal, row_scaled) * ones(D) / D)


def row_rmsnorm_scale() -> Definition:
    """With an example in each row, RMSNorm has a factor for each row.

    X of shape (N, D), the factors of shape (N, 1).
    """
    return Definition(row_root_scale, row_root_scale.value)


def row_rmsnorm_normal() -> Definition:
    """Each row times its factor.

    Of shape (N, D).
    """
    return Definition(row_root_normal, row_root_normal.value)


def row_rmsnorm() -> Definition:
    """RMSNorm with an example in each row.

    γ of shape (D, 1), the result of shape (N, D).
    """
    return Definition(row_root_out, row_root_out.value)


def row_rmsnorm_share() -> Definition:
    """The share of the scaled gradient along the normalized row.

    Of shape (N, 1).
    """
    return Definition(row_root_share, row_root_share.value)


@argued(
    lambda right: [
        (vjp(row_scaled, row_root_normal, X_r), "back through γ"),
        (right, "through the factor, which depends on the whole row"),
    ]
)
def row_rmsnorm_gradient() -> Eq:
    """RMSNorm with an example in each row takes one part out of the scaled gradient, row by row.

    X and G of shape (N, D), γ of shape (D, 1), ε > 0.

    Catalogue: 51.

    >>> prove(row_rmsnorm_gradient()).scope
    'every D, N'
    """
    back = diag(row_root_scale) * (row_scaled - diag(row_root_share) * row_root_normal)
    return equation(vjp(G_r, row_root_out, X_r), back)


def row_rmsnorm_gain_gradient() -> Eq:
    """With an example in each row, RMSNorm's γ receives the gradient times the normalized features, added up.

    X and G of shape (N, D), γ of shape (D, 1).

    Catalogue: 51.

    >>> prove(row_rmsnorm_gain_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G_r, row_root_out, gamma), HadamardProduct(G_r, row_root_normal).T * ones(N))


row_batch_centred = X_r - over_examples * X_r
row_batch_scale = named("r", inverse_root(ones(N).T * HadamardProduct(row_batch_centred, row_batch_centred) / N))
row_batch_normal = named("Xhat", row_batch_centred * diag(row_batch_scale))
row_batch_out = named("Z", row_batch_normal * diag(gamma) + ones(N) * beta.T)
row_batch_mean = named("m", ones(N).T * row_scaled / N)
row_batch_share = named("c", ones(N).T * HadamardProduct(row_batch_normal, row_scaled) / N)


def row_batchnorm_scale() -> Definition:
    """With an example in each row, BatchNorm has a factor for each column.

    X of shape (N, D), the factors of shape (1, D).
    """
    return Definition(row_batch_scale, row_batch_scale.value)


def row_batchnorm_normal() -> Definition:
    """Each column less its mean over the batch, times its factor.

    Of shape (N, D).
    """
    return Definition(row_batch_normal, row_batch_normal.value)


def row_batchnorm() -> Definition:
    """BatchNorm in training, with an example in each row.

    γ and β of shape (D, 1), the result of shape (N, D).
    """
    return Definition(row_batch_out, row_batch_out.value)


def row_batchnorm_mean() -> Definition:
    """The mean of the scaled gradient over the batch, for each column.

    Of shape (1, D).
    """
    return Definition(row_batch_mean, row_batch_mean.value)


def row_batchnorm_share() -> Definition:
    """Its share along the normalized column.

    Of shape (1, D).
    """
    return Definition(row_batch_share, row_batch_share.value)


@argued(
    lambda right: [
        (vjp(row_scaled, row_batch_normal, X_r), "back through β and γ"),
        (
            (
                row_scaled
                - row_batch_normal * diag(row_batch_share)
                - over_examples * (row_scaled - row_batch_normal * diag(row_batch_share))
            )
            * diag(row_batch_scale),
            "through the factor, which depends on the whole column, and through the mean",
        ),
        (right, "a normalized column has no mean, so only that of the scaled gradient is taken out"),
    ]
)
def row_batchnorm_gradient() -> Eq:
    """BatchNorm with an example in each row takes the same two parts out of the scaled gradient, column by column.

    X and G of shape (N, D), γ and β of shape (D, 1), ε > 0; mean and variance are those of this batch.

    Catalogue: 50.

    >>> prove(row_batchnorm_gradient()).scope
    'every D, N'
    """
    back = (row_scaled - ones(N) * row_batch_mean - row_batch_normal * diag(row_batch_share)) * diag(row_batch_scale)
    return equation(vjp(G_r, row_batch_out, X_r), back)


def row_batchnorm_gain_gradient() -> Eq:
    """With an example in each row, BatchNorm's γ receives the gradient times the normalized features, added up.

    X and G of shape (N, D), γ of shape (D, 1).

    Catalogue: 50.

    >>> prove(row_batchnorm_gain_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G_r, row_batch_out, gamma), HadamardProduct(G_r, row_batch_normal).T * ones(N))


def row_batchnorm_shift_gradient() -> Eq:
    """With an example in each row, BatchNorm's β receives the gradient added up over the rows.

    X and G of shape (N, D), β of shape (D, 1).

    Catalogue: 50.

    >>> prove(row_batchnorm_shift_gradient()).scope
    'every D, N'
    """
    return equation(vjp(G_r, row_batch_out, beta), G_r.T * ones(N))
