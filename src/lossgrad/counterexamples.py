"""The search for a counterexample: both sides of a statement, evaluated by their definition at small shapes.

A :class:`Point` gives numbers to the sizes, indices, parameters and entries of a statement: small rationals, so that
rational statements are evaluated exactly; functions such as exp are evaluated to 50 digits. Sums are carried out term
by term; nothing of the normal form is used.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any

from mpmath import MPContext
from sympy import (
    Abs,
    Add,
    E,
    Function,
    Heaviside,
    Indexed,
    KroneckerDelta,
    Matrix,
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
from lossgrad.expressions import Activation, KnownLabel, LossGradientEntry, LossValue, entry, sigmoid

Number = Any  # Fraction, or an mpmath number of 50 digits

_mp = MPContext()
_mp.dps = 50
_TOLERANCE = _mp.mpf(10) ** -35


class NoValue(Exception):
    """The expression has no value at this point: a zero denominator, a logarithm of a negative number, a kink."""


@dataclass
class Point:
    """Numbers for everything that a statement leaves open, drawn as they are asked for."""

    sizes: Mapping[Any, int]
    labels: Mapping[Any, Any]  # the number of classes of each label
    draw: random.Random
    scale: int = 2
    values: dict[Any, Fraction] = field(default_factory=dict)

    def value(self, what: Any, limit: int | None = None) -> Fraction:
        """The number that ``what`` has here, in 0 .. limit - 1 for a label or index."""
        if what not in self.values:
            if limit is not None:
                self.values[what] = Fraction(self.draw.randrange(limit))
            else:
                self.values[what] = self._real(what)
        return self.values[what]

    def _real(self, what: Any) -> Fraction:
        whole = getattr(what, "is_integer", False)
        drawn = Fraction(self.draw.randint(-self.scale, self.scale + 1), 1 if whole else self.draw.choice((1, 1, 1, 2, 3)))
        if getattr(what, "is_nonnegative", False):
            drawn = abs(drawn)
        if getattr(what, "is_nonzero", False):
            drawn = drawn or Fraction(1)
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
    """The value of a written-out expression at a point; ``env`` gives the values of indices."""
    value = _Evaluation(point, dict(env or {})).value(e)
    if not isinstance(value, Fraction) and not _mp.isfinite(value):
        raise NoValue(f"{e} is not finite")
    return value


class _Evaluation:
    def __init__(self, point: Point, env: dict[Any, int]) -> None:
        self.point, self.env = point, env

    def value(self, e: Any) -> Number:
        for kind, rule in _RULES:
            if isinstance(e, kind):
                return rule(self, e)
        raise NotSupported(f"no value for {e}, a {type(e).__name__}")

    def index(self, e: Any) -> int:
        value = self.value(e)
        if not isinstance(value, Fraction) or value.denominator != 1:
            raise NotSupported(f"an index that is no integer: {e} = {value}")
        return int(value)

    def symbol(self, e: Any) -> Number:
        if e in self.env:
            return Fraction(self.env[e])
        if e in self.point.sizes:
            return Fraction(self.point.sizes[e])
        return self.point.value(e)

    def sum(self, e: Any) -> Number:
        return self.nested(e.function, e.limits)

    def nested(self, body: Any, limits: Any) -> Number:
        """The sum over the last limit, outermost, of the sum over the others."""
        if not limits:
            return self.value(body)
        *inner, (index, low, high) = limits
        total: Number = Fraction(0)
        kept = self.env.get(index)
        for k in range(self.index(low), self.index(high) + 1):
            self.env[index] = k
            total = plus(total, self.nested(body, inner))
        if kept is None:
            self.env.pop(index, None)
        else:
            self.env[index] = kept
        return total

    def element(self, e: Any) -> Number:
        A, i, j = e.args
        row, column = self.index(i), self.index(j)
        rows, columns = (self.point.size(n) for n in A.shape)
        if not (0 <= row < rows and 0 <= column < columns):
            raise NoValue(f"{A}[{row}, {column}] lies outside its shape ({rows}, {columns})")
        return self.point.value((A, row, column))

    def label(self, e: Any) -> Number:
        where = tuple(self.index(i) for i in e.indices)
        classes = self.point.labels.get(e.base)
        if classes is None:
            raise NotSupported(f"{e} indexes no matrix and no one_hot: its classes are unknown")
        return self.point.value((e.base, *where), min(self.point.size(n) for n in classes))

    def power(self, e: Any) -> Number:
        base, power = self.value(e.base), self.value(e.exp)
        return raised(base, power)

    def function(self, rule: Callable[[Any], Any], e: Any) -> Number:
        try:
            return rule(real(self.value(e.args[0])))
        except (ValueError, ZeroDivisionError) as problem:
            raise NoValue(str(problem)) from problem

    def heaviside(self, e: Any) -> Number:
        argument = self.value(e.args[0])
        if argument == 0:
            raise NoValue(f"{e} is at its kink")
        return Fraction(int(argument > 0))

    def sign(self, e: Any) -> Number:
        if e.args[0].is_integer and self.value(e.args[0]) == 0:
            return Fraction(0)
        return 2 * self.heaviside(e) - 1

    def piecewise(self, e: Any) -> Number:
        for value, condition in e.args:
            if self.condition(condition):
                return self.value(value)
        raise NoValue(f"no case of {e} holds")

    def condition(self, c: Any) -> bool:
        if isinstance(c, (BooleanTrue, BooleanFalse)):
            return bool(c)
        if isinstance(c, Not):
            return not self.condition(c.args[0])
        if isinstance(c, (And, Or)):
            return (all if isinstance(c, And) else any)(self.condition(arg) for arg in c.args)
        if isinstance(c, Relational):
            left, right = self.value(c.lhs), self.value(c.rhs)
            of_integers = c.lhs.is_integer and c.rhs.is_integer
            if c.rel_op in ("<", "<=", ">", ">=") and left == right and not of_integers:
                raise NoValue(f"{c} is at its kink")
            return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right, "==": left == right, "!=": left != right}[c.rel_op])
        raise NotSupported(f"no value for the condition {c}")

    def loss(self, e: Any) -> Number:
        """L(F) = <A, F> + ||F||^2 / 2 with a random A, and its gradient A + F."""
        name, F, *index = e.args
        rows, columns = (self.point.size(n) for n in F.shape)

        def at(i: int, j: int) -> tuple[Number, Number]:
            return self.point.value((str(name), i, j)), self.value(written_out(entry(F, Rational(i), Rational(j))))

        if index:
            a, f = at(*(self.index(i) for i in index))
            return plus(a, f)
        terms = (at(i, j) for i in range(rows) for j in range(columns))
        return reduce(plus, (times(f, plus(a, times(f, Fraction(1, 2)))) for a, f in terms), Fraction(0))

    def activation(self, e: Any) -> Number:
        """phi(t) = t^3 + a t^2 with a drawn for the name, and its derivatives."""
        name = type(e).__name__
        order = len(name) - len(name.rstrip("'"))
        a = self.point.value(name.rstrip("'"))
        t = self.value(e.args[0])
        coefficients = [Fraction(0), Fraction(0), a, Fraction(1)]
        for _ in range(order):
            coefficients = [k * c for k, c in enumerate(coefficients)][1:]
        return reduce(plus, (times(c, raised(t, Fraction(k))) for k, c in enumerate(coefficients)), Fraction(0))

    def extreme(self, e: Any) -> Number:
        return (max if isinstance(e, Max) else min)(self.value(arg) for arg in e.args)


def plus(a: Number, b: Number) -> Number:
    return a + b if isinstance(a, Fraction) and isinstance(b, Fraction) else real(a) + real(b)


def times(a: Number, b: Number) -> Number:
    return a * b if isinstance(a, Fraction) and isinstance(b, Fraction) else real(a) * real(b)


def raised(base: Number, power: Number) -> Number:
    if base == 0 and power < 0:
        raise NoValue("a division by zero")
    if isinstance(base, Fraction) and isinstance(power, Fraction) and power.denominator == 1:
        return base ** int(power)
    if base < 0 and not (isinstance(power, Fraction) and power.denominator == 1):
        raise NoValue(f"a root of {base}")
    return real(base) ** (int(power) if isinstance(power, Fraction) and power.denominator == 1 else real(power))


def _logistic(t: Any) -> Any:
    return 1 / (1 + _mp.exp(-t))


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
    sigmoid: _logistic,
}


def _of_function(run: _Evaluation, e: Any) -> Number:
    if type(e) not in _FUNCTIONS:
        raise NotSupported(f"no value for {e}")
    return run.function(_FUNCTIONS[type(e)], e)


_RULES: tuple[tuple[Any, Any], ...] = (
    (Rational, lambda run, e: Fraction(e.p, e.q)),
    (type(pi), lambda run, e: _mp.pi + 0),
    (type(E), lambda run, e: _mp.e + 0),
    (Symbol, _Evaluation.symbol),
    (Add, lambda run, e: reduce(plus, map(run.value, e.args))),
    (Mul, lambda run, e: reduce(times, map(run.value, e.args))),
    (exp, _of_function),
    (Pow, _Evaluation.power),
    (Sum, _Evaluation.sum),
    (MatrixElement, _Evaluation.element),
    (Indexed, _Evaluation.label),
    (KnownLabel, lambda run, e: Fraction(int(e.at(run.index(e.args[1]))))),
    (KroneckerDelta, lambda run, e: Fraction(int(run.value(e.args[0]) == run.value(e.args[1])))),
    ((LossValue, LossGradientEntry), _Evaluation.loss),
    ((Max, Min), _Evaluation.extreme),
    (Abs, lambda run, e: abs(run.value(e.args[0]))),
    (sign, _Evaluation.sign),
    (Heaviside, _Evaluation.heaviside),
    (Piecewise, _Evaluation.piecewise),
    (Activation, _Evaluation.activation),
    (Function, _of_function),
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
    """A shape and values at which the two sides differ: ``sizes``, ``indices``, ``values``, ``left``, ``right``."""

    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    values: Mapping[str, Any]
    left: Number
    right: Number

    def __str__(self) -> str:
        given = [f"{name} = {n}" for name, n in {**self.sizes, **self.indices}.items()]
        given += [f"{name} = {value.tolist() if hasattr(value, 'tolist') else value}" for name, value in self.values.items()]
        return f"at {', '.join(given)}: left side {shown(self.left)}, right side {shown(self.right)}"


def shown(value: Number) -> str:
    """An exact value as it is, another one to 12 digits."""
    return str(value) if isinstance(value, Fraction) else str(_mp.nstr(value, 12))


def points(claim: Claim, tries: int = 3, largest: int = 3) -> Iterator[tuple[Point, dict[Any, int]]]:
    """Points of the claim, smallest shapes first; all free indices in turn at each."""
    shapes = sorted(product(range(1, largest + 1), repeat=len(claim.sizes)), key=lambda s: (sum(s), max(s, default=0), s))
    for attempt in range(tries):
        for shape in shapes:
            sizes = dict(zip(claim.sizes, shape, strict=True))
            point = Point(sizes, claim.labels, random.Random(f"{shape} {attempt}"), scale=1 + attempt)
            limits = [min((point.size(n) for n in limit), default=1) for limit in claim.indices.values()]
            for values in product(*(range(limit) for limit in limits)):
                yield point, dict(zip(claim.indices, values, strict=True))


def differences(claim: Claim, work: int) -> Iterator[tuple[Point, dict[Any, int], Number, Number]]:
    """The points at which the sides have values that differ, among the first ``work``."""
    for (point, env), _ in zip(points(claim), range(work), strict=False):
        try:
            left, right = evaluate(claim.left, point, env), evaluate(claim.right, point, env)
        except NoValue:
            continue
        if not close(left, right):
            yield point, env, left, right


def counterexample(claim: Claim, work: int = 4000) -> Counterexample | None:
    """The first point, smallest shapes first, at which the sides differ; None when none was found."""
    for point, env, left, right in differences(claim, work):
        return Counterexample(
            {str(size): n for size, n in point.sizes.items()},
            {index.name: n for index, n in env.items()},
            _displayed(point),
            left,
            right,
        )
    return None


def _displayed(point: Point) -> dict[str, Any]:
    """The drawn numbers as matrices, vectors of labels and parameters."""
    tables: dict[Any, dict[tuple[int, ...], Fraction]] = {}
    shown_: dict[str, Any] = {}
    for what, value in point.values.items():
        if isinstance(what, tuple):
            tables.setdefault(what[0], {})[what[1:]] = value
        else:
            shown_[str(what)] = value
    for name, table in tables.items():
        if isinstance(name, str):
            shape = tuple(1 + max(where[axis] for where in table) for axis in range(2))
            shown_[f"gradient of {name} at 0"] = Matrix(*shape, lambda i, j, t=table: _rational(t.get((i, j), Fraction(0))))
        elif hasattr(name, "rows"):
            shape = tuple(point.size(n) for n in name.shape)
            shown_[str(name)] = Matrix(*shape, lambda i, j, a=name: _rational(point.value((a, i, j))))
        else:
            length = 1 + max(where[0] for where in table)
            shown_[str(name.label)] = tuple(int(table.get((n,), Fraction(0))) for n in range(length))
    return shown_


def _rational(value: Fraction) -> Rational:
    return Rational(value.numerator, value.denominator)


def slip(claim: Claim) -> str:
    """What the difference looks like: a sign, a factor, a factor made of sizes; empty when it looks like nothing known."""
    ratios: list[tuple[Mapping[Any, int], Fraction | None]] = []
    for (point, env), _ in zip(points(claim, tries=2), range(400), strict=False):
        try:
            left, right = evaluate(claim.left, point, env), evaluate(claim.right, point, env)
        except NoValue:
            continue
        if close(left, right) and close(left, Fraction(0)):
            continue
        if close(right, Fraction(0)) or close(left, Fraction(0)):
            return ""
        ratios.append((point.sizes, _simple(left, right)))
    if len(ratios) < 3 or any(ratio is None for _, ratio in ratios):
        return ""
    values = {ratio for _, ratio in ratios}
    if values == {Fraction(-1)}:
        return "right up to sign"
    if len(values) == 1:
        return f"off by the factor {values.pop()}"
    for name, factor in _size_factors(claim.sizes):
        if all(ratio == factor(sizes) for sizes, ratio in ratios):
            return f"off by the factor {name}"
    return ""


def _simple(left: Number, right: Number) -> Fraction | None:
    """left / right when it is a fraction of small numbers."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left / right
    ratio = real(left) / real(right)
    guess = Fraction(str(_mp.nstr(ratio, 30))).limit_denominator(100)
    return guess if close(guess, ratio) else None


def _size_factors(sizes: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[Mapping[Any, int]], Fraction]]]:
    for sign_, c in product(("", "-"), (1, 2, Fraction(1, 2))):
        factor = (-1 if sign_ else 1) * Fraction(c)
        front = sign_ + ("" if c == 1 else f"{c}*")
        for a in sizes:
            yield f"{front}{a}", lambda s, a=a, f=factor: f * s[a]
            yield f"{front}1/{a}" if c == 1 else f"{front}(1/{a})", lambda s, a=a, f=factor: f / s[a]
            for b in sizes:
                if a != b:
                    yield f"{front}{a}/{b}", lambda s, a=a, b=b, f=factor: f * Fraction(s[a], s[b])
