"""Plots in the colours of the page: curves of one real number, and matrices as shaded cells.

Both are inline SVG, readable in light and in dark, with the words that a screen reader says. They need SymPy alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from sympy import Expr, Symbol, lambdify

__all__ = ["Plot", "curves", "shades"]

WIDTH, HEIGHT, MARGIN = 560, 300, 34
CELL = 30
POINTS = 240
DASHES = ("none", "7 5", "2 4", "9 4 2 4")

STYLE = """
.plot { margin: 1.2rem 0; overflow-x: auto; }
.plot svg { font: 13px var(--book-sans, sans-serif); height: auto; max-width: 100%; }
.plot text { fill: currentColor; }
.plot .axis { stroke: currentColor; stroke-opacity: 0.4; }
.plot .curve { fill: none; stroke-width: 2.2; }
.plot .c0, .plot .c2 { stroke: var(--book-accent, #1b5479); }
.plot .c1, .plot .c3 { stroke: var(--pst-color-secondary, #7a3b10); }
.plot .above { fill: var(--book-accent, #1b5479); }
.plot .below { fill: var(--pst-color-secondary, #7a3b10); }
.plot .frame { fill: none; stroke: currentColor; stroke-opacity: 0.25; }
"""


@dataclass(frozen=True)
class Plot:
    """A picture; a notebook shows it."""

    svg: str

    def _repr_html_(self) -> str:
        return f'<style>{STYLE}</style><figure class="plot">{self.svg}</figure>'


def curves(functions: Mapping[str, Expr], t: Symbol, low: float, high: float, told: str) -> Plot:
    """The graphs of expressions in ``t`` from ``low`` to ``high``, each with its name; ``told`` says what is seen.

    Raises ValueError for more curves than there are kinds of line.

    >>> x = Symbol("x", real=True)
    >>> curves({"a square": x**2, "a line": x}, x, -1, 1, "A parabola meets a line.").svg.count("<polyline")
    2
    """
    if len(functions) > len(DASHES):
        raise ValueError(f"at most {len(DASHES)} curves can be told apart: got {len(functions)}")
    places = [low + (high - low) * k / POINTS for k in range(POINTS + 1)]
    values = [[float(f(place)) for place in places] for f in (lambdify(t, e, "math") for e in functions.values())]
    bottom, top = min(0.0, *map(min, values)), max(0.0, *map(max, values))

    def x(place: float) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * (place - low) / (high - low)

    def y(value: float) -> float:
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (value - bottom) / (top - bottom)

    drawn = [*_axes(x, y, (low, high), (bottom, top))]
    for number, (name, heights) in enumerate(zip(functions, values, strict=True)):
        line = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(places, heights, strict=True))
        style = f'class="curve c{number}" stroke-dasharray="{DASHES[number]}"'
        key = HEIGHT + 16 + 20 * (number // 2)
        left = MARGIN + (WIDTH - 2 * MARGIN) / 2 * (number % 2)
        drawn.append(f'<polyline {style} points="{line}"/>')
        drawn.append(f'<line {style} x1="{left}" y1="{key - 4}" x2="{left + 34}" y2="{key - 4}"/>')
        drawn.append(f'<text x="{left + 42}" y="{key}">{escape(name)}</text>')
    return Plot(_framed(WIDTH, HEIGHT + 10 + 20 * ((len(functions) + 1) // 2), drawn, told))


def _axes(x: Any, y: Any, across: tuple[float, float], up: tuple[float, float]) -> list[str]:
    """Lines through 0, and the ends of both axes in numbers."""
    low, high = across
    zero = x(min(max(0.0, low), high))
    drawn = [
        f'<line class="axis" x1="{x(low):.1f}" y1="{y(0):.1f}" x2="{x(high):.1f}" y2="{y(0):.1f}"/>',
        f'<line class="axis" x1="{zero:.1f}" y1="{y(up[0]):.1f}" x2="{zero:.1f}" y2="{y(up[1]):.1f}"/>',
    ]
    drawn += [f'<text x="{x(a):.1f}" y="{y(0) + 16:.1f}" text-anchor="middle">{a:g}</text>' for a in across if a]
    drawn += [f'<text x="{zero + 6:.1f}" y="{y(b) + 4:.1f}">{b:.3g}</text>' for b in up if abs(b) > 1e-9]
    return drawn


def shades(matrix: Any, told: str, rows: Sequence[str] = (), blocks: int = 0) -> Plot:
    """A matrix of numbers as cells: the stronger the shade, the larger the number; another colour below 0.

    ``rows`` names the rows. ``blocks`` draws a stronger line around each block of so many rows and columns.

    >>> shades([[1, 0], [-1, 0.5]], "Four cells.").svg.count("<title>") - 1
    4
    """
    table = [[float(value) for value in row] for row in (matrix.tolist() if hasattr(matrix, "tolist") else matrix)]
    largest = max((abs(value) for row in table for value in row), default=0.0) or 1.0
    left = 8 + 8 * max((len(name) for name in rows), default=0)
    drawn = []
    for i, row in enumerate(table):
        for j, value in enumerate(row):
            kind = "above" if value >= 0 else "below"
            box = f'x="{left + CELL * j}" y="{4 + CELL * i}" width="{CELL}" height="{CELL}"'
            title = f"<title>row {i}, column {j}: {value:.3g}</title>"
            drawn.append(f'<rect class="{kind}" {box} fill-opacity="{abs(value) / largest:.3f}">{title}</rect>')
            drawn.append(f'<rect class="frame" {box} pointer-events="none"/>')
    drawn += [f'<text x="2" y="{4 + CELL * (i + 0.62):.1f}">{escape(name)}</text>' for i, name in enumerate(rows)]
    width, height = left + CELL * len(table[0]), CELL * len(table)
    if blocks:
        drawn += _lines(left, width, height, blocks)
    return Plot(_framed(width + 6, height + 8, drawn, told))


def _lines(left: int, width: int, height: int, blocks: int) -> list[str]:
    step = CELL * blocks
    across = [f"M{left} {4 + y}H{width}" for y in range(0, height + 1, step)]
    down = [f"M{x} 4V{4 + height}" for x in range(left, width + 1, step)]
    return [f'<path class="axis" stroke-width="2" d="{" ".join([*across, *down])}"/>']


def _framed(width: float, height: float, drawn: list[str], told: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" aria-label="{escape(told)}">'
        f"<title>{escape(told)}</title>{''.join(drawn)}</svg>"
    )
