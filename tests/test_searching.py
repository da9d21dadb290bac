"""What the search page finds besides what Sphinx finds, and the entries of the index."""

import json
from pathlib import Path

import pytest

from lossgrad.book import searching
from small_book import SmallBook


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    return SmallBook(tmp_path, monkeypatch)


@pytest.fixture
def built(book: SmallBook) -> Path:
    book.build("html")
    return book.root / "build" / "html"


def statements(built: Path) -> list[list[str]]:
    text = (built / searching.FILE).read_text(encoding="utf-8")
    found: list[list[str]] = json.loads(text.removeprefix("const STATEMENTS = ").removesuffix(";\n"))
    return found


def test_each_statement_is_found_with_its_kind_words_scope_and_place(built: Path) -> None:
    assert statements(built)[0] == [
        "theorem",
        "products.transposed_product",
        "Transposed product",
        "The transpose of the product of A and B is the product of the transposes, the other way round.",
        "every n",
        "index",
        "theorem-products-transposed-product",
    ]
    assert [line[:2] for line in statements(built)[1:]] == [
        ["definition", "products.product"],
        ["refuted", "products.order_kept"],
    ]


def test_a_hit_leads_to_a_box_that_is_there(built: Path) -> None:
    for *_, page, anchor in statements(built):
        assert f'id="{anchor}"' in (built / f"{page}.html").read_text(encoding="utf-8")


def test_sphinx_does_not_find_a_statement_a_second_time(built: Path) -> None:
    index = (built / "searchindex.js").read_text(encoding="utf-8")
    assert "lossgrad:theorem" not in index
    assert "lossgrad:theorem" in _inventory(built)


def test_what_is_found_stays_found_when_other_pages_are_written(book: SmallBook, built: Path) -> None:
    adjoint = "\n```{index} Adjoint\n```\n"
    book.page(f"# Another page\n{adjoint}", "another.md")
    book.page(f"{adjoint}\n```{{toctree}}\nanother\n```\n")
    book.build("html")
    index = built / "searchindex.js"
    first = index.read_text(encoding="utf-8")
    assert len(_entries(index)["adjoint"]) == 2
    book.build("html")
    assert index.read_text(encoding="utf-8") == first
    book.index.write_text(book.index.read_text() + "\nOne more sentence.\n")
    book.build("html")
    assert list(_entries(index).items()) == list(_entries(index, first).items())


def _entries(index: Path, text: str = "") -> dict[str, list[object]]:
    text = text or index.read_text(encoding="utf-8")
    found: dict[str, list[object]] = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))["indexentries"]
    return found


def _inventory(built: Path) -> str:
    from sphinx.util.inventory import InventoryFile

    return str(InventoryFile.loads((built / "objects.inv").read_bytes(), uri="").data.keys())


def test_the_index_has_an_entry_for_each_statement(built: Path) -> None:
    index = (built / "genindex.html").read_text(encoding="utf-8")
    assert '<a href="index.html#theorem-products-transposed-product">theorem products.transposed_product</a>' in index
    assert '<a href="index.html#definition-products-product">definition products.product</a>' in index
    assert '<a href="index.html#refuted-products-order-kept">mistake products.order_kept</a>' in index


def test_what_is_shown_again_has_no_second_entry(book: SmallBook) -> None:
    book.page("```{theorem} products.transposed_product\n:again:\n```\n")
    book.build("html")
    index = (book.root / "build" / "html" / "genindex.html").read_text(encoding="utf-8")
    assert index.count("theorem products.transposed_product") == 1
