"""Bound indices are shown under the letters of their ranges."""

from __future__ import annotations

from sympy import Dummy, Integer, MatrixSymbol, Sum, Symbol, symbols

from lossgrad.entries import written_out
from lossgrad.expressions import inner
from lossgrad.naming import letter_for, plainly_named, sums_named
from lossgrad.notation import C, D, N, S, W, X

i, j, k, m, r = symbols("i j k m r", integer=True, nonnegative=True)


def test_an_index_bears_a_letter_of_its_range() -> None:
    assert sums_named(Sum(S[j, i], (j, 0, C - 1), (i, 0, N - 1))) == Sum(S[r, k], (r, 0, C - 1), (k, 0, N - 1))


def test_a_letter_that_the_sum_uses_already_is_not_taken() -> None:
    assert sums_named(Sum(S[j, 0] * S[r, 0], (j, 0, C - 1))).limits[0][0].name == "a"
    M = MatrixSymbol("r", C, 1)
    assert sums_named(Sum(M[j, 0], (j, 0, C - 1))).limits[0][0].name == "a"


def test_sums_that_differ_in_the_names_of_their_indices_become_equal() -> None:
    assert sums_named(Sum(W[i, j], (i, 0, C - 1), (j, 0, D - 1))) == sums_named(
        Sum(W[k, m], (k, 0, C - 1), (m, 0, D - 1))
    )


def test_an_inner_sum_has_another_letter_than_the_sum_around_it() -> None:
    e = sums_named(Sum(S[i, 0] * Sum(S[j, 0] * S[i, 0], (j, 0, C - 1)), (i, 0, C - 1)))
    assert len({index for part in e.atoms(Sum) for index, *_ in part.limits}) == 2


def test_no_dummy_is_left() -> None:
    e = plainly_named(written_out(inner(W, W) * inner(X, X)) + Dummy("p", integer=True))
    assert not e.atoms(Dummy)


def test_two_dummies_of_one_name_stay_apart() -> None:
    first, second = Dummy("p"), Dummy("p")
    assert len(plainly_named(first + 2 * second).atoms(Symbol)) == 2


def test_what_is_no_expression_is_left_alone() -> None:
    assert plainly_named("p") == "p"
    assert sums_named(Integer(3)) == 3
    assert sums_named(W * X) == W * X


def test_letters_run_on_when_those_of_the_range_are_taken() -> None:
    assert letter_for(C, set()) == "r"
    assert letter_for(C, {"r", "a", "b", "c"}) == "i"
    assert letter_for(N, {"k"}) == "m"
    assert letter_for(C + D, set()) == "i"
