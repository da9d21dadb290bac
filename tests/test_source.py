"""What the source does and says: every row has its place in the book, and every error is refuted and corrected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sympy import Eq, MatrixSymbol, Symbol, exp, log, symbols

from lossgrad import library, prove
from lossgrad.book import source_tables
from lossgrad.book.gate import GateClosed
from lossgrad.expressions import equation
from lossgrad.mistakes import source as false
from lossgrad.proofs import Refuted
from lossgrad.source import ERRATA, ROWS, Complex, Erratum, Misfit, NotRefuted, refutation
from lossgrad.theorems import corrections, linear
from small_book import BOXES, MISTAKES, SmallBook

DOCS = Path(__file__).parents[1] / "docs"


def test_no_row_and_no_error_is_left_out() -> None:
    assert [row.number for row in ROWS] == list(range(1, 27))
    assert [erratum.number for erratum in ERRATA] == list(range(1, 16))


def test_every_row_has_one_place_in_the_book() -> None:
    pages = [page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md")]
    targets = [target for page in pages for target in re.findall(r"^\((r\d+)\)=$", page, re.MULTILINE)]
    assert sorted(targets) == sorted(row.target for row in ROWS)


def test_every_false_statement_belongs_to_an_error() -> None:
    told = [name for erratum in ERRATA for name in erratum.false]
    stated = [f"source.{name}" for name in vars(false) if re.fullmatch(r"e\d+\w*", name)]
    assert sorted(told) == sorted(stated)


@pytest.mark.parametrize("name", [name for erratum in ERRATA for name in erratum.false])
def test_what_the_source_says_is_refuted(name: str) -> None:
    equation = getattr(false, name.removeprefix("source."))()
    assert isinstance(refutation(equation), Refuted | Misfit | Complex)


@pytest.mark.parametrize("erratum", ERRATA, ids=lambda erratum: erratum.name)
def test_every_error_is_corrected_by_theorems(erratum: Erratum) -> None:
    found = erratum.corrections()
    assert found
    for name in found:
        prove(library.stated(library.theorems()[name]))


def test_an_error_that_is_none_is_not_refuted() -> None:
    with pytest.raises(NotRefuted, match="it is proved, so it is no error"):
        refutation(linear.weight_gradient())
    m = symbols("m", integer=True)
    with pytest.raises(NotRefuted, match="its shapes agree and its symbols are real"):
        refutation(Eq(m, m + 1, evaluate=False))


def test_a_complex_letter_refutes_only_where_the_sides_differ() -> None:
    z = Symbol("z", complex=True)
    with pytest.raises(NotRefuted):
        refutation(Eq(exp(log(z)), exp(log(z)), evaluate=False))
    assert isinstance(refutation(Eq(log(exp(z)), z, evaluate=False)), Complex)


def test_an_attribute_makes_no_entry_real() -> None:
    S = MatrixSymbol("s", 3, 3)
    S.is_real = True
    assert S[0, 0].is_real is None
    assert log(exp(S[0, 0])) != S[0, 0]


def test_the_counterexample_to_a_division_by_classes_has_unlike_numbers_of_classes_and_examples() -> None:
    found = refutation(false.e10())
    assert isinstance(found, Refuted)
    assert found.counterexample.sizes["C"] != found.counterexample.sizes["N"]
    assert found.hint == "off by the factor C/N"


def test_the_wrong_formula_passes_the_check_of_one_entry() -> None:
    p, q = corrections.p, corrections.q
    wrong = false.e15()
    prove(equation(wrong.lhs.xreplace({p: p * 0, q: q * 0}), wrong.rhs.xreplace({p: p * 0, q: q * 0})))
    assert isinstance(refutation(wrong), Refuted)


def errata_of(statement: str) -> tuple[Erratum, ...]:
    return (Erratum(1, "Something is said.", "Something else is true.", (statement,)),)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    """A small book whose mistake is at home in the table of errors."""
    small = SmallBook(tmp_path, monkeypatch)
    small.page("```{source-errata}\n```\n", boxes=BOXES.replace("```{refuted} products.order_kept\n```\n\n", ""))
    monkeypatch.setattr(source_tables, "ERRATA", errata_of("products.order_kept"))
    return small


def fault(book: SmallBook) -> str:
    with pytest.raises(GateClosed) as closed:
        book.build()
    return str(closed.value)


def test_the_table_of_errors_refutes_and_corrects(book: SmallBook) -> None:
    book.build()


def test_an_error_that_is_true_closes_the_gate(book: SmallBook) -> None:
    book.mistakes.write_text(MISTAKES.replace("A.T * B.T", "B.T * A.T"))
    assert f"{book.line_of('```{source-errata}')}source-errata products.order_kept: " in fault(book)
    assert "it is proved" in fault(book)


def test_an_error_that_no_function_states_closes_the_gate(book: SmallBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_tables, "ERRATA", errata_of("products.factors_swapped"))
    assert "no mistake is named 'products.factors_swapped'" in fault(book)


def test_an_error_without_its_correction_closes_the_gate(book: SmallBook) -> None:
    book.mistakes.write_text(MISTAKES.replace("Corrected by: products.transposed_product.", ""))
    assert "no theorem is named ''" in fault(book)


def test_a_row_without_a_place_is_a_warning(book: SmallBook) -> None:
    book.page("```{source-rows}\n```\n")
    said = book.build(warnings=True)
    assert all(f"undefined label: '{row.target}'" in said for row in ROWS)
