"""What an interactive figure shows is what the theorem says, at every entry and size that a reader can choose."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Add, Expr, MatrixExpr, MatrixSymbol, expand
from sympy.matrices.expressions.matexpr import MatrixElement

from figure_script import answered
from lossgrad import library
from lossgrad.book.figures import meeting
from lossgrad.book.figures.drawing import SCRIPTS, first_state
from lossgrad.book.figures.flip import MOST as MOST_TAPS
from lossgrad.book.figures.flip import FlipFigure
from lossgrad.book.figures.meeting import GRADIENTS, MOST, VALUES, MeetingFigure
from lossgrad.book.figures.scores import START, ScoresFigure
from lossgrad.expressions import LossGradient, softmax
from lossgrad.notation import C, D, N, S
from lossgrad.numerics import function
from lossgrad.printing import latex
from lossgrad.theorems import convolution, linear
from lossgrad.theorems.softmax import mean_loss, score_gradient
from small_book import SmallBook

ROOT = Path(__file__).parents[1]
TEMML = ROOT / "node_modules/temml/dist/temml.min.js"
SIZES = list(product(range(1, MOST + 1), repeat=3))
LAYOUTS = [(letter, layout) for letter in GRADIENTS for layout in ("columns", "rows")]


class WithoutPage:
    """A directive's data without a page: formulas stay TeX."""

    def __init__(self) -> None: ...

    def proved(self, *names: str) -> None:
        assert set(names) <= library.theorems().keys()

    def typeset(self, e: Any) -> str:
        return latex(e)


class MeetingData(WithoutPage, MeetingFigure): ...


class ScoresData(WithoutPage, ScoresFigure): ...


class FlipData(WithoutPage, FlipFigure): ...


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return MeetingData().data()


TOTALS = """
  const view = given.data.gradients[given.letter][given.layout];
  return given.sizes.map(([C, D, N]) => {
    const sizes = { C, D, N };
    const [rows, columns] = view.shape.map((size) => sizes[size] ?? 1);
    return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) =>
      script.total(script.terms(view, given.data.values, [i, j], sizes))));
  });
"""


def matrix(data: dict[str, Any], symbol: Any, sizes: dict[Any, int], shape: Any = None) -> Any:
    """The entries of a matrix, as many as the sizes ask for; a bias may be anything."""
    rows, columns = (int(sizes.get(n, n)) for n in shape or symbol.shape)
    return np.array(data["values"].get(str(symbol), data["values"]["1"]))[:rows, :columns]


@pytest.mark.parametrize(("letter", "layout"), LAYOUTS)
def test_every_entry_at_every_size_is_that_of_the_theorem(data: dict[str, Any], letter: str, layout: str) -> None:
    shown = answered("figure-meeting", TOTALS, {"data": data, "letter": letter, "layout": layout, "sizes": SIZES})
    said = library.theorems()[data["gradients"][letter][layout]["theorem"]]().rhs
    (upstream,) = said.atoms(LossGradient)
    formula = function(said)
    for numbers, entries in zip(SIZES, shown, strict=True):
        sizes = dict(zip((C, D, N), numbers, strict=True))
        G = matrix(data, "G" if layout == "columns" else "G'", sizes, upstream.shape)
        taken = (parameter for parameter in formula.parameters if parameter.kind == "matrix")
        arguments = {parameter.name: matrix(data, parameter.symbol, sizes) for parameter in taken}
        assert formula(grad_L=lambda S, G=G: G, **arguments).tolist() == entries, sizes


MET = """
  const view = given.data.gradients[given.letter][given.layout];
  return given.entries.map((at) => script.terms(view, given.data.values, at, given.sizes)
    .map((pair) => pair.filter(({ letter }) => letter !== "1").map(({ letter, i, j }) => [letter, i, j])));
"""


def at_3_2_4(e: MatrixExpr) -> Any:
    """A product of matrices with its entries written out, at 3 classes, 2 features and 4 examples."""
    return e.subs({C: 3, D: 2, N: 4}).as_explicit()


def met(total: Expr) -> list[list[list[Any]]]:
    """The entries that are multiplied in each term of a sum."""
    pairs = [term.atoms(MatrixElement) for term in Add.make_args(expand(total))]
    return sorted(sorted([str(e.parent.name), int(e.i), int(e.j)] for e in pair) for pair in pairs)


@pytest.mark.parametrize(("letter", "layout"), LAYOUTS)
def test_what_meets_is_what_the_theorem_multiplies(data: dict[str, Any], letter: str, layout: str) -> None:
    said = at_3_2_4(meeting.product(library.theorems()[data["gradients"][letter][layout]["theorem"]]()))
    entries = list(product(*map(range, said.shape)))
    sizes = {"C": 3, "D": 2, "N": 4}
    asked = {"data": data, "letter": letter, "layout": layout, "entries": entries, "sizes": sizes}
    for (i, j), shown in zip(entries, answered("figure-meeting", MET, asked), strict=True):
        assert sorted(map(sorted, shown)) == met(said[i, j])


def test_the_entry_with_examples_as_rows_is_the_same_number(data: dict[str, Any]) -> None:
    for letter in GRADIENTS:
        columns, rows = (
            answered("figure-meeting", TOTALS, {"data": data, "letter": letter, "layout": layout, "sizes": SIZES})
            for layout in ("columns", "rows")
        )
        assert [np.array(table).T.tolist() for table in rows] == columns


def test_pytorch_keeps_the_entry_where_the_figure_says(data: dict[str, Any]) -> None:
    rows = meeting.product(linear.row_weight_gradient())
    stored = linear.pytorch_weight_gradient().rhs
    (upstream,) = stored.atoms(LossGradient)
    G = MatrixSymbol("G'", *upstream.shape)
    assert at_3_2_4(stored.xreplace({upstream: G})) == at_3_2_4(rows).T
    assert data["gradients"]["W"]["code"] == "layer.weight.grad[{i}, {j}]"


def test_a_theorem_that_is_no_such_product_is_refused() -> None:
    with pytest.raises(
        ValueError, match="expected a product of the gradient by the scores and of a matrix turned over"
    ):
        meeting.product(linear.three_factors())


def test_there_is_a_value_for_every_entry_that_can_be_chosen() -> None:
    for table in meeting.values().values():
        assert np.array(table).shape == (MOST, MOST)
    assert all(value for name in VALUES for row in meeting.values()[name] for value in row)


def test_the_first_state_shows_the_chosen_entry_its_terms_and_their_sum(data: dict[str, Any]) -> None:
    drawn = first_state("figure-meeting", json.dumps(data))
    assert drawn.count('class="entry chosen"') == 2
    assert "row 1 of G meets row 0 of X, 1 · 3 + 2 · 1 + (−2) · (−1) + 3 · 2 = 13." in drawn
    assert "column 0 of X′ meets column 1 of G′" in drawn
    assert "<code>layer.weight.grad[1, 0]</code>" in drawn


# The scores.

TENTHS = list(product(range(-80, 81, 40), range(-75, 80, 30), (-33, 0, 7), (0, 1, 2)))
ANSWERS = "return given.map(([a, b, c, truth]) => script.consequences([a, b, c], truth));"
ROUNDING = 16 * np.finfo(float).eps
"""Two orders of the same few operations differ by a few units in the last place."""


@pytest.fixture(scope="module")
def consequences() -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = answered("figure-scores", ANSWERS, TENTHS)
    return answers


def test_probabilities_and_gradient_are_those_of_the_theorem(consequences: list[dict[str, Any]]) -> None:
    gradient = function(score_gradient().rhs)
    probabilities = function(softmax(S))
    for (*scores, truth), shown in zip(TENTHS, consequences, strict=True):
        column, labels = np.array([scores]).T / 10, np.array([truth])
        np.testing.assert_allclose(shown["probabilities"], probabilities(column)[:, 0], rtol=ROUNDING)
        np.testing.assert_allclose(shown["gradient"], gradient(S=column, y=labels)[:, 0], rtol=0, atol=ROUNDING)


def test_the_loss_is_that_of_the_definition(consequences: list[dict[str, Any]]) -> None:
    loss = function(mean_loss().rhs)
    for (*scores, truth), shown in zip(TENTHS, consequences, strict=True):
        value = loss(S=np.array([scores]).T / 10, y=np.array([truth]))
        np.testing.assert_allclose(shown["loss"], value, rtol=ROUNDING, atol=ROUNDING)


def test_moving_all_scores_changes_no_digit(consequences: list[dict[str, Any]]) -> None:
    moved = [[*(score + 17 for score in scores), truth] for *scores, truth in TENTHS]
    assert answered("figure-scores", ANSWERS, moved) == consequences


def test_scores_move_together_as_far_as_the_first_may() -> None:
    within = "return given.map(([scores, step]) => script.within(scores, step));"
    asked = [[[0, 10, 70], 30], [[0, -75, 70], -30], [[0, 10, 20], 30]]
    assert answered("figure-scores", within, asked) == [10, -5, 30]


def test_the_first_state_of_the_scores_says_what_follows_from_them() -> None:
    drawn = first_state("figure-scores", json.dumps(ScoresData().data()))
    shown = answered("figure-scores", ANSWERS, [[20, 10, -5, 1]])[0]
    assert START == {"scores": [20, 10, -5], "truth": 1, "shift": 0}
    for value in (*shown["probabilities"], *shown["gradient"], shown["loss"]):
        assert f"<output>{value:.3f}</output>".replace("-", "−") in drawn


# The taps of a convolution.

FLIPS = [(T, K) for T in range(1, MOST_TAPS["T"] + 1) for K in range(1, MOST_TAPS["K"] + 1)]
FLIPPED = """
  return given.sizes.map(([T, K]) => Array.from({ length: script.lengths({ T, K })[given.of] }, (_, at) =>
    script.total(given.of, at, { T, K }, given.values)));
"""


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("result", convolution.correlation().lhs.parent),
        ("taps", convolution.tap_gradient().rhs),
        ("signal", convolution.signal_gradient().rhs),
    ],
)
def test_every_sum_over_taps_is_that_of_the_theorem(of: str, said: Any) -> None:
    values = FlipData().data()["values"]
    formula = function(said)
    shown = answered("figure-flip", FLIPPED, {"of": of, "sizes": FLIPS, "values": values})
    for (T, K), entries in zip(FLIPS, shown, strict=True):
        lengths = {"x": T + K - 1, "w": K, "g": T}
        arguments = {p.name: np.array([values[p.name][: lengths[p.name]]]).T for p in formula.parameters}
        assert formula(**arguments)[:, 0].tolist() == entries, (T, K)


def test_the_signal_meets_the_taps_in_reverse() -> None:
    drawn = first_state("figure-flip", json.dumps(FlipData().data()))
    assert "Entry 2 of the signal meets the taps from the last to the first, 2, 1, 0." in drawn


# On a page.

FIGURE = """
```{figure-meeting}
What $G$ is.
```
"""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    book = SmallBook(tmp_path, monkeypatch)
    book.conf.write_text(f'{book.conf.read_text()}typeset_temml = "{TEMML}"\n')
    return book


def test_only_a_page_with_a_figure_loads_its_script(book: SmallBook) -> None:
    book.page(f"{FIGURE}\n```{{toctree}}\nother\n```\n")
    book.page("# Another page\n", "other.md")
    book.build("html")
    index, other = ((book.root / "build" / "html" / f"{name}.html").read_text("utf-8") for name in ("index", "other"))
    assert '<script defer="defer" src="_static/figure-meeting.js?v=' in index
    assert 'href="_static/figures.css?v=' in index
    assert "figure-" not in other
    assert "figures.css" not in other
    assert "figure-scores.js" not in index
    assert '<figure class="interactive figure-meeting">' in index
    assert index.index('class="entry chosen"') < index.index("<figcaption>") < index.index("What ")


def test_a_caption_may_not_assert(book: SmallBook) -> None:
    book.page(FIGURE.replace("What $G$ is.", "Here $G = 0$."))
    with pytest.raises(SystemExit, match=r"mathematics typed by hand asserts with ="):
        book.build()


def test_a_figure_that_cannot_be_drawn_is_a_fault_of_its_page(book: SmallBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GRADIENTS, "W", ("linear.three_factors", "linear.row_weight_gradient", ""))
    book.page(FIGURE)
    with pytest.raises(SystemExit, match=r"figure-meeting: ValueError\('expected a product"):
        book.build()


def test_the_scripts_are_light() -> None:
    assert sum(file.stat().st_size for file in SCRIPTS.glob("*.js")) < 30_000
