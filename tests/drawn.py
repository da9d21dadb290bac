"""Index expressions drawn at random: what the kernel may be asked to bring to normal form.

Rows, columns and labels of every range, sums over equal and over different ranges, deltas, steps, cases, quotients,
roots, exponentials and logarithms; a bound index may bear the name of any other, and a row or column may be shifted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from random import Random
from typing import Any

from sympy import (
    Abs,
    Add,
    And,
    Derivative,
    Eq,
    Expr,
    Ge,
    Gt,
    Heaviside,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Le,
    Lt,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Ne,
    OneMatrix,
    Or,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    erf,
    exp,
    hadamard_product,
    log,
    sign,
    symbols,
    tanh,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.counterexamples import Claim, Point
from lossgrad.expressions import (
    EntryGradient,
    LossGradientEntry,
    LossValue,
    activation,
    diag,
    elementwise,
    labels,
    loss,
    one_hot,
    parameters,
    sigmoid,
    sizes,
    softmax,
)
from lossgrad.expressions import entry as matrix_entry

C, D, N = sizes("C D N")
W, X, S, T = MatrixSymbol("W", C, D), MatrixSymbol("X", D, N), MatrixSymbol("S", C, N), MatrixSymbol("T", C, N)
v, u = MatrixSymbol("v", C, 1), MatrixSymbol("u", D, 1)
y = labels("y", N)
t, epsilon = parameters("t"), parameters("epsilon", positive=True)
phi = activation("phi")
L, M = loss("L"), loss("M")

p, q, n, r = symbols("p q n r", integer=True, nonnegative=True)
i, j, k = symbols("i j k", integer=True, nonnegative=True)
FREE = {p: C, r: C, q: D, n: N}
NAMES = (i, j, k, p, q, n)
BELOW = symbols("z", integer=True)  # an index that starts below zero


@dataclass(frozen=True)
class Index:
    """A row, column or label, and the size below which it lies."""

    value: Any
    size: Any


Scope = tuple[Index, ...]
OPEN: Scope = tuple(Index(name, size) for name, size in FREE.items())


def expression(draw: Random, depth: int = 3, scope: Scope = OPEN) -> Any:
    """A real scalar in the indices of a scope."""
    if depth <= 0:
        return leaf(draw, scope)
    return draw.choice(COMPOUNDS)(draw, depth - 1, scope)


def leaf(draw: Random, scope: Scope) -> Any:
    return draw.choice(LEAVES)(draw, scope)


def rational(draw: Random, scope: Scope = ()) -> Any:
    return Rational(draw.randint(-3, 3) or 2, draw.choice((1, 1, 1, 2, 3)))


def entry(draw: Random, scope: Scope) -> Any:
    """An entry of a matrix whose sizes have indices in scope."""
    A = draw.choice((W, X, S, T, S, v, u))
    places = [Integer(0) if size == 1 else row(draw, size, scope) for size in A.shape]
    return rational(draw) if None in places else MatrixElement(A, *places)


def row(draw: Random, size: Any, scope: Scope) -> Any:
    """An index below a size, a label where there are that many classes, seldom the first or the last place."""
    known = [index.value for index in scope if index.size == size]
    if size == C:
        known += [y[index.value] for index in scope if index.size == N]
    if draw.randrange(8) == 0:
        known += [Integer(0), size - 1]
    return draw.choice(known) if known else None


def delta(draw: Random, scope: Scope) -> Any:
    """Of two indices, of one range or of two, now and then shifted."""
    a, b = (draw.choice(scope).value for _ in range(2))
    if draw.randrange(3) == 0 and (classes := row(draw, C, scope)) is not None:
        a = classes
    if draw.randrange(4) == 0:
        b = b + draw.choice((1, -1, 2, *(index.value for index in scope)))
    return KroneckerDelta(a, b)


def comparison(draw: Random, scope: Scope) -> Any:
    """A condition on indices."""
    relation = draw.choice((Lt, Le, Gt, Ge, Eq, Ne))
    return relation(draw.choice(scope).value, draw.choice(scope).value + draw.choice((0, 0, 1)))


def total(draw: Random, depth: int, scope: Scope) -> Any:
    """A sum over one or two indices, of one range or of two, under any names, from 0 or from 1."""
    limits = []
    for name in draw.sample(NAMES, draw.choice((1, 1, 2))):
        size = draw.choice((C, D, N, N, C))
        first = draw.choice((0, 0, 0, 1))
        scope = (*(index for index in scope if not index.value.has(name)), Index(name, size))
        limits.append((name, first, size - 1))
        if first == 0 and draw.randrange(6) == 0:  # a window: name and name + 1 both lie below the size
            limits[-1] = (name, 0, size - 2)
            scope = (*scope, Index(name + 1, size))
    return Sum(expression(draw, depth, scope), *limits)


def from_below(draw: Random, depth: int, scope: Scope) -> Any:
    """A sum over an index that starts at -1, of what tells its sign."""
    size = draw.choice((C, D, N))
    scope = (*(index for index in scope if not index.value.has(BELOW)), Index(BELOW + 1, size))
    told = draw.choice((Abs(BELOW), Max(BELOW, 0), BELOW, BELOW**2))
    return Sum(told * expression(draw, depth - 1, scope), (BELOW, -1, size - 2))


def picked(draw: Random, depth: int, scope: Scope) -> Any:
    """A sum over a delta, which picks one term of what is drawn."""
    name, size = draw.choice(NAMES), draw.choice((C, C, D, N))
    inner = (*(index for index in scope if not index.value.has(name)), Index(name, size))
    one = row(draw, size, tuple(index for index in inner if index.value != name))
    term = draw.choice((expression, of_matrix))(draw, depth, inner)
    return Sum(KroneckerDelta(name, draw.choice(scope).value if one is None else one) * term, (name, 0, size - 1))


def positive(draw: Random, depth: int, scope: Scope) -> Any:
    """A scalar that is above zero."""
    kind = draw.randrange(6)
    if kind == 0:
        return epsilon + expression(draw, depth, scope) ** 2
    if kind == 1:
        size, name = draw.choice((C, D, N)), draw.choice(NAMES)
        inner = (*(index for index in scope if not index.value.has(name)), Index(name, size))
        return Sum(exp(expression(draw, min(depth, 1), inner)), (name, 0, size - 1))
    if kind == 2:
        return exp(expression(draw, depth, scope))
    if kind == 3:
        return draw.choice((C, D, N, epsilon, Integer(2), Rational(3, 2)))
    if kind == 4:
        return positive(draw, depth - 1, scope) * positive(draw, depth - 1, scope) if depth > 0 else epsilon
    return 1 + exp(entry(draw, scope))


def power(draw: Random, depth: int, scope: Scope) -> Any:
    kind = draw.randrange(4)
    if kind == 0:
        return positive(draw, depth, scope) ** draw.choice(
            (-1, -1, -2, Rational(1, 2), Rational(-1, 2), Rational(3, 2), Rational(1, 3))
        )
    if kind == 1:
        return positive(draw, depth, scope) ** expression(draw, 0, scope)
    if kind == 2:
        return expression(draw, depth, scope) ** draw.choice((-1, -2, -1))
    return expression(draw, depth, scope) ** draw.choice((2, 2, 3))


def cases(draw: Random, depth: int, scope: Scope) -> Any:
    """The first case whose condition holds."""
    conditions = [comparison(draw, scope)]
    if draw.randrange(3) == 0:
        conditions.append(draw.choice((And, Or))(comparison(draw, scope), comparison(draw, scope)))
    if draw.randrange(3) == 0:
        conditions.append(Gt(leaf(draw, scope), leaf(draw, scope)))
    return Piecewise(
        *((expression(draw, depth - 1, scope), c) for c in conditions), (expression(draw, depth - 1, scope), True)
    )


def share(draw: Random, depth: int, scope: Scope) -> Any:
    """A weighted mean, or a quotient whose numerator holds its denominator."""
    if draw.randrange(2):
        whole = positive(draw, depth, scope)
        return (whole * expression(draw, depth - 1, scope) + expression(draw, depth - 1, scope)) / whole
    name, another = draw.sample(NAMES, 2)
    size = draw.choice((C, D, N))
    inner = (*(index for index in scope if not index.value.has(name)), Index(name, size))
    weight = exp(entry(draw, inner))
    value = expression(draw, depth - 1, inner)
    return Sum(weight * value, (name, 0, size - 1)) / Sum(weight.xreplace({name: another}), (another, 0, size - 1))


def of_matrix(draw: Random, depth: int, scope: Scope) -> Any:
    """An entry of a matrix expression, or a loss of one, made of what is drawn."""
    scalar = expression(draw, depth - 1, scope)
    A = draw.choice((W, X, S))
    kind = draw.randrange(7)
    if kind == 0:
        of_labels = one_hot(y, C), OneMatrix(C, N) - one_hot(y, C), M(scalar * one_hot(y, C)) * A
        return L(scalar * draw.choice((A, *of_labels)))
    row_, column = (row(draw, size, scope) for size in A.shape)
    if row_ is None or column is None:
        return L(A + A)
    if kind == 1:
        return matrix_entry(L.gradient(scalar * A), row_, column)
    if kind == 2:
        return matrix_entry(elementwise(lambda a: a * scalar, A), row_, column)
    if kind == 3:
        return matrix_entry(scalar * A - A, row_, column)
    if kind == 4:
        return matrix_entry(softmax(A), row_, column)
    A = draw.choice((W * X, W.T * S, one_hot(y, C), hadamard_product(S, one_hot(y, C)), diag(v) * W, v * u.T))
    places = [row(draw, size, scope) for size in A.shape]
    return scalar if None in places else matrix_entry(A, *places)


def of_function(draw: Random, depth: int, scope: Scope) -> Any:
    f = draw.choice((exp, exp, tanh, sigmoid, phi, erf, Heaviside, Abs, sign))
    argument = expression(draw, depth, scope)
    if f is Heaviside and argument.is_integer:
        return sign(argument)
    return f(argument)


LEAVES: tuple[Callable[[Random, Scope], Any], ...] = (
    rational,
    entry,
    entry,
    entry,
    delta,
    delta,
    lambda draw, scope: draw.choice((C, N, 1 / C, 1 / N, t, t, epsilon)),
    lambda draw, scope: draw.choice(scope).value - draw.choice((0, 0, 1)),
)

COMPOUNDS: tuple[Callable[[Random, int, Scope], Any], ...] = (
    lambda draw, depth, scope: leaf(draw, scope),
    lambda draw, depth, scope: Add(*(expression(draw, depth, scope) for _ in range(2))),
    lambda draw, depth, scope: Add(*(expression(draw, depth, scope) for _ in range(2))),
    lambda draw, depth, scope: Mul(*(expression(draw, depth, scope) for _ in range(2))),
    lambda draw, depth, scope: Mul(*(expression(draw, depth, scope) for _ in range(2))),
    lambda draw, depth, scope: Mul(*(expression(draw, depth - 1, scope) for _ in range(3))),
    total,
    total,
    total,
    picked,
    picked,
    from_below,
    power,
    lambda draw, depth, scope: expression(draw, depth, scope) / positive(draw, depth, scope),
    share,
    share,
    of_matrix,
    of_function,
    lambda draw, depth, scope: log(positive(draw, depth, scope)),
    lambda draw, depth, scope: draw.choice((Max, Min))(*(expression(draw, depth - 1, scope) for _ in range(2))),
    cases,
)


def differentiated(draw: Random, e: Any) -> Any:
    """The derivative of a scalar by an entry, or by a parameter."""
    if draw.randrange(3) == 0:
        return Derivative(e, t)
    A, i, j = draw.choice(((W, p, q), (X, q, n), (S, r, n), (v, r, Integer(0))))
    return EntryGradient(e, A, i, j)


# -- near misses -------------------------------------------------------------------------------------------------------


def near_miss(draw: Random, e: Any) -> Any:
    """The expression with one part exchanged: a factor, a term, a number, an index, a matrix, a range …"""
    path = draw.choice(list(paths(e)))
    return put(e, path, exchanged(draw, reduce(lambda part, k: part.args[k], path, e)))


def paths(e: Any, here: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """The places of the scalars that an expression is made of, given by the arguments that lead to them."""
    if isinstance(e, (IndexedBase, MatrixExpr)) or (isinstance(e, Integer) and here[-1:] == (1,)):
        return
    if isinstance(e, Expr):
        yield here
    for k, part in enumerate(e.args[:1] if isinstance(e, Sum) else e.args):
        yield from paths(part, (*here, k))


def put(e: Any, path: tuple[int, ...], other: Any) -> Any:
    """The expression with another part at a place; its opposite where SymPy knows no such thing."""
    try:
        if not path:
            return other
        return e.func(*(put(part, path[1:], other) if k == path[0] else part for k, part in enumerate(e.args)))
    except (IndexError, TypeError, ValueError):
        return -e


def exchanged(draw: Random, part: Any) -> Any:
    if isinstance(part, (Add, Mul)):
        kept = [arg for arg in part.args if arg is not draw.choice(part.args)]
        return part.func(*kept)
    if isinstance(part, Rational):
        return part + draw.choice((1, -2, Rational(1, 2))) if part.q == 1 else 1 / part
    if isinstance(part, Sum):
        (index, low, high), *others = part.limits
        return Sum(part.function, (index, *draw.choice(((low + 1, high), (low, draw.choice((C, D, N)) - 1)))), *others)
    if isinstance(part, MatrixElement):
        A, i, j = part.args
        last = MatrixElement(A, *(0 if size == 1 else size - 1 for size in A.shape))
        return draw.choice((MatrixElement({S: T, T: S}.get(A, A), i, j), last))
    if isinstance(part, KroneckerDelta):
        return draw.choice((Integer(1), KroneckerDelta(part.args[0] + 1, part.args[1])))
    if isinstance(part, Pow):
        return draw.choice((part.base, Pow(part.base, part.exp + 1)))
    if isinstance(part, (Max, Min)):
        return (Min if isinstance(part, Max) else Max)(*part.args)
    if isinstance(part, Symbol) and part in FREE:
        return draw.choice([index for index in FREE if FREE[index] == FREE[part]])
    if isinstance(part, Symbol) and part in (C, D, N):
        return draw.choice((C, D, N))
    return part.args[0] if part.args and isinstance(part.args[0], Expr) else -part


# -- what they are equal to --------------------------------------------------------------------------------------------


def claim(left: Any, right: Any) -> Claim:
    """What the kernel is told of such expressions."""
    return Claim(left, right, (C, D, N), {index: (size,) for index, size in FREE.items()}, {y: (C,)})


def place(draw: Random, claim: Claim | None = None) -> tuple[Point, dict[Any, int]]:
    """A small shape with rational values, and a value for each free index, as a claim bounds labels and indices."""
    sizes = {size: draw.randint(1, 3) for size in (C, D, N)}
    labels = {y: (C,), **claim.labels} if claim else {y: (C,)}
    point = Point(sizes, labels, Random(draw.randrange(10**6)), draw.randrange(3))
    below = {index: (size, *(claim.indices.get(index, ()) if claim else ())) for index, size in FREE.items()}
    return point, {index: draw.randrange(min(map(point.size, limits))) for index, limits in below.items()}


class Boundless(Point):
    """A point with numbers for entries beyond the shapes too: what stands next to a delta that is 0 may lie there."""

    @classmethod
    def around(cls, point: Point, e: Any) -> Point:
        """The point without bounds, but for a loss, whose entries are those within its shape."""
        if e.has(LossValue, LossGradientEntry):
            return point
        return cls(point.sizes, point.labels, point.draw, point.kind, point.values)

    def size(self, n: Any) -> int:
        return super().size(n) + BEYOND

    def value(self, what: Any, limit: int | None = None) -> Any:
        return super().value(what, None if limit is None else limit - BEYOND)


BEYOND = 12
