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

SILENCING_CALLS = frozenset({"filterwarnings", "simplefilter", "catch_warnings", "errstate", "seterr"})
"""Calls that silence when they are told to ignore."""

HIDING_CALLS = frozenset({"redirect_stderr", "suppress"})
"""Calls that hide what is said, or what fails."""

HUSHED = frozenset({"stderr", "showwarning", "formatwarning", "filters"})
"""Attributes that hold what is heard of a warning."""

CATCH_ALL = frozenset({"Exception", "BaseException", "AssertionError", "Warning", "UserWarning"})
"""Exceptions that a cell may not catch: among them would be its own failure."""

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
        self.cells = {
            index: self._cell(start, cell.source, dict(cell.metadata))
            for index, (start, cell) in enumerate(zip(self.starts, notebook.cells, strict=True))
            if cell.cell_type == "code"
        }

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
    for cell in page.cells.values():
        yield from _faults_of(cell)


def failure(page: PageText, traceback: str) -> Fault:
    """What MyST-NB tells of a cell that raised or did not end in time, at the line where its source starts."""
    told = re.sub(r"\x1b\[[\d;]*m", "", traceback)  # without colours
    told = re.split(r"(?m)^[\w.]*Cell\w+Error: ", told)[-1].strip()
    text = "\n".join(page.lines)
    quoted = re.search(r"^-{18,}\n(.*?)\n-{18,}$", told, re.DOTALL | re.MULTILINE)
    line = text.count("\n", 0, text.find(quoted[1])) + 1 if quoted and quoted[1] in text else 1
    return Fault(line, f"a cell failed: {told}")


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
        for reason in (_silenced(node), _out_of_bounds(node), _typed(node)):
            if reason:
                line = cell.start + getattr(node, "lineno", 1) - 1
                yield Fault(line, f"{reason}: {ast.unparse(node).partition(chr(10))[0]}")


def _silenced(node: ast.AST) -> str | None:
    """How a part of a cell silences something, if it does."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            if name in HIDING_CALLS or (name in SILENCING_CALLS and "ignore" in _given(node)):
                return "a cell may not silence what it says"
        case ast.Attribute(attr=name, ctx=ast.Store()) if name in HUSHED:
            return "a cell may not silence what it says"
        case ast.ExceptHandler(type=caught) if _catches_all(caught):
            return "a cell may not catch its own failure"
    return None


def _out_of_bounds(node: ast.AST) -> str | None:
    """What a part of a cell imports, if it is none of a cell's business."""
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            imported = [module, *(f"{module}.{name.name}" for name in names)]
        case ast.Import(names=names):
            imported = [name.name for name in names]
        case _:
            return None
    for module in imported:
        if module.partition(".")[0] == "myst_nb":
            return "a cell shows its result where it stands"
        if f"{module}.".startswith("lossgrad.book."):
            return "the Sphinx side is not for cells, whose results outlive an edit to it"
    return None


def _given(call: ast.Call) -> list[object]:
    """The constants that a call is given."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return [value.value for value in values if isinstance(value, ast.Constant)]


def _catches_all(caught: ast.expr | None) -> bool:
    match caught:
        case ast.Tuple(elts=several):
            return any(map(_catches_all, several))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in CATCH_ALL
    return caught is None


def _typed(node: ast.AST) -> str | None:
    """How a string of a cell is typeset and asserts: between dollars, or handed to Math, Latex, Markdown or HTML."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[argument, *_]) if name in TYPESETTERS:
            sign = TYPESETTERS[name](_text(argument))
        case ast.Constant(value=str()) | ast.JoinedStr():
            formulas = re.finditer(r"\$+([^$]+)\$+", _text(node))
            sign = next((sign for formula in formulas if (sign := relations.in_tex(formula[1]))), None)
        case ast.FunctionDef(name=name) if re.fullmatch(r"_repr_\w+_", name):
            return "a cell may not say how an object is displayed"
        case _:
            return None
    return f"a string of a cell asserts with {sign}" if sign else None


TYPESETTERS = {
    "HTML": relations.in_html,
    "Latex": relations.in_tex,
    "Markdown": relations.in_html,
    "Math": relations.in_tex,
}
"""What typesets the string it is given, and how that string asserts."""


def _text(node: ast.AST) -> str:
    """The text of a string, with a placeholder for what is computed."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value) for value in values)
    return "?"
