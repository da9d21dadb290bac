"""How mathematics looks in the book: SymPy's LaTeX printer with the field's habits, and the same as Python to paste."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from sympy import Mul, S, Sum
from sympy.matrices.expressions import HadamardProduct, Identity, MatAdd, MatMul, OneMatrix, ZeroMatrix
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE

from lossgrad.expressions import Definition, Diag, Flip, Inner, LossGradient, Named, OneHot, Padded, Softmax
from lossgrad.naming import plainly_named
from lossgrad.python_code import python

__all__ = ["BookPrinter", "latex", "python"]

_CLOSED = (OneMatrix, Identity, ZeroMatrix, Softmax, Diag, OneHot, LossGradient, Named, Flip, Padded)


class BookPrinter(LatexPrinter):
    """A transpose is an upright T, ones(N) a bold 1; a plus comes before a minus, a factor before its sum."""

    def __init__(self) -> None:
        super().__init__({"fold_short_frac": False, "mat_str": "matrix"})

    # -- matrices ----------------------------------------------------------------------------------------------------

    def _print_Transpose(self, e: Any) -> str:
        return rf"{self._as_factor(e.arg)}^{{\mathsf{{T}}}}"

    def _as_factor(self, A: Any) -> str:
        """The matrix as the base of a power or of an index: in brackets when it is more than a name or a function."""
        inner = self._print(A)
        return inner if A.is_symbol or isinstance(A, _CLOSED) else rf"\left({inner}\right)"

    def _print_OneMatrix(self, e: Any) -> str:
        rows, columns = (self._print(n) for n in e.shape)
        column, row = rf"\mathbf{{1}}_{{{rows}}}", rf"\mathbf{{1}}_{{{columns}}}^{{\mathsf{{T}}}}"
        if e.shape[1] == 1:
            return column
        return row if e.shape[0] == 1 else f"{column} {row}"

    def _print_ZeroMatrix(self, e: Any) -> str:
        return r"\mathbf{0}"

    def _print_Identity(self, e: Any) -> str:
        return rf"I_{{{self._print(e.shape[0])}}}"

    def _print_MatAdd(self, e: Any) -> str:
        return self._signed(e.args)

    def _print_MatMul(self, e: Any) -> str:
        coefficient, matrices = e.as_coeff_matrices()
        factors = self._side_by_side([self._in_product(A) for A in matrices])
        if coefficient == 1:
            return factors
        if coefficient == -1:
            return f"- {factors}"
        front = self._print(coefficient)
        return (rf"\left({front}\right)" if coefficient.is_Add else front) + " " + factors

    @staticmethod
    def _side_by_side(factors: list[str]) -> str:
        """Factors with a little air beside those that are more than a letter."""
        long = [r"\left(" in factor or r"\nabla" in factor for factor in factors]
        gaps = [r" \, " if a or b else " " for a, b in pairwise(long)]
        return "".join(factor + gap for factor, gap in zip(factors, [*gaps, ""], strict=True))

    def _print_HadamardProduct(self, e: Any) -> str:
        return r" \circ ".join(self._in_product(A) for A in e.args)

    def _in_product(self, A: Any) -> str:
        """A factor of a matrix product: in brackets when it is a sum or a product itself."""
        inner = self._print(A)
        return rf"\left({inner}\right)" if isinstance(A, (MatAdd, MatMul, HadamardProduct)) else inner

    def _print_MatrixElement(self, e: Any) -> str:
        indices = [index for index, n in zip(e.args[1:], e.parent.shape, strict=True) if n != 1] or [e.args[1]]
        base = self._as_factor(e.parent)
        base = f"{{{base}}}" if "_" in base or "'" in base else base  # a name may have an index or a prime of its own
        return rf"{base}_{{{self._indices(indices)}}}"

    # -- indices -----------------------------------------------------------------------------------------------------

    def _indices(self, indices: Any) -> str:
        return ",".join(self._print(index) for index in indices)

    def _print_KroneckerDelta(self, e: Any, exp: Any = None) -> str:
        return rf"\delta_{{{self._indices(e.args[:2])}}}"

    def _print_Indexed(self, e: Any) -> str:
        return rf"{self._print(e.base.label)}_{{{self._indices(e.indices)}}}"

    def _print_Heaviside(self, e: Any, exp: Any = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"H{power}\left({self._print(e.args[0])}\right)"

    # -- sums and products -------------------------------------------------------------------------------------------

    def _print_Add(self, e: Any, order: Any = None) -> str:
        return self._signed(self._as_ordered_terms(e, order=order))

    def _signed(self, terms: Any) -> str:
        """A sum with its positive terms first, else in the given order."""
        printed = [self._print(term) for term in terms]
        printed = [rf"\left({text}\right)" if term.is_Add else text for term, text in zip(terms, printed, strict=True)]
        positive = [text for text in printed if not text.startswith("-")]
        negative = [text[1:].strip() for text in printed if text.startswith("-")]
        return " + ".join(positive) + "".join(f" - {text}" for text in negative)

    def _print_Mul(self, e: Any) -> str:
        sums = [factor for factor in e.args if isinstance(factor, (Sum, Inner))] if e.is_Mul else []
        if not sums:
            return re.sub(r"(?<=[})]) (?=\\operatorname)", r" \\, ", str(super()._print_Mul(e)))
        rest = Mul(*(factor for factor in e.args if factor not in sums))
        front = {S.One: "", S.NegativeOne: "- "}.get(rest) if rest.is_number else None
        if front is None:
            front = self._print(rest)
            front = (rf"\left({front}\right)" if rest.is_Add else front) + r" \, "
        *inner, last = sorted(sums, key=lambda factor: isinstance(factor, Sum))
        return front + r" \, ".join([*(self._in_brackets(factor) for factor in inner), self._print(last)])

    def _in_brackets(self, e: Any) -> str:
        return rf"\left({self._print(e)}\right)" if isinstance(e, Sum) else self._print(e)

    def _print_Derivative(self, e: Any) -> str:
        below = " ".join(
            rf"\partial {self._print(x)}" if n == 1 else rf"\partial {self._print(x)}^{{{n}}}"
            for x, n in e.variable_count
        )
        order = sum(int(n) for _, n in e.variable_count)
        above = r"\partial" if order == 1 else rf"\partial^{{{order}}}"
        return rf"\frac{{{above}}}{{{below}}} {self.parenthesize(e.expr, PRECEDENCE['Mul'], is_neg=False, strict=True)}"

    def _print_Definition(self, e: Definition) -> str:
        return rf"{self._print(e.lhs)} \mathrel{{:=}} {self._print(e.rhs)}"


def latex(e: Any) -> str:
    """The LaTeX of an expression, equation or definition."""
    printer = BookPrinter()
    return str(printer._print_Definition(e) if isinstance(e, Definition) else printer.doprint(plainly_named(e)))
