"""Two tables about the source, made from `lossgrad.source`.

    ```{source-rows}
    ```
    ```{source-errata}
    ```

The first links each row of the source to the place where the book does the same. The second shows each error: its
false statements struck out, what refutes each of them, and the theorems that say how it is. It is the home of those
false statements. One that cannot be refuted is a fault of the page, and the book is not built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from lossgrad import library
from lossgrad.book import records
from lossgrad.book.directives import Division, RefutedBox, indexed, lettered, linked
from lossgrad.book.domain import Shown, StatementDomain
from lossgrad.printing import latex, python
from lossgrad.proofs import Malformed
from lossgrad.source import ERRATA, ROWS, Erratum, Misfit, Row, no_statement


def setup(app: Sphinx) -> None:
    """Register the two directives, and how their tables look."""
    app.add_css_file("source.css")
    app.add_directive("source-rows", RowsTable)
    app.add_directive("source-errata", ErrataTable)


class SourceTable(RefutedBox):
    """What the two tables share."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        return [self.table()]

    def table(self) -> nodes.table:
        raise NotImplementedError

    @property
    def folder(self) -> Path:
        """Where records of proofs are kept."""
        return Path(self.config.lossgrad_records)

    def sentences(self, text: str) -> list[nodes.Node]:
        """A piece of text as the page would read it."""
        return list(self.parse_text_to_nodes(text))


class RowsTable(SourceTable):
    """``{source-rows}``: what the source does, and where the book does it."""

    def table(self) -> nodes.table:
        lines = [self.line(row) for row in ROWS]
        return tabulated("source-rows", ("Row", "The source", "Here"), (8, 46, 46), lines)

    def line(self, row: Row) -> list[list[nodes.Node]]:
        return [[nodes.paragraph("", row.name)], self.sentences(row.does), [nodes.paragraph("", "", self.place(row))]]

    def place(self, row: Row) -> addnodes.pending_xref:
        """A link to the row's target, wherever it is; a target that no page has is a warning."""
        return addnodes.pending_xref(
            "",
            nodes.inline("", row.here),
            refdoc=self.env.docname,
            refdomain="std",
            reftype="ref",
            reftarget=row.target,
            refexplicit=True,
            refwarn=True,
        )


class ErrataTable(SourceTable):
    """``{source-errata}``: what the source says that is false, refuted and corrected."""

    name_shown = ""
    several = False

    @property
    def shown(self) -> Shown:
        return Shown(self.kind, self.name_shown, self.lineno)

    def run(self) -> list[nodes.Node]:
        false = [Shown(self.kind, name, self.lineno) for erratum in ERRATA for name in erratum.false]
        return [addnodes.index(entries=list(map(indexed, false))), *super().run()]

    def table(self) -> nodes.table:
        lines = [self.line(erratum) for erratum in ERRATA]
        return tabulated("source-errata", ("No.", "The source says", "In fact"), (7, 48, 45), lines)

    def line(self, erratum: Erratum) -> list[list[nodes.Node]]:
        self.several = len(erratum.false) > 1
        said = [*self.sentences(erratum.says), *self.noted(self.false_statement, erratum.false)]
        true = [*self.sentences(erratum.fact), *self.noted(self.correction, erratum.corrections(self.package))]
        return [[nodes.paragraph("", erratum.name)], said, true]

    def noted(self, shown: Callable[[], Division], names: Sequence[str]) -> Iterator[Division]:
        """Each statement; what cannot be shown is a fault of the page, which names it."""
        for self.name_shown in names:
            if shown == self.false_statement:
                StatementDomain.of(self.env).note_shown(self.shown)
            try:
                yield shown()
            except Exception as refusal:  # whatever it is, the page cannot stand, and the log needs its name
                message = f"source-errata {self.name_shown}: {type(refusal).__name__}: {refusal}"
                StatementDomain.of(self.env).note_fault(self.lineno, message)

    def false_statement(self) -> Division:
        """A false statement struck out, at home here, with what refutes it."""
        said = library.mistakes(self.package)[self.name_shown]
        false = library.stated(said)
        equation = self.formula(latex(false), self.kind, python(false))
        words = [self.in_words(said)] if self.several else []  # one alone was said in words just before
        division = Division("", *words, equation, self.evidence(said), classes=[self.kind])
        division["ids"] = [self.shown.node_id]
        self.state.document.note_explicit_target(division)
        self.set_source_info(division)
        return division

    def evidence(self, said: library.Statement) -> Division:
        """A counterexample; for what is no statement at all, shapes that disagree, or a complex value."""
        try:
            return self.counterexample(records.refutation(self.name_shown, self.package, self.folder))
        except Malformed:
            found = no_statement(library.stated(said))
        if isinstance(found, Misfit):
            before, at = "Refuted by its shapes: ", []
            left, right = (r" \times ".join(map(str, shape)) for shape in (found.left, found.right))
        else:
            before, at = "Counterexample: at ", [f"{latex(found.symbol)} = {latex(found.value)}"]
            left, right = latex(found.left), latex(found.right)
        sides = [*self.in_line([left]), nodes.Text(", the right side "), *self.in_line([right]), nodes.Text(".")]
        line = nodes.paragraph("", before, *self.in_line(at), nodes.Text(" the left side is "), *sides)
        return Division("", line, classes=["counterexample"], printed_from=self.name_shown)

    def correction(self) -> Division:
        """A theorem that says how it is: its equation and scope, and a link to its home."""
        proof = records.proof(self.name_shown, self.package, self.folder)
        title = nodes.inline("", library.title(self.name_shown), classes=["theorem-name"])
        link = linked("theorem", self.name_shown, title, self.env)
        return Division(
            "",
            nodes.paragraph("", "Theorem ", link, classes=["theorem-title"]),
            self.formula(proof.equation, "theorem", proof.python),
            nodes.paragraph(
                "", "", *lettered(f"for {proof.scope}"), classes=["theorem-scope"], printed_from=self.name_shown
            ),
            classes=["theorem"],
        )


def tabulated(
    kind: str, heads: Sequence[str], widths: Sequence[int], lines: Sequence[Sequence[Sequence[nodes.Node]]]
) -> nodes.table:
    """A table of that class: heads, and lines of cells of nodes."""
    columns = [nodes.colspec(colwidth=width) for width in widths]
    head = nodes.thead("", _row([[nodes.paragraph("", title)] for title in heads]))
    body = nodes.tbody("", *(_row(cells) for cells in lines))
    return nodes.table("", nodes.tgroup("", *columns, head, body, cols=len(widths)), classes=["source-table", kind])


def _row(cells: Sequence[Sequence[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", *content) for content in cells))
