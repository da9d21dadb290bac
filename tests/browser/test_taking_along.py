"""Searching the book, and what is taken along: notebooks, the package, the cheat sheet."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin
from zipfile import ZipFile

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from lossgrad.book.take_along import FOLDER, wheel_name

Visit = Callable[..., Page]


@pytest.mark.parametrize("query", ["weight_gradient", "linear.weight_gradient", "weight gradient", "Weight Gradients"])
def test_a_theorem_is_found_by_its_name(visit: Visit, query: str) -> None:
    page = visit(f"search.html?q={query}")
    first = page.locator("#search-results .hit").first
    expect(first).to_contain_text("linear.weight_gradient")
    expect(first.locator(".hit-kind")).to_have_text("Theorem")


def test_a_theorem_is_found_by_the_words_of_its_statement(visit: Visit) -> None:
    page = visit("search.html?q=data transposed")
    expect(page.locator("#search-results .hit").first).to_contain_text("times the data transposed")


def test_a_hit_leads_to_its_box(visit: Visit) -> None:
    page = visit("search.html?q=linear.weight_gradient")
    page.locator("#search-results .hit-title").first.click()
    expect(page.locator("#theorem-linear-weight-gradient")).to_be_in_viewport()


def test_a_search_is_made_from_the_field_of_any_page(visit: Visit) -> None:
    page = visit("catalogue/attention.html")
    page.keyboard.press("Control+k")
    page.locator("dialog input[type=search]").fill("hinge")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results .hit").first).to_contain_text("inge")


def test_the_rest_of_many_hits_is_asked_for(visit: Visit) -> None:
    page = visit("search.html?q=gradient")
    statements = page.locator("section.hits").first
    expect(statements.locator(".hit")).to_have_count(8)
    statements.locator(".hits-more").click()
    assert statements.locator(".hit").count() > 50


def test_nothing_found_is_said(visit: Visit) -> None:
    page = visit("search.html?q=zyzzyva")
    expect(page.get_by_role("status").and_(page.locator(".search-summary"))).to_contain_text("Nothing")


def test_results_fit_a_phone(visit: Visit) -> None:
    page = visit("search.html?q=linear.weight_gradient_entry", phone=True)
    expect(page.locator("#search-results .hit").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_each_page_has_its_notebook_in_the_menu(visit: Visit, site: str) -> None:
    page = visit("derivation/linear.html")
    link = page.locator("a.btn-download-notebook-button").first.get_attribute("href")
    assert link is not None
    answer = page.request.get(urljoin(f"{site}derivation/linear.html", link))
    notebook = nbformat.reads(answer.text(), as_version=4)
    nbformat.validate(notebook)
    assert any("linear.weight_gradient" in cell.source for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("name", ["derivation/linear", "appendix/take-along"])
def test_a_notebook_runs_in_a_fresh_kernel(visit: Visit, site: str, tmp_path: Path, name: str) -> None:
    page = visit(f"{name}.html")
    notebook = nbformat.reads(page.request.get(f"{site}{name}.ipynb").text(), as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any(cell.outputs for cell in notebook.cells if cell.cell_type == "code")


def test_the_site_carries_the_package(visit: Visit, site: str) -> None:
    page = visit("appendix/take-along.html")
    expect(page.get_by_role("link", name="The package, as a wheel")).to_be_visible()
    wheel = ZipFile(BytesIO(page.request.get(f"{site}{FOLDER}/{wheel_name()}").body()))
    assert "lossgrad/theorems/linear.py" in wheel.namelist()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_cheat_sheet_prints_on_two_pages(visit: Visit, paper: str) -> None:
    page = visit("appendix/cheat-sheet.html")
    assert len(PdfReader(BytesIO(page.pdf(format=paper))).pages) == 2


def test_no_formula_of_the_cheat_sheet_is_wider_than_its_column(visit: Visit) -> None:
    page = visit("appendix/cheat-sheet.html")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 755, "height": 1000})  # what A4 leaves between its margins
    wide = page.evaluate(
        """() => [...document.querySelectorAll(".sheet-formula")]
                 .filter((line) => line.scrollWidth > line.clientWidth + 1).map((line) => line.textContent)"""
    )
    assert wide == []
