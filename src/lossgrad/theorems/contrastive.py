"""Losses of pairs and preferences: InfoNCE, CLIP, pairwise logistic and DPO, unit length and cosine similarity.

Convention: a column is an example. A and B of shape (D, N) hold N pairs of embeddings, column n of A belongs to column
n of B; A^T B of shape (N, N) holds the similarity of everything with everything, tau is the temperature. The square
matrix S of shape (N, N) stands for any scores of N pairs.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Expr, Identity, MatrixSymbol, Symbol, hadamard_product, log, sqrt

from lossgrad.arguments import argued
from lossgrad.expressions import (
    Definition,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    jacobian,
    loss,
    named,
    norm_squared,
    ones,
    parameters,
    sigmoid,
    softmax,
    vjp,
)
from lossgrad.notation import D, N, tau

S = MatrixSymbol("S", N, N)
A, B = MatrixSymbol("A", D, N), MatrixSymbol("B", D, N)
L = loss("L")
pairs = Identity(N)
scale = MatrixSymbol("alpha", 1, 1)
beta = parameters("beta", positive=True)
d = MatrixSymbol("d", 1, N)
chosen, rejected = MatrixSymbol("a", 1, N), MatrixSymbol("b", 1, N)
x, z, g = (MatrixSymbol(name, D, 1) for name in "xzg")
G = MatrixSymbol("G", D, N)

by_column = softmax(S)
by_row = softmax(S.T).T
similarity = A.T * B / tau


def _loss(name: str, value: Any) -> Definition:
    return Definition(named(f"L_{name}", value), value)


def _log_likelihood(probabilities: Any) -> Expr:
    return inner(pairs, elementwise(log, probabilities))


# InfoNCE and CLIP


def infonce_loss() -> Definition:
    """InfoNCE: each column of the scores is a classification whose right answer is its own pair.

    S of shape (N, N), S[m, n] scores A's example m for B's example n; the pairs lie on the diagonal.

    Reference: van den Oord, Li and Vinyals, Representation Learning with Contrastive Predictive Coding, 2018.
    """
    return _loss("NCE", -_log_likelihood(by_column) / N)


def infonce_gradient() -> Eq:
    """InfoNCE passes back probabilities minus the identity: dL/dS = (P - I)/N.

    S of shape (N, N), P = softmax(S) by columns.

    Catalogue: 37.

    >>> prove(infonce_gradient()).scope
    'every N'
    """
    return equation(gradient(infonce_loss().rhs, S), (by_column - pairs) / N)


def row_infonce_gradient() -> Eq:
    """InfoNCE along the rows, the cross-entropy that libraries take of the scores, has the softmax of each row.

    S of shape (N, N), softmax(S^T)^T the softmax of each row, the pairs on the diagonal.

    Catalogue: 37.

    >>> prove(row_infonce_gradient()).scope
    'every N'
    """
    return equation(gradient(-_log_likelihood(by_row) / N, S), (by_row - pairs) / N)


def clip_loss() -> Definition:
    """The symmetric loss of CLIP: the mean of InfoNCE by columns and InfoNCE by rows.

    S of shape (N, N); softmax(S^T)^T is the softmax of each row.

    Reference: Radford and others, Learning Transferable Visual Models From Natural Language Supervision, 2021.
    """
    return _loss("CLIP", -(_log_likelihood(by_column) + _log_likelihood(by_row)) / (2 * N))


def clip_gradient() -> Eq:
    """The symmetric loss passes back both errors, halved: dL/dS = (P_col + P_row - 2 I)/(2N).

    S of shape (N, N).

    Catalogue: 37.

    >>> prove(clip_gradient()).scope
    'every N'
    """
    return equation(gradient(clip_loss().lhs, S), (by_column + by_row - 2 * pairs) / (2 * N))


def similarity_gradient_of_the_first() -> Eq:
    """The first embeddings receive the second ones, mixed by the transposed score gradient: dL/dA = B G^T/tau.

    A and B of shape (D, N), scores A^T B/tau, L any differentiable scalar function of the scores, G its gradient there.

    Catalogue: 37.

    >>> prove(similarity_gradient_of_the_first()).scope
    'every D, N'
    """
    return equation(gradient(L(similarity), A), B * L.gradient(similarity).T / tau)


def similarity_gradient_of_the_second() -> Eq:
    """The second embeddings receive the first ones, mixed by the score gradient: dL/dB = A G/tau.

    A and B of shape (D, N), scores A^T B/tau, L any differentiable scalar function of the scores, G its gradient there.

    Catalogue: 37.

    >>> prove(similarity_gradient_of_the_second()).scope
    'every D, N'
    """
    return equation(gradient(L(similarity), B), A * L.gradient(similarity) / tau)


def _clip_score_gradient() -> Any:
    return clip_gradient().rhs.xreplace({S: similarity})


@argued(
    lambda right: [
        (vjp(_clip_score_gradient(), similarity, A), "chain rule, with the gradient by the scores put in"),
        (
            similarity_gradient_of_the_first().rhs.xreplace({L.gradient(similarity): _clip_score_gradient()}),
            "what the first embeddings receive of any gradient by the scores",
        ),
        (right, "a softmax by rows, transposed, is a softmax by columns"),
    ]
)
def clip_embedding_gradient() -> Eq:
    """The two rules together for CLIP, written out for the first embeddings: dL/dA = B (P_col + P_row - 2 I)^T/(2 N
    tau).

    A and B of shape (D, N), scores A^T B/tau.

    Catalogue: 37.

    >>> prove(clip_embedding_gradient()).scope
    'every D, N'
    """
    return equation(gradient(clip_loss().rhs.xreplace({S: similarity}), A), B * _clip_score_gradient().T / tau)


def learned_scale_gradient() -> Eq:
    """A learned scale has for its gradient what the scores and their gradient have in common: dL/dalpha = <dL/dS, S>.

    alpha is a 1 x 1 matrix that multiplies S of shape (N, N); L is any differentiable scalar function of the scores.

    Catalogue: 37.

    >>> prove(learned_scale_gradient()).scope
    'every N'
    """
    scaled = scale[0, 0] * S
    return equation(gradient(L(scaled), scale)[0, 0], inner(L.gradient(scaled), S))


# Preferences


def pairwise_logistic_loss() -> Definition:
    """The pairwise logistic loss: minus the logarithm of the sigmoid of a scaled lead, mean over the preferences.

    d of shape (1, N) is how far the chosen answer is ahead of the rejected one, beta > 0.

    Reference: Bradley and Terry, Rank analysis of incomplete block designs, 1952.
    """
    return _loss("pair", -inner(ones(N).T, elementwise(lambda t: log(sigmoid(beta * t)), d)) / N)


def pairwise_logistic_gradient() -> Eq:
    """A preference pulls by the probability of getting it wrong: dL/dd = -(beta/N) sigma(-beta d).

    d of shape (1, N), beta > 0.

    Catalogue: 38.

    >>> prove(pairwise_logistic_gradient()).scope
    'every N'
    """
    return equation(
        gradient(pairwise_logistic_loss().lhs, d),
        -beta / N * elementwise(lambda t: sigmoid(-beta * t), d),
    )


def dpo_loss() -> Definition:
    """Direct preference optimization: the pairwise logistic loss of two log-ratios, chosen minus rejected.

    a and b of shape (1, N) hold log pi - log pi_ref of the chosen and of the rejected answers.

    Reference: Rafailov, Sharma, Mitchell, Ermon, Manning and Finn, Direct Preference Optimization, 2023.
    """
    return _loss("DPO", pairwise_logistic_loss().rhs.xreplace({d: chosen - rejected}))


def dpo_gradient_of_the_chosen() -> Eq:
    """The chosen answer is lifted by the probability of the wrong order: dL/da = -(beta/N) sigma(-beta (a - b)).

    a and b of shape (1, N).

    Catalogue: 38.

    >>> prove(dpo_gradient_of_the_chosen()).scope
    'every N'
    """
    pull = pairwise_logistic_gradient().rhs.xreplace({d: chosen - rejected})
    return equation(gradient(dpo_loss().lhs, chosen), pull)


def dpo_gradients_cancel() -> Eq:
    """What lifts the chosen answer lowers the rejected one, exactly: dL/da + dL/db = 0.

    a and b of shape (1, N): the loss sees their difference alone, so both may fall together at no cost.

    Catalogue: 38.

    >>> prove(dpo_gradients_cancel()).scope
    'every N'
    """
    return equation(gradient(dpo_loss().lhs, rejected), -dpo_gradient_of_the_chosen().lhs)


# Unit length and cosine similarity


u = named("u", x / sqrt(norm_squared(x)))


def unit_length() -> Definition:
    """A column divided by its length: u = x/||x||.

    x of shape (D, 1), not 0.
    """
    return Definition(u, u.value)


def unit_length_jacobian() -> Eq:
    """Normalizing projects away the direction itself and divides by the length: du/dx = (I - u u^T)/||x||.

    x of shape (D, 1), not 0.

    Catalogue: 39.

    >>> prove(unit_length_jacobian()).scope
    'every D'
    """
    return equation(jacobian(u, x), (Identity(D) - u * u.T) / sqrt(norm_squared(x)))


def unit_length_vjp() -> Eq:
    """An upstream gradient loses its part along the direction and is divided by the length: dL/dx = (g - u (u^T
    g))/||x||.

    x and g of shape (D, 1), x not 0. Two products of vectors; no matrix is needed.

    Catalogue: 39.

    >>> prove(unit_length_vjp()).scope
    'every D'
    """
    return equation(vjp(g, u, x), (g - inner(u, g) * u) / sqrt(norm_squared(x)))


def unit_length_gradient_is_tangent() -> Eq:
    """What normalizing passes back stands at right angles to its column: a small step turns it and keeps its length.

    x and g of shape (D, 1), x not 0.

    Catalogue: 39.

    >>> prove(unit_length_gradient_is_tangent()).scope
    'every D'
    """
    return equation(inner(x, unit_length_vjp().lhs), 0)


inverse_lengths = diag(elementwise(lambda t: 1 / sqrt(t), ones(D).T * hadamard_product(A, A)))
U = named("U", A * inverse_lengths)


def unit_columns() -> Definition:
    """Every column of a matrix divided by its length: U = A diag(1/||a_n||).

    A of shape (D, N), no column 0; 1^T (A o A) is the row of the squared lengths.
    """
    return Definition(U, U.value)


def unit_columns_vjp() -> Eq:
    """For a batch, the same column by column: dL/dA = (G - U diag(1^T (U o G))) diag(1/||a_n||).

    A and G of shape (D, N), no column of A is 0.

    Catalogue: 39.

    >>> prove(unit_columns_vjp()).scope
    'every D, N'
    """
    along = diag(ones(D).T * hadamard_product(U, G))
    return equation(vjp(G, U, A), (G - U * along) * inverse_lengths)


def cosine_similarity() -> Definition:
    """The cosine of the angle between two columns: their inner product over the product of their lengths.

    x and z of shape (D, 1), neither 0.
    """
    return Definition(Symbol("kappa", real=True), inner(x, z) / (sqrt(norm_squared(x)) * sqrt(norm_squared(z))))


def cosine_similarity_gradient() -> Eq:
    """The cosine pulls a column toward the direction of the other, less what it already has of it: (z/||z|| - kappa
    x/||x||)/||x|| = dkappa/dx.

    x and z of shape (D, 1), neither 0, kappa their cosine.

    Catalogue: 39.

    >>> prove(cosine_similarity_gradient()).scope
    'every D'
    """
    cosine = cosine_similarity().rhs
    length = sqrt(norm_squared(x))
    return equation(gradient(cosine, x), (z / sqrt(norm_squared(z)) - cosine * x / length) / length)


# Rows instead of columns: an embedding in each row.

A_rows, B_rows = MatrixSymbol("A'", N, D), MatrixSymbol("B'", N, D)
row_similarity = A_rows * B_rows.T / tau


def row_similarity_gradient_of_the_first() -> Eq:
    """With an embedding in each row, the score gradient stands on the left: dL/dA' = G B'/tau.

    A' and B' of shape (N, D), scores A' B'^T/tau, L any differentiable scalar function of the scores, G its gradient
    there.

    Catalogue: 37.

    >>> prove(row_similarity_gradient_of_the_first()).scope
    'every D, N'
    """
    return equation(gradient(L(row_similarity), A_rows), L.gradient(row_similarity) * B_rows / tau)


def row_similarity_gradient_of_the_second() -> Eq:
    """With an embedding in each row, the second ones receive it transposed: dL/dB' = G^T A'/tau.

    A' and B' of shape (N, D), scores A' B'^T/tau, L any differentiable scalar function of the scores, G its gradient
    there.

    Catalogue: 37.

    >>> prove(row_similarity_gradient_of_the_second()).scope
    'every D, N'
    """
    return equation(gradient(L(row_similarity), B_rows), L.gradient(row_similarity).T * A_rows / tau)


def _row_clip_score_gradient() -> Any:
    return clip_gradient().rhs.xreplace({S: row_similarity})


@argued(
    lambda right: [
        (vjp(_row_clip_score_gradient(), row_similarity, A_rows), "chain rule, with the gradient by the scores put in"),
        (right, "the rule of the similarities, in rows"),
    ]
)
def row_clip_embedding_gradient() -> Eq:
    """CLIP with an embedding in each row, for the first embeddings: dL/dA' = (P_col + P_row - 2 I) B'/(2 N tau).

    A' and B' of shape (N, D), scores A' B'^T/tau.

    Catalogue: 37.

    >>> prove(row_clip_embedding_gradient()).scope
    'every D, N'
    """
    by_scores = {L.gradient(row_similarity): _row_clip_score_gradient()}
    received = row_similarity_gradient_of_the_first().rhs.xreplace(by_scores)
    return equation(gradient(clip_loss().rhs.xreplace({S: row_similarity}), A_rows), received)


G_rows = MatrixSymbol("G'", N, D)
inverse_row_lengths = diag(elementwise(lambda t: 1 / sqrt(t), hadamard_product(A_rows, A_rows) * ones(D)))
V = named("V", inverse_row_lengths * A_rows)


def unit_rows() -> Definition:
    """Every row of a matrix divided by its length.

    A' of shape (N, D), no row 0.
    """
    return Definition(V, V.value)


def unit_rows_vjp() -> Eq:
    """With an embedding in each row, every row loses its part along itself, and is divided by its length.

    A' and G' of shape (N, D), no row of A' is 0.

    Catalogue: 39.

    >>> prove(unit_rows_vjp()).scope
    'every D, N'
    """
    along = diag(hadamard_product(V, G_rows) * ones(D))
    return equation(vjp(G_rows, V, A_rows), inverse_row_lengths * (G_rows - along * V))
