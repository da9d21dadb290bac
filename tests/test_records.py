"""What was found out is kept while nothing changes that it rests on, and no longer."""

import importlib
from pathlib import Path

import pytest

from lossgrad.book import records
from lossgrad.proofs import NotProved, Proof, prove
from small_book import SmallBook

NAME = "products.transposed_product"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    """A small book, for its package."""
    return SmallBook(tmp_path, monkeypatch)


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The equations that are proved from here on."""
    asked: list[object] = []

    def counted(equation: object) -> Proof:
        asked.append(equation)
        return prove(equation)

    monkeypatch.setattr(records, "prove", counted)
    return asked


def test_a_proof_is_kept(book: SmallBook, proved: list[object]) -> None:
    first = records.proof(NAME, book.package, book.root / "kept")
    assert records.proof(NAME, book.package, book.root / "kept") == first
    assert len(proved) == 1


def test_a_refutation_is_kept(book: SmallBook, proved: list[object]) -> None:
    first = records.refutation("products.order_kept", book.package, book.root / "kept")
    assert records.refutation("products.order_kept", book.package, book.root / "kept") == first
    assert first.left != first.right
    assert len(proved) == 1


def test_what_is_not_proved_is_not_kept(book: SmallBook, proved: list[object]) -> None:
    book.theorems.write_text(book.theorems.read_text().replace("B.T * A.T", "A.T * B.T"))
    for _ in range(2):
        with pytest.raises(NotProved):
            records.proof(NAME, book.package, book.root / "kept")
    assert len(proved) == 2
    assert not (book.root / "kept").exists()


def test_a_new_record_takes_the_place_of_the_outdated(book: SmallBook, proved: list[object]) -> None:
    records.proof(NAME, book.package, book.root / "kept")
    (kept,) = (book.root / "kept").iterdir()
    kept.rename(kept.with_name(f"{kept.stem[:-16]}{16 * '0'}.json"))
    records.proof(NAME, book.package, book.root / "kept")
    assert list((book.root / "kept").iterdir()) == [kept]
    assert len(proved) == 2


def state_of(module: str) -> str:
    """The state of a module as it is on disk now."""
    importlib.invalidate_caches()
    records.state.cache_clear()
    return records.state(module)


def test_the_state_of_a_topic_follows_what_it_imports_and_nothing_else(book: SmallBook) -> None:
    topic = f"{book.package}.theorems.products"
    letters = book.write(f"{book.package}/letters.py", f"from {book.package} import alphabet\n")
    book.write(f"{book.package}/alphabet.py", "letter = 1\n")
    book.theorems.write_text(f"from ..letters import letter\n{book.theorems.read_text()}")
    states = [state_of(topic)]
    book.write(f"{book.package}/theorems/sums.py", "unrelated = True\n")
    assert state_of(topic) == states[0]
    for changed in (book.theorems, letters, book.root / book.package / "alphabet.py"):
        changed.write_text(f"{changed.read_text()}\n# another line\n")
        states.append(state_of(topic))
    assert len(set(states)) == len(states)


def test_every_state_follows_the_kernel_and_the_printer(book: SmallBook) -> None:
    reached = set(records.reached(f"{book.package}.theorems.products"))
    assert not {"lossgrad.book", "lossgrad.book.directives", "lossgrad.book.gate"} & reached
    assert {"lossgrad.proofs", "lossgrad.indices", "lossgrad.entries", "lossgrad.steps", "lossgrad.printing"} <= reached
