"""What may not stand in the book, looked for on every page as it is read; a book with a fault is not built.

The gate asks, page by page:

- Is every equation printed from an object? Mathematics typed by hand may name and not assert (see
  `lossgrad.book.relations`). What a directive printed carries ``printed_from``; what a cell printed stands in MyST-NB's
  container of its output.
- Is every page executed, every cell seen, nothing silenced (see `lossgrad.book.cells`)? Does somebody run all the code
  that is shown?
- Does every name exist, is every theorem proved, every mistake refuted (see `lossgrad.book.directives`)?

and of the whole book: is every statement shown, each at one home, and do the settings leave all of this in force?

All faults are reported together, each with its file and line. A build that complained leaves nothing behind that would
let the next one pass.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from myst_nb.core.read import UnexpectedCellDirective
from sphinx import addnodes
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.config import Config
from sphinx.directives.code import LiteralInclude
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging

from lossgrad import library
from lossgrad.book import cells, relations
from lossgrad.book.domain import KINDS, Fault, StatementDomain

LOG = logging.getLogger(__name__)

PYTHON = frozenset({"python", "python3", "py", "py3", "pycon", "ipython", "ipython3", "ipythontb", "default"})
"""Languages of a listing that a reader takes for code that runs."""

SETTINGS: dict[str, tuple[Any, str]] = {
    "suppress_warnings": ([], "warnings would be silenced"),
    "myst_suppress_warnings": ([], "warnings would be silenced"),
    "nb_execution_mode": ("cache", "pages would not be executed, or not kept"),
    "nb_execution_allow_errors": (False, "cells would be allowed to fail"),
    "nb_execution_raise_on_error": (True, "a cell that fails would not stop the build"),
    "nb_execution_excludepatterns": ((), "pages would not be executed"),
    "nb_custom_formats": ({}, "pages would be read by another reader"),
    "nb_output_stderr": ("error", "what a cell complains of would not fail the build"),
    "nb_remove_code_outputs": (False, "outputs would be hidden"),
    "nb_remove_code_source": (False, "the code behind an output would be hidden"),
}
"""The settings that the gate stands on: their values, and what another value would do."""


class GateClosed(SphinxError):
    """The book has faults: all of them, each with file and line."""

    category = "The gate is closed"


def setup(app: Sphinx) -> None:
    """Look at the settings, at every page as it is read, at the whole book, and at how the build ended."""
    app.setup_extension("myst_nb")
    app.add_directive("code-cell", StrayCell, override=True)
    app.add_directive("raw-cell", StrayCell, override=True)
    app.add_directive("literalinclude", Included, override=True)
    app.connect("config-inited", check_settings)
    app.connect("doctree-read", look_at_page, priority=900)
    app.connect("env-check-consistency", look_at_book)
    app.connect("build-finished", close, priority=100)


class StrayCell(UnexpectedCellDirective):
    """A cell inside another directive, or on a page that is not executed: it would be dropped."""

    def run(self) -> list[nodes.Node]:
        env: BuildEnvironment = self.state.document.settings.env
        StatementDomain.of(env).note_fault(
            self.lineno, f"this {self.name} would not be executed: cells stand alone, in a fence of backticks"
        )
        return []


class Included(LiteralInclude):
    """A listing from a file, which is tested where it lives."""

    def run(self) -> list[nodes.Node]:
        shown = super().run()
        for listing in (inner for outer in shown for inner in outer.findall(nodes.literal_block)):
            listing["printed_from"] = self.arguments[0]
        return shown


def check_settings(app: Sphinx, config: Config) -> None:
    """Refuse settings that would let something pass."""
    conf = Path(app.confdir, "conf.py")
    faults = [
        Fault(_line_of_setting(conf, name), f"{name} must be {needed!r}, or {reason}: got {config[name]!r}")
        for name, (needed, reason) in SETTINGS.items()
        if name in config and config[name] not in (needed, list(needed) if isinstance(needed, tuple) else needed)
    ]
    if faults:
        raise GateClosed(_report({str(conf): faults}))


def _line_of_setting(conf: Path, name: str) -> int:
    """The line of conf.py where a setting is made; the first where it is made elsewhere."""
    if not conf.is_file():
        return 1
    for node in ast.walk(ast.parse(conf.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name) and node.id == name:
            return node.lineno
    return 1


def look_at_page(app: Sphinx, doctree: nodes.document) -> None:
    """Note the faults of a page that was just read, each at its own line, and count what it prints."""
    env = app.env
    domain = StatementDomain.of(env)
    path = env.doc2path(env.docname)
    if path.suffix != ".md":
        domain.note_fault(1, "a page of the book is a .md file, so that its cells are executed")
        return
    page = cells.PageText(Path(path))
    domain.shown[env.docname] = [
        shown._replace(line=page.line(shown.line)) for shown in domain.shown.get(env.docname, [])
    ]
    noted = domain.faults.pop(env.docname, [])
    found = {Fault(page.line(fault.line), fault.message) for fault in noted}
    found |= set(cells.faults(page)) | set(_not_executed(env, page))
    for typed in _typed_by_hand(doctree):
        found.add(Fault(page.line(typed.line, typed.needle), typed.message))
    for fault in sorted(found):
        domain.note_fault(*fault)
    for formula in _printed_by_cells(doctree):
        domain.note_printed("cell", formula.astext())


def _not_executed(env: BuildEnvironment, page: cells.PageText) -> Iterator[Fault]:
    ran = getattr(env, "nb_metadata", {}).get(env.docname, {}).get("exec_data")
    if page.cells and not (ran and ran["succeeded"]):
        yield Fault(page.cells[0].line, "the cells of this page were not executed")


class Typed(NamedTuple):
    """Something typed that asserts: the line it is reported at, a piece of it to find it by, the message."""

    line: int
    needle: str
    message: str


def _typed_by_hand(doctree: nodes.document) -> Iterator[Typed]:
    """What asserts on a page although nothing printed it."""
    for node in doctree.findall():
        judge = next((judge for kind, judge in JUDGES if isinstance(node, kind)), None)
        if judge is None or _is_printed(node):
            continue
        for text, reason in judge(node):
            yield Typed(_reported_line(node), text, f"{reason}{_docstring(node)}")


def _is_printed(node: nodes.Node) -> bool:
    """Whether a directive printed it, or a cell did; a caption above the output of a cell is typed."""
    place: nodes.Node | None = node
    typed_caption = False
    while place is not None:
        if isinstance(place, nodes.Element):
            if place.get("printed_from") or place.get("nb_element") == "cell_code_source":
                return True
            typed_caption |= isinstance(place, nodes.caption | nodes.legend)
            if place.get("nb_element") == "cell_code_output":
                return not typed_caption
        place = place.parent
    return False


def _judge_mathematics(node: nodes.math | nodes.math_block) -> Iterator[tuple[str, str]]:
    if sign := relations.in_tex(node.astext()):
        yield (
            _around(sign, node.astext()),
            f"mathematics typed by hand asserts with {sign!r}: {_short(node.astext())} "
            "(name a thing, or print a proved one with {theorem} or {statement})",
        )


def _judge_text(node: nodes.Text) -> Iterator[tuple[str, str]]:
    if _inside(node, NOT_PROSE) or _is_address(node):
        return
    if sign := relations.in_prose(node.astext()):
        yield _around(sign, node.astext()), f"text asserts with {sign!r}: {_short(node.astext())} (say it in words)"


def _judge_alternative(node: nodes.image) -> Iterator[tuple[str, str]]:
    if sign := relations.in_prose(node.get("alt", "")):
        yield _around(sign, node["alt"]), f"an alternative text asserts with {sign!r}: {_short(node['alt'])}"


def _judge_toctree(node: addnodes.toctree) -> Iterator[tuple[str, str]]:
    for title in (node.get("caption"), *(title for title, _ in node["entries"])):
        if title and (sign := relations.in_prose(title)):
            yield title, f"a title in the contents asserts with {sign!r}: {_short(title)}"


def _judge_raw(node: nodes.raw) -> Iterator[tuple[str, str]]:
    if sign := relations.in_html(node.astext()):
        yield _around(sign, node.astext()), f"raw {node['format']} asserts with {sign!r}: {_short(node.astext())}"


def _judge_code(node: nodes.literal) -> Iterator[tuple[str, str]]:
    if not _inside(node, addnodes.desc) and (sign := relations.in_code(node.astext())):
        yield (
            node.astext(),
            f"code asserts with {sign!r} and no cell runs it: {_short(node.astext())} (put it in a code cell)",
        )


def _judge_listing(node: nodes.literal_block | nodes.doctest_block) -> Iterator[tuple[str, str]]:
    if "testnodetype" in node or _inside(node, addnodes.desc):
        return  # the doctest builder, or pytest, runs it
    first = next((line for line in node.astext().splitlines() if line.strip()), "")
    if ">>>" in node.astext():
        yield first, "this session is executed by nobody: make it a {code-cell} python, or a {doctest}"
    elif node.get("language") in PYTHON:
        yield (
            first,
            "this Python is executed by nobody: make it a {code-cell} python, or a {literalinclude} of tested code",
        )
    elif sign := relations.in_code(node.astext()):
        yield first, f"a listing asserts with {sign!r} and no cell runs it: {_short(node.astext())}"


JUDGES: tuple[tuple[Any, Any], ...] = (
    (nodes.math | nodes.math_block, _judge_mathematics),
    (nodes.raw, _judge_raw),
    (nodes.literal_block | nodes.doctest_block, _judge_listing),
    (nodes.literal, _judge_code),
    (nodes.image, _judge_alternative),
    (addnodes.toctree, _judge_toctree),
    (nodes.Text, _judge_text),
)
"""Who judges which kind of node."""

NOT_PROSE = (
    nodes.FixedTextElement,
    nodes.literal,
    nodes.math,
    nodes.raw,
    nodes.system_message,
    addnodes.desc,
)


def _is_address(node: nodes.Text) -> bool:
    """Whether a text is the address that it links to."""
    return isinstance(node.parent, nodes.reference) and node.astext() in node.parent.get("refuri", "")


def _inside(node: nodes.Node, kinds: Any) -> bool:
    place = node.parent
    while place is not None:
        if isinstance(place, kinds):
            return True
        place = place.parent
    return False


def _docstring(node: nodes.Node) -> str:
    """Where the words of a statement were typed."""
    place: nodes.Node | None = node
    while place is not None:
        if isinstance(place, nodes.Element) and place.get("words_of"):
            return f", in the docstring of {place['words_of']}"
        place = place.parent
    return ""


def _reported_line(node: nodes.Node) -> int:
    place: nodes.Node | None = node
    while place is not None:
        if place.line:
            return place.line
        place = place.parent
    return 1


def _around(sign: str, text: str) -> str:
    """The line of a text that has the sign, to find it on the page by."""
    return next((line.strip() for line in text.splitlines() if sign in line), text)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:57]}..."


def _printed_by_cells(doctree: nodes.document) -> Iterator[nodes.math | nodes.math_block]:
    for output in doctree.findall(nodes.container):
        if output.get("nb_element") == "cell_code_output":
            yield from output.findall(nodes.math)
            yield from output.findall(nodes.math_block)


def look_at_book(app: Sphinx, env: BuildEnvironment) -> None:
    """Close the gate if any page has a fault, or the pages together miss or repeat a statement."""
    domain = StatementDomain.of(env)
    faults = {str(env.doc2path(docname)): list(found) for docname, found in domain.faults.items()}
    for path, fault in _missed_or_repeated(env, domain):
        faults.setdefault(path, []).append(fault)
    if faults:
        raise GateClosed(_report(faults))


def _missed_or_repeated(env: BuildEnvironment, domain: StatementDomain) -> Iterator[tuple[str, Fault]]:
    package = env.config.lossgrad_package
    homes: dict[tuple[str, str], str] = {}
    for docname, shown in domain.homes():
        path = str(env.doc2path(docname))
        if home := homes.get((shown.kind, shown.name)):
            yield path, Fault(shown.line, f"{shown.kind} {shown.name} is at home in {home}; show it here with :again:")
        homes.setdefault((shown.kind, shown.name), f"{_relative(path)}:{shown.line}")
    try:
        listed = [library.theorems(package), library.definitions(package), library.mistakes(package)]
    except library.NoStatement as fault:
        yield _place(fault.function, str(fault))
        return
    for kind, statements in zip(KINDS, listed, strict=True):
        for name, said in statements.items():
            if (kind, name) not in homes:
                yield _place(said, f"no page shows {name}: give it a {{{kind}}} box")


def _place(said: library.Statement, message: str) -> tuple[str, Fault]:
    """A fault of a statement, where its function stands."""
    return said.__code__.co_filename, Fault(said.__code__.co_firstlineno, message)


def _report(faults: dict[str, list[Fault]]) -> str:
    lines = [f"{_relative(path)}:{fault.line}: {fault.message}" for path in sorted(faults) for fault in faults[path]]
    return f"{len(lines)} fault{'s' if len(lines) > 1 else ''}\n" + "\n".join(lines)


def _relative(path: str) -> Path:
    here = Path.cwd()
    return Path(path).relative_to(here) if Path(path).is_relative_to(here) else Path(path)


def close(app: Sphinx, exception: Exception | None) -> None:
    """Say what was printed; forget the environment of a build that complained, so that the next one complains too."""
    if exception is not None:
        return
    if app._warncount:
        (app.doctreedir / ENV_PICKLE_FILENAME).unlink(missing_ok=True)
        return
    printed = sum(StatementDomain.of(app.env).printed.values(), Counter())
    counted = ", ".join(f"{number} {source}" for source, number in printed.most_common())
    LOG.info("gate: %d equations, all printed from objects (%s); 0 typed by hand", printed.total(), counted)
