"""How a page shows a statement. Names are those of `lossgrad.library`.

Boxes, in a fence of their own::

    ```{theorem} linear.weight_gradient
    :steps:
    ```
    ```{definition} softmax.cross_entropy_loss
    ```
    ```{refuted} source.e8
    ```

``theorem`` proves the theorem and prints it: its words, its equation with number and label, its scope and hypotheses,
and the steps of the proof, folded unless ``:steps:`` is given; `lossgrad.book.behind` adds folds with code and with
what was found out about it. ``definition`` prints ``name := value``. ``refuted`` prints a mistake as false, with its
counterexample and the theorem that corrects it. A statement is at home in one box of the book; ``:again:`` shows it in
another, without a number and with a link to its home.

In a line:

    {theorem}`linear.weight_gradient`      a link with the theorem's title; so ``{definition}`` and ``{refuted}``
    {theorem}`the rule <linear.weight_gradient>`   the same with other words
    {eq}`linear.weight_gradient`           its number as a link (``refuted:source.e8`` for a mistake)
    {statement}`linear.weight_gradient`    its equation, or a definition's ``name := value``; also a link
    {lhs}`linear.weight_gradient`          the left side alone
    {rhs}`linear.weight_gradient`          the right side alone

What cannot be proved, refuted or found by its name is a fault of the page, and the book is not built.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import shorten
from typing import Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.math import MathDomain
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.typing import OptionSpec
from sympy.printing.pretty.pretty_symbology import greek_unicode

from lossgrad import library
from lossgrad.book import records
from lossgrad.book.domain import Shown, StatementDomain
from lossgrad.book.records import ProofRecord, RefutationRecord
from lossgrad.printing import latex, python


def setup(app: Sphinx) -> None:
    """Register the directives, the roles, and the nodes that they are made of."""
    app.add_config_value("lossgrad_package", "lossgrad", "env", str, "The package whose statements the book shows.")
    app.add_config_value(
        "lossgrad_records", str(app.outdir.parent / "proved"), "", str, "Where records of proofs are kept."
    )
    app.add_domain(StatementDomain)
    plain = (pass_by, pass_by)
    app.add_node(BehindPlace)
    for node in (Division, Fold, FoldTitle):
        app.add_node(node, html=(open_tag, close_tag), latex=plain, text=plain, man=plain, texinfo=plain)
    for directive in (TheoremBox, DefinitionBox, RefutedBox):
        app.add_directive(directive.kind, directive)
        app.add_role(directive.kind, StatementLink(innernodeclass=nodes.inline, warn_dangling=True))
    app.add_role("statement", WholeStatement())
    app.add_role("lhs", Side("lhs"))
    app.add_role("rhs", Side("rhs"))


def printed(tex: str, name: str, env: BuildEnvironment) -> nodes.math:
    """Mathematics in a line, printed from the statement of that name."""
    StatementDomain.of(env).note_printed("in a line", tex)
    return nodes.math(tex, tex, printed_from=name)


class Division(nodes.General, nodes.Element):
    """A division of the page with classes of its own."""

    tagname = "div"


class Fold(nodes.General, nodes.Element):
    """What is shown on demand."""

    tagname = "details"


class BehindPlace(nodes.General, nodes.Element):
    """Where `lossgrad.book.behind` puts what stands behind a theorem, once all pages are known."""


class FoldTitle(nodes.General, nodes.TextElement):
    """What is always shown of a fold."""

    tagname = "summary"


def open_tag(writer: Any, node: nodes.Element) -> None:
    """Open an element of HTML by the node's tag."""
    attributes = {"open": "open"} if node.get("open") else {}
    writer.body.append(writer.starttag(node, node.tagname, "", **attributes))


def close_tag(writer: Any, node: nodes.Element) -> None:
    """Close what `open_tag` opened."""
    writer.body.append(f"</{node.tagname}>\n")


def pass_by(writer: Any, node: nodes.Element) -> None:
    """Write the content alone."""


def indexed(shown: Shown) -> tuple[str, str, str, str, None]:
    """An entry of the index: the title of a statement, and below it the kind and the name."""
    entry = f"{library.title(shown.name)}; {INDEXED[shown.kind]} {shown.name}"
    return ("single", entry, shown.node_id, "", None)


INDEXED = {"theorem": "theorem", "definition": "definition", "refuted": "mistake"}
"""What the index calls a statement of each kind."""


class StatementBox(SphinxDirective):
    """What the three boxes share: a home, a title, the words, the equation."""

    kind: ClassVar[str]
    heading: ClassVar[str]
    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {"again": directives.flag}

    def run(self) -> list[nodes.Node]:
        if not self.again:
            StatementDomain.of(self.env).note_shown(self.shown)
        try:
            return [*self.index_entry(), self.box()]
        except Exception as refusal:  # whatever it is, the page cannot stand, and the reader of the log needs its place
            reason = str(refusal) if type(refusal).__module__.startswith("lossgrad.") else repr(refusal)
            StatementDomain.of(self.env).note_fault(
                self.lineno, f"{self.kind} {self.shown.name}: {shorten(reason, 500)}"
            )
            return []

    def box(self) -> nodes.Element:
        raise NotImplementedError

    def index_entry(self) -> list[nodes.Node]:
        """Its entry in the index; what is shown again has one already."""
        return [] if self.again else [addnodes.index(entries=[indexed(self.shown)])]

    @property
    def shown(self) -> Shown:
        return Shown(self.kind, self.arguments[0], self.lineno)

    @property
    def package(self) -> str:
        return str(self.config.lossgrad_package)

    @property
    def again(self) -> bool:
        return "again" in self.options

    def division(self, said: library.Statement, *rest: nodes.Node) -> Division:
        """The box: title, words, then the rest. Its first showing is the statement's home."""
        division = Division("", self.titled(), self.in_words(said), *rest, classes=[self.kind])
        if not self.again:
            division["ids"] = [self.shown.node_id]
            self.state.document.note_explicit_target(division)
        self.set_source_info(division)
        return division

    def titled(self) -> nodes.paragraph:
        name = nodes.inline("", library.title(self.shown.name), classes=["theorem-name"])
        link = linked(self.kind, self.shown.name, name, self.env) if self.again else name
        return nodes.paragraph("", f"{self.heading} ", link, classes=["theorem-title"])

    def in_words(self, said: library.Statement) -> Division:
        content = self.parse_text_to_nodes(library.words(said))
        division = Division("", *content, classes=["theorem-statement"], words_of=self.shown.name)
        for node in division.findall():
            node.line = self.lineno
        return division

    def equation(self, tex: str, label: str, code: str) -> nodes.math_block:
        """The statement in symbols; at its home with a number, and a label that ``{eq}`` finds."""
        block = self.formula(tex, self.kind, code)
        if not self.again:
            equations = cast(MathDomain, self.env.get_domain("math"))
            equations.note_equation(self.env.docname, label, location=self.get_location())
            block.update_all_atts(
                {
                    "label": label,
                    "number": equations.get_equation_number_for(label),
                    "docname": self.env.docname,
                    "ids": [nodes.make_id(f"equation-{label}")],
                }
            )
            self.state.document.note_explicit_target(block)
        return block

    def formula(self, tex: str, source: str, code: str = "") -> nodes.math_block:
        """An equation on a line of its own; its code is what a reader of the page can copy."""
        StatementDomain.of(self.env).note_printed(source, tex)
        block = nodes.math_block(tex, tex, nowrap=False, number=None, printed_from=self.shown.name, python=code)
        self.set_source_info(block)
        return block

    def in_line(self, formulas: Iterable[str], between: str = ", ") -> list[nodes.Node]:
        """Printed formulas in a line."""
        found: list[nodes.Node] = []
        for tex in formulas:
            found += [nodes.Text(between)] if found else []
            found.append(printed(tex, self.shown.name, self.env))
        return found

    def stated_by(self, said: library.Statement) -> nodes.paragraph:
        """The function that states it."""
        link = source_of(said, self.env)
        return nodes.paragraph("", "Stated by ", link, nodes.Text("."), classes=["theorem-source"])


def source_of(said: library.Statement, env: BuildEnvironment) -> addnodes.pending_xref:
    """The name of a function, linked to its reference page where there is one."""
    path = f"{said.__module__}.{said.__qualname__}"
    return linked("source", path, nodes.literal("", path), env)


def linked(kind: str, name: str, content: nodes.Element, env: BuildEnvironment) -> addnodes.pending_xref:
    """A link to the home of a statement (or, for the kind ``source``, to the reference of a function)."""
    return addnodes.pending_xref(
        "",
        content,
        refdoc=env.docname,
        refdomain=StatementDomain.name,
        reftype=kind,
        reftarget=name,
        refexplicit=True,
        refwarn=True,
    )


def lettered(scope: str) -> Iterator[nodes.Node]:
    """A scope as it is read: Greek letters as letters, indices below the line.

    >>> print(*(node.astext() for node in lettered("every value of alpha, t_1")), sep="|")
    every value of α, t|1
    """
    with_letters = re.sub(r"[^\W_]+", lambda word: greek_unicode.get(word[0], word[0]), scope)
    for text, index in re.findall(r"([^_]+)(?:_([^\W_]+))?", with_letters):
        yield nodes.Text(text)
        if index:
            yield nodes.subscript("", index)


class TheoremBox(StatementBox):
    """``{theorem}``: proved as it is read, then printed."""

    kind = "theorem"
    heading = "Theorem"
    option_spec: ClassVar[OptionSpec] = {**StatementBox.option_spec, "steps": directives.flag}

    def box(self) -> nodes.Element:
        said = library.theorems(self.package)[self.shown.name]
        proof = records.proof(self.shown.name, self.package, Path(self.config.lossgrad_records))
        equation = self.equation(proof.equation, self.shown.name, proof.python)
        behind = [] if self.again else [BehindPlace(name=self.shown.name)]
        return self.division(said, equation, self.scope(proof), *self.shapes(proof), *self.steps(proof), *behind)

    def scope(self, proof: ProofRecord) -> nodes.paragraph:
        where = [nodes.Text(" · where "), *self.in_line(proof.hypotheses)] if proof.hypotheses else []
        scope = lettered(f"for {proof.scope}")
        return nodes.paragraph("", "", *scope, *where, classes=["theorem-scope"], printed_from=self.shown.name)

    def shapes(self, proof: ProofRecord) -> list[nodes.paragraph]:
        """The letters of the statement with their shapes."""
        letters = self.in_line(proof.shapes, between="; ")
        return [nodes.paragraph("", "", *letters, classes=["theorem-shapes"])] if letters else []

    def steps(self, proof: ProofRecord) -> list[Fold]:
        """The chain from the left side to the right side, a line a step with the rule that justifies it."""
        if not proof.steps:
            return []
        chain = nodes.enumerated_list(classes=["theorem-chain"], enumtype="arabic", prefix="", suffix=".")
        for place, (left, right, reason) in enumerate(proof.steps):
            line = self.formula(f"{left if place == 0 else '{}'} = {right}", "step")
            rule = nodes.paragraph("", reason, classes=["theorem-rule"], printed_from=self.shown.name)
            chain += nodes.list_item("", line, rule)
        count = len(proof.steps)
        fold = Fold("", FoldTitle("", f"Proof in {count} step{'s' if count > 1 else ''}"), chain)
        if proof.others:
            words = f"Shown for the first entry; the other {proof.others} are proved for themselves in the same way."
            fold += nodes.paragraph("", words, classes=["theorem-rule"])
        fold["classes"] = ["theorem-steps"]
        fold["open"] = "steps" in self.options
        return [fold]


class DefinitionBox(StatementBox):
    """``{definition}``: what a name stands for."""

    kind = "definition"
    heading = "Definition"

    def box(self) -> nodes.Element:
        said = library.definitions(self.package)[self.shown.name]
        definition = library.stated(said)
        equation = self.equation(latex(definition), self.shown.name, python(definition))
        return self.division(said, equation, self.stated_by(said))


class RefutedBox(StatementBox):
    """``{refuted}``: a mistake, shown false by a counterexample."""

    kind = "refuted"
    heading = "False"

    def box(self) -> nodes.Element:
        said = library.mistakes(self.package)[self.shown.name]
        refutation = records.refutation(self.shown.name, self.package, Path(self.config.lossgrad_records))
        return self.division(
            said,
            self.equation(refutation.equation, f"refuted:{self.shown.name}", refutation.python),
            self.counterexample(refutation),
            self.corrected_by(said),
        )

    def counterexample(self, refutation: RefutationRecord) -> Division:
        """The shape and the values at which the sides differ, both sides there, and the slip that it looks like."""
        at = self.in_line(refutation.at)
        left, right = self.in_line([refutation.left]), self.in_line([refutation.right])
        lines = [
            nodes.paragraph("", "Counterexample: at ", *at, classes=["counterexample-at"]),
            nodes.paragraph("", "the left side is ", *left, nodes.Text(", the right side "), *right, nodes.Text(".")),
        ]
        if refutation.hint:
            lines.append(nodes.paragraph("", refutation.hint, classes=["counterexample-hint"]))
        return Division("", *lines, classes=["counterexample"], printed_from=self.shown.name)

    def corrected_by(self, said: library.Statement) -> nodes.paragraph:
        name = library.correction(said)
        if name is None:
            raise records.NotRefuted(
                "its docstring names no theorem that corrects it (a line 'Corrected by: topic.function.')"
            )
        library.theorems(self.package)[name]
        link = linked("theorem", name, nodes.inline("", library.title(name)), self.env)
        return nodes.paragraph("", "Corrected by ", link, nodes.Text("."), classes=["correction"])


class StatementLink(XRefRole):
    """``{theorem}``, ``{definition}``, ``{refuted}``: a link to a statement's home, with its title."""

    def process_link(
        self, env: BuildEnvironment, refnode: nodes.Element, has_explicit_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        refnode["refdomain"] = StatementDomain.name
        listed = {"theorem": library.theorems, "definition": library.definitions, "refuted": library.mistakes}
        try:
            listed[self.reftype](env.config.lossgrad_package)[target]
        except (library.UnknownName, library.NoStatement, library.Unlisted) as refusal:
            StatementDomain.of(env).note_fault(self.lineno, str(refusal))
        return (title if has_explicit_title else library.title(target)), target


class WholeStatement(SphinxRole):
    """``{statement}``: a proved equation or a definition in a line, linked to its home."""

    side = ""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            kind, tex = self.found()
        except Exception as refusal:  # as in StatementBox.run
            StatementDomain.of(self.env).note_fault(self.lineno, f"{self.name} {self.text}: {refusal}")
            return [], []
        return [linked(kind, self.text, printed(tex, self.text, self.env), self.env)], []

    def found(self) -> tuple[str, str]:
        """The kind of the statement of that name, and what is printed of it."""
        package = self.config.lossgrad_package
        definitions = library.definitions(package)
        if self.text in definitions:
            definition = library.stated(definitions[self.text])
            return "definition", latex(getattr(definition, self.side) if self.side else definition)
        proof = records.proof(self.text, package, Path(self.config.lossgrad_records))
        return "theorem", getattr(proof, self.side or "equation")


class Side(WholeStatement):
    """``{lhs}``, ``{rhs}``: one side of a statement, which names a thing and asserts nothing."""

    def __init__(self, side: str) -> None:
        self.side = side
