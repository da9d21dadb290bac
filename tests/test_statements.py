"""A statement is taken apart into claims about entries, and what is no statement is said to be none."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import (
    BlockMatrix,
    Derivative,
    Eq,
    ImmutableMatrix,
    Indexed,
    IndexedBase,
    Integer,
    MatrixSymbol,
    Rational,
    Sum,
    Symbol,
    sin,
    symbols,
)

from lossgrad import Malformed, Refuted, Undecided, gradient, labels, ones, parameters, prove, sizes
from lossgrad.expressions import equation, inner, one_hot
from lossgrad.notation import C, D, G, L, N, S, W, X, Y, s, y
from lossgrad.statements import statement

p, q, n = symbols("p q n", integer=True, nonnegative=True)
t = parameters("t")
H = Symbol("H", integer=True, positive=True)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (True, "SymPy has evaluated the equation to True: write Eq(left, right, evaluate=False)"),
        (Eq(W, W), "SymPy has evaluated the equation to True"),
        (W * X, "an equation was expected, Eq(left, right, evaluate=False): got W*X of type MatMul"),
        (t > 0, "an equation was expected"),
        (
            equation(W, W.T),
            "the sides of an equation must have one shape: W is of shape (C, D), W.T is of shape (D, C)",
        ),
        (equation(S, t), "S is of shape (C, N), t is a scalar"),
        (equation(t, S), "t is a scalar, S is of shape (C, N)"),
        (
            equation(ImmutableMatrix([[t]]), ImmutableMatrix([[t, t]])),
            "Matrix([[t]]) is of shape (1, 1), Matrix([[t, t]]) is of shape (1, 2)",
        ),
        (
            equation(t * Symbol("g"), t),
            "g is neither a size, an index of a matrix, nor real: make it with parameters('g')",
        ),
        (equation(p * t, t), "the integer p indexes no matrix, so nothing says which values it takes"),
        (
            equation(Indexed("z", n) * X[q, n], X[q, n]),
            "the labels z index no matrix and no one_hot, so nothing says which classes they take",
        ),
        (
            equation(MatrixSymbol("A", 2, Symbol("x"))[0, p], t),
            "sizes are positive integers: A has the size x; make sizes with sizes('C D N')",
        ),
        (equation(MatrixSymbol("A", 0, 1) + MatrixSymbol("B", 0, 1), MatrixSymbol("A", 0, 1)), "has the size 0"),
        (
            equation(Derivative(inner(ones(H), ones(H)), H), Integer(0)),
            "a derivative is taken by an entry of a matrix symbol or by a real parameter: got H",
        ),
        (
            equation(Derivative(S[p, n] ** 2, p), Integer(0)),
            "a derivative is taken by an entry of a matrix symbol or by a real parameter: got p",
        ),
        *(
            (equation(e, e), f"an index is an integer from 0 to size - 1: {said}")
            for e, said in [
                (S[Rational(1, 2), n], "S[1/2, n] has 1/2 where the size is C"),
                (S[p, -1], "S[p, -1] has -1 where the size is N"),
                (S[p / 2, n] * S[p, n], "S[p/2, n] has p/2 where the size is C"),
                (S[y[-1], n], "y[-1] has -1 where the size is N"),
                (S[y[n], n] * IndexedBase(y.label, shape=(3,))[3], "y[3] has 3 where the size is 3"),
                (one_hot(y, C)[-1, n], "OneHotEntry(y, C, -1, n) has -1 where the size is C"),
            ]
        ),
        (
            equation(S[t, n], S[t, n]),
            "t, an index of S[t, n], is not declared an integer: make it with symbols('t', integer=True, nonnegative",
        ),
    ],
)
def test_what_is_no_statement_is_malformed(stated: Any, said: str) -> None:
    with pytest.raises(Malformed) as refusal:
        prove(stated)
    assert said in str(refusal.value)


def test_a_sum_runs_over_integers_whatever_its_index_is_declared_to_be() -> None:
    k = Symbol("k")
    assert prove(equation(Sum(W[p, k] * X[k, n], (k, 0, D - 1)), (W * X)[p, n])).scope == "every C, D, N"
    with pytest.raises(Malformed, match=r"W\[p, _k/2\] has _k/2 where the size is D"):
        prove(equation(Sum(W[p, k / 2] * X[k, n], (k, 0, D - 1)), S[p, n]))


def test_a_statement_about_matrices_is_one_claim_about_any_entry() -> None:
    (claim,) = statement(equation(gradient(L(W * X), W), G * X.T)).claims
    assert claim.sizes == (C, D, N)
    assert [limits for limits in claim.indices.values()] == [(C,), (D,)]


def test_where_there_is_one_row_or_column_there_is_no_index() -> None:
    (claim,) = statement(equation(S.T * ones(C), Y.T * ones(C))).claims
    assert [limits for limits in claim.indices.values()] == [(N,)]
    (claim,) = statement(equation(s.T * s, s.T * s)).claims
    assert claim.indices == {}


def test_free_indices_lie_below_the_sizes_of_what_they_index() -> None:
    (claim,) = statement(equation(W[p, q] * S[p, n], S[p, n] * W[p, q])).claims
    assert claim.indices == {p: (C,), q: (D,), n: (N,)}


def test_an_index_of_two_matrices_lies_below_both_sizes() -> None:
    (claim,) = statement(equation(W[p, p], W[p, p])).claims
    assert claim.indices == {p: (C, D)}


def test_labels_lie_below_the_number_of_classes() -> None:
    (claim,) = statement(equation(S[y[n], n], S[y[n], n])).claims
    assert claim.labels == {y: (C,)}
    (claim,) = statement(equation(one_hot(y, C)[p, n], one_hot(y, C)[p, n])).claims
    assert claim.labels == {y: (C,)}
    assert claim.sizes == (C, N)


def test_explicit_matrices_and_blocks_are_a_claim_for_each_entry_or_block() -> None:
    A = MatrixSymbol("A", 2, 2)
    explicit = statement(equation(ImmutableMatrix(A), ImmutableMatrix(A)))
    assert explicit.places == ((0, 0), (0, 1), (1, 0), (1, 1))
    blocks = BlockMatrix([[W, W]])
    assert len(statement(equation(blocks, blocks)).claims) == 2
    with pytest.raises(Undecided, match="a block matrix equals block matrices only"):
        prove(equation(blocks, MatrixSymbol("A", C, 2 * D)))


@pytest.mark.parametrize(
    ("stated", "scope"),
    [
        (equation(S + Y, Y + S), "every C, N"),
        (equation(MatrixSymbol("A", 3, 2) * 2, 2 * MatrixSymbol("A", 3, 2)), "A of shape 3 × 2"),
        (equation(MatrixSymbol("A", 3, N) * 2, 2 * MatrixSymbol("A", 3, N)), "A of shape 3 × N; every N"),
        (equation(sin(t) + t, t + sin(t)), "every value of t"),
        (equation(s + s, 2 * s), "every C"),
    ],
)
def test_a_scope_says_what_is_covered(stated: Any, scope: str) -> None:
    assert statement(stated).scope == scope


def test_labels_that_cannot_be_are_refused_where_they_are_made() -> None:
    with pytest.raises(ValueError, match=r"integers in 0..C-1 with C = 3: got 3 at position 1 of \(0, 3\)"):
        one_hot((0, 3), 3)
    with pytest.raises(ValueError, match="got -1 at position 0"):
        one_hot((-1,), C)
    with pytest.raises(ValueError, match=r"got 0\.5 at position 0"):
        one_hot((0.5,), 3)


def test_what_was_differentiated_on_the_way_is_kept() -> None:
    passed = statement(equation(gradient(inner(S, S), S), 2 * S)).passed
    assert len(passed) == 2
    assert sizes("C") == C
    assert labels("y", N) == y


@pytest.mark.parametrize("classes", [0, -2, 2.5, Symbol("C")])
def test_a_number_of_classes_that_is_no_positive_integer_is_named(classes: Any) -> None:
    with pytest.raises(ValueError, match=f"the number of classes C is a positive integer: got {classes}"):
        one_hot((0, 1), classes)


def test_a_refutation_without_letters_says_so() -> None:
    with pytest.raises(Refuted, match="is false whatever the letters: left side 2, right side 3"):
        prove(equation(ImmutableMatrix([[1, 2]]), ImmutableMatrix([[1, 3]])))
