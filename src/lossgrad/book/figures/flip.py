"""``{figure-flip}``: which taps meet what in a convolution and in its two gradients, and where they are flipped."""

from __future__ import annotations

from typing import Any, ClassVar

from sphinx.application import Sphinx
from sympy import Symbol, symbols

from lossgrad.book.figures.drawing import FigureDirective
from lossgrad.expressions import Gradient
from lossgrad.notation import K, T
from lossgrad.theorems.convolution import correlation, g, w, x

START = {"of": "signal", "sizes": {"T": 4, "K": 3}, "at": 2}

MOST = {"T": 6, "K": 4}
"""The largest sizes that a reader can choose."""

VALUES = {"x": [2, -1, 3, 1, -2, 1, 2, -3, 1], "w": [1, 2, -1, 3], "g": [3, 1, -2, 2, 1, -1]}
"""Small integers for the entries, as many as a reader can choose."""

PROVED = ("convolution.tap_gradient_entry", "convolution.tap_gradient", "convolution.signal_gradient")
"""What the figure shows; forward it shows the definition."""

i, j = symbols("i j", integer=True, nonnegative=True)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive(FlipFigure.kind, FlipFigure)


class FlipFigure(FigureDirective):
    """The reader chooses a result, a tap or an entry of the signal and sees its sum."""

    kind: ClassVar[str] = "figure-flip"

    def data(self) -> dict[str, Any]:
        self.proved(*PROVED)
        L = Symbol("L")
        return {
            "start": START,
            "most": MOST,
            "values": VALUES,
            "sizes": {str(n): self.typeset(n) for n in (T, K)},
            "entries": {str(e.name): self.typeset(e[i, 0]) for e in (x, w, g)},
            "names": {str(e.name): self.typeset(e) for e in (x, w, g)},
            "choices": {
                "result": {"name": self.typeset(correlation().lhs.parent), "means": "result"},
                "taps": {"name": self.typeset(Gradient(L, w)), "means": "gradient by the taps"},
                "signal": {"name": self.typeset(Gradient(L, x)), "means": "gradient by the signal"},
            },
        }
