"""The architecture as a page shows it, drawn from the package itself.

    ```{rooms}
    ```

A room is a module of the package, or a folder of them. It stands on the floor above the highest of the rooms that it
imports as it is loaded, so what a room builds on is always below it; imports in a circle have no floor, and stop the
build.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lossgrad.book.domain import StatementDomain
from lossgrad.book.execution import PACKAGE


def setup(app: Sphinx) -> None:
    """Register the directive, and how rooms look."""
    app.add_css_file("rooms.css")
    app.add_directive("rooms", Rooms)


def rooms(package: Path = PACKAGE) -> dict[str, tuple[str, set[str]]]:
    """The first sentence of each room's docstring, and the rooms that it imports."""
    files = {file.relative_to(package).parts: file for file in sorted(package.rglob("*.py"))}
    found: dict[str, tuple[str, set[str]]] = {}
    for parts, file in files.items():
        if parts == ("__init__.py",):
            continue
        name = parts[0].removesuffix(".py")
        module = ast.parse(file.read_text(encoding="utf-8"))
        said, used = found.get(name, ("", set()))
        if len(parts) == 1 or parts[1:] == ("__init__.py",):
            said = (ast.get_docstring(module) or "").partition("\n")[0].replace("`", "")
        found[name] = said, used | set(_imported(module, package.name))
    return {name: (said, used & found.keys() - {name}) for name, (said, used) in found.items()}


def _imported(module: ast.Module, package: str) -> Iterator[str]:
    for line in module.body:
        if isinstance(line, ast.ImportFrom) and line.module == package:
            yield from (name.name for name in line.names)
        elif isinstance(line, ast.ImportFrom) and line.module and line.module.startswith(f"{package}."):
            yield line.module.split(".")[1]


def floors(uses: Mapping[str, set[str]]) -> list[list[str]]:
    """The rooms of each floor, the ground first; raises CycleError where imports go round.

    >>> floors({"proofs": {"indices", "entries"}, "entries": {"expressions"}, "expressions": set(), "indices": set()})
    [['expressions', 'indices'], ['entries'], ['proofs']]
    """
    at = heights(uses)
    return [sorted(name for name in at if at[name] == floor) for floor in range(max(at.values(), default=-1) + 1)]


def heights(below: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How high each stands: one above the highest of what is below it; raises CycleError where that goes round.

    >>> heights({"product": [], "square": ["product"], "norm": ["square", "product"]})
    {'product': 0, 'square': 1, 'norm': 2}
    """
    at: dict[str, int] = {}
    for name in TopologicalSorter(below).static_order():
        at[name] = 1 + max((at[other] for other in below[name]), default=-1)
    return at


class Rooms(SphinxDirective):
    """``{rooms}``: the floors of the package, the highest first."""

    def run(self) -> list[nodes.Node]:
        found = rooms()
        for name in found:
            for file in sorted(PACKAGE.glob(f"{name}/*.py")) or [PACKAGE / f"{name}.py"]:
                self.env.note_dependency(str(file))
        try:
            storeys = floors({name: used for name, (_, used) in found.items()})
        except CycleError as circle:
            StatementDomain.of(self.env).note_fault(self.lineno, f"imports go round: {' → '.join(circle.args[1])}")
            return []
        house = nodes.enumerated_list(classes=["rooms"])
        for storey in reversed(storeys):
            floor = nodes.bullet_list()
            for name in storey:
                line = nodes.paragraph("", "", nodes.literal("", name), nodes.Text(f" {found[name][0]}"))
                floor += nodes.list_item("", line)
            house += nodes.list_item("", floor)
        return [house]
