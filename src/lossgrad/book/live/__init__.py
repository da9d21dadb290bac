"""Cells that a reader makes live: they run in the browser, by Python and SymPy that the site itself serves.

`parts` makes what a page loads; `needs` finds the cells that need a library no browser can load. A page with cells
gets one control among the buttons of its header, and loads nothing else before a reader presses it.
"""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from lossgrad.book.live import editors, exercises, needs, prove

FOLDER = Path("build/static/live")


def setup(app: Sphinx) -> None:
    """Mark the cells, and put the control on pages that have any which can be live."""
    app.add_config_value("live_parts", str(FOLDER), "html", str, "Where the parts of live cells are.")
    app.add_config_value("live_state", "", "html", str, "What the parts are, by their names; set here.")
    app.connect("config-inited", note_parts)
    app.connect("builder-inited", forget_old_parts)
    app.connect("doctree-read", mark_cells)
    app.connect("html-page-context", offer)
    editors.setup(app)
    exercises.setup(app)
    prove.setup(app)


def cells(doctree: nodes.document) -> list[nodes.container]:
    """The cells of a page, in their order."""
    return [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"]


def mark_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Give each cell a class for each library that it needs and a browser cannot load."""
    found = cells(doctree)
    sources = [next(iter(cell.findall(nodes.literal_block))).astext() for cell in found]
    for cell, needed in zip(found, needs.of_cells(sources), strict=True):
        cell["classes"] += [f"needs-{name}" for name in sorted(needed)]


def can_be_live(cell: nodes.container) -> bool:
    """Whether a cell needs nothing that a browser cannot load."""
    return not any(name.startswith("needs-") for name in cell["classes"])


def _editable(doctree: nodes.document) -> Iterator[nodes.Element]:
    """What on a page can be live."""
    yield from filter(can_be_live, cells(doctree))
    yield from doctree.findall(editors.EditorCell)


def note_parts(app: Sphinx, config: Config) -> None:
    """Write every page again when the parts are others: a page names their folder."""
    config.live_state = " ".join(sorted(folder.name for folder in _folders(app)))


def forget_old_parts(app: Sphinx) -> None:
    """Remove from the site the parts of an earlier state."""
    for old in Path(app.outdir, "_static", "live").glob("*-*"):
        if old.name not in app.config.live_state.split():
            rmtree(old)


def _folders(app: Sphinx) -> list[Path]:
    return list(Path(app.confdir, app.config.live_parts).glob("*-*"))


def scripts(app: Sphinx) -> str | None:
    """The name of the folder that holds the scripts of live cells, or None where they could not be built."""
    return next((name for name in app.config.live_state.split() if name.startswith("book-")), None)


def offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the control on a page that has a cell which can be live."""
    folder = scripts(app)
    if doctree is None or folder is None or not any(_editable(doctree)):
        return
    context["live_parts"] = context["pathto"](f"_static/live/{folder}/page.js", resource=True)
    app.add_css_file("live.css")
    app.add_js_file("live.js", loading_method="defer")
