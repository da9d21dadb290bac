"""Layers on layers: what the generic tests of all theorems do not cover."""

from sympy import HadamardProduct, Matrix, MatrixSymbol, zeros

from lossgrad import elementwise, equation, gradient, ones, prove, vjp
from lossgrad.notation import C, D, H, K, L, N, W, X, phi
from lossgrad.theorems import depth
from lossgrad.worked import worked


def test_a_third_layer_is_one_more_step() -> None:
    W_3, b_3 = MatrixSymbol("W_3", K, C), MatrixSymbol("b_3", K, 1)
    top = W_3 * elementwise(phi, depth.A_2.value) + b_3 * ones(N).T
    second = HadamardProduct(W_3.T * L.gradient(top), elementwise(phi.prime, depth.A_2))
    first = HadamardProduct(depth.W_2.T * second, elementwise(phi.prime, depth.A_1))
    assert prove(equation(gradient(L(top), depth.W_1), first * X.T)).scope == "every C, D, H, K, N"


def test_the_induction_starts_at_the_top() -> None:
    top = MatrixSymbol("A", C, N)
    assert prove(equation(gradient(L(top), top), L.gradient(top))).scope == "every C, N"


def test_a_word_that_stands_twice_receives_twice() -> None:
    received = MatrixSymbol("G", D, N)
    by_table = vjp(received, depth.looked_up, depth.E)
    values = {depth.E: zeros(2, 4), depth.k: (0, 2, 0), received: Matrix([[1, 2, 3], [10, 20, 30]])}
    assert worked(by_table, values) == Matrix([[4, 0, 2, 0], [40, 0, 20, 0]])


def test_the_outer_factor_of_an_adapter_moves_first() -> None:
    upstream = MatrixSymbol("G", C, N)
    start = {
        W: Matrix([[1, 2]]),
        depth.B_r: zeros(1, 1),
        depth.A_r: Matrix([[3, 5]]),
        X: Matrix([1, 1]),
        depth.alpha: 2,
        upstream: Matrix([[1]]),
    }
    assert worked(vjp(upstream, depth.adapted, depth.A_r), start) == zeros(1, 2)
    assert worked(vjp(upstream, depth.adapted, depth.B_r), start) == Matrix([[16]])


def test_a_network_without_hidden_slopes_learns_nothing_below() -> None:
    flat = depth.Delta_1.value.xreplace({elementwise(phi.prime, depth.A_1): 0 * MatrixSymbol("Z", H, N)})
    assert prove(equation(flat, 0 * MatrixSymbol("Z", H, N))).scope == "every C, D, H, N"
