"""The ledger: what is known of every theorem, a row each, in a table and in a file.

    ```{ledger}
    ```

prints the table, and ``proofs.json`` in the root of the built site says the same for programs::

    {"theorems": [{"name": ..., "page": ..., "statement_latex": ..., ...}, ...], "versions": {"python": ..., ...}}

Nothing in either is typed. Scope and hypotheses come from the proof's record, as the boxes of the pages do; the
seconds that a proof takes, from the last run of `make bench`, which keeps them in ``evidence/``, since a build that
measured them would be no build like the one before; what a theorem rests on, from the calls it makes
(`lossgrad.library.rests_on`). How many near misses were refused, and how far a second opinion was off, is found by the
tests, which leave it in ``mutants.json`` and ``opinions.json`` beside the built site; what the last full run found is
kept in ``evidence/``, for a book that is built without the tests. What was measured in neither, or for another
statement of that name, is said not to be measured.

The table is made as its page is written, when the homes of all theorems are known, and is made anew in every build.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from lossgrad import library
from lossgrad.book import listings, records
from lossgrad.book.directives import lettered, linked
from lossgrad.book.domain import Shown, StatementDomain
from lossgrad.book.pages import is_current
from lossgrad.book.records import ProofRecord
from lossgrad.book.source_tables import tabulated

FILE = "proofs.json"
"""Where a program finds the ledger, from the root of the site."""

LIBRARIES = ("lossgrad", "mpmath", "myst-nb", "numpy", "sphinx", "sympy")
"""The libraries whose versions the ledger names, besides Python's own."""

NOT_MEASURED = "not measured"

KINDS = ("mutants", "opinions", "seconds")
"""What is kept of a theorem: a file each."""

COLUMNS = {
    "Theorem": 18,
    "Page": 10,
    "Holds for": 12,
    "Hypotheses": 14,
    "Seconds": 6,
    "Rests on": 14,
    "Near misses refused": 8,
    "Second opinion": 8,
    "Source": 10,
}
"""The heads of the table, and how wide a column is where no style sheet says so."""


def setup(app: Sphinx) -> None:
    """Register the directive, what fills it in, and what writes the file."""
    app.add_config_value(
        "lossgrad_evidence",
        str(app.confdir / "evidence"),
        "",
        str,
        "Where it is kept what the checks of each theorem found; it is committed, so that a commit makes one book.",
    )
    app.add_css_file("ledger.css")
    app.add_node(LedgerPlace)
    app.add_directive("ledger", LedgerDirective)
    app.add_post_transform(LedgerTable)
    app.connect("env-check-consistency", refuse_circles)
    app.connect("html-page-context", sort_and_filter)
    app.connect("build-finished", publish)


class Circle(SphinxError):
    """Theorems rest on one another in a circle."""

    category = "Theorems in a circle"


@dataclass(frozen=True)
class Entry:
    """A row: a theorem, its home, the record of its proof, and what the tests found of it."""

    name: str
    page: str
    function: library.Statement
    proof: ProofRecord
    evidence: dict[str, dict[str, Any]]

    @property
    def anchor(self) -> str:
        return Shown("theorem", self.name, 0).node_id

    @property
    def source(self) -> str:
        """The file and line of the function that states it, from the root of the repository."""
        return f"src/{self.function.__module__.replace('.', '/')}.py:{self.function.__code__.co_firstlineno}"

    @cached_property
    def mutants(self) -> dict[str, int] | None:
        """How many false near misses were made, and how many of them refused."""
        return self._measured("mutants", "made", "refused")

    @cached_property
    def opinion(self) -> dict[str, float] | None:
        """The worst relative error of the second opinion, and the entries that it compared."""
        return self._measured("opinions", "worst", "entries")

    @cached_property
    def seconds(self) -> float | None:
        """The seconds that its proof takes."""
        found = self._measured("seconds", "seconds")
        return float(found["seconds"]) if found else None

    def _measured(self, kind: str, *figures: str) -> dict[str, Any] | None:
        found = self.evidence[kind].get(self.name)
        if found is None or found["statement"] != self.proof.digest:
            return None
        return {figure: found[figure] for figure in figures}


def entries(env: BuildEnvironment) -> Iterator[Entry]:
    """The row of each theorem that a page shows, in the book's order."""
    package, folder = env.config.lossgrad_package, Path(env.config.lossgrad_records)
    evidence = {kind: _found(Path(env.config.lossgrad_evidence, f"{kind}.json")) for kind in KINDS}
    homes = {shown.name: page for page, shown in StatementDomain.of(env).homes() if shown.kind == "theorem"}
    for name, function in library.theorems(package).items():
        if name in homes:
            yield Entry(name, homes[name], function, records.proof(name, package, folder), evidence)


def _found(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def refuse_circles(app: Sphinx, env: BuildEnvironment) -> None:
    """Stop the build where a theorem rests on itself, however many are between."""
    check_order({entry.name: entry.proof.rests_on for entry in entries(env)})


def check_order(rests_on: dict[str, list[str]]) -> None:
    """Raise Circle where theorems rest on one another in a circle."""
    try:
        TopologicalSorter(rests_on).prepare()
    except CycleError as error:
        raise Circle(" rests on ".join(reversed(error.args[1]))) from error


# The table.


class LedgerPlace(nodes.General, nodes.Element):
    """Where the table will stand."""


class LedgerDirective(SphinxDirective):
    """``{ledger}``: the table of all theorems."""

    def run(self) -> list[nodes.Node]:
        self.env.metadata[self.env.docname]["ledger"] = True
        StatementDomain.of(self.env).note_gathering()
        return [LedgerPlace()]


class LedgerTable(SphinxPostTransform):
    """Puts the table in its place, before references are resolved."""

    default_priority: ClassVar[int] = 5

    def run(self, **kwargs: Any) -> None:
        for place in list(self.document.findall(LedgerPlace)):
            lines = [list(map(list, self.line(entry))) for entry in entries(self.env)]
            table = tabulated("ledger", tuple(COLUMNS), tuple(COLUMNS.values()), lines)
            table["classes"] = ["ledger"]
            place.replace_self([self.summary(len(lines)), table])

    def summary(self, count: int) -> nodes.paragraph:
        said = f"{count} theorems."
        if self.app.builder.format != "html":
            return nodes.paragraph("", said)
        address = relative_uri(self.app.builder.get_target_uri(self.env.docname), FILE)
        link = nodes.reference("", FILE, refuri=address, internal=True)
        return nodes.paragraph("", f"{said} The same for programs: ", link, nodes.Text("."))

    def line(self, entry: Entry) -> Iterator[Iterable[nodes.Node]]:
        """The cells of a row."""
        yield [_paragraph(self.link(entry.name)), _paragraph(_name(entry.name))]
        yield [_paragraph(self.page(entry))]
        yield [_paragraph(*lettered(entry.proof.scope.replace(" × ", "\u00a0×\u00a0")))]
        yield [_paragraph(*self.hypotheses(entry))]
        yield [_paragraph(nodes.Text(NOT_MEASURED if entry.seconds is None else f"{entry.seconds:.2f}"))]
        yield [_paragraph(self.link(other)) for other in entry.proof.rests_on] or [_paragraph(nodes.Text("—"))]
        mutants, opinion = entry.mutants, entry.opinion
        yield [_paragraph(nodes.Text(f"{mutants['refused']} of {mutants['made']}" if mutants else NOT_MEASURED))]
        yield [_paragraph(nodes.Text(f"{opinion['worst']:.1e}" if opinion else NOT_MEASURED))]
        path = f"{entry.function.__module__}.{entry.function.__qualname__}"
        yield [_paragraph(linked("source", path, nodes.literal("", entry.source.rpartition("/")[2]), self.env))]

    def link(self, name: str) -> addnodes.pending_xref:
        return linked("theorem", name, nodes.inline("", library.title(name)), self.env)

    def page(self, entry: Entry) -> nodes.reference:
        """A link to the home of a theorem, by the page's title."""
        title = self.env.titles[entry.page].astext()
        builder = self.app.builder
        address = builder.get_relative_uri(self.env.docname, entry.page) if builder.format == "html" else ""
        return nodes.reference("", title, refuri=address, internal=True)

    def hypotheses(self, entry: Entry) -> Iterator[nodes.Node]:
        """How many there are, and which."""
        formulas = entry.proof.hypotheses
        yield nodes.Text(f"{len(formulas)}: " if formulas else "none")
        for place, tex in enumerate(formulas):
            if place:
                yield nodes.Text(", ")
            yield nodes.math(tex, tex, printed_from=entry.name)


def _name(name: str) -> nodes.literal:
    """A name that a narrow cell breaks between its words."""
    first, *others = (nodes.Text(word) for word in re.split(r"(?<=[._])", name))
    return nodes.literal("", "", first, *(part for word in others for part in (_BREAK.deepcopy(), word)))


_BREAK = nodes.raw("", "<wbr>", format="html")


def _paragraph(*content: nodes.Node) -> nodes.paragraph:
    return nodes.paragraph("", "", *content)


def sort_and_filter(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give a page with the table the script that sorts and filters it."""
    if "ledger" in app.env.metadata.get(page, {}):
        app.add_js_file("ledger.js", loading_method="defer")


# The file.


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write the file into the root of the built site, unless what is there says all that is known."""
    if exception is None and app.builder.format == "html" and not is_current(app, app.outdir / FILE):
        theorems = [_published(entry, app) for entry in entries(app.env)]
        versions = {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
        ledger = {"theorems": theorems, "versions": versions}
        app.outdir.joinpath(FILE).write_text(json.dumps(ledger, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _published(entry: Entry, app: Sphinx) -> dict[str, Any]:
    proof, stated = entry.proof, entry.function
    page, listed = map(
        app.builder.get_target_uri,
        (entry.page, listings.place(stated.__module__, app.config.lossgrad_package)),
    )
    return {
        "name": entry.name,
        "page": f"{page}#{entry.anchor}",
        "statement_latex": proof.equation,
        "statement_python": proof.python,
        "statement_srepr": proof.representation,
        "scope": proof.scope,
        "hypotheses": proof.hypotheses,
        "seconds": entry.seconds,
        "rests_on": proof.rests_on,
        "mutants": entry.mutants,
        "second_opinion": entry.opinion,
        "source": entry.source,
        "source_link": f"{listed}#{stated.__name__}",
    }
