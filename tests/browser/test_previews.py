"""A reference shows what it leads to, to who points at it or comes to it with the Tab key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.serving import BOOK

FROM = "appendix/settled.html"
REFERENCE = ".bd-article a[href$='#theorem-linear-weight-gradient']"


def test_a_reference_that_has_the_focus_shows_its_theorem_until_escape(visit: Callable[..., Page]) -> None:
    page = visit(FROM)
    reference = page.locator(REFERENCE).first
    page.keyboard.press("Tab")
    reference.focus()
    preview = page.get_by_role("tooltip")
    expect(preview).to_contain_text("The gradient by the weights")
    expect(preview.locator("math").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    expect(reference).to_be_focused()


def test_a_preview_that_was_pointed_at_stays_while_the_pointer_is_on_it(visit: Callable[..., Page]) -> None:
    page = visit(FROM)
    page.locator(REFERENCE).first.hover()
    preview = page.get_by_role("tooltip")
    expect(preview).to_be_visible()
    preview.hover()
    page.wait_for_function("performance.now() > 0")
    expect(preview).to_be_visible()
    page.mouse.move(2, 2)
    expect(preview).to_be_hidden()


def test_a_preview_moves_nothing_and_repeats_no_id(visit: Callable[..., Page]) -> None:
    page = visit(FROM)
    reference = page.locator(REFERENCE).first
    reference.scroll_into_view_if_needed()
    before = reference.bounding_box()
    reference.hover()
    preview = page.get_by_role("tooltip")
    expect(preview).to_be_visible()
    assert reference.bounding_box() == before
    assert preview.locator("[id], a, button, [tabindex]").count() == 0


def test_a_letter_shows_its_entry_and_is_no_stop_of_the_tab_key(visit: Callable[..., Page]) -> None:
    page = visit("derivation/linear.html")
    letter = page.locator("[data-symbol='W']").first
    letter.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("weights")
    assert letter.get_attribute("tabindex") is None


def test_the_letters_of_a_page_are_listed_with_links_to_the_notation(visit: Callable[..., Page]) -> None:
    page = visit("derivation/linear.html")
    page.locator(".page-symbols > summary").click()
    page.locator(".page-symbols a[href$='#symbol-W']").click()
    expect(page.locator("tr:target")).to_contain_text("weights")


@pytest.mark.pages("index.html", "derivation/linear.html", "catalogue/normalization.html")
def test_every_marked_letter_has_an_entry(desktop: Page) -> None:
    marked = set(desktop.locator("[data-symbol]").evaluate_all("all => all.map(e => e.dataset.symbol)"))
    entries = desktop.locator(".page-symbols a").evaluate_all("all => all.map(a => a.hash.slice(8))")
    assert marked == set(entries)


def test_opened_from_disk_a_reference_is_a_link_all_the_same(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(Path(BOOK, FROM).as_uri())
        page.locator(REFERENCE).first.hover()
        page.locator(REFERENCE).first.click()
        expect(page.locator(".theorem:target")).to_be_visible()
