"""A linear layer with any loss: how a gradient passes from the scores to weights, data and bias.

Convention: a column is an example. W has shape (C, D), X (D, N), b (C, 1), the scores W X have shape (C, N).
L is any differentiable scalar function of the scores; ``L.gradient(W * X)`` is its gradient there, of shape (C, N).
"""

from __future__ import annotations

from typing import Any

from sympy import BlockMatrix, Derivative, Eq, KroneckerDelta, MatrixSymbol, Sum, Symbol, Transpose
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.arguments import argued
from lossgrad.expressions import Definition, equation, gradient, inner, norm_squared, ones, parameters, vjp
from lossgrad.notation import C, D, G, H, L, N, S, T, V, W, X, b, lambda_, x

c, d, k, n, p, q, r, t = (Symbol(name, integer=True, nonnegative=True) for name in "cdknpqrt")

A = MatrixSymbol("A", C, H)
E = MatrixSymbol("E", H, D)
h = parameters("h")


def scores() -> Definition:
    """The scores of a linear layer: one column an example, one row a class.

    W of shape (C, D), X of shape (D, N), the scores of shape (C, N).
    """
    return Definition(S, W * X)


# The derivation of the two gradients, entry by entry.


def chain_rule() -> Eq:
    """A weight acts on the loss through every score: its derivative is a sum over all scores.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores.

    >>> prove(chain_rule()).scope
    'every C, D, N'
    """
    through_scores = Sum(
        L.gradient(W * X)[r, k] * gradient(MatrixElement(W * X, r, k), W)[p, q],
        (r, 0, C - 1),
        (k, 0, N - 1),
    )
    return equation(gradient(L(W * X), W)[p, q], through_scores)


def score_by_weight() -> Eq:
    """A score depends on the weights of its own row only, each with one entry of its own example as the slope.

    W of shape (C, D), X of shape (D, N); delta is 1 when its indices agree and 0 otherwise.

    >>> prove(score_by_weight()).scope
    'every C, D, N'
    """
    return equation(gradient(MatrixElement(W * X, r, k), W)[p, q], KroneckerDelta(r, p) * X[q, k])


def chain_rule_for_weights() -> Eq:
    """With the slopes of the scores put in, the sum over all scores has a delta, which leaves the scores of one row.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores.

    >>> prove(chain_rule_for_weights()).scope
    'every C, D, N'
    """
    through_scores = Sum(
        L.gradient(W * X)[r, k] * score_by_weight().rhs,
        (r, 0, C - 1),
        (k, 0, N - 1),
    )
    return equation(gradient(L(W * X), W)[p, q], through_scores)


def weight_gradient_entry() -> Eq:
    """The derivative by one weight pairs a row of the score gradient with a row of the data, example by example.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores.

    >>> prove(weight_gradient_entry()).scope
    'every C, D, N'
    """
    return equation(gradient(L(W * X), W)[p, q], Sum(L.gradient(W * X)[p, n] * X[q, n], (n, 0, N - 1)))


def weight_gradient() -> Eq:
    """The gradient by the weights is the gradient by the scores times the data transposed, for any loss.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores.

    Catalogue: 2.

    >>> prove(weight_gradient()).scope
    'every C, D, N'
    """
    return equation(gradient(L(W * X), W), L.gradient(W * X) * X.T)


def score_by_datum() -> Eq:
    """A score depends on its own example only, each feature with one weight of the score's row as the slope.

    W of shape (C, D), X of shape (D, N); delta is 1 when its indices agree and 0 otherwise.

    >>> prove(score_by_datum()).scope
    'every C, D, N'
    """
    return equation(gradient(MatrixElement(W * X, r, k), X)[p, q], KroneckerDelta(k, q) * W[r, p])


def data_gradient_entry() -> Eq:
    """The derivative by one entry of the data pairs a column of the weights with a column of the score gradient.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores.

    >>> prove(data_gradient_entry()).scope
    'every C, D, N'
    """
    return equation(gradient(L(W * X), X)[p, q], Sum(W[c, p] * L.gradient(W * X)[c, q], (c, 0, C - 1)))


def data_gradient() -> Eq:
    """The gradient by the data is the weights transposed times the gradient by the scores, for any loss.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores.

    Catalogue: 3.
    Reference: CS231n, "Derivatives, Backpropagation, and Vectorization", equation 12;
    cs231n/cs231n.github.io#229.

    >>> prove(data_gradient()).scope
    'every C, D, N'
    """
    return equation(gradient(L(W * X), X), W.T * L.gradient(W * X))


def weight_vjp() -> Eq:
    """Whatever gradient G arrives at the scores, the weights receive G times the data transposed.

    G of shape (C, N), any upstream gradient; W of shape (C, D), X of shape (D, N).

    Catalogue: 2.

    >>> prove(weight_vjp()).scope
    'every C, D, N'
    """
    return equation(vjp(G, W * X, W), G * X.T)


def data_vjp() -> Eq:
    """Whatever gradient G arrives at the scores, the data receive the weights transposed times G.

    G of shape (C, N), any upstream gradient; W of shape (C, D), X of shape (D, N).

    Catalogue: 3.

    >>> prove(data_vjp()).scope
    'every C, D, N'
    """
    return equation(vjp(G, W * X, X), W.T * G)


# The gradient as an adjoint.


def adjoint_of_right_factor() -> Eq:
    """In an inner product a factor on the right moves to the other side, transposed.

    G of shape (C, N), V of shape (C, D), X of shape (D, N).

    Catalogue: 4.

    >>> prove(adjoint_of_right_factor()).scope
    'every C, D, N'
    """
    return equation(inner(G, V * X), inner(G * X.T, V))


def adjoint_of_left_factor() -> Eq:
    """In an inner product a factor on the left moves to the other side, transposed.

    G of shape (C, N), W of shape (C, D), X of shape (D, N).

    Catalogue: 4.

    >>> prove(adjoint_of_left_factor()).scope
    'every C, D, N'
    """
    return equation(inner(G, W * X), inner(W.T * G, X))


def change_of_loss() -> Eq:
    """How fast the loss changes when the weights move in a direction V: the gradient by the weights, paired with V.

    W and V of shape (C, D), X of shape (D, N), h a number.

    Catalogue: 1.

    >>> prove(change_of_loss()).scope
    'every C, D, N'
    """
    moved = W + h * V
    return equation(Derivative(L(moved * X), h), inner(weight_gradient().rhs.xreplace({W: moved}), V))


def uniqueness() -> Eq:
    """Two candidates that pair alike with every direction are one: with their difference they must pair alike too.

    W and V of shape (C, D), here in the part of two candidates for one gradient.

    Catalogue: 1.

    >>> prove(uniqueness()).scope
    'every C, D'
    """
    return equation(inner(W, W - V), inner(V, W - V) + norm_squared(W - V))


def pairing_with_weights() -> Eq:
    """Pairing the gradient by the weights with the weights gives the same number as pairing at the scores.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores; there is no bias.

    Catalogue: 48.

    >>> prove(pairing_with_weights()).scope
    'every C, D, N'
    """
    return equation(inner(weight_gradient().lhs, W), inner(L.gradient(W * X), W * X))


def pairing_with_data() -> Eq:
    """Pairing the gradient by the data with the data gives the same number as pairing at the scores.

    W of shape (C, D), X of shape (D, N), L any differentiable scalar function of the scores; there is no bias.

    Catalogue: 48.

    >>> prove(pairing_with_data()).scope
    'every C, D, N'
    """
    return equation(inner(data_gradient().lhs, X), inner(L.gradient(W * X), W * X))


# Bias and penalty.


def scores_with_bias() -> Definition:
    """The scores with a bias: the same number is added to a class in every example.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), the column of ones of shape (N, 1).
    """
    return Definition(S, W * X + b * ones(N).T)


def bias_gradient() -> Eq:
    """The gradient by the bias is the sum of the score gradient over the examples, for any loss.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), L any differentiable scalar function of the scores.

    Catalogue: 6.

    >>> prove(bias_gradient()).scope
    'every C, D, N'
    """
    biased = scores_with_bias().rhs
    return equation(gradient(L(biased), b), L.gradient(biased) * ones(N))


def weight_gradient_with_bias() -> Eq:
    """A bias changes where the score gradient is taken and nothing else in the gradient by the weights.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), L any differentiable scalar function of the scores.

    Catalogue: 2.

    >>> prove(weight_gradient_with_bias()).scope
    'every C, D, N'
    """
    biased = scores_with_bias().rhs
    return equation(gradient(L(biased), W), L.gradient(biased) * X.T)


def data_gradient_with_bias() -> Eq:
    """The gradient by the data, too, has the bias in the scores alone.

    W of shape (C, D), b of shape (C, 1), X of shape (D, N), L any differentiable scalar function of the scores.

    Catalogue: 3.

    >>> prove(data_gradient_with_bias()).scope
    'every C, D, N'
    """
    biased = scores_with_bias().rhs
    return equation(gradient(L(biased), X), W.T * L.gradient(biased))


@argued(lambda right: [(right, "rows of blocks times columns of blocks")])
def bias_trick() -> Eq:
    """A bias is one more column of weights for a feature that is always one.

    W of shape (C, D), b of shape (C, 1), X of shape (D, N), the row of ones of shape (1, N).

    Catalogue: 7.

    >>> prove(bias_trick()).scope
    'every C, D, N'
    """
    return equation(BlockMatrix([[W, b]]) * BlockMatrix([[X], [ones(N).T]]), scores_with_bias().rhs)


def bias_trick_gradient() -> Eq:
    """The gradients by weights and bias, side by side: the score gradient times the data transposed, and times ones.

    W of shape (C, D), b of shape (C, 1), X of shape (D, N), L any differentiable scalar function of the scores.

    Catalogue: 7.

    >>> prove(bias_trick_gradient()).scope
    'every C, D, N'
    """
    biased = scores_with_bias().rhs
    by_weights_and_bias = BlockMatrix([[gradient(L(biased), W), gradient(L(biased), b)]])
    return equation(by_weights_and_bias, BlockMatrix([[weight_gradient_with_bias().rhs, bias_gradient().rhs]]))


def ridge_gradient() -> Eq:
    """A ridge penalty of half lambda times the sum of squares adds lambda times the weights to the gradient.

    W of shape (C, D), X of shape (D, N), lambda a positive number.

    Catalogue: 31.

    >>> prove(ridge_gradient()).scope
    'every C, D, N'
    """
    penalised = L(W * X) + lambda_ / 2 * norm_squared(W)
    return equation(gradient(penalised, W), weight_gradient().rhs + lambda_ * W)


# What the rules of the layer make of any gradient that arrives at its result: for statements about particular losses.


def to_weights(arriving: Any, data: Any = X) -> Any:
    """What the weights of a linear layer receive of a gradient that arrives: it times the data transposed."""
    return weight_gradient().rhs.xreplace({L.gradient(W * X): arriving, X: data}).doit(deep=False)


def to_data(arriving: Any, weights: Any = W) -> Any:
    """What the data receive of a gradient that arrives: the weights transposed times it."""
    return data_gradient().rhs.xreplace({L.gradient(W * X): arriving, W: weights}).doit(deep=False)


def to_bias(arriving: Any) -> Any:
    """What the bias receives of a gradient that arrives: its sum over the examples."""
    return bias_gradient().rhs.xreplace({L.gradient(scores_with_bias().rhs): arriving}).doit(deep=False)


# Rows instead of columns: one layout beside the other.

X_rows = MatrixSymbol("X'", N, D)
W_rows = MatrixSymbol("W'", D, C)
b_row = MatrixSymbol("b'", 1, C)
S_rows = MatrixSymbol("S'", N, C)


def row_scores() -> Definition:
    """The scores in the row layout: one row an example, one column a class.

    X' of shape (N, D), W' of shape (D, C), b' of shape (1, C), the scores of shape (N, C).
    """
    return Definition(S_rows, X_rows * W_rows + ones(N) * b_row)


def row_score_gradient() -> Eq:
    """With an example in each row, any loss of the scores passes back what it does in columns, transposed.

    S' of shape (N, C), L any differentiable scalar function of scores of shape (C, N): of S' transposed, that is.

    Catalogue: 8.

    >>> prove(row_score_gradient()).scope
    'every C, N'
    """
    return equation(gradient(L(S_rows.T), S_rows), Transpose(L.gradient(S_rows.T)))


@argued(lambda right: [(right, "a transposed product is the product of the transposes, in the other order")])
def layouts_agree() -> Eq:
    """Data and weights transposed, in the other order, give the same scores, transposed.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1).

    Catalogue: 8.

    >>> prove(layouts_agree()).scope
    'every C, D, N'
    """
    return equation(Transpose(scores_with_bias().rhs), X.T * W.T + ones(N) * b.T)


def row_weight_gradient() -> Eq:
    """In the row layout the data stand on the left: their transpose times the gradient by the scores.

    X' of shape (N, D), W' of shape (D, C), b' of shape (1, C), L any differentiable scalar function of the scores.

    Catalogue: 8.

    >>> prove(row_weight_gradient()).scope
    'every C, D, N'
    """
    rows = row_scores().rhs
    return equation(gradient(L(rows), W_rows), X_rows.T * L.gradient(rows))


def row_data_gradient() -> Eq:
    """In the row layout the weights stand on the right: the gradient by the scores times their transpose.

    X' of shape (N, D), W' of shape (D, C), b' of shape (1, C), L any differentiable scalar function of the scores.

    Catalogue: 8.

    >>> prove(row_data_gradient()).scope
    'every C, D, N'
    """
    rows = row_scores().rhs
    return equation(gradient(L(rows), X_rows), L.gradient(rows) * W_rows.T)


def row_bias_gradient() -> Eq:
    """In the row layout the gradient by the bias is a row: again the sum over the examples.

    X' of shape (N, D), W' of shape (D, C), b' of shape (1, C), L any differentiable scalar function of the scores.

    Catalogue: 8.

    >>> prove(row_bias_gradient()).scope
    'every C, D, N'
    """
    rows = row_scores().rhs
    return equation(gradient(L(rows), b_row), ones(N).T * L.gradient(rows))


def pytorch_weight_gradient() -> Eq:
    """A layer that keeps its weights as C x D and its examples as rows has, in its weights, the column formula.

    X' of shape (N, D), W of shape (C, D), as in PyTorch's ``nn.Linear``; L any differentiable scalar function.

    Catalogue: 8.
    Reference: PyTorch documentation, torch.nn.Linear.

    >>> prove(pytorch_weight_gradient()).scope
    'every C, D, N'
    """
    return equation(gradient(L(X_rows * W.T), W), L.gradient(X_rows * W.T).T * X_rows)


# What follows from the two gradients.


def three_factors() -> Eq:
    """A matrix between two others: each neighbour stands on its own side, transposed.

    A of shape (C, H), E of shape (H, D), X of shape (D, N), L any differentiable scalar function of the scores.

    Catalogue: 11.

    >>> prove(three_factors()).scope
    'every C, D, H, N'
    """
    return equation(gradient(L(A * E * X), E), A.T * L.gradient(A * E * X) * X.T)


def tied_weights() -> Eq:
    """Weights that are used twice collect a gradient from each use.

    E of shape (H, D), X of shape (D, N): a tied auto-encoder, whose output has the shape of X.

    Catalogue: 10.

    >>> prove(tied_weights()).scope
    'every D, H, N'
    """
    output = E.T * E * X
    return equation(gradient(L(output), E), E * X * L.gradient(output).T + E * L.gradient(output) * X.T)


def one_example() -> Eq:
    """The gradient from one example is an outer product: a column of classes times a row of features.

    W of shape (C, D), x of shape (D, 1), L any differentiable scalar function of the scores.

    Catalogue: 12.

    >>> prove(one_example()).scope
    'every C, D'
    """
    return equation(gradient(L(W * x), W), weight_gradient().rhs.xreplace({X: x}))


def rank_of_one_example() -> Eq:
    """Every minor of two rows and two columns is zero: the gradient from one example has rank one at most.

    W of shape (C, D), x of shape (D, 1), L any differentiable scalar function of the scores.

    Catalogue: 12.

    >>> prove(rank_of_one_example()).scope
    'every C, D'
    """
    by_weights = one_example().lhs
    return equation(by_weights[c, d] * by_weights[p, q], by_weights[c, q] * by_weights[p, d])


def trailing_axes() -> Eq:
    """With more axes than one behind the features, the gradient sums over all of them.

    W of shape (C, D), X of shape (D, N T): position t of example n is column n T + t; G of shape (C, N T).

    Catalogue: 9.

    >>> prove(trailing_axes()).scope
    'every C, D, N, T'
    """
    data, upstream = MatrixSymbol("X", D, N * T), MatrixSymbol("G", C, N * T)
    place, axes = n * T + t, ((n, 0, N - 1), (t, 0, T - 1))
    paired = Sum(upstream[c, place] * MatrixElement(W * data, c, place), (c, 0, C - 1), *axes)
    return equation(gradient(paired, W)[p, q], Sum(upstream[p, place] * data[q, place], *axes))


def stacked_by_weights() -> Eq:
    """Stacked column on column, the scores are one matrix, the data Kronecker identity, times the stacked weights.

    W of shape (C, D), X of shape (D, N). Entry (n C + c, d C + r) of that matrix, of shape (N C, D C), is X[d, n] where
    c and r agree, and 0 elsewhere.

    Catalogue: 5.
    Reference: Petersen and Pedersen, The Matrix Cookbook, section 10.2.

    >>> prove(stacked_by_weights()).scope
    'every C, D, N'
    """
    return equation(
        MatrixElement(W * X, c, n), Sum(KroneckerDelta(c, r) * X[d, n] * W[r, d], (d, 0, D - 1), (r, 0, C - 1))
    )


def stacked_by_data() -> Eq:
    """Stacked column on column, the scores are one matrix, identity Kronecker weights, times the stacked data.

    W of shape (C, D), X of shape (D, N). Entry (n C + c, k D + d) of that matrix, of shape (N C, N D), is W[c, d] where
    n and k agree, and 0 elsewhere.

    Catalogue: 5.
    Reference: Petersen and Pedersen, The Matrix Cookbook, section 10.2.

    >>> prove(stacked_by_data()).scope
    'every C, D, N'
    """
    return equation(
        MatrixElement(W * X, c, n), Sum(KroneckerDelta(n, k) * W[c, d] * X[d, k], (k, 0, N - 1), (d, 0, D - 1))
    )
