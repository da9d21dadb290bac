"""Expressions of the book as array code: NumPy, JAX or PyTorch source from one printer.

A matrix is a two-dimensional array, a column is an example, labels are a one-dimensional integer array. Large scores
give finite values, since what is made of exponentials is printed in its shifted form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lossgrad.array_code.backends import BACKENDS, Backend, NoCode
from lossgrad.array_code.parameters import Parameter, parameters_of
from lossgrad.array_code.printer import ArrayPrinter

__all__ = ["BACKENDS", "ArrayPrinter", "Backend", "NoCode", "Parameter", "Program", "parameters_of", "program"]


@dataclass(frozen=True)
class Program:
    """A function in source, with its parameters in order."""

    source: str
    parameters: tuple[Parameter, ...]
    name: str


def program(expression: Any, arguments: Sequence[Any] = (), backend: str = "numpy", name: str = "function") -> Program:
    """The source of a function of ``arguments`` that evaluates ``expression``; by default of all that it leaves open.

    Raises NoCode for what the library of arrays cannot do, ValueError for an unknown backend or a missing argument.
    """
    if backend not in BACKENDS:
        raise ValueError(f"the backend is one of {', '.join(BACKENDS)}: got {backend!r}")
    counting = ArrayPrinter(BACKENDS[backend], expression, arguments)
    counting.body(expression)
    repeated = frozenset(node for node, count in counting.printed.items() if count > 1)
    printer = ArrayPrinter(BACKENDS[backend], expression, arguments, repeated)
    body = printer.body(expression)
    head = f"def {name}({', '.join(parameter.name for parameter in printer.parameters)}):"
    text = "\n\n\n".join([*printer.preludes(body), "\n".join([head, *(f"    {line}" for line in body)])])
    return Program(text + "\n", printer.parameters, name)
