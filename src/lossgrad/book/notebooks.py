"""Each page as a notebook to take along: Markdown and cells, without outputs, to be run where `lossgrad` is installed.

A notebook is made from its page as it was resolved, so that it says what the page says: prose as Markdown, mathematics
as TeX between dollars, links as they are on the page, from the place of the notebook beside it. A theorem is its words,
its equation and its scope, with a cell that proves it again; a mistake has a cell that refutes it again. What is folded
away in a box is left out, and so are the outputs of the page's cells.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import nbformat
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from lossgrad import library
from lossgrad.book.directives import Division, Fold, FoldTitle
from lossgrad.book.domain import KINDS
from lossgrad.book.typeset import arranged

PROVED = """\
from lossgrad import prove
from lossgrad.library import theorems

prove(theorems()["{name}"]())"""

REFUTED = """\
from lossgrad import Refuted, prove
from lossgrad.library import mistakes

try:
    proof = prove(mistakes()["{name}"]())
except Refuted as refusal:
    print(refusal)
else:
    raise AssertionError(f"this is no mistake: {{proof}}")"""

NEEDED = {
    "lossgrad.figures": ("matplotlib", "numpy"),
    "lossgrad.numerics": ("numpy",),
    "jax": ("jax",),
    "matplotlib": ("matplotlib",),
    "numpy": ("numpy",),
    "sklearn": ("scikit-learn",),
    "torch": ("torch",),
}
"""What has to be installed, besides lossgrad, for a module that a cell imports."""

IN_BOX = frozenset({"theorem-statement", "theorem-scope", "theorem-shapes", "counterexample", "correction"})
"""The parts of a statement's box that a notebook has, besides its title and its equation."""

LEFT_OUT = (
    nodes.comment
    | nodes.raw
    | nodes.target
    | nodes.meta
    | nodes.system_message
    | nodes.substitution_definition
    | addnodes.index
    | addnodes.toctree
)
"""What a notebook has no use for."""

SPECIAL = re.compile(r"([\\`*_\[\]<>$|])")


def setup(app: Sphinx) -> None:
    """Write the notebook of each page beside it, and link it from the header."""
    app.connect("html-page-context", take_along, priority=800)


def take_along(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Write a page's notebook beside the page, and put a link to it into the menu of downloads."""
    if doctree is None or app.builder.name != "html":
        return
    file = app.outdir / f"{page}.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    address = app.builder.get_target_uri(page).rpartition("/")[2]
    made = notebook(doctree, address, app.config.project, app.config.lossgrad_package)
    nbformat.write(made, file)
    for button in context.get("header_buttons", []):
        if button.get("label") == "download-buttons":
            button["buttons"].insert(0, _button(file.name))


def _button(address: str) -> dict[str, str]:
    return {
        "type": "link",
        "url": address,
        "text": ".ipynb",
        "icon": "fas fa-file",
        "tooltip": "Download this page as a notebook",
        "label": "download-notebook-button",
    }


class Piece(NamedTuple):
    """A block of Markdown, or the source of a cell."""

    kind: str
    source: str
    tags: tuple[str, ...] = ()


def notebook(page: nodes.document, address: str, book: str, package: str = "lossgrad") -> nbformat.NotebookNode:
    """The notebook of a page whose own file is `address`."""
    pieces = list(Writer(address, package).blocks(page, 0))
    pieces.insert(1, Piece("markdown", _preface(pieces, address, book)))
    cells = []
    for number, (kind, source, tags) in enumerate(_cells(pieces)):
        about_it = {"id": f"cell-{number}", "metadata": {"tags": list(tags)} if tags else {}}
        if kind == "code":
            cells.append(nbformat.v4.new_code_cell(source, **about_it))
        else:
            cells.append(nbformat.v4.new_markdown_cell(source, **about_it))
    about = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    made: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=about)
    nbformat.validate(made)
    return made


def _cells(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The blocks of Markdown between two cells are one."""
    for kind, run in groupby(pieces, key=lambda piece: piece.kind):
        if kind == "code":
            yield from run
        else:
            yield Piece("markdown", "\n\n".join(piece.source for piece in run))


def _preface(pieces: Iterable[Piece], address: str, book: str) -> str:
    """Where the notebook is from, and what it needs."""
    others = sorted({package for piece in pieces if piece.kind == "code" for package in needed(piece.source)})
    install = " ".join(["pip install lossgrad", *others])
    return f"*[This page]({address}) of {book} as a notebook. Python 3.11 or newer and `{install}` run it.*"


def needed(source: str) -> Iterator[str]:
    """What a cell needs installed besides lossgrad.

    >>> sorted(needed("import numpy as np\\nfrom sklearn.datasets import load_iris\\nfrom lossgrad import prove"))
    ['numpy', 'scikit-learn']
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                modules = [name.name for name in names]
            case ast.ImportFrom(module=str(module)):
                modules = [module]
            case _:
                continue
        for module in modules:
            for known, packages in NEEDED.items():
                if f"{module}.".startswith(f"{known}."):
                    yield from packages


class Writer:
    """Nodes of a page as Markdown and cells; `address` is the page's own file, `package` states its theorems."""

    def __init__(self, address: str, package: str) -> None:
        self.address = address
        self.package = package

    # Blocks.

    def blocks(self, node: nodes.Node, depth: int) -> Iterator[Piece]:
        """A node as blocks, `depth` sections deep."""
        if isinstance(node, LEFT_OUT):
            return
        if isinstance(node, Division) and (kind := next((it for it in KINDS if it in node["classes"]), None)):
            yield from self.box(node, kind)
        elif isinstance(node, nodes.Element) and node.get("nb_element") == "cell_code":
            yield from self.cell(node)
        elif isinstance(node, Fold):
            yield from self.folded(node, depth)
        elif write := next((write for kind, write in self.writers() if isinstance(node, kind)), None):
            if text := write(node, depth):
                yield Piece("markdown", text)
        elif isinstance(node, nodes.TextElement):
            if text := self.line(node):
                yield Piece("markdown", text)
        else:
            for child in node.children:
                yield from self.blocks(child, depth + isinstance(node, nodes.section))

    def writers(self) -> Iterable[tuple[Any, Callable[[Any, int], str]]]:
        """Which node is written how."""
        return (
            (nodes.title, self.heading),
            (nodes.math_block, self.formula),
            (nodes.literal_block | nodes.doctest_block, self.listing),
            (nodes.bullet_list | nodes.enumerated_list, self.items),
            (nodes.definition_list_item, self.defined),
            (nodes.field, self.field),
            (nodes.table, self.table),
            (nodes.block_quote, self.quoted),
            (nodes.image, self.picture),
            (addnodes.desc_signature, self.signature),
            (nodes.citation, self.citation),
        )

    def text(self, children: Iterable[nodes.Node], depth: int) -> str:
        """Blocks as one text, without the cells that only a page of its own level can have."""
        pieces = (piece for child in children for piece in self.blocks(child, depth))
        return "\n\n".join(piece.source for piece in pieces if piece.kind == "markdown")

    def heading(self, node: nodes.title, depth: int) -> str:
        return f"{'#' * max(depth, 1)} {self.line(node)}"

    def formula(self, node: nodes.math_block, depth: int) -> str:
        return f"$$\n{arranged(node.astext())}\n$$"

    def listing(self, node: nodes.Element, depth: int) -> str:
        language = {"ipython3": "python"}.get(node.get("language", ""), node.get("language", ""))
        return f"```{language}\n{node.astext()}\n```"

    def items(self, node: nodes.Element, depth: int) -> str:
        """A list; what belongs to an item is as far in as its text."""
        bullet = "1. " if isinstance(node, nodes.enumerated_list) else "- "
        items = (self.text(item.children, depth) for item in node.children)
        return "\n".join(bullet + item.replace("\n", f"\n{' ' * len(bullet)}") for item in items)

    def defined(self, node: nodes.Element, depth: int) -> str:
        terms = ", ".join(self.line(term) for term in node.findall(nodes.term) if term.parent is node)
        body = [child for child in node.children if isinstance(child, nodes.definition)]
        return f"**{terms}**\n\n{self.text(body, depth)}"

    def field(self, node: nodes.field, depth: int) -> str:
        return f"*{node[0].astext()}:* {self.text(node[1].children, depth)}"

    def table(self, node: nodes.table, depth: int) -> str:
        """A table with pipes; its head is empty if it has none. What no pipe can hold goes row by row."""
        heads, bodies = (list(node.findall(part)) for part in (nodes.thead, nodes.tbody))
        rows = [
            [self.text(entry.children, depth) for entry in row.children]
            for part in (*heads, *bodies)
            for row in part.children
        ]
        if any(node.findall(lambda part: isinstance(part, nodes.math_block | nodes.literal_block))):
            return "\n\n---\n\n".join("\n\n".join(row) for row in rows)
        rows[len(heads) : len(heads)] = [["---"] * len(rows[0])]
        if not heads:
            rows.insert(0, [""] * len(rows[0]))
        return "\n".join(f"| {' | '.join(map(in_cell, row))} |" for row in rows)

    def quoted(self, node: nodes.Element, depth: int) -> str:
        return "\n".join(f"> {line}".rstrip() for line in self.text(node.children, depth).split("\n"))

    def picture(self, node: nodes.image, depth: int) -> str:
        return f"*[A picture: {plain(node['alt'])}]*" if node.get("alt") else ""

    def signature(self, node: nodes.Element, depth: int) -> str:
        return f"**`{node.astext()}`**"

    def citation(self, node: nodes.Element, depth: int) -> str:
        label, *rest = node.children
        return f"**{plain(label.astext())}** {self.text(rest, depth)}"

    def folded(self, node: Fold, depth: int) -> Iterator[Piece]:
        """What the page shows on demand, under its title."""
        for child in node.children:
            if isinstance(child, FoldTitle):
                yield Piece("markdown", f"*{self.line(child)}*")
            else:
                yield from self.blocks(child, depth)

    def cell(self, node: nodes.Element) -> Iterator[Piece]:
        """A cell of the page, with what its tags say of it; the source may be folded."""
        metadata: dict[str, list[str]] = node.get("cell_metadata", {})
        tags = tuple(metadata.get("tags", []))
        for part in node.findall(nodes.container):
            if part.get("nb_element") == "cell_code_source":
                yield Piece("code", next(part.findall(nodes.literal_block)).astext(), tags)

    # Statements.

    def box(self, node: Division, kind: str) -> Iterator[Piece]:
        """A statement: title, words, equation, scope or counterexample, and its proof or refutation as a cell."""
        name = next(str(formula["printed_from"]) for formula in node.findall(nodes.math_block))
        heading = {"theorem": "Theorem", "definition": "Definition", "refuted": "False"}[kind]
        parts = [f"**{heading}.** *{plain(library.title(name))}* (`{name}`)"]
        for child in node.children:
            if isinstance(child, nodes.math_block) or (
                isinstance(child, nodes.Element) and IN_BOX & set(child["classes"])
            ):
                parts.append(self.text([child], 0))
        quoted = "\n\n".join(parts).split("\n")
        yield Piece("markdown", "\n".join(f"> {line}".rstrip() for line in quoted))
        source = {"theorem": PROVED, "refuted": REFUTED}.get(kind)
        if source and self.package == "lossgrad":
            yield Piece("code", source.format(name=name))

    # Lines.

    def line(self, node: nodes.Node) -> str:
        """What stands in a line, as Markdown."""
        return "".join(map(self.inline, node.children)).strip()

    def inline(self, node: nodes.Node) -> str:
        """A part of a line."""
        match node:
            case nodes.Text():
                return plain(node.astext())
            case nodes.math():
                return f"${node.astext()}$"
            case nodes.literal():
                return f"`{node.astext()}`"
            case nodes.strong():
                return f"**{self.line(node)}**"
            case nodes.emphasis() | nodes.title_reference():
                return f"*{self.line(node)}*"
            case nodes.image():
                return self.picture(node, 0)
            case nodes.reference() if address := self.linked(node):
                return f"[{self.line(node)}]({address})"
        return "" if isinstance(node, LEFT_OUT) else "".join(map(self.inline, node.children))

    def linked(self, node: nodes.reference) -> str:
        """Where a link leads, from beside the page."""
        return str(node.get("refuri") or (f"{self.address}#{node['refid']}" if node.get("refid") else ""))


def in_cell(text: str) -> str:
    """Text for a cell of a table: in one line, its bars no pipes.

    >>> print(in_cell("a norm, $|a|$,\\n\\nin a line"))
    a norm, $\\vert a\\vert $,<br>in a line
    """
    in_line = text.replace("\n\n", "<br>").replace("\n", " ")
    return re.sub(r"\$[^$]+\$", lambda formula: formula[0].replace("|", r"\vert "), in_line)


def plain(text: str) -> str:
    """Text that Markdown reads as it is.

    >>> print(plain("a*b in [0, 1]"))
    a\\*b in \\[0, 1\\]
    """
    return SPECIAL.sub(r"\\\1", text)
