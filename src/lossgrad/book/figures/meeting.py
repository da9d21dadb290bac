"""``{figure-meeting}``: which row meets which column in an entry of a gradient.

What meets is read from the right side of a theorem. It is the product of the gradient by the scores and of one matrix
turned over; the other matrix of the layer has the shape of the answer.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sphinx.application import Sphinx
from sympy import Eq, MatrixExpr, MatrixSymbol, OneMatrix, Symbol, Transpose, symbols

from lossgrad import library
from lossgrad.book.figures.drawing import FigureDirective
from lossgrad.expressions import Gradient, LossGradient
from lossgrad.notation import C, D, G, N

MOST = 6
"""The largest size that a reader can choose."""

START = {"by": "W", "sizes": {"C": 3, "D": 2, "N": 4}, "at": [1, 0]}

AXES = {C: ("class", "classes"), D: ("feature", "features"), N: ("example", "examples")}

WORDS = {"W": "weights", "X": "data", "b": "bias", "G": "gradient by the scores", "1": "ones"}

GRADIENTS = {
    "W": ("linear.weight_gradient", "linear.row_weight_gradient", "layer.weight.grad[{i}, {j}]"),
    "X": ("linear.data_gradient", "linear.row_data_gradient", "x.grad[{j}, {i}]"),
    "b": ("linear.bias_gradient", "linear.row_bias_gradient", "layer.bias.grad[{i}]"),
}
"""By letter: the theorem with examples as columns, that with examples as rows, and where PyTorch keeps the entry."""

INDICES = (["row", "sum"], ["sum", "column"])
"""Where the indices of an entry, and that of its sum, stand in the two factors of a product."""

i, j = symbols("i j", integer=True, nonnegative=True)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive(MeetingFigure.kind, MeetingFigure)


class MeetingFigure(FigureDirective):
    """The reader chooses an entry of a gradient and sees its sum."""

    kind: ClassVar[str] = "figure-meeting"

    def data(self) -> dict[str, Any]:
        gradients = {letter: self.both_layouts(letter) for letter in GRADIENTS}
        return {
            "start": START,
            "most": MOST,
            "sizes": {str(n): {"name": self.typeset(n), "plural": plural} for n, (_, plural) in AXES.items()},
            "axes": {str(n): one for n, (one, _) in AXES.items()},
            "words": {name: words for letter, words in WORDS.items() for name in (letter, f"{letter}'")},
            "values": values(),
            "gradients": gradients,
        }

    def both_layouts(self, letter: str) -> dict[str, Any]:
        columns, rows, code = GRADIENTS[letter]
        self.proved(columns, rows)
        views = {layout: self.view(name) for layout, name in (("columns", columns), ("rows", rows))}
        return {"means": WORDS[letter], "code": code, **views}

    def view(self, name: str) -> dict[str, Any]:
        """What the script needs of a theorem, with every formula typeset."""
        theorem = library.stated(library.theorems()[name])
        met, by = product(theorem), theorem.lhs.M
        return {
            "theorem": name,
            "name": self.typeset(Gradient(Symbol("L"), by)),
            "told": f"gradient by the {WORDS[by.name.removesuffix(chr(39))]}",
            "shape": shape(by),
            "sum": str(met.args[0].shape[1]),
            "product": self.typeset(met),
            "factors": [self.factor(e, at) for e, at in zip(met.args, INDICES, strict=True)],
        }

    def factor(self, e: MatrixExpr, at: list[str]) -> dict[str, Any]:
        """A factor of the product: the matrix that is stored, and which index of the entry stands at which of its."""
        kept, turned = stored(e)
        return {
            "letter": letter(kept),
            "scores": not turned,
            "shape": shape(kept),
            "at": at[::-1] if turned else at,
            "name": self.typeset(kept),
            "turned": self.typeset(kept.T),
            "entry": self.typeset(1 if letter(kept) == "1" else kept[i, j]),
        }


def product(theorem: Eq) -> MatrixExpr:
    """The right side of a theorem, the gradient by the scores called G, or G' where examples are rows.

    Raises ValueError when it is not the product of that and of a matrix turned over.

    >>> from lossgrad.theorems import linear
    >>> product(linear.weight_gradient()), product(linear.row_weight_gradient())
    (G*X.T, X'.T*G')
    """
    scores = {e: G if e.shape == G.shape else MatrixSymbol("G'", *e.shape) for e in theorem.rhs.atoms(LossGradient)}
    met = theorem.rhs.xreplace(scores)
    if len(met.args) != 2 or [stored(e)[1] for e in met.args].count(True) != 1:
        raise ValueError(f"expected a product of the gradient by the scores and of a matrix turned over: got {met}")
    return met


def stored(e: MatrixExpr) -> tuple[MatrixExpr, bool]:
    """The matrix as it stands in the scores, and whether it is turned over here; ones stand there the other way too."""
    if isinstance(e, (Transpose, OneMatrix)):
        return e.T, True
    return e, False


def letter(e: MatrixExpr) -> str:
    """What the script calls a matrix."""
    return "1" if isinstance(e, OneMatrix) else str(e.name)


def shape(e: MatrixExpr) -> list[Any]:
    """The shape as the script reads it: letters, and 1 as a number."""
    return [int(n) if n.is_Integer else str(n) for n in e.shape]


VALUES = {
    "G": """
         2 -1  3  1 -2  1
         1  2 -2  3 -1  2
        -3  1  2 -1  1 -2
         1 -2  1  2  3 -1
        -1  3 -1  1  2  1
         2  1 -3 -2  1  3
    """,
    "X": """
         3  1 -1  2  1 -2
        -2 -2  2  3 -1  1
        -2  3  1 -1  2  3
         2  1 -3  1  3 -1
        -1  2  1 -2  1  2
         1 -1  2  3 -3  1
    """,
    "W": """
         1 -2  3  1  2 -1
         2  1 -1  3 -2  1
        -1  3  2 -2  1  2
         3 -1  1  2 -3  1
        -2  1  2 -1  3  1
         1  2 -3  1 -1  3
    """,
}
"""Small integers for the entries, as many as a reader can choose; smaller matrices take the first rows and columns."""


def values() -> dict[str, list[list[int]]]:
    """The entries of each matrix by what the script calls it; those with a prime are transposed.

    >>> values()["G"][1][2] == values()["G'"][2][1]
    True
    """
    tables = {
        name: [[int(v) for v in row.split()] for row in rows.split("\n") if row.strip()]
        for name, rows in VALUES.items()
    }
    turned = {f"{name}'": [list(column) for column in zip(*table, strict=True)] for name, table in tables.items()}
    return {**tables, **turned, "1": [[1] * MOST for _ in range(MOST)]}
