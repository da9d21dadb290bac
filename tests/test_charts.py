"""Charts: what was computed is what is drawn."""

import re

import pytest
from sympy import Heaviside, Matrix, Symbol, log

from lossgrad.charts import bars, curves, shades, tiles
from lossgrad.expressions import sigmoid

x, z = Symbol("x", real=True), Symbol("z", real=True)


def heights(svg: str) -> list[float]:
    return [float(height) for height in re.findall(r'height="([\d.]+)"><title>', svg)]


def test_a_bar_is_as_high_as_its_number() -> None:
    low, high = heights(bars({"p": [0.25, 0.5]}, ["a", "b"], "Two bars.").svg)
    assert high == pytest.approx(2 * low, abs=0.2)


def test_a_negative_bar_hangs_where_a_positive_one_stands() -> None:
    svg = bars({"error": [1, -1]}, ["a", "b"], "Up and down.").svg
    above, below = (float(y) for y in re.findall(r'y="([\d.]+)" width="[\d.]+" height="[\d.]+"><title>', svg))
    assert above < below


def test_a_curve_ends_where_its_expression_is() -> None:
    svg = curves({"line": x, "double": 2 * x}, 0, 1, "Two lines.").svg
    line, double = re.findall(r'd="([^"]+)"', svg)
    assert float(line.split()[-1]) > float(double.split()[-1])


def test_a_jump_is_not_joined() -> None:
    path = re.findall(r'd="([^"]+)"', curves({"step": Heaviside(x)}, -1, 1, "A step.").svg)[0]
    assert path.count("M") > 1


def test_a_curve_is_drawn_where_it_has_a_value() -> None:
    path = re.findall(r'd="([^"]+)"', curves({"log": log(x), "sigmoid": sigmoid(x)}, -1, 1, "Half a curve.").svg)[0]
    assert "nan" not in path and path.startswith("M")


def test_a_curve_has_one_symbol() -> None:
    with pytest.raises(ValueError, match="one symbol"):
        curves({"plane": x + z}, 0, 1, "No curve.")


def test_every_group_has_a_bar_for_every_name() -> None:
    with pytest.raises(ValueError, match="a bar for each of 2 names"):
        bars({"p": [1]}, ["a", "b"], "One is missing.")


def test_every_cell_says_its_number() -> None:
    svg = shades(Matrix([[1, -0.25]]), ["row"], ["a", "b"], "Two cells.").svg
    assert ">1</text>" in svg and ">-0.25</text>" in svg
    with pytest.raises(ValueError, match="names"):
        shades(Matrix([[1, 2]]), ["row"], ["a"], "A name is missing.")


def test_a_picture_is_told_and_names_are_escaped() -> None:
    svg = bars({"p < q": [1]}, ["a"], "A & B").svg
    assert 'role="img" aria-label="A &amp; B"' in svg and "p &lt; q" in svg


def test_a_tile_is_shaded_by_its_number_and_coloured_by_its_sign() -> None:
    svg = tiles([[2, -1, 0]], "Two shaded tiles.").svg
    shaded = re.findall(r'class="(above|below)" fill-opacity="([\d.]+)"', svg)
    assert shaded == [("above", "0.800"), ("below", "0.400"), ("below", "0.000")]


def test_blocks_are_lined_where_they_end() -> None:
    svg = tiles([[1] * 4] * 4, "Four blocks.", blocks=2).svg
    assert svg.count("h112") == svg.count("v112") == 3
