"""The opening page says on one screen what the book is, shows the core theorem with its proof, and lets one choose."""

from __future__ import annotations

from playwright.sync_api import expect

from browser.conftest import Visit

WAYS = ["Derive", "Look up", "Check mine", "Run it"]


def test_one_screen_holds_the_theorem_and_the_four_ways(visit: Visit) -> None:
    page = visit("index.html")
    for part in (page.locator("h1:visible"), *page.locator(".theorem").all(), page.locator("ul.ways")):
        expect(part).to_be_in_viewport(ratio=1)
    assert page.locator("ul.ways a").all_inner_texts() == WAYS


def test_the_proof_is_one_fold_away(visit: Visit) -> None:
    page = visit("index.html")
    step = page.locator(".theorem .theorem-chain > li").first
    expect(step).to_be_hidden()
    page.locator(".theorem summary").first.press("Enter")
    expect(step).to_be_visible()


def test_a_phone_shows_the_same_in_the_same_order(visit: Visit) -> None:
    page = visit("index.html", phone=True)
    parts = [page.locator("h1:visible"), *page.locator(".theorem").all(), *page.locator("ul.ways > li").all()]
    tops = [box["y"] for part in parts if (box := part.bounding_box())]
    assert len(tops) == len(parts) == 7
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
