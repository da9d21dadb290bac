"""A reader's own claims and answers: filled in by an address, judged by the prover, kept by the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Visit
from browser.test_live import PATIENCE, make_live, run, write


def editor_of(page: Page) -> Locator:
    """The editor of the page on proving."""
    return page.locator(".prove .cell")


def verdict(cell: Locator) -> Locator:
    """What the prover says of it."""
    return cell.locator(".verdict strong").first


def test_a_claim_is_proved_with_its_steps_and_a_false_one_refuted(visit: Visit) -> None:
    page = visit("prove.html")
    page.get_by_role("button", name="Edit and prove").click()
    cell = editor_of(page)
    expect(cell.locator(".cm-editor")).to_be_visible(timeout=PATIENCE)
    run(cell)
    expect(verdict(cell)).to_have_text("Proof")
    expect(cell.locator("math").last).to_contain_text("chain rule")
    write(cell, "from lossgrad import *\nfrom lossgrad.notation import *\nequation(gradient(L(W*X), W), W)")
    run(cell)
    expect(verdict(cell)).to_have_text("Refuted")
    expect(cell.locator(".text_plain")).to_contain_text("left side")


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("theorem=linear.data_gradient", "equation(gradient(L(W*X), X), W.T*L.gradient(W*X))"),
        ("false=linear.bias_gradient", "equation("),
        ("refuted=source.e8", 'S = MatrixSymbol("S", 3, 3)'),
    ],
)
def test_an_address_fills_the_editor_and_runs_nothing(visit: Visit, address: str, text: str) -> None:
    page = visit(f"prove.html#{address}")
    expect(editor_of(page).locator("pre")).to_contain_text(text)
    expect(page.locator(".cm-editor")).to_have_count(0)


def test_a_text_is_shared_by_its_address(visit: Visit) -> None:
    page = visit("prove.html")
    make_live(page)
    write(editor_of(page), "# a claim of mine: ∇L\n1 + 1")
    page.get_by_role("button", name="Put it in the address").click()
    page.wait_for_url("**/prove.html#code=*")
    other = visit(page.url.partition("/book/")[2])
    expect(editor_of(other).locator("pre")).to_have_text("# a claim of mine: ∇L\n1 + 1\n")
    expect(other.locator(".prove .live-note")).to_contain_text("Read it before you run it")


@pytest.mark.parametrize(
    ("address", "said"),
    [("code=!!", "cannot be read"), ("theorem=nothing.here", "has no statement named nothing.here")],
)
def test_an_address_that_says_nothing_is_told(visit: Visit, address: str, said: str) -> None:
    expect(visit(f"prove.html#{address}").locator(".prove .live-note")).to_contain_text(said)


def test_every_box_leads_to_the_editor_with_its_statement(visit: Visit) -> None:
    page = visit("derivation/linear.html")
    links = page.locator(".theorem a[href*='prove.html#theorem='], .theorem a[href*='prove.html#false=']")
    assert links.count() == 2 * page.locator("div.theorem").count() > 0


def test_answers_are_graded_and_survive_a_reload(visit: Visit) -> None:
    page = visit("derivation/exercises.html", fresh=True)
    make_live(page)
    cell = page.locator(".exercise .cell").first
    asked = cell.evaluate("cell => cell.live.text")
    write(cell, asked.replace("answer = ...", "answer = L.gradient(W*X)*X"))
    run(cell)
    expect(verdict(cell)).to_have_text("Malformed")
    write(cell, asked.replace("answer = ...", "answer = -L.gradient(W*X)*X.T"))
    run(cell)
    expect(verdict(cell)).to_have_text("Refuted")
    right = asked.replace("answer = ...", "answer = (X*L.gradient(W*X).T).T")
    write(cell, right)
    run(cell)
    expect(verdict(cell)).to_have_text("Proof")
    page.reload()
    make_live(page)
    assert page.locator(".exercise .cell").first.evaluate("cell => cell.live.text") == right


def test_without_storage_an_answer_is_graded_and_the_page_says_that_it_is_not_kept(visit: Visit) -> None:
    page = visit("practice/exercises.html")
    page.evaluate("() => Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('off'); } })")
    make_live(page)
    expect(page.locator(".exercise .live-note").first).to_contain_text("keeps nothing for this page")


def test_exercises_are_readable_without_scripts(visit: Visit) -> None:
    page = visit("derivation/exercises.html", scripts=False)
    for fold in page.locator(".exercise details.exercise-fold").all():
        fold.locator("summary").first.click()
        expect(fold.locator("p:visible").last).to_be_visible()
    expect(page.locator("button.live-control")).to_be_hidden()
