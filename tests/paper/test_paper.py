"""The printed book: whole, in order, its numbers right. `make test-pdf` prints it and runs this."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import Destination

from lossgrad import library
from lossgrad.book import cheat_sheet, printing_press

SITE = Path(__file__).parents[2] / "build" / "html"
PRINTED = SITE.with_name("pdf")


@cache
def book() -> PdfReader:
    return PdfReader(PRINTED / printing_press.BOOK)


@cache
def sheet() -> PdfReader:
    return PdfReader(PRINTED / printing_press.SHEET)


@cache
def text() -> str:
    """All that is printed, without the ends of lines and what was broken there."""
    return flat(" ".join(page.extract_text() for page in book().pages))


def flat(words: str) -> str:
    return "".join(words.replace("\N{SOFT HYPHEN}", "").split()).casefold()


def test_the_book_has_a_number_of_pages_that_a_book_has() -> None:
    assert 150 < len(book().pages) < 900


@pytest.mark.parametrize("name", library.theorems())
def test_every_theorem_is_printed(name: str) -> None:
    assert flat(library.title(name)) in text()


def test_nothing_is_printed_in_place_of_what_is_missing() -> None:
    assert "??" not in text()
    assert "�" not in text()


def test_the_contents_name_the_page_where_each_chapter_starts() -> None:
    chapters = printing_press.contents(SITE)
    pages = printing_press.starts(PRINTED / printing_press.BOOK, chapters)
    assert list(pages.values()) == sorted(pages.values())
    listed = flat(" ".join(page.extract_text() for page in book().pages[1:4]))
    for chapter in chapters:
        assert flat(chapter.title) + str(pages[chapter.slug]) in listed


def test_every_chapter_is_in_the_outline() -> None:
    titles = {flat(str(entry.title)) for entry in _entries(book().outline)}
    for chapter in printing_press.contents(SITE):
        assert flat(chapter.title) in titles


def _entries(outline: Sequence[Any]) -> list[Destination]:
    """What the outline lists, whatever it stands under."""
    found: list[Destination] = []
    for entry in outline:
        found += _entries(entry) if isinstance(entry, list) else [entry]
    return found


def test_no_link_leads_to_the_machine_that_printed_it() -> None:
    for printed in (book(), sheet()):
        for page in printed.pages:
            for note in page.get("/Annots", ()):
                assert "127.0.0.1" not in str(note.get_object().get("/A", {}).get("/URI", ""))


def test_the_date_is_that_of_the_sources() -> None:
    date = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    for printed in (book(), sheet()):
        assert printed.metadata is not None
        assert printed.metadata.creation_date == date


def test_the_cheat_sheet_has_two_pages_with_every_family() -> None:
    assert len(sheet().pages) == 2
    printed = flat(" ".join(page.extract_text() for page in sheet().pages))
    for family in cheat_sheet.SHEET:
        assert flat(family.heading) in printed
        for name in family.names:
            assert flat(library.title(name)) in printed
