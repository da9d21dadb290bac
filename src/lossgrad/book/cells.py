"""What a cell of a page may not do: be skipped, fail unseen, hide its output, or silence a warning.

The page is read here by MyST-NB's own reader, so that a cell is a cell exactly where MyST-NB sees one.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook

from lossgrad.book import relations
from lossgrad.book.domain import Fault

FRONT_MATTER = frozenset({"file_format", "kernelspec", "html_meta", "html_theme.sidebar_secondary.remove", "orphan"})
"""What a page may say of itself; other keys can switch execution off, allow errors or silence warnings."""

HIDING = {
    "skip-execution": "it would not be executed",
    "raises-exception": "it would be allowed to fail",
    "remove-cell": "the page would not show what it runs; fold it with hide-cell",
    "remove-input": "the page would not show what it runs; fold it with hide-input",
    "remove-output": "its warnings would be hidden; fold them with hide-output",
    "remove-stdout": "its output would be hidden; fold it with hide-output",
    "remove-stderr": "its warnings would be hidden",
}
"""The tags that a cell may not have, and why not."""

OPTIONS = frozenset({"tags", "name"})
"""What a cell may set; ``mystnb`` and ``load`` would change how it is shown or what it runs."""

SILENCERS = {
    "filterwarnings": "ignore",
    "simplefilter": "ignore",
    "catch_warnings": "ignore",
    "errstate": "ignore",
    "seterr": "ignore",
    "redirect_stderr": None,
    "suppress": None,
}
"""Calls that silence: by their last name, and the argument that makes them do it."""

SPELLING = re.compile(r"`{3,}\{code-cell\} python\s*")


class Cell(NamedTuple):
    """A code cell: the line of its fence, the fence, the line its source starts at, its source and its options."""

    line: int
    fence: str
    start: int
    source: str
    options: dict[str, object]


class PageText:
    """The source text of a page, its cells, and the lines where its parts stand."""

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        self.lines = text.splitlines()
        self.is_executed = is_myst_markdown_notebook(text)
        notebook = read_myst_markdown_notebook(text, add_source_map=True, path=path)
        self.front_matter = [key for key in notebook.metadata if key != "source_map"]
        self.starts: list[int] = notebook.metadata["source_map"]
        self.cells = [
            self._cell(start, cell.source, dict(cell.metadata))
            for start, cell in zip(self.starts, notebook.cells, strict=True)
            if cell.cell_type == "code"
        ]

    def _cell(self, below: int, source: str, options: dict[str, object]) -> Cell:
        first = source.partition("\n")[0]
        start = next((at for at in range(below, len(self.lines)) if self.lines[at].strip() == first.strip()), below)
        return Cell(below, self.lines[below - 1], start + 1, source, options)

    def line(self, reported: int, needle: str = "") -> int:
        """The line where something stands that MyST-NB reports at a line.

        It counts one blank line above each stretch of text between cells, be there none or several, and gives the first
        line of a paragraph for all that is in it.
        """
        above = max((start for start in self.starts if start < reported), default=0)
        blank = next((at for at, line in enumerate(self.lines[above:]) if line.strip()), 1)
        line = reported + blank - 1 if self.is_executed else reported
        found = (at for at in range(line, len(self.lines) + 1) if needle and needle in self.lines[at - 1])
        return next(found, line)


def faults(page: PageText) -> Iterator[Fault]:
    """What is wrong with a page's front matter and cells."""
    if not page.is_executed:
        yield Fault(1, "its front matter does not say 'file_format: mystnb', so its cells would not be executed")
    for key in page.front_matter:
        if key not in FRONT_MATTER:
            yield Fault(_line_of_key(page, key), f"its front matter may not set {key!r}")
    for cell in page.cells:
        yield from _faults_of(cell)


def _line_of_key(page: PageText, key: str) -> int:
    return next((at for at, line in enumerate(page.lines, 1) if line.startswith(key)), 1)


def _faults_of(cell: Cell) -> Iterator[Fault]:
    if not SPELLING.fullmatch(cell.fence):
        yield Fault(cell.line, f"a cell is written ```{{code-cell}} python: got {cell.fence.strip()}")
    for option in cell.options.keys() - OPTIONS:
        yield Fault(cell.line, f"a cell may not set {option!r}")
    tags = cell.options.get("tags", [])
    for tag in tags if isinstance(tags, list) else [tags]:
        if reason := HIDING.get(str(tag).replace("_", "-")):
            yield Fault(cell.line, f"a cell may not be tagged {tag}: {reason}")
    try:
        program = compile(cell.source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        yield Fault(cell.start + (error.lineno or 1) - 1, f"a cell holds plain Python, without magics: {error.msg}")
        return
    for node in ast.walk(program):
        for reason in (_silenced(node), _typed(node)):
            if reason:
                yield Fault(cell.start + getattr(node, "lineno", 1) - 1, reason)


def _silenced(node: ast.AST) -> str | None:
    """What a call silences, if it does."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in SILENCERS:
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            needed = SILENCERS[name]
            if needed is None or any(isinstance(value, ast.Constant) and value.value == needed for value in values):
                return f"a cell may not silence what it says: {ast.unparse(node)}"
    return None


def _typed(node: ast.AST) -> str | None:
    """The assertion that a string of a cell typesets, if it does: TeX between dollars, or handed to Math or Latex."""
    match node:
        case ast.Call(func=ast.Name(id="Math" | "Latex") | ast.Attribute(attr="Math" | "Latex"), args=[argument, *_]):
            formulas = [_text(argument)]
        case ast.Constant(value=str()) | ast.JoinedStr():
            formulas = [found[1] for found in re.finditer(r"\$+([^$]+)\$+", _text(node))]
        case _:
            return None
    sign = next((sign for formula in formulas if (sign := relations.in_tex(formula))), None)
    return f"a string of a cell asserts with {sign!r}; print it from an object" if sign else None


def _text(node: ast.AST) -> str:
    """The text of a string, with a placeholder for what is computed."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value) for value in values)
    return "?"
