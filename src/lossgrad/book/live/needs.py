"""Which cells of a page need a library that no browser can load, found from what they import and from each other.

A cell needs what it imports, what the functions of this package that it imports need when they are called, and what
the cells need that define the names it uses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import lossgrad

ABSENT = frozenset({"jax", "matplotlib", "numpy", "sklearn", "torch"})
"""The libraries that cannot be had for the browser."""

PACKAGE = Path(lossgrad.__file__).parent

Needs = frozenset[str]
NOTHING: Needs = frozenset()


def of_cells(sources: Iterable[str]) -> Iterator[Needs]:
    """What each cell of a page needs, in the order of the page; of a cell that is no Python the gate speaks."""
    defined: dict[str, Needs] = {}
    for source in sources:
        tree = _parsed(source)
        known = defined | dict(_imported(tree))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        imported = {name for name, _ in _imported(tree)}
        needs = NOTHING.union(*(known.get(name, NOTHING) for name in used | imported))
        defined |= known | dict.fromkeys(_bound(tree), needs)
        yield needs


def _parsed(source: str) -> ast.AST:
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def _imported(tree: ast.AST) -> Iterator[tuple[str, Needs]]:
    """The names that a piece of code imports, each with what it needs."""
    for name, origin in _origins(tree):
        yield name, of_package().get(origin, NOTHING) | ({origin.partition(".")[0]} & ABSENT)


def _origins(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that a piece of code imports, each with the full name of what it stands for."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for name in names:
                    yield name.asname or name.name.partition(".")[0], name.name
            case ast.ImportFrom(module=str(module), names=names):
                for name in names:
                    yield name.asname or name.name, f"{module}.{name.name}"


def _bound(tree: ast.AST) -> Iterator[str]:
    """The names that a piece of code defines, but for those that it imports."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


@cache
def of_package() -> dict[str, Needs]:
    """What each function and class of this package needs when it is called, itself or by what it calls."""
    needs: dict[str, Needs] = {}
    calls: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = PACKAGE.name if path.stem == "__init__" else f"{PACKAGE.name}.{path.stem}"
        inside = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        above = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
        known = dict(_origins(ast.Module(above, []))) | {name: f"{module}.{name}" for name in inside}
        calls |= {f"{module}.{name}": {origin} for name, origin in known.items()}
        for name, node in inside.items():
            here = known | dict(_origins(node))
            used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            calls[f"{module}.{name}"] = {here[other] for other in used if other in here}
            needs[f"{module}.{name}"] = NOTHING.union(
                {origin.partition(".")[0] for _, origin in _origins(node)} & ABSENT
            )
    while True:
        more = {
            name: needs.get(name, NOTHING).union(*(needs.get(other, NOTHING) for other in calls[name]))
            for name in calls
        }
        if more == needs:
            return needs
        needs = more
