"""What goes wrong on a page fails the test that opened it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.serving import serving
from browser.watching import opened
from lossgrad.book.pages import policy

FAULTS = {
    "an error on the console": ("<script>console.error('Alas')</script>", "on the console: Alas"),
    "an error of a script": ("<script>nobody()</script>", "a script raised nobody is not defined"),
    "a file that is not there": ("<img src='gone.png' alt=''>", "gone.png answered 404"),
    "another host": ("<img src='http://localhost:1/x.png' alt=''>", "http://localhost:1/x.png was requested"),
    "a handler in an attribute": ("<button onclick='print()'>Print</button>", "Executing inline event handler"),
    "a style in an attribute": ("<p style='color: red'>Red</p>", "Applying inline style violates"),
    "a file from the root": ("<script src='/page.js'></script>", "/page.js answered 404"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_page_fails_its_test(fault: str, browser: Browser, tmp_path: Path) -> None:
    body, said = FAULTS[fault]
    page = f"<!DOCTYPE html><title>A page</title><link rel=icon href=data:,>{body}"
    (tmp_path / "index.html").write_text(page)
    with (
        serving(tmp_path, policy([page])) as site,
        browser.new_context() as context,
        pytest.raises(AssertionError, match=said),
        opened(context, f"{site}index.html"),
    ):
        pass
