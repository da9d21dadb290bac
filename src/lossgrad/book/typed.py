"""What on a page was typed, not printed, and asserts all the same.

A page is looked at after it was parsed, so that it does not matter how a thing was written. What a directive printed
carries ``printed_from``; what a cell printed stands in MyST-NB's container of its output, captions aside. All else was
typed, and `lossgrad.book.relations` says whether it asserts.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.directives.code import LiteralInclude

from lossgrad.book import relations

PYTHON = frozenset({"python", "python3", "py", "py3", "pycon", "ipython", "ipython3", "ipythontb", "default"})
"""Languages of a listing that a reader takes for code that runs."""


class Typed(NamedTuple):
    """Something typed that may not be: the line it is reported at, a piece of it to find it by, the reason."""

    line: int
    piece: str
    reason: str


def typed(page: nodes.document) -> Iterator[Typed]:
    """What asserts on a page although nothing printed it."""
    for node in page.findall():
        judge = next((judge for kind, judge in JUDGES if isinstance(node, kind)), None)
        if judge is not None and not _is_printed(node):
            for text, sign, reason in judge(node):
                piece = next((line.strip() for line in text.splitlines() if sign in line), text)
                yield Typed(_line(node), piece, f"{reason}: {_short(text)}{_docstring(node)}")


def unproved(page: nodes.document) -> Iterator[tuple[int, str]]:
    """The equations that cells display without a proof: the index of the cell, and the equation."""
    for cell in page.findall(nodes.container):
        if cell.get("nb_element") != "cell_code":
            continue
        for output in cell.findall(nodes.container):
            if output.get("mime_type") == "text/plain" and _is_bare_equation(output.astext()):
                yield cell["cell_index"], _short(output.astext())


def shown_by_cells(page: nodes.document) -> Iterator[str]:
    """The TeX that the outputs of cells hold."""
    for output in page.findall(nodes.container):
        if output.get("nb_element") == "cell_code_output":
            for formula in output.findall(lambda node: isinstance(node, nodes.math | nodes.math_block)):
                yield formula.astext()


class IncludedListing(LiteralInclude):
    """A listing from a file of Python outside the pages, which is tested where it lives."""

    def run(self) -> list[nodes.Node]:
        shown = super().run()
        _, path = self.env.relfn2path(self.arguments[0])
        if Path(path).suffix == ".py" and not Path(path).resolve().is_relative_to(self.env.srcdir):
            for listing in (inner for outer in shown for inner in outer.findall(nodes.literal_block)):
                listing["printed_from"] = self.arguments[0]
        return shown


def ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    """The elements that a node stands in, from itself outwards."""
    place: nodes.Node | None = node
    while place is not None:
        if isinstance(place, nodes.Element):
            yield place
        place = place.parent


def _is_printed(node: nodes.Node) -> bool:
    """Whether a directive or a cell printed it; the caption of a cell's figure is typed."""
    in_caption = False
    for place in ancestors(node):
        if place.get("printed_from") or place.get("nb_element") == "cell_code_source":
            return True
        in_caption |= isinstance(place, nodes.caption | nodes.legend)
        if place.get("nb_element") == "cell_code_output":
            return not in_caption
    return False


def _is_bare_equation(plain: str) -> bool:
    """Whether an output's plain text is an equation or inequality, or a list of such."""
    try:
        return _is_relation(ast.parse(plain.strip(), mode="eval").body)
    except SyntaxError:
        return re.match(r"\W*(Eq|Ne)\(", plain) is not None


def _is_relation(output: ast.expr) -> bool:
    match output:
        case ast.Call(func=ast.Name(id="Eq" | "Ne")) | ast.Compare():
            return True
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
            return any(map(_is_relation, parts))
    return False


# What is judged: text, the sign found in it, and what to say of it.
Verdicts = Iterator[tuple[str, str, str]]


def _mathematics(node: nodes.math | nodes.math_block) -> Verdicts:
    if sign := relations.in_tex(node.astext()):
        yield node.astext(), sign, f"mathematics typed by hand asserts with {sign} (print it with {{statement}})"


def _text(node: nodes.Text) -> Verdicts:
    if _is_code_or_address(node) or _is_docstring(node):
        return
    if sign := relations.in_prose(node.astext()):
        yield node.astext(), sign, f"text asserts with {sign} (say it in words, or print it with {{statement}})"


def _picture(node: nodes.image) -> Verdicts:
    if sign := relations.in_prose(node.get("alt", "")):
        yield node["alt"], sign, f"an alternative text asserts with {sign}"
    drawing = Path(node.document.settings.env.srcdir if node.document else "", node["uri"])
    if drawing.suffix == ".svg" and drawing.is_file() and (sign := relations.in_html(drawing.read_text("utf-8"))):
        yield node["uri"], node["uri"], f"a drawing asserts with {sign}"


def _contents(node: addnodes.toctree) -> Verdicts:
    for title in (node.get("caption"), *(title for title, _ in node["entries"])):
        if title and (sign := relations.in_prose(title)):
            yield title, sign, f"a title in the contents asserts with {sign}"


def _raw(node: nodes.raw) -> Verdicts:
    if sign := relations.in_html(node.astext()):
        yield node.astext(), sign, f"raw {node['format']} asserts with {sign}"


def _code(node: nodes.literal) -> Verdicts:
    if not _is_docstring(node) and (sign := relations.in_code(node.astext())):
        yield node.astext(), sign, f"code asserts with {sign} and no cell runs it"


def _listing(node: nodes.literal_block | nodes.doctest_block) -> Verdicts:
    code = node.astext().strip("\n")
    if "testnodetype" in node or _is_docstring(node):
        return  # the doctest builder, or pytest, runs it
    if ">>>" in code:
        yield code, ">>>", "nobody runs this session: make it a {code-cell} python or a {doctest}"
    elif node.get("language") in PYTHON:
        yield code, code.partition("\n")[0], "nobody runs this Python: make it a {code-cell} python"
    elif sign := relations.in_code(code):
        yield code, sign, f"a listing asserts with {sign} and no cell runs it"


JUDGES: tuple[tuple[Any, Callable[[Any], Verdicts]], ...] = (
    (nodes.math | nodes.math_block, _mathematics),
    (nodes.raw, _raw),
    (nodes.literal_block | nodes.doctest_block, _listing),
    (nodes.literal, _code),
    (nodes.image, _picture),
    (addnodes.toctree, _contents),
    (nodes.Text, _text),
)
"""Who judges which kind of node."""


def _is_code_or_address(node: nodes.Text) -> bool:
    """Whether a text is judged as code or mathematics, is a signature, or is the address that it links to."""
    judged_otherwise = nodes.FixedTextElement | nodes.literal | nodes.math | nodes.raw | addnodes.desc_signature
    if any(isinstance(place, judged_otherwise) for place in ancestors(node)):
        return True
    return isinstance(node.parent, nodes.reference) and node.astext() in node.parent.get("refuri", "")


def _is_docstring(node: nodes.Node) -> bool:
    """Whether it stands in the description of a function that autodoc took from its docstring."""
    places = list(ancestors(node))
    described = any(isinstance(place, addnodes.desc) for place in places)
    return described and any("docstring of " in (place.source or "") for place in places)


def _docstring(node: nodes.Node) -> str:
    """Where the words of a statement were typed."""
    said = next((place["words_of"] for place in ancestors(node) if place.get("words_of")), None)
    return f", in the docstring of {said}" if said else ""


def _line(node: nodes.Node) -> int:
    return next((place.line for place in ancestors(node) if place.line), 1)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:57]}..."
