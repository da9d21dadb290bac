"""What is kept of every theorem is of the theorem as it stands, and nothing is left out."""

from __future__ import annotations

from pathlib import Path

from every_theorem import equation_of, statements
from evidence import KEPT, KINDS, keep, kept, missing, read, write
from lossgrad.library import digest

STATED = {"a": "x = x", "b": "y = y"}


def entry(statement: str, **what: object) -> dict[str, object]:
    return {"statement": digest(statement), **what}


def test_a_kept_file_has_every_theorem_as_it_stands_and_no_other() -> None:
    everything = {name: equation_of(name) for name in statements()}
    lacking = list(missing(everything))
    assert not lacking, f"`make evidence` looks at {', '.join(lacking)}"
    assert all(read(KEPT, kind).keys() == everything.keys() for kind in KINDS)


def test_every_near_miss_that_was_made_was_refused() -> None:
    assert all(figures["refused"] == figures["made"] > 0 for figures in read(KEPT, "mutants").values())


def test_what_was_found_last_is_kept_and_else_what_was_kept_before() -> None:
    last, before = {"a": entry("x = x", made=2)}, {"a": entry("x = x", made=1), "b": entry("y = y", made=3)}
    assert {name: figures["made"] for name, figures in kept(STATED, [last, before]).items()} == {"a": 2, "b": 3}


def test_figures_of_another_statement_are_not_kept() -> None:
    assert kept(STATED, [{"a": entry("x = 2 x"), "c": entry("x = x")}]) == {}


def test_errors_are_kept_to_two_digits() -> None:
    assert kept(STATED, [{"a": entry("x = x", worst=1.23456e-16)}])["a"]["worst"] == 1.2e-16


def test_what_is_missing_is_named_with_its_check(tmp_path: Path) -> None:
    write(tmp_path, "mutants", {"a": entry("x = x", made=1)})
    keep(tmp_path, tmp_path / "kept", STATED)
    assert list(missing(STATED, tmp_path / "kept")) == ["mutants: b", "opinions: a", "opinions: b"]
