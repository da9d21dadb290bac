"""Equations can be copied, by pointer, by keyboard and by touch, and what a reader copies is what the page shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lossgrad.printing import latex, python
from lossgrad.theorems import linear

HOME = "derivation/linear.html"
EQUATION = "#theorem-linear-weight-gradient > div.math"


def copied(page: Page) -> str:
    """What is on the clipboard."""
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def opened(visit: Callable[..., Page], address: str = HOME, **kind: bool) -> Page:
    """A page, by default the home of the core theorem, that may use the clipboard."""
    page = visit(address, **kind)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


def test_an_equation_is_copied_by_keyboard_as_latex_and_as_sympy(visit: Callable[..., Page]) -> None:
    page = opened(visit)
    page.locator(f"{EQUATION} > .equation").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".equation-said")).to_have_text("Copied")
    assert copied(page) == latex(linear.weight_gradient())
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy as SymPy")).to_have_text("Copied")
    assert copied(page) == python(linear.weight_gradient())


def test_the_buttons_are_seen_when_an_equation_is_pointed_at_and_nothing_moves(visit: Callable[..., Page]) -> None:
    page = opened(visit)
    box = page.locator(EQUATION)
    box.scroll_into_view_if_needed()
    before = box.bounding_box()
    assert box.get_by_role("button").count() == 0
    box.hover()
    expect(box.locator(".equation-tools")).to_have_css("opacity", "1")
    assert box.bounding_box() == before
    box.get_by_role("button", name="Copy as LaTeX").click()
    expect(page.locator(".equation-said")).to_have_text("Copied")
    assert copied(page) == latex(linear.weight_gradient())


def test_a_touch_screen_always_has_the_buttons(visit: Callable[..., Page]) -> None:
    page = opened(visit, phone=True)
    box = page.locator(EQUATION)
    expect(box.locator(".equation-tools")).to_have_css("opacity", "1")
    box.get_by_role("button", name="Copy as SymPy").tap()
    expect(page.locator(".equation-said")).to_have_text("Copied")
    assert copied(page) == python(linear.weight_gradient())


def test_an_equation_that_a_cell_printed_is_copied_as_latex(visit: Callable[..., Page]) -> None:
    page = opened(visit, "derivation/setting.html")
    box = page.locator(".cell_output div.math").first
    box.hover()
    expect(box.get_by_role("button")).to_have_count(1)
    box.get_by_role("button", name="Copy as LaTeX").click()
    expect(page.locator(".equation-said")).to_have_text("Copied")
    assert copied(page) == (box.locator("annotation").text_content() or "").removeprefix(r"\displaystyle ")


def test_without_scripts_there_is_no_dead_button(visit: Callable[..., Page]) -> None:
    page = visit(HOME, scripts=False)
    page.locator(EQUATION).hover()
    assert page.locator(".equation-tools").count() == 0


def test_every_equation_of_a_box_at_home_has_its_number_and_its_link(visit: Callable[..., Page]) -> None:
    page = visit(HOME)
    boxes = page.locator(":is(.theorem, .definition, .refuted)[id] > div.math")
    assert boxes.count() > 10
    assert boxes.locator("> .eqno a.headerlink[href^='#equation-']").count() == boxes.count()
    assert boxes.locator("> .equation[data-sympy]").count() == boxes.count()


def test_a_wide_equation_scrolls_in_its_own_box(phone: Page) -> None:
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    spilt = "e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'auto'"
    assert phone.locator("div.math > .equation").evaluate_all(f"all => all.filter({spilt}).length") == 0


@pytest.mark.pages("catalogue/normalization.html", "derivation/setting.html", "appendix/how-it-is-checked.html")
def test_all_mathematics_of_cell_outputs_is_mathml(desktop: Page) -> None:
    outputs = desktop.locator(".cell_output :is(div.math, span.math)")
    assert outputs.count() == desktop.locator(".cell_output :is(div.math, span.math):has(math annotation)").count() > 0
    assert (
        desktop.locator(".cell_output img[src*='math'], .cell_output .MathJax, .cell_output code.broken").count() == 0
    )
