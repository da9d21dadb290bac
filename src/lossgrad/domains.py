"""Where an expression has a value: what a statement takes for granted, found in the expression itself.

``hypotheses(e)`` lists, for a written-out expression, every condition that its quotients, roots, logarithms and kinks
need and that the signs of its parts do not already give. A proof carries this list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import (
    Abs,
    Add,
    Dummy,
    Heaviside,
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

from lossgrad.expressions import sigmoid


def hypotheses(*expressions: Any) -> tuple[Any, ...]:
    """The conditions under which the expressions have a value, each once, in order of appearance."""
    found: dict[str, Any] = {}
    for e in expressions:
        for condition in _conditions(e):
            named = condition.xreplace({d: Symbol(d.name, integer=True) for d in condition.atoms(Dummy)})
            found.setdefault(str(named), named)
    return tuple(found.values())


def _conditions(e: Any) -> Iterator[Any]:
    for part in preorder_traversal(e):
        if isinstance(part, log) and not above_zero(part.args[0]):
            yield StrictGreaterThan(part.args[0], 0, evaluate=False)
        elif isinstance(part, Pow):
            yield from _of_power(*part.args)
        elif isinstance(part, (Heaviside, sign)):
            if not above_zero(part.args[0]) and not above_zero(-part.args[0]):
                yield Ne(part.args[0], 0, evaluate=False)
        elif isinstance(part, Piecewise):
            for _, condition in part.args:
                yield from (_off_kink(r) for r in condition.atoms(Relational) if not isinstance(r, (Equality, Ne)))


def _off_kink(r: Any) -> Any:
    return Ne(r.lhs - r.rhs, 0, evaluate=False)


def _of_power(base: Any, power: Any) -> Iterator[Any]:
    if power.is_Integer and power.is_nonnegative:
        return
    if above_zero(base):
        return
    if power.is_integer:
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
    if above_zero(e) or isinstance(e, (Abs, Heaviside, KroneckerDelta)):
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
