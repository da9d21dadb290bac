"""The worked example: derivatives by SymPy alone, against what the theorems say."""

import pytest
from sympy import Add, Matrix, MatrixSymbol, Rational, exp, log

from lossgrad import Refuted, equation, one_hot, prove, softmax
from lossgrad.theorems.example import C, D, N, S, W, X, denominator, loss_of_example, mean_loss, numerator, y

TO_PRODUCTS = dict(zip(Matrix(S), Matrix(W * X), strict=True))
BY_SCORES = Matrix(C, N, lambda c, n: mean_loss(S).diff(S[c, n]))
BY_WEIGHTS = Matrix(C, D, lambda c, d: mean_loss(W * X).diff(W[c, d]))
BY_DATA = Matrix(D, N, lambda d, n: mean_loss(W * X).diff(X[d, n]))


def test_parts_of_the_loss_are_those_of_its_column() -> None:
    assert denominator(S, 2) == exp(S[0, 2]) + exp(S[1, 2]) + exp(S[2, 2])
    assert [numerator(S, n) for n in range(N)] == [exp(S[n, n]) for n in range(N)]
    assert loss_of_example(S, 1) == log(denominator(S, 1)) - S[1, 1]


def test_every_entry_by_the_weights_is_that_of_the_product() -> None:
    product = (BY_SCORES * Matrix(X.T)).xreplace(TO_PRODUCTS)
    assert (BY_WEIGHTS - product).expand() == Matrix.zeros(C, D)


def test_every_entry_by_the_data_is_that_of_the_product() -> None:
    product = (Matrix(W.T) * BY_SCORES).xreplace(TO_PRODUCTS)
    assert (BY_DATA - product).expand() == Matrix.zeros(D, N)


def test_derivative_by_a_weight_has_four_terms_and_one_row_of_the_data() -> None:
    to_scores = {product: score for score, product in TO_PRODUCTS.items()}
    for c in range(C):
        for d in range(D):
            in_scores = BY_WEIGHTS[c, d].xreplace(to_scores)
            assert len(Add.make_args(in_scores)) == 4
            assert {entry for entry in Matrix(X) if in_scores.has(entry)} == {X[d, n] for n in range(N)}
            assert in_scores.as_independent(exp)[0] == -X[d, c] / 3


def test_formula_that_agrees_in_the_first_entry_is_refuted() -> None:
    wrong = (softmax(W * X) - one_hot((0, 2, 1), C)) * X.T / N
    prove(equation(BY_WEIGHTS[0, 0], Matrix(wrong)[0, 0]))
    with pytest.raises(Refuted):
        prove(equation(BY_WEIGHTS, wrong))


def test_probabilities_of_the_example_are_those_of_softmax() -> None:
    one_hot_third = Rational(1, 3) * Matrix(one_hot(y, C))
    prove(equation((BY_SCORES + one_hot_third).as_immutable(), softmax(S) / 3))
    assert MatrixSymbol("S", 3, 3) == S
