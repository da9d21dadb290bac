"""The sources of the statements as pages of the site: ``code/theorems.linear.html``, a page a module.

A box and the ledger link a statement to the place where it is stated; that place is on the site itself, as the source
was when the book was built. Each function has its name for an anchor.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx

from lossgrad import library
from lossgrad.book.pages import is_current

FOLDER = "code"


def setup(app: Sphinx) -> None:
    """Have the pages written with the others."""
    app.connect("html-collect-pages", pages)


def place(module: str, package: str) -> str:
    """The page of a module of statements: its document's name.

    >>> place("lossgrad.theorems.linear", "lossgrad")
    'code/theorems.linear'
    """
    return f"{FOLDER}/{module.removeprefix(f'{package}.')}"


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each module that states something, unless it is there: its name, its title and body, the template."""
    package = app.config.lossgrad_package
    stated = (library.theorems(package), library.definitions(package), library.mistakes(package))
    modules = {function.__module__: None for functions in stated for function in functions.values()}
    for module in modules:
        page = place(module, package)
        if not is_current(app, Path(app.builder.get_outfilename(page))):  # type: ignore[attr-defined]
            yield page, {"title": module, "body": listing(module)}, "page.html"


def listing(module: str) -> str:
    """A module's source, highlighted, with the name of each function for an anchor where it begins."""
    source = inspect.getsource(import_module(module))
    lines = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).splitlines()
    for name, function in vars(import_module(module)).items():
        if inspect.isfunction(function) and function.__module__ == module and function.__name__ == name:
            begin = function.__code__.co_firstlineno - 1
            lines[begin] = f'<span id="{name}">{lines[begin]}</span>'
    text = "\n".join(lines)
    heading = f"<h1>{escape(module)}</h1>"
    return (
        f'{heading}\n<div class="highlight-python notranslate"><div class="highlight"><pre>{text}\n</pre></div></div>'
    )
