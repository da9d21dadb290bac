"""The source that the book grew from: what it does, row by row, and what it says that is false.

The source is a notebook that derives the gradient of a softmax loss with SymPy, at 3 classes, 2 features and 3
examples. ``ROWS`` holds what it does; the target ``r1`` .. ``r26`` on a page is where the book does the same.
``ERRATA`` holds its errors; each names the functions of `lossgrad.mistakes.source` that state it, and each of those
names the theorem that corrects it. ``refutation`` shows that one of them is false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import I, Symbol, pi

from lossgrad import library
from lossgrad.proofs import Malformed, Refuted, prove

__all__ = ["ERRATA", "ROWS", "Complex", "Erratum", "Misfit", "NotRefuted", "Row", "refutation"]


@dataclass(frozen=True)
class Row:
    """Something that the source does, and the target of the place where the book does it."""

    number: int
    does: str
    here: str

    @property
    def name(self) -> str:
        """R1 .. R26."""
        return f"R{self.number}"

    @property
    def target(self) -> str:
        """The target on a page."""
        return f"r{self.number}"


@dataclass(frozen=True)
class Erratum:
    """An error of the source: what it says, what is the case, and its false statements by name.

    ``also`` names theorems that belong to the correction besides those that the false statements name.
    """

    number: int
    says: str
    fact: str
    false: tuple[str, ...]
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """E1 .. E15."""
        return f"E{self.number}"

    def corrections(self, package: str = "lossgrad") -> tuple[str, ...]:
        """The theorems that say how it is; an empty name where a false statement names none.

        >>> ERRATA[11].corrections()
        ('linear.weight_gradient_entry',)
        """
        mistakes = library.mistakes(package)
        named = (library.correction(mistakes[name]) or "" for name in self.false if name in mistakes)
        return tuple(dict.fromkeys([*named, *self.also]))


ROWS: tuple[Row, ...] = tuple(
    Row(number, does, here)
    for number, (does, here) in enumerate(
        (
            (
                "asks where the gradients by weights and data come from, for scores that are their product and a "
                "scalar loss of the scores",
                "both answers up front, proved for any loss",
            ),
            ("displays the weights entry by entry", "a cell that shows them"),
            ("displays the data entry by entry, an example in a column", "a cell that shows them"),
            ("gives the labels: example k belongs to class k", "a cell, and the one-hot form beside it"),
            ("displays a matrix of free scores and says what an entry means", "a cell, and the reading of two entries"),
            ("displays the product of weights and data entry by entry", "a cell, and the product as a theorem"),
            ("states the loss of one example, and the mean loss", "definitions, printed from the objects in use"),
            ("sums the exponentials of each column, and looks at the last sum", "a cell that asserts it"),
            ("takes the exponential of the true class's score in each column", "a cell that asserts all three"),
            ("forms the losses of the three examples, and looks at the first", "a cell that asserts it"),
            ("writes the total loss in scores", "a cell that asserts it"),
            ("makes tables from scores to products and back", "cells, and a check that there and back is exact"),
            (
                "differentiates by the weight of class 0 and feature 0, and notices row 0 of the data",
                "cells that assert it, and a picture of what meets",
            ),
            ("does the same for class 1 and feature 0", "cells that assert it, with the picture"),
            ("does the same for class 0 and feature 1, and notices row 1 of the data", "the same, with the picture"),
            ("writes that derivative in scores: four terms", "a cell that counts and asserts them"),
            (
                "traces the one term without exponentials to the first example's loss",
                "cells that assert it for every entry, and the general rule as a theorem",
            ),
            ("adds up the gradients of the examples' losses", "the mean of the gradients, as a theorem"),
            ("splits the logarithm of the quotient", "a theorem, with its sign"),
            ("differentiates the first loss by two of its scores", "two theorems, and one for every class and example"),
            ("explains why a 1 becomes one third", "a theorem in which N is the number of examples"),
            (
                "writes the derivatives by the weights as a product of matrices",
                "a theorem, at 3 x 2 x 3 and for every shape and loss",
            ),
            ("checks one entry of that product", "every entry, and for any loss"),
            ("says what the gradient is for: an update of the weights", "gradient descent on Fisher's irises"),
            ("writes the derivatives by the data as a product of matrices", "a theorem, checked in every entry"),
            (
                "points to the convention for derivatives of a scalar by a matrix, and leaves the bias out",
                "the layouts side by side, and the bias with its gradient",
            ),
        ),
        1,
    )
)

ERRATA: tuple[Erratum, ...] = (
    Erratum(
        1,
        "The gradient by the weights is made with a gradient by the data, and the gradient by the data with a gradient "
        "by the weights.",
        "In both it is the gradient by the scores. As printed the shapes do not even agree, and where they can be made "
        "to agree the values do not.",
        ("source.e1", "source.e1_by_data", "source.e1_where_shapes_agree"),
    ),
    Erratum(
        2,
        "Setting the attribute `is_real` on a matrix symbol makes its entries real.",
        "It changes nothing: SymPy goes on to treat the entries as complex, and there the logarithm need not undo the "
        "exponential. That is why a factor and its inverse survive side by side in the printed gradients. The "
        "assumption belongs where a symbol is made.",
        ("source.e2",),
    ),
    Erratum(
        3,
        "Perfect weights give the score 0 to the wrong classes and some other score to the true one.",
        "A number added to a whole column of scores changes nothing, so 0 is nothing special. With the scores m, 0 and "
        "0 the loss is positive for every m, and worse for negative m.",
        ("source.e3",),
        ("softmax.loss_shift",),
    ),
    Erratum(
        4,
        "Softmax computes the loss.",
        "Softmax turns scores into probabilities. The loss is the cross-entropy of those with the labels.",
        ("source.e4",),
    ),
    Erratum(
        5,
        "The score that the true class receives is called the index of the true class.",
        "The index is the label itself; the score is what stands there.",
        ("source.e5",),
        ("corrections.score_of_the_label",),
    ),
    Erratum(
        6,
        "The lone term of a derivative by a weight is the entry of the data with the weight's own two indices.",
        "The indices change places, for these labels. In general the term is a sum over the examples of the weight's "
        "class: none, one or many.",
        ("source.e6",),
        ("softmax.lone_term",),
    ),
    Erratum(
        7,
        "Minus the logarithm of a quotient is the logarithm of the numerator minus that of the denominator.",
        "It is the other way round; the sign is lost, here and again in the line for the first example.",
        ("source.e7", "source.e7_first_loss"),
    ),
    Erratum(
        8,
        "The first loss, differentiated by the score of its own class, is one minus a probability.",
        "It is the probability minus one.",
        ("source.e8",),
    ),
    Erratum(
        9,
        "The derivative by the score of another class is written as a second derivative by the first score, with a "
        "minus, the wrong numerator, and one exponential twice in the denominator.",
        "It is the probability of that other class.",
        ("source.e9", "source.e9_as_meant"),
    ),
    Erratum(
        10,
        "One becomes one third because of a division by the number of classes.",
        "The mean is over the examples. With as many classes as examples nobody can tell; with different numbers "
        "everybody can.",
        ("source.e10",),
    ),
    Erratum(
        11,
        "The derivative of the whole loss is the sum of the derivatives of the three losses.",
        "It is one third of the sum, because the loss is the mean.",
        ("source.e11",),
    ),
    Erratum(
        12,
        "A row of the data meets a column of the gradient by the scores.",
        "It meets a row of it: both count examples. A column fits only because there are as many classes as examples.",
        ("source.e12",),
    ),
    Erratum(
        13,
        "Adding the gradient to the weights makes the loss smaller.",
        "To first order it makes the loss larger. A positive multiple of the gradient has to be subtracted.",
        ("source.e13",),
    ),
    Erratum(
        14,
        "The last check uses a matrix that was never made, and the gradient by the scores printed beside it has four "
        "rows.",
        "There are three classes, hence three rows. The gradient by the data is the product below.",
        ("source.e14",),
    ),
    Erratum(
        15,
        "One entry, the first, is compared, and that is offered as the confirmation.",
        "One entry is no proof. The formula struck out here passes the same check and is false.",
        ("source.e15",),
        ("corrections.agreement_in_one_entry",),
    ),
)


class NotRefuted(Exception):
    """What the book calls an error of the source could not be shown to be one."""


@dataclass(frozen=True)
class Misfit:
    """The sides of an equation have different shapes, so that it is false before any number is put in."""

    equation: Any
    left: tuple[int, ...]
    right: tuple[int, ...]

    def __str__(self) -> str:
        return f"the left side has the shape {self.left}, the right side {self.right}"


@dataclass(frozen=True)
class Complex:
    """A complex value of a symbol that is not real, at which the sides of an equation differ."""

    equation: Any
    symbol: Any
    value: Any
    left: Any
    right: Any

    def __str__(self) -> str:
        return f"at {self.symbol} = {self.value} the left side is {self.left}, the right side {self.right}"


def refutation(equation: Any) -> Refuted | Misfit | Complex:
    """What shows that an equation is false: a counterexample, shapes that disagree, or a complex value.

    Raises NotRefuted when nothing does.

    >>> from lossgrad.mistakes import source
    >>> print(refutation(source.e1()))
    the left side has the shape (3, 2), the right side (2, 2)
    >>> print(refutation(source.e2()))
    at s = 2*I*pi the left side is 0, the right side 2*I*pi
    >>> refutation(source.e8()).hint
    'right up to sign'
    >>> refutation(source.corrections.lone_terms())
    Traceback (most recent call last):
    lossgrad.source.NotRefuted: it is proved, so it is no error
    """
    try:
        prove(equation)
    except Refuted as refuted:
        return refuted
    except Malformed:
        return no_statement(equation)
    raise NotRefuted("it is proved, so it is no error")


def no_statement(equation: Any) -> Misfit | Complex:
    """Why an equation that states nothing cannot hold: shapes that disagree, or a complex value.

    Raises NotRefuted when it is neither.
    """
    if (found := _misfit(equation) or _complex(equation)) is not None:
        return found
    raise NotRefuted(f"its shapes agree and its symbols are real: {equation}")


def _misfit(equation: Any) -> Misfit | None:
    left, right = (getattr(side, "shape", None) for side in equation.args)
    if left is None or right is None or all(a == b for a, b in zip(left, right, strict=True)):
        return None
    if not all(getattr(n, "is_Integer", True) for n in (*left, *right)):
        return None
    return Misfit(equation, tuple(map(int, left)), tuple(map(int, right)))


def _complex(equation: Any) -> Complex | None:
    """The sides at the first full turn of the imaginary axis, where the exponential is one again."""
    for symbol in sorted(equation.atoms(Symbol), key=str):
        if not symbol.is_real and symbol.is_complex:
            value = 2 * pi * I
            left, right = (side.subs(symbol, value) for side in equation.args)
            if (left - right).is_zero is False:
                return Complex(equation, symbol, value, left, right)
    return None
