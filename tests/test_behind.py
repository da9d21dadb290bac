"""What stands behind a theorem: code, false twins, what it rests on and what rests on it, the figures."""

import html
import json
import re
import sys
from pathlib import Path

import pytest
from sphinx.util.console import strip_colors

from lossgrad import library
from lossgrad.book.behind import array_text, source_text
from lossgrad.library import digest
from lossgrad.printing import python
from lossgrad.theorems import contrastive, linear
from small_book import MISTAKES, THEOREMS, SmallBook

TWICE = '''

def transposed_twice() -> Eq:
    """The transpose of the transposed product is the product."""
    said = transposed_product()
    return equation(said.rhs.T, said.lhs.T)
'''

OTHER = """\
# Another page

```{theorem} products.transposed_twice
```
"""

FALSER = '''

def transposes_lost() -> Eq:
    """The transposes are lost.

    Corrected by: products.transposed_twice.
    """
    return equation((A * B).T, B * A)
'''

TOC = """
```{toctree}
other
```
"""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    """Two pages with a theorem each, one of which calls the other."""
    book = SmallBook(tmp_path, monkeypatch)
    book.theorems.write_text(THEOREMS + TWICE)
    book.page(TOC)
    book.page(OTHER, "other.md")
    return book


def facts(book: SmallBook, page: str = "index") -> dict[str, str]:
    """What the fold of the page's theorem says, line by line, without tags."""
    text = (book.root / "build" / "html" / f"{page}.html").read_text(encoding="utf-8")
    (fold,) = re.findall(r'<details class="theorem-evidence[^>]*>.*?</details>', text, re.DOTALL)
    terms = re.findall(r"<dt>(.*?)</dt>", fold)
    said = (re.sub(r"<[^>]*>", "", line) for line in re.findall(r"<dd>(.*?)</dd>", fold, re.DOTALL))
    return dict(zip(terms, (" ".join(line.split()) for line in said), strict=True))


def written(said: str) -> set[str]:
    """The pages that a build wrote."""
    return set(re.findall(r"writing output\.\.\. \[\s*\d+%\] (\S+)", strip_colors(said)))


def test_a_box_names_the_false_twin_what_it_carries_the_checks_and_its_function(book: SmallBook) -> None:
    book.build("html")
    told = facts(book)
    assert list(told) == ["False", "Used by", "Checks", "Stated by"]
    assert re.fullmatch(r"Order kept: at \\\(n = 2\\\).* the left side is .*, the right side .*", told["False"])
    assert told["Used by"] == "Transposed twice"
    checks = "near misses refused: not measured; second opinion, worst error: not measured"
    assert told["Checks"] == f"time of the proof: not measured; {checks}"
    assert told["Stated by"] == f"{book.package}.theorems.products.transposed_product"
    assert facts(book, "other")["Rests on"] == "Transposed product"


def test_the_lines_link_to_the_boxes_of_what_they_name(book: SmallBook) -> None:
    book.build("html")
    page = (book.root / "build" / "html" / "index.html").read_text(encoding="utf-8")
    (fold,) = re.findall(r'<details class="theorem-evidence[^>]*>.*?</details>', page, re.DOTALL)
    assert set(re.findall(r'href="([^"]*)"', fold)) == {
        "#refuted-products-order-kept",
        "code/theorems.products.html#transposed_product",
        "other.html#theorem-products-transposed-twice",
    }


def test_the_code_is_that_of_the_function_and_of_three_libraries(book: SmallBook) -> None:
    book.build("html")
    page = (book.root / "build" / "html" / "index.html").read_text(encoding="utf-8")
    (fold,) = re.findall(r'<details class="theorem-code[^>]*>.*?</details>', page, re.DOTALL)
    assert "<summary>In code: SymPy, NumPy, JAX, PyTorch</summary>" in fold
    assert "return equation((A * B).T, B.T * A.T)" in fold
    assert "Stated once" not in fold
    assert fold.count("return B.T @ A.T") == 3


def test_a_theorem_of_losses_has_code_where_a_library_differentiates_and_one_of_nothing_has_none() -> None:
    assert array_text(linear.weight_gradient, "numpy").endswith("return grad_L(W @ X) @ X.T")
    assert array_text(linear.weight_gradient, "torch").endswith("return torch.func.grad(L)(W @ X) @ X.T")
    assert array_text(contrastive.unit_length_gradient_is_tangent, "numpy") == ""
    assert source_text(linear.weight_gradient).startswith("def weight_gradient() -> Eq:\n    return equation(")


def test_the_equation_of_a_box_carries_the_code_that_gives_it(book: SmallBook) -> None:
    temml = Path(__file__).parent.parent / "node_modules/temml/dist/temml.min.js"
    book.conf.write_text(f'{book.conf.read_text().replace("mathjax", "mathml")}typeset_temml = "{temml}"\n')
    book.build("html")
    page = (book.root / "build" / "html" / "index.html").read_text(encoding="utf-8")
    carried = [html.unescape(code) for code in re.findall(r'data-sympy="([^"]*)"', page)]
    statements = [
        library.stated(kind(book.package)[name])
        for kind, name in (
            (library.theorems, "products.transposed_product"),
            (library.definitions, "products.product"),
            (library.mistakes, "products.order_kept"),
        )
    ]
    assert carried == [python(statement) for statement in statements]


def test_only_pages_that_have_news_are_written_again(book: SmallBook) -> None:
    assert {"index", "other"} <= written(book.build("html"))
    assert written(book.build("html")) == set()


def test_a_new_false_twin_is_shown_by_the_theorem_it_is_about_on_a_page_that_did_not_change(book: SmallBook) -> None:
    book.build("html")
    assert "False" not in facts(book, "other")
    book.mistakes.write_text(MISTAKES + FALSER)
    book.index.write_text(book.index.read_text() + "\n```{refuted} products.transposes_lost\n```\n")
    forget(book)
    book.build("html")
    assert facts(book, "other")["False"].startswith("Transposes lost: at")
    assert facts(book)["False"].startswith("Order kept: at")


def test_figures_that_the_tests_left_are_shown_once_they_are_there(book: SmallBook) -> None:
    book.build("html")
    statement = digest(library.stated(library.theorems(book.package)["products.transposed_product"]))
    found = {"made": 12, "refused": 12, "statement": statement}
    book.write("evidence/mutants.json", json.dumps({"products.transposed_product": found}))
    assert "index" in written(book.build("html"))
    assert "near misses refused: 12 of 12" in facts(book)["Checks"]


def test_a_page_that_is_not_html_names_the_function_alone(book: SmallBook) -> None:
    book.build("text")
    text = (book.root / "build" / "text" / "index.txt").read_text(encoding="utf-8")
    assert f'Stated by "{book.package}.theorems.products.transposed_product"' in text
    assert "Used by" not in text


def forget(book: SmallBook) -> None:
    """Have the modules of the package imported anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] == book.package]:
        del sys.modules[name]
    for looked_up in (library.theorems, library.definitions, library.mistakes, library._stated_in):
        looked_up.cache_clear()
    library.stated.cache_clear()
    library.rests_on.cache_clear()
