"""Letters lead to the notation page where they mean what it says, and nowhere else."""

import re
from pathlib import Path

import pytest
from sympy import MatrixSymbol, Symbol

from lossgrad import notation
from lossgrad.book.symbols import means
from lossgrad.notation import MEANINGS, N, W
from small_book import SmallBook

NOTATION = """\
# Notation

```{notation}
```
"""

BODY = r"""
The weights $W$ and the temperature $\tau$, the product $W X$, and a rate $\eta$.

```{toctree}
notation
```
"""

OWN = '''\
"""Products."""

from sympy import Eq, MatrixSymbol, Symbol

from lossgrad.expressions import Definition, equation

n = Symbol("n", integer=True, positive=True)
A, B, W = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n), MatrixSymbol("W", n, n)


def transposed_product() -> Eq:
    """The transpose of a product."""
    return equation((A * W).T, W.T * A.T)


def product() -> Definition:
    """The product."""
    return Definition(MatrixSymbol("P", n, n), A * B)
'''


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    """A small book with a notation page and a page that uses its letters, typeset as the book is."""
    book = SmallBook(tmp_path, monkeypatch)
    temml = Path(__file__).parent.parent / "node_modules/temml/dist/temml.min.js"
    settings = book.conf.read_text().replace('"mathjax"', '"mathml"')
    book.conf.write_text(f'{settings}typeset_temml = "{temml}"\n')
    book.page(BODY)
    book.page(NOTATION, "notation.md")
    return book


def built(book: SmallBook, page: str = "index") -> str:
    book.build("html")
    return (book.root / "build" / "html" / f"{page}.html").read_text(encoding="utf-8")


def test_letters_are_marked_and_listed_with_links_to_their_entries(book: SmallBook) -> None:
    page = built(book)
    assert re.findall(r'data-symbol="([^"]*)"', page.partition('class="page-symbols')[0]) == ["W", "tau", "eta"]
    (fold,) = re.findall(r'<details class="page-symbols no-search">.*?</details>', page, re.DOTALL)
    assert re.findall(r'href="([^"]*)"', fold) == [
        "notation.html#symbol-W",
        "notation.html#symbol-tau",
        "notation.html#symbol-eta",
    ]
    assert "weights" in fold


def test_the_notation_page_has_a_target_for_each_letter_and_lists_none(book: SmallBook) -> None:
    built(book)
    page = (book.root / "build" / "html" / "notation.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<tr [^>]*id="symbol-', page)) == len(MEANINGS)
    assert "page-symbols" not in page


def test_a_letter_that_a_statement_of_the_page_uses_for_something_else_is_not_marked(book: SmallBook) -> None:
    book.theorems.write_text(OWN)
    assert re.findall(r'data-symbol="([^"]*)"', built(book).partition('class="page-symbols')[0]) == ["tau", "eta"]


def test_a_letter_at_sizes_that_are_numbers_means_the_same() -> None:
    assert means(MatrixSymbol("W", 3, 2), W)
    assert not means(MatrixSymbol("W", N, 2), W)
    assert not means(Symbol("W", real=True), W)
    assert means(notation.tau, notation.tau)
