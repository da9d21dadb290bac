"""The table of the catalogue's rules, made from `lossgrad.lookup`.

    ```{look-up}
    ```

A line a rule: its number, what it is about, the equation of the theorem that states it, and links to all its theorems.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from lossgrad import library
from lossgrad.book import records
from lossgrad.book.directives import linked
from lossgrad.book.domain import StatementDomain
from lossgrad.book.source_tables import tabulated
from lossgrad.lookup import Rule, rules


def setup(app: Sphinx) -> None:
    """Register the directive, and how its table looks."""
    app.add_css_file("lookup.css")
    app.add_directive("look-up", LookUpTable)


class LookUpTable(SphinxDirective):
    """``{look-up}``: the rules, or those of one group."""

    option_spec: ClassVar[OptionSpec] = {"group": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        wanted = self.options.get("group")
        tables = [self.table(rows) for group, rows in groupby(rules(), lambda rule: rule.group) if group == wanted]
        if not tables:
            StatementDomain.of(self.env).note_fault(self.lineno, f"look-up: no group of rules is called {wanted!r}")
        return list(tables)

    def table(self, rows: Iterator[Rule]) -> nodes.table:
        """The table of a group."""
        return tabulated("look-up", ("No.", "Rule, and its theorems"), (8, 92), [self.line(rule) for rule in rows])

    def line(self, rule: Rule) -> list[list[nodes.Node]]:
        leading, *others = rule.theorems
        about = nodes.paragraph("", "", self.link(leading, rule.about), classes=["rule-about"])
        listed = nodes.paragraph("", "", self.link(leading), classes=["rule-theorems"])
        for name in others:
            listed += [nodes.Text(", "), self.link(name)]
        return [[nodes.paragraph("", str(rule.number))], [about, self.formula(leading), listed]]

    def formula(self, name: str) -> nodes.math_block:
        """The equation of a theorem, without a number."""
        tex = records.proof(name, self.config.lossgrad_package, Path(self.config.lossgrad_records)).equation
        StatementDomain.of(self.env).note_printed("look-up", tex)
        block = nodes.math_block(tex, tex, nowrap=False, number=None, printed_from=name)
        self.set_source_info(block)
        return block

    def link(self, name: str, words: str = "") -> nodes.Element:
        """A link to a theorem's home, by its title where no words are given."""
        return linked("theorem", name, nodes.inline("", words or library.title(name)), self.env)
