"""The architecture that the contributing page draws: every room has its floor, and says what it is."""

from graphlib import CycleError
from pathlib import Path

import pytest

from lossgrad.book.rooms import floors, rooms


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of a module, a folder and what they import."""
    package = tmp_path / "small"
    (package / "theorems").mkdir(parents=True)
    (package / "__init__.py").write_text("from small.proofs import prove\n")
    (package / "proofs.py").write_text('"""How it is proved.\n\nMore."""\n\nfrom small import indices\n')
    (package / "indices.py").write_text('"""A normal form."""\n\n\ndef late():\n    from small.proofs import prove\n')
    (package / "theorems" / "__init__.py").write_text('"""What is proved."""\n')
    (package / "theorems" / "sums.py").write_text('"""Sums."""\n\nfrom small.indices import total\nimport sympy\n')
    return package


def test_a_room_has_its_first_sentence_and_what_it_imports_as_it_is_loaded(package: Path) -> None:
    assert rooms(package) == {
        "indices": ("A normal form.", set()),
        "proofs": ("How it is proved.", {"indices"}),
        "theorems": ("What is proved.", {"indices"}),
    }


def test_imports_that_go_round_have_no_floor(package: Path) -> None:
    (package / "indices.py").write_text('"""A normal form."""\n\nfrom small.proofs import prove\n')
    with pytest.raises(CycleError):
        floors({name: used for name, (_, used) in rooms(package).items()})


def test_the_kernel_stands_below_proofs_and_the_book_on_top() -> None:
    found = rooms()
    storeys = floors({name: used for name, (_, used) in found.items()})
    floor = {name: height for height, storey in enumerate(storeys) for name in storey}
    assert floor["indices"] < floor["translation"] < floor["proofs"] < floor["book"] == len(storeys) - 1
    assert all(said for said, _ in found.values())
    assert all(floor[other] < floor[name] for name, (_, used) in found.items() for other in used)
