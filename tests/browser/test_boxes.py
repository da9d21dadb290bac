"""A theorem's box opens by keyboard, without scripts, and on demand only."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

HOME = "derivation/linear.html"
BOX = "#theorem-linear-weight-gradient"


def test_the_folds_of_a_theorem_open_by_keyboard(visit: Callable[..., Page]) -> None:
    box = visit(HOME).locator(BOX)
    for fold, inside in (("theorem-code", "import torch"), ("theorem-evidence", "near misses refused")):
        details = box.locator(f"details.{fold}")
        expect(details.get_by_text(inside).first).to_be_hidden()
        details.locator("summary").focus()
        details.page.keyboard.press("Enter")
        expect(details.get_by_text(inside).first).to_be_visible()


def test_the_folds_open_without_scripts(visit: Callable[..., Page]) -> None:
    box = visit(HOME, scripts=False).locator(BOX)
    box.locator(".theorem-evidence > summary").click()
    expect(box.get_by_text("near misses refused")).to_be_visible()


def test_the_false_twins_lead_to_where_they_are_refuted(visit: Callable[..., Page]) -> None:
    page = visit(HOME)
    fold = page.locator(f"{BOX} details.theorem-evidence")
    fold.locator("summary").click()
    twins = fold.locator("a[href*='#refuted-']")
    assert twins.count() > 1
    twins.first.click()
    expect(page.locator(".refuted:target")).to_be_visible()


def test_paper_has_the_steps_of_a_proof_that_is_folded_on_the_screen(visit: Callable[..., Page]) -> None:
    page = visit(HOME)
    page.emulate_media(media="print")
    expect(page.locator(f"{BOX} .theorem-steps li").first).to_be_visible()
    expect(page.locator(f"{BOX} .theorem-code summary")).to_be_hidden()
