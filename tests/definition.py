"""The value of an expression by its definition, at small shapes and random points: a second reading of every statement.

A matrix is a table of numbers, a sum is carried out term by term, and a derivative is carried along with the value, as
a dual number. Rational statements are evaluated exactly, others to 50 digits. Nothing here comes from the proof: not
its entries, not its derivatives, not its normal form.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, reduce
from itertools import product
from typing import Any

from mpmath import MPContext
from sympy import (
    Abs,
    Add,
    BlockMatrix,
    Derivative,
    Eq,
    FunctionMatrix,
    Heaviside,
    Identity,
    Indexed,
    IndexedBase,
    KroneckerDelta,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSlice,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    NumberSymbol,
    OneMatrix,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    preorder_traversal,
    sign,
    srepr,
    sympify,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or
from sympy.matrices.expressions.hadamard import HadamardPower, HadamardProduct
from sympy.matrices.expressions.kronecker import KroneckerProduct
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.special import GenericIdentity
from sympy.matrices.matrixbase import MatrixBase

from lossgrad import expressions as book

Number = Any  # Fraction, or a real of 50 digits, or a Dual of those
Table = list[list[Number]]

reals = MPContext()
reals.dps = 50


class NoDefinition(TypeError):
    """An expression of a kind whose definition is not written down here."""


class NoValue(ArithmeticError):
    """The expression has no value at this point: a zero denominator, a kink, an entry that does not exist."""


class Irrational(ArithmeticError):
    """A function that leaves the rational numbers was met where values are rational."""


# -- numbers that carry their slopes -----------------------------------------------------------------------------------


class Dual:
    """A value and its slopes in some directions; of two differentiations the inner one has the higher ``tag``."""

    __slots__ = ("slopes", "tag", "value")

    def __init__(self, tag: int, value: Number, slopes: Mapping[Any, Number]) -> None:
        self.tag, self.value, self.slopes = tag, value, slopes


def plus(a: Number, b: Number) -> Number:
    """a + b, and the slopes of the sum."""
    tag, (u, du), (v, dv) = _together(a, b)
    if tag is None:
        return a + b
    slopes = dict(du)
    for where, slope in dv.items():
        slopes[where] = plus(slopes[where], slope) if where in slopes else slope
    return Dual(tag, plus(u, v), slopes)


def times(a: Number, b: Number) -> Number:
    """a b, and the slopes of the product."""
    tag, (u, du), (v, dv) = _together(a, b)
    if tag is None:
        return a * b
    slopes = {where: times(slope, v) for where, slope in du.items()}
    for where, slope in dv.items():
        more = times(slope, u)
        slopes[where] = plus(slopes[where], more) if where in slopes else more
    return Dual(tag, times(u, v), slopes)


def _together(a: Number, b: Number) -> tuple[int | None, tuple[Number, Any], tuple[Number, Any]]:
    """The differentiation that both are part of, and each as value and slopes with respect to it."""
    tags = [x.tag for x in (a, b) if isinstance(x, Dual)]
    if not tags:
        return None, (a, {}), (b, {})
    tag = max(tags)
    first, second = ((x.value, x.slopes) if isinstance(x, Dual) and x.tag == tag else (x, {}) for x in (a, b))
    return tag, first, second


def plain(a: Number) -> Number:
    """The value without its slopes."""
    while isinstance(a, Dual):
        a = a.value
    return a


def minus(a: Number, b: Number) -> Number:
    return plus(a, times(b, -1))


def inverse(a: Number) -> Number:
    if isinstance(a, Dual):
        value = inverse(a.value)
        return _chained(a, value, times(times(value, value), -1))
    if a == 0:
        raise NoValue("a division by zero")
    return 1 / a


def _chained(a: Dual, value: Number, slope: Number) -> Dual:
    return Dual(a.tag, value, {where: times(slope, s) for where, s in a.slopes.items()})


def whole_power(a: Number, n: int) -> Number:
    if n < 0:
        return inverse(whole_power(a, -n))
    return reduce(times, [a] * n, Fraction(1)) if n else Fraction(1)


def power(a: Number, e: Number) -> Number:
    """a to the power e: by multiplication for whole e, else exp(e log a)."""
    if isinstance(e, Fraction) and e.denominator == 1:
        return whole_power(a, int(e))
    if plain(a) == 0 and not isinstance(a, Dual) and plain(e) > 0:
        return a
    return applied("exp", times(e, applied("log", a)))


def applied(name: str, a: Number) -> Number:
    """A function of a number by its name, with its slope."""
    if name not in _FUNCTIONS:
        raise NoDefinition(f"no definition of the function {name}")
    function, slope = _FUNCTIONS[name]
    if isinstance(a, Dual):
        value = applied(name, a.value)
        return _chained(a, value, slope(a.value, value))
    if isinstance(a, Fraction):
        raise Irrational(name)
    return function(a)


def _log(a: Number) -> Number:
    if a <= 0:
        raise NoValue(f"the logarithm of {reals.nstr(a, 5)}")
    return reals.log(a)


Rule = tuple[Callable[[Number], Number], Callable[[Number, Number], Number]]
_FUNCTIONS: dict[str, Rule] = {  # each with its derivative at x, where its value is v
    "exp": (reals.exp, lambda x, v: v),
    "log": (_log, lambda x, v: inverse(x)),
    "sin": (reals.sin, lambda x, v: applied("cos", x)),
    "cos": (reals.cos, lambda x, v: times(applied("sin", x), -1)),
    "sinh": (reals.sinh, lambda x, v: applied("cosh", x)),
    "cosh": (reals.cosh, lambda x, v: applied("sinh", x)),
    "tanh": (reals.tanh, lambda x, v: minus(1, times(v, v))),
    "atan": (reals.atan, lambda x, v: inverse(plus(1, times(x, x)))),
    "erf": (reals.erf, lambda x, v: times(2 / reals.sqrt(reals.pi), applied("exp", times(times(x, x), -1)))),
    "sigmoid": (lambda x: 1 / (1 + reals.exp(-x)), lambda x, v: times(v, minus(1, v))),
}


# -- points ------------------------------------------------------------------------------------------------------------


@dataclass
class Point:
    """Sizes, and a number for every entry, parameter and label, the same whenever it is asked for."""

    sizes: Mapping[Any, int]
    seed: int
    exact: bool = True
    positive: bool = False
    drawn: dict[Any, Number] = field(default_factory=dict)

    def entry(self, *what: Any, positive: bool = False) -> Number:
        """A small rational number other than 0."""
        if what not in self.drawn:
            draw = random.Random(f"{self.seed} {what}")
            value = Fraction(draw.choice((1, 2, 3, 4, 5, 7)), draw.choice((1, 2, 3)))
            if draw.random() < 0.5 and not (positive or self.positive):
                value = -value
            self.drawn[what] = self.number(value)
        return self.drawn[what]

    def label(self, below: int, *what: Any) -> int:
        return random.Random(f"{self.seed} {what}").randrange(below)

    def number(self, value: Fraction | int) -> Number:
        value = Fraction(value)
        return value if self.exact else reals.mpf(value.numerator) / value.denominator


# -- evaluation --------------------------------------------------------------------------------------------------------


class Evaluation:
    """The values of expressions at one point."""

    def __init__(self, point: Point, classes: Mapping[Any, tuple[Any, ...]]) -> None:
        self.point, self.classes = point, classes
        self.env: dict[Any, Number] = dict(point.sizes)
        self.tables: dict[Any, Table] = {}
        self.known: dict[Any, Any] = {}
        self.tag = 0

    def matrix(self, A: Any) -> Table:
        """The table of a matrix expression."""
        table: Table = self._remembered(A, _MATRICES)
        return table

    def scalar(self, e: Any) -> Number:
        """The number that a scalar expression is."""
        return self._remembered(e, _SCALARS) if isinstance(e, book.Scalar) else self._by_kind(e, _SCALARS)

    def _by_kind(self, e: Any, rules: Mapping[Any, Callable[[Evaluation, Any], Any]]) -> Any:
        for kind in type(e).__mro__:
            if kind in rules:
                return rules[kind](self, e)
        raise NoDefinition(f"no definition of {e}, a {type(e).__name__}")

    def _remembered(self, e: Any, rules: Mapping[Any, Callable[[Evaluation, Any], Any]]) -> Any:
        letters = _letters(e)
        if any(isinstance(self.env.get(letter), Dual) for letter in letters):
            return self._by_kind(e, rules)
        open_ = [(a, self.env[a]) for a in letters if a in self.env and a not in self.point.sizes]
        open_ += [(a, self.tables[a][0][0].tag) for a in letters if a in self.tables]
        key = (e, frozenset(open_))
        if key not in self.known:
            self.known[key] = self._by_kind(e, rules)
        return self.known[key]

    @contextmanager
    def where(self, values: Mapping[Any, Number]) -> Iterator[None]:
        """Within, indices and variables have these values."""
        kept = dict(self.env)
        self.env.update(values)
        try:
            yield
        finally:
            self.env = kept

    def index(self, e: Any, below: int | None = None) -> int:
        value = plain(self.scalar(e))
        if value != int(value):
            raise NoValue(f"{e} is no integer")
        if below is not None and not 0 <= value < below:
            raise NoValue(f"{e} = {value} lies outside 0 .. {below - 1}")
        return int(value)

    def size(self, n: Any) -> int:
        value = self.index(n)
        if value < 1:
            raise NoValue(f"{n} = {value} is no size")
        return value

    def shape(self, A: Any) -> tuple[int, int]:
        rows, columns = (self.size(n) for n in A.shape)
        return rows, columns

    # scalars

    def symbol(self, e: Any) -> Number:
        if e in self.env:
            value = self.env[e]
            return self.point.number(value) if isinstance(value, int) else value
        if not e.is_real:
            raise NoDefinition(f"{e} is not said to be real")
        return self.point.entry(srepr(e), positive=bool(e.is_positive))

    def sum(self, e: Any) -> Number:
        def carried_out(limits: Sequence[Any]) -> Number:
            if not limits:
                return self.scalar(e.function)
            *inner, (index, low, high) = limits  # the last limit is the outermost sum
            total = self.point.number(0)
            for value in range(self.index(low), self.index(high) + 1):
                with self.where({index: value}):
                    total = plus(total, carried_out(inner))
            return total

        return carried_out(e.limits)

    def element(self, e: Any) -> Number:
        A, i, j = e.args
        rows, columns = self.shape(A)
        row, column = self.index(i, rows), self.index(j, columns)
        return self.matrix(A)[row][column]

    def label(self, e: Any) -> Number:
        y = e.base
        (length,) = y.shape
        return self.point.number(self.labels(y)[self.index(e.indices[0], self.size(length))])

    def labels(self, y: Any) -> list[int]:
        if not isinstance(y, IndexedBase):
            return [int(label) for label in y]
        if y not in self.classes:
            raise NoValue(f"nothing says which classes the labels {y} take")
        below = min(self.size(n) for n in self.classes[y])
        return [self.point.label(below, str(y), n) for n in range(self.size(y.shape[0]))]

    def inner(self, e: Any) -> Number:
        A, B = (self.matrix(arg) for arg in e.args)
        pairs = (times(a, b) for left, right in zip(A, B, strict=True) for a, b in zip(left, right, strict=True))
        return reduce(plus, pairs)

    def heaviside(self, e: Any) -> Number:
        value = plain(self.scalar(e.args[0]))
        if value == 0:
            raise NoValue(f"{e} at its jump")
        return self.point.number(int(value > 0))

    def sign(self, e: Any) -> Number:
        return minus(times(self.heaviside(e), 2), 1)

    def largest(self, e: Any, sign: int = 1) -> Number:
        values = [self.scalar(arg) for arg in e.args]
        best = max(plain(value) * sign for value in values) * sign
        winners = [value for value in values if plain(value) == best]
        if len(winners) > 1 and any(isinstance(value, Dual) for value in winners):
            raise NoValue(f"{e} at its kink")
        return winners[0]

    def absolute(self, e: Any) -> Number:
        value = self.scalar(e.args[0])
        if plain(value) == 0 and isinstance(value, Dual):
            raise NoValue(f"{e} at its kink")
        return value if plain(value) >= 0 else times(value, -1)

    def piecewise(self, e: Any) -> Number:
        for value, condition in e.args:
            if self.condition(condition):
                return self.scalar(value)
        raise NoValue(f"no case of {e} holds")

    def condition(self, c: Any) -> bool:
        if isinstance(c, (BooleanTrue, BooleanFalse)):
            return bool(c)
        if isinstance(c, Not):
            return not self.condition(c.args[0])
        if isinstance(c, (And, Or)):
            return (all if isinstance(c, And) else any)([self.condition(arg) for arg in c.args])
        if not isinstance(c, Relational):
            raise NoDefinition(f"no definition of the condition {c}")
        left, right = (self.scalar(side) for side in (c.lhs, c.rhs))
        if plain(left) == plain(right) and (isinstance(left, Dual) or isinstance(right, Dual)):
            raise NoValue(f"{c} at its kink")
        return bool(c.func(*(_rational(plain(side)) for side in (left, right))))

    def activation(self, e: Any) -> Number:
        """phi(t) = t^3 / 3 + a t^2 + b t with a and b drawn for its name, differentiated once for each prime."""
        name = type(e).__name__
        plain_name = name.rstrip("'")
        a, b = (self.point.entry("activation", plain_name, k) for k in "ab")
        coefficients = [self.point.number(0), b, a, self.point.number(Fraction(1, 3))]
        for _ in range(len(name) - len(plain_name)):
            coefficients = [k * c for k, c in enumerate(coefficients)][1:]
        t = self.scalar(e.args[0])
        return reduce(plus, (times(whole_power(t, k), c) for k, c in enumerate(coefficients)))

    def loss(self, name: str, F: Table) -> Number:
        """L(F) = <A, F> + <B, F>^2 / 2 + the sum of F^3 / 3, with A and B drawn for the name."""
        value, along = self.point.number(0), self.point.number(0)
        for i, row in enumerate(F):
            for j, f in enumerate(row):
                a, b = (self.point.entry("loss", name, k, i, j) for k in "ab")
                value = plus(value, plus(times(a, f), times(whole_power(f, 3), self.point.number(Fraction(1, 3)))))
                along = plus(along, times(b, f))
        return plus(value, times(times(along, along), self.point.number(Fraction(1, 2))))

    def loss_value(self, e: Any) -> Number:
        return self.loss(e.name, self.matrix(e.S))

    def loss_gradient_entry(self, e: Any) -> Number:
        return self._at(self.matrix(book.LossGradient(*e.args[:2])), *e.args[2:])

    def gradient_entry(self, e: Any) -> Number:
        f, M, i, j = e.args
        return self._at(self.matrix(book.Gradient(f, M)), i, j)

    def _at(self, table: Table, i: Any, j: Any) -> Number:
        return table[self.index(i, len(table))][self.index(j, len(table[0]))]

    def derivative(self, e: Any) -> Number:
        return self._repeated(e.expr, [x for x, count in e.variable_count for _ in range(int(count))])

    def _repeated(self, f: Any, variables: list[Any]) -> Number:
        if not variables:
            return self.scalar(f)
        *others, x = variables
        if isinstance(x, Symbol):
            if x.is_integer:
                raise NoDefinition(f"no definition of a derivative by the integer {x}")
            here = self.symbol(x)
            self.tag += 1
            tag = self.tag
            with self.where({x: Dual(tag, here, {0: 1})}):
                return self._slope(self._repeated(f, others), tag, 0)
        M, i, j = x.args
        rows, columns = self.shape(M)
        place = self.index(i, rows), self.index(j, columns)
        with self.varied(M) as tag:
            return self._slope(self._repeated(f, others), tag, place)

    # derivatives by matrices

    @contextmanager
    def varied(self, M: Any) -> Iterator[int]:
        """Within, the entries of ``M`` carry their slopes under a tag of their own."""
        here = self.matrix(M)
        self.tag += 1
        kept = self.tables.get(M)
        self.tables[M] = [[Dual(self.tag, v, {(i, j): 1}) for j, v in enumerate(row)] for i, row in enumerate(here)]
        try:
            yield self.tag
        finally:
            if kept is None:
                del self.tables[M]
            else:
                self.tables[M] = kept

    def _slope(self, value: Number, tag: int, where: Any) -> Number:
        if not isinstance(value, Dual) or value.tag != tag:
            return self.point.number(0)
        return value.slopes.get(where, self.point.number(0))

    def gradient(self, e: Any) -> Table:
        with self.varied(e.M) as tag:
            value = self.scalar(e.f)
        rows, columns = self.shape(e.M)
        return [[self._slope(value, tag, (i, j)) for j in range(columns)] for i in range(rows)]

    def vjp(self, e: Any) -> Table:
        G, F, M = e.args
        upstream = self.matrix(G)
        with self.varied(M) as tag:
            values = self.matrix(F)
        pairs = [(g, f) for row, above in zip(values, upstream, strict=True) for g, f in zip(above, row, strict=True)]
        rows, columns = self.shape(M)
        return [
            [reduce(plus, (times(g, self._slope(f, tag, (i, j))) for g, f in pairs)) for j in range(columns)]
            for i in range(rows)
        ]

    def jacobian(self, e: Any) -> Table:
        F, x = e.args
        with self.varied(x) as tag:
            values = self.matrix(F)
        return [[self._slope(f, tag, (j, 0)) for j in range(self.shape(x)[0])] for (f,) in values]

    def loss_gradient(self, e: Any) -> Table:
        F = self.matrix(e.S)
        self.tag += 1
        tag = self.tag
        carried = [[Dual(tag, f, {(i, j): 1}) for j, f in enumerate(row)] for i, row in enumerate(F)]
        value = self.loss(e.name, carried)
        return [[self._slope(value, tag, (i, j)) for j in range(len(row))] for i, row in enumerate(F)]

    # matrices

    def letter(self, A: Any) -> Table:
        if A in self.tables:
            return self.tables[A]
        return self._filled(A, lambda i, j: self.point.entry(str(A), str(A.shape), i, j))

    def _filled(self, A: Any, entry: Callable[[int, int], Number]) -> Table:
        rows, columns = self.shape(A)
        return [[entry(i, j) for j in range(columns)] for i in range(rows)]

    def constant(self, A: Any) -> Table:
        diagonal = isinstance(A, (Identity, GenericIdentity))
        other = self.point.number(int(isinstance(A, OneMatrix)))
        return self._filled(A, lambda i, j: self.point.number(1) if diagonal and i == j else other)

    def product(self, A: Any) -> Table:
        tables = [self.matrix(arg) for arg in A.args if _is_matrix(arg)]
        scale = reduce(times, (self.scalar(arg) for arg in A.args if not _is_matrix(arg)), self.point.number(1))
        return _map(lambda a: times(scale, a), reduce(_matmul, tables))

    def matrix_power(self, A: Any) -> Table:
        base, n = self.matrix(A.base), self.index(A.exp)
        if n < 1:
            raise NoDefinition(f"no definition of {A}")
        return reduce(_matmul, [base] * n)

    def entrywise(self, A: Any) -> Table:
        (t,), body = A.function.signature, A.function.expr
        return _map(lambda a: self._of(t, a, body), self.matrix(A.args[1]))

    def _of(self, t: Any, a: Number, body: Any) -> Number:
        with self.where({t: a}):
            return self.scalar(body)

    def softmax(self, A: Any) -> Table:
        columns = [[applied("exp", a) for a in column] for column in zip(*self.matrix(A.args[0]), strict=True)]
        totals = [inverse(reduce(plus, column)) for column in columns]
        return _transposed([[times(a, t) for a in column] for column, t in zip(columns, totals, strict=True)])

    def logsumexp(self, A: Any) -> Table:
        columns = zip(*self.matrix(A.args[0]), strict=True)
        return [[applied("log", reduce(plus, (applied("exp", a) for a in column))) for column in columns]]

    def one_hot(self, A: Any) -> Table:
        labels = self.labels(A.y)
        return self._filled(A, lambda i, j: self.point.number(int(labels[j] == i)))

    def diagonal(self, A: Any) -> Table:
        entries = [a for row in self.matrix(A.args[0]) for a in row]
        zero = self.point.number(0)
        return [[a if i == j else zero for j in range(len(entries))] for i, a in enumerate(entries)]

    def kronecker(self, A: Any) -> Table:
        def two(a: Table, b: Table) -> Table:
            return [[times(x, y) for x in row for y in other] for row in a for other in b]

        return reduce(two, (self.matrix(arg) for arg in A.args))

    def blocks(self, A: Any) -> Table:
        rows, columns = A.blockshape
        tables = [[self.matrix(A.blocks[i, j]) for j in range(columns)] for i in range(rows)]
        return [[a for part in parts for a in part] for band in tables for parts in zip(*band, strict=True)]

    def explicit(self, A: Any) -> Table:
        rows, columns = A.shape
        return [[self.scalar(A[i, j]) for j in range(columns)] for i in range(rows)]

    def of_places(self, A: Any) -> Table:
        i, j = A.lamda.signature

        def entry(row: int, column: int) -> Number:
            with self.where({i: row, j: column}):
                return self.scalar(A.lamda.expr)

        return self._filled(A, entry)

    def slice(self, A: Any) -> Table:
        parent = self.matrix(A.parent)
        rows, columns = (range(*(self.index(n) for n in limits)) for limits in (A.rowslice, A.colslice))
        return [[parent[i][j] for j in columns] for i in rows]

    def correlation(self, A: Any) -> Table:
        X, W = (self.matrix(arg) for arg in A.args)
        taps = [(a, b, w) for a, row in enumerate(W) for b, w in enumerate(row)]
        return self._filled(A, lambda i, j: reduce(plus, (times(w, X[i + a][j + b]) for a, b, w in taps)))

    def convolution(self, A: Any) -> Table:
        G, W = (self.matrix(arg) for arg in A.args)
        table = self._filled(A, lambda i, j: self.point.number(0))
        places = product(*(range(n) for n in (len(G), len(G[0]), len(W), len(W[0]))))
        for t, m, a, b in places:
            table[t + a][m + b] = plus(table[t + a][m + b], times(G[t][m], W[a][b]))
        return table

    def padded(self, A: Any) -> Table:
        G = self.matrix(A.args[0])
        above, left = (self.index(n) for n in A.args[1:])

        def entry(i: int, j: int) -> Number:
            inside = above <= i < above + len(G) and left <= j < left + len(G[0])
            return G[i - above][j - left] if inside else self.point.number(0)

        return self._filled(A, entry)


def _rational(value: Number) -> Any:
    return Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else Rational(str(value))


def _is_matrix(e: Any) -> bool:
    return isinstance(e, (MatrixExpr, MatrixBase))


def _map(f: Callable[[Number], Number], table: Table) -> Table:
    return [[f(a) for a in row] for row in table]


def _entrywise(f: Callable[[Number, Number], Number], a: Table, b: Table) -> Table:
    return [[f(x, y) for x, y in zip(left, right, strict=True)] for left, right in zip(a, b, strict=True)]


def _transposed(table: Table) -> Table:
    return [list(column) for column in zip(*table, strict=True)]


def _matmul(a: Table, b: Table) -> Table:
    columns = _transposed(b)
    return [[reduce(plus, (times(x, y) for x, y in zip(row, c, strict=True))) for c in columns] for row in a]


@cache
def _letters(e: Any) -> tuple[Any, ...]:
    """The symbols and matrices of an expression, bound ones included."""
    return tuple(sorted((a for a in e.atoms(Symbol) | e.atoms(MatrixSymbol)), key=str))


_SCALARS: dict[Any, Callable[[Evaluation, Any], Number]] = {
    Rational: lambda run, e: run.point.number(Fraction(e.p, e.q)),
    NumberSymbol: lambda run, e: _constant(run, e),
    Symbol: Evaluation.symbol,
    Add: lambda run, e: reduce(plus, map(run.scalar, e.args)),
    Mul: lambda run, e: reduce(times, map(run.scalar, e.args)),
    Pow: lambda run, e: power(run.scalar(e.base), _exponent(run, e.exp)),
    Sum: Evaluation.sum,
    MatrixElement: Evaluation.element,
    Indexed: Evaluation.label,
    KroneckerDelta: lambda run, e: run.point.number(int(plain(run.scalar(e.args[0])) == plain(run.scalar(e.args[1])))),
    Trace: lambda run, e: reduce(plus, (row[i] for i, row in enumerate(run.matrix(e.arg)))),
    Derivative: Evaluation.derivative,
    Max: Evaluation.largest,
    Min: lambda run, e: run.largest(e, -1),
    Abs: Evaluation.absolute,
    sign: Evaluation.sign,
    Heaviside: Evaluation.heaviside,
    Piecewise: Evaluation.piecewise,
    book.Inner: Evaluation.inner,
    book.OneHotEntry: lambda run, e: run._at(run.matrix(book.OneHot(*e.args[:2])), *e.args[2:]),
    book.NamedScalar: lambda run, e: run.scalar(e.value),
    book.KnownLabel: lambda run, e: run.point.number(int(e.y[run.index(e.args[1], len(e.y))])),
    book.EntryGradient: Evaluation.gradient_entry,
    book.LossValue: Evaluation.loss_value,
    book.LossGradientEntry: Evaluation.loss_gradient_entry,
    book.Activation: Evaluation.activation,
}


def _constant(run: Evaluation, e: Any) -> Number:
    if run.point.exact:
        raise Irrational(str(e))
    return reals.mpf(str(e.evalf(60)))


def _exponent(run: Evaluation, e: Any) -> Number:
    if isinstance(e, Rational):
        return Fraction(e.p, e.q) if e.q == 1 else run.point.number(Fraction(e.p, e.q))
    value = run.scalar(e)
    whole = not isinstance(value, Dual) and e.is_integer
    return Fraction(int(value)) if whole else value


def _function(name: str) -> Callable[[Evaluation, Any], Number]:
    return lambda run, e: applied(name, run.scalar(e.args[0]))


def _kinds_of_functions() -> Iterator[tuple[Any, Callable[[Evaluation, Any], Number]]]:
    import sympy

    for name in _FUNCTIONS:
        yield getattr(sympy, name, None) or getattr(book, name), _function(name)


_SCALARS.update(_kinds_of_functions())

_MATRICES: dict[Any, Callable[[Evaluation, Any], Table]] = {
    MatrixSymbol: Evaluation.letter,
    MatrixBase: Evaluation.explicit,
    OneMatrix: Evaluation.constant,
    ZeroMatrix: Evaluation.constant,
    Identity: Evaluation.constant,
    GenericIdentity: Evaluation.constant,
    Transpose: lambda run, A: _transposed(run.matrix(A.arg)),
    MatAdd: lambda run, A: reduce(lambda a, b: _entrywise(plus, a, b), map(run.matrix, A.args)),
    MatMul: Evaluation.product,
    MatPow: Evaluation.matrix_power,
    HadamardProduct: lambda run, A: reduce(lambda a, b: _entrywise(times, a, b), map(run.matrix, A.args)),
    HadamardPower: lambda run, A: _map(lambda a: power(a, _exponent(run, A.exp)), run.matrix(A.base)),
    KroneckerProduct: Evaluation.kronecker,
    BlockMatrix: Evaluation.blocks,
    FunctionMatrix: Evaluation.of_places,
    MatrixSlice: Evaluation.slice,
    book.Gradient: Evaluation.gradient,
    book.VectorJacobianProduct: Evaluation.vjp,
    book.Jacobian: Evaluation.jacobian,
    book.Softmax: Evaluation.softmax,
    book.LogSumExp: Evaluation.logsumexp,
    book.OneHot: Evaluation.one_hot,
    book.Elementwise: Evaluation.entrywise,
    book.Diag: Evaluation.diagonal,
    book.Named: lambda run, A: run.matrix(A.value),
    book.LossGradient: Evaluation.loss_gradient,
    book.Correlation: Evaluation.correlation,
    book.Convolution: Evaluation.convolution,
    book.Flip: lambda run, A: [row[::-1] for row in run.matrix(A.args[0])[::-1]],
    book.Padded: Evaluation.padded,
}


# -- statements --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What an equation leaves open: its sizes, its free indices, and the numbers of classes of its labels."""

    sizes: tuple[Any, ...]
    indices: tuple[Any, ...]
    classes: Mapping[Any, tuple[Any, ...]]
    lengths: tuple[Any, ...]  # of all rows and columns, among which those are that free indices count


def reading(equation: Eq) -> Reading:
    parts = list(preorder_traversal(equation))
    symbols = {part for part in parts if isinstance(part, Symbol)}
    for part in parts:
        if isinstance(part, IndexedBase):
            symbols |= {s for n in part.shape for s in n.free_symbols}
    bound = {index for part in parts if isinstance(part, Sum) for index, *_ in part.limits}
    names = {part.label for part in parts if isinstance(part, IndexedBase)}
    sizes = {s for s in symbols if s.is_integer and s.is_positive}
    open_ = equation.free_symbols | {s for part in parts if isinstance(part, Derivative) for s in _of_variables(part)}
    free = {s for s in symbols - sizes - names if s.is_integer and (s not in bound or s in open_)}
    classes: dict[Any, set[Any]] = {}
    for part in parts:
        if isinstance(part, (book.OneHot, book.OneHotEntry)) and isinstance(part.y, IndexedBase):
            classes.setdefault(part.y, set()).add(part.args[1])
        elif isinstance(part, MatrixElement):
            for index, size in zip(part.args[1:], part.args[0].shape, strict=True):
                if isinstance(index, Indexed):
                    classes.setdefault(index.base, set()).add(size)
    ordered = {y: _ordered(limits) for y, limits in classes.items()}
    shaped = (part for part in parts if isinstance(part, (MatrixSymbol, IndexedBase)))
    lengths = {sympify(n) for part in shaped for n in part.shape}
    return Reading(_ordered(sizes), _ordered(free), ordered, _ordered(lengths))


def _of_variables(e: Any) -> set[Any]:
    """The indices of the entries that a derivative is taken by: free, also where its function sums over them."""
    return {s for x in e.variables for s in x.free_symbols}


def _ordered(symbols: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(symbols, key=str))


Values = dict[tuple[Any, ...], Number]


def values(side: Any, read: Reading, point: Point) -> Values:
    """All entries of one side at a point, by row, column and the values of free indices; where there are any."""
    run = Evaluation(point, read.classes)
    found: Values = {}
    largest = max((int(n.subs(point.sizes)) for n in read.lengths), default=1)
    for valuation in product(range(largest), repeat=len(read.indices)):
        with run.where(dict(zip(read.indices, valuation, strict=True))):
            try:
                table = run.matrix(side) if _is_matrix(side) else [[run.scalar(side)]]
            except NoValue:
                if not read.indices:
                    raise
                continue
        found.update({(*valuation, i, j): plain(a) for i, row in enumerate(table) for j, a in enumerate(row)})
    return found


def close(a: Number, b: Number) -> bool:
    """Whether two values agree: exactly when both are rational, else to 30 digits."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    a, b = (reals.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x for x in (a, b))
    return bool(abs(a - b) <= reals.mpf(10) ** -30 * max(1, abs(a), abs(b)))


def shapes(sizes: Sequence[Any], seed: int) -> dict[Any, int]:
    """Small sizes: all different at first, in one order and another, then random ones."""
    if seed < 2:
        return {n: ((3, 2, 4), (3, 1, 2))[seed][place % 3] for place, n in enumerate(sizes)}
    draw = random.Random(seed)
    return {n: draw.choice((1, 2, 3)) for n in sizes}


def points(read: Reading, seed: int) -> Iterator[Point]:
    """A point with rational values, the same with real ones, and both with positive entries, for want of a value."""
    for positive in (False, True):
        for exact in (True, False):
            yield Point(shapes(read.sizes, seed), seed, exact, positive)


@dataclass
class Definitions:
    """Compares equations at a few points; the values of a side are kept, so that variants of an equation share them."""

    count: int = 3
    kept: dict[Any, Values | ArithmeticError] = field(default_factory=dict)

    def difference(self, equation: Eq) -> Any:
        """Where the sides differ, or None where they agree at every point.

        Raises NoValue when there is no point at which both sides have values.
        """
        read = reading(equation)
        compared = 0
        for seed in range(self.count if len(read.indices) < 4 else 2):
            for point in points(read, seed):
                try:
                    left, right = (self._values(side, read, point) for side in equation.args)
                except (NoValue, Irrational):
                    continue
                shared = left.keys() & right.keys()
                compared += len(shared)
                for where in sorted(shared):
                    if not close(left[where], right[where]):
                        return dict(point.sizes), where, left[where], right[where]
                break
        if not compared:
            raise NoValue(f"no point at which both sides of {equation} have values")
        return None

    def _values(self, side: Any, read: Reading, point: Point) -> Values:
        key = (side, read.sizes, read.indices, str(read.classes), point.seed, point.exact, point.positive)
        if key not in self.kept:
            try:
                self.kept[key] = values(side, read, point)
            except (NoValue, Irrational) as problem:
                self.kept[key] = problem
        found = self.kept[key]
        if isinstance(found, ArithmeticError):
            raise found
        return found
