"""Statements are found by name, in the book's order, and told apart by what they say that they return."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from lossgrad import library
from lossgrad.library import NoStatement, UnknownName, Unlisted

NUMBERS = count()

ALGEBRA = '''
from operator import neg
from sympy import Eq, Symbol
from lossgrad.expressions import Definition
from . import _shared

t = Symbol("t")


def square_of_sum() -> Eq:
    """The square, written out."""
    return Eq((t + 1) ** 2, t**2 + 2 * t + 1, evaluate=False)


def at(t, scale=1) -> Eq:
    return Eq(t, t, evaluate=False)


def _private() -> Eq:
    return Eq(t, t, evaluate=False)


def difference(t=t) -> Eq:
    return Eq(t - t, 0, evaluate=False)


def half() -> Definition:
    return Definition(Symbol("h"), t / 2)


OTHER = neg
'''

MISTAKES = '''
from sympy import Eq, Symbol
from {package}.theorems.algebra import difference

t = Symbol("t")


def lost_term() -> Eq:
    """Lost.

    Corrected by: algebra.square_of_sum.
    """
    return Eq((t + 1) ** 2, t**2 + 1, evaluate=False)
'''

Maker = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    """Makes a package of statements with the given modules among its theorems, and returns its name."""

    def make(topics: str = '("geometry", "algebra")', **modules: str) -> str:
        name = f"statements_{next(NUMBERS)}"
        modules = {"algebra": ALGEBRA, "geometry": ALGEBRA, "_shared": "", **modules}
        for folder, content in {"theorems": modules, "mistakes": {"algebra": MISTAKES.format(package=name)}}.items():
            (tmp_path / name / folder).mkdir(parents=True)
            listed = topics if folder == "theorems" else '("algebra",)'
            (tmp_path / name / folder / "__init__.py").write_text(f"TOPICS = {listed}\n")
            for module, source in content.items():
                (tmp_path / name / folder / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        return name

    return make


def test_theorems_stand_in_the_order_of_topics_and_modules(package: Maker) -> None:
    assert list(library.theorems(package())) == [
        "geometry.square_of_sum",
        "geometry.difference",
        "algebra.square_of_sum",
        "algebra.difference",
    ]


def test_definitions_are_told_from_theorems_by_what_they_say_that_they_return(package: Maker) -> None:
    assert list(library.definitions(package())) == ["geometry.half", "algebra.half"]


def test_mistakes_leave_out_what_they_import(package: Maker) -> None:
    name = package()
    assert list(library.mistakes(name)) == ["algebra.lost_term"]
    assert library.correction(library.mistakes(name)["algebra.lost_term"]) == "algebra.square_of_sum"


def test_an_unknown_name_is_answered_with_the_nearest(package: Maker) -> None:
    with pytest.raises(UnknownName) as refusal:
        library.theorems(package())["algebra.square_of_sums"]
    assert str(refusal.value).startswith(
        "no theorem is named 'algebra.square_of_sums'; the nearest are algebra.square_of_sum"
    )


def test_a_name_like_no_other_is_answered_without_guesses(package: Maker) -> None:
    with pytest.raises(UnknownName) as refusal:
        library.mistakes(package())["xyz"]
    assert str(refusal.value) == "no mistake is named 'xyz'"


@pytest.mark.parametrize("topics", ['("algebra",)', '("algebra", "geometry", "topology")'])
def test_a_module_that_topics_leave_out_or_invent_is_an_error(package: Maker, topics: str) -> None:
    with pytest.raises(Unlisted, match=r"geometry|topology"):
        library.theorems(package(topics))


@pytest.mark.parametrize("said", ["", " -> bool", " -> 'Eq | None'"])
def test_a_public_function_that_does_not_say_what_it_states_is_an_error(package: Maker, said: str) -> None:
    geometry = f"from sympy import Eq\ndef evaluated(){said}: return Eq(1, 1)\n"
    with pytest.raises(NoStatement, match=r"theorems\.geometry\.evaluated must say what it returns, -> Eq or -> Def"):
        library.theorems(package(geometry=geometry))


@pytest.mark.parametrize("said", ["Eq", "'Eq'", "Definition"])
def test_a_statement_that_returns_something_else_is_an_error(package: Maker, said: str) -> None:
    imported = "from sympy import Eq\nfrom lossgrad.expressions import Definition\n"
    name = package(geometry=f"{imported}def evaluated() -> {said}: return Eq(1, 1)\n")
    kind = library.definitions if said == "Definition" else library.theorems
    with pytest.raises(NoStatement, match=r"theorems\.geometry\.evaluated must return .*, as it says: got True"):
        library.stated(kind(name)["geometry.evaluated"])


def test_a_theorem_that_says_it_is_a_definition_is_an_error(package: Maker) -> None:
    name = package(algebra=ALGEBRA.replace("square_of_sum() -> Eq", "square_of_sum() -> Definition"))
    with pytest.raises(NoStatement, match=r"must return a Definition, as it says: got Eq\("):
        library.stated(library.definitions(name)["algebra.square_of_sum"])
