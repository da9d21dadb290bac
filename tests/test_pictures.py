"""Pictures show the entries that are in a sum, and no others."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from sympy import MatrixSymbol

from lossgrad.pictures import Meeting, meeting

G, X, V, W, U = (MatrixSymbol(*shape) for shape in (("G", 2, 4), ("X", 3, 4), ("V", 2, 3), ("W", 2, 3), ("U", 3, 4)))
CAPTIONS = {W: "weights", G: "by the scores", X: "data", V: "by the weights", U: "by the data"}
AXES = {W: "CD", G: "CN", X: "DN", V: "CD", U: "DN"}


def marked(picture: Meeting) -> list[str]:
    """The labels of the marked cells, as they are read."""
    root = ElementTree.fromstring(picture.svg)
    return sorted("".join(text.itertext()) for text in root.iter("text") if text.get("class") == "cell marked")


def joined(picture: Meeting) -> int:
    return picture.svg.count('class="pair"')


def test_row_of_one_meets_row_of_the_other() -> None:
    picture = meeting(V[1, 2], (G * X.T)[1, 2], CAPTIONS, AXES)
    assert marked(picture) == ["G10", "G11", "G12", "G13", "V12", "X20", "X21", "X22", "X23"]
    assert joined(picture) == 4


def test_column_of_one_meets_column_of_the_other() -> None:
    picture = meeting(U[2, 3], (W.T * G)[2, 3], CAPTIONS, AXES)
    assert marked(picture) == ["G03", "G13", "U23", "W02", "W12"]
    assert joined(picture) == 2


@pytest.mark.parametrize(
    ("entry", "total", "transposed"),
    [(V[1, 2], (G * X.T)[1, 2], "data, transposed"), (U[2, 3], (W.T * G)[2, 3], "weights, transposed")],
)
def test_turned_over_the_same_entries_meet_as_row_and_column(entry: Any, total: Any, transposed: str) -> None:
    straight = meeting(entry, total, CAPTIONS, AXES)
    turned = meeting(entry, total, CAPTIONS, AXES, turned=True)
    assert marked(turned) == marked(straight)
    assert joined(turned) == joined(straight)
    assert transposed in turned.svg
    assert transposed not in straight.svg


def test_first_column_with_first_column_stands_side_by_side() -> None:
    picture = meeting(U[0, 0], (W.T * G)[0, 0], CAPTIONS, AXES)
    assert all(re.fullmatch(r"M[\d.]+ [\d.]+ H[\d.]+", path) for path in re.findall(r'"pair" d="(.*?)"', picture.svg))


def test_entries_of_different_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="must meet within what G and X both count"):
        meeting(V[0, 0], G[0, 0] * X[0, 1], CAPTIONS, AXES)


def test_a_wrong_sum_marks_other_entries() -> None:
    picture = meeting(V[1, 2], (G * X.T)[0, 2], CAPTIONS, AXES)
    assert "G10" not in marked(picture)
    assert "G00" in marked(picture)


def test_picture_tells_what_it_shows() -> None:
    picture = meeting(V[1, 2], (G * X.T)[1, 2], CAPTIONS, AXES)
    told = re.search("<title>(.*?)</title>", picture.svg)
    assert told is not None
    assert told[1].startswith("Entry (1, 2) of V, by the weights, is the sum of G[1, 0] times X[2, 0], ")


def test_sum_with_another_term_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a term must be a product of two entries of two matrices: got 2\*G"):
        meeting(V[0, 0], 2 * G[0, 0] * X[0, 0], CAPTIONS, AXES)
