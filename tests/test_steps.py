"""The steps of a proof lead from the left side to the right side, and each is proved on its own."""

from __future__ import annotations

from itertools import pairwise, product
from random import Random
from typing import Any

import pytest
from sympy import Sum, symbols

from lossgrad import NotProved, gradient, prove, softmax
from lossgrad.counterexamples import Point, close, evaluate
from lossgrad.entries import written_out
from lossgrad.expressions import elementwise, equation, inner, one_hot
from lossgrad.notation import C, D, G, L, N, S, W, X, phi, s, y
from lossgrad.steps import LONGEST, by_hand, steps, steps_of
from lossgrad.theorems import curvature, linear

p, q, k = symbols("p q k", integer=True, nonnegative=True)

STATEMENTS = {
    "the gradient by the weights": equation(gradient(L(W * X), W), L.gradient(W * X) * X.T),
    "the gradient by the data": equation(gradient(L(W * X), X), W.T * L.gradient(W * X)),
    "a square": equation(gradient(inner(S, S), S), 2 * S),
    "an entrywise function": equation(
        gradient(inner(s, elementwise(phi, s)), s)[p, 0], gradient(inner(s, elementwise(phi, s)), s)[p, 0] * 1
    ),
    "softmax sums to 1": equation(Sum(softmax(S)[p, k], (p, 0, C - 1)) * S[0, k], S[0, k]),
    "labels": equation(inner(one_hot(y, C), S), Sum(S[y[k], k], (k, 0, N - 1))),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=list(STATEMENTS))
def test_the_steps_are_a_chain_that_says_something_at_each_link(statement: Any) -> None:
    chain = steps(statement)
    assert all(before.right == after.left for before, after in pairwise(chain))
    assert all(step.rule and step.left != step.right for step in chain)


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=list(STATEMENTS))
def test_the_sides_of_each_step_have_one_value_at_every_place(statement: Any) -> None:
    sizes = {C: 3, D: 2, N: 2}
    for step in steps(statement):
        left, right = written_out(step.left), written_out(step.right)
        free = left.free_symbols | right.free_symbols
        places = [x for x in free if x.is_integer and x not in sizes and x != y.label]
        for values in product((0, 1), repeat=len(places)):
            point, env = Point(sizes, {y: (C,)}, Random(1)), dict(zip(places, values, strict=True))
            assert close(evaluate(left, point, env), evaluate(right, point, env))


def test_the_core_theorem_goes_by_the_chain_rule_the_deltas_and_their_contraction() -> None:
    assert [step.rule for step in steps(STATEMENTS["the gradient by the weights"])] == [
        "chain rule, sum and product rules",
        "an entry depends on itself alone: deltas, 1 where the indices agree and else 0",
        "a sum over a delta keeps the one term where its indices agree",
    ]


def test_a_false_statement_has_no_steps() -> None:
    with pytest.raises(NotProved, match="is not proved"):
        steps(equation(gradient(L(W * X), W), -L.gradient(W * X) * X.T))


def test_a_statement_too_long_to_read_has_no_steps_and_is_proved_all_the_same() -> None:
    long = sum((X[q, k] ** n for n in range(1, LONGEST // 2)), S[p, k])
    assert steps(equation(long, long)) == ()
    assert prove(equation(long, long)).steps == ()


CHAIN = STATEMENTS["the gradient by the weights"]


def test_an_argument_by_hand_is_proved_line_by_line() -> None:
    by_rule = linear.weight_vjp().lhs.xreplace({G: L.gradient(W * X)})
    chain = by_hand(CHAIN, [(by_rule, "chain rule"), (CHAIN.rhs, "the linear rule")])
    assert [(step.left, step.right) for step in chain] == [(CHAIN.lhs, by_rule), (by_rule, CHAIN.rhs)]
    assert [step.rule for step in chain] == ["chain rule", "the linear rule"]


def test_an_argument_with_a_false_line_is_refused() -> None:
    with pytest.raises(NotProved):
        by_hand(CHAIN, [(-CHAIN.rhs, "a lost sign"), (CHAIN.rhs, "found again")])


def test_an_argument_that_ends_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="ends at the right side"):
        by_hand(CHAIN, [(CHAIN.lhs, "nowhere")])


def test_a_theorem_with_an_argument_has_its_steps_and_another_those_of_the_machine() -> None:
    assert steps_of(curvature.hessian_diagonal)[0].rule == "a weight with itself"
    assert steps_of(linear.weight_gradient) == steps(linear.weight_gradient())


def test_a_proof_prints_its_steps_as_aligned_lines() -> None:
    printed = prove(STATEMENTS["the gradient by the weights"])._repr_latex_()
    assert printed.startswith("$$\\begin{aligned}")
    assert printed.count("\n&") == 4
    assert r"\text{chain rule, sum and product rules}" in printed
