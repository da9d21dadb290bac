"""A cell that is no part of a page's run: code to begin with, which a reader edits, and a rule by which it is answered.

Its text may hold a false statement, or none yet, so the build shows it and does not run it.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from lossgrad.book.directives import pass_by


class EditorCell(nodes.General, nodes.Element):
    """The cell; ``answered`` says by which rule, ``kept`` under which name a browser keeps what a reader wrote."""


def setup(app: Sphinx) -> None:
    """Register the node."""
    plain = (pass_by, pass_by)
    app.add_node(EditorCell, html=(open_cell, close_cell), latex=plain, text=plain, man=plain, texinfo=plain)


def cell(code: str, answered: str, kept: str = "") -> EditorCell:
    """A cell that begins with some code."""
    listing = nodes.literal_block(code, code, language="python", printed_from=answered)
    return EditorCell("", listing, answered=answered, kept=kept, printed_from=answered)


def open_cell(writer: HTML5Translator, node: EditorCell) -> None:
    """Open the cell, framed as the cells of a page are."""
    data: dict[str, Any] = {"data-answered": node["answered"], "data-kept": node["kept"]}
    writer.body.append(writer.starttag(node, "div", CLASS="cell apart docutils container", **data))
    writer.body.append('<div class="cell_input docutils container">\n')


def close_cell(writer: HTML5Translator, node: EditorCell) -> None:
    """Close it."""
    writer.body.append("</div>\n</div>\n")
