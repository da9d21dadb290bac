"""Where an expression has a value: what a statement takes for granted, found in the expression itself.

``hypotheses(e)`` lists, for a written-out expression, every condition that its quotients, roots, logarithms and kinks
need and that the signs of its parts do not already give. A proof carries this list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sympy import (
    Abs,
    Add,
    Heaviside,
    Indexed,
    KroneckerDelta,
    Max,
    Mul,
    Ne,
    Piecewise,
    Pow,
    Sum,
    Symbol,
    cosh,
    exp,
    log,
    preorder_traversal,
    sign,
)
from sympy.core.relational import Equality, GreaterThan, Relational, StrictGreaterThan
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.expressions import sigmoid
from lossgrad.naming import letter_for, sums_named


def hypotheses(*expressions: Any, simpler: Callable[[Any], Any] = lambda e: e) -> tuple[Any, ...]:
    """The conditions under which the expressions have a value, each once, in order of appearance.

    An index that is left open stands for every value of its range. ``simpler`` may give a shorter form of equal value.
    """
    found: dict[Any, Any] = {}
    for e in expressions:
        for condition in _conditions(e):
            plain = _plain(condition.func(simpler(condition.lhs), condition.rhs, evaluate=False))
            if above_zero(plain.lhs):
                continue
            known = found.get(plain.lhs)
            if known is None or (isinstance(known, Ne) and not isinstance(plain, Ne)):
                found[plain.lhs] = plain
    return tuple(found.values())


def _plain(condition: Any) -> Any:
    """The condition with a plain letter for each open index, one that no sum of the condition has."""
    condition = condition.func(sums_named(condition.lhs), condition.rhs, evaluate=False)
    bound = {index for part in condition.atoms(Sum) for index, *_ in part.limits}
    places = [
        (index, size)
        for element in sorted(condition.lhs.atoms(MatrixElement, Indexed), key=_place)
        for index, size in zip(element.args[1:], element.args[0].shape, strict=True)
        if isinstance(index, Symbol) and index not in bound
    ]
    taken = {symbol.name for symbol in condition.lhs.atoms(Symbol) - {index for index, _ in places}}
    names: dict[Any, Any] = {}
    for index, size in places:
        if index not in names:
            names[index] = Symbol(letter_for(size, taken), integer=True, nonnegative=True)
            taken.add(names[index].name)
    return condition.func(condition.lhs.xreplace(names), condition.rhs, evaluate=False)


def _place(element: Any) -> str:
    return str(element.args[0])


def _conditions(e: Any) -> Iterator[Any]:
    for part in preorder_traversal(e):
        if isinstance(part, log) and not above_zero(part.args[0]):
            yield StrictGreaterThan(part.args[0], 0, evaluate=False)
        elif isinstance(part, Pow):
            yield from _of_power(*part.args)
        elif isinstance(part, (Heaviside, sign)):
            if not (part.args[0].is_integer or above_zero(part.args[0]) or above_zero(-part.args[0])):
                yield Ne(part.args[0], 0, evaluate=False)
        elif isinstance(part, Piecewise):
            for _, condition in part.args:
                yield from (
                    _off_kink(r)
                    for r in condition.atoms(Relational)
                    if not isinstance(r, (Equality, Ne)) and not _of_integers(r)
                )


def _of_integers(r: Any) -> bool:
    return bool(r.lhs.is_integer and r.rhs.is_integer)


def _off_kink(r: Any) -> Any:
    return Ne(r.lhs - r.rhs, 0, evaluate=False)


def _of_power(base: Any, power: Any) -> Iterator[Any]:
    if power.is_Integer and power.is_nonnegative:
        return
    if above_zero(base):
        return
    if power.is_Integer:
        yield Ne(base, 0, evaluate=False)
    elif power.is_positive and power.is_Rational:
        if not at_least_zero(base):
            yield GreaterThan(base, 0, evaluate=False)
    else:
        yield StrictGreaterThan(base, 0, evaluate=False)


def above_zero(e: Any) -> bool:
    """Whether ``e`` > 0 for all real entries, as far as the signs of its parts show."""
    if isinstance(e, (exp, sigmoid, cosh)):
        return True
    if isinstance(e, Add) and isinstance(1 - e, sigmoid):
        return True
    if isinstance(e, Add):
        return all(map(at_least_zero, e.args)) and any(map(above_zero, e.args))
    if isinstance(e, Mul):
        return all(map(above_zero, e.args))
    if isinstance(e, Pow):
        return above_zero(e.base)
    if isinstance(e, Sum):
        return above_zero(e.function) and all((high - low).is_nonnegative for _, low, high in e.limits)
    if isinstance(e, Max):
        return any(map(above_zero, e.args))
    return bool(not e.args and e.is_positive)


def at_least_zero(e: Any) -> bool:
    """Whether ``e`` >= 0 for all real entries, as far as the signs of its parts show."""
    if above_zero(e) or isinstance(e, (Abs, Heaviside, KroneckerDelta)) or (e.is_integer and e.is_nonnegative):
        return True
    if isinstance(e, (Add, Mul)):
        return all(map(at_least_zero, e.args))
    if isinstance(e, Pow):
        return bool(e.exp.is_even) or at_least_zero(e.base)
    if isinstance(e, Sum):
        return at_least_zero(e.function)
    if isinstance(e, Max):
        return any(map(at_least_zero, e.args))
    return bool(not e.args and e.is_nonnegative)
