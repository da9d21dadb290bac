"""``prove``: a proof of an equation for every shape, or an exception that says what is wrong with it.

Both sides are written out in indices (:mod:`lossgrad.entries`) and brought to the normal form of
:mod:`lossgrad.indices`; equal normal forms are a proof. Different ones are not a refutation: then a counterexample is
searched for (:mod:`lossgrad.counterexamples`), and without one the statement is undecided. Unknown is a failure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from itertools import product
from time import perf_counter
from typing import Any

from sympy import Sum

from lossgrad.counterexamples import Claim, Counterexample, counterexample, has_witness, slip
from lossgrad.domains import hypotheses
from lossgrad.entries import Malformed, NotSupported, contracted
from lossgrad.indices import ZERO, Atom, Form, Kernel, Unsettled, number, subtract
from lossgrad.statements import Statement, statement
from lossgrad.translation import Reader, expression, head_of

__all__ = ["Malformed", "NotProved", "Proof", "Refuted", "Step", "Undecided", "prove"]


class NotProved(Exception):
    """The equation was not proved: it is false (Refuted), or nothing is known (Undecided)."""

    equation: Any


class Refuted(NotProved):
    """The equation is false; ``counterexample`` holds a shape and values at which its sides differ."""

    def __init__(self, equation: Any, found: Counterexample, claim: Claim) -> None:
        self.equation, self.counterexample, self._claim = equation, found, claim
        super().__init__(f"{equation} is false {found}")

    @cached_property
    def hint(self) -> str:
        """What the difference looks like ("right up to sign", "off by the factor N/C"), or an empty text."""
        return slip(self._claim)

    def __str__(self) -> str:
        return super().__str__() + (f" ({self.hint})" if self.hint else "")


class Undecided(NotProved):
    """Neither a proof nor a counterexample; ``remainder`` is what is left of left side - right side."""

    def __init__(self, equation: Any, remainder: Any, reason: str = "") -> None:
        self.equation, self.remainder, self.reason = equation, remainder, reason
        left_over = reason or f"left side - right side comes down to {remainder}"
        super().__init__(f"{equation} is not decided: {left_over}")


@dataclass(frozen=True)
class Step:
    """One line of a derivation: ``left`` equals ``right`` by ``rule``."""

    left: Any
    right: Any
    rule: str


@dataclass(frozen=True)
class Proof:
    """A proved equation: its scope, the hypotheses it rests on, and the seconds that the proof took."""

    equation: Any
    scope: str
    hypotheses: tuple[Any, ...]
    seconds: float
    rules: frozenset[str] = field(default=frozenset(), repr=False)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The chain from the left side to the right side, each step proved on its own."""
        from lossgrad.steps import steps

        return steps(self.equation)

    def _repr_latex_(self) -> str:
        from lossgrad.printing import latex

        lines = [rf"&{latex(self.equation.lhs)} \\"]
        lines += [rf"&\quad = {latex(step.right)} && \text{{{step.rule}}} \\" for step in self.steps]
        return "$$\\begin{aligned}\n" + "\n".join(lines) + "\n\\end{aligned}$$"


def prove(equation: Any) -> Proof:
    """Prove an equation between scalars with free integer indices, or between matrix expressions of one shape.

    Free indices range over the matrices that they index; labels are integers in 0..C-1; sizes are positive integers.
    With symbolic sizes the proof holds for every shape; numbers for sizes go the same way.

    Raises Refuted with a counterexample, Undecided with what is left of the difference, Malformed for what is no
    statement; never returns for a false one.

    >>> from sympy import Eq, MatrixSymbol
    >>> from lossgrad import gradient, loss, sizes
    >>> C, D, N = sizes("C D N")
    >>> W, X, L = MatrixSymbol("W", C, D), MatrixSymbol("X", D, N), loss("L")
    >>> prove(Eq(gradient(L(W*X), W), L.gradient(W*X) * X.T, evaluate=False)).scope
    'every C, D, N'
    """
    start = perf_counter()
    try:
        stated = statement(equation)
    except NotSupported as problem:
        raise Undecided(equation, None, str(problem)) from problem
    used: set[str] = set()
    for claim in stated.claims:
        used |= _decide(claim, stated)
    sides = (side for claim in stated.claims for side in (claim.left, claim.right))
    conditions = hypotheses(*sides, *stated.passed, simpler=partial(_with_deltas_contracted, reader(stated.claims[0])))
    try:
        if conditions and not all(map(has_witness, stated.claims)):
            raise Undecided(equation, None, "no point was found at which both sides have a value")
    except NotSupported as problem:
        raise Undecided(equation, None, str(problem)) from problem
    return Proof(equation, stated.scope, conditions, perf_counter() - start, frozenset(used))


def _with_deltas_contracted(read: Reader, e: Any) -> Any:
    """The expression with sums over deltas contracted, where the ranges allow it."""
    shorter = contracted(e)
    return shorter if subtract(read.form(e), read.form(shorter)) is ZERO else e


def reader(claim: Claim, expand: bool = False) -> Reader:
    """A reader whose kernel knows what the indices and labels of a claim range over."""
    sized = Reader(Kernel())
    ranges = {
        head_of(symbol): frozenset(sized.form(n) for n in limits)
        for symbol, limits in [*claim.indices.items(), *claim.labels.items()]
    }
    return Reader(Kernel(ranges), expand)


def _decide(claim: Claim, stated: Statement) -> set[str]:
    """The rules that bring both sides to one normal form; raises when they do not."""
    remainder, reason = None, ""
    try:
        read = reader(claim)
        difference = subtract(read.form(claim.left), read.form(claim.right))
        if vanishes(difference, read.kernel):
            return read.kernel.used
        remainder = expression(difference)
    except (Unsettled, NotSupported) as problem:
        reason = str(problem)
    try:
        for work in (_FIRST_LOOK, _SEARCH):
            if (found := counterexample(claim, work)) is not None:
                raise Refuted(stated.equation, found, claim)
            if work == _FIRST_LOOK and _agrees_written_out(claim):
                return {"every sum written out"}
    except NotSupported as problem:
        reason = reason or str(problem)
    raise Undecided(stated.equation, remainder, reason)


def vanishes(difference: Form, kernel: Kernel) -> bool:
    """Whether a Form is zero, if need be after multiplication by its denominators: a/b = 0 if a = 0."""
    if difference is ZERO:
        return True
    lowest: dict[Atom, Fraction] = {}
    for m, _ in difference.terms:
        for atom, e in m.factors:
            if e < 0 and atom.names.isdisjoint(m.bounds):
                lowest[atom] = min(e, lowest.get(atom, e))
    if not lowest:
        return False
    cleared = kernel.multiply(difference, kernel.term([], {atom: -e for atom, e in lowest.items()}, Fraction(1)))
    return cleared is ZERO


_FIRST_LOOK, _SEARCH = 5_000, 100_000  # terms of sums


def _agrees_written_out(claim: Claim) -> bool:
    """Whether the sides agree at each value of the indices that a number bounds, sums over such ranges written out."""
    if not has_numbers(claim):
        return False
    bounds = {index: [int(n) for n in limits if n.is_Integer] for index, limits in claim.indices.items()}
    bounded = {index: min(numbers) for index, numbers in bounds.items() if numbers}
    for values in product(*map(range, bounded.values())):
        read = reader(claim, expand=True)
        at = {head_of(index): number(v) for index, v in zip(bounded, values, strict=True)}
        try:
            difference = subtract(read.form(claim.left), read.form(claim.right))
            if not vanishes(read.kernel.substituted(difference, at), read.kernel):
                return False
        except (Unsettled, NotSupported):
            return False
    return True


def has_numbers(claim: Claim) -> bool:
    """Whether there is a range to write out: a number for every size, or for the range of an index or of a sum."""
    sums = claim.left.atoms(Sum) | claim.right.atoms(Sum)
    ranges = [n for limits in claim.indices.values() for n in limits]
    ranges += [high - low + 1 for e in sums for _, low, high in e.limits]
    return not claim.sizes or any(n.is_Integer and n != 1 for n in ranges)
