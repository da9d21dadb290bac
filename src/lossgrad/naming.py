"""Letters for bound indices: the reader's names, after the kernel's.

``plainly_named(e)`` gives each bound index the first letter of its range that its sum does not use yet: r, a, b, … for
classes, i, j, … for features, k, m, … for examples. Sums that differ in the names of their indices alone become equal.
"""

from __future__ import annotations

from typing import Any

from sympy import Dummy, Expr, MatrixSymbol, Sum, Symbol

from lossgrad.expressions import range_from

_LETTERS = {"C": "rabc", "D": "ijl", "N": "kmn", "T": "tuv"}
_OTHERS = "ijlmhabcdefguvwz"


def plainly_named(e: Any) -> Any:
    """The expression with a plain letter for each bound index, and for each dummy that is left."""
    e = sums_named(e)
    if not hasattr(e, "atoms"):
        return e
    taken = _names(e)
    names: dict[Any, Any] = {}
    for d in sorted(e.atoms(Dummy), key=lambda d: (d.name, d.dummy_index)):
        stem = d.name.split("_")[0]
        names[d] = _symbol(next(letter for letter in (stem, *_OTHERS) if letter not in taken))
        taken.add(names[d].name)
    return e.xreplace(names)


def sums_named(e: Any) -> Any:
    """The expression with a plain letter for each bound index."""
    if not getattr(e, "args", ()) or not isinstance(e, Expr):
        return e
    args = [sums_named(arg) for arg in e.args]
    if not isinstance(e, Sum):
        return e if all(a is b for a, b in zip(args, e.args, strict=True)) else e.func(*args)
    body, limits = args[0], [tuple(limit) for limit in e.limits]
    taken = _names(body.xreplace({index: Dummy() for index, *_ in limits}))
    names = {}
    for index, low, high in sorted(limits, key=lambda limit: _place(body, limit[0])):
        letter = letter_for(high + 1, taken)
        names[index] = _symbol(letter, low)
        taken.add(letter)
    return Sum(
        body.xreplace(names),
        *((names[index], low.xreplace(names), high.xreplace(names)) for index, low, high in limits),
    )


def letter_for(size: Any, taken: set[str]) -> str:
    """The first letter for an index below ``size`` that is not taken."""
    letters: str = _LETTERS.get(str(size), "") + _OTHERS
    return next(letter for letter in letters if letter not in taken)


def _names(e: Any) -> set[str]:
    """The names that stand in an expression: those of symbols, of matrices and of labels."""
    return {part.name for part in e.atoms(Symbol, MatrixSymbol) if not isinstance(part, Dummy)}


def _place(body: Any, index: Any) -> tuple[int, str]:
    """Where an index stands first, told by the text of the body."""
    marked = str(body.xreplace({index: Symbol("§")}))
    return marked.find("§"), marked


def _symbol(letter: str, low: Any = 0) -> Symbol:
    return Symbol(letter, **range_from(low))
