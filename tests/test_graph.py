"""The graph of what rests on what: where its nodes stand, and what it leaves out."""

import re

import pytest

from lossgrad.book.graph import HEIGHT, WIDTH, Layout, scope_kind
from small_book import THEOREMS, SmallBook

EDGES = {"a.one": [], "a.two": ["a.one"], "b.three": ["a.one", "a.two"], "a.four": ["a.one"], "b.five": []}

TWICE = '''

def transposed_twice() -> Eq:
    """The transpose of the transposed product is the product."""
    said = transposed_product()
    return equation(said.rhs.T, said.lhs.T)


def alone() -> Eq:
    """The product is itself."""
    return equation(A * B, (B.T * A.T).T)
'''

BODY = """
```{theorem} products.transposed_twice
```

```{theorem} products.alone
```

```{theorem-graph}
```
"""


def test_a_theorem_stands_right_of_all_that_it_rests_on() -> None:
    column = Layout(EDGES).column
    assert column == {"a.one": 0, "a.two": 1, "b.three": 2, "a.four": 1, "b.five": 0}


def test_no_two_nodes_share_a_place() -> None:
    layout = Layout({**EDGES, **{f"a.more_{n}": ["a.one"] for n in range(9)}})
    corners = [layout.corner(name) for name in layout.rests_on]
    for place, (x, y) in enumerate(corners):
        assert all(abs(x - u) >= WIDTH or abs(y - v) >= HEIGHT for u, v in corners[:place])


def test_a_topic_is_a_band_of_its_own() -> None:
    layout = Layout(EDGES)
    (top_a, height_a), (top_b, height_b) = layout.bands["a"], layout.bands["b"]
    assert top_a + height_a == top_b
    assert all(layout.corner(name)[1] + HEIGHT <= top_b for name in EDGES if name.startswith("a."))
    assert layout.size[1] == top_b + height_b


@pytest.mark.parametrize(
    ("scope", "kind"),
    [
        ("every C, D, N", "shape"),
        ("every value of t", "number"),
        ("every positive h, kappa", "number"),
        ("W of shape 3 × 2", "fixed"),
        ("W of shape 3 × N; every N", "fixed"),
    ],
)
def test_scopes_are_of_three_kinds(scope: str, kind: str) -> None:
    assert scope_kind(scope) == kind


def test_the_page_draws_what_is_tied_and_lists_what_stands_alone(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = SmallBook(tmp_path_factory.mktemp("book"), monkeypatch)
    book.theorems.write_text(THEOREMS + TWICE)
    book.page(BODY)
    book.build("html")
    page = (book.root / "build" / "html" / "index.html").read_text(encoding="utf-8")
    (drawn,) = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert re.findall(r'data-name="([^"]*)"', drawn) == ["products.transposed_product", "products.transposed_twice"]
    assert 'data-from="products.transposed_product" data-to="products.transposed_twice"' in drawn
    assert 'href="#theorem-products-transposed-twice"' in drawn
    assert "<title>Transposed twice, for every n</title>" in drawn
    (alone,) = re.findall(r'<p class="graph-alone">.*?</p>', page, re.DOTALL)
    assert 'href="#theorem-products-alone"' in alone
