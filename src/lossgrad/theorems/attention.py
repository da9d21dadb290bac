"""Attention: the gradients by queries, keys, values and mask.

A column is a position. Queries Q are of shape (d, T_q), keys K of shape (d, T_k), values V of shape (d_v, T_k). The
scores A are of shape (T_k, T_q), a column a query; M is a mask added to them. P is the softmax of each column, and the
result O, of shape (d_v, T_q), has the upstream gradient G.
"""

from collections.abc import Callable
from typing import Any

from sympy import Eq, HadamardProduct, MatrixSymbol, OneMatrix, exp, sqrt

from lossgrad.arguments import Theorem, argued
from lossgrad.expressions import Definition, diag, elementwise, equation, logsumexp, named, ones, sizes, softmax, vjp
from lossgrad.notation import D, N, X
from lossgrad.theorems.linear import to_data, to_weights

d, d_v, T_k, T_q = sizes("d d_v T_k T_q")
Q = MatrixSymbol("Q", d, T_q)
K = MatrixSymbol("K", d, T_k)
V = MatrixSymbol("V", d_v, T_k)
M = MatrixSymbol("M", T_k, T_q)
G = MatrixSymbol("G", d_v, T_q)
any_weights = MatrixSymbol("P", T_k, T_q)

A = named("A", K.T * Q / sqrt(d) + M)
P = named("P", softmax(A))
O = named("O", V * P)
U = named("U", V.T * G)
G_A = named("G_A", HadamardProduct(P, U - OneMatrix(T_k, T_k) * HadamardProduct(P, U)))


# -- forward ---------------------------------------------------------------------------------------------------------


def scores() -> Definition:
    """The scores: every key against every query, over the root of d, plus the mask.

    K of shape (d, T_k), Q of shape (d, T_q), M and the scores of shape (T_k, T_q).

    Reference: Vaswani and others, Attention is all you need, 2017, section 3.2.1.
    """
    return Definition(A, A.value)


def weights() -> Definition:
    """The weights: for each query, a softmax over the keys.

    A and the weights of shape (T_k, T_q); every column adds up to 1.
    """
    return Definition(P, P.value)


def result() -> Definition:
    """The result: for each query, the mean of the values under its weights.

    V of shape (d_v, T_k), P of shape (T_k, T_q), the result of shape (d_v, T_q).
    """
    return Definition(O, O.value)


# -- backward --------------------------------------------------------------------------------------------------------


def _through_the_scores(
    into: Any, received: Any, weights: Any, by_scores: Any, scores: Any
) -> Callable[[Theorem], Theorem]:
    """The argument for what goes into the scores: back through the weights, through the softmax, through the scores."""
    return argued(
        lambda right: [
            (vjp(received, weights, into), "through the result: what the weights receive"),
            (vjp(by_scores, scores, into), "through the softmax: what the scores receive"),
            (right, "through the product of keys and queries"),
        ]
    )


def weight_upstream() -> Definition:
    """What the weights receive: every value against every upstream column.

    V of shape (d_v, T_k), G of shape (d_v, T_q), the result of shape (T_k, T_q).
    """
    return Definition(U, U.value)


def score_upstream() -> Definition:
    """What the scores receive: the softmax rule, column by column.

    P and U of shape (T_k, T_q), and the result too.
    """
    return Definition(G_A, G_A.value)


def weight_gradient() -> Eq:
    """What the weights receive is the product of the values, transposed, and the upstream gradient.

    P taken as a free matrix of shape (T_k, T_q); V of shape (d_v, T_k), G of shape (d_v, T_q).

    Catalogue: 47.

    >>> prove(weight_gradient()).scope
    'every T_k, T_q, d_v'
    """
    return equation(vjp(G, V * any_weights, any_weights), U)


def value_gradient() -> Eq:
    """The values receive the upstream gradient, spread over the positions by the weights transposed.

    Q of shape (d, T_q), K of shape (d, T_k), V of shape (d_v, T_k), M of shape (T_k, T_q), G of shape (d_v, T_q).

    Catalogue: 47.

    >>> prove(value_gradient()).scope
    'every T_k, T_q, d, d_v'
    """
    return equation(vjp(G, O, V), to_weights(G, P))


@argued(
    lambda right: [
        (vjp(U, P, M), "through the result: what the weights receive"),
        (right, "through the softmax, to which the mask is added last"),
    ]
)
def mask_gradient() -> Eq:
    """An additive mask or bias receives what the scores receive.

    Q of shape (d, T_q), K of shape (d, T_k), V of shape (d_v, T_k), M of shape (T_k, T_q), G of shape (d_v, T_q).

    Catalogue: 47.

    >>> prove(mask_gradient()).scope
    'every T_k, T_q, d, d_v'
    """
    return equation(vjp(G, O, M), G_A)


@_through_the_scores(Q, U, P, G_A, A)
def query_gradient() -> Eq:
    """The queries receive the keys times what the scores receive, over the root of d.

    Q of shape (d, T_q), K of shape (d, T_k), V of shape (d_v, T_k), M of shape (T_k, T_q), G of shape (d_v, T_q).

    Catalogue: 47.

    >>> prove(query_gradient()).scope
    'every T_k, T_q, d, d_v'
    """
    return equation(vjp(G, O, Q), K * G_A / sqrt(d))


@_through_the_scores(K, U, P, G_A, A)
def key_gradient() -> Eq:
    """The keys receive the queries times what the scores receive, transposed, over the root of d.

    Q of shape (d, T_q), K of shape (d, T_k), V of shape (d_v, T_k), M of shape (T_k, T_q), G of shape (d_v, T_q).

    Catalogue: 47.

    >>> prove(key_gradient()).scope
    'every T_k, T_q, d, d_v'
    """
    return equation(vjp(G, O, K), Q * G_A.T / sqrt(d))


# -- what blocks of keys need ----------------------------------------------------------------------------------------


def softmax_correction() -> Eq:
    """The sum that the softmax rule subtracts can be read off the result, times its upstream gradient.

    Left, for each query, over all T_k keys; right, over the d_v features of the result. Both of shape (1, T_q). It
    holds for any weights P of shape (T_k, T_q), those of attention among them.

    Catalogue: 47.

    Reference: Dao, Fu, Ermon, Rudra and Ré, FlashAttention: fast and memory-efficient exact attention with
    IO-awareness, 2022, appendix B.

    >>> prove(softmax_correction()).scope
    'every T_k, T_q, d_v'
    """
    return equation(ones(T_k).T * HadamardProduct(any_weights, U), ones(d_v).T * HadamardProduct(V * any_weights, G))


def score_gradient_from_result() -> Eq:
    """What the scores receive, with the correction taken from the result: each block of keys can do its own part.

    Q of shape (d, T_q), K of shape (d, T_k), V of shape (d_v, T_k), M of shape (T_k, T_q), G of shape (d_v, T_q).

    Catalogue: 47.

    >>> prove(score_gradient_from_result()).scope
    'every T_k, T_q, d, d_v'
    """
    correction = softmax_correction().rhs.xreplace({V * any_weights: O})
    return equation(vjp(G, O, M), HadamardProduct(P, U - ones(T_k) * correction))


def weights_recomputed() -> Eq:
    """The weights come back from the scores and one number a query, the logarithm of its sum of exponentials.

    The scores of shape (T_k, T_q); logsumexp of shape (1, T_q). The backward pass keeps no T_k x T_q matrix.

    Catalogue: 47.

    >>> prove(weights_recomputed()).scope
    'every T_k, T_q, d'
    """
    return equation(P, elementwise(exp, A - ones(T_k) * logsumexp(A)))


# -- a mask that removes ---------------------------------------------------------------------------------------------

B = MatrixSymbol("B", T_k, T_q)
kept = named("E", HadamardProduct(B, elementwise(exp, K.T * Q / sqrt(d))))
P_B = named("P_B", kept * diag(elementwise(lambda t: 1 / t, ones(T_k).T * kept)))


def kept_exponentials() -> Definition:
    """The exponentials of the scores that a mask B of zeros and ones keeps.

    B of shape (T_k, T_q); a 0 stands for a score of minus infinity.
    """
    return Definition(kept, kept.value)


def masked_weights() -> Definition:
    """The weights under such a mask: a softmax over the keys that are kept.

    B of shape (T_k, T_q); every query keeps at least one key.
    """
    return Definition(P_B, P_B.value)


def masked_query_gradient() -> Eq:
    """Under a mask that removes keys, the queries' gradient has the same form, with the masked weights.

    B of shape (T_k, T_q), any real entries, zeros and ones among them, with sums that are not 0.

    Catalogue: 47.

    >>> prove(masked_query_gradient()).scope
    'every T_k, T_q, d, d_v'
    """
    back = HadamardProduct(P_B, U - OneMatrix(T_k, T_k) * HadamardProduct(P_B, U))
    return equation(vjp(G, V * P_B, Q), K * back / sqrt(d))


# -- self-attention --------------------------------------------------------------------------------------------------

W_Q = MatrixSymbol("W_Q", d, D)
W_K = MatrixSymbol("W_K", d, D)
W_V = MatrixSymbol("W_V", d_v, D)
G_X = MatrixSymbol("G", d_v, N)
queries, keys, values = named("Q", W_Q * X), named("K", W_K * X), named("V", W_V * X)
own_weights = named("P", softmax(keys.T * queries / sqrt(d)))
own_upstream = named("U", values.T * G_X)
own_correction = OneMatrix(N, N) * HadamardProduct(own_weights, own_upstream)
own_scores_upstream = named("G_A", HadamardProduct(own_weights, own_upstream - own_correction))


def own_queries() -> Definition:
    """In self-attention the queries are a linear image of the data.

    W_Q of shape (d, D), X of shape (D, N).
    """
    return Definition(queries, queries.value)


def own_keys() -> Definition:
    """The keys are another.

    W_K of shape (d, D), X of shape (D, N).
    """
    return Definition(keys, keys.value)


def own_values() -> Definition:
    """And the values a third.

    W_V of shape (d_v, D), X of shape (D, N).
    """
    return Definition(values, values.value)


def _self_attention_by_uses() -> Any:
    """What the data receive as values, as queries and as keys, each through its own linear layer."""
    by_scores = own_scores_upstream / sqrt(d)
    return (
        to_data(to_weights(G_X, own_weights), W_V)
        + to_data(keys * by_scores, W_Q)
        + to_data(queries * by_scores.T, W_K)
    )


@argued(
    lambda right: [
        (
            vjp(to_weights(G_X, own_weights), values, X)
            + vjp(keys * own_scores_upstream / sqrt(d), queries, X)
            + vjp(queries * own_scores_upstream.T / sqrt(d), keys, X),
            "three uses of the data: each receives by its own rule, and what they receive is added",
        ),
        (right, "the rule of the linear layer, three times"),
    ]
)
def self_attention_gradient() -> Eq:
    """In self-attention the data serve three times, as queries, keys and values, and receive three gradients, added.

    X of shape (D, N), W_Q and W_K of shape (d, D), W_V of shape (d_v, D), G of shape (d_v, N).

    Catalogue: 47.

    >>> prove(self_attention_gradient()).scope
    'every D, N, d, d_v'
    """
    return equation(vjp(G_X, values * own_weights, X), _self_attention_by_uses())


# -- rows as positions -----------------------------------------------------------------------------------------------

Q_r = MatrixSymbol("Q", T_q, d)
K_r = MatrixSymbol("K", T_k, d)
V_r = MatrixSymbol("V", T_k, d_v)
M_r = MatrixSymbol("M", T_q, T_k)
G_r = MatrixSymbol("G", T_q, d_v)
A_r = Q_r * K_r.T / sqrt(d) + M_r
P_r = named("P", softmax(A_r.T).T)
U_r = named("U", G_r * V_r.T)
G_A_r = named("G_A", HadamardProduct(P_r, U_r - HadamardProduct(P_r, U_r) * OneMatrix(T_k, T_k)))


def row_weights() -> Definition:
    """In the row layout of the libraries, a row of weights is a query's: the softmax runs along rows.

    Q of shape (T_q, d), K of shape (T_k, d), M and the weights of shape (T_q, T_k).
    """
    return Definition(P_r, P_r.value)


def row_score_upstream() -> Definition:
    """In the row layout, what the scores receive.

    G of shape (T_q, d_v), V of shape (T_k, d_v), the weights and the result of shape (T_q, T_k); U is G times V
    transposed.
    """
    return Definition(G_A_r, G_A_r.value.xreplace({U_r: U_r.value}))


@_through_the_scores(Q_r, U_r, P_r, G_A_r, A_r)
def row_query_gradient() -> Eq:
    """In the row layout, the queries receive what the scores receive, times the keys, over the root of d.

    Q of shape (T_q, d), K of shape (T_k, d), V of shape (T_k, d_v), M of shape (T_q, T_k), G of shape (T_q, d_v).

    Catalogue: 47.

    >>> prove(row_query_gradient()).scope
    'every T_k, T_q, d, d_v'
    """
    return equation(vjp(G_r, P_r * V_r, Q_r), G_A_r * K_r / sqrt(d))


@_through_the_scores(K_r, U_r, P_r, G_A_r, A_r)
def row_key_gradient() -> Eq:
    """In the row layout, the keys receive what the scores receive, transposed, times the queries, over the root of d.

    Q of shape (T_q, d), K of shape (T_k, d), V of shape (T_k, d_v), M of shape (T_q, T_k), G of shape (T_q, d_v).

    Catalogue: 47.

    >>> prove(row_key_gradient()).scope
    'every T_k, T_q, d, d_v'
    """
    return equation(vjp(G_r, P_r * V_r, K_r), G_A_r.T * Q_r / sqrt(d))


def row_value_gradient() -> Eq:
    """In the row layout, the values receive the weights transposed, times the upstream gradient.

    Q of shape (T_q, d), K of shape (T_k, d), V of shape (T_k, d_v), M of shape (T_q, T_k), G of shape (T_q, d_v).

    Catalogue: 47.

    >>> prove(row_value_gradient()).scope
    'every T_k, T_q, d, d_v'
    """
    return equation(vjp(G_r, P_r * V_r, V_r), P_r.T * G_r)
