"""An expression at given numbers, exactly: the worked examples of the pages, which need SymPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import (
    ImmutableMatrix,
    Indexed,
    IndexedBase,
    Integer,
    MatrixBase,
    MatrixExpr,
    MatrixSymbol,
    Tuple,
    exp,
    sympify,
)

from lossgrad.entries import written_out
from lossgrad.expressions import ShapeError, entry, sigmoid

__all__ = ["worked"]


def worked(expression: Any, values: Mapping[Any, Any]) -> Any:
    """An expression at numbers: a matrix of its entries, or a number.

    ``values`` gives a matrix for each MatrixSymbol, a sequence of classes for labels, a number for a parameter. Sizes
    follow from the shapes of the matrices; one that no shape gives is given like a parameter.

    Raises ShapeError when two matrices disagree on a size.

    >>> from sympy import Matrix, log
    >>> from lossgrad.expressions import one_hot, softmax
    >>> from lossgrad.notation import C, N, S, y
    >>> worked((softmax(S) - one_hot(y, C)) / N, {S: Matrix([log(6), log(3), log(1)]), y: (0,)})
    Matrix([
    [-2/5],
    [3/10],
    [1/10]])
    """
    sizes = _sizes(values)
    labels = {y: Tuple(*map(Integer, given)) for y, given in values.items() if isinstance(y, IndexedBase)}
    sized = sympify(expression).xreplace(labels).xreplace(sizes)
    numbers = _numbers(values, sizes, labels)
    if not isinstance(sized, (MatrixExpr, MatrixBase)):
        return _value(sized, numbers)
    rows, columns = (int(n) for n in sized.shape)
    return ImmutableMatrix(rows, columns, lambda i, j: _value(entry(sized, Integer(i), Integer(j)), numbers))


def _sizes(values: Mapping[Any, Any]) -> dict[Any, Integer]:
    sizes: dict[Any, Integer] = {}
    for symbol, given in values.items():
        if isinstance(symbol, MatrixSymbol):
            known = zip(symbol.shape, given.shape, strict=True)
        elif isinstance(symbol, IndexedBase):
            known = zip(symbol.shape, (len(given),), strict=True)
        else:
            known = zip((), (), strict=True)
        for n, number in known:
            if (n.is_Integer and n != number) or sizes.get(n, number) != number:
                raise ShapeError(f"the values must agree on {n}: {symbol} has {number}, not {sizes.get(n, n)}")
            if not n.is_Integer:
                sizes[n] = Integer(number)
    return sizes


def _numbers(values: Mapping[Any, Any], sizes: Mapping[Any, Any], labels: Mapping[Any, Any]) -> dict[Any, Any]:
    """The number for each entry, label and parameter."""
    numbers: dict[Any, Any] = {}
    for symbol, given in values.items():
        if isinstance(symbol, MatrixSymbol):
            of_size = symbol.subs(sizes)
            rows, columns = (int(n) for n in of_size.shape)
            numbers |= {of_size[i, j]: given[i, j] for i in range(rows) for j in range(columns)}
        elif symbol in labels:
            numbers |= {Indexed(symbol, n): label for n, label in enumerate(labels[symbol])}
        else:
            numbers[symbol] = sympify(given)
    return numbers


def _value(e: Any, numbers: Mapping[Any, Any]) -> Any:
    return written_out(e).doit().xreplace(numbers).doit().replace(sigmoid, lambda t: 1 / (1 + exp(-t)))
