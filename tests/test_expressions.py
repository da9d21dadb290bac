"""What the makers of expressions refuse, with the values and what was expected; and how expressions are set."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sympy import BlockMatrix, IndexedBase, MatrixSymbol, Symbol, hadamard_product

from lossgrad import (
    ShapeError,
    diag,
    elementwise,
    gradient,
    inner,
    jacobian,
    logsumexp,
    norm_squared,
    one_hot,
    softmax,
    vjp,
)
from lossgrad.expressions import EntryGradient, entry, flip, named
from lossgrad.notation import C, D, G, N, S, U, W, X, b, s, y
from lossgrad.printing import latex

c = Symbol("c")

REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a gradient of a matrix": (
        lambda: gradient(W * X, W),
        ShapeError,
        "the differentiated f must be a scalar: got W*X of shape (C, N)",
    ),
    "a gradient by an expression": (
        lambda: gradient(norm_squared(W), W.T),
        TypeError,
        "a gradient is taken by a MatrixSymbol: got W.T",
    ),
    "a number that arrives": (lambda: vjp(1, W, W), TypeError, "G must be a matrix expression: got 1"),
    "another shape that arrives": (
        lambda: vjp(G, W, W),
        ShapeError,
        "the upstream gradient and the function must have one shape: got (C, N) and (C, D)",
    ),
    "a vector-Jacobian product by an expression": (
        lambda: vjp(G, W * X, X.T),
        TypeError,
        "a vector-Jacobian product is taken by a MatrixSymbol: got X.T",
    ),
    "a Jacobian by a number": (lambda: jacobian(s, 2), TypeError, "a Jacobian is taken by a MatrixSymbol: got 2"),
    "a Jacobian of a matrix": (
        lambda: jacobian(W * X, s),
        ShapeError,
        "a Jacobian needs columns: got F of shape (C, N) and x of shape (C, 1)",
    ),
    "labels without a length": (
        lambda: one_hot(IndexedBase("y"), C),
        ShapeError,
        "labels need a length: got y of shape None; make them with labels('y', N)",
    ),
    "classes that may be a fraction": (
        lambda: one_hot(y, c),
        ValueError,
        "the number of classes C is a positive integer: got c; make sizes with sizes('C D N')",
    ),
    "a label out of range": (
        lambda: one_hot((0, 3), 3),
        ValueError,
        "labels are integers in 0..C-1 with C = 3: got 3 at position 1 of (0, 3)",
    ),
    "a diagonal of a matrix": (
        lambda: diag(W),
        ShapeError,
        "a diagonal is made of a column or a row: got shape (C, D)",
    ),
    "sides of an inner product": (lambda: inner(W, X), ShapeError, "must have one shape: got (C, D) and (D, N)"),
    "blocks that do not meet": (
        lambda: entry(BlockMatrix([[W, b]]) * BlockMatrix([[X], [U]]), 0, 0),
        ShapeError,
        "blocks that do not fit together",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_expression_is_refused_by_name(name: str) -> None:
    make, kind, message = REFUSED[name]
    with pytest.raises(kind, match=re.escape(message)):
        make()


SET = {
    r"\frac{\partial}{\partial S} \left(\left\lVert S \right\rVert^{2} + 1\right)": gradient(norm_squared(S) + 1, S),
    r"\frac{\partial}{\partial W_{0,1}} \left\lVert W \right\rVert^{2}": EntryGradient(norm_squared(W), W, 0, 1),
    r"\frac{\partial\, S_{1,2}}{\partial S_{0,1}}": EntryGradient(entry(S, 1, 2), S, 0, 1),
    r"\left\langle G,\, \frac{\partial\, \left(S + U\right)}{\partial S} \right\rangle": vjp(G, S + U, S),
    r"\frac{\partial\, \operatorname{softmax}\left(s\right)}{\partial s}": jacobian(softmax(s), s),
    r"\operatorname{diag}\left(s\right)": diag(s),
    r"\operatorname{flip}\left(W\right)": flip(W),
    r"\operatorname{lse}\left(s\right)": logsumexp(s),
    r"L_{\text{ridge}}": named("L_ridge", norm_squared(W)),
    r"L_{\lambda}": named("L_lambda", norm_squared(W)),
    r"\left(t \mapsto t^{2} + 1\right)\left(S\right)": elementwise(lambda t: t**2 + 1, S),
}


@pytest.mark.parametrize("tex", SET)
def test_expressions_are_set_as_the_field_writes_them(tex: str) -> None:
    assert latex(SET[tex]) == tex


def test_entries_of_a_product_are_those_of_its_factors() -> None:
    A, B = MatrixSymbol("A", 2, 2), MatrixSymbol("B", 2, 2)
    assert entry(hadamard_product(A, B), 0, 1) == entry(A, 0, 1) * entry(B, 0, 1)
    assert entry(X.T, 0, 1) == entry(X, 1, 0)
    assert D in X.shape and N in X.shape
