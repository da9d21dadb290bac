"""A gradient at scale: descent steps, micro-batches, chunks, blocks of a logsumexp, finite differences.

Convention: a column is an example. W of shape (C, D), X of shape (D, N), y the N labels, P = softmax(W X).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Expr, KroneckerDelta, MatrixSymbol, Max, Rational, Sum, Symbol, exp, hadamard_product, log

from lossgrad.arguments import argued
from lossgrad.expressions import (
    Definition,
    MatrixEntry,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    labels,
    logsumexp,
    named,
    norm_squared,
    one_hot,
    ones,
    parameters,
    sizes,
    softmax,
)
from lossgrad.notation import C, D, K, L, N, S, U, W, X, Y, eta, s, y
from lossgrad.theorems import softmax as classifier
from lossgrad.theorems.linear import X_rows, to_weights

V = MatrixSymbol("V", C, D)
v = MatrixSymbol("v", C, 1)
a = MatrixSymbol("a", N, 1)
t = MatrixSymbol("t", 1, 1)
N_1, N_2 = sizes("N_1 N_2")
X_1, X_2 = MatrixSymbol("X_1", D, N_1), MatrixSymbol("X_2", D, N_2)
y_1, y_2 = labels("y_1", N_1), labels("y_2", N_2)
parts = ((X_1, y_1), (X_2, y_2))
g_1, g_2 = MatrixSymbol("g_1", C, D), MatrixSymbol("g_2", C, D)
block = labels("k", N)
h, h_0, kappa = parameters("h h_0 kappa", positive=True)
beta = parameters("beta")
i, j = Symbol("i", integer=True, nonnegative=True), Symbol("j", integer=True, nonnegative=True)

labelled = one_hot(y, C)
members = one_hot(block, K)


def cross_entropy(X: Any, y: Any) -> Expr:
    """The mean cross-entropy of the scores W X with the labels y."""
    return summed_cross_entropy(X, y) / X.shape[1]


def summed_cross_entropy(X: Any, y: Any) -> Expr:
    """The summed cross-entropy of the scores W X with the labels y."""
    return -inner(one_hot(y, C), elementwise(log, softmax(W * X)))


# How large a step may be

p = named("p", softmax(s))
p_t = named("p_t", softmax(s + t[0, 0] * v))
P_t = named("P_t", softmax((W + t[0, 0] * V) * X))
g = named("g", L.gradient(W))


def probabilities() -> Definition:
    """The probabilities of one example.

    s and p of shape (C, 1).
    """
    return Definition(p, p.value)


def probabilities_along_a_line() -> Definition:
    """The probabilities of one example whose scores move along a line.

    s and v of shape (C, 1), t a 1 x 1 matrix.
    """
    return Definition(p_t, p_t.value)


def curvature_along_a_line() -> Eq:
    """Along a line of scores, logsumexp bends by the variance of the direction: d2/dt2 = v^T (diag(p) - p p^T) v.

    s and v of shape (C, 1), t a 1 x 1 matrix, p = softmax(s + t v).

    Catalogue: 54.

    >>> prove(curvature_along_a_line()).scope
    'every C'
    """
    slope = gradient(logsumexp(s + t[0, 0] * v)[0, 0], t)[0, 0]
    return equation(gradient(slope, t)[0, 0], inner(v, (diag(p_t) - p_t * p_t.T) * v))


def curvature_is_below_one_half() -> Eq:
    """Half the squared length of a direction exceeds the curvature along it by a sum of squares with positive weights.

    v of shape (C, 1), p = softmax(s). No term on the right is negative, so the curvature is at most that half.

    Catalogue: 54.

    >>> prove(curvature_is_below_one_half()).scope
    'every C'
    """
    p_i, p_j = MatrixEntry(p, i, 0), MatrixEntry(p, j, 0)
    pairs = Sum((1 - KroneckerDelta(i, j)) * p_i * p_j * (v[i, 0] + v[j, 0]) ** 2, (i, 0, C - 1), (j, 0, C - 1))
    singles = Sum((p_i - Rational(1, 2)) ** 2 * v[i, 0] ** 2, (i, 0, C - 1))
    return equation(norm_squared(v) / 2 - inner(v, (diag(p) - p * p.T) * v), pairs / 2 + 2 * singles)


def loss_along_a_line() -> Definition:
    """The mean cross-entropy of a linear classifier whose weights move along a line.

    W and V of shape (C, D), X of shape (D, N), y of N labels, t a 1 x 1 matrix.
    """
    value = -inner(labelled, elementwise(log, P_t)) / N
    return Definition(named("L_t", value), value)


def batch_along_a_line() -> Definition:
    """The probabilities of a batch when the weights move along a line.

    W and V of shape (C, D), X of shape (D, N), t a 1 x 1 matrix.
    """
    return Definition(P_t, P_t.value)


@argued(
    lambda right: [
        (gradient(inner(P_t - labelled, V * X) / N, t)[0, 0], "the gradient by the scores, paired with their move"),
        (
            inner(classifier.softmax_vjp().rhs.xreplace({softmax(S): P_t, U: V * X}), V * X) / N,
            "what softmax passes back of the move; the labels do not move",
        ),
        (right, "the sum of each column, squared"),
    ]
)
def curvature_of_the_loss() -> Eq:
    """Along a line of weights the loss bends by the mean variance of the directions in which the scores move.

    W and V of shape (C, D), X of shape (D, N), P = softmax((W + t V) X): the second derivative by t is
    (<VX, P o VX> - ||1^T (P o VX)||^2)/N. The labels play no part.

    Catalogue: 54.

    >>> prove(curvature_of_the_loss()).scope
    'every C, D, N'
    """
    slope = gradient(loss_along_a_line().lhs, t)[0, 0]
    weighed = hadamard_product(P_t, V * X)
    return equation(gradient(slope, t)[0, 0], (inner(V * X, weighed) - norm_squared(ones(C).T * weighed)) / N)


def gradient_at_the_weights() -> Definition:
    """The gradient of the loss at the weights, against which the step goes.

    W and g of shape (C, D), L any differentiable scalar function of a matrix.
    """
    return Definition(g, g.value)


def descent_bound() -> Eq:
    """What a bounded curvature promises of a step against the gradient: bound = L - eta (1 - eta beta/2) ||g||^2.

    beta is the bound, g of shape (C, D) the gradient of L at W. The left side is the tangent plane at the step -eta g,
    plus beta/2 times its squared length. It lies below L for every step size between 0 and 2/beta.

    Catalogue: 54. Reference: Nesterov, Introductory Lectures on Convex Optimization, 2004, section 1.2.3.

    >>> prove(descent_bound()).scope
    'every C, D'
    """
    plane = L(W) + inner(g, -eta * g)
    return equation(
        plane + beta / 2 * norm_squared(-eta * g),
        L(W) - eta * (1 - eta * beta / 2) * norm_squared(g),
    )


# Micro-batches


def loss_of_the_first_part() -> Definition:
    """The mean cross-entropy of the first micro-batch.

    X_1 of shape (D, N_1) and its N_1 labels y_1.
    """
    return _mean("L_1", cross_entropy(X_1, y_1))


def loss_of_the_second_part() -> Definition:
    """The mean cross-entropy of the second micro-batch.

    X_2 of shape (D, N_2) and its N_2 labels y_2.
    """
    return _mean("L_2", cross_entropy(X_2, y_2))


def loss_of_both_parts() -> Definition:
    """The mean cross-entropy of all examples of both micro-batches."""
    return _mean("L_all", (summed_cross_entropy(X_1, y_1) + summed_cross_entropy(X_2, y_2)) / (N_1 + N_2))


def _mean(name: str, value: Any) -> Definition:
    return Definition(named(name, value), value)


@argued(
    lambda right: [
        (
            (gradient(summed_cross_entropy(X_1, y_1), W) + gradient(summed_cross_entropy(X_2, y_2), W)) / (N_1 + N_2),
            "the derivative of a sum",
        ),
        (right, "each sum is a mean, times the number of its examples"),
    ]
)
def two_micro_batches() -> Eq:
    """The gradient of a batch in two parts is the mean of their gradients, weighted by how many examples each has.

    X_1 of shape (D, N_1), X_2 of shape (D, N_2), their labels y_1 and y_2; each part's own loss is a mean.

    Catalogue: 55.

    >>> prove(two_micro_batches()).scope
    'every C, D, N_1, N_2'
    """
    first, second = (gradient(part().lhs, W) for part in (loss_of_the_first_part, loss_of_the_second_part))
    return equation(gradient(loss_of_both_parts().lhs, W), (N_1 * first + N_2 * second) / (N_1 + N_2))


def plain_mean_is_off_by() -> Eq:
    """The plain mean of two gradients misses the weighted one by a multiple of their difference, zero when the parts
    are equally large.

    g_1 and g_2 of shape (C, D). Right when the parts are equally large, or their gradients equal; never else.

    Catalogue: 55.

    >>> prove(plain_mean_is_off_by()).scope
    'every C, D'
    """
    weighted = (N_1 * g_1 + N_2 * g_2) / (N_1 + N_2)
    return equation((g_1 + g_2) / 2 - weighted, (N_2 - N_1) / (2 * (N_1 + N_2)) * (g_1 - g_2))


counts = named("N_k", members * ones(N))
means = named("U_k", U * members.T * diag(elementwise(lambda t: 1 / t, counts)))


def counts_of_the_micro_batches() -> Definition:
    """How many examples each micro-batch has.

    k assigns every example to one of K micro-batches; N_k of shape (K, 1).
    """
    return Definition(counts, counts.value)


def means_of_the_micro_batches() -> Definition:
    """The mean gradient of each micro-batch, a column each.

    Column n of U, of shape (C, N), is the gradient of example n; U_k of shape (C, K).
    """
    return Definition(means, means.value)


def micro_batches() -> Eq:
    """Any number of micro-batches: their mean gradients, weighted by their counts, add up to the mean over all
    examples.

    U of shape (C, N) holds the gradients of the examples, U_k of shape (C, K) the means of the micro-batches, N_k of
    shape (K, 1) their counts, none of which is 0.

    Catalogue: 55.

    >>> prove(micro_batches()).scope
    'every C, K, N'
    """
    return equation(means * counts / N, U * ones(N) / N)


# Chunks


@argued(
    lambda right: [
        (two_micro_batches().rhs, "each part with the number of its examples"),
        (right, "the gradient of softmax cross-entropy behind a linear layer, in each part"),
    ]
)
def two_chunks() -> Eq:
    """The weight gradient of a batch in two chunks: each adds its own error times its own data, transposed.

    X_1 of shape (D, N_1), X_2 of shape (D, N_2), their labels y_1 and y_2, W of shape (C, D); the mean is over all.

    Catalogue: 56.

    >>> prove(two_chunks()).scope
    'every C, D, N_1, N_2'
    """
    first, second = (to_weights(softmax(W * X) - one_hot(y, C), X) for X, y in parts)
    return equation(gradient(loss_of_both_parts().lhs, W), (first + second) / (N_1 + N_2))


def chunks() -> Eq:
    """The weight gradient of a large head comes chunk by chunk, each chunk's share added to the last.

    k assigns every example to one of K chunks; delta is 1 where example n is in chunk i. No two chunks need the same
    scores in memory.

    Catalogue: 56.

    >>> prove(chunks()).scope
    'every C, D, K, N'
    """
    row, column, n = (Symbol(name, integer=True, nonnegative=True) for name in "pqn")
    error = MatrixEntry(softmax(W * X), row, n) - labelled[row, n]
    one_chunk = Sum(members[i, n] * error * X[column, n], (n, 0, N - 1))
    return equation(gradient(cross_entropy(X, y), W)[row, column], Sum(one_chunk, (i, 0, K - 1)) / N)


def row_weights_go_inside() -> Eq:
    """With an example in each row the weights of the examples scale rows, before these are added.

    W stored as (C, D) and used transposed, X' of shape (N, D), a of shape (N, 1) any weights.

    Catalogue: 56.

    >>> prove(row_weights_go_inside()).scope
    'every C, D, N'
    """
    probabilities = softmax((X_rows * W.T).T).T
    losses = -inner(diag(a) * labelled.T, elementwise(log, probabilities))
    return equation(gradient(losses, W), (probabilities - labelled.T).T * diag(a) * X_rows)


def weights_go_inside() -> Eq:
    """Weights of the examples act on the columns before these are added: dL/dW = (P - Y) diag(a) X^T.

    W of shape (C, D), X of shape (D, N), a of shape (N, 1) any weights: what an upstream gradient of the N losses is.

    Catalogue: 56. Reference: linkedin/Liger-Kernel#968.

    >>> prove(weights_go_inside()).scope
    'every C, D, N'
    """
    losses = -inner(labelled * diag(a), elementwise(log, softmax(W * X)))
    return equation(gradient(losses, W), to_weights((softmax(W * X) - labelled) * diag(a)))


# Logsumexp over blocks

m_1, m_2, m_3, o_1, o_2 = parameters("m_1 m_2 m_3 o_1 o_2")
l_1, l_2, l_3 = parameters("l_1 l_2 l_3", positive=True)

State = tuple[Any, Any]


def merged(left: State, right: State) -> State:
    """Two blocks (m, l) as one: the larger m, and the sums l rescaled to it."""
    (m, sum_), (m_other, sum_other) = left, right
    top = Max(m, m_other)
    return top, sum_ * exp(m - top) + sum_other * exp(m_other - top)


def logsumexp_shift() -> Eq:
    """Any number may be subtracted from the scores first and added again: with the largest, nothing overflows.

    s of shape (C, 1), m any number.

    Catalogue: 57.

    >>> prove(logsumexp_shift()).scope
    'every C'
    """
    shifted = inner(ones(C), elementwise(lambda t: exp(t - m_1), s))
    return equation(logsumexp(s)[0, 0], m_1 + log(shifted))


m = named("m", Max(m_1, m_2))
l_merged = named("l", l_1 * exp(m_1 - m) + l_2 * exp(m_2 - m))


def merged_maximum() -> Definition:
    """The maximum of two blocks, each summarized by its maximum and its sum of exponentials after that maximum is
    subtracted.
    """
    return Definition(m, m.value)


def merged_sum() -> Definition:
    """The sum of two blocks, rescaled to the common maximum."""
    return Definition(l_merged, l_merged.value)


def merged_logsumexp() -> Eq:
    """Merging keeps the value: log(l_1 e^(m_1) + l_2 e^(m_2)) = m + log l, and no exponent on the right is above 0.

    m_1 and m_2 any numbers, l_1 and l_2 positive, m and l the maximum and the sum of the two blocks together.

    Catalogue: 57. Reference: Milakov and Gimelshein, Online normalizer calculation for softmax, 2018.

    >>> prove(merged_logsumexp()).hypotheses
    ()
    """
    return equation(log(l_1 * exp(m_1) + l_2 * exp(m_2)), m + log(l_merged))


def merging_is_associative() -> Eq:
    """Blocks may be merged in any grouping: the sum of three comes out the same.

    The maxima agree at once, the sums after rescaling.

    Catalogue: 57.

    >>> prove(merging_is_associative()).hypotheses
    ()
    """
    first, second, third = (m_1, l_1), (m_2, l_2), (m_3, l_3)
    return equation(merged(merged(first, second), third)[1], merged(first, merged(second, third))[1])


def merged_average() -> Eq:
    """Softmax averages of two blocks merge with the same factors: what streamed attention does to its output.

    o_1 and o_2 are the averages of the blocks, (m_1, l_1) and (m_2, l_2) their summaries.

    Catalogue: 57. Reference: Dao, Fu, Ermon, Rudra and Re, FlashAttention, 2022.

    >>> prove(merged_average()).hypotheses
    ()
    """
    streamed = (l_1 * exp(m_1 - m) * o_1 + l_2 * exp(m_2 - m) * o_2) / l_merged
    whole = (l_1 * exp(m_1) * o_1 + l_2 * exp(m_2) * o_2) / (l_1 * exp(m_1) + l_2 * exp(m_2))
    return equation(whole, streamed)


# Finite differences


def directional_derivative() -> Eq:
    """What a directional difference measures: the gradient, paired with the direction.

    W and V of shape (C, D), t a 1 x 1 matrix, L any differentiable scalar function of a matrix.

    Catalogue: 59.

    >>> prove(directional_derivative()).scope
    'every C, D'
    """
    moved = W + t[0, 0] * V
    return equation(gradient(L(moved), t)[0, 0], inner(L.gradient(moved), V))


def half_squared_error(W: Any) -> Expr:
    """Half the squared error of the scores W X, mean over the examples."""
    return norm_squared(W * X - Y) / (2 * N)


L_0 = named("L_0", half_squared_error(W))
L_ahead = named("L_+", half_squared_error(W + h * V))
L_behind = named("L_-", half_squared_error(W - h * V))


def squared_error_here() -> Definition:
    """Half the squared error of a linear map, mean over the examples.

    W of shape (C, D), X of shape (D, N), Y of shape (C, N).
    """
    return Definition(L_0, L_0.value)


def squared_error_ahead() -> Definition:
    """The same a step ahead in a direction.

    W and V of shape (C, D), X of shape (D, N), Y of shape (C, N), h > 0.
    """
    return Definition(L_ahead, L_ahead.value)


def squared_error_behind() -> Definition:
    """The same a step back.

    W and V of shape (C, D), X of shape (D, N), Y of shape (C, N), h > 0.
    """
    return Definition(L_behind, L_behind.value)


def central_difference_of_squares() -> Eq:
    """For a squared error the central difference is exact, with a step of any size.

    W and V of shape (C, D), X of shape (D, N), Y of shape (C, N), h > 0.

    Catalogue: 59.

    >>> prove(central_difference_of_squares()).scope
    'every C, D, N'
    """
    return equation((L_ahead - L_behind) / (2 * h), inner(gradient(L_0, W), V))


def forward_difference_of_squares() -> Eq:
    """The forward difference of the same loss is off by half the curvature times the step.

    W and V of shape (C, D), X of shape (D, N), Y of shape (C, N), h > 0.

    Catalogue: 59.

    >>> prove(forward_difference_of_squares()).scope
    'every C, D, N'
    """
    slope = inner(gradient(L_0, W), V)
    return equation((L_ahead - L_0) / h, slope + h * norm_squared(V * X) / (2 * N))


def central_difference_of_a_cube() -> Eq:
    """The first error that a central difference shows: of a cube it is the square of the step.

    x any number, h > 0.

    Catalogue: 59.

    >>> prove(central_difference_of_a_cube()).hypotheses
    ()
    """
    x = parameters("x")
    return equation(((x + h) ** 3 - (x - h) ** 3) / (2 * h), 3 * x**2 + h**2)


def best_step() -> Eq:
    """How far the error of a central difference lies above its least, at any step: never below zero.

    The error is rounding, u/h, plus truncation, kappa h^2. With u = 2 kappa h_0^3, so that h_0 is the cube root of
    u/(2 kappa), the least error is 3 kappa h_0^2, and what lies above is kappa (h - h_0)^2 (h + 2 h_0)/h.

    Catalogue: 60.

    >>> prove(best_step()).hypotheses
    ()
    """
    rounding = 2 * kappa * h_0**3
    return equation(rounding / h + kappa * h**2 - 3 * kappa * h_0**2, kappa * (h - h_0) ** 2 * (h + 2 * h_0) / h)
