"""The book's LaTeX, expression by expression."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import (
    Derivative,
    HadamardProduct,
    Heaviside,
    Identity,
    KroneckerDelta,
    MatrixSymbol,
    OneMatrix,
    Sum,
    ZeroMatrix,
    symbols,
)

from lossgrad import diag, gradient, ones, parameters, softmax
from lossgrad.expressions import Definition, equation, inner, loss, norm_squared, one_hot, vjp
from lossgrad.notation import C, G, L, N, S, W, X, Y, b, s, y
from lossgrad.printing import latex

p, q, n, r, i = symbols("p q n r i", integer=True, nonnegative=True)
t = parameters("t")


@pytest.mark.parametrize(
    ("e", "tex"),
    [
        (X.T, r"X^{\mathsf{T}}"),
        ((S + Y).T, r"S^{\mathsf{T}} + Y^{\mathsf{T}}"),
        ((W * X).T, r"X^{\mathsf{T}} W^{\mathsf{T}}"),
        (softmax(S).T, r"\operatorname{softmax}\left(S\right)^{\mathsf{T}}"),
        (L.gradient(S), r"\nabla L\left(S\right)"),
        (gradient(L(W * X), W), r"\frac{\partial}{\partial W} L\left(W X\right)"),
        (ones(C), r"\mathbf{1}_{C}"),
        (ones(C).T, r"\mathbf{1}_{C}^{\mathsf{T}}"),
        (OneMatrix(C, N), r"\mathbf{1}_{C} \mathbf{1}_{N}^{\mathsf{T}}"),
        (ZeroMatrix(C, N), r"\mathbf{0}"),
        (Identity(C), "I_{C}"),
        (s[p, 0], "s_{p}"),
        (W[p, q], "W_{p,q}"),
        (MatrixSymbol("X'", N, C)[n, p] ** 2, "{X'}_{n,p}^{2}"),
        (S[y[n], n], "S_{y_{n},n}"),
        (KroneckerDelta(p, y[n]), r"\delta_{p,y_{n}}"),
        (one_hot(y, C), r"\operatorname{onehot}\left(y\right)"),
        (diag(s), r"\operatorname{diag}\left(s\right)"),
        (norm_squared(S), r"\left\lVert S \right\rVert^{2}"),
        (inner(S, Y), r"\left\langle S,\, Y \right\rangle"),
        (vjp(G, S, S), r"\left\langle G,\, \frac{\partial\, S}{\partial S} \right\rangle"),
        (HadamardProduct(S, Y), r"S \circ Y"),
        (Heaviside(t), r"H\left(t\right)"),
        (Derivative(t**2, t), r"\frac{\partial}{\partial t} t^{2}"),
        (-Y + S, "S - Y"),
    ],
)
def test_the_latex_of_an_expression(e: Any, tex: str) -> None:
    assert latex(e) == tex


def test_the_number_before_a_sum_stands_before_it() -> None:
    assert latex(-Sum(s[i, 0], (i, 0, C - 1)) / N) == r"- \frac{1}{N} \, \sum_{r=0}^{C - 1} s_{r}"


def test_sums_are_printed_with_the_letters_of_their_ranges() -> None:
    assert latex(Sum(S[p, i], (p, 0, C - 1), (i, 0, N - 1))) == latex(Sum(S[q, n], (q, 0, C - 1), (n, 0, N - 1)))


def test_an_equation_has_an_equals_sign_and_a_definition_a_colon_as_well() -> None:
    assert latex(equation(S, W * X)) == "S = W X"
    assert latex(Definition(S, W * X)) == r"S \mathrel{:=} W X"
    assert Definition(b, b)._repr_latex_() == r"$\displaystyle b \mathrel{:=} b$"


def test_a_loss_is_printed_by_its_name() -> None:
    assert latex(loss("M")(S)) == r"M\left(S\right)"
    assert r.is_integer
