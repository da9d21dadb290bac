"""How statements are shown: the boxes and roles of a page, as HTML and as plain text, built alone and in parallel."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from small_book import FRONT, THEOREMS, SmallBook

GRADIENT = '''

def left_gradient() -> Eq:
    """The gradient of any loss of a product by its left factor."""
    L = loss("L")
    return equation(gradient(L(A * B), A), L.gradient(A * B) * B.T)
'''

BODY = """
```{theorem} products.left_gradient
```

See {eq}`products.transposed_product` and {eq}`refuted:products.order_kept`, {theorem}`products.transposed_product`,
{theorem}`that rule <products.transposed_product>`, {definition}`products.product`, {refuted}`products.order_kept`.

Whole {statement}`products.transposed_product` and {statement}`products.product`; sides {lhs}`products.product` and
{rhs}`products.transposed_product`.

```{toctree}
other
```
"""

OTHER = """\
# Another page

From here {theorem}`products.transposed_product`.

```{theorem} products.left_gradient
:again:
:steps:
```
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBook]:
    """A small book of two pages."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        book = SmallBook(tmp_path_factory.mktemp("book"), monkeypatch)
        book.theorems.write_text(
            THEOREMS.replace("import Definition,", "import Definition, gradient, loss,") + GRADIENT
        )
        book.page(BODY)
        book.page(OTHER, "other.md")
        yield book


@pytest.fixture(scope="module")
def pages(book: SmallBook) -> dict[str, str]:
    """The two pages as HTML, by name, white space squeezed."""
    book.build("html")
    built = book.root / "build" / "html"
    return {name: _squeezed(built / f"{name}.html") for name in ("index", "other")}


def _one(pattern: str, text: str) -> str:
    (found,) = re.findall(pattern, text)
    return str(found)


def _squeezed(page: Path) -> str:
    return re.sub(r"\s+", " ", page.read_text(encoding="utf-8")).replace("> <", "><")


def _box(page: str, start: str) -> str:
    """An element with all that it holds, by how its tag starts."""
    tag = start[1:].split()[0]
    depth = 0
    for found in re.compile(rf"<{tag}\b|</{tag}>").finditer(page, page.index(start)):
        depth += -1 if found[0].startswith("</") else 1
        if not depth:
            return page[page.index(start) : found.end()]
    raise AssertionError(f"{start} is not closed")


def test_a_theorem_is_a_box_with_title_words_equation_scope_and_steps(pages: dict[str, str]) -> None:
    box = _box(pages["index"], '<div class="theorem" id="theorem-products-transposed-product">')
    assert '<p class="theorem-title">Theorem <span class="theorem-name">Transposed product</span></p>' in box
    words = _box(box, '<div class="theorem-statement">')
    assert "The transpose of the product of" in words
    assert "Stated once" not in words
    assert 'id="equation-products-transposed-product"' in box
    assert '<span class="eqno">(1)' in box
    assert '<p class="theorem-scope">for every n</p>' in box
    assert "A, B : n \\times n" in _box(box, '<p class="theorem-shapes">')
    fold = _box(box, '<details class="theorem-evidence no-search">')
    assert "theorems.products.transposed_product</span></code>" in fold


def test_the_steps_of_a_proof_stand_in_the_fold_with_their_rules(pages: dict[str, str]) -> None:
    box = _box(pages["index"], '<div class="theorem" id="theorem-products-left-gradient">')
    fold = _box(box, '<details class="theorem-steps">')
    count = int(_one(r"<summary>Proof in (\d+) steps?</summary>", fold))
    assert count == fold.count("<li>") == fold.count('<p class="theorem-rule">') > 0
    assert fold.count("{} = ") == count - 1


def test_a_definition_is_a_box_with_its_name_and_value(pages: dict[str, str]) -> None:
    box = _box(pages["index"], '<div class="definition" id="definition-products-product">')
    assert '<p class="theorem-title">Definition <span class="theorem-name">Product</span></p>' in box
    assert r"P \mathrel{:=} A B" in box


def test_a_mistake_is_a_box_with_a_counterexample_and_its_correction(pages: dict[str, str]) -> None:
    box = _box(pages["index"], '<div class="refuted" id="refuted-products-order-kept">')
    assert '<p class="theorem-title">False <span class="theorem-name">Order kept</span></p>' in box
    counterexample = _box(box, '<div class="counterexample">')
    assert r"\(n = 2\)" in counterexample
    assert r"\(A = \left[\begin{matrix}" in counterexample
    said = re.sub(r"<[^>]*>", "", counterexample)
    assert re.search(r"the left side is \\\(.+?\\\), the right side \\\(.+?\\\)\.", said)
    correction = _box(box, '<p class="correction">')
    assert 'href="#theorem-products-transposed-product"' in correction


def test_roles_link_to_the_boxes_and_print_equations_and_sides(pages: dict[str, str]) -> None:
    paragraphs = pages["index"][pages["index"].index("<p>See ") :]
    links = {
        "#equation-products-transposed-product": "(1)",
        "#equation-refuted-products-order-kept": "(3)",
        "#theorem-products-transposed-product": "that rule",
        "#definition-products-product": "Product",
        "#refuted-products-order-kept": "Order kept",
    }
    for target, text in links.items():
        assert re.search(rf'href="{target}"[^>]*>(<span[^>]*>)?{re.escape(text)}<', paragraphs), target
    assert r"\(P \mathrel{:=} A B\)" in paragraphs
    assert r"\(P\)" in paragraphs


def test_a_theorem_shown_again_links_to_its_home_and_takes_no_number(pages: dict[str, str]) -> None:
    box = _box(pages["other"], '<div class="theorem">')
    assert 'href="index.html#theorem-products-left-gradient"' in box
    assert "eqno" not in box
    assert '<details class="theorem-steps" open="open">' in box
    assert box.count("<details") == 1


def test_statements_are_found_by_search(pages: dict[str, str], book: SmallBook) -> None:
    statements = (book.root / "build" / "html" / "searchstatements.js").read_text(encoding="utf-8")
    assert "Transposed product" in statements


def test_pages_read_in_parallel_say_the_same(pages: dict[str, str], book: SmallBook) -> None:
    for number in range(10):  # Sphinx reads in parallel from six pages on
        book.page("# A page\n", f"page{number}.md", front=FRONT.replace("kernelspec", "orphan: true\nkernelspec"))
    for file in (book.root / "build").rglob("environment.pickle"):
        file.unlink()
    code, said, complaint = book.build_in_parallel("html")
    assert (code, complaint) == (0, "")
    built = book.root / "build" / "html"
    assert re.search(r"reading sources.* \.\. page\d", said)
    assert {name: _squeezed(built / f"{name}.html") for name in pages} == pages
    assert re.search(r"gate: [1-9]\d* equations, all printed from objects", said)


def test_boxes_are_readable_as_plain_text(pages: dict[str, str], book: SmallBook) -> None:
    book.build("text")
    text = (book.root / "build" / "text" / "index.txt").read_text(encoding="utf-8")
    assert "Theorem Transposed product" in text
    assert "for every n" in text


def test_what_a_cell_prints_keeps_its_blank_lines_however_long_it_takes(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        book = SmallBook(tmp_path, monkeypatch)
        waiting = "from time import perf_counter\nend = perf_counter() + 0.5\n"
        waiting += 'print("one\\n\\n")\nwhile perf_counter() < end:\n    pass\nprint("   two")\n'
        book.page(f"```{{code-cell}} python\n{waiting}```\n")
        book.build("html")
        page = (tmp_path / "build" / "html" / "index.html").read_text(encoding="utf-8")
    assert "one\n\n\n   two\n" in page
