"""Expressions are evaluated by their definition, and a false claim is refuted at the smallest shape that shows it."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Abs,
    Function,
    Heaviside,
    Indexed,
    Integer,
    KroneckerDelta,
    Max,
    Min,
    Piecewise,
    Rational,
    Sum,
    Symbol,
    exp,
    log,
    pi,
    sign,
    sqrt,
    srepr,
    symbols,
    tanh,
    zoo,
)

import definition
import drawn
from lossgrad import Refuted, activation, gradient, parameters, prove
from lossgrad.counterexamples import Claim, NoValue, Point, close, counterexample, evaluate, real, shown, slip
from lossgrad.entries import NotSupported, written_out
from lossgrad.expressions import LossGradientEntry, LossValue, equation
from lossgrad.notation import C, D, L, N, S, W, X, Y, s, y

p, q, n, i, j = symbols("p q n i j", integer=True, nonnegative=True)
a, t = parameters("a t")
phi = activation("phi")
THREE = Fraction(3)


def place(**values: Any) -> Point:
    """A point at which a and t are given, C and N are 3 and 2, and column s is 1, 2, 3."""
    point = Point({C: 3, D: 1, N: 2}, {y: (C,)}, Random(1))
    point.values.update({t: THREE, a: Fraction(1, 2)})
    point.values.update({(s, row, 0): Fraction(row + 1) for row in range(3)})
    return point


@pytest.mark.parametrize(
    ("e", "value"),
    [
        (Rational(2, 3) * t, 2),
        (t**-2 + a, Fraction(11, 18)),
        (Sum(i, (i, 0, C - 1)), 3),
        (Sum(i, (i, 1, 0)), 0),
        (Sum(s[i, 0] * s[j, 0], (i, 0, C - 1), (j, 0, C - 1)), 36),
        (Sum(s[j, 0], (j, 0, i), (i, 0, C - 1)), 10),
        (Sum(Sum(s[i, 0], (i, 0, C - 1)) * s[i, 0], (i, 0, C - 1)), 36),
        (KroneckerDelta(p, 1) + KroneckerDelta(p, 2), 1),
        (s[p, 0], 2),
        (Max(t, a) - Min(t, a), Fraction(5, 2)),
        (Max(t, exp(Integer(2))) - exp(Integer(2)), 0),
        (Abs(-t) + sign(a - t), 2),
        (sign(p - 1), 0),
        (Heaviside(t) + Heaviside(-t), 1),
        (Piecewise((a, t < 1), (t, p >= 1), (7, True)), 3),
        (phi(t) - phi.prime(t) * t / 3, 3),
        (C * N, 6),
    ],
)
def test_a_value_by_definition(e: Any, value: Any) -> None:
    point = place()
    point.values["phi"] = Fraction(1)
    assert close(evaluate(written_out(e), point, {p: 1}), Fraction(value))


@pytest.mark.parametrize(
    ("e", "said"),
    [
        (1 / (t - 3), "a division by zero"),
        (log(a - t), "a logarithm of"),
        (sqrt(a - t), "a root of"),
        (Heaviside(t - 3), "is at its kink"),
        (Piecewise((a, t > 3), (t, True)), "is at its kink"),
        (s[p + 2, 0], "lies outside its shape"),
        (exp(exp(exp(t))), r"exp\(exp\(exp\(t\)\)\) is out of reach"),
        (Sum(1, *((Symbol(f"i_{k}"), 0, 2) for k in range(11))), "it has more than 100000 terms"),
        ((t**2 + 1) ** 10**6, "a power out of reach: to the 1000000"),
        ((exp(t) + 1) ** (Integer(10) ** 7 / 3), "a power out of reach"),
    ],
)
def test_where_there_is_no_value(e: Any, said: str) -> None:
    with pytest.raises(NoValue, match=said):
        evaluate(written_out(e), place(), {p: 1})


@pytest.mark.parametrize(
    ("e", "said"),
    [
        (Function("f", real=True)(t), "no value for f"),
        (s[a, 0], "an index that is no integer: a = 1/2"),
        (S[Indexed("z", n), n], "its classes are unknown"),
    ],
)
def test_what_has_no_definition_is_not_supported(e: Any, said: str) -> None:
    with pytest.raises(NotSupported) as refusal:
        evaluate(e, place(), {n: 1})
    assert said in str(refusal.value)


def test_the_gradient_of_a_loss_belongs_to_the_loss() -> None:
    point = place()
    evaluate(L(s), point)
    slope = evaluate(written_out(gradient(L(s), s)[p, 0]), point, {p: 1})
    values = []
    for h in (Fraction(1, 1000), Fraction(-1, 1000)):
        point.values[(s, 1, 0)] = 2 + h
        values.append(evaluate(L(s), point))
    assert (values[0] - values[1]) * 500 == slope


def test_values_are_exact_where_they_are_rational_and_close_to_35_digits_elsewhere() -> None:
    assert isinstance(evaluate(t / 7, place()), Fraction)
    assert not close(Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**60))
    assert close(real(Fraction(1, 3)), Fraction(1, 3) + Fraction(1, 10**45))
    assert not close(real(Fraction(1, 3)), Fraction(1, 3) + Fraction(1, 10**30))
    assert close(evaluate(tanh(t) + pi, place()), evaluate((exp(2 * t) - 1) / (exp(2 * t) + 1) + pi, place()))
    assert shown(Fraction(2, 3)) == "2/3"
    assert shown(Fraction(7) ** 9000) == "7.62711207898e+7605"
    assert shown(evaluate(exp(t), place())) == "20.0855369232"


def test_values_agree_with_another_reading_of_the_definitions() -> None:
    met = []

    @given(st.randoms(use_true_random=True))
    def check(source: Random) -> None:
        e = written_out(drawn.expression(source, 2))
        if e.has(activation("phi"), LossGradientEntry, LossValue, sign, zoo):
            return
        point, env = drawn.place(source)
        other = definition.Point(point.sizes, 0, exact=False)
        run = definition.Evaluation(other, {drawn.y: (drawn.C,)})
        for A in (drawn.W, drawn.X, drawn.S, drawn.T, drawn.v, drawn.u):
            rows, columns = (point.size(size) for size in A.shape)
            other.drawn.update(
                {
                    (str(A), str(A.shape), row, column): other.number(point.value((A, row, column)))
                    for row in range(rows)
                    for column in range(columns)
                }
            )
        other.drawn.update({(srepr(x),): other.number(point.value(x)) for x in (drawn.t, drawn.epsilon)})
        run.tables.clear()
        for column, label in enumerate(run.labels(drawn.y)):
            point.values[(drawn.y, column)] = Fraction(label)
        try:
            with run.where(env):
                there = definition.plain(run.scalar(e))
            here = evaluate(e, point, env)
        except (NoValue, definition.NoValue):
            return
        met.append(e)
        assert close(here, there), (e, here, there)

    check()
    assert len(met) > 40


def test_the_smallest_shape_is_found_first() -> None:
    with pytest.raises(Refuted) as refusal:
        prove(equation(W * X, W * X / D))
    assert refusal.value.counterexample.sizes == {"C": 1, "D": 2, "N": 1}


def test_a_counterexample_says_where_the_sides_differ_and_what_they_are() -> None:
    with pytest.raises(Refuted) as refusal:
        prove(equation(Sum(KroneckerDelta(i, n), (i, 0, C - 1)) * S[p, n], S[p, n]))
    found = refusal.value.counterexample
    assert set(found.sizes) == {"C", "N"}
    assert found.indices["n"] >= found.sizes["C"]
    assert found.left == 0
    assert found.right == found.values["S"][found.indices["p"], found.indices["n"]] != 0
    assert str(found).startswith("at C = 1, N = 2, n = 1, p = 0, S = [[")
    assert str(found).endswith(f"left side 0, right side {found.right}")


def test_labels_and_integers_keep_to_their_kind() -> None:
    with pytest.raises(Refuted) as refusal:
        prove(equation(S[y[n], n], S[0, n]))
    assert all(
        label in range(refusal.value.counterexample.sizes["C"]) for label in refusal.value.counterexample.values["y"]
    )


def test_a_true_claim_has_no_counterexample() -> None:
    assert counterexample(Claim(t + a, a + t, (), {}, {}), 500) is None


@pytest.mark.parametrize(
    ("left", "right", "looks"),
    [
        (W * X, -W * X, "right up to sign"),
        (W * X, 2 * W * X, "off by the factor 1/2"),
        (S / N, S / C, "off by the factor C/N"),
        (S, S / N, "off by the factor N"),
        (X * X.T * X * X.T - X * X.T, X * X.T, ""),
        (W.T * W, W.T * (W + W), "off by the factor 1/2"),
        (S * Y.T, Y * S.T, "right up to a transpose"),
        (Abs(t) ** N * S, t**N * S, ""),  # they agree more often than not, which is no factor
    ],
)
def test_a_slip_is_recognized(left: Any, right: Any, looks: str) -> None:
    with pytest.raises(Refuted) as refusal:
        prove(equation(left, right))
    assert refusal.value.hint == looks
    assert (f"({looks})" in str(refusal.value)) == bool(looks)


def test_what_looks_like_nothing_known_gets_no_hint() -> None:
    assert slip(Claim(t**2, a, (), {}, {})) == ""
    assert q.is_integer
