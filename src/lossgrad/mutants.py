"""Near misses of an equation, made by machine: each is the equation with one slip at one place.

The slips are those that people make: a sign, a transpose, two factors in the other order, a factor 2, one size for
another, a dropped factor or term, a sum over the other axis, a swapped index, a shifted label. A forgotten
transpose is found out by the shapes as long as all sizes differ; so such slips are also made where every size is one.

A near miss may still be true (the transpose of a symmetric matrix); which are false is for others to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any

from sympy import (
    Add,
    Derivative,
    Eq,
    Expr,
    Function,
    HadamardProduct,
    Indexed,
    IndexedBase,
    KroneckerDelta,
    Lambda,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    OneMatrix,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    Transpose,
    ZeroMatrix,
    preorder_traversal,
    sympify,
)
from sympy.matrices.expressions.hadamard import HadamardPower
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.matrixbase import MatrixBase

from lossgrad.expressions import (
    Activation,
    Diag,
    EntryGradient,
    Gradient,
    Inner,
    Jacobian,
    LogSumExp,
    LossGradientEntry,
    Named,
    NamedScalar,
    OneHot,
    OneHotEntry,
    Softmax,
    VectorJacobianProduct,
    equation,
    labels,
)

__all__ = ["Mutant", "mutants"]

Slips = Iterator[tuple[str, Any]]

SIGN = "a sign"
TRANSPOSE = "a transpose"
ORDER = "the order of factors"
TWO = "a factor 2"
SIZE = "one size for another"
FACTOR = "a factor dropped"
TERM = "a term dropped"
AXIS = "a sum over the other axis"
INDEX = "an index swapped"
LABEL = "a label shifted"
POWER = "a power"
SLOPE = "a function for its derivative"
LETTER = "one matrix for another"
ONES = "ones for zeros"

OF_SHAPE = frozenset({TRANSPOSE, ORDER, AXIS, INDEX})
OF_THE_FUNCTION = frozenset({SIGN, SIZE, FACTOR, TERM, LABEL, POWER, TWO})


@dataclass(frozen=True)
class Mutant:
    """An equation with one ``slip``; ``square`` says that its sizes were made one."""

    slip: str
    equation: Eq
    square: bool = False

    def __str__(self) -> str:
        return f"{self.slip}{' at square shapes' if self.square else ''}: {self.equation}"


def mutants(stated: Eq) -> tuple[Mutant, ...]:
    """All near misses of an equation, kinds of slips taking turns, so that the first few are a fair choice.

    >>> from lossgrad import gradient
    >>> from lossgrad.notation import L, W, X
    >>> found = mutants(equation(gradient(L(W * X), W), L.gradient(W * X) * X.T))
    >>> [str(mutant.equation.rhs) for mutant in found if mutant.slip == "the order of factors"]
    ['X.T*LossGradient(L, W*X)', 'LossGradient(L, X*W)*X.T']
    """
    found: dict[Any, Mutant] = {}
    generic: set[Any] = set()
    for square in (False, True):
        here = _square(stated) if square else stated
        if square and here == stated:
            break
        for key, mutant in _of_sides(here, square):
            if not square:
                generic.add(key)
            elif mutant.slip not in OF_SHAPE or key in generic:
                continue
            if mutant.equation != here and _free_indices(mutant.equation) <= _free_indices(here):
                found.setdefault(mutant.equation, mutant)
    return tuple(_in_turns(list(found.values())))


def _in_turns(found: Sequence[Mutant]) -> Iterator[Mutant]:
    """One of each kind of slip, then the next of each."""
    kinds: dict[tuple[str, bool], list[Mutant]] = {}
    for mutant in found:
        kinds.setdefault((mutant.slip, mutant.square), []).append(mutant)
    for row in zip_longest(*kinds.values()):
        yield from (mutant for mutant in row if mutant is not None)


def _free_indices(e: Any) -> set[Any]:
    named = {y.label for y in e.atoms(IndexedBase)}
    return {s for s in e.free_symbols - named if isinstance(s, Symbol) and s.is_integer and not s.is_positive}


def _square(stated: Eq) -> Eq:
    """The equation with one size in the place of all."""
    sizes = sizes_of(stated)
    if len(sizes) < 2:
        return stated
    return equation(*(side.xreplace(dict.fromkeys(sizes[1:], sizes[0])) for side in stated.args))


def sizes_of(e: Any) -> list[Any]:
    """The symbols that shapes are made of."""
    shaped = (part for part in preorder_traversal(e) if isinstance(part, (MatrixExpr, IndexedBase)))
    found = {s for part in shaped if part.shape is not None for n in part.shape for s in sympify(n).free_symbols}
    return sorted(found, key=str)


def _of_sides(stated: Eq, square: bool) -> Iterator[tuple[Any, Mutant]]:
    """The near misses, each with a key that tells its place."""
    left, right = stated.args
    slips = Slipping(stated)
    for place, (slip, side) in enumerate(slips.of_side(right)):
        if side is not None and _is_statement(left, side):
            yield ("right", place), Mutant(slip, equation(left, side), square)
    of_left = OF_THE_FUNCTION | OF_SHAPE if isinstance(right, ZeroMatrix) or right == 0 else OF_THE_FUNCTION
    for place, (slip, side) in enumerate(slips.of_side(left)):
        if side is not None and slip in of_left and _is_statement(side, right):
            yield ("left", place), Mutant(slip, equation(side, right), square)


class Slipping:
    """The slips that an equation offers; a slip that makes no expression is None, so that places can be counted."""

    def __init__(self, stated: Eq) -> None:
        parts = list(preorder_traversal(stated))
        self.sizes = sizes_of(stated)
        self.letters = sorted({part for part in parts if isinstance(part, MatrixSymbol)}, key=str)
        bound = {index for part in parts if isinstance(part, Sum) for index, *_ in part.limits}
        named = {part.label for part in parts if isinstance(part, IndexedBase)}
        symbols = {part for part in parts if isinstance(part, Symbol) and part.is_integer and not part.is_positive}
        self.indices = sorted((symbols | bound) - named, key=str)

    def of_side(self, side: Any) -> Slips:
        """The slips of a whole side: its sign, a factor 2, and those of its parts."""
        if isinstance(side, ZeroMatrix):
            yield ONES, OneMatrix(*side.shape)
        yield SIGN, _made(lambda: -side)
        yield TWO, _made(lambda: 2 * side)
        yield TWO, _made(lambda: side / 2)
        yield from self.of(side)

    def of(self, e: Any) -> Slips:
        """The slips at ``e``, then those inside it."""
        for kind, slips in _SLIPS:
            if isinstance(e, kind):
                yield from slips(self, e)
        if isinstance(e, (Named, NamedScalar)):
            yield from self.of(e.value)
            return
        for place, part in self.parts(e):
            for slip, changed in self.of(part):
                if isinstance(e, Transpose) and slip == TRANSPOSE and changed == part.T:
                    changed = None
                yield slip, None if changed is None else _made(_with, e, place, changed)

    def parts(self, e: Any) -> Iterator[tuple[int, Any]]:
        """The arguments that may be changed, with their places."""
        if isinstance(e, (MatrixSymbol, OneMatrix, IndexedBase, OneHot)) or not getattr(e, "args", ()):
            return
        if isinstance(e, Lambda):
            yield 1, e.expr
        elif isinstance(e, (Gradient, Jacobian, Derivative, EntryGradient, Sum)):
            yield 0, e.args[0]
        elif isinstance(e, VectorJacobianProduct):
            yield from enumerate(e.args[:2])
        elif isinstance(e, (MatrixElement, Pow, HadamardPower)):
            yield 0, e.args[0]
            if isinstance(e, Pow) and not e.exp.is_number:
                yield 1, e.exp
        elif isinstance(e, Piecewise):
            return
        else:
            for place, part in enumerate(e.args):
                if isinstance(part, (Expr, MatrixExpr, Lambda)):
                    yield place, part

    # -- slips at one node

    def in_sum(self, e: Any) -> Slips:
        for place, term in enumerate(e.args):
            yield SIGN, _made(_with, e, place, -term)
        for place in range(len(e.args)):
            yield TERM, _made(_without, e, place)
        for place, term in enumerate(e.args):
            yield TWO, _made(_with, e, place, 2 * term)

    def in_product(self, e: Any) -> Slips:
        for place, factor in enumerate(e.args):
            if factor != -1:
                yield FACTOR, _made(_without, e, place)
        for place, factor in enumerate(e.args):
            if isinstance(factor, Rational) and factor not in (1, -1):
                yield TWO, _made(_with, e, place, factor / 2 if factor.p % 2 == 0 else factor * 2)

    def in_matrix_product(self, e: Any) -> Slips:
        factors = [factor for factor in e.args if _is_matrix(factor)]
        scalars = [factor for factor in e.args if factor not in factors]
        for place in range(len(factors) - 1):
            a, b = factors[place : place + 2]
            yield ORDER, _made(MatMul, *scalars, *factors[:place], b, a, *factors[place + 2 :])
        yield AXIS, _made(lambda: MatMul(*scalars, *_other_axis(factors)))

    def at_matrix(self, e: Any) -> Slips:
        if isinstance(e, Transpose):
            yield TRANSPOSE, e.arg
        elif not isinstance(e, (MatAdd, MatMul)):
            yield TRANSPOSE, _made(lambda: e.T)

    def at_letter(self, e: Any) -> Slips:
        for other in self.letters:
            if other.shape == e.shape and other != e:
                yield LETTER, other

    def at_softmax(self, e: Any) -> Slips:
        yield AXIS, _made(lambda: Softmax(e.args[0].T).T)
        yield SIGN, _made(lambda: Softmax(-e.args[0]))

    def at_logsumexp(self, e: Any) -> Slips:
        yield AXIS, _made(lambda: LogSumExp(e.args[0].T))

    def at_size(self, e: Any) -> Slips:
        if e in self.sizes:
            for other in self.sizes:
                if other != e:
                    yield SIZE, other

    def at_power(self, e: Any) -> Slips:
        yield POWER, _made(lambda: e.base)
        if e.exp == 2:
            yield TWO, _made(lambda: 2 * e)

    def at_function(self, e: Any) -> Slips:
        if len(e.args) == 1 and not isinstance(e, KroneckerDelta):
            yield SIGN, _made(lambda: e.func(-e.args[0]))
            slope = _made(lambda: e.fdiff(1))
            yield SLOPE, None if slope is None or slope.has(Derivative) else slope
        if isinstance(e, Max):
            yield SIGN, _made(lambda: Min(*e.args))
        if isinstance(e, Min):
            yield SIGN, _made(lambda: Max(*e.args))

    def at_activation(self, e: Any) -> Slips:
        name = type(e).__name__
        if name.endswith("'"):
            yield SLOPE, _made(lambda: _plain(e)(*e.args))

    def at_entry(self, e: Any) -> Slips:
        *rest, i, j = e.args
        yield INDEX, _made(lambda: e.func(*rest, j, i))
        for place, index in ((-2, i), (-1, j)):
            for other in self.indices:
                if other != index and isinstance(index, Symbol):
                    yield INDEX, _made(_with, e, len(e.args) + place, other)

    def at_delta(self, e: Any) -> Slips:
        for place, index in enumerate(e.args[:2]):
            for other in self.indices:
                if other not in e.args and isinstance(index, Symbol):
                    yield INDEX, _made(KroneckerDelta, e.args[1 - place], other)
            if isinstance(index, Indexed):
                yield LABEL, _made(KroneckerDelta, e.args[1 - place], index + 1)

    def at_label(self, e: Any) -> Slips:
        for other in self.indices:
            if other != e.indices[0]:
                yield INDEX, _made(lambda o: e.base[o], other)

    def at_one_hot(self, e: Any) -> Slips:
        y, C = e.args
        if isinstance(y, IndexedBase):
            yield LABEL, OneHot(labels(f"{y.label}_shifted", *y.shape), C)
        else:
            yield LABEL, _made(lambda: OneHot(y.func(*((label + 1) % C for label in y)), C))

    def at_one_hot_entry(self, e: Any) -> Slips:
        y, _, i, j = e.args
        yield LABEL, _made(lambda: KroneckerDelta(i, y[j] + 1))


_SLIPS: tuple[tuple[Any, Callable[[Slipping, Any], Slips]], ...] = (
    ((Add, MatAdd), Slipping.in_sum),
    ((Mul, MatMul, HadamardProduct), Slipping.in_product),
    (MatMul, Slipping.in_matrix_product),
    (MatrixSymbol, Slipping.at_letter),
    (MatrixExpr, Slipping.at_matrix),
    (Softmax, Slipping.at_softmax),
    (LogSumExp, Slipping.at_logsumexp),
    (Symbol, Slipping.at_size),
    ((Pow, HadamardPower), Slipping.at_power),
    (Function, Slipping.at_function),
    (Activation, Slipping.at_activation),
    ((MatrixElement, LossGradientEntry, EntryGradient), Slipping.at_entry),
    (KroneckerDelta, Slipping.at_delta),
    (Indexed, Slipping.at_label),
    (OneHot, Slipping.at_one_hot),
    (OneHotEntry, Slipping.at_one_hot_entry),
)


# -- making an expression with a change, or none where there is no such expression -------------------------------------


def _made(make: Callable[..., Any], *args: Any) -> Any:
    """What ``make`` makes, or None where shapes or arguments forbid it."""
    try:
        return make(*args)
    except (ValueError, TypeError, IndexError, AttributeError):  # of SymPy, for expressions that do not exist
        return None


def _with(e: Any, place: int, part: Any) -> Any:
    """The expression with another argument at a place."""
    args = [*e.args[:place], part, *e.args[place + 1 :]]
    if isinstance(e, MatrixElement):
        return args[0][args[1], args[2]]
    return e.func(*args)


def _without(e: Any, place: int) -> Any:
    args = [arg for n, arg in enumerate(e.args) if n != place]
    kinds = {_is_matrix(arg) for arg in args}
    if not args:
        return None
    if isinstance(e, (MatAdd, MatMul, HadamardProduct)) and True not in kinds:
        return None
    return args[0] if len(args) == 1 else e.func(*args)


def _other_axis(factors: Sequence[Any]) -> list[Any]:
    """The factors with a sum down the columns in the place of one along the rows, or the other way round."""
    first, *rest = factors
    last = factors[-1]
    if isinstance(last, Diag) and isinstance(last.args[0], MatMul) and len(factors) == 2:
        inside = [arg for arg in last.args[0].args if isinstance(arg, MatrixExpr)]
        return [Diag(MatMul(*_other_axis(inside))), first]
    if isinstance(first, OneMatrix) and len(factors) > 1:
        table = rest[1:] if isinstance(rest[0], OneMatrix) and len(rest) > 1 else rest
        n = table[-1].shape[1]
        if len(table) < len(rest) or first.shape[0] != 1:
            return [*table, OneMatrix(n, n)]
        return [*table, OneMatrix(n, 1)]
    if isinstance(last, OneMatrix) and len(factors) > 1:
        table = list(factors[:-1])
        m = table[0].shape[0]
        if last.shape[1] == 1:
            return [Transpose(MatMul(OneMatrix(1, m), *table))]
        return [OneMatrix(m, m), *table]
    raise ValueError("no sum over an axis")


def _is_matrix(e: Any) -> bool:
    return isinstance(e, (MatrixExpr, MatrixBase))


def _plain(e: Any) -> Any:
    from lossgrad.expressions import activation

    return activation(type(e).__name__.removesuffix("'"))


def _is_statement(left: Any, right: Any) -> bool:
    """Whether both sides have one shape, and everything in them the shape that its place asks for."""
    shapes = [tuple(side.shape) if _is_matrix(side) else () for side in (left, right)]
    return shapes[0] == shapes[1] and _well_shaped(left) and _well_shaped(right)


def _well_shaped(e: Any) -> bool:
    return all(_fits(part) for part in preorder_traversal(e))


def _fits(e: Any) -> bool:
    """Whether the arguments of one node have the shapes that it needs; SymPy lets sizes differ that are symbols."""
    matrices = [arg for arg in getattr(e, "args", ()) if _is_matrix(arg)]
    shapes = [tuple(A.shape) for A in matrices]
    if isinstance(e, (MatAdd, HadamardProduct)):
        return len(set(shapes)) == 1 and len(matrices) == len(e.args)
    if isinstance(e, MatMul):
        return all(a[1] == b[0] for a, b in pairwise(shapes))
    if isinstance(e, (Inner, VectorJacobianProduct)):
        return shapes[0] == shapes[1]
    if isinstance(e, (Diag, Jacobian)):
        return all(1 in shape for shape in shapes)
    return not (isinstance(e, (Add, Mul)) and matrices)
