"""Pictures of sums of products: which entries of two matrices meet in an entry of a third.

A picture is drawn from the sum itself: the entries that occur in it are marked, those that are multiplied are joined.
It is inline SVG in the colours of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import Any, NamedTuple

from sympy import Add, Expr, MatrixSymbol, expand
from sympy.matrices.expressions.matexpr import MatrixElement

__all__ = ["Meeting", "meeting"]

WIDE, HIGH = 56, 34  # a cell
LABELS = 58  # room for the names of rows
HEAD = 44  # room for a caption and the names of columns
GAP = 52  # between a factor and the other, or the result

AXES = {"C": "class", "D": "feature", "N": "example"}

STYLE = """
html[data-theme] body .bd-content div.cell_output div.text_html:has(.meeting) { all: unset; display: block; }
.meeting { margin: 0.6rem 0; overflow-x: auto; }
.meeting svg { font: 15px var(--pst-font-family-base, serif); height: auto; max-width: 100%; }
.meeting text { fill: currentColor; font-style: italic; text-anchor: middle; }
.meeting text.note { font: 11px sans-serif; opacity: 0.85; }
.meeting text.end { text-anchor: end; }
.meeting text.caption { font: 600 13px sans-serif; }
.meeting rect { fill: none; stroke: currentColor; stroke-opacity: 0.35; }
.meeting rect.marked { fill: var(--book-accent, #1b5479); fill-opacity: 0.22; stroke: var(--book-accent, #1b5479); }
.meeting text.cell { opacity: 0.78; }
.meeting text.marked { font-weight: 600; opacity: 1; }
.meeting path { fill: none; stroke: var(--book-accent, #1b5479); stroke-width: 1.5; }
.meeting path.pair { stroke-dasharray: 3 3; }
"""


class Drawn(NamedTuple):
    """A matrix as it is drawn, straight or turned over: its caption, and what its rows and columns count."""

    matrix: MatrixSymbol
    caption: str
    rows: str
    columns: str
    turned: bool = False

    def transposed(self) -> Drawn:
        """The same matrix turned over."""
        return Drawn(self.matrix, f"{self.caption}, transposed", self.columns, self.rows, True)

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns are drawn."""
        rows, columns = (int(n) for n in self.matrix.shape)
        return (columns, rows) if self.turned else (rows, columns)


@dataclass(frozen=True)
class Grid:
    """A matrix at a place of the picture; names that a neighbour shows already are left out, or written below."""

    what: Drawn
    left: float
    top: float
    row_names: bool = True
    column_names: bool = True
    names_below: bool = False

    @property
    def right(self) -> float:
        """Where its last column ends."""
        return self.left + WIDE * self.what.shape[1]

    @property
    def bottom(self) -> float:
        """Where its last row ends."""
        return self.top + HIGH * self.what.shape[0]

    def corner(self, i: int, j: int) -> tuple[float, float]:
        """The upper left corner of the cell of entry (i, j)."""
        row, column = (j, i) if self.what.turned else (i, j)
        return self.left + column * WIDE, self.top + row * HIGH

    def svg(self, marked: set[tuple[int, int]]) -> str:
        """The cells, those marked in colour, with their names."""
        cells = (range(int(n)) for n in self.what.matrix.shape)
        drawn = [self._cell(i, j, (i, j) in marked) for i, j in product(*cells)]
        rows, columns = self.what.shape
        names_at = self.bottom + 15 if self.names_below else self.top - 7
        if self.column_names:
            drawn += [
                _text(self.left + (j + 0.5) * WIDE, names_at, f"{self.what.columns} {j}", "note")
                for j in range(columns)
            ]
        if self.row_names:
            drawn += [
                _text(self.left - 7, self.top + (i + 0.62) * HIGH, f"{self.what.rows} {i}", "note end")
                for i in range(rows)
            ]
        away = 19 if self.column_names else 1
        caption_at = names_at + away if self.names_below else names_at - away
        return "".join(drawn) + _text((self.left + self.right) / 2, caption_at, self.what.caption, "caption")

    def _cell(self, i: int, j: int, marked: bool) -> str:
        x, y = self.corner(i, j)
        kind = "cell marked" if marked else "cell"
        label = f'{self.what.matrix.name}<tspan dy="4" font-size="72%">{i}{j}</tspan>'
        text = f'<text class="{kind}" x="{x + WIDE / 2}" y="{y + HIGH * 0.6}">{label}</text>'
        return f'<rect class="{kind}" x="{x}" y="{y}" width="{WIDE}" height="{HIGH}"/>' + text


@dataclass(frozen=True)
class Meeting:
    """A picture; a notebook shows it."""

    svg: str

    def _repr_html_(self) -> str:
        return f'<style>{STYLE}</style><figure class="meeting">{self.svg}</figure>'


def meeting(
    entry: MatrixElement, total: Expr, captions: Mapping[Any, str], axes: Mapping[Any, str], *, turned: bool = False
) -> Meeting:
    """Which entries meet in ``entry``, whose value is ``total``, a sum of products of two entries each.

    ``captions`` names the matrices, in the order in which they are drawn; ``axes`` says for each what its rows and
    columns count, as in ``{X: "DN"}``, with C for classes, D for features and N for examples. Matrices whose entries
    meet within a column stand one above the other, those whose entries meet within a row side by side. With ``turned``
    one of the two is drawn transposed, so that rows meet columns as they do in a matrix product.

    Raises ValueError when a term is not a product of two entries of two matrices, or these do not meet where both
    matrices count the same.

    >>> G, X, V = MatrixSymbol("G", 3, 3), MatrixSymbol("X", 2, 3), MatrixSymbol("V", 3, 2)
    >>> names = {G: "by the scores", X: "data", V: "by the weights"}
    >>> picture = meeting(V[0, 1], (G * X.T)[0, 1], names, {G: "CN", X: "DN", V: "CD"})
    >>> picture.svg.count('<path class="pair"')
    3
    """
    order = list(captions)
    pairs = sorted((_pair(term, order) for term in Add.make_args(expand(total))), key=str)
    names = [pairs[0][0].parent, pairs[0][1].parent, entry.parent]
    first, second, result = (Drawn(m, captions[m], AXES[axes[m][0]], AXES[axes[m][1]]) for m in names)
    within_columns = axes[names[0]][1] == axes[names[1]][1]
    if any((a.j, a.i)[not within_columns] != (b.j, b.i)[not within_columns] for a, b in pairs):
        raise ValueError(f"entries must meet within what {names[0]} and {names[1]} both count: got {total}")
    if turned and within_columns:
        grids = _crossing(first, second.transposed(), result)
    elif turned:
        grids = _crossing(first.transposed(), second, result)
    else:
        grids = (_stacked if within_columns else _side_by_side)(first, second, result)
    marked = [{_at(pair[which]) for pair in pairs} for which in (0, 1)] + [{_at(entry)}]
    drawn = [_join(grids[0].corner(*_at(a)), grids[1].corner(*_at(b))) for a, b in pairs]
    drawn += [grid.svg(cells) for grid, cells in zip(grids, marked, strict=True)]
    if not turned:
        drawn.append(_arrow(grids[0 if within_columns else 1], grids[2], *_at(entry)))
    return Meeting(_framed(grids, drawn, _told(entry, pairs, captions)))


def _stacked(first: Drawn, second: Drawn, result: Drawn) -> list[Grid]:
    """Two factors that share their columns, one above the other; the result shares the rows of the first."""
    upper = Grid(first, LABELS, HEAD)
    lower = Grid(second, LABELS, upper.bottom + HEAD / 2, column_names=False, names_below=True)
    return [upper, lower, Grid(result, upper.right + GAP, HEAD, row_names=False)]


def _side_by_side(first: Drawn, second: Drawn, result: Drawn) -> list[Grid]:
    """Two factors that share their rows, side by side; the result shares the columns of the second."""
    left = Grid(first, LABELS, HEAD)
    right = Grid(second, left.right + GAP, HEAD, row_names=False)
    return [left, right, Grid(result, right.left, right.bottom + GAP, column_names=False)]


def _crossing(first: Drawn, second: Drawn, result: Drawn) -> list[Grid]:
    """A matrix product: left factor, right factor above it to the right, the result where row and column cross."""
    upper = Grid(second, LABELS * 2 + WIDE * first.shape[1], HEAD)
    low = upper.bottom + HEAD * 0.7
    left = Grid(first, LABELS, low, names_below=True)
    return [left, upper, Grid(result, upper.left, low, row_names=False, column_names=False, names_below=True)]


def _pair(term: Expr, order: list[Any]) -> tuple[MatrixElement, MatrixElement]:
    found = sorted(term.atoms(MatrixElement), key=lambda e: order.index(e.parent))
    if len(found) != 2 or found[0].parent == found[1].parent or term != found[0] * found[1]:
        raise ValueError(f"a term must be a product of two entries of two matrices: got {term}")
    return found[0], found[1]


def _at(e: MatrixElement) -> tuple[int, int]:
    return int(e.i), int(e.j)


def _join(a: tuple[float, float], b: tuple[float, float]) -> str:
    """A line from cell to cell: down in a column, across in a row, or up and across."""
    if a[0] == b[0]:
        x = a[0] + WIDE * 0.86
        return f'<path class="pair" d="M{x} {a[1] + HIGH * 0.5} V{b[1] + HIGH * 0.5}"/>'
    if a[1] == b[1]:
        y = a[1] + HIGH * 0.86
        return f'<path class="pair" d="M{a[0] + WIDE * 0.5} {y} H{b[0] + WIDE * 0.5}"/>'
    x, y = a[0] + WIDE * 0.86, b[1] + HIGH * 0.86
    return f'<path class="pair" d="M{x} {a[1] + HIGH * 0.5} V{y} H{b[0] + WIDE * 0.4}"/>'


def _arrow(factor: Grid, result: Grid, i: int, j: int) -> str:
    """From the marked row or column of a factor to the marked cell of the result: there the products are added."""
    x, y = result.corner(i, j)
    if result.top == factor.top:
        start, end, middle = factor.right + 6, result.left - 6, y + HIGH / 2
        head = f"M{end - 6} {middle - 4} L{end} {middle} L{end - 6} {middle + 4}"
        return f'<path d="M{start} {middle} H{end} {head}"/>' + _text((start + end) / 2, middle - 6, "add", "note")
    start, end, middle = factor.bottom + 6, result.top - 26, x + WIDE / 2
    head = f"M{middle - 4} {end - 6} L{middle} {end} L{middle + 4} {end - 6}"
    return f'<path d="M{middle} {start} V{end} {head}"/>' + _text(middle + 18, (start + end) / 2 + 3, "add", "note")


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


def _told(entry: MatrixElement, pairs: list[tuple[MatrixElement, MatrixElement]], captions: Mapping[Any, str]) -> str:
    products = ", ".join(f"{a} times {b}" for a, b in pairs)
    return f"Entry ({entry.i}, {entry.j}) of {entry.parent}, {captions[entry.parent]}, is the sum of {products}."


def _framed(grids: list[Grid], drawn: list[str], told: str) -> str:
    width = max(grid.right for grid in grids) + 4
    height = max(grid.bottom + (HEAD if grid.names_below else 4) for grid in grids)
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" aria-label="{escape(told)}">'
        f"<title>{escape(told)}</title>{''.join(drawn)}</svg>"
    )
