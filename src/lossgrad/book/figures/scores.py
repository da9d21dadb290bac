"""``{figure-scores}``: what the scores of one example do to its probabilities, its loss and the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

from sphinx.application import Sphinx
from sympy import Integer, Symbol

from lossgrad import library
from lossgrad.book.figures.drawing import FigureDirective
from lossgrad.expressions import Gradient, softmax
from lossgrad.notation import N, S, s

START = {"scores": [20, 10, -5], "truth": 1, "shift": 0}
"""In tenths, so that moving all scores leaves the same differences."""

PROVED = (
    "softmax.score_gradient",
    "softmax.log_of_quotient",
    "softmax.columns_sum_to_one",
    "softmax.softmax_shift",
    "softmax.loss_shift",
    "softmax.score_gradient_sums_to_zero",
)
"""What the figure shows."""


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive(ScoresFigure.kind, ScoresFigure)


class ScoresFigure(FigureDirective):
    """The reader moves three scores and sees what follows."""

    kind: ClassVar[str] = "figure-scores"

    def data(self) -> dict[str, Any]:
        self.proved(*PROVED)
        of_one_example = {S: s, N: Integer(1)}
        difference = library.stated(library.theorems()["softmax.score_gradient"]).rhs.xreplace(of_one_example).doit()
        names = {
            "score": s,
            "probability": softmax(s),
            "gradient": Gradient(Symbol("L"), s),
            "difference": difference,
            "loss": Symbol("L"),
        }
        return {"start": START, "names": {name: self.typeset(e) for name, e in names.items()}}
