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
from sphinx.util.docutils import SphinxDirective

from lossgrad.book import records
from lossgrad.book.directives import pass_by
from lossgrad.book.domain import StatementDomain
from lossgrad.book.typeset import ANNOTATION, typesetter
from lossgrad.printing import latex

SCRIPTS = Path(__file__).parent / "scripts"
STYLE = "figures.css"
KINDS = ("figure-flip", "figure-meeting", "figure-scores")


def setup(app: Sphinx) -> None:
    """Register the node and the scripts."""
    plain = (pass_by, pass_by)
    app.add_node(DrawnFigure, html=(open_figure, close_figure), latex=plain, text=plain, man=plain, texinfo=plain)
    app.connect("builder-inited", place_scripts)
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
    engine.eval(one_script(kind) + FIRST)
    return str(json.loads(engine.get("first")(data)))


def one_script(kind: str) -> str:
    """A figure's module and what it imports as one script, for a browser loads no module from a disk."""
    parts, module = ((SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in ("figure-parts", kind))
    return EXPORT.sub("", (parts if IMPORT.search(module) else "") + IMPORT.sub("", module))


IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|function)", re.MULTILINE)

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


def place_scripts(app: Sphinx) -> None:
    """Place scripts and style among the files of the site before pages are written, which name their checksums."""
    if app.builder.format != "html":
        return
    static = app.outdir / "_static"
    static.mkdir(parents=True, exist_ok=True)
    (static / STYLE).write_bytes((SCRIPTS / STYLE).read_bytes())
    for kind in KINDS:
        script = f'"use strict";\n(() => {{\n{one_script(kind)}}})();\n'
        (static / f"{kind}.js").write_text(script, encoding="utf-8")


def load_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give a page with figures their scripts and their style, and no other page."""
    kinds = dict.fromkeys(app.env.metadata.get(page, {}).get("figures", []))
    if kinds:
        app.add_css_file(STYLE)
    for kind in kinds:
        app.add_js_file(f"{kind}.js", loading_method="defer")
