"""Cells of the built book that are made live: edited, run, stopped, and compared with what the page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Visit
from browser.serving import BOOK, PAGES

PATIENCE = 180_000  # milliseconds, for Python to start on a busy machine
RUN = re.compile(r'<div class="cell(?=[ "])(?! apart)(?![^"]*needs-)[^"]*"')
WITH_CELLS = [page for page in PAGES if RUN.search((BOOK / page).read_text(encoding="utf-8"))]
PROOFS = "appendix/contributing.html"

OUTPUTS = """cell => [...cell.querySelectorAll(".cell_output .output")].map(output => {
  const kinds = ["text_latex", "text_html", "text_plain", "stream", "stderr", "traceback"];
  const kind = kinds.find(name => output.classList.contains(name));
  if (kind === "text_latex") return [kind, output.querySelector("math").outerHTML];
  if (kind === "stream") return [kind, output.querySelector("pre").textContent.split(/\\s+/).join(" ").trim()];
  if (kind !== "text_html") return [kind, output.querySelector("pre").textContent.trimEnd()];
  const copy = output.cloneNode(true);
  copy.querySelectorAll("style").forEach(style => style.remove());
  return [kind, copy.innerHTML.trim()];
})"""
"""What a cell shows, without the frames around it; of a stream its words: MyST-NB drops space between chunks."""


PASTE = """(editor, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def make_live(page: Page) -> None:
    """Press the control, and wait for the editors."""
    page.locator("button.live-control").click()
    expect(page.locator(".cm-editor").first).to_be_visible(timeout=PATIENCE)


def cell_with(page: Page, text: str) -> Locator:
    """The one live cell whose editor holds a text."""
    return page.locator("div.cell", has=page.locator(".cm-content", has_text=text))


def run(cell: Locator, how: str = "ended") -> None:
    """Run a cell and wait until it has ended."""
    cell.get_by_role("button", name="Run", exact=True).click()
    expect(cell).to_have_attribute("data-live", how, timeout=PATIENCE)


def write(cell: Locator, text: str) -> None:
    """Put a text in the place of a cell's, as a reader pastes it."""
    content = cell.locator(".cm-content")
    content.press("ControlOrMeta+a")
    content.evaluate(PASTE, text)


@pytest.fixture
def live(visit: Visit) -> Iterator[Page]:
    """A page of proofs, live."""
    page = visit(PROOFS)
    make_live(page)
    yield page


@pytest.fixture
def first(live: Page) -> Locator:
    """Its first cell, which proves a theorem."""
    return live.locator("div.cell").first


def test_nothing_is_loaded_before_the_reader_asks(visit: Visit) -> None:
    page = visit(PROOFS, fresh=True)
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map(entry => entry.name)")
    assert not [address for address in loaded if "/_static/live/" in address]


def test_pages_without_live_cells_have_no_part_of_them(visit: Visit) -> None:
    page = visit("appendix/ledger.html")
    expect(page.locator("button.live-control")).to_have_count(0)
    assert page.evaluate(
        "() => [...document.scripts, ...document.querySelectorAll('link')].every(it => !/live/.test(it.src + it.href))"
    )


def test_an_edited_cell_shows_what_it_says_now(first: Locator) -> None:
    write(first, "print(6 * 7)")
    run(first)
    expect(first.locator(".cell_output")).to_have_text("42")
    first.get_by_role("button", name="Reset").click()
    expect(first.locator(".cm-content")).to_contain_text("ridge_gradient")


def test_a_theorem_whose_sign_is_broken_is_refuted(first: Locator) -> None:
    run(first)
    expect(first.locator(".cell_output math")).to_be_visible()
    write(first, first.locator(".cm-content").inner_text().replace("lambda_ * W)", "-lambda_ * W)"))
    run(first, "failed")
    expect(first.locator(".traceback")).to_contain_text("right up to sign")


def test_later_cells_know_what_earlier_ones_defined(live: Page, first: Locator) -> None:
    later = cell_with(live, "proof.scope, proof.hypotheses")
    run(later, "failed")
    later.get_by_role("button", name="Run all above").last.click()
    expect(first).to_have_attribute("data-live", "ended", timeout=PATIENCE)
    run(later)
    expect(later.locator(".cell_output")).to_have_text("('every C, D', ())")


def test_a_runaway_cell_is_stopped_and_python_is_there_again(first: Locator) -> None:
    write(first, "while True: pass")
    first.locator(".cm-content").press("Shift+Enter")
    expect(first).to_have_attribute("data-live", "running", timeout=PATIENCE)
    first.get_by_role("button", name="Stop").click()
    expect(first.locator(".live-note")).to_contain_text("what the cells had defined is gone")
    write(first, "print('again')")
    run(first)
    expect(first.locator(".cell_output")).to_have_text("again")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = = 1", "SyntaxError: invalid syntax"),
        ("x = [0] * 10**9", "Python has no more memory for this page"),
        ("def f(): f()\nf()", "RecursionError"),
        ("raise SystemExit", "SystemExit"),
        ("import numpy", "No module named 'numpy'"),
    ],
)
def test_what_fails_says_why_in_place(shared: Locator, text: str, said: str) -> None:
    write(shared, text)
    run(shared, "failed")
    expect(shared.locator(".traceback")).to_contain_text(said)
    write(shared, "print('still here')")
    run(shared)
    expect(shared.locator(".cell_output")).to_have_text("still here")


def test_a_huge_output_is_cut(shared: Locator) -> None:
    write(shared, "for n in range(100000): print('x' * 100)")
    run(shared)
    expect(shared.locator(".live-note")).to_contain_text(
        "The output is longer than the 200,000 characters that are shown"
    )
    assert len(shared.locator(".cell_output").inner_text()) < 210_000


@pytest.fixture(scope="module")
def shared(contexts: Any, site: str) -> Iterator[Locator]:
    """The first cell of a page that tests share which leave Python as it was."""
    page = contexts(phone=False, dark=False, still=False, scripts=True).new_page()
    page.goto(site + PROOFS)
    make_live(page)
    yield page.locator("div.cell").first
    page.close()


def test_the_keyboard_writes_runs_and_leaves(shared: Locator) -> None:
    write(shared, "if True:")
    content = shared.locator(".cm-content")
    content.press("End")
    content.press("Enter")
    content.press_sequentially("print('indented')")
    content.press("Control+Enter")
    expect(shared.locator(".cell_output")).to_have_text("indented", timeout=PATIENCE)
    content.press("Control+z")
    expect(content).not_to_contain_text("print('indented')")
    content.press("Escape")
    content.press("Tab")
    expect(shared.get_by_role("button", name="Run", exact=True)).to_be_focused()


@pytest.mark.parametrize(
    ("missing", "said"),
    [("WebAssembly", "This browser has no WebAssembly"), ("Worker", "This browser has no web workers")],
)
def test_a_browser_that_cannot_is_told(visit: Visit, missing: str, said: str) -> None:
    page = visit(PROOFS)
    page.evaluate(f"() => {{ delete window.{missing}; }}")
    page.locator("button.live-control").click()
    expect(page.locator(".live-obstacle")).to_contain_text(said)
    expect(page.locator("div.cell pre").first).to_be_visible()


def test_from_a_file_the_page_says_that_it_takes_a_server(browser: Any) -> None:
    page = browser.new_page()
    page.goto((BOOK / PROOFS).as_uri())
    page.locator("button.live-control").click()
    expect(page.locator(".live-obstacle")).to_contain_text("Cells are live when the book is read from a server")
    page.close()


@pytest.mark.parametrize("address", WITH_CELLS)
def test_live_cells_show_what_the_built_page_shows(visit: Visit, address: str) -> None:
    page = visit(address)
    cells = page.locator("div.cell:not(.apart):not([class*=needs-])")
    built = [cell.evaluate(OUTPUTS) for cell in cells.all()]
    make_live(page)
    page.locator("button.live-control").click()
    expect(cells.last).to_have_attribute("data-live", re.compile("ended|failed|not"), timeout=PATIENCE)
    page.wait_for_function("() => !document.querySelector('.output.text_latex:not(.math)')")
    assert [cell.evaluate(OUTPUTS) for cell in cells.all()] == built
