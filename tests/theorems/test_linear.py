"""A linear layer: what the generic tests of all theorems do not cover."""

from itertools import product

import pytest
from sympy import Matrix, MatrixSymbol

from lossgrad import Refuted, equation, gradient, loss, prove
from lossgrad.expressions import vjp
from lossgrad.notation import W, X
from lossgrad.theorems import linear

SHAPES = ((2, 3, 4), (4, 2, 3), (3, 4, 2), (1, 1, 1), (3, 3, 3))


def products_of_the_shape_of_the_weights(C: int, D: int, N: int) -> list[object]:
    """All products of the score gradient and the data, each transposed or not, in both orders, that fit."""
    G, data = MatrixSymbol("G", C, N), MatrixSymbol("X", D, N)
    factors = product((G, G.T), (data, data.T))
    orders = (order for first, second in factors for order in ((first, second), (second, first)))
    return [left * right for left, right in orders if (left.shape, right.shape[1]) == ((C, right.shape[0]), D)]


@pytest.mark.parametrize(("C", "D", "N"), SHAPES)
def test_of_all_products_that_fit_one_is_the_gradient(C: int, D: int, N: int) -> None:
    weights, data = MatrixSymbol("W", C, D), MatrixSymbol("X", D, N)
    G = MatrixSymbol("G", C, N)
    fitting = products_of_the_shape_of_the_weights(C, D, N)
    right = [candidate for candidate in fitting if candidate == G * data.T]
    assert len(right) == 1
    for candidate in fitting:
        claim = equation(vjp(G, weights * data, weights), candidate)
        if candidate == G * data.T or C == D == N == 1:
            prove(claim)
        else:
            with pytest.raises(Refuted):
                prove(claim)


@pytest.mark.parametrize(("C", "D", "N"), SHAPES)
def test_weight_gradient_at_numbers_for_sizes_is_that_of_sympy(C: int, D: int, N: int) -> None:
    weights, data, G = MatrixSymbol("W", C, D), MatrixSymbol("X", D, N), MatrixSymbol("G", C, N)
    paired = sum(a * b for a, b in zip(Matrix(G), Matrix(weights * data), strict=True))
    derivatives = Matrix(C, D, lambda c, d: paired.diff(weights[c, d]))
    assert (derivatives - Matrix(G * data.T)).expand() == Matrix.zeros(C, D)


def test_row_layout_transposed_is_the_column_layout() -> None:
    stored = linear.pytorch_weight_gradient().subs(linear.X_rows, X.T)
    assert prove(stored).scope == "every C, D, N"


def test_scores_of_several_losses_do_not_mix() -> None:
    first, second = loss("L_0"), loss("L_1")
    prove(equation(gradient(first(W * X), W), first.gradient(W * X) * X.T))
    with pytest.raises(Refuted):
        prove(equation(gradient(first(W * X), W), second.gradient(W * X) * X.T))


def test_two_examples_have_rank_two_and_not_three() -> None:
    assert Matrix(MatrixSymbol("G", 3, 2) * MatrixSymbol("X", 3, 2).T).det().expand() == 0
    assert Matrix(MatrixSymbol("G", 3, 3) * MatrixSymbol("X", 3, 3).T).det().expand() != 0
