"""A figure of Matplotlib as part of the page: inline SVG in the page's ink and type, on no background, with words.

What is drawn in black takes the colour of the page's text, so that it can be read in the light and in the dark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import Any

__all__ = ["CLASS_COLOURS", "CLASS_MARKERS", "Figure", "inline"]

CLASS_COLOURS = ("#3f86c4", "#d2762b", "#3d9970")
CLASS_MARKERS = ("o", "^", "s")
"""Of three classes, told apart by shape as well as by colour; to be read on white and on black."""

INK = "#000000"
STYLE = ".drawn { margin: 1.2rem 0; } .drawn svg { height: auto; max-width: 100%; }"
TYPE = "var(--book-sans, var(--pst-font-family-base, sans-serif))"


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
    >>> INK in picture.svg, "stroke: currentColor" in picture.svg, picture.svg.count("rises")
    (False, True, 2)
    """
    from matplotlib import rc_context

    drawn = StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": told}):
        figure.savefig(drawn, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    return Figure(_in_page_ink(drawn.getvalue(), told))


def _in_page_ink(svg: str, told: str) -> str:
    """Without prologue and metadata, in the page's colour and type."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    svg = re.sub(r"(font: [^;\"]*?[\d.]+px) [^;\"]*", rf"\1 {TYPE}", svg)
    words = escape(told, quote=True)
    return svg.replace("<svg", f'<svg fill="currentColor" role="img" aria-label="{words}"', 1).replace(
        ">", f"><title>{words}</title>", 1
    )
