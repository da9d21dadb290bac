"""Every page arrives whole."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_every_page_opens_without_a_fault(desktop: Page) -> None:
    expect(desktop.locator("h1:visible").first).to_be_visible()
