"""The kernel on expressions drawn at random: a normal form keeps the value, and what differs is never proved equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Expr,
    Heaviside,
    Integer,
    KroneckerDelta,
    MatrixSymbol,
    Max,
    Ne,
    Piecewise,
    Rational,
    Sum,
    Trace,
    exp,
    hadamard_product,
    log,
    nan,
    oo,
    sign,
    sqrt,
    zoo,
)
from sympy.matrices.expressions.matexpr import MatrixElement

import definition
import drawn
from drawn import Boundless
from lossgrad.counterexamples import Claim, NoValue, close, evaluate
from lossgrad.entries import NotSupported, written_out
from lossgrad.expressions import activation, elementwise, equation, gradient, loss, one_hot, ones, softmax
from lossgrad.indices import Form, Unsettled, subtract
from lossgrad.proofs import Malformed, NotProved, Refuted, prove, reader, vanishes
from lossgrad.statements import statement
from lossgrad.translation import expression

C, D, N, W, X, S, v, u, y, t = drawn.C, drawn.D, drawn.N, drawn.W, drawn.X, drawn.S, drawn.v, drawn.u, drawn.y, drawn.t
p, q, r, n, i, j, k = drawn.p, drawn.q, drawn.r, drawn.n, drawn.i, drawn.j, drawn.k
L, M, phi = loss("L"), loss("M"), activation("phi")
V = MatrixSymbol("V", C, D)
row = MatrixElement(v, p, 0)

some = settings(max_examples=max(200, settings().max_examples))


@pytest.fixture(autouse=True)
def short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expressions drawn at random may take the rules and the search long: both are cut short here."""
    monkeypatch.setattr("lossgrad.indices.Kernel.ALLOWANCE", 500)
    monkeypatch.setattr("lossgrad.proofs._FIRST_LOOK", 100)
    monkeypatch.setattr("lossgrad.proofs._SEARCH", 300)


SYMPY_FAILS = (
    "Mix of Matrix and Scalar symbols",  # matrices inside the two that it compares for a maximum
    "noncommutative scalars in MatMul",  # matrices inside a power of a power
    "The argument '",  # a root of a drawn number below zero in a maximum
    "maximum recursion depth exceeded",  # a sum over a delta that two of its functions hand to each other
)
"""What SymPy says when it fails to make an expression."""


def made(draw: Callable[..., Any], *given: Any) -> Any:
    """What is drawn; nothing where SymPy itself fails to make it."""
    try:
        return draw(*given)
    except (TypeError, ValueError, NotImplementedError, RecursionError) as problem:
        if not str(problem).startswith(SYMPY_FAILS):
            raise
        return None


def scalar(source: Random, depth: int) -> Expr:
    """A drawn expression that SymPy has not found to be infinite or undefined."""
    while True:
        e = made(drawn.expression, source, depth)
        if isinstance(e, Expr) and not e.has(nan, zoo, oo):
            return e


def near_miss(source: Random, e: Any) -> Expr:
    """A near miss that SymPy has not found to be infinite or undefined."""
    while True:
        other = made(drawn.near_miss, source, e)
        if isinstance(other, Expr) and not other.has(nan, zoo, oo):
            return other


def read_back(form: Form) -> Any:
    """A form as an expression; nothing where SymPy finds that it has no value, as a form with 1/erf(0) has none."""
    e = expression(form)
    return None if e.has(nan, zoo, oo) else e


def values(source: Random, *expressions: Any, claim: Claim | None = None) -> Iterator[list[Any]]:
    """The values of expressions at a few places at which all have one; forms may speak of entries beyond the shapes."""
    for _ in range(4):
        point, env = drawn.place(source, claim)
        try:
            first, *others = map(written_out, expressions)
            yield [evaluate(first, point, env), *(evaluate(e, Boundless.around(point, e), env) for e in others)]
        except NoValue:
            continue


def test_a_normal_form_has_the_value_of_its_expression() -> None:
    met: Counter[str] = Counter()

    @some
    @given(st.randoms(use_true_random=True), st.integers(1, 3))
    def check(source: Random, depth: int) -> None:
        e = scalar(source, depth)
        met["drawn"] += 1
        try:
            form = reader(drawn.claim(e, Integer(0))).form(written_out(e))
        except (NotSupported, Unsettled):
            return
        met["settled"] += 1
        if (other := read_back(form)) is None:
            return
        for here, there in values(source, e, other):
            met["values"] += 1
            assert close(here, there), (here, there)

    check()
    assert met["settled"] > 0.85 * met["drawn"]
    assert met["values"] > met["drawn"]


def derivative(source: Random, depth: int) -> Any:
    """A drawn derivative of what is made of matrices."""
    return drawn.differentiated(source, drawn.of_matrix(source, depth, drawn.OPEN) * scalar(source, 1))


def test_matrices_and_derivatives_have_the_value_of_their_definition() -> None:
    met: Counter[str] = Counter()

    @some
    @given(st.randoms(use_true_random=True), st.integers(1, 2))
    def check(source: Random, depth: int) -> None:
        e = made(derivative, source, depth)
        if e is None or e.has(nan, zoo, oo):
            return
        try:
            other = read_back(form_of(e))
        except (NotSupported, Unsettled):
            return
        met["settled"] += 1
        if other is None:
            return
        for here, there in defined(source, e, other):
            met["values"] += 1
            assert definition.close(here, there), (e, other, here, there)

    check()
    assert met["values"] > met["settled"]


def defined(source: Random, *expressions: Any) -> Iterator[list[Any]]:
    """The values of expressions by their definition, at a few places at which all have one."""
    for seed in (source.randrange(10**6) for _ in range(4)):
        sizes = {size: source.randint(1, 3) for size in (C, D, N)}
        indices = {index: source.randrange(sizes[size]) for index, size in drawn.FREE.items()}
        for exact in (True, False):
            run = definition.Evaluation(definition.Point(sizes, seed, exact), {y: (C,)})
            try:
                with run.where(indices):
                    yield [definition.plain(run.scalar(e)) for e in expressions]
                break
            except definition.NoValue:
                break
            except definition.Irrational:
                continue


def form_of(e: Any) -> Form:
    return reader(drawn.claim(e, Integer(0))).form(written_out(e))


def test_expressions_of_different_values_have_different_forms() -> None:
    met: Counter[str] = Counter()

    @some
    @given(st.randoms(use_true_random=True), st.integers(1, 3))
    def check(source: Random, depth: int) -> None:
        e = scalar(source, depth)
        other = near_miss(source, e)
        read = reader(drawn.claim(e, other))
        try:
            difference = subtract(read.form(written_out(e)), read.form(written_out(other)))
            same = vanishes(difference, read.kernel)
        except (NotSupported, Unsettled):
            return
        met["same" if same else "different"] += 1
        for here, there in values(source, e, other) if same else ():
            assert close(here, there), (e, other, here, there)

    check()
    assert met["different"] > met["same"]


def test_a_near_miss_of_a_true_statement_is_never_proved() -> None:
    met: Counter[str] = Counter()

    @some
    @given(st.randoms(use_true_random=True), st.integers(1, 3))
    def check(source: Random, depth: int) -> None:
        e = scalar(source, depth)
        try:
            left, right = e, read_back(form_of(e))
        except (NotSupported, Unsettled):
            return
        if right is None:
            return
        if source.randrange(2):
            left, right = left, near_miss(source, right)
        else:
            left, right = near_miss(source, left), right
        try:
            prove(equation(left, right))
        except (Malformed, NotProved) as refusal:
            met[type(refusal).__name__] += 1
            if isinstance(refusal, Refuted):
                assert not close(refusal.counterexample.left, refusal.counterexample.right)
            return
        met["proved"] += 1
        (claim,) = statement(equation(left, right)).claims
        for here, there in values(source, left, right, claim=claim):
            assert close(here, there), (left, right, here, there)

    check()
    assert met["Refuted"] > met["Undecided"]


# -- slips that were made ----------------------------------------------------------------------------------------------


def total(term: Any, *ranges: tuple[Any, Any]) -> Sum:
    return Sum(term, *((index, 0, size - 1) for index, size in ranges))


FALSE = {
    "a delta is contracted though its index may lie outside the sum": equation(
        total(KroneckerDelta(i, n), (i, C)) * S[p, n], S[p, n]
    ),
    "two deltas over different ranges count all of one": equation(
        total(KroneckerDelta(i, k), (i, C), (k, N)) * t, C * t
    ),
    "sums over different ranges are one": equation(total(1, (i, C)) * t, total(1, (i, D)) * t),
    "an index of the caller is captured by an index of the function": equation(
        elementwise(lambda a: total(a * W[i, 0], (i, C)), W[i, 0] * X), total(W[k, 0] ** 2, (k, C)) * X
    ),
    "a loss inside a loss takes the other's places": equation(
        L(elementwise(lambda a: M(a * V), W)), L(elementwise(lambda a: M(hadamard_product(W, V)), W))
    ),
    "a loss does not see the index of the sum that it stands in": equation(
        total(L(v[i, 0] * W), (i, C)) * v[i, 0], C * L(v[i, 0] * W) * v[i, 0]
    ),
    "a gradient of a loss does not either": equation(
        total(L.gradient(v[i, 0] * W)[p, q], (i, C)) * v[i, 0], C * L.gradient(v[i, 0] * W)[p, q] * v[i, 0]
    ),
    "a sum is differentiated by what its own index names": equation(
        gradient(total(v[i, 0] ** 2, (i, C)), v)[p, 0], 2 * total(v[i, 0], (i, C))
    ),
    "inequalities of integers leave out the case of equality": equation(
        total(Piecewise((1, i < p), (0, True)) + Piecewise((1, i > p), (0, True)), (i, C)) * row, C * row
    ),
    "a sign is never 0": equation(total(sign(i - p) ** 2 * W[p, 0], (i, C)), total(W[p, 0], (i, C))),
    "labels are never equal": equation((sign(y[n] - y[k]) ** 2) * S[y[n], n] * S[y[k], k], S[y[n], n] * S[y[k], k]),
    "an unspecified function is the one whose name it bears": equation(activation("exp")(t), exp(t)),
    "an unspecified function is the kernel's own": equation(activation("H")(t) ** 2, activation("H")(t)),
    "an unspecified function has the number that another library gives its name": equation(
        Max(phi(Integer(0)), Rational(1, 2)) + t, phi(Integer(0)) + t
    ),
    "a square root of a square is the number": equation(sqrt(t**2), t),
    "a power of a product with negative factors": equation(sqrt(t**2 * row**2), t * row),
    "0 to the power 0": equation(total(KroneckerDelta(i, p) * i, (i, C)) * row, row),
    "a sum that may be empty is counted": equation(Sum(row, (i, 0, N - 3)), (N - 1) * row),
    "the sum over all pairs is twice the sum over ordered pairs": equation(
        total(Piecewise((v[i, 0] * v[j, 0], i < j), (0, True)), (i, C), (j, C)) * 2,
        total(v[i, 0] * v[j, 0], (i, C), (j, C)),
    ),
    "a label is always the same": equation(one_hot(y, C)[p, n], Integer(1)),
    "a quotient of sums is the sum of the quotients": equation(
        total(exp(v[i, 0]), (i, C)) / total(exp(2 * v[j, 0]), (j, C)), total(exp(-v[i, 0]), (i, C))
    ),
    "a maximum is the sum of its parts": equation(Max(t, row), t + row),
    "the maximum of more than two is the maximum of the first two": equation(Max(t, row, W[p, 0]), Max(t, row)),
    "the softmax of shifted scores is shifted": equation(softmax(v + t * ones(C)), softmax(v) + t * ones(C)),
}


@pytest.mark.parametrize("statement", FALSE.values(), ids=list(FALSE))
def test_a_slip_is_refuted(statement: Any) -> None:
    with pytest.raises(Refuted) as refusal:
        prove(statement)
    found = refusal.value.counterexample
    assert not close(found.left, found.right)


TRUE = {
    "a delta within its range": equation(total(KroneckerDelta(i, p), (i, C)) * row, row),
    "two sums with one name": equation(
        total(v[i, 0], (i, C)) * total(u[i, 0], (i, D)), total(v[i, 0] * u[j, 0], (i, C), (j, D))
    ),
    "a sum inside a sum with one name": equation(
        total(v[i, 0] * total(u[i, 0], (i, D)), (i, C)), total(v[i, 0], (i, C)) * total(u[j, 0], (j, D))
    ),
    "the caller's index is a name of the kernel": equation(
        total(W[p, i] * total(W[i, p], (p, D)), (i, C)) * 0 + row, row
    ),
    "integers are at most, or above": equation(
        Piecewise((row, i <= p), (0, True)) * W[i, 0] + Piecewise((row, i > p), (0, True)) * W[i, 0], row * W[i, 0]
    ),
    "a gradient by its definition": equation(gradient(total(v[i, 0] ** 2, (i, C)), v)[p, 0], 2 * v[p, 0]),
    "the index of a sum stands inside a loss": equation(
        gradient(total(L(v[i, 0] * W), (i, C)), W)[p, q], total(v[j, 0] * L.gradient(v[j, 0] * W)[p, q], (j, C))
    ),
    "a root of a positive number": equation(sqrt(exp(t) ** 2), exp(t)),
    "a convolution slides": equation(
        total(total(KroneckerDelta(i + j, k), (k, C + D - 1)) * v[i, 0] * u[j, 0], (i, C), (j, D)),
        total(v[i, 0], (i, C)) * total(u[j, 0], (j, D)),
    ),
}


@pytest.mark.parametrize("statement", TRUE.values(), ids=list(TRUE))
def test_what_is_true_is_proved(statement: Any) -> None:
    assert prove(statement).equation == statement


UNDECIDED = {
    "a range that depends on another index": equation(Sum(Sum(W[i, j], (j, 0, i)), (i, 0, C - 1)), t),
    "a matrix of which no entries are known": equation(Trace(MatrixSymbol("A", C, C) ** -1), t),
    "a step at an integer": equation((Heaviside(p - r) + Heaviside(r - p)) * v[p, 0] * v[r, 0], v[p, 0] * v[r, 0]),
}


@pytest.mark.parametrize("statement", UNDECIDED.values(), ids=list(UNDECIDED))
def test_what_is_out_of_reach_is_no_proof(statement: Any) -> None:
    with pytest.raises(NotProved):
        prove(statement)


def test_a_real_and_a_rational_number_are_compared() -> None:
    with pytest.raises(Refuted):
        prove(equation(Max(S[p, n], log(C)), S[p, n]))


def test_a_hypothesis_is_listed_for_what_may_have_no_value() -> None:
    assert prove(equation(t / t, Integer(1) * t / t)).hypotheses == ()
    (nonzero,) = prove(equation((row + t) / t, 1 + row / t)).hypotheses
    assert nonzero == Ne(t, 0)
    assert (t > 0) in prove(equation(log(exp(row) * t), row + log(t))).hypotheses
    (kink,) = prove(equation(sign(t) ** 2, Integer(1))).hypotheses
    assert kink == Ne(t, 0)


@pytest.mark.parametrize(
    "e",
    [
        total(L(v[i, 0] * W), (i, C)),
        L(t * W) * L.gradient(2 * W)[p, q] * L.gradient(3 * W)[p, q],
        KroneckerDelta(r, y[n]) * L.gradient(v[r, 0] * S)[r, n],
        total(L(M(v[i, 0] * W) * S), (i, C)),
    ],
)
def test_a_form_with_losses_is_read_back_as_it_was(e: Any) -> None:
    assert form_of(expression(form_of(e))) is form_of(e)
