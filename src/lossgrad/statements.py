"""A statement taken apart: which scalars it says are equal, and what its symbols range over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sympy import (
    BlockMatrix,
    Dummy,
    Eq,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    MatrixExpr,
    MatrixSymbol,
    Sum,
    Symbol,
    preorder_traversal,
    sympify,
)
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.matrixbase import MatrixBase

from lossgrad.counterexamples import Claim
from lossgrad.entries import Malformed, NotSupported, written_out
from lossgrad.expressions import EntryGradient, LossGradientEntry, OneHot, OneHotEntry, entry


@dataclass(frozen=True)
class Statement:
    """An equation as claims about entries, with its sizes, indices, labels and matrices."""

    equation: Any
    claims: tuple[Claim, ...]
    places: tuple[tuple[Any, ...], ...]  # for each claim, the row and column that it speaks of
    sizes: tuple[Any, ...]
    matrices: tuple[Any, ...]
    passed: tuple[Any, ...]  # what was differentiated on the way, and what came out

    @property
    def scope(self) -> str:
        """What the statement covers: "every C, D, N", after the shapes that have numbers for sizes."""
        shapes = {M: [sympify(n) for n in M.shape] for M in self.matrices}
        if self.sizes:
            shapes = {M: shape for M, shape in shapes.items() if any(n.is_Integer and n != 1 for n in shape)}
        fixed = ", ".join(f"{M} of shape {' × '.join(map(str, shape))}" for M, shape in shapes.items())
        every = "every " + ", ".join(map(str, self.sizes)) if self.sizes else ""
        if fixed or every:
            return "; ".join(filter(None, [fixed, every]))
        return " and ".join(self._of_symbols()) or "numbers alone"

    def _of_symbols(self) -> Iterator[str]:
        symbols = sorted(self.equation.free_symbols, key=str)
        for every, of_these in (("every value of ", None), ("every positive ", True)):
            if names := [str(symbol) for symbol in symbols if (symbol.is_positive or None) is of_these]:
                yield every + ", ".join(names)


def statement(equation: Any) -> Statement:
    """The statement that an equation makes.

    Raises Malformed when it is none; the message names what was given.
    """
    if equation is True or equation is False or equation in (True, False):
        raise Malformed(f"SymPy has evaluated the equation to {equation}: write Eq(left, right, evaluate=False)")
    if not isinstance(equation, Eq):
        raise Malformed(
            f"an equation was expected, Eq(left, right, evaluate=False): got {equation!r} "
            f"of type {type(equation).__name__}"
        )
    sides = (equation.lhs, equation.rhs)
    _check_shapes(*sides)
    sizes = _sizes(equation)
    pairs = list(_entries(*sides))
    outcomes = [(_written(left), _written(right)) for left, right, _ in pairs]
    written = [(left[0], right[0]) for left, right in outcomes]
    passed = [e for left, right in outcomes for e in (*left[1], *right[1])]
    claims = tuple(
        _claim(pair, place, sizes, equation, passed) for pair, (*_, place) in zip(written, pairs, strict=True)
    )
    places = tuple(tuple(place) for *_, place in pairs)
    matrices = sorted(_visible(equation), key=str)
    return Statement(equation, claims, places, sizes, tuple(matrices), tuple(passed))


@lru_cache(maxsize=256)
def _written(e: Any) -> tuple[Any, tuple[Any, ...]]:
    """A side written out, with what was differentiated on the way; kept, since statements share their sides."""
    record: list[Any] = []
    return written_out(e, record), tuple(record)


def _check_shapes(left: Any, right: Any) -> None:
    shapes = [tuple(side.shape) if isinstance(side, (MatrixExpr, MatrixBase)) else None for side in (left, right)]
    if shapes[0] != shapes[1]:
        kinds = ["a scalar" if shape is None else f"of shape {shape}" for shape in shapes]
        raise Malformed(f"the sides of an equation must have one shape: {left} is {kinds[0]}, {right} is {kinds[1]}")


def _sizes(equation: Any) -> tuple[Any, ...]:
    """The symbols that sizes and ranges are made of."""
    found: set[Any] = set()
    for part in _parts(equation):
        if isinstance(part, (MatrixExpr, IndexedBase)) and part.shape is not None:
            for n in map(sympify, part.shape):
                _check_size(n, part)
                found |= n.free_symbols
        elif isinstance(part, OneHotEntry):
            found |= part.C.free_symbols
        elif isinstance(part, Sum):
            found |= {s for _, low, high in part.limits for s in (high - low + 1).free_symbols if s.is_positive}
    return tuple(sorted(found, key=str))


def _check_size(n: Any, owner: Any) -> None:
    if n.is_integer is not True or n.is_nonpositive:
        raise Malformed(f"sizes are positive integers: {owner} has the size {n}; make sizes with sizes('C D N')")


def _parts(e: Any) -> Iterator[Any]:
    for part in preorder_traversal(e):
        yield part
        if isinstance(part, OneHot) and isinstance(part.y, IndexedBase):
            yield part.y


def _visible(equation: Any) -> set[Any]:
    return {part for part in preorder_traversal(equation) if isinstance(part, MatrixSymbol)}


def _entries(left: Any, right: Any) -> Iterator[tuple[Any, Any, tuple[Any, ...]]]:
    """The scalars that the equation equates, each with its row and column."""
    if not isinstance(left, (MatrixExpr, MatrixBase)):
        yield left, right, ()
    elif isinstance(left, BlockMatrix) or isinstance(right, BlockMatrix):
        yield from _blocks(left, right)
    elif _written_out(left) or _written_out(right):
        for i in range(int(left.shape[0])):
            for j in range(int(left.shape[1])):
                yield _at(left, i, j), _at(right, i, j), (i, j)
    else:
        p, q = (_place(name, n) for name, n in zip("pq", left.shape, strict=True))
        yield entry(left, p, q), entry(right, p, q), ((p, left.shape[0]), (q, left.shape[1]))


def _written_out(side: Any) -> bool:
    """Whether a side is a matrix given entry by entry, or made of such ones: then each entry is a claim of its own."""
    whole = all(sympify(n).is_Integer for n in side.shape)
    return whole and any(isinstance(part, MatrixBase) for part in preorder_traversal(side))


def _place(name: str, n: Any) -> Any:
    """Any row or column: an index, or 0 where there is only one."""
    return Integer(0) if n == 1 else _ANY[name]


_ANY = {name: Dummy(name, integer=True, nonnegative=True) for name in "pq"}


def _at(A: Any, i: int, j: int) -> Any:
    return entry(A, Integer(i), Integer(j))


def _blocks(left: Any, right: Any) -> Iterator[tuple[Any, Any, tuple[Any, ...]]]:
    if not (isinstance(left, BlockMatrix) and isinstance(right, BlockMatrix) and left.blockshape == right.blockshape):
        raise NotSupported(f"a block matrix equals block matrices only: {left} and {right}")
    for i in range(left.blockshape[0]):
        for j in range(left.blockshape[1]):
            _check_shapes(left.blocks[i, j], right.blocks[i, j])
            yield from _entries(left.blocks[i, j], right.blocks[i, j])


def _claim(
    pair: tuple[Any, Any], place: tuple[Any, ...], sizes: tuple[Any, ...], equation: Any, passed: list[Any]
) -> Claim:
    indices: dict[Any, set[Any]] = {}
    labels: dict[Any, set[Any]] = {}
    bound = {index for e in (*pair, *passed) for index in _bound(e)}
    for where in place:
        if isinstance(where, tuple) and where[0] != 0:
            indices[where[0]] = {where[1]}
    for e in (*pair, *passed):
        for part in preorder_traversal(e):
            if isinstance(part, MatrixElement):
                for index, size in zip(part.args[1:], part.args[0].shape, strict=True):
                    _note(index, size, part, indices, labels, bound)
            elif isinstance(part, Indexed) and part.base.shape is not None:
                for index, size in zip(part.indices, part.base.shape, strict=True):
                    _note(index, size, part, indices, labels, bound)
    for part in _parts(equation):
        if isinstance(part, (OneHot, OneHotEntry)) and isinstance(part.y, IndexedBase):
            labels.setdefault(part.y, set()).add(part.args[1])
        for place, shape in _places(part):
            for index, size in zip(place, shape, strict=True):
                _note(index, size, part, indices, labels, bound | _bound(equation))
    left, right = pair
    _check_symbols(pair, sizes, indices, labels, bound)
    ordered = {
        index: tuple(sorted(limit, key=str)) for index, limit in sorted(indices.items(), key=lambda item: str(item[0]))
    }
    return Claim(left, right, sizes, ordered, {y: tuple(sorted(limit, key=str)) for y, limit in labels.items()})


def _bound(e: Any) -> set[Any]:
    return {index for part in e.atoms(Sum) for index, *_ in part.limits}


def _places(part: Any) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Where in a statement as it is written a row and a column are named."""
    if isinstance(part, EntryGradient):
        yield part.args[2:], part.M.shape
    elif isinstance(part, LossGradientEntry):
        yield part.args[2:], part.S.shape
    elif isinstance(part, OneHotEntry) and isinstance(part.y, IndexedBase):
        yield part.args[2:], (part.C, part.y.shape[0])


def _note(
    index: Any, size: Any, owner: Any, indices: dict[Any, set[Any]], labels: dict[Any, set[Any]], bound: set[Any]
) -> None:
    """An index in the place of a row or column is an integer below its size; so is a label."""
    counted = {name: Dummy(integer=True) for name in index.free_symbols & bound if not name.is_integer}
    whole = index.xreplace(counted)  # a sum runs over integers, whatever its index is declared to be
    if whole.is_integer is None and isinstance(whole, Symbol):
        raise Malformed(
            f"{index}, an index of {owner}, is not declared an integer: make it with "
            f"symbols('{index}', integer=True, nonnegative=True)"
        )
    if not whole.is_integer or whole.is_negative or (whole - size).is_nonnegative:
        raise Malformed(f"an index is an integer from 0 to size - 1: {owner} has {index} where the size is {size}")
    if isinstance(index, Symbol) and index not in bound:
        indices.setdefault(index, set()).add(size)
    elif isinstance(index, Indexed):
        labels.setdefault(index.base, set()).add(size)


def _check_symbols(
    pair: tuple[Any, Any],
    sizes: tuple[Any, ...],
    indices: Mapping[Any, Any],
    labels: Mapping[Any, Any],
    bound: set[Any],
) -> None:
    known = {*sizes, *indices, *bound, *(y.label for y in labels), *labels}
    for e in pair:
        for part in preorder_traversal(e):
            if isinstance(part, Symbol) and part not in known and not part.is_real:
                raise Malformed(
                    f"{part} is neither a size, an index of a matrix, nor real: make it with parameters('{part}')"
                )
            if isinstance(part, Symbol) and part not in known and part.is_integer and not part.is_positive:
                raise Malformed(f"the integer {part} indexes no matrix, so nothing says which values it takes")
            if isinstance(part, Indexed) and part.base not in labels:
                raise Malformed(
                    f"the labels {part.base} index no matrix and no one_hot, so nothing says which classes they take"
                )
    for e in pair:
        if not isinstance(e, Expr):
            raise Malformed(f"a scalar was expected: got {e}")
