"""Everyone can use the book: axe finds nothing wrong, and equations reach a screen reader as mathematics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from browser.conftest import Visit

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

RUN = """async ([leave, rules]) => {
    const closed = [...document.querySelectorAll("details:not([open])")];
    for (const fold of closed) fold.open = true;
    const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
    const where = { exclude: leave ? [...document.querySelectorAll("math")].filter((it) => !it.closest("th")) : [] };
    const { violations } = await axe.run(where, { ...only, resultTypes: ["violations"], elementRef: false });
    for (const fold of closed) fold.open = false;
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 5).map(
        ({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`));
}"""

COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that ask for colours; what the others ask is the same in the light and in the dark."""


def violations(page: Page, *rules: str, formulas: bool = False) -> list[str]:
    """What axe finds on a page, all its folds open, by the rules that it applies unasked, or by these.

    It looks into formulas only if it is told to: that takes most of its time, and they are alike on all pages. It then
    looks into those as well that are the whole of a table's head, which would seem empty.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return list(page.evaluate(RUN, [not formulas, rules]))


def test_axe_finds_no_violation_in_the_light(desktop: Page) -> None:
    assert violations(desktop) == []


def test_axe_finds_no_violation_in_the_dark(dark: Page) -> None:
    assert violations(dark, *COLOURS) == []


@pytest.mark.pages("index.html", "derivation/linear.html", "practice/iris.html", "search.html")
def test_axe_finds_no_violation_on_a_phone_and_in_formulas(phone: Page) -> None:
    assert violations(phone, formulas=True) == []


@pytest.mark.pages("derivation/linear.html")
def test_axe_finds_no_violation_in_formulas_in_the_dark(dark: Page) -> None:
    assert violations(dark, *COLOURS, formulas=True) == []


def test_axe_finds_what_is_wrong(visit: Visit) -> None:
    page = visit("index.html")
    page.evaluate("() => document.querySelector('article').append(document.createElement('button'))")
    assert [found.partition(":")[0] for found in violations(page)] == ["button-name"]


def test_a_screen_reader_is_told_an_equation_as_mathematics(visit: Visit) -> None:
    page = visit("derivation/linear.html")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    nodes = {node["nodeId"]: node for node in tree}

    def below(node: dict[str, Any]) -> list[dict[str, Any]]:
        return [node, *(found for child in node["childIds"] if child in nodes for found in below(nodes[child]))]

    named = [node for node in tree if node.get("name", {}).get("value", "").startswith("Equation ")]
    equations = [node for node in named if node["role"]["value"] == "group"]
    assert len(equations) == page.locator(".equation[aria-label^='Equation ']:visible").count() > 0
    for equation in equations:
        parts = below(equation)
        roles = {part["role"]["value"] for part in parts}
        letters = "".join(part["name"]["value"] for part in parts if part["role"]["value"] == "StaticText")
        assert {"MathMLMath", "MathMLIdentifier", "MathMLOperator"} <= roles
        assert "=" in letters
