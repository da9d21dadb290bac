"""How an equation looks where there is no typesetting: one line of text, as it would be typed in a letter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sympy import preorder_traversal
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from lossgrad.expressions import Definition, Named, NamedScalar
from lossgrad.naming import plainly_named

__all__ = ["names", "plain_text"]

_CALLS = {
    "Softmax": "softmax",
    "LogSumExp": "lse",
    "Diag": "diag",
    "Flip": "flip",
    "Jacobian": "jacobian",
    "Trace": "tr",
    "sigmoid": "sigmoid",
}
_LOOSE = PRECEDENCE["Add"]


class TextPrinter(StrPrinter):
    """Products side by side, transposes as ^T, gradients as d/dW, sums with their range."""

    def _print_Gradient(self, e: Any) -> str:
        return f"d/d{self._print(e.M)} {self._closed(e.f)}"

    def _print_EntryGradient(self, e: Any) -> str:
        M, i, j = (self._print(arg) for arg in e.args[1:])
        return f"d/d{M}[{i}, {j}] {self._closed(e.f)}"

    def _print_EntryByEntry(self, e: Any) -> str:
        return f"d{self._print(e.args[0])}/d{self._print(e.args[1])}"

    def _print_Derivative(self, e: Any) -> str:
        by = "".join(f"d/d{self._print(x)} " * int(n) for x, n in e.variable_count)
        return f"{by}{self._closed(e.expr)}"

    def _closed(self, e: Any) -> str:
        """In brackets, when it is a sum or a product."""
        text = self._print(e)
        return f"({text})" if e.is_Add or e.is_Mul or getattr(e, "is_MatAdd", False) else text

    def _print_VectorJacobianProduct(self, e: Any) -> str:
        G, F, M = (self._print(arg) for arg in e.args)
        return f"<{G}, d({F})/d{M}>"

    def _print_Inner(self, e: Any) -> str:
        A, B = (self._print(arg) for arg in e.args)
        return f"|{A}|^2" if A == B else f"<{A}, {B}>"

    def _print_MatrixExpr(self, e: Any) -> str:
        return f"{_CALLS.get(type(e).__name__, type(e).__name__.lower())}({self.stringify(e.args, ', ')})"

    def _print_Function(self, e: Any) -> str:
        return f"{_called(e)}({self.stringify(e.args, ', ')})"

    def _print_OneHot(self, e: Any) -> str:
        return f"onehot({self._print(e.y)})"

    def _print_OneHotEntry(self, e: Any) -> str:
        return str(self._print(e.entries()))

    def _print_KroneckerDelta(self, e: Any) -> str:
        return f"[{self._print(e.args[0])} = {self._print(e.args[1])}]"

    def _print_Elementwise(self, e: Any) -> str:
        (t,), body = e.function.signature, e.function.expr
        if body.is_Function and body.args[0] == t and not any(arg.free_symbols for arg in body.args[1:]):
            return f"{_called(body)}({self._print(e.args[1])})"
        return f"(t -> {self._print(body).replace(str(t), 't')})({self._print(e.args[1])})"

    def _print_Named(self, e: Any) -> str:
        return _without_tex(str(e.name))

    _print_NamedScalar = _print_Named

    def _print_LossValue(self, e: Any) -> str:
        return f"{e.name}({self._print(e.S)})"

    def _print_LossGradient(self, e: Any) -> str:
        return f"grad {e.name}({self._print(e.S)})"

    def _print_LossGradientEntry(self, e: Any) -> str:
        return f"grad {e.name}({self._print(e.S)})[{self._print(e.args[2])}, {self._print(e.args[3])}]"

    def _print_Sum(self, e: Any) -> str:
        ranges = ", ".join(f"{self._print(i)} = {self._print(a)}..{self._print(b)}" for i, a, b in e.limits)
        return f"sum[{ranges}] {self.parenthesize(e.function, _LOOSE + 1)}"

    def _print_Transpose(self, e: Any) -> str:
        return f"{self.parenthesize(e.arg, PRECEDENCE['Pow'])}^T"

    def _print_Pow(self, e: Any, rational: bool = False) -> str:
        return str(super()._print_Pow(e, rational)).replace("**", "^")

    def _print_OneMatrix(self, e: Any) -> str:
        rows, columns = (self._print(n) for n in e.shape)
        return f"1_{rows}" if e.shape[1] == 1 else f"1_{columns}^T" if e.shape[0] == 1 else f"1_{rows} 1_{columns}^T"

    def _print_Identity(self, e: Any) -> str:
        return "I"

    def _print_ZeroMatrix(self, e: Any) -> str:
        return "0"

    def _print_MatMul(self, e: Any) -> str:
        factor, matrices = e.as_coeff_matrices()
        text = " ".join(self.parenthesize(A, PRECEDENCE["Mul"] + 1) for A in matrices)
        if factor == 1:
            return text
        front = self._print(factor)
        return (
            f"-{text}"
            if factor == -1
            else f"{front if factor.is_Atom and not factor.is_Rational else f'({front})'} {text}"
        )

    def _print_HadamardProduct(self, e: Any) -> str:
        return " o ".join(self.parenthesize(A, PRECEDENCE["Mul"] + 1) for A in e.args)

    def _print_MatAdd(self, e: Any) -> str:
        signed = [(A.as_coeff_matrices()[0].could_extract_minus_sign() if A.is_MatMul else False, A) for A in e.args]
        plus = [self.parenthesize(A, _LOOSE) for minus, A in signed if not minus]
        minus = [self.parenthesize(-A, _LOOSE) for minus, A in signed if minus]
        return " + ".join(plus) + "".join(f" - {text}" if plus or k else f"-{text}" for k, text in enumerate(minus))

    def _print_MatrixBase(self, e: Any) -> str:
        rows = (", ".join(self._print(e[i, j]) for j in range(e.cols)) for i in range(e.rows))
        return f"[{'; '.join(rows)}]"

    _print_ImmutableDenseMatrix = _print_MutableDenseMatrix = _print_MatrixBase

    def _print_BlockMatrix(self, e: Any) -> str:
        return self._print_MatrixBase(e.blocks)

    def _print_HadamardPower(self, e: Any) -> str:
        return f"{self.parenthesize(e.base, PRECEDENCE['Pow'])} ^o {self._print(e.exp)}"


def _called(e: Any) -> str:
    """What the function of an expression is called."""
    return _CALLS.get(type(e).__name__) or _without_tex(type(e).__name__)


def _without_tex(name: str) -> str:
    """A name that holds TeX as it is said: ReLU(A) for an operator's name and its argument in braces."""
    return re.sub(r"\\operatorname\{(.*?)\}|\\(var)?(?=[A-Za-z])|[{}]", lambda found: found[1] or "", name)


def plain_text(said: Any) -> str:
    """An equation, definition or expression as one line of text.

    >>> from lossgrad.theorems import linear, softmax
    >>> print(plain_text(linear.weight_gradient()))
    d/dW L(W X) = grad L(W X) X^T
    >>> print(plain_text(softmax.score_gradient()))
    d/dS (-<onehot(y), log(softmax(S))>/N) = (1/N) (softmax(S) - onehot(y))
    """
    printer = TextPrinter()
    if isinstance(said, Definition):
        return f"{printer.doprint(said.lhs)} := {printer.doprint(plainly_named(said.rhs))}"
    shown = plainly_named(said)
    if getattr(shown, "is_Relational", False):
        return f"{printer.doprint(shown.lhs)} {shown.rel_op.replace('==', '=')} {printer.doprint(shown.rhs)}"
    return str(printer.doprint(shown))


def names(said: Any) -> Iterator[str]:
    """What the names in a statement stand for, a line each.

    >>> from lossgrad.theorems import depth
    >>> list(names(depth.outer_weight_gradient()))
    ['A_2 := W_2 H_1 + b_2 1_N^T', 'H_1 := phi(A_1)', 'A_1 := W_1 X + b_1 1_N^T']
    """
    sides = [said.rhs] if isinstance(said, Definition) else [said]
    parts = [part for side in sides for part in preorder_traversal(side) if isinstance(part, Named | NamedScalar)]
    for part in dict.fromkeys(parts):
        yield f"{_without_tex(part.name)} := {plain_text(part.value)}"
