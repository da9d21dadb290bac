"""Every page arrives whole, its mathematics with it, on a desktop, on a phone and in the dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Visit
from browser.serving import BOOK, PAGES

HEAVIEST = sorted(PAGES, key=lambda page: -(BOOK / page).stat().st_size)[:3]

WITHOUT_SIZE = """() => [...document.querySelectorAll("math")]
    .filter((math) => math.checkVisibility())
    .filter((math) => { const box = math.getBoundingClientRect(); return !(box.width > 0 && box.height > 0); })
    .map((math) => math.textContent.trim())"""

WIDER = """() => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    const page = document.documentElement;
    return [...document.querySelectorAll("body *")]
        .filter((it) => page.scrollWidth > page.clientWidth && it.getBoundingClientRect().right > page.clientWidth)
        .map((it) => it.outerHTML.slice(0, 120))
        .slice(0, 5);
}"""

LUMINANCES = """() => {
    const luminance = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const { backgroundColor, color } = getComputedStyle(document.body);
    return [luminance(backgroundColor), luminance(color)];
}"""

SHIFT = """() => new Promise((resolve) => {
    let shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(shift)));
})"""


def test_every_page_opens_without_a_fault(desktop: Page) -> None:
    expect(desktop.locator("h1:visible").first).to_be_visible()


def test_mathematics_is_displayed(desktop: Page) -> None:
    assert desktop.evaluate(WITHOUT_SIZE) == []
    if desktop.locator("math:visible").count():
        assert desktop.evaluate("() => document.fonts.check('1em Mathematics')")


def test_no_page_is_wider_than_a_phone(phone: Page) -> None:
    assert phone.evaluate(WIDER) == []


def test_a_reader_who_prefers_dark_reads_light_on_dark(dark: Page) -> None:
    ground, ink = dark.evaluate(LUMINANCES)
    assert ground < 0.15 < 0.6 < ink


@pytest.mark.parametrize("screen", ["desktop", "phone"])
@pytest.mark.parametrize("page", HEAVIEST)
def test_nothing_moves_on_a_first_visit(page: str, screen: str, visit: Visit) -> None:
    assert visit(page, phone=screen == "phone", fresh=True).evaluate(SHIFT) <= 0.02
