"""The rules of the kernel as a page shows them, printed from `lossgrad.rules`.

    ```{kernel-rules} Deltas
    ```
    ```{kernel-conditions}
    ```

The first prints a group of rules: each with its name, its equation, its side condition and the functions that apply it.
The second prints what decides the side conditions. A group that is not printed on any page is a fault of the book's
tests, not of the page.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sympy import And, true

from lossgrad.book.directives import Division, StatementBox
from lossgrad.book.domain import Shown, StatementDomain
from lossgrad.printing import latex, python
from lossgrad.rules import DECISIONS, RULES, Rule


def setup(app: Sphinx) -> None:
    """Register the two directives, and how the rules look."""
    app.add_css_file("rules.css")
    app.add_directive("kernel-rules", RulesOfGroup)
    app.add_directive("kernel-conditions", Conditions)


class RulesOfGroup(StatementBox):
    """``{kernel-rules}``: the rules of one group, in a list."""

    kind = "rule"
    final_argument_whitespace = True

    @property
    def shown(self) -> Shown:
        return Shown(self.kind, "lossgrad.rules", self.lineno)

    def run(self) -> list[nodes.Node]:
        group = self.arguments[0]
        if group not in RULES:
            fault = f"no group of rules is called {group!r}: there are {', '.join(RULES)}"
            StatementDomain.of(self.env).note_fault(self.lineno, fault)
            return []
        return [Division("", *map(self.rule, RULES[group]), classes=["kernel-rules"])]

    def rule(self, rule: Rule) -> Division:
        name = nodes.paragraph("", f"{rule.name}.", classes=["kernel-rule-name"])
        formula = self.formula(latex(rule.statement), "rule", python(rule.statement))
        return Division("", name, formula, *self.condition(rule), applied_by(rule), classes=["kernel-rule"])

    def condition(self, rule: Rule) -> list[nodes.Node]:
        """Where the rule holds, and how that is known."""
        where: list[nodes.Node] = []
        if rule.condition != true:
            conditions = sorted(And.make_args(rule.condition), key=str)
            where = [nodes.Text("Where "), *self.in_line(map(latex, conditions)), nodes.Text(". ")]
        if not where and not rule.known:
            return []
        return [nodes.paragraph("", "", *where, nodes.Text(rule.known), classes=["kernel-rule-condition"])]


def applied_by(rule: Rule) -> nodes.paragraph:
    """The functions of the kernel that apply a rule."""
    named = [nodes.literal("", path) for path in rule.applied_by]
    parts: list[Any] = [nodes.Text("Applied by ")]
    for place, path in enumerate(named):
        parts += [nodes.Text(", ")] if place else []
        parts.append(path)
    return nodes.paragraph("", "", *parts, nodes.Text("."), classes=["kernel-rule-source"])


class Conditions(StatementBox):
    """``{kernel-conditions}``: what decides the side conditions, each function with how."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        decided = nodes.definition_list(classes=["kernel-conditions"])
        for path, how in DECISIONS.items():
            term = nodes.term("", "", nodes.literal("", path))
            decided += nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph("", how)))
        return [decided]
