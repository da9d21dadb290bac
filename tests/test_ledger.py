"""The ledger says of every theorem what was found out, and nothing that was not."""

import json
import re
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from lossgrad import library
from lossgrad.book.ledger import Circle, check_order
from lossgrad.library import digest
from small_book import THEOREMS, SmallBook

LEDGER = """\
# What is proved

```{ledger}
```
"""

TWICE = '''

def transposed_twice() -> Eq:
    """The transpose of the transposed product is the product."""
    said = transposed_product()
    return equation(said.rhs.T, said.lhs.T)
'''

BODY = """
```{theorem} products.transposed_twice
```

```{toctree}
ledger
```
"""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    """A small book of two theorems, one of which calls the other, with a ledger."""
    book = SmallBook(tmp_path, monkeypatch)
    book.theorems.write_text(THEOREMS + TWICE)
    book.page(BODY)
    book.page(LEDGER, "ledger.md")
    return book


def published(book: SmallBook) -> dict[str, dict[str, Any]]:
    """The theorems of the published file, by name."""
    said = json.loads((book.root / "build" / "html" / "proofs.json").read_text(encoding="utf-8"))
    assert said["versions"].keys() >= {"python", "sympy", "numpy", "lossgrad"}
    return {theorem["name"]: theorem for theorem in said["theorems"]}


def rows(book: SmallBook) -> list[list[str]]:
    """The text of the table's cells."""
    page = (book.root / "build" / "html" / "ledger.html").read_text(encoding="utf-8")
    table = re.findall(r'<table class="[^"]*ledger.*?</table>', page, re.DOTALL)
    (body,) = re.findall(r"<tbody>(.*?)</tbody>", table[0], re.DOTALL)
    lines = re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    cells = (
        re.findall(r"<td.*?</td>", line.replace('</span><wbr><span class="pre">', ""), re.DOTALL) for line in lines
    )
    return [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in line] for line in cells]


def left_by_tests(book: SmallBook, statement: str) -> None:
    """What is kept of what the tests found about one of the two theorems."""
    found = {"made": 12, "refused": 12, "statement": statement}
    book.write("evidence/mutants.json", json.dumps({"products.transposed_product": found}))
    found = {"worst": 2.5e-16, "entries": 18, "nonzero": 18, "statement": statement}
    book.write("evidence/opinions.json", json.dumps({"products.transposed_product": found}))
    found = {"seconds": 0.25, "statement": statement}
    book.write("evidence/seconds.json", json.dumps({"products.transposed_product": found}))


@pytest.mark.parametrize("in_parallel", [False, True])
def test_a_row_a_theorem_in_the_books_order(book: SmallBook, in_parallel: bool) -> None:
    if in_parallel:
        assert book.build_in_parallel("html")[0] == 0
    else:
        book.build("html")
    first, second = rows(book)
    assert first[0] == "Transposed product products.transposed_product"
    assert first[1:4] == ["A small book", "every n", "none"]
    assert first[4:8] == ["not measured", "—", "not measured", "not measured"]
    assert second[5] == "Transposed product"
    assert first[8].startswith("products.py:")


def test_the_file_says_what_the_table_says(book: SmallBook) -> None:
    book.build("html")
    theorems = published(book)
    twice = theorems["products.transposed_twice"]
    assert list(theorems) == ["products.transposed_product", "products.transposed_twice"]
    assert twice["page"] == "index.html#theorem-products-transposed-twice"
    assert twice["rests_on"] == ["products.transposed_product"]
    assert twice["scope"] == "every n"
    assert twice["statement_srepr"].startswith("Equality(MatMul(")
    assert twice["mutants"] is None
    assert twice["second_opinion"] is None
    assert twice["source_link"] == "code/theorems.products.html#transposed_twice"
    path, line = twice["source"].split(":")
    assert path == f"src/{book.package}/theorems/products.py"
    assert book.theorems.read_text().splitlines()[int(line) - 1].startswith("def transposed_twice")


def test_the_source_of_a_theorem_is_listed_where_its_row_and_its_box_link_to(book: SmallBook) -> None:
    book.build("html")
    listed = (book.root / "build" / "html" / "code" / "theorems.products.html").read_text(encoding="utf-8")
    assert listed.count('<span id="transposed_twice">') == 1
    assert "return equation" in re.sub(r"<[^>]*>", "", listed)
    for page in ("ledger", "index"):
        built = (book.root / "build" / "html" / f"{page}.html").read_text(encoding="utf-8")
        assert 'href="code/theorems.products.html#transposed_twice"' in built


def test_figures_are_those_that_the_tests_left(book: SmallBook) -> None:
    equation = library.stated(library.theorems(book.package)["products.transposed_product"])
    left_by_tests(book, digest(equation))
    book.build("html")
    assert published(book)["products.transposed_product"]["mutants"] == {"made": 12, "refused": 12}
    assert published(book)["products.transposed_product"]["second_opinion"] == {"worst": 2.5e-16, "entries": 18}
    assert published(book)["products.transposed_product"]["seconds"] == 0.25
    assert rows(book)[0][4] == "0.25"
    assert [row[6:8] for row in rows(book)] == [["12 of 12", "2.5e-16"], ["not measured", "not measured"]]


def test_figures_of_another_statement_are_not_taken(book: SmallBook) -> None:
    left_by_tests(book, digest("another statement"))
    book.build("html")
    assert published(book)["products.transposed_product"]["mutants"] is None
    assert rows(book)[0][6:8] == ["not measured", "not measured"]


def test_what_a_run_of_the_tests_leaves_behind_changes_no_book(book: SmallBook) -> None:
    stated = digest(library.stated(library.theorems(book.package)["products.transposed_product"]))
    found = {"made": 12, "refused": 12, "statement": stated}
    book.write("build/mutants.json", json.dumps({"products.transposed_product": found}))
    book.build("html")
    assert rows(book)[0][6] == "not measured"


def test_the_ledger_follows_when_another_page_changes(book: SmallBook) -> None:
    book.build("html")
    book.index.write_text(book.index.read_text().replace("# A small book", "# Products"))
    book.build("html")
    assert rows(book)[0][1] == "Products"


def test_what_gathers_from_the_whole_book_is_written_when_a_page_is_and_not_otherwise(book: SmallBook) -> None:
    book.build("html")
    built = book.root / "build" / "html"
    gathered = (built / "proofs.json", built / "code" / "theorems.products.html")
    first = [file.stat().st_mtime_ns for file in gathered]
    book.build("html")
    assert [file.stat().st_mtime_ns for file in gathered] == first
    book.index.write_text(book.index.read_text().replace("# A small book", "# Products"))
    book.build("html")
    second = [file.stat().st_mtime_ns for file in gathered]
    assert all(later > before for before, later in zip(first, second, strict=True))
    gathered[0].unlink()
    (built / "ledger.html").unlink()
    book.build("html")
    assert published(book)["products.transposed_product"]["page"].startswith("index.html")


def test_two_builds_from_nothing_agree(book: SmallBook) -> None:
    book.build("html")
    kept = book.root / "build" / "html" / "proofs.json"
    first = kept.read_bytes()
    rmtree(book.root / "build")
    book.build("html")
    assert kept.read_bytes() == first


def test_theorems_in_a_circle_are_refused() -> None:
    check_order({"a": ["b"], "b": ["c"], "c": []})
    with pytest.raises(Circle, match="rests on"):
        check_order({"a": ["b"], "b": ["c"], "c": ["a"]})


def test_no_theorem_of_the_book_rests_on_itself() -> None:
    order = {name: list(library.rests_on(name)) for name in library.theorems()}
    check_order(order)
    assert any(order.values())
