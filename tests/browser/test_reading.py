"""Reading the book with a keyboard, in the dark, without motion, without scripts, from a disk."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from browser.conftest import Visit
from browser.serving import BOOK
from browser.test_pages import HEAVIEST, LUMINANCES, WITHOUT_SIZE
from browser.watching import Watch

LINEAR = "derivation/linear.html"

FOCUSED = """() => {
    const it = document.activeElement;
    const marked = it.querySelector(".toctree-toggle") ?? it;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(marked);
    const box = marked.getBoundingClientRect();
    return {
        what: it.outerHTML.slice(0, 100),
        marked: (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none",
        seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        place: [...document.querySelectorAll("*")].indexOf(it),
    };
}"""

FONTS = """async () => {
    const fonts = [...document.fonts].filter(
        ({ family, style }) => /^"?(Mathematics|Text)"?$/.test(family) && style === "normal");
    await Promise.all(fonts.map((font) => font.load()));
    return fonts.map(({ family, status }) => `${family.replaceAll('"', "")} ${status}`).sort();
}"""

MOVING = """() => [...document.querySelectorAll("*")].filter((it) => {
    const { animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(it);
    const longest = Math.max(...`${animationDuration},${transitionDuration}`.split(",").map(parseFloat));
    return longest > 0.001 || scrollBehavior === "smooth";
}).map((it) => it.outerHTML.slice(0, 100))"""


def test_the_first_stop_skips_to_the_page(visit: Visit) -> None:
    page = visit(LINEAR)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('main, #main-content') !== null")


def test_the_focus_goes_through_a_page_in_order_and_is_seen(visit: Visit) -> None:
    page = visit(LINEAR, still=True)  # a link that slides into view is not seen at once
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
    assert [stop["what"] for stop in stops if not stop["marked"]] == []
    assert [stop["what"] for stop in stops if not stop["seen"]] == []
    assert [stop["place"] for stop in stops] == sorted(stop["place"] for stop in stops)


def test_a_box_opens_and_closes_by_keyboard(visit: Visit) -> None:
    page = visit(LINEAR)
    fold = page.locator(".theorem details:not([open])").first
    fold.evaluate("(it) => it.setAttribute('data-tried', '')")
    tried = page.locator("details[data-tried]")
    tried.locator("> summary").focus()
    page.keyboard.press("Enter")
    expect(tried).to_have_attribute("open", "")
    expect(tried.locator("math").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(tried).not_to_have_attribute("open", "")


def test_the_switch_chooses_between_light_and_dark_and_the_next_page_remembers(visit: Visit) -> None:
    page = visit(LINEAR, fresh=True)
    page.get_by_role("button", name="Color mode").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    ground, ink = page.evaluate(LUMINANCES)
    assert ground < 0.15 < 0.6 < ink
    page.locator("a.right-next").click()
    page.wait_for_load_state()
    assert not page.url.endswith(LINEAR)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_nothing_moves_for_a_reader_who_wants_no_motion(visit: Visit) -> None:
    assert visit(LINEAR, still=True).evaluate(MOVING) == []


def test_a_page_is_read_without_scripts(visit: Visit) -> None:
    page = visit(LINEAR, scripts=False)
    expect(page.locator(".theorem math").first).to_be_visible()
    expect(page.locator(".pst-js-only:visible")).to_have_count(0)


@pytest.mark.parametrize("address", ["index.html", LINEAR, HEAVIEST[0], "appendix/ledger.html"])
def test_the_book_is_read_from_a_disk(address: str, browser: Browser) -> None:
    """A font asked for early is refused there and said so, for it has no host; it is loaded when it is used."""
    with browser.new_context() as context:
        page = context.new_page()
        watch = Watch(page, "file:///")
        page.goto((BOOK / address).as_uri())
        assert page.evaluate(WITHOUT_SIZE) == []
        assert page.evaluate(FONTS) == ["Mathematics loaded", "Text loaded"]
        assert page.evaluate("() => getComputedStyle(document.body).fontFamily.startsWith('Text')")
        page.locator("a.right-next").click()
        page.wait_for_load_state()
        assert urlsplit(page.url).scheme == "file"
    assert [fault for fault in watch.faults if not re.search(r"fonts/(text|mathematics)\.woff2", fault)] == []
