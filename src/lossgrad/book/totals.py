"""What the ledger adds up to, and how large the book is.

    ```{totals}
    ```

prints a table of numbers that the build counts: theorems, steps and hypotheses, what the tests found of them, what the
pages show and print. It is made as its page is written, when all pages are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from lossgrad import library
from lossgrad.book.domain import StatementDomain
from lossgrad.book.graph import scope_kind
from lossgrad.book.ledger import NOT_MEASURED, Entry, entries
from lossgrad.book.source_tables import tabulated


def setup(app: Sphinx) -> None:
    """Register the directive and what fills it in."""
    app.add_node(TotalsPlace)
    app.add_directive("totals", TotalsDirective)
    app.add_post_transform(TotalsTable)


class TotalsPlace(nodes.General, nodes.Element):
    """Where the table will stand."""


class TotalsDirective(SphinxDirective):
    """``{totals}``: the table of what was counted."""

    def run(self) -> list[nodes.Node]:
        StatementDomain.of(self.env).note_gathering()
        return [TotalsPlace()]


class TotalsTable(SphinxPostTransform):
    """Puts the table in its place."""

    default_priority: ClassVar[int] = 5

    def run(self, **kwargs: Any) -> None:
        for place in list(self.document.findall(TotalsPlace)):
            counted = [*of_theorems(list(entries(self.env))), *of_pages(self.env)]
            lines = [[[nodes.paragraph("", what)], [nodes.paragraph("", number)]] for what, number in counted]
            place.replace_self(tabulated("totals", ("What", "How many"), (70, 30), lines))


def of_theorems(found: list[Entry]) -> Iterator[tuple[str, str]]:
    """What the ledger's rows add up to."""
    proofs = [entry.proof for entry in found]
    yield "theorems", f"{len(found):,}"
    kinds = Counter(scope_kind(proof.scope) for proof in proofs)
    yield "of these, for every shape", f"{kinds['shape']:,}"
    yield "of these, about numbers, for every value", f"{kinds['number']:,}"
    yield "steps in their proofs, each proved for itself", f"{sum(len(proof.steps) for proof in proofs):,}"
    yield "hypotheses that they list", f"{sum(len(proof.hypotheses) for proof in proofs):,}"
    yield "theorems that need none", f"{sum(not proof.hypotheses for proof in proofs):,}"
    made = [entry.mutants for entry in found if entry.mutants]
    refused, of = (sum(mutants[key] for mutants in made) for key in ("refused", "made"))
    yield "false near misses made by machine and refused", f"{refused:,} of {of:,}" if made else NOT_MEASURED
    worst = [entry.opinion["worst"] for entry in found if entry.opinion]
    yield "largest relative error of the second opinion", f"{max(worst):.0e}" if worst else NOT_MEASURED
    unmeasured = sum(not (entry.mutants and entry.opinion) for entry in found)
    yield "theorems of which the tests' findings are not at hand", f"{unmeasured:,}"


def of_pages(env: BuildEnvironment) -> Iterator[tuple[str, str]]:
    """What the pages show and print."""
    shown = Counter(shown.kind for _, shown in StatementDomain.of(env).homes())
    yield "definitions", f"{shown['definition']:,}"
    yield "famous mistakes, each refuted by numbers", f"{shown['refuted']:,}"
    yield "pages", f"{len(env.found_docs):,}"
    printed = sum(StatementDomain.of(env).printed.values(), Counter())
    yield "equations that directives, roles and cells print", f"{printed.total():,}"
    lines = sum(len(file.read_text("utf-8").splitlines()) for file in Path(library.__file__).parent.rglob("*.py"))
    yield "lines of Python in the package", f"{lines:,}"
