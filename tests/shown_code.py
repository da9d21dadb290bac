"""The code that pages show: what their cells print with `lossgrad.numerics.source`, found by running the cells."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lossgrad import numerics
from lossgrad.array_code import Program, program
from lossgrad.book.cells import PageText

DOCS = Path(__file__).resolve().parent.parent / "docs"


class Snippet(NamedTuple):
    """A listing: the page that shows it, the expression that it was printed from, and the program."""

    page: str
    expression: Any
    backend: str
    program: Program


def pages() -> list[str]:
    """The pages whose cells print code."""
    found = (path for path in sorted(DOCS.rglob("*.md")) if "import source" in path.read_text(encoding="utf-8"))
    return [str(path.relative_to(DOCS)) for path in found]


@cache
def shown(page: str) -> tuple[Snippet, ...]:
    """The listings of a page, in its order."""
    with pytest.MonkeyPatch.context() as patched:
        return tuple(_listened(page, patched))


def _listened(page: str, patched: pytest.MonkeyPatch) -> Iterator[Snippet]:
    heard: list[Snippet] = []
    print_source = numerics.source

    def source(expression: Any, *arguments: Any, backend: str = "numpy", name: str = "function") -> str:
        text = print_source(expression, *arguments, backend=backend, name=name)
        heard.append(Snippet(page, expression, backend, program(expression, arguments, backend, name)))
        assert heard[-1].program.source == text
        return text

    patched.setattr(numerics, "source", source)
    names: dict[str, Any] = {"__name__": "page"}
    with redirect_stdout(io.StringIO()):
        for cell in _needed(PageText(DOCS / page)):
            exec(compile(cell, page, "exec"), names)
    yield from heard


def _needed(page: PageText) -> list[str]:
    """The cells of a page up to the last one that prints code."""
    cells = [cell.source for cell in page.cells.values()]
    last = max(place for place, cell in enumerate(cells) if "source(" in cell or "listings(" in cell)
    return cells[: last + 1]
