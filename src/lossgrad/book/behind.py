"""What stands behind a theorem, folded in the box at its home.

One fold has code: the function that states the theorem, and its right side in NumPy, JAX and PyTorch. Another has what
was found out about it: false statements that it corrects, the theorems that it rests on and those that rest on it, and
the figures of the ledger. `CODE` and `FACTS` list the lines of the two, each a small function of a `Behind`.

Other pages and the tests have a say in this, so it is put in its place as a page is written, and a page is written
again when what stands behind one of its theorems is no longer what it was.
"""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from lossgrad import library
from lossgrad.array_code import NoCode, program
from lossgrad.book import records
from lossgrad.book.directives import BehindPlace, Division, Fold, FoldTitle, linked, source_of
from lossgrad.book.domain import StatementDomain
from lossgrad.book.ledger import NOT_MEASURED, Entry, entries
from lossgrad.proofs import Malformed, NotProved

LIBRARIES = {"numpy": "NumPy", "jax": "JAX", "torch": "PyTorch"}
"""The libraries of arrays, as `lossgrad.array_code` and as people call them."""


def setup(app: Sphinx) -> None:
    """Fill the folds as pages are written."""
    app.add_css_file("behind.css")
    app.add_post_transform(BehindTheorems)


@dataclass(frozen=True)
class Twin:
    """A false statement that a theorem corrects, and its counterexample: where, and both sides there, as TeX."""

    name: str
    page: str
    at: tuple[str, ...] = ()
    left: str = ""
    right: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Behind:
    """What the book, its other pages and the tests know of a theorem; a name comes with its page."""

    name: str
    time: str
    mutants: tuple[int, int] | None
    worst: float | None
    twins: tuple[Twin, ...]
    rests_on: tuple[tuple[str, str], ...]
    carries: tuple[tuple[str, str], ...]


def behind_all(env: BuildEnvironment) -> dict[str, Behind]:
    """What stands behind each theorem that a page shows; looked up once a build."""
    if env not in _FOUND:
        rows = {entry.name: entry for entry in entries(env)}
        _FOUND[env] = dict(_found(env, rows))
    return _FOUND[env]


def look_again(env: BuildEnvironment) -> None:
    """Forget what was looked up, for pages have been read since."""
    _FOUND.pop(env, None)


_FOUND: WeakKeyDictionary[BuildEnvironment, dict[str, Behind]] = WeakKeyDictionary()


def _found(env: BuildEnvironment, rows: dict[str, Entry]) -> Iterator[tuple[str, Behind]]:
    twins = defaultdict(list)
    for corrected, twin in _twins(env):
        twins[corrected].append(twin)
    carries = defaultdict(list)
    for name, entry in rows.items():
        for other in entry.proof.rests_on:
            carries[other].append((name, entry.page))
    for name, entry in rows.items():
        mutants, opinion = entry.mutants, entry.opinion
        yield (
            name,
            Behind(
                name,
                time="" if entry.seconds is None else in_words(entry.seconds),
                mutants=(mutants["refused"], mutants["made"]) if mutants else None,
                worst=opinion["worst"] if opinion else None,
                twins=tuple(twins[name]),
                rests_on=tuple((other, rows[other].page) for other in entry.proof.rests_on if other in rows),
                carries=tuple(carries[name]),
            ),
        )


def in_words(seconds: float) -> str:
    """How long a proof took, by its order of magnitude.

    >>> in_words(0.3), in_words(20)
    ('less than a second', 'less than a minute')
    """
    known = {1: "less than a second", 10: "less than ten seconds", 60: "less than a minute"}
    return next((words for limit, words in known.items() if seconds < limit), "more than a minute")


def _twins(env: BuildEnvironment) -> Iterator[tuple[str, Twin]]:
    """Each false statement that a page shows, after the theorem that corrects it."""
    package, folder = env.config.lossgrad_package, Path(env.config.lossgrad_records)
    pages = {shown.name: page for page, shown in StatementDomain.of(env).homes() if shown.kind == "refuted"}
    for name, mistake in library.mistakes(package).items():
        corrected = library.correction(mistake)
        if corrected is None or name not in pages:
            continue
        try:
            found = records.refutation(name, package, folder)
        except (Malformed, NotProved, records.NotRefuted):  # no statement at all, or a fault that its own page reports
            yield corrected, Twin(name, pages[name])
        else:
            short = tuple(place for place in found.at if "matrix" not in place)
            yield corrected, Twin(name, pages[name], short, found.left, found.right, found.hint)


# What the folds show.


class BehindTheorems(SphinxPostTransform):
    """Puts the folds in their places, before references are resolved; on paper the source alone."""

    default_priority: ClassVar[int] = 5

    def run(self, **kwargs: Any) -> None:
        for place in list(self.document.findall(BehindPlace)):
            theorem = library.theorems(self.env.config.lossgrad_package)[place["name"]]
            if self.app.builder.format == "html":
                place.replace_self(Box(theorem, behind_all(self.env)[place["name"]], self.env).folds())
            else:
                place.replace_self([_line(nodes.Text("Stated by "), source_of(theorem, self.env), nodes.Text("."))])


@dataclass(frozen=True)
class Box:
    """The folds of one theorem."""

    theorem: library.Statement
    behind: Behind
    env: BuildEnvironment

    def folds(self) -> list[nodes.Node]:
        return [self.code(), self.facts()]

    def code(self) -> Fold:
        parts = [part for line in CODE for part in line(self)]
        names = ", ".join(part["of"] for part in parts)
        return Fold("", FoldTitle("", f"In code: {names}"), *parts, classes=["theorem-code", "no-search"])

    def facts(self) -> Fold:
        listed = nodes.definition_list(classes=["theorem-facts"])
        for title, line in FACTS.items():
            if content := line(self):
                said = nodes.definition("", *content)
                listed += nodes.definition_list_item("", nodes.term("", title), said)
        return Fold("", FoldTitle("", self.summary()), listed, classes=["theorem-evidence", "no-search"])

    def summary(self) -> str:
        """What the second fold holds, in a line."""
        told = self.behind
        twins = f"{len(told.twins)} false twin{'s' if len(told.twins) > 1 else ''}"
        kin = "what it rests on" if told.rests_on else ""
        carried = "what rests on it" if told.carries else ""
        parts = [twins if told.twins else "", kin, carried, "checks", "source"]
        listed = ", ".join(part for part in parts if part)
        return listed[:1].upper() + listed[1:]

    def link(self, kind: str, name: str) -> addnodes.pending_xref:
        return linked(kind, name, nodes.inline("", library.title(name)), self.env)

    def links(self, places: tuple[tuple[str, str], ...]) -> list[nodes.Node]:
        """Theorems in a line, each a link to its home; none where there are none."""
        content: list[nodes.Node] = []
        for name, _ in places:
            content += [nodes.Text(", ")] if content else []
            content.append(self.link("theorem", name))
        return [_line(*content)] if content else []


def _listing(of: str, text: str) -> Division:
    title = nodes.paragraph("", of, classes=["theorem-code-of"])
    return Division("", title, nodes.literal_block(text, text, language="none"), of=of)


def as_stated(box: Box) -> list[Division]:
    """The function that states the theorem, without its docstring, which the page has said."""
    return [_listing("SymPy", source_text(box.theorem))]


@cache
def source_text(function: library.Statement) -> str:
    """The source of a function without its docstring.

    >>> from lossgrad.theorems.linear import weight_gradient
    >>> print(source_text(weight_gradient))
    def weight_gradient() -> Eq:
        return equation(gradient(L(W * X), W), L.gradient(W * X) * X.T)
    """
    lines = inspect.getsource(function).splitlines()
    (defined,) = ast.parse("\n".join(lines)).body
    first = defined.body[0] if isinstance(defined, ast.FunctionDef) else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        del lines[first.lineno - 1 : first.end_lineno]
    return "\n".join(lines).strip()


def as_arrays(box: Box) -> list[Division]:
    """The right side as a function of arrays, for each library that has code for it."""
    return [_listing(LIBRARIES[each], text) for each in LIBRARIES if (text := array_text(box.theorem, each))]


def array_text(theorem: library.Statement, library_of_arrays: str) -> str:
    """The code of a theorem's right side; nothing where there is none, or nothing to hand to it."""
    try:
        made = program(library.stated(theorem).rhs, (), library_of_arrays, theorem.__name__)
    except NoCode:
        return ""
    return made.source.strip().replace("\n\n\n", "\n\n") if made.parameters else ""


def false_twins(box: Box) -> list[nodes.Node]:
    """The false statements that were refuted, each with its counterexample."""
    return [_line(box.link("refuted", twin.name), *_counterexample(twin)) for twin in box.behind.twins]


def _counterexample(twin: Twin) -> Iterator[nodes.Node]:
    if not twin.left:
        yield nodes.Text(": no statement, for its shapes or its letters do not fit")
        return
    yield nodes.Text(": ")
    for place, tex in enumerate(twin.at):
        yield nodes.Text(", " if place else "at ")
        yield _printed(tex, twin.name)
    yield nodes.Text(" the left side is " if twin.at else "the left side is ")
    yield _printed(twin.left, twin.name)
    yield nodes.Text(", the right side ")
    yield _printed(twin.right, twin.name)
    if twin.hint:
        yield nodes.Text(f" ({twin.hint.rstrip('.')})")


def _printed(tex: str, name: str) -> nodes.math:
    return nodes.math(tex, tex, printed_from=name)


def _line(*content: nodes.Node) -> nodes.paragraph:
    return nodes.paragraph("", "", *content)


def rests_on(box: Box) -> list[nodes.Node]:
    """The theorems that it calls to state itself."""
    return box.links(box.behind.rests_on)


def carries(box: Box) -> list[nodes.Node]:
    """The theorems that call it to state themselves."""
    return box.links(box.behind.carries)


def checks(box: Box) -> list[nodes.Node]:
    """The figures of the ledger, the seconds in words."""
    told = box.behind
    proved = f"proved in {told.time}" if told.time else f"time of the proof: {NOT_MEASURED}"
    refused = f"near misses refused: {'{} of {}'.format(*told.mutants) if told.mutants else NOT_MEASURED}"
    opinion = f"second opinion, worst error: {NOT_MEASURED if told.worst is None else format(told.worst, '.1e')}"
    return [_line(nodes.Text(f"{proved}; {refused}; {opinion}"))]


def source(box: Box) -> list[nodes.Node]:
    """The function's name, which leads to its reference page where there is one."""
    return [_line(source_of(box.theorem, box.env))]


CODE: tuple[Callable[[Box], list[Division]], ...] = (as_stated, as_arrays)
"""The lines of the fold with code."""

FACTS: dict[str, Callable[[Box], list[nodes.Node]]] = {
    "False": false_twins,
    "Rests on": rests_on,
    "Used by": carries,
    "Checks": checks,
    "Stated by": source,
}
"""The lines of the fold with what was found out, by their titles; a line with nothing to say is left out."""
