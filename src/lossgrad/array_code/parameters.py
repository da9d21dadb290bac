"""What an expression leaves open, as the arguments of a function."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sympy import Indexed, IndexedBase, MatrixExpr, MatrixSymbol, S, Sum, Symbol, preorder_traversal

from lossgrad.expressions import Activation, Elementwise, LossGradient, LossGradientEntry, LossValue

_KINDS = ("matrix", "labels", "number", "activation", "activation slope", "loss", "loss gradient")


class Parameter(NamedTuple):
    """An argument of a function: its name in the source, and what it stands for."""

    name: str
    symbol: Any
    kind: str  # "matrix", "labels", "number", "loss", "loss gradient", "activation", "activation slope"


def parameters_of(expression: Any, backend: str = "numpy") -> tuple[Parameter, ...]:
    """What an expression leaves open: matrices, labels, numbers, then functions, each by name."""
    found: dict[str, Parameter] = {}
    sizes = sizes_of(expression)
    bound = {index for part in _parts(expression) if isinstance(part, Sum) for index, *_ in part.limits}
    bound |= {t for part in _parts(expression) if isinstance(part, Elementwise) for t in part.function.signature}
    labels = {part.base.label for part in _parts(expression) if isinstance(part, Indexed)}
    labels |= {part.label for part in _parts(expression) if isinstance(part, IndexedBase)}
    for part in _parts(expression):
        for parameter in _parameters(part, backend):
            if parameter.symbol not in sizes | bound | labels:
                found.setdefault(f"{_KINDS.index(parameter.kind)} {parameter.name}", parameter)
    return tuple(found[key] for key in sorted(found))


def _parameters(part: Any, backend: str) -> Iterator[Parameter]:
    own = backend == "numpy"
    if isinstance(part, MatrixSymbol):
        yield Parameter(identifier(part.name), part, "matrix")
    elif isinstance(part, IndexedBase):
        yield Parameter(identifier(str(part.label)), part, "labels")
    elif isinstance(part, Symbol):
        yield Parameter(identifier(part.name), part, "number")
    elif isinstance(part, LossValue):
        yield Parameter(identifier(part.name), part.name, "loss")
    elif isinstance(part, (LossGradient, LossGradientEntry)):
        named = f"grad_{part.name}" if own else part.name
        yield Parameter(identifier(named), named, "loss gradient" if own else "loss")
    elif isinstance(part, Activation):
        name = type(part).__name__
        plain = name.rstrip("'")
        named = name if own else plain
        yield Parameter(identifier(named), named, "activation" if named == plain else "activation slope")


def _parts(e: Any) -> Iterator[Any]:
    """The parts of an expression, the labels of one-hot columns and the expressions of an entry's shape included."""
    for part in preorder_traversal(e):
        yield part
        if isinstance(part, Indexed):
            yield part.base


def sizes_of(expression: Any) -> set[Any]:
    """The symbols that shapes are made of."""
    shaped = (p for p in _parts(expression) if isinstance(p, (MatrixExpr, IndexedBase)) and p.shape is not None)
    return {symbol for part in shaped for n in part.shape for symbol in S(n).free_symbols}


def identifier(name: str) -> str:
    """A name as Python writes it, without the TeX that it may hold.

    >>> identifier("lambda"), identifier("phi'"), identifier("d_v"), identifier(r"\\operatorname{SiLU}{(A)}")
    ('lambda_', 'phi_prime', 'd_v', 'SiLU_A')
    """
    name = re.sub(r"\\[A-Za-z]+(?={)", "", name.replace("'", "_prime"))
    name = re.sub(r"\W+", "_", name).strip("_") if re.search(r"\W", name) else name
    if not name or name[0].isdigit():
        name = f"value_{name}".rstrip("_")
    return f"{name}_" if keyword.iskeyword(name) else name


def ordered(needed: Sequence[Parameter], arguments: Sequence[Any], sizes: set[Any]) -> tuple[Parameter, ...]:
    """The parameters in the order of the arguments, which may be sizes too; ValueError where one is missing."""
    if not arguments:
        return tuple(needed)
    found: list[Parameter] = []
    for argument in arguments:
        if argument in sizes:
            found.append(Parameter(identifier(str(argument)), argument, "number"))
            continue
        matching = [p for p in needed if _stands_for(argument, p)]
        if not matching:
            found += _unused(argument)
        found += matching
    if missing := [p.name for p in needed if p not in found]:
        given = ", ".join(p.name for p in found)
        raise ValueError(f"the expression also depends on {', '.join(missing)}: got the arguments {given}")
    return tuple(found)


def _stands_for(argument: Any, parameter: Parameter) -> bool:
    name = getattr(argument, "name", None) or getattr(argument, "__name__", None)
    if parameter.kind.startswith(("loss", "activation")):
        return str(name) in (parameter.symbol, str(parameter.symbol).removeprefix("grad_").rstrip("'"))
    if parameter.kind == "labels":
        return argument in (parameter.symbol, parameter.symbol.label)
    return bool(argument == parameter.symbol)


def _unused(argument: Any) -> list[Parameter]:
    """An argument on which the value does not depend."""
    if isinstance(argument, MatrixSymbol):
        return [Parameter(identifier(argument.name), argument, "matrix")]
    if isinstance(argument, IndexedBase):
        return [Parameter(identifier(str(argument.label)), argument, "labels")]
    if isinstance(argument, Symbol):
        return [Parameter(identifier(argument.name), argument, "number")]
    raise ValueError(f"an argument is a matrix, labels, a number or an unspecified function: got {argument!r}")
