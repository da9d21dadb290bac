"""Charts of numbers that a cell computed: curves, bars, and matrices by shade.

A chart is inline SVG in the colours of the page, so it is dark where the page is dark, and needs no drawing library.
Each takes ``told``, what the picture tells, for those who do not see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import exp, floor, isfinite, log10
from typing import Any

from sympy import Dummy, Matrix, lambdify, sympify

__all__ = ["Chart", "bars", "curves", "images", "shades", "tiles"]

WIDE, HIGH = 560, 260  # the field
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 34, 42  # what stands around it
POINTS = 401
KINDS = 4  # colours and dashes

STYLE = """
html[data-theme] body .bd-content div.cell_output div.text_html:has(.chart) { all: unset; display: block; }
.chart { margin: 1.2rem 0; overflow-x: auto; }
.chart svg { height: auto; max-width: 100%; }
.chart text { fill: currentColor; font: 12px var(--book-sans, sans-serif); }
.chart text.tick, .chart text.axis { opacity: 0.75; }
.chart text.middle { text-anchor: middle; }
.chart text.end { text-anchor: end; }
.chart .rule { stroke: currentColor; stroke-opacity: 0.15; }
.chart .zero { stroke: currentColor; stroke-opacity: 0.5; }
.chart .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.chart .k0 { stroke: var(--book-accent, #1b5479); }
.chart .k1 { stroke: var(--pst-color-secondary, #7a3b10); stroke-dasharray: 7 3; }
.chart .k2 { stroke: currentColor; stroke-dasharray: 2 3; }
.chart .k3 { stroke: var(--book-false, #a3262d); stroke-dasharray: 9 3 2 3; }
.chart .b0 { fill: var(--book-accent, #1b5479); }
.chart .b1 { fill: var(--pst-color-secondary, #7a3b10); fill-opacity: 0.55; }
.chart .b2 { fill: currentColor; fill-opacity: 0.35; }
.chart .b3 { fill: var(--book-false, #a3262d); fill-opacity: 0.7; }
.chart rect.above { fill: var(--book-accent, #1b5479); }
.chart rect.below { fill: var(--book-false, #a3262d); }
.chart rect.ink { fill: currentColor; }
.chart rect.edge { fill: none; stroke: currentColor; stroke-opacity: 0.25; }
"""


@dataclass(frozen=True)
class Chart:
    """A picture; a notebook shows it."""

    svg: str

    def _repr_html_(self) -> str:
        return f'<style>{STYLE}</style><figure class="chart">{self.svg}</figure>'


def curves(lines: Mapping[str, Any], low: float, high: float, told: str, across: str = "", up: str = "") -> Chart:
    """Curves over the interval from ``low`` to ``high``: an expression in one symbol a name, drawn in one field.

    ``across`` and ``up`` name the axes. A curve is broken where it jumps.

    Raises ValueError when an expression has more than one symbol.

    >>> from sympy import Symbol, tanh
    >>> x = Symbol("x", real=True)
    >>> curves({"tanh": tanh(x), "x": x}, -1, 1, "Near 0 tanh is the identity.").svg.count("<path")
    2
    """
    steps = [low + (high - low) * k / (POINTS - 1) for k in range(POINTS)]
    drawn = {name: _points(e, steps) for name, e in lines.items()}
    field = Field.around(steps, [value for points in drawn.values() for _, value in points])
    paths = (_path(field, points, kind) for kind, points in enumerate(drawn.values()))
    return field.chart("".join(paths), _legend(drawn, "line k"), told, across, up)


def bars(groups: Mapping[str, Sequence[Any]], names: Sequence[str], told: str, up: str = "") -> Chart:
    """Bars side by side: a group has one number for each of ``names``, negative ones hang below zero.

    Raises ValueError when a group has another length than ``names``.

    >>> picture = bars({"p": [0.7, 0.3], "p - y": [-0.3, 0.3]}, ["right", "wrong"], "The errors add up to 0.")
    >>> picture.svg.count("<title>")
    5
    """
    numbers = {name: [float(value) for value in values] for name, values in groups.items()}
    if any(len(values) != len(names) for values in numbers.values()):
        raise ValueError(f"a bar for each of {len(names)} names: got {[len(values) for values in numbers.values()]}")
    field = Field.around([0, len(names)], [0, *(value for values in numbers.values() for value in values)])
    width = 0.8 / len(numbers)
    drawn = [
        _bar(field, place + 0.1 + kind * width, width, value, kind, f"{group}, {names[place]}")
        for kind, (group, values) in enumerate(numbers.items())
        for place, value in enumerate(values)
    ]
    labels = [_text(field.x(k + 0.5), TOP + HIGH + 18, name, "middle") for k, name in enumerate(names)]
    return field.chart("".join([*drawn, *labels]), _legend(numbers, "b"), told, "", up, ticks=False)


def shades(matrix: Any, rows: Sequence[str], columns: Sequence[str], told: str) -> Chart:
    """A matrix of numbers, each cell shaded by its size: one colour above zero, another below.

    Raises ValueError when the names do not fit the shape.

    >>> shades(Matrix([[1, -1]]), ["a"], ["b", "c"], "Two cells.").svg.count('class="edge"')
    2
    """
    numbers = Matrix(matrix)
    if numbers.shape != (len(rows), len(columns)):
        raise ValueError(
            f"names for {len(rows)} rows and {len(columns)} columns: got a matrix of shape {numbers.shape}"
        )
    largest = max((abs(float(value)) for value in numbers), default=0.0) or 1.0
    left, wide, high = 20 + 8 * max(map(len, rows)), 74, 34
    cells = [
        _cell(left + j * wide, 30 + i * high, wide, high, float(numbers[i, j]), largest)
        for i in range(len(rows))
        for j in range(len(columns))
    ]
    names = [_text(left - 8, 30 + (i + 0.62) * high, name, "end") for i, name in enumerate(rows)]
    names += [_text(left + (j + 0.5) * wide, 20, name, "middle") for j, name in enumerate(columns)]
    return Chart(_framed(left + wide * len(columns) + 4, 34 + high * len(rows), "".join([*cells, *names]), told))


SIDE = 28  # of a tile


def tiles(matrix: Any, told: str, blocks: int = 0) -> Chart:
    """A matrix of numbers as small squares, each shaded by its size: where it is 0, and where it is not.

    ``blocks`` draws a line around each block of so many rows and columns.

    >>> tiles([[1, 0], [-1, 2]], "Three squares of four are shaded.").svg.count('class="edge"')
    4
    """
    numbers = Matrix(matrix)
    rows, columns = numbers.shape
    largest = max((abs(float(value)) for value in numbers), default=0.0) or 1.0
    drawn = [
        _tile(4 + j * SIDE, 4 + i * SIDE, float(numbers[i, j]) / largest) for i in range(rows) for j in range(columns)
    ]
    if blocks:
        across = "".join(f"M4 {4 + i * SIDE}h{columns * SIDE}" for i in range(0, rows + 1, blocks))
        down = "".join(f"M{4 + j * SIDE} 4v{rows * SIDE}" for j in range(0, columns + 1, blocks))
        drawn.append(f'<path class="zero" fill="none" d="{across}{down}"/>')
    return Chart(_framed(8 + columns * SIDE, 8 + rows * SIDE, "".join(drawn), told))


def _tile(x: float, y: float, depth: float) -> str:
    box = f'x="{x}" y="{y}" width="{SIDE}" height="{SIDE}"'
    kind = "above" if depth > 0 else "below"
    return f'<rect class="{kind}" fill-opacity="{0.8 * abs(depth):.3f}" {box}/><rect class="edge" {box}/>'


PIXEL = 9
ABREAST = 6  # images in a row


def images(pictures: Sequence[Any], captions: Sequence[str], told: str) -> Chart:
    """Images side by side, each with a caption below: a pixel is inked as far as its number goes from 0 to 1.

    Raises ValueError when there are more or fewer captions than images.

    >>> images([[[0, 1], [0.5, 0]]], ["a slash"], "One image.").svg.count('class="ink"')
    2
    """
    if len(pictures) != len(captions):
        raise ValueError(f"a caption for each of {len(pictures)} images: got {len(captions)}")
    numbers = [[[float(value) for value in row] for row in picture] for picture in pictures]
    side = PIXEL * max(len(numbers[0]), len(numbers[0][0]))
    wide, high = side + 20, side + 34
    drawn = []
    for k, (picture, caption) in enumerate(zip(numbers, captions, strict=True)):
        left, top = 4 + k % ABREAST * wide, 4 + k // ABREAST * high
        drawn += [
            _pixel(left + j * PIXEL, top + i * PIXEL, v)
            for i, row in enumerate(picture)
            for j, v in enumerate(row)
            if v
        ]
        drawn.append(f'<rect class="edge" x="{left}" y="{top}" width="{side}" height="{side}"/>')
        drawn.append(_text(left + side / 2, top + side + 17, caption, "middle"))
    rows = -(-len(numbers) // ABREAST)
    return Chart(_framed(wide * min(ABREAST, len(numbers)), high * rows, "".join(drawn), told))


def _pixel(x: float, y: float, depth: float) -> str:
    return f'<rect class="ink" fill-opacity="{depth:.2f}" x="{x}" y="{y}" width="{PIXEL}" height="{PIXEL}"/>'


@dataclass(frozen=True)
class Field:
    """Where numbers lie: from ``low`` to ``high`` across, from ``bottom`` to ``top`` up."""

    low: float
    high: float
    bottom: float
    top: float

    @classmethod
    def around(cls, across: Sequence[float], up: Sequence[float]) -> Field:
        """The field that holds these numbers, with a little air above and below."""
        bottom, top = min(up), max(up)
        air = 0.06 * ((top - bottom) or 1.0)
        return cls(min(across), max(across), bottom - air if bottom else 0.0, top + air)

    def x(self, value: float) -> float:
        """Where a number lies across."""
        return round(LEFT + WIDE * (value - self.low) / (self.high - self.low), 1)

    def y(self, value: float) -> float:
        """Where a number lies up."""
        return round(TOP + HIGH * (self.top - value) / (self.top - self.bottom), 1)

    def chart(self, drawn: str, legend: str, told: str, across: str, up: str, ticks: bool = True) -> Chart:
        """The picture: rules and numbers, what is drawn, the legend."""
        parts = [self._rule(value) for value in _round_numbers(self.bottom, self.top)]
        if ticks:
            parts += [
                _text(self.x(value), TOP + HIGH + 18, f"{value:g}", "tick middle")
                for value in _round_numbers(self.low, self.high)
            ]
        parts.append(_text(LEFT + WIDE, TOP + HIGH + 36, across, "axis end"))
        parts.append(_text(LEFT - 44, 14, up, "axis"))
        return Chart(_framed(LEFT + WIDE + RIGHT, TOP + HIGH + BOTTOM, "".join([*parts, drawn, legend]), told))

    def _rule(self, value: float) -> str:
        y = self.y(value)
        kind = "rule" if value else "zero"
        line = f'<line class="{kind}" x1="{LEFT}" x2="{LEFT + WIDE}" y1="{y}" y2="{y}"/>'
        return line + _text(LEFT - 8, y + 4, f"{value:g}", "tick end")


def _points(e: Any, steps: Sequence[float]) -> list[tuple[float, float]]:
    """The points of a curve where the expression has a value."""
    symbols = sorted(sympify(e).free_symbols, key=str)
    if len(symbols) > 1:
        raise ValueError(f"a curve is an expression in one symbol: got {e} with {symbols}")
    value = lambdify(symbols or [Dummy()], e, [STEPS, "math"])
    return [(t, y) for t in steps if isfinite(y := _value(value, t))]


STEPS: dict[str, Callable[..., float]] = {
    "sigmoid": lambda t: 1 / (1 + exp(-t)),
    "Heaviside": lambda t, at_zero=0.5: at_zero if t == 0 else float(t > 0),
    "sign": lambda t: float(t > 0) - float(t < 0),
}
"""Functions of the book that Python's own mathematics has not."""


def _value(f: Any, t: float) -> float:
    try:
        return float(f(t))
    except (ValueError, ZeroDivisionError, OverflowError):
        return float("nan")


def _path(field: Field, points: Sequence[tuple[float, float]], kind: int) -> str:
    far = 0.25 * (field.top - field.bottom)
    steps, before = [], None
    for t, value in points:
        broken = before is None or abs(value - before) > far
        steps.append(f"{'M' if broken else 'L'}{field.x(t)} {field.y(value)}")
        before = value
    return f'<path class="line k{kind % KINDS}" d="{" ".join(steps)}"/>'


def _bar(field: Field, at: float, width: float, value: float, kind: int, name: str) -> str:
    low, high = sorted((field.y(0), field.y(value)))
    left, right = field.x(at), field.x(at + width)
    return (
        f'<rect class="b{kind % KINDS}" x="{left}" y="{low}" width="{round(right - left - 1, 1)}" '
        f'height="{round(high - low, 1)}"><title>{escape(name)}: {value:.3g}</title></rect>'
    )


def _cell(x: float, y: float, wide: float, high: float, value: float, largest: float) -> str:
    kind, depth = ("above", value / largest) if value > 0 else ("below", -value / largest)
    return (
        f'<rect class="{kind}" fill-opacity="{0.45 * depth:.3f}" x="{x}" y="{y}" width="{wide}" height="{high}"/>'
        f'<rect class="edge" x="{x}" y="{y}" width="{wide}" height="{high}"/>'
        + _text(x + wide / 2, y + high * 0.62, f"{value:.3g}", "middle")
    )


def _legend(names: Mapping[str, Any], kind: str) -> str:
    """A sample of each kind with its name, in a row above the field."""
    parts, x = [], LEFT + 40.0
    for k, name in enumerate(names):
        sample = (
            f'<line class="{kind}{k % KINDS}" x1="{x}" x2="{x + 26}" y1="10" y2="10"/>'
            if kind.startswith("line")
            else f'<rect class="{kind}{k % KINDS}" x="{x}" y="4" width="18" height="12"/>'
        )
        parts.append(sample + _text(x + 32, 14, name, "legend"))
        x += 56 + 6.6 * len(name)
    return "".join(parts)


def _round_numbers(low: float, high: float) -> Iterator[float]:
    """Between three and eight round numbers from ``low`` to ``high``."""
    step = 10.0 ** floor(log10((high - low) or 1.0))
    step = next(step * k for k in (1, 0.5, 0.2, 0.1) if (high - low) / (step * k) >= 3)
    first = -floor(-low / step)
    return (round(k * step, 12) for k in range(first, floor(high / step) + 1))


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{round(x, 1)}" y="{round(y, 1)}">{escape(text)}</text>' if text else ""


def _framed(width: float, height: float, drawn: str, told: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" aria-label="{escape(told)}">'
        f"<title>{escape(told)}</title>{drawn}</svg>"
    )
