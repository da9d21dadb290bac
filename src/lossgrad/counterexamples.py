"""The search for a counterexample: both sides of a statement, evaluated by their definition at small shapes.

A :class:`Point` gives numbers to the sizes, indices, parameters and entries of a statement: small rationals, so that
rational statements are evaluated exactly; functions such as exp are evaluated to 50 digits. Sums are carried out term
by term; nothing of the normal form is used.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, partial, reduce
from itertools import islice, permutations, product
from math import prod
from typing import Any

from mpmath import MPContext
from sympy import (
    Abs,
    Add,
    Dummy,
    E,
    Function,
    Heaviside,
    ImmutableMatrix,
    Indexed,
    KroneckerDelta,
    Matrix,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    cos,
    cosh,
    erf,
    exp,
    log,
    pi,
    sign,
    sin,
    sinh,
    tanh,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.entries import NotSupported, written_out
from lossgrad.expressions import (
    Activation,
    KnownLabel,
    LossGradientEntry,
    LossValue,
    entry,
    inner,
    norm_squared,
    sigmoid,
)

Number = Any  # Fraction, or an mpmath number of 50 digits

_mp = MPContext()
_mp.dps = 50
_TOLERANCE = _mp.mpf(10) ** -35
_SHORT = 10**40
_TERMS = 10**5  # a value that is a longer sum is nothing to search by
_REACH = 10**6  # larger exponents make numbers of more digits than anybody waits for


class NoValue(Exception):
    """The expression has no value at this point: a zero denominator, a logarithm of a negative number, a kink."""


_ENTRIES = ((1, 2, 0, 3), (1, -1, 2, 0, -2), (Fraction(1, 2), -1, Fraction(-1, 3), 2, Fraction(3, 2), 1))
_PARAMETERS = ((2, 3), (Fraction(1, 2), -2, 3), (Fraction(1, 3), -1, Fraction(3, 2), 1))


FRACTIONS, POSITIVE, ANY = range(len(_ENTRIES), len(_ENTRIES) + 3)  # in 0 .. 1, above 0, or of either sign


@dataclass
class Point:
    """Numbers for all that a statement leaves open, drawn as they are asked for; ``kind`` says from which pool."""

    sizes: Mapping[Any, int]
    labels: Mapping[Any, Any]  # the numbers of classes of each label
    draw: random.Random
    kind: int = 1
    values: dict[Any, Fraction] = field(default_factory=dict)
    env: dict[Any, int] = field(default_factory=dict)  # the values of indices, while a sum is carried out
    terms: int = 0  # how many terms of sums were added up here
    most: int = 0  # how many may be, until what is being evaluated has its value

    def value(self, what: Any, limit: int | None = None) -> Fraction:
        """The number that ``what`` has here; for a label, one of 0 .. limit - 1."""
        if what not in self.values:
            self.values[what] = self._real(what) if limit is None else Fraction(self.draw.randrange(limit))
        return self.values[what]

    def _real(self, what: Any) -> Fraction:
        if self.kind >= FRACTIONS:
            sign_ = self.draw.choice((1, -1)) if self.kind == ANY else 1
            low, high = (41, 90) if self.kind == FRACTIONS else (7, 40)
            drawn = Fraction(
                sign_ * self.draw.randint(1, 40 if self.kind == FRACTIONS else 90), self.draw.randint(low, high)
            )
        else:
            drawn = Fraction(self.draw.choice((_ENTRIES if isinstance(what, tuple) else _PARAMETERS)[self.kind]))
        if getattr(what, "is_integer", False):
            drawn = Fraction(drawn.numerator)
        if getattr(what, "is_nonnegative", False):
            drawn = abs(drawn)
        return drawn

    def size(self, n: Any) -> int:
        """The number that a size such as ``D + 1`` has here."""
        return int(n.subs(self.sizes)) if hasattr(n, "subs") else int(n)


def close(a: Number, b: Number) -> bool:
    """Whether two values agree: exactly when both are rational, else to 35 digits."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    a, b = real(a), real(b)
    return bool(abs(a - b) <= _TOLERANCE * max(1, abs(a), abs(b)))


def real(a: Number) -> Any:
    """The value as an mpmath number."""
    return _mp.mpf(a.numerator) / a.denominator if isinstance(a, Fraction) else a


def evaluate(e: Any, point: Point, env: Mapping[Any, int] | None = None) -> Number:
    """The value of a written-out expression at a point; ``env`` gives the values of indices.

    Raises NoValue where it has none, NotSupported for an expression of an unknown kind.
    """
    point.env, point.most = dict(env or {}), point.terms + _TERMS
    value = evaluator(e)(point)
    if not isinstance(value, Fraction) and not _mp.isfinite(value):
        raise NoValue(f"{e} is not finite")
    return value


Evaluator = Callable[[Point], Number]


@lru_cache(maxsize=4096)
def evaluator(e: Any) -> Evaluator:
    """What computes the value of ``e`` at a point: the expression, compiled to nested functions."""
    for kind, rule in _RULES:
        if isinstance(e, kind):
            return rule(e)
    raise NotSupported(f"no value for {e}, of type {type(e).__name__}")


def _constant(value: Number) -> Evaluator:
    return lambda point: value


def _symbol(e: Any) -> Evaluator:
    def value(point: Point) -> Number:
        known = point.env.get(e, point.sizes.get(e))
        return point.value(e) if known is None else Fraction(known)

    return value


def _folded(operation: Callable[[Number, Number], Number]) -> Callable[[Any], Evaluator]:
    def rule(e: Any) -> Evaluator:
        parts = [evaluator(arg) for arg in e.args]
        return lambda point: reduce(operation, (part(point) for part in parts))

    return rule


def _index(e: Any) -> Callable[[Point], int]:
    """The value of an expression as an integer."""
    of = evaluator(e)

    def value(point: Point) -> int:
        found = of(point)
        if not isinstance(found, Fraction) or found.denominator != 1:
            raise NotSupported(f"an index that is no integer: {e} = {found}")
        return int(found)

    return value


def _sum(e: Any) -> Evaluator:
    """The sum over the last limit, outermost, of the sum over the others."""
    value = evaluator(e.function)
    for index, low, high in e.limits:
        value = _summed(value, index, _index(low), _index(high))
    return value


def _summed(body: Evaluator, index: Any, low: Callable[[Point], int], high: Callable[[Point], int]) -> Evaluator:
    def value(point: Point) -> Number:
        kept = point.env.get(index)
        total: Number = Fraction(0)
        for k in range(low(point), high(point) + 1):
            point.env[index] = k
            point.terms += 1
            if point.terms > point.most:
                raise NoValue(f"it has more than {_TERMS} terms")
            total = plus(total, body(point))
        if kept is None:
            point.env.pop(index, None)
        else:
            point.env[index] = kept
        return total

    return value


def _element(e: Any) -> Evaluator:
    A, *where = e.args
    indices = [_index(i) for i in where]

    def value(point: Point) -> Number:
        place = tuple(i(point) for i in indices)
        if not all(0 <= k < point.size(n) for k, n in zip(place, A.shape, strict=True)):
            raise NoValue(f"{A}{list(place)} lies outside its shape {A.shape}")
        return point.value((A, *place))

    return value


def _label(e: Any) -> Evaluator:
    indices = [_index(i) for i in e.indices]

    def value(point: Point) -> Number:
        if e.base not in point.labels:
            raise NotSupported(f"{e} indexes no matrix and no one_hot: its classes are unknown")
        return point.value((e.base, *(i(point) for i in indices)), min(point.size(n) for n in point.labels[e.base]))

    return value


def _known_label(e: Any) -> Evaluator:
    index = _index(e.args[1])
    return lambda point: Fraction(int(e.at(index(point))))


def _delta(e: Any) -> Evaluator:
    i, j = (evaluator(arg) for arg in e.args[:2])
    return lambda point: Fraction(int(i(point) == j(point)))


def _power(e: Any) -> Evaluator:
    base, power = evaluator(e.base), evaluator(e.exp)
    return lambda point: raised(base(point), power(point))


def _heaviside(e: Any) -> Evaluator:
    argument = evaluator(e.args[0])

    def value(point: Point) -> Number:
        found = argument(point)
        if found == 0:
            raise NoValue(f"{e} is at its kink")
        return Fraction(int(found > 0))

    return value


def _sign(e: Any) -> Evaluator:
    argument, step = evaluator(e.args[0]), _heaviside(e)
    if e.args[0].is_integer:
        return lambda point: Fraction(0) if argument(point) == 0 else 2 * step(point) - 1
    return lambda point: 2 * step(point) - 1


def _piecewise(e: Any) -> Evaluator:
    cases = [(evaluator(value), condition(c)) for value, c in e.args]

    def value(point: Point) -> Number:
        for of, holds in cases:
            if holds(point):
                return of(point)
        raise NoValue(f"no case of {e} holds")

    return value


def condition(c: Any) -> Callable[[Point], bool]:
    """Whether a condition holds at a point; inequalities of reals have no value where both sides are equal."""
    if isinstance(c, (BooleanTrue, BooleanFalse)):
        return lambda point: bool(c)
    if isinstance(c, Not):
        inner = condition(c.args[0])
        return lambda point: not inner(point)
    if isinstance(c, (And, Or)):
        parts, all_or_any = [condition(arg) for arg in c.args], all if isinstance(c, And) else any
        return lambda point: all_or_any(part(point) for part in parts)
    if not isinstance(c, Relational):
        raise NotSupported(f"no value for the condition {c}")
    left, right, compare = evaluator(c.lhs), evaluator(c.rhs), _COMPARISONS[c.rel_op]
    of_integers = c.rel_op in ("==", "!=") or (c.lhs.is_integer and c.rhs.is_integer)

    def holds(point: Point) -> bool:
        a, b = left(point), right(point)
        if a == b and not of_integers:
            raise NoValue(f"{c} is at its kink")
        return bool(compare(*_alike(a, b)))

    return holds


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def _loss(e: Any) -> Evaluator:
    """L(F) = <A, F> + |F|^2/2 with A drawn for the name, and its gradient A + F."""
    name, F, *where = e.args
    r, k = Dummy("r", integer=True, nonnegative=True), Dummy("k", integer=True, nonnegative=True)
    f = evaluator(written_out(entry(F, r, k)))

    def at(point: Point, i: int, j: int) -> tuple[Number, Number]:
        point.env.update({r: i, k: j})
        return point.value((str(name), i, j)), f(point)

    def gradient(point: Point) -> Number:
        return plus(*at(point, *(index(point) for index in indices)))

    def value(point: Point) -> Number:
        rows, columns = (point.size(n) for n in F.shape)
        terms = (at(point, i, j) for i in range(rows) for j in range(columns))
        return reduce(plus, (times(x, plus(a, times(x, Fraction(1, 2)))) for a, x in terms), Fraction(0))

    indices = [_index(i) for i in where]
    return gradient if where else value


def _activation(e: Any) -> Evaluator:
    """A polynomial for the name, and its derivatives."""
    name = type(e).__name__
    argument = evaluator(e.args[0])

    def value(point: Point) -> Number:
        coefficients = _coefficients(point.value(name.rstrip("'")), point.kind)
        for _ in range(len(name) - len(name.rstrip("'"))):
            coefficients = [k * c for k, c in enumerate(coefficients)][1:]
        t = argument(point)
        return reduce(plus, (times(c, raised(t, Fraction(k))) for k, c in enumerate(coefficients)), Fraction(0))

    return value


def _coefficients(drawn: Fraction, kind: int) -> list[Fraction]:
    """t^2 + a t, which keeps numbers short, or t^3 + a t^2, with a drawn for the name."""
    return [Fraction(0), *([Fraction(0)] if kind else []), drawn, Fraction(1)]


def _extreme(choose: Callable[..., Any]) -> Callable[[Any], Evaluator]:
    def rule(e: Any) -> Evaluator:
        parts = [evaluator(arg) for arg in e.args]
        return lambda point: choose((part(point) for part in parts), key=real)

    return rule


def _absolute(e: Any) -> Evaluator:
    argument = evaluator(e.args[0])
    return lambda point: abs(argument(point))


def _function(e: Any) -> Evaluator:
    if type(e) not in _FUNCTIONS:
        raise NotSupported(f"no value for {e}")
    f, argument = _FUNCTIONS[type(e)], evaluator(e.args[0])

    def value(point: Point) -> Number:
        at = real(argument(point))
        if abs(at) > _REACH and f is not _logarithm:
            raise NoValue(f"{e} is out of reach")
        try:
            return f(at)
        except (ValueError, ZeroDivisionError) as problem:
            raise NoValue(str(problem)) from problem

    return value


def _alike(a: Number, b: Number) -> tuple[Number, Number]:
    return (a, b) if isinstance(a, Fraction) and isinstance(b, Fraction) else (real(a), real(b))


def plus(a: Number, b: Number) -> Number:
    """a + b."""
    return a + b if isinstance(a, Fraction) and isinstance(b, Fraction) else real(a) + real(b)


def times(a: Number, b: Number) -> Number:
    """a b."""
    return a * b if isinstance(a, Fraction) and isinstance(b, Fraction) else real(a) * real(b)


def raised(base: Number, power: Number) -> Number:
    """base^power; NoValue for a division by zero or a root of a negative number."""
    whole = isinstance(power, Fraction) and power.denominator == 1
    if base == 0 and power < 0:
        raise NoValue("a division by zero")
    if base and abs(power) * (abs(_mp.mag(real(base))) + 1) > _REACH:
        raise NoValue(f"a power out of reach: to the {shown(power)}")
    if whole:
        return base ** int(power)
    if base < 0:
        raise NoValue(f"a root of {base}")
    return real(base) ** real(power)


def _logarithm(t: Any) -> Any:
    if t <= 0:
        raise ValueError(f"a logarithm of {t}")
    return _mp.log(t)


_FUNCTIONS: dict[Any, Callable[[Any], Any]] = {
    exp: _mp.exp,
    log: _logarithm,
    tanh: _mp.tanh,
    sinh: _mp.sinh,
    cosh: _mp.cosh,
    sin: _mp.sin,
    cos: _mp.cos,
    erf: _mp.erf,
    sigmoid: lambda t: 1 / (1 + _mp.exp(-t)),
}

_RULES: tuple[tuple[Any, Callable[[Any], Evaluator]], ...] = (
    (Rational, lambda e: _constant(Fraction(e.p, e.q))),
    (type(pi), lambda e: _constant(_mp.pi + 0)),
    (type(E), lambda e: _constant(_mp.e + 0)),
    (Symbol, _symbol),
    (Add, _folded(plus)),
    (Mul, _folded(times)),
    (exp, _function),
    (Pow, _power),
    (Sum, _sum),
    (MatrixElement, _element),
    (Indexed, _label),
    (KnownLabel, _known_label),
    (KroneckerDelta, _delta),
    ((LossValue, LossGradientEntry), _loss),
    (Max, _extreme(max)),
    (Min, _extreme(min)),
    (Abs, _absolute),
    (sign, _sign),
    (Heaviside, _heaviside),
    (Piecewise, _piecewise),
    (Activation, _activation),
    (Function, _function),
)


# -- the search --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """Two written-out scalars that are said to be equal, and what their symbols are."""

    left: Any
    right: Any
    sizes: tuple[Any, ...]
    indices: Mapping[Any, tuple[Any, ...]]  # each free index, with the sizes below which it lies
    labels: Mapping[Any, tuple[Any, ...]]  # each label, with its numbers of classes


@dataclass(frozen=True)
class Counterexample:
    """A shape and values at which the two sides differ: ``sizes``, ``indices``, ``values``, ``left``, ``right``.

    An activation is given by its formula in t, a loss by its formula in a matrix S.
    """

    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    values: Mapping[str, Any]
    left: Number
    right: Number

    def __str__(self) -> str:
        given = [f"{name} = {_told(value)}" for name, value in {**self.sizes, **self.indices, **self.values}.items()]
        where = f"at {', '.join(given)}" if given else "whatever the letters"
        return f"{where}: left side {shown(self.left)}, right side {shown(self.right)}"


def _told(value: Any) -> str:
    return str(value.tolist() if hasattr(value, "tolist") else value).replace("\n", "")


def shown(value: Number) -> str:
    """An exact value as it is, if it is short, another one to 12 digits; what is 0 but for rounding is 0."""
    if isinstance(value, Fraction) and max(abs(value.numerator), value.denominator) < _SHORT:
        return str(value)
    return "0" if not isinstance(value, Fraction) and abs(value) < _TOLERANCE else str(_mp.nstr(real(value), 12))


def points(claim: Claim, largest: int = 3) -> Iterator[tuple[Point, list[dict[Any, int]]]]:
    """Points of the claim, smallest shapes first, simple values first; with each, all values of the free indices."""
    shapes = sorted(
        product(range(1, largest + 1), repeat=len(claim.sizes)), key=lambda s: (sum(s), max(s, default=0), s)
    )
    rounds = ((shape, kind) for kinds in ((0, 1, 2), *[(2,)] * 20) for shape in shapes for kind in kinds)
    for number, (shape, kind) in enumerate(rounds):
        sizes = dict(zip(claim.sizes, shape, strict=True))
        point = Point(sizes, claim.labels, random.Random(f"{shape} {kind} {number}"), kind)
        yield point, _places(claim, point)


def _places(claim: Claim, point: Point) -> list[dict[Any, int]]:
    """All values of the free indices at a point."""
    limits = [min((point.size(n) for n in limit), default=1) for limit in claim.indices.values()]
    return [dict(zip(claim.indices, values, strict=True)) for values in product(*(range(n) for n in limits))]


def evaluations(claim: Claim, work: int) -> Iterator[tuple[Point, dict[Any, int], Number, Number]]:
    """Both sides at points of the claim where they have values, until ``work`` terms of sums were added up."""
    spent = 0
    for point, places in points(claim):
        for env in places:
            with suppress(NoValue):
                yield point, env, evaluate(claim.left, point, env), evaluate(claim.right, point, env)
            spent += 1 + point.terms
            point.terms = 0
            if spent > work:
                return


def counterexample(claim: Claim, work: int = 100_000) -> Counterexample | None:
    """The first point, smallest shapes first, at which the sides differ; None when none was found."""
    for point, env, left, right in evaluations(claim, work):
        if not close(left, right):
            return Counterexample(
                {str(size): n for size, n in point.sizes.items()},
                {index.name: n for index, n in env.items()},
                _displayed(point),
                left,
                right,
            )
    return None


def _displayed(point: Point) -> dict[str, Any]:
    """The drawn numbers as matrices, vectors of labels and parameters, and the functions that they make."""
    tables: dict[Any, dict[tuple[int, ...], Fraction]] = {}
    shown_: dict[str, Any] = {}
    for what, value in point.values.items():
        if isinstance(what, tuple):
            tables.setdefault(what[0], {})[what[1:]] = value
        elif isinstance(what, str):
            t = Symbol("t", real=True)
            shown_[f"{what}(t)"] = Add(*(_rational(c) * t**k for k, c in enumerate(_coefficients(value, point.kind))))
        else:
            shown_[str(what)] = _rational(value)
    for name, table in tables.items():
        if isinstance(name, str):
            shape = tuple(1 + max(where[axis] for where in table) for axis in range(2))
            slope = ImmutableMatrix(*shape, lambda i, j, t=table: _rational(t.get((i, j), Fraction(0))))
            scores = MatrixSymbol("S", *shape)
            shown_[f"{name}(S)"] = inner(slope, scores) + norm_squared(scores) / 2
        elif hasattr(name, "rows"):
            shape = tuple(point.size(n) for n in name.shape)
            shown_[str(name)] = Matrix(*shape, lambda i, j, a=name: _rational(point.value((a, i, j))))
        else:
            length = 1 + max(where[0] for where in table)
            shown_[str(name.label)] = tuple(int(table.get((n,), Fraction(0))) for n in range(length))
    return shown_


def _rational(value: Fraction) -> Rational:
    return Rational(value.numerator, value.denominator)


def has_witness(claim: Claim) -> bool:
    """Whether some point of sizes above 1 gives both sides a value, so that what they take for granted can be true."""
    for number, kind in product(range(10), (POSITIVE, ANY, FRACTIONS)):
        draw = random.Random(f"witness {number}")
        point = Point({size: draw.randint(2, 4) for size in claim.sizes}, claim.labels, draw, kind)
        for env in _places(claim, point):
            with suppress(NoValue):
                evaluate(claim.left, point, env)
                evaluate(claim.right, point, env)
                return True
    return False


def slip(claim: Claim) -> str:
    """What the difference looks like: a sign, a factor, a factor made of sizes, a transpose; else an empty text."""
    return _proportion(claim) or _transposition(claim)


def _proportion(claim: Claim) -> str:
    ratios: list[tuple[Mapping[Any, int], Fraction | None]] = []
    for point, _, left, right in evaluations(claim, 3000):
        zeros = close(left, Fraction(0)), close(right, Fraction(0))
        if zeros[0] != zeros[1] or len(ratios) == 24:
            break
        if not zeros[0]:
            ratios.append((point.sizes, _simple(left, right)))
    else:
        zeros = (False, False)
    found = {ratio for _, ratio in ratios}
    if zeros[0] != zeros[1] or len(ratios) < 3 or None in found or found == {Fraction(1)}:
        return ""
    if len(found) == 1:
        return "right up to sign" if found == {Fraction(-1)} else f"off by the factor {found.pop()}"
    fitting = (name for name, factor in _size_factors(claim.sizes) if all(r == factor(s) for s, r in ratios))
    return next((f"off by the factor {name}" for name in fitting), "")


def _transposition(claim: Claim) -> str:
    limits = list(claim.indices.values())
    if len(limits) != 2 or limits[0] != limits[1]:
        return ""
    agreements = []
    for point, places in islice(points(claim), 9):
        for env in places:
            swapped = dict(zip(env, reversed(env.values()), strict=True))
            with suppress(NoValue):
                agreements.append(close(evaluate(claim.left, point, env), evaluate(claim.right, point, swapped)))
    return "right up to a transpose" if agreements and all(agreements) else ""


def _simple(left: Number, right: Number) -> Fraction | None:
    """left / right when it is a fraction of small numbers."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left / right
    ratio = real(left) / real(right)
    guess = Fraction(str(_mp.nstr(ratio, 30))).limit_denominator(100)
    return guess if close(guess, ratio) else None


def _size_factors(sizes: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[Mapping[Any, int]], Fraction]]]:
    """The factors c a, c / a and c a / b made of sizes a and b, for c = 1, 2, 1/2 of either sign."""
    ratios: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = [(str(a), (a,), ()) for a in sizes] + [
        (f"1/{a}", (), (a,)) for a in sizes
    ]
    ratios += [(f"{a}/{b}", (a,), (b,)) for a, b in permutations(sizes, 2)]
    for c in (Fraction(n, d) for n, d in ((1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2))):
        front = "" if c == 1 else "-" if c == -1 else f"{c} "
        for name, above, below in ratios:
            yield front + name, partial(_ratio, c, above, below)


def _ratio(c: Fraction, above: tuple[Any, ...], below: tuple[Any, ...], sizes: Mapping[Any, int]) -> Fraction:
    return c * prod(sizes[a] for a in above) / prod(sizes[b] for b in below)
