"""A figure of Matplotlib as part of the page: inline SVG in the page's ink and type, on no background, with words.

What is drawn in black takes the colour of the page's text, so that it can be read in the light and in the dark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import Any

__all__ = ["CLASS_COLOURS", "CLASS_MARKERS", "Figure", "curve", "inline", "regions"]

CLASS_COLOURS = ("#3f86c4", "#d2762b", "#3d9970")
CLASS_MARKERS = ("o", "^", "s")
"""Of three classes, told apart by shape as well as by colour; to be read on white and on black."""

INK = "#000000"
STYLE = """
html[data-theme] body .bd-content div.cell_output div.text_html:has(.drawn) { all: unset; display: block; }
.drawn { margin: 0.6rem 0; }
.drawn svg { height: auto; max-width: 100%; }
.drawn text { font-family: var(--book-sans, var(--pst-font-family-base, sans-serif)); }
"""


@dataclass(frozen=True)
class Figure:
    """A picture; a notebook shows it."""

    svg: str

    def _repr_html_(self) -> str:
        return f'<style>{STYLE}</style><figure class="drawn">{self.svg}</figure>'


def inline(figure: Any, told: str) -> Figure:
    """The figure as inline SVG; ``told`` says in words what it shows.

    >>> import matplotlib.figure
    >>> figure = matplotlib.figure.Figure()
    >>> line = figure.subplots().plot([1, 2], color="black")
    >>> picture = inline(figure, "A line that rises from 1 to 2.")
    >>> INK in picture.svg, 'stroke="currentColor"' in picture.svg, picture.svg.count("rises")
    (False, True, 2)
    >>> "style" in picture.svg, "<metadata" in picture.svg, 'id="figure_1"' in picture.svg
    (False, False, False)
    """
    from matplotlib import rc_context

    drawn = StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": told}):
        figure.savefig(drawn, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    return Figure(_in_page_ink(drawn.getvalue(), told))


def curve(x: Any, y: Any, across: str, up: str) -> tuple[Any, Any]:
    """A figure and its axes, with one curve; to be shown by `inline`."""
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(6.4, 3.2))
    axes = figure.subplots()
    axes.plot(x, y, color=CLASS_COLOURS[0])
    axes.set(xlabel=across, ylabel=up)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def regions(
    classify: Callable[[Any], Any], X: Any, y: Any, names: Sequence[str], told: str, across: str = "", up: str = ""
) -> Figure:
    """The plane by the class that ``classify`` gives each column, with the examples of X in it, the wrong ones ringed.

    X of shape (2, N), labels y of shape (N,); ``classify`` takes an array of shape (2, M) and returns M labels.

    >>> import numpy as np
    >>> X, y = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 0.0]]), np.array([0, 1, 0])
    >>> picture = regions(lambda points: (points[0] > 0.5).astype(int), X, y, ["left", "right"], "Two halves.")
    >>> picture.svg.count("in the wrong class")
    1
    """
    import numpy as np
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(6.4, 4.4))
    axes = figure.subplots()
    low, high = X.min(axis=1), X.max(axis=1)
    edges = [np.linspace(a - 0.08 * (b - a), b + 0.08 * (b - a), 351) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*edges))
    levels = np.arange(len(names) + 1) - 0.5
    found = classify(grid.reshape(2, -1)).reshape(grid.shape[1:])
    axes.contourf(*edges, found, levels=levels, colors=CLASS_COLOURS[: len(names)], alpha=0.18)
    for k, name in enumerate(names):
        look: dict[str, Any] = {"color": CLASS_COLOURS[k], "marker": CLASS_MARKERS[k]}
        axes.plot(*X[:, y == k], linestyle="none", markersize=4.5, alpha=0.8, label=name, **look)
    wrong = X[:, classify(X) != y]
    axes.plot(*wrong, "o", color="none", markeredgecolor="black", markersize=10, label="in the wrong class")
    axes.set(xlabel=across, ylabel=up)
    axes.legend(frameon=False, loc="upper left")
    return inline(figure, told)


def _in_page_ink(svg: str, told: str) -> str:
    """Without prologue, metadata, styles, and names that another figure has too; in the page's colour and type."""
    svg = re.sub(r"<metadata>.*?</metadata>|<style\b.*?</style>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    svg = re.sub(r'\sstyle="([^"]*)"', lambda found: _attributes(found[1]), svg)
    used = set(re.findall(r"#([\w.]+)", svg))
    svg = re.sub(r'\sid="([^"]+)"', lambda found: found[0] if found[1] in used else "", svg)
    words = escape(told, quote=True)
    lines = 'stroke-linejoin="round" stroke-linecap="butt"'
    return svg.replace("<svg", f'<svg fill="currentColor" {lines} role="img" aria-label="{words}"', 1).replace(
        ">", f"><title>{words}</title>", 1
    )


def _attributes(style: str) -> str:
    """The declarations of a style as attributes, which a strict policy of the page allows; the type is the page's."""
    declared = (declaration.split(":", 1) for declaration in style.split(";") if ":" in declaration)
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in declared if name.strip() != "font-family")
