"""Every theorem and every mistake of the package, those of modules that no page shows yet included."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from sympy import Eq

from lossgrad import mistakes, theorems


@cache
def statements(package: ModuleType = theorems) -> dict[str, Callable[[], Any]]:
    """The functions of a package that state an equation, as ``linear.weight_gradient``."""
    found: dict[str, Callable[[], Any]] = {}
    for topic in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{topic.name}")
        for name, function in vars(module).items():
            own = inspect.isfunction(function) and function.__module__ == module.__name__
            if own and not name.startswith("_") and not inspect.signature(function).parameters:
                found[f"{topic.name}.{name}"] = function
    return {name: function for name, function in found.items() if isinstance(function(), Eq)}


def false_statements() -> dict[str, Callable[[], Any]]:
    """The mistakes, each an equation that is false."""
    return statements(mistakes)


@cache
def equation_of(name: str) -> Eq:
    """The theorem of that name."""
    return statements()[name]()
