"""Matrix expressions are written out in entries, and entries are differentiated."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import (
    Abs,
    Derivative,
    Function,
    Heaviside,
    Indexed,
    Integer,
    KroneckerDelta,
    MatrixSymbol,
    Max,
    Min,
    Piecewise,
    Sum,
    Symbol,
    Trace,
    cos,
    exp,
    gamma,
    log,
    sin,
    symbols,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad import Malformed, activation, gradient, parameters
from lossgrad.entries import NotSupported, contracted, derivative, written_out
from lossgrad.expressions import LossGradientEntry, LossValue, MatrixEntry, inner
from lossgrad.naming import plainly_named
from lossgrad.notation import C, D, L, N, S, W, X, s, y

p, q, n, r, i, j, k = symbols("p q n r i j k", integer=True, nonnegative=True)
a, t = parameters("a t")
phi = activation("phi")


def test_what_is_written_out_holds_entries_of_matrix_symbols_alone() -> None:
    e = written_out((W * X).T[n, p] * Trace(W * W.T) * inner(S, S))
    assert {entry.args[0] for entry in e.atoms(MatrixElement)} == {W, X, S}
    assert not e.atoms(Trace)


def test_every_sum_gets_an_index_of_its_own() -> None:
    once = Sum(S[i, n], (i, 0, C - 1))
    e = written_out(once * Sum(once, (n, 0, N - 1)) + Sum(i * once, (i, 0, C - 1)))
    indices = [index for part in e.atoms(Sum) for index, *_ in part.limits]
    assert len(indices) == len(set(indices)) == 5
    assert i not in e.atoms(Symbol)


def test_a_limit_may_depend_on_an_index_to_its_right() -> None:
    e = written_out(Sum(W[i, j], (j, 0, i), (i, 0, C - 1)))
    (inner_, _, high), (outer, *_) = e.limits
    assert high == outer
    assert e.function == MatrixEntry(W, outer, inner_)


@pytest.mark.parametrize(
    ("e", "said"),
    [
        (Trace(MatrixSymbol("A", C, C) ** -1), "the entries of A**(-1), of type Inverse"),
        (W * X, "a scalar was expected, and W*X is a matrix of shape (C, N)"),
    ],
)
def test_what_cannot_be_written_out_is_named(e: Any, said: str) -> None:
    with pytest.raises(NotSupported) as refusal:
        written_out(e)
    assert said in str(refusal.value)


@pytest.mark.parametrize("x", [C, p, Indexed("y", n), Symbol("z")])
def test_a_derivative_by_what_is_no_real_variable_is_malformed(x: Any) -> None:
    with pytest.raises(
        Malformed, match="a derivative is taken by an entry of a matrix symbol or by a real parameter: got"
    ):
        written_out(Derivative(x * t, x, evaluate=False))


@pytest.mark.parametrize(
    ("e", "slope"),
    [
        (a * t, a),
        (t**a, a * t ** (a - 1)),
        (a**t, a**t * log(a)),
        (phi(t) * exp(t), phi.prime(t) * exp(t) + phi(t) * exp(t)),
        (sin(phi(t)), cos(phi(t)) * phi.prime(t)),
        (Max(t, a), Heaviside(t - a)),
        (Min(t, a), Heaviside(a - t)),
        (Abs(t), 2 * Heaviside(t) - 1),
        (Piecewise((t**2, t > a), (t, True)), Piecewise((2 * t, t > a), (1, True))),
        (Heaviside(t), Integer(0)),
        (KroneckerDelta(p, q) * t, KroneckerDelta(p, q)),
        (S[y[n], n] * t, S[y[n], n]),
        (Sum(t * s[i, 0], (i, 0, C - 1)), Sum(s[i, 0], (i, 0, C - 1))),
        (Sum(s[i, 0], (i, 0, C - 1)), Integer(0)),
    ],
)
def test_a_derivative_by_a_parameter(e: Any, slope: Any) -> None:
    found = plainly_named(derivative(written_out(e), t))
    at = {a: Integer(2), t: Integer(3)}
    assert (found - plainly_named(written_out(slope))).rewrite(Heaviside).xreplace(at).doit() == 0


def test_an_entry_depends_on_itself_alone() -> None:
    assert derivative(W[r, i], W[p, q]) == KroneckerDelta(r, p) * KroneckerDelta(i, q)
    assert derivative(W[r, i], X[p, q]) == 0
    assert derivative(W[r, i], t) == 0


def test_the_bound_index_of_a_sum_is_not_taken_for_the_entry() -> None:
    e = written_out(Sum(s[p, 0] ** 2, (p, 0, C - 1)))
    assert contracted(derivative(e, s[p, 0])) == 2 * MatrixEntry(s, p, Integer(0))


def test_the_leaves_of_the_chain_rule_may_be_shown_before_they_are_carried_out() -> None:
    leaf = Function("leaf")
    assert derivative(W[r, i] ** 2, W[p, q], leaf) == 2 * W[r, i] * leaf(W[r, i], W[p, q])


def test_a_loss_is_differentiated_by_its_gradient() -> None:
    e = written_out(gradient(L(W * X), W)[p, q])
    (entry,) = e.atoms(LossGradientEntry)
    assert (entry.name, entry.S) == ("L", W * X)
    assert not e.atoms(LossValue)


@pytest.mark.parametrize(
    ("e", "said"),
    [
        (gamma(t), "no rule for the derivative of gamma(t), of type gamma"),
        (Function("f", real=True)(t), "no rule for the derivative of f(t)"),
        (L.gradient(t * W)[p, q], "the second derivative of an unspecified loss"),
    ],
)
def test_a_derivative_without_a_rule_is_refused(e: Any, said: str) -> None:
    with pytest.raises(NotSupported) as refusal:
        derivative(written_out(e), t)
    assert said in str(refusal.value)


def test_what_was_differentiated_is_recorded_with_what_came_out() -> None:
    record: list[Any] = []
    written_out(Derivative(1 / t, t), record)
    assert record == [1 / t, -1 / t**2]


def test_contracted_sums_keep_what_their_deltas_leave() -> None:
    e = Sum(KroneckerDelta(i, p) * W[i, q] * X[q, n], (i, 0, C - 1), (n, 0, N - 1))
    assert contracted(e) == W[p, q] * Sum(X[q, n], (n, 0, N - 1))
    assert contracted(Sum(t * (KroneckerDelta(i, p) + s[i, 0]), (i, 0, C - 1))) == t + t * Sum(s[i, 0], (i, 0, C - 1))
    assert D not in contracted(e).free_symbols
