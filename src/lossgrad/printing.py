"""How mathematics looks in the book: SymPy's LaTeX printer with the field's habits."""

from __future__ import annotations

from typing import Any

from sympy import Dummy, Symbol
from sympy.printing.latex import LatexPrinter

from lossgrad.expressions import Definition

__all__ = ["BookPrinter", "latex"]


class BookPrinter(LatexPrinter):  # type: ignore[misc]
    """A transpose is an upright T, a column of ones a bold 1 with its length, a delta keeps its two indices."""

    def __init__(self) -> None:
        super().__init__({"mul_symbol": "", "fold_short_frac": False, "mat_str": "matrix"})

    def _print_Transpose(self, e: Any) -> str:
        return rf"{self.parenthesize_matrix(e.arg)}^{{\mathsf{{T}}}}"

    def parenthesize_matrix(self, A: Any) -> str:
        inner = self._print(A)
        plain = A.is_symbol or type(A).__name__ in ("OneMatrix", "Identity", "Softmax", "Diag", "OneHot", "ZeroMatrix")
        return inner if plain else rf"\left({inner}\right)"

    def _print_OneMatrix(self, e: Any, exp: Any = None) -> str:
        rows, columns = e.shape
        if columns == 1:
            return rf"\mathbf{{1}}_{{{self._print(rows)}}}"
        if rows == 1:
            return rf"\mathbf{{1}}_{{{self._print(columns)}}}^{{\mathsf{{T}}}}"
        return rf"\mathbf{{1}}_{{{self._print(rows)}}} \mathbf{{1}}_{{{self._print(columns)}}}^{{\mathsf{{T}}}}"

    def _print_ZeroMatrix(self, e: Any) -> str:
        return r"\mathbf{0}"

    def _print_Identity(self, e: Any) -> str:
        return rf"I_{{{self._print(e.shape[0])}}}"

    def _print_Dummy(self, e: Any) -> str:
        return str(self._print(Symbol(e.name)))

    def _print_KroneckerDelta(self, e: Any, exp: Any = None) -> str:
        i, j = (self._print(index) for index in e.args[:2])
        return rf"\delta_{{{i},\,{j}}}"

    def _print_MatrixElement(self, e: Any) -> str:
        i, j = (self._print(index) for index in e.args[1:])
        return rf"{self.parenthesize_matrix(e.parent)}_{{{i},{j}}}"

    def _print_Definition(self, e: Definition) -> str:
        return rf"{self._print(e.lhs)} \mathrel{{:=}} {self._print(e.rhs)}"

    def _print_Indexed(self, e: Any) -> str:
        indices = ",".join(self._print(i) for i in e.indices)
        return rf"{self._print(e.base.label)}_{{{indices}}}"


def latex(e: Any) -> str:
    """The LaTeX of an expression, equation or definition."""
    printer = BookPrinter()
    return str(printer._print_Definition(e) if isinstance(e, Definition) else printer.doprint(_named(e)))


def _named(e: Any) -> Any:
    """Bound indices under their plain names, and apart where two would share one."""
    if not hasattr(e, "atoms"):
        return e
    dummies = sorted(e.atoms(Dummy), key=lambda d: d.dummy_index)
    taken = {s.name for s in e.atoms(Symbol) if not isinstance(s, Dummy)}
    names: dict[Any, Any] = {}
    for d in dummies:
        stem = d.name.split("_")[0]
        name = next(n for n in (stem, *"ijklmabcdefgh") if n not in taken and n not in {s.name for s in names.values()})
        names[d] = Symbol(name, integer=True)
    return e.xreplace(names)
