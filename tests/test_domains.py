"""The hypotheses of an expression: what its quotients, roots, logarithms and kinks need, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Abs, Heaviside, Integer, Max, Ne, Piecewise, Rational, Sum, exp, log, sign, sqrt, symbols

from lossgrad import parameters, sigmoid
from lossgrad.domains import above_zero, at_least_zero, hypotheses
from lossgrad.notation import C, N, S, epsilon, s

p, r, n, i = symbols("p r n i", integer=True, nonnegative=True)
a, t = parameters("a t")


@pytest.mark.parametrize(
    ("e", "conditions"),
    [
        (t**2, ()),
        (1 / t, (Ne(t, 0),)),
        (t**-3 + 1 / t, (Ne(t, 0),)),
        (log(t), (t > 0,)),
        (log(t) / t, (t > 0,)),
        (sqrt(t), (t >= 0,)),
        (1 / sqrt(t), (t > 0,)),
        (t**a, (t > 0,)),
        (t ** Rational(1, 3), (t >= 0,)),
        (Heaviside(t), (Ne(t, 0),)),
        (sign(t), (Ne(t, 0),)),
        (sign(p - r), ()),
        (Max(t, a), ()),
        (Piecewise((t, t > a), (a, True)), (Ne(a - t, 0),)),
        (Piecewise((t, p > r), (a, True)), ()),
        (log(exp(t) + 1), ()),
        (1 / Sum(exp(s[i, 0]), (i, 0, C - 1)), ()),
        (sqrt(Sum(s[i, 0] ** 2, (i, 0, C - 1)) + epsilon), ()),
        (1 / C + 1 / epsilon, ()),
        (1 / (1 - sigmoid(t)), ()),
    ],
)
def test_the_conditions_of_an_expression(e: Any, conditions: tuple[Any, ...]) -> None:
    assert hypotheses(e) == conditions


def test_a_sum_of_squares_may_be_0() -> None:
    (condition,) = hypotheses(1 / sqrt(Sum(s[i, 0] ** 2, (i, 0, C - 1))))
    assert condition.lhs == Sum(s[r, 0] ** 2, (r, 0, C - 1))
    assert condition.rel_op == ">"


def test_a_condition_that_is_met_under_two_names_is_listed_once() -> None:
    assert len(hypotheses(1 / S[p, n], 1 / S[r, i], Sum(1 / S[i, n], (i, 0, C - 1), (n, 0, N - 1)))) == 1


@pytest.mark.parametrize(
    "e",
    [
        exp(t),
        sigmoid(t),
        epsilon,
        C,
        epsilon + t**2,
        epsilon * exp(t),
        Sum(exp(s[i, 0]), (i, 0, C - 1)),
        Max(t, epsilon),
    ],
)
def test_what_is_known_to_be_above_zero(e: Any) -> None:
    assert above_zero(e)
    assert at_least_zero(e)


@pytest.mark.parametrize("e", [t**2, Abs(t), Max(t, 0), Sum(s[i, 0] ** 2, (i, 0, C - 1)), n, Heaviside(t), Integer(0)])
def test_what_is_known_to_be_at_least_zero_alone(e: Any) -> None:
    assert at_least_zero(e)
    assert not above_zero(e)


@pytest.mark.parametrize(
    "e", [t, -exp(t), t**3, epsilon - t**2, Sum(s[i, 0], (i, 0, C - 1)), Sum(exp(t), (i, 0, C - 2))]
)
def test_what_is_not_known_to_be_above_zero(e: Any) -> None:
    assert not above_zero(e)
