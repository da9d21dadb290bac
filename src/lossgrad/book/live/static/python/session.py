"""Runs the cells of a page, one after another, and tells the page what each shows."""

from __future__ import annotations

import ast
import io
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator
from inspect import CO_COROUTINE
from types import CodeType, TracebackType
from typing import Any

LIMIT = 200_000
"""How many characters a run may show; a page with more is hard to read, and then hard to leave."""

FRAMES = 6
"""How many calls of a traceback are shown at each end."""

Tell = Callable[[str, str], None]

KINDS = {"html": "_repr_html_", "svg": "_repr_svg_", "latex": "_repr_latex_"}
"""How a value may be shown besides as text, the richest first."""


class Stream(io.TextIOBase):
    """Where a cell prints to: tells in pieces, and ends what is too long."""

    def __init__(self, kind: str) -> None:
        self.kind, self.pieces, self.length = kind, [], 0

    pieces: list[str]

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.pieces.append(text)
        self.length += len(text)
        if self.length > 2000:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text, self.pieces, self.length = "".join(self.pieces), [], 0
        if text:
            tell(self.kind, text)


class Told:
    """Whom to tell, and how many characters may still be told."""

    whom: Tell
    left = 0


def tell(kind: str, text: str) -> None:
    """Tell the page a piece of output, or, once, that there is more than it shows."""
    if Told.left < 0:
        return
    if len(text) > Told.left:
        text = text[: Told.left] if kind in {"stdout", "stderr", "text", "error"} else ""
        Told.left = -1
        if text:
            Told.whom(kind, text)
        Told.whom("cut", f"{LIMIT:,}")
        return
    Told.left -= len(text)
    Told.whom(kind, text)


def show(value: Any) -> None:
    """Show a value in its richest form."""
    sys.stdout.flush()
    for kind, method in KINDS.items():
        said = getattr(value, method, None)
        if said is not None and not isinstance(value, type) and (text := said()) is not None:
            tell(kind, text)
            return
    from IPython.lib.pretty import pretty

    tell("text", pretty(value))  # type: ignore[no-untyped-call]  # it has no types


names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
"""What the cells have defined so far."""


async def run(source: str, name: str, whom: Tell, answered: str = "") -> bool:
    """Run a cell that goes by a name, tell what it shows, and return whether it came to its end.

    ``answered`` is the rule by which its last value or its ``answer`` is judged, if it is.
    """
    Told.whom, Told.left = whom, LIMIT
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        for code, is_shown in parts(source, name):
            value = eval(code, names)
            if code.co_flags & CO_COROUTINE:
                value = await value
            if is_shown and value is not None and not answered:
                show(value)
        if answered:
            judge(answered, value)
        return True
    except BaseException as error:
        sys.stdout.flush()
        Told.left = max(Told.left, 20_000)
        tell("error", "".join(told(error)))
        return False
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def judge(rule: str, value: Any) -> None:
    """Tell the verdict on what a reader wrote."""
    from verdict import pieces  # type: ignore[import-not-found]  # it is beside this one where cells are run

    sys.stdout.flush()
    for kind, text in pieces(rule, value, names):
        tell(kind, text)


def parts(source: str, name: str) -> Iterator[tuple[CodeType, bool]]:
    """The cell in two parts, the second of which is a last expression, whose value is shown."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree = compile(source, name, "exec", flags | ast.PyCF_ONLY_AST)
    assert isinstance(tree, ast.Module)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    yield compile(tree, name, "exec", flags), False
    if isinstance(last, ast.Expr):
        yield compile(ast.Expression(last.value), name, "eval", flags), True


def told(error: BaseException) -> Iterator[str]:
    """A traceback that starts in the cell, with what is between its ends left out when it is long."""
    report = traceback.TracebackException(type(error), error, in_cell(error.__traceback__))
    lines = list(report.format())
    if len(lines) > 2 * FRAMES + 2:
        left_out = len(lines) - 2 * FRAMES - 1
        lines[FRAMES + 1 : -FRAMES] = [f"  … {left_out} more calls …\n"]
    yield from lines
    if isinstance(error, MemoryError):
        yield "Python has no more memory for this page. What earlier cells made is still there.\n"
    if isinstance(error, RecursionError):
        yield "A function called itself too deeply.\n"


def in_cell(trace: TracebackType | None) -> TracebackType | None:
    """The part of a traceback below the calls of this module."""
    while trace is not None and trace.tb_frame.f_code.co_filename == run.__code__.co_filename:
        trace = trace.tb_next
    return trace
