"""A page carries a policy of its own, a description, and nothing that the policy could not name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docutils import nodes

from lossgrad.book.pages import HEADERS, amended, description, hashed
from small_book import SmallBook

BRIDGE = 'template_bridge = "lossgrad.book.pages.Templates"\n'


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    book = SmallBook(tmp_path, monkeypatch)
    book.conf.write_text(book.conf.read_text() + BRIDGE)
    return book


def section(*paragraphs: str) -> nodes.document:
    page = nodes.document(None, None)  # type: ignore[arg-type]  # settings and reporter are not asked
    page += nodes.section("", nodes.title("", "A title"), *(nodes.paragraph("", text) for text in paragraphs))
    return page


def test_a_built_page_carries_its_policy_and_its_description(book: SmallBook) -> None:
    book.page("```{raw} html\n<script>show()</script>\n```\n")
    book.build("html", warnings=True)  # of what its theme, another than the book's, has in attributes
    page = (book.root / "build/html/index.html").read_text()
    found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)
    assert found is not None
    assert hashed("show()") in found[1]
    assert '<meta name="description" content="The product is A B.">' in page
    assert hashed("show()") in (book.root / "build/html" / HEADERS).read_text()


@pytest.mark.parametrize("tag", ["<p style='color: red'>", '<a href="" onclick="go()">'])
def test_a_style_or_a_handler_in_an_attribute_fails_the_build(book: SmallBook, tag: str) -> None:
    book.page(f"```{{raw}} html\n{tag}\n```\n")
    said = book.build("html", warnings=True)
    assert f"a style or a handler in an attribute: {tag}" in said


def test_a_fold_is_named_by_a_line_and_not_by_paragraphs() -> None:
    fold = '<summary aria-label="Toggle">\n'
    fold += '<p class="collapsed title">Show</p>\n<p class="expanded title">Hide</p>\n</summary>'
    assert amended(fold) == (
        '<summary>\n<span class="collapsed title">Show</span><span class="expanded title">Hide</span>\n</summary>'
    )


def test_a_page_is_described_by_its_first_words_without_formulas() -> None:
    assert description(section("It is said.\nThen \\nabla L is meant.", "More.")) == "It is said."
    assert description(section("\\nabla L is meant.", "More.")) == "More."
    assert description(section()) == ""
    assert description(None) == ""
