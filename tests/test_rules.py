"""Each rule of the kernel holds by its definition, is applied as it is stated, and none is missing from the table."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import cache
from itertools import product
from operator import ge, gt
from random import Random
from types import CodeType, FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Derivative,
    Eq,
    Ge,
    Gt,
    Heaviside,
    Integer,
    KroneckerDelta,
    Lt,
    MatrixSymbol,
    Mul,
    Pow,
    Rational,
    Sum,
    Symbol,
    Trace,
    exp,
    log,
    sqrt,
    symbols,
    true,
)
from sympy.matrices.expressions.matexpr import MatrixElement

import drawn
from definition import Evaluation, Irrational, NoValue, Point, close, plain
from lossgrad import counterexamples
from lossgrad.counterexamples import Claim
from lossgrad.entries import NotSupported, written_out
from lossgrad.expressions import EntryGradient, equation
from lossgrad.indices import Kernel, Unsettled, _renamed_form, nonnegative, positive, subtract
from lossgrad.proofs import prove, reader, vanishes
from lossgrad.rules import BOOKKEEPING, DECISIONS, RULES, Rule, a, b, i, j, k, longer, m, n, x

EVERY = [rule for rules in RULES.values() for rule in rules]
each_rule = pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.name)


# -- by definition -----------------------------------------------------------------------------------------------------


class Drawn(Point):
    """A point whose numbers are drawn by Hypothesis."""

    source: Random

    def entry(self, *what: Any, positive: bool = False) -> Any:
        if what not in self.drawn:
            value = Fraction(self.source.choice((0, 1, 2, 3, 5, 7)), self.source.choice((1, 1, 2, 3)))
            self.drawn[what] = self.number(value if positive or self.source.random() < 0.6 else -value)
        return self.drawn[what]


@cache
def letters(rule: Rule) -> tuple[Any, ...]:
    """The sizes, indices and numbers that a rule leaves open."""
    return tuple(sorted(rule.statement.free_symbols | rule.condition.free_symbols, key=str))


def sides(rule: Rule, source: Random) -> tuple[bool, Any, Any]:
    """Whether the condition holds at a drawn shape and point, and both sides there: exact where they are rational."""
    sizes = {size: source.randint(1, 3) for size in letters(rule) if size.is_integer and size.is_positive}
    open_ = [index for index in letters(rule) if index.is_integer and not index.is_positive]
    below = max(sizes.values(), default=3) + source.randint(0, 1)
    indices = {index: source.randrange(below) for index in open_}
    for exact in (True, False):
        point = Drawn(sizes, 0, exact)
        point.source = Random(source.randrange(10**6))
        run = Evaluation(point, {})
        try:
            with run.where(indices):
                holds = run.condition(rule.condition)
                left, right = (plain(run.scalar(side)) for side in rule.statement.args)
            return holds, left, right
        except Irrational:
            continue
    raise AssertionError("a real number is not irrational")


@each_rule
def test_a_rule_holds_by_its_definition_wherever_its_condition_does(rule: Rule) -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=max(20, settings().max_examples // 40))
    @given(st.randoms(use_true_random=True))
    def check(source: Random) -> None:
        for _ in range(40):
            try:
                holds, left, right = sides(rule, source)
            except NoValue:
                continue
            if holds:
                met["compared"] += 1
                assert close(left, right), (left, right)
                return

    check()
    assert met["compared"] >= 15


@pytest.mark.parametrize("rule", [rule for rule in EVERY if rule.condition != true], ids=lambda rule: rule.name)
def test_a_condition_is_not_idle(rule: Rule) -> None:
    def fails(source: Random) -> bool:
        try:
            holds, left, right = sides(rule, source)
        except NoValue:
            return True
        return not holds and not close(left, right)

    assert any(fails(Random(seed)) for seed in range(200))


# -- as the kernel applies it ------------------------------------------------------------------------------------------

p, q = symbols("p q", positive=True)
v = MatrixSymbol("v", n, 1)
x_j, x_k, v_j = (MatrixElement(column, index, Integer(0)) for column, index in ((x, j), (x, k), (v, j)))
POSITIVE = {a: Symbol("a", positive=True), b: Symbol("b", positive=True), b + x_j: p, b + a * x_j: p}

INSTANCES = {
    "The same where the index is shifted": equation(
        Sum(
            Sum(KroneckerDelta(i + k, j) * MatrixElement(longer, j, 0), (j, 0, n + m - 1)), (i, 0, n - 1), (k, 0, m - 1)
        ),
        Sum(MatrixElement(longer, i + k, 0), (i, 0, n - 1), (k, 0, m - 1)),
    ),
    "The square of a delta is the delta": equation(
        (a + KroneckerDelta(j, k)) ** 2, a**2 + (2 * a + 1) * KroneckerDelta(j, k)
    ),
    "A sum of one term is that term": equation(
        Sum(MatrixElement(longer, i, 0), (i, 0, 0)), MatrixElement(longer, 0, 0)
    ),
    "Indices that are apart make a delta 0": equation(KroneckerDelta(j, j + 2, evaluate=False), Integer(0)),
    "Powers of one factor are added": equation(Mul(sqrt(p), p ** Rational(3, 2), evaluate=False), p**2),
    "A whole power of a sum is multiplied out": equation(
        Pow(p + x_j**2, Rational(3, 2)), p * sqrt(p + x_j**2) + x_j**2 * sqrt(p + x_j**2)
    ),
    "A power of a prime number is a whole power times a root": equation(
        (sqrt(2) * a + b) ** 2, 2 * a**2 + 2 * sqrt(2) * a * b + b**2
    ),
    "The exponential of a multiple is a power of the exponential": equation(exp(3 * a), Pow(exp(a), 3, evaluate=False)),
    "The logarithm of a power is a multiple of the logarithm": equation(
        log(p ** Rational(3, 2)), Rational(3, 2) * log(p)
    ),
    "A step forgets a positive factor": equation(Heaviside(p * a), Heaviside(a)),
    "A step of what is positive is 1": equation(Heaviside(exp(a) + x_j**2), Integer(1)),
    "A step of what is negative is 0": equation(Heaviside(-exp(a) - x_j**2), Integer(0)),
    "Of two steps of which one comes first, that one decides": equation(Heaviside(a) * Heaviside(a + p), Heaviside(a)),
    "Two steps that exclude each other": equation(Heaviside(a - p) * Heaviside(-a - p), Integer(0)),
    "Two steps of which one is always 1": equation(
        Heaviside(a + p) * Heaviside(p - a), Heaviside(a + p) + Heaviside(p - a) - 1
    ),
}
"""Where a rule is applied only to what the kernel knows, or only to numbers: a case of it."""


def claim(statement: Eq, condition: Any = true) -> Claim:
    """What the kernel is told of a rule: the ranges that its condition gives, and nothing else."""
    left, right = (
        written_out(side) if side.has(Derivative, EntryGradient, MatrixElement, Trace) else side
        for side in statement.args
    )
    free = {s for s in statement.free_symbols if s.is_integer and not s.is_positive}
    sizes = tuple(sorted((s for s in statement.free_symbols if s.is_integer and s.is_positive), key=str))
    ranges = {c.lhs: (c.rhs,) for c in condition.atoms(Lt) if c.lhs in free}
    ranges |= {c.lhs: (c.rhs + 1,) for c in condition.atoms(Eq) if c.lhs in free}
    return Claim(left, right, sizes, ranges, {})


def agrees(stated: Claim) -> bool:
    """Whether both sides have one normal form, or their difference vanishes."""
    read = reader(stated)
    return vanishes(subtract(read.form(stated.left), read.form(stated.right)), read.kernel)


def function(path: str) -> Any:
    """The function of the kernel that a path such as ``indices.Kernel.delta`` names."""
    module, *names = path.split(".")
    found: Any = importlib.import_module(f"lossgrad.{module}")
    for name in names:
        found = inspect.getattr_static(found, name)
    found = getattr(found, "__func__", found)
    return getattr(found, "__wrapped__", found)


def applied(run: Callable[[], object]) -> set[CodeType]:
    """The code of the functions that return something other than None while ``run`` runs."""
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, returned: Any) -> None:
        if event == "return" and returned is not None:
            seen.add(frame.f_code)

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return seen


@each_rule
def test_a_rule_is_applied_by_the_functions_that_it_names(rule: Rule) -> None:
    _renamed_form.cache_clear()
    statement = INSTANCES.get(rule.name, rule.statement)
    if rule.name not in INSTANCES:
        known = {c.lhs: POSITIVE[c.lhs] for c in rule.condition.atoms(Gt, Ge) if c.lhs in POSITIVE}
        statement = equation(*(side.xreplace(known) for side in statement.args))
    outcome: list[bool] = []
    seen = applied(lambda: outcome.append(agrees(claim(statement, rule.condition))))
    if not outcome[0]:
        seen |= applied(lambda: prove(statement))
    assert [path for path in rule.applied_by if function(path).__code__ not in seen] == []


# -- the table as a whole ----------------------------------------------------------------------------------------------


def functions_of(module: str) -> Iterator[str]:
    """Every function and method that a module of the kernel defines."""
    for name, found in vars(importlib.import_module(f"lossgrad.{module}")).items():
        if getattr(found, "__module__", "") != f"lossgrad.{module}":
            continue
        if inspect.isclass(found):
            methods = (key for key, method in vars(found).items() if callable(getattr(method, "__func__", method)))
            yield from (f"{module}.{name}.{method}" for method in methods if not method.startswith("__"))
        elif callable(found):
            yield f"{module}.{name}"


def unlisted(rules: Collection[Rule]) -> set[str]:
    """The functions of the kernel of which the table says nothing."""
    kernel = {path for module in ("indices", "translation", "entries") for path in functions_of(module)}
    return kernel - {path for rule in rules for path in rule.applied_by} - DECISIONS.keys() - BOOKKEEPING.keys()


def test_every_function_of_the_kernel_applies_a_rule_decides_a_condition_or_keeps_the_books() -> None:
    assert unlisted(EVERY) == set()


def test_a_function_whose_rule_is_taken_from_the_table_is_missed() -> None:
    assert unlisted([rule for rule in EVERY if rule not in RULES["Sums"]]) >= {
        "indices.Kernel._unused",
        "indices.Kernel.summed",
    }


def test_the_table_speaks_of_functions_that_exist_and_of_each_once() -> None:
    applying = {path for rule in EVERY for path in rule.applied_by}
    for path in (*applying, *DECISIONS, *BOOKKEEPING):
        assert callable(function(path))
    assert not applying & DECISIONS.keys()
    assert not applying & BOOKKEEPING.keys()
    assert not DECISIONS.keys() & BOOKKEEPING.keys()
    assert len({rule.name for rule in EVERY}) == len(EVERY)


def test_every_rule_that_the_kernel_tries_on_a_term_is_in_the_table() -> None:
    applying = {path for rule in EVERY for path in rule.applied_by}
    assert {f"indices.Kernel.{rule.__name__}" for rule in Kernel().rules} <= applying


def test_a_conditional_rule_says_how_its_condition_is_known() -> None:
    assert [rule.name for rule in EVERY if rule.condition != true and not rule.known] == []


# -- what decides the side conditions ----------------------------------------------------------------------------------


def test_what_is_found_positive_is_positive_at_every_point() -> None:
    met: Counter[str] = Counter()

    @given(st.randoms(use_true_random=True))
    def check(source: Random) -> None:
        e = (
            drawn.positive(source, 2, drawn.OPEN)
            - source.randint(0, 1)
            + source.randint(0, 1) * drawn.expression(source, 1)
        )
        try:
            form = reader(drawn.claim(e, Integer(0))).form(written_out(e))
        except (NotSupported, Unsettled):
            return
        for decide, compare in ((positive, gt), (nonnegative, ge)):
            if decide(form):
                for point, env in (drawn.place(source) for _ in range(4)):
                    with suppress(counterexamples.NoValue):
                        assert compare(counterexamples.evaluate(written_out(e), point, env), 0)
                        met[decide.__name__] += 1

    check()
    assert min(met["positive"], met["nonnegative"]) >= 50


def test_an_index_that_is_found_within_a_range_lies_in_it() -> None:
    met: Counter[bool] = Counter()
    sized = {drawn.p: drawn.C, drawn.r: drawn.C, drawn.q: drawn.D, drawn.n: drawn.N}

    @given(st.randoms(use_true_random=True))
    def check(source: Random) -> None:
        kept = source.sample(sorted(sized, key=str), 2)
        index, below = Integer(source.choice((0, 0, 0, 1, -1))), Integer(source.choice((-1, -1, 0, 1)))
        for each in kept:  # counted up, counted down, or twice
            index += source.choice((each, each, sized[each] - 1 - each, 2 * each))
            below += sized[each]
        read = reader(drawn.claim(index, below))
        found = read.kernel.within(read.form(index), read.form(below))
        met[found] += 1
        for shape in product((1, 2, 3), repeat=3):
            sizes = dict(zip((drawn.C, drawn.D, drawn.N), shape, strict=True))
            places = (
                dict(zip(kept, values, strict=True))
                for values in product(*(range(sizes[sized[index]]) for index in kept))
            )
            assert not found or all(0 <= index.subs(place).subs(sizes) < below.subs(sizes) for place in places)

    check()
    assert met[True] >= 3 and met[False] >= 3
