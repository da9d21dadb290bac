"""What the interactive figures share: a directive with data, a first state drawn by the script, a caption."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from quickjs import Context
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from lossgrad.book import records
from lossgrad.book.directives import pass_by
from lossgrad.book.domain import StatementDomain
from lossgrad.book.typeset import ANNOTATION, typesetter
from lossgrad.printing import latex

SCRIPTS = Path(__file__).parent / "scripts"


def setup(app: Sphinx) -> None:
    """Register the node and the scripts."""
    plain = (pass_by, pass_by)
    app.add_node(DrawnFigure, html=(open_figure, close_figure), latex=plain, text=plain, man=plain, texinfo=plain)
    app.connect("config-inited", offer_scripts)
    app.connect("html-page-context", load_scripts)


class DrawnFigure(nodes.General, nodes.Element):
    """A figure: its name, its data, its first state as HTML, and its caption as the content."""


class FigureDirective(SphinxDirective):
    """A figure of one kind; what cannot be proved or drawn is a fault of the page."""

    kind: ClassVar[str]
    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            data = self.data()
            drawn = first_state(self.kind, json.dumps(data))
        except Exception as refusal:  # as in StatementBox.run
            StatementDomain.of(self.env).note_fault(self.lineno, f"{self.kind}: {refusal!r}")
            return []
        self.env.metadata[self.env.docname].setdefault("figures", []).append(self.kind)
        figure = DrawnFigure("", *self.parse_content_to_nodes(), kind=self.kind, data=data, drawn=drawn)
        self.set_source_info(figure)
        return [figure]

    def data(self) -> dict[str, Any]:
        """What the script reads."""
        raise NotImplementedError

    def proved(self, *names: str) -> None:
        """Raise where one of these theorems is not proved."""
        for name in names:
            records.proof(name, "lossgrad", Path(self.config.lossgrad_records))

    def typeset(self, e: Any) -> str:
        """An expression as MathML, without the TeX that it came from."""
        temml = Path(self.env.app.confdir, self.config.typeset_temml)
        return ANNOTATION.sub("", typesetter(temml).mathml(latex(e), display=False))


@cache
def first_state(kind: str, data: str) -> str:
    """What a figure shows before anybody touches it, drawn by its own script."""
    engine = Context()
    parts, script = ((SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in ("figure-parts", kind))
    engine.module((parts if IMPORT.search(script) else "") + IMPORT.sub("", script) + FIRST)
    return str(json.loads(engine.get("first")(data)))


IMPORT = re.compile(r"^import .*$", re.MULTILINE)
"""The engine reads one module, so what a script imports stands before it."""

FIRST = """
globalThis.first = (text) => {
  const data = JSON.parse(text);
  return JSON.stringify(controls(data) + drawn(data, data.start));
};
"""


def open_figure(writer: Any, node: DrawnFigure) -> None:
    """Write the figure up to its caption: data, controls, what is drawn."""
    data = json.dumps(node["data"], ensure_ascii=False, separators=(",", ":")).replace("</", r"<\/")
    writer.body.append(writer.starttag(node, "figure", CLASS=f"interactive {node['kind']}"))
    writer.body.append(f'<script type="application/json">{data}</script>\n{node["drawn"]}\n<figcaption>')


def close_figure(writer: Any, node: DrawnFigure) -> None:
    """Close what `open_figure` opened."""
    writer.body.append("</figcaption></figure>\n")


def offer_scripts(app: Sphinx, config: Config) -> None:
    """Put the scripts and the style sheet among the files of the site."""
    config.html_static_path = [*config.html_static_path, str(SCRIPTS)]


def load_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give a page with figures their scripts and their style, and no other page."""
    kinds = dict.fromkeys(app.env.metadata.get(page, {}).get("figures", []))
    if kinds:
        app.add_css_file("figures.css")
    for kind in kinds:
        app.add_js_file(f"{kind}.js", type="module")
