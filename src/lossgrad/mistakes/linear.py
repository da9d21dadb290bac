"""What people write for the gradients of a linear layer, and is false."""

from __future__ import annotations

from sympy import Eq, KroneckerDelta, MatrixSymbol, Sum
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.expressions import equation, gradient, inner, norm_squared, ones
from lossgrad.notation import C, D, L, N, T, V, W, X, b, lambda_
from lossgrad.theorems import linear
from lossgrad.theorems.linear import E, k, n, p, q, r

square_data = MatrixSymbol("X", D, D)
square_weights = MatrixSymbol("W", D, D)
as_many_examples = MatrixSymbol("X", D, C)


def lost_sign() -> Eq:
    """The gradient by the weights, with a minus sign that belongs to the update and not to the gradient.

    W of shape (C, D), X of shape (D, N).

    Corrected by: linear.weight_gradient.
    """
    return equation(gradient(L(W * X), W), -linear.weight_gradient().rhs)


def forgotten_transpose() -> Eq:
    """The data without the transpose, which goes unnoticed when there are as many examples as features.

    W of shape (C, D), X of shape (D, D): every product below can be formed.

    Corrected by: linear.weight_gradient.
    Reference: CS231n, "Backpropagation, Intuitions", where the sizes are said to leave exactly one way.
    """
    return equation(gradient(L(W * square_data), W), L.gradient(W * square_data) * square_data)


def transpose_on_the_wrong_side() -> Eq:
    """The data transposed on the left, which goes unnoticed when classes, features and examples are equally many.

    W and X of shape (D, D): every product below can be formed.

    Corrected by: linear.weight_gradient.
    """
    scores = square_weights * square_data
    return equation(gradient(L(scores), square_weights), square_data.T * L.gradient(scores))


def gradient_of_the_transposed() -> Eq:
    """The data times the score gradient transposed: right for the weights transposed, and it fits when C is D.

    W of shape (D, D), X of shape (D, N).

    Corrected by: linear.weight_gradient.
    """
    scores = square_weights * X
    return equation(gradient(L(scores), square_weights), X * L.gradient(scores).T)


def weights_not_transposed() -> Eq:
    """The weights without the transpose, which goes unnoticed when there are as many classes as features.

    W of shape (D, D), X of shape (D, N).

    Corrected by: linear.data_gradient.
    """
    scores = square_weights * X
    return equation(gradient(L(scores), X), square_weights * L.gradient(scores))


def data_for_weights() -> Eq:
    """The gradient by the data with the data in the place of the weights, as a handout printed it.

    W and X of shape (D, D): as many classes and examples as features, so that the product has the shape of the data.

    Corrected by: linear.data_gradient.
    Reference: CS231n, "Derivatives, Backpropagation, and Vectorization", equation 12;
    cs231n/cs231n.github.io#229.
    """
    scores = square_weights * square_data
    return equation(gradient(L(scores), square_data), square_data.T * L.gradient(scores))


def wrong_row_of_data() -> Eq:
    """A score by a weight, with the row of the data that has the weight's row number instead of its column number.

    W of shape (D, D), X of shape (D, N): with a square W both rows exist.

    Corrected by: linear.score_by_weight.
    """
    return equation(
        gradient(MatrixElement(square_weights * X, r, k), square_weights)[p, q], KroneckerDelta(r, p) * X[p, k]
    )


def column_of_score_gradient() -> Eq:
    """A column of the score gradient in the place of a row, which goes unnoticed when C is N.

    W of shape (C, D), X of shape (D, C).

    Corrected by: linear.weight_gradient_entry.
    """
    scores = W * as_many_examples
    paired = Sum(L.gradient(scores)[n, p] * as_many_examples[q, n], (n, 0, C - 1))
    return equation(gradient(L(scores), W)[p, q], paired)


def both_transposed() -> Eq:
    """The score gradient transposed as well, which goes unnoticed when there are as many classes as examples.

    W of shape (C, D), X of shape (D, C).

    Corrected by: linear.weight_gradient.
    """
    scores = W * as_many_examples
    return equation(gradient(L(scores), W), L.gradient(scores).T * as_many_examples.T)


def adjoint_without_transpose() -> Eq:
    """A factor moved to the other side of an inner product without being transposed.

    G of shape (C, D), V of shape (C, D), X of shape (D, D).

    Corrected by: linear.adjoint_of_right_factor.
    """
    upstream = MatrixSymbol("G", C, D)
    return equation(inner(upstream, V * square_data), inner(upstream * square_data, V))


def pairing_is_the_loss() -> Eq:
    """The gradient paired with the weights, taken for the loss itself, which holds for losses that are linear.

    W of shape (C, D), X of shape (D, N).

    Corrected by: linear.pairing_with_weights.
    """
    return equation(inner(gradient(L(W * X), W), W), L(W * X))


def bias_mean() -> Eq:
    """The gradient by the bias as the mean over the examples; a mean in the loss is in the score gradient already.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1).

    Corrected by: linear.bias_gradient.
    """
    return equation(linear.bias_gradient().lhs, linear.bias_gradient().rhs / N)


def bias_broadcast() -> Eq:
    """The gradient by the bias taken from one example, the first, as if its copies did not add up.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1).

    Corrected by: linear.bias_gradient.
    """
    biased = linear.scores_with_bias().rhs
    return equation(gradient(L(biased), b)[p, 0], L.gradient(biased)[p, 0])


def bias_over_classes() -> Eq:
    """The gradient by the bias summed over the classes, along the wrong axis, which goes unnoticed when C is N.

    W of shape (C, D), X of shape (D, C), b of shape (C, 1).

    Corrected by: linear.bias_gradient.
    """
    biased = W * as_many_examples + b * ones(C).T
    return equation(gradient(L(biased), b), L.gradient(biased).T * ones(C))


def ridge_without_half() -> Eq:
    """The gradient lambda W for a penalty that has no factor one half.

    W of shape (C, D), X of shape (D, N), lambda a positive number.

    Corrected by: linear.ridge_gradient.
    """
    return equation(gradient(L(W * X) + lambda_ * norm_squared(W), W), linear.ridge_gradient().rhs)


def rows_by_the_column_formula() -> Eq:
    """The column formula in the row layout, which goes unnoticed when all sizes agree.

    X' and W' of shape (D, D).

    Corrected by: linear.row_weight_gradient.
    """
    rows, weights = MatrixSymbol("X'", D, D), MatrixSymbol("W'", D, D)
    return equation(gradient(L(rows * weights), weights), L.gradient(rows * weights) * rows.T)


def pytorch_by_the_row_formula() -> Eq:
    """The row formula for weights that are stored transposed, which fits when there are as many classes as features.

    X' of shape (N, D), W of shape (D, D).

    Corrected by: linear.pytorch_weight_gradient.
    """
    scores = linear.X_rows * square_weights.T
    return equation(gradient(L(scores), square_weights), linear.X_rows.T * L.gradient(scores))


def one_use_of_two() -> Eq:
    """The gradient of weights that are used twice, from their second use alone.

    E of shape (H, D), X of shape (D, N).

    Corrected by: linear.tied_weights.
    """
    output = E.T * E * X
    return equation(gradient(L(output), E), E * X * L.gradient(output).T)


def factors_exchanged() -> Eq:
    """The neighbours of the middle matrix transposed, but each left on the wrong side.

    All matrices of shape (D, D).

    Corrected by: linear.three_factors.
    """
    left, middle = MatrixSymbol("A", D, D), MatrixSymbol("E", D, D)
    scores = left * middle * square_data
    return equation(gradient(L(scores), middle), square_data.T * L.gradient(scores) * left.T)


def mean_over_positions() -> Eq:
    """The mean over the trailing axis in the place of the sum.

    W of shape (C, D), X of shape (D, N T), G of shape (C, N T).

    Corrected by: linear.trailing_axes.
    """
    return equation(linear.trailing_axes().lhs, linear.trailing_axes().rhs / T)
