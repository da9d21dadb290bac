"""The page on the kernel shows every group of rules, and none that is not there."""

from pathlib import Path

import pytest

from lossgrad.book.gate import GateClosed
from lossgrad.rules import RULES
from small_book import SmallBook

PAGE = Path(__file__).parents[1] / "docs/appendix/how-it-is-checked.md"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    return SmallBook(tmp_path, monkeypatch)


def test_the_page_shows_every_group_of_rules_once() -> None:
    shown = [
        line.split(maxsplit=1)[1] for line in PAGE.read_text().splitlines() if line.startswith("```{kernel-rules}")
    ]
    assert shown == list(RULES)


def test_rules_are_printed_from_the_table(book: SmallBook) -> None:
    book.page("```{kernel-rules} Deltas\n```\n\n```{kernel-conditions}\n```\n")
    book.build("html")
    page = (book.root / "build/html/index.html").read_text()
    assert page.count('class="kernel-rule"') == len(RULES["Deltas"])
    for rule in RULES["Deltas"]:
        assert rule.name in page
    assert "indices.Kernel.within" in page


def test_a_group_of_rules_that_is_not_there_closes_the_gate(book: SmallBook) -> None:
    book.page("```{kernel-rules} Integrals\n```\n")
    with pytest.raises(GateClosed) as fault:
        book.build()
    assert "no group of rules is called 'Integrals': there are Entries of matrices, Derivatives" in str(fault.value)
    assert book.line_of("```{kernel-rules}") in str(fault.value)
