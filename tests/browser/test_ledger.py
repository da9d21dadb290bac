"""The ledger is filtered by words and sorted by a column, by keyboard too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

LEDGER = "appendix/ledger.html"


def test_the_ledger_is_filtered_by_words_in_any_order(visit: Callable[..., Page]) -> None:
    page = visit(LEDGER)
    rows = page.locator("table.ledger tbody tr:visible")
    whole = rows.count()
    page.get_by_label("Rows with").fill("gradient attention")
    assert 0 < rows.count() < whole
    assert all("attention" in text.lower() and "gradient" in text.lower() for text in rows.all_text_contents())
    expect(page.locator(".ledger-filter output")).to_have_text(f"{rows.count()} of {whole}")


def test_the_ledger_is_sorted_by_keyboard_both_ways(visit: Callable[..., Page]) -> None:
    page = visit(LEDGER)
    cells = page.locator("table.ledger tbody td:nth-child(5)")
    cells.nth(7).evaluate("cell => cell.textContent = 'not measured'")
    head = page.get_by_role("button", name="Seconds")
    for order, backwards in (("ascending", False), ("descending", True)):
        head.focus()
        page.keyboard.press("Enter")
        expect(page.locator("table.ledger th[aria-sort]")).to_have_attribute("aria-sort", order)
        found = cells.all_text_contents()
        assert found[-1] == "not measured"
        seconds = [float(text) for text in found if text != "not measured"]
        assert len(seconds) > 1
        assert seconds == sorted(seconds, reverse=backwards)


def test_the_heads_of_the_ledger_stay_in_view(visit: Callable[..., Page]) -> None:
    page = visit(LEDGER)
    box = page.locator(".pst-scrollable-table-container:has(table.ledger)")
    box.evaluate("e => e.scrollTo(0, 4000)")
    expect(page.get_by_role("button", name="Holds for")).to_be_visible()
    head, outer = page.locator("table.ledger thead th").first.bounding_box(), box.bounding_box()
    assert head is not None and outer is not None
    assert abs(head["y"] - outer["y"]) <= 1


@pytest.mark.pages(LEDGER)
def test_no_column_of_the_ledger_is_narrower_than_its_words(desktop: Page) -> None:
    narrow = "td => td.scrollWidth > td.clientWidth + 1 && getComputedStyle(td).overflowX !== 'auto'"
    assert desktop.locator("table.ledger td").evaluate_all(f"all => all.filter({narrow}).length") == 0
