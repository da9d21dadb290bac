"""The graph of what rests on what, drawn as the book is built.

    ```{theorem-graph}
    ```

Every theorem that calls another to state itself, or is called, is a node and a link to its home. A topic is a band; in
it a theorem stands in the column after those that it rests on. Theorems without either are listed below. Colours say
what a theorem holds for. Pointing at a node, or focusing it, shows what it rests on and what rests on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from textwrap import wrap
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from lossgrad import library
from lossgrad.book.directives import linked
from lossgrad.book.domain import StatementDomain
from lossgrad.book.ledger import Entry, entries
from lossgrad.book.rooms import heights

WIDTH, HEIGHT = 176, 40
"""The size of a node, in pixels."""

ACROSS, DOWN, BAND = 84, 12, 46
"""The gaps between columns, between nodes of a column, and between bands; the last has room for the topic's name."""

SCOPES = {"shape": "for every shape", "number": "for every value of numbers", "fixed": "at fixed shapes"}
"""What a theorem holds for, in three kinds."""


def setup(app: Sphinx) -> None:
    """Register the directive, and what draws."""
    app.add_css_file("graph.css")
    app.add_node(GraphPlace)
    app.add_directive("theorem-graph", GraphDirective)
    app.add_post_transform(DrawnGraph)
    app.connect("html-page-context", trace_on_page)


def scope_kind(scope: str) -> str:
    """Which of the three kinds of `SCOPES` a scope is.

    >>> scope_kind("every C, D, N"), scope_kind("every value of t"), scope_kind("W of shape 3 × 2")
    ('shape', 'number', 'fixed')
    """
    if scope.startswith(("every value", "every positive")):
        return "number"
    return "shape" if scope.startswith("every ") else "fixed"


@dataclass(frozen=True)
class Layout:
    """Where the nodes of a graph stand: ``rests_on`` by name, in the book's order; a topic is what precedes the dot."""

    rests_on: Mapping[str, Sequence[str]]

    @cached_property
    def column(self) -> dict[str, int]:
        """The column after the last of what a node rests on."""
        return heights(self.rests_on)

    @cached_property
    def row(self) -> dict[str, float]:
        """The place of a node down its column of its topic, nearest to what it rests on."""
        rows: dict[str, float] = {}
        order = list(self.rests_on)
        for name in sorted(order, key=lambda name: (self.column[name], order.index(name))):
            beside = [rows[other] for other in self.rests_on[name] if _topic(other) == _topic(name)]
            wanted = round(sum(beside) / len(beside)) if beside else 0
            taken = {rows[other] for other in rows if self._shares(other, name)}
            rows[name] = next(row for row in self._from(wanted) if row not in taken)
        return rows

    def _shares(self, one: str, other: str) -> bool:
        return (_topic(one), self.column[one]) == (_topic(other), self.column[other])

    @staticmethod
    def _from(wanted: int) -> Iterator[int]:
        """Rows around the wanted one: it, the next below, the next above, …, none above the first."""
        for distance in range(10_000):
            yield wanted + distance
            if 0 < distance <= wanted:
                yield wanted - distance

    @cached_property
    def bands(self) -> dict[str, tuple[float, float]]:
        """The top and the height of each topic's band."""
        rows: dict[str, float] = defaultdict(float)
        for name in self.rests_on:
            rows[_topic(name)] = max(rows[_topic(name)], self.row[name] + 1)
        bands, top = {}, 0.0
        for topic, count in rows.items():
            height = BAND + count * (HEIGHT + DOWN)
            bands[topic] = top, height
            top += height
        return bands

    def corner(self, name: str) -> tuple[float, float]:
        """The left and the top of a node."""
        top, _ = self.bands[_topic(name)]
        return self.column[name] * (WIDTH + ACROSS) + DOWN, top + BAND - DOWN + self.row[name] * (HEIGHT + DOWN)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the whole."""
        last = max(self.column.values(), default=0)
        return last * (WIDTH + ACROSS) + WIDTH + 2 * DOWN, sum(height for _, height in self.bands.values())


def _topic(name: str) -> str:
    return name.partition(".")[0]


@dataclass(frozen=True)
class Drawing:
    """The graph of some theorems as SVG; ``addresses`` says where each is at home."""

    rows: Mapping[str, Entry]
    addresses: Mapping[str, str]
    titles: Mapping[str, str]

    @cached_property
    def layout(self) -> Layout:
        below = {name: [o for o in row.proof.rests_on if o in self.rows] for name, row in self.rows.items()}
        tied = {name for name, others in below.items() if others} | {o for others in below.values() for o in others}
        return Layout({name: others for name, others in below.items() if name in tied})

    @property
    def isolated(self) -> list[str]:
        """The theorems that rest on none and carry none."""
        return [name for name in self.rows if name not in self.layout.rests_on]

    def svg(self) -> str:
        width, height = self.layout.size
        count = len(self.layout.rests_on)
        said = f"{count} theorems with arrows from each to those that rest on it, a band a topic"
        return "\n".join(
            (
                f'<svg class="theorem-graph" xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
                f'viewBox="0 0 {width:g} {height:g}" role="group" aria-label="{said}">',
                *self._bands(width),
                *self._edges(),
                *map(self._node, self.layout.rests_on),
                "</svg>",
            )
        )

    def _bands(self, width: float) -> Iterator[str]:
        for topic, (top, _) in self.layout.bands.items():
            yield f'<path class="band" d="M0 {top + 0.5:g}H{width:g}"/>'
            yield f'<text class="topic" x="{DOWN}" y="{top + 21:g}">{escape(self.titles[topic])}</text>'

    def _edges(self) -> Iterator[str]:
        for name, below in self.layout.rests_on.items():
            for other in below:
                (x, y), (u, v) = self.layout.corner(other), self.layout.corner(name)
                start, end, y, v = x + WIDTH, u, y + HEIGHT / 2, v + HEIGHT / 2
                bend = ACROSS * 0.6
                curve = f"M{start:g} {y:g}C{start + bend:g} {y:g} {end - bend:g} {v:g} {end - 5:g} {v:g}"
                tip = f"M{end - 6:g} {v - 3.5:g}L{end:g} {v:g}L{end - 6:g} {v + 3.5:g}"
                yield f'<path class="edge" data-from="{other}" data-to="{name}" d="{curve}{tip}"/>'

    def _node(self, name: str) -> str:
        x, y = self.layout.corner(name)
        scope = self.rows[name].proof.scope
        title = library.title(name)
        lines = wrap(title, 25)[:2]
        first = y + HEIGHT / 2 + 4 - 7 * (len(lines) - 1)
        text = "".join(
            f'<tspan x="{x + 10:g}" y="{first + 14 * place:g}">{escape(line)}</tspan>'
            for place, line in enumerate(lines)
        )
        return (
            f'<a class="node {scope_kind(scope)}" data-name="{name}" href="{escape(self.addresses[name])}">'
            f"<title>{escape(title)}, for {escape(scope)}</title>"
            f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4"/><text>{text}</text></a>'
        )


# On a page.


class GraphPlace(nodes.General, nodes.Element):
    """Where the graph will stand."""


class GraphDirective(SphinxDirective):
    """``{theorem-graph}``: the graph of what rests on what."""

    def run(self) -> list[nodes.Node]:
        self.env.metadata[self.env.docname]["theorem-graph"] = True
        StatementDomain.of(self.env).note_gathering()
        return [GraphPlace()]


def trace_on_page(
    app: Sphinx, page: str, template: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """Give a page with the graph the script that shows what a node has to do with."""
    if "theorem-graph" in app.env.metadata.get(page, {}):
        app.add_js_file("graph.js", loading_method="defer")


class DrawnGraph(SphinxPostTransform):
    """Puts the drawing in its place, before references are resolved."""

    default_priority: ClassVar[int] = 5

    def run(self, **kwargs: object) -> None:
        for place in list(self.document.findall(GraphPlace)):
            place.replace_self(self.drawn({entry.name: entry for entry in entries(self.env)}))

    def drawn(self, rows: Mapping[str, Entry]) -> list[nodes.Node]:
        builder = self.app.builder
        addresses: dict[str, str] = {}
        titles: dict[str, str] = {}
        for name, row in rows.items():
            page = builder.get_relative_uri(self.env.docname, row.page) if builder.format == "html" else ""
            addresses[name] = f"{page}#{row.anchor}"
            titles.setdefault(_topic(name), self.env.titles[row.page].astext())
        drawing = Drawing(rows, addresses, titles)
        said = nodes.paragraph("", f"{len(drawing.layout.rests_on)} of {len(rows)} theorems are in the graph.")
        shown = nodes.raw("", figure(drawing), format="html") if builder.format == "html" else nodes.comment()
        return [said, shown, *self.listed(drawing)]

    def listed(self, drawing: Drawing) -> Iterator[nodes.Node]:
        """The theorems that stand alone, a paragraph a topic."""
        if not drawing.isolated:
            return
        yield nodes.rubric("", "Theorems that stand alone")
        alone: dict[str, list[str]] = defaultdict(list)
        for name in drawing.isolated:
            alone[drawing.titles[_topic(name)]].append(name)
        for title, names in alone.items():
            line = nodes.paragraph("", "", nodes.strong("", f"{title}: "), classes=["graph-alone"])
            for place, name in enumerate(names):
                line += nodes.Text(", ") if place else nodes.Text("")
                line += linked("theorem", name, nodes.inline("", library.title(name)), self.env)
            yield line


def figure(drawing: Drawing) -> str:
    """The drawing in a box that scrolls by itself, below what its colours say."""
    key = "".join(f'<span class="{kind}">{words}</span>' for kind, words in SCOPES.items())
    return (
        f'<div class="theorem-graph-key">{key}</div>\n'
        '<div class="theorem-graph-box" role="region" aria-label="Graph of theorems" tabindex="0">\n'
        f"{drawing.svg()}\n</div>"
    )
