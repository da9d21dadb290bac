"""Convolution: no flip for the taps, a flip for the signal.

What deep learning calls convolution is the cross-correlation x ⋆ w: entry t is the sum over a of w[a] x[t + a]. The
signal x is a column of T + K - 1 numbers, the taps w one of K, the result and its upstream gradient g one of T. In two
dimensions X is of shape (T + K - 1, M + J - 1), the taps W of shape (K, J), the result and G of shape (T, M).
"""

from sympy import Eq, KroneckerDelta, MatrixSymbol, Sum, Symbol
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.expressions import (
    Definition,
    convolve,
    correlate,
    equation,
    flip,
    gradient,
    inner,
    ones,
    padded,
    sizes,
    vjp,
)
from lossgrad.notation import C, D, K, L, N, T
from lossgrad.notation import W as weights
from lossgrad.notation import X as data
from lossgrad.theorems.linear import to_data

J, M = sizes("J M")
x = MatrixSymbol("x", T + K - 1, 1)
w = MatrixSymbol("w", K, 1)
g = MatrixSymbol("g", T, 1)
u = MatrixSymbol("u", T + K - 1, 1)
X = MatrixSymbol("X", T + K - 1, M + J - 1)
W = MatrixSymbol("W", K, J)
G = MatrixSymbol("G", T, M)
beta = MatrixSymbol("beta", 1, 1)
X_d = MatrixSymbol("X", D, T + K - 1)
W_d = MatrixSymbol("W", D, K)
g_t = MatrixSymbol("g", 1, T)
pick = MatrixSymbol("S", N, T)
t, s, a = (Symbol(letter, integer=True, nonnegative=True) for letter in "tsa")


def correlation() -> Definition:
    """A convolution layer with one channel: every result is the taps against the stretch of the signal beneath them.

    x of shape (T + K - 1, 1), w of shape (K, 1), the result of shape (T, 1).
    """
    return Definition(MatrixElement(correlate(x, w), t, 0), Sum(w[a, 0] * x[t + a, 0], (a, 0, K - 1)))


def convolution() -> Definition:
    """The full convolution: the product of entry t of one and entry a of the other is added to place t + a.

    g of shape (T, 1), w of shape (K, 1), the result of shape (T + K - 1, 1).
    """
    added = Sum(KroneckerDelta(s, t + a) * g[t, 0] * w[a, 0], (t, 0, T - 1), (a, 0, K - 1))
    return Definition(MatrixElement(convolve(g, w), s, 0), added)


def tap_gradient() -> Eq:
    """The taps receive the correlation of the signal with the upstream gradient. Nothing is flipped.

    x of shape (T + K - 1, 1), w of shape (K, 1), g of shape (T, 1).

    Catalogue: 45.

    >>> prove(tap_gradient()).scope
    'every K, T'
    """
    return equation(vjp(g, correlate(x, w), w), correlate(x, g))


def tap_gradient_entry() -> Eq:
    """One tap receives the sum, over all results, of the gradient there times the entry of the signal that the tap met.

    x of shape (T + K - 1, 1), w of shape (K, 1); any loss of the T results.

    Catalogue: 45.

    >>> prove(tap_gradient_entry()).scope
    'every K, T'
    """
    received = MatrixElement(L.gradient(correlate(x, w)), t, 0)
    return equation(gradient(L(correlate(x, w)), w)[a, 0], Sum(received * x[t + a, 0], (t, 0, T - 1)))


def signal_gradient() -> Eq:
    """The signal receives the full convolution of the upstream gradient with the taps.

    x of shape (T + K - 1, 1), w of shape (K, 1), g of shape (T, 1).

    Catalogue: 45.

    >>> prove(signal_gradient()).scope
    'every K, T'
    """
    return equation(vjp(g, correlate(x, w), x), convolve(g, w))


def convolution_by_flip() -> Eq:
    """A full convolution is a correlation: pad with K - 1 zeros at both ends, and correlate with the flipped taps.

    g of shape (T, 1), w of shape (K, 1).

    Catalogue: 45.

    >>> prove(convolution_by_flip()).scope
    'every K, T'
    """
    return equation(convolve(g, w), correlate(padded(g, K - 1, 0), flip(w)))


def transposed_signal_gradient() -> Eq:
    """A transposed convolution puts the full convolution forward; backward its input receives a correlation.

    g of shape (T, 1) is the input here, w of shape (K, 1), u of shape (T + K - 1, 1) the upstream gradient.

    Catalogue: 45.

    >>> prove(transposed_signal_gradient()).scope
    'every K, T'
    """
    return equation(vjp(u, convolve(g, w), g), correlate(u, w))


def correlation_is_adjoint_to_convolution() -> Eq:
    """Pairing the result with g is pairing the signal with the full convolution of g: a check of any implementation.

    x of shape (T + K - 1, 1), w of shape (K, 1), g of shape (T, 1).

    Catalogue: 45.

    >>> prove(correlation_is_adjoint_to_convolution()).scope
    'every K, T'
    """
    return equation(inner(g, correlate(x, w)), inner(convolve(g, w), x))


def image_tap_gradient() -> Eq:
    """In two dimensions: the taps receive the correlation of the image with the upstream gradient.

    X of shape (T + K - 1, M + J - 1), W of shape (K, J), G of shape (T, M).

    Catalogue: 45.

    >>> prove(image_tap_gradient()).scope
    'every J, K, M, T'
    """
    return equation(vjp(G, correlate(X, W), W), correlate(X, G))


def image_gradient() -> Eq:
    """In two dimensions: the image receives the full convolution of the upstream gradient with the taps.

    X of shape (T + K - 1, M + J - 1), W of shape (K, J), G of shape (T, M).

    Catalogue: 45.

    >>> prove(image_gradient()).scope
    'every J, K, M, T'
    """
    return equation(vjp(G, correlate(X, W), X), convolve(G, W))


def image_convolution_by_flip() -> Eq:
    """In two dimensions a full convolution is a correlation with taps flipped both ways, after padding on all sides.

    G of shape (T, M), W of shape (K, J).

    Catalogue: 45.

    >>> prove(image_convolution_by_flip()).scope
    'every J, K, M, T'
    """
    return equation(convolve(G, W), correlate(padded(G, K - 1, J - 1), flip(W)))


def channels_tap_gradient() -> Eq:
    """Many channels in, one out: each channel's taps receive that channel correlated with the upstream gradient.

    X of shape (D, T + K - 1), a row a channel; W of shape (D, K), a row the taps of a channel; g of shape (1, T). It is
    the image rule for taps as high as the image.

    Catalogue: 45.

    >>> prove(channels_tap_gradient()).scope
    'every D, K, T'
    """
    return equation(vjp(g_t, correlate(X_d, W_d), W_d), correlate(X_d, g_t))


def bias_gradient() -> Eq:
    """The bias of a channel receives the upstream gradient summed over every place of that channel.

    X of shape (T + K - 1, M + J - 1), W of shape (K, J), a bias of shape (1, 1); any loss of the T x M result.

    Catalogue: 45.

    >>> prove(bias_gradient()).scope
    'every J, K, M, T'
    """
    shifted = correlate(X, W) + ones(T) * beta * ones(M).T
    return equation(gradient(L(shifted), beta), ones(T).T * L.gradient(shifted) * ones(M))


def patches_gradient() -> Eq:
    """One tap of any layer, whatever it picks: the data receive through the weights and the picks, both transposed.

    X of shape (D, N), S of shape (N, T) any matrix that picks, shifts, strides, dilates or pads; W of shape (C, D).
    The data receive the gradient back through the same matrix, transposed, which is a scatter-add.

    Catalogue: 45.

    >>> prove(patches_gradient()).scope
    'every C, D, N, T'
    """
    return equation(
        gradient(L(weights * data * pick), data), to_data(L.gradient(weights * data * pick), weights) * pick.T
    )


# Channels last, as libraries offer them.

X_last = MatrixSymbol("X'", T + K - 1, D)
W_last = MatrixSymbol("W'", K, D)
X_rows = MatrixSymbol("X'", N, D)
W_rows = MatrixSymbol("W'", D, C)
gather = MatrixSymbol("S'", T, N)


def layouts_agree() -> Eq:
    """Image and taps transposed give the result, transposed: a correlation does not care which axis comes first.

    X of shape (T + K - 1, M + J - 1), W of shape (K, J).

    Catalogue: 45.

    >>> prove(layouts_agree()).scope
    'every J, K, M, T'
    """
    return equation(correlate(X.T, W.T), correlate(X, W).T)


def row_channels_tap_gradient() -> Eq:
    """Channels last: the same correlation serves, with a column for each channel.

    X' of shape (T + K - 1, D), a row a place; W' of shape (K, D), a column the taps of a channel; g of shape (T, 1).

    Catalogue: 45.

    >>> prove(row_channels_tap_gradient()).scope
    'every D, K, T'
    """
    return equation(vjp(g, correlate(X_last, W_last), W_last), correlate(X_last, g))


def row_channels_signal_gradient() -> Eq:
    """Channels last: every channel of the signal receives the full convolution of g with that channel's taps.

    X' of shape (T + K - 1, D), a row a place; W' of shape (K, D), a column the taps of a channel; g of shape (T, 1).

    Catalogue: 45.

    >>> prove(row_channels_signal_gradient()).scope
    'every D, K, T'
    """
    return equation(vjp(g, correlate(X_last, W_last), X_last), convolve(g, W_last))


def row_patches_weight_gradient() -> Eq:
    """With a place in each row, the weights of a tap receive the picked data, transposed, times the gradient.

    X' of shape (N, D), S' of shape (T, N) any matrix that picks, shifts, strides, dilates or pads; W' of shape (D, C).

    Catalogue: 45.

    >>> prove(row_patches_weight_gradient()).scope
    'every C, D, N, T'
    """
    picked = gather * X_rows
    return equation(gradient(L(picked * W_rows), W_rows), picked.T * L.gradient(picked * W_rows))


def row_patches_gradient() -> Eq:
    """With a place in each row, the data receive the gradient through the picking matrix transposed, from the left.

    X' of shape (N, D), S' of shape (T, N) any matrix that picks, shifts, strides, dilates or pads; W' of shape (D, C).

    Catalogue: 45.

    >>> prove(row_patches_gradient()).scope
    'every C, D, N, T'
    """
    scores = gather * X_rows * W_rows
    return equation(gradient(L(scores), X_rows), gather.T * L.gradient(scores) * W_rows.T)
