"""The totals are counted from what the build knows, and say so where the tests' findings are not at hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lossgrad import library
from lossgrad.library import digest
from small_book import SmallBook


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    """A small book with the totals on a page of their own."""
    book = SmallBook(tmp_path, monkeypatch)
    book.page("\n```{toctree}\ntotals\n```\n")
    book.page("# How much\n\n```{totals}\n```\n", "totals.md")
    return book


def counted(book: SmallBook) -> dict[str, str]:
    """The rows of the table."""
    book.build("html")
    page = (book.root / "build" / "html" / "totals.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr[^>]*><td><p>(.*?)</p></td>\s*<td><p>(.*?)</p></td>", page)
    return dict(rows)


def test_the_totals_count_what_the_book_shows(book: SmallBook) -> None:
    found = counted(book)
    assert found["theorems"] == str(len(library.theorems(book.package)))
    assert found["pages"] == "2"
    assert int(found["equations that directives, roles and cells print"]) >= 1


def test_what_the_tests_did_not_leave_is_said_to_be_missing(book: SmallBook) -> None:
    found = counted(book)
    assert found["false near misses made by machine and refused"] == "not measured"
    assert found["largest relative error of the second opinion"] == "not measured"


def test_what_the_tests_left_is_added_up(book: SmallBook) -> None:
    statement = {name: digest(library.stated(said)) for name, said in library.theorems(book.package).items()}
    mutants = {name: {"made": 12, "refused": 11, "statement": of} for name, of in statement.items()}
    opinions = {name: {"worst": 2e-12, "entries": 6, "statement": of} for name, of in statement.items()}
    for kind, kept in (("mutants", mutants), ("opinions", opinions)):
        (book.root / "evidence").mkdir(exist_ok=True)
        (book.root / "evidence" / f"{kind}.json").write_text(json.dumps(kept))
    found = counted(book)
    assert found["false near misses made by machine and refused"] == f"{11 * len(statement)} of {12 * len(statement)}"
    assert found["largest relative error of the second opinion"] == "2e-12"
    assert found["theorems of which the tests' findings are not at hand"] == "0"
