"""The argument of a proof, as a chain of equal expressions that a reader can follow.

The chain leads from an entry of the left side to the same entry of the right side: the entry, the chain rule with the
derivatives of entries still standing, these derivatives as deltas, the deltas contracted, the terms collected, the
right side. Every step is proved on its own by the kernel before it is shown; a line that says nothing new is left out.
A theorem that is argued by hand (:mod:`lossgrad.arguments`) has the lines that it names, each proved in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import (
    Derivative,
    Expr,
    Integer,
    Mul,
    Pow,
    Sum,
    exp,
    preorder_traversal,
)
from sympy.matrices.expressions.matexpr import MatrixElement, MatrixSymbol

from lossgrad.arguments import Lines, argument
from lossgrad.counterexamples import Claim
from lossgrad.entries import NotSupported, contracted, derivative, entry_by_entry, written_out
from lossgrad.expressions import EntryGradient, MatrixEntry, Scalar, Softmax, entry
from lossgrad.expressions import equation as equals
from lossgrad.indices import Form, Unsettled, subtract
from lossgrad.naming import sums_named
from lossgrad.proofs import NotProved, Step, has_numbers, prove, reader, vanishes
from lossgrad.statements import statement
from lossgrad.translation import expression

LONGEST = 300  # nodes of an expression; longer ones are proved, but no line that a person reads


class EntryByEntry(Scalar):
    """dW[r, i]/dW[p, q], not yet carried out."""

    def entries(self) -> Expr:
        return entry_by_entry(*self.args)

    def _latex(self, printer: Any) -> str:
        above, below = (printer._print(arg) for arg in self.args)
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"


def steps(equation: Any) -> tuple[Step, ...]:
    """The steps from the left side of a proved equation to its right side, each proved on its own.

    Without steps when the left side, written out, has more than LONGEST parts: no line of such a chain can be read.

    Raises NotProved when a step can not be proved, which only a false equation can cause.
    """
    stated = statement(equation)
    claim = stated.claims[0]
    if sum(1 for _ in preorder_traversal(claim.left)) > LONGEST:
        return ()
    left, right = _sides(equation, stated.places[0])
    lines = [(left, ""), *_carried_out(left, claim), *_collected(claim)]
    lines.append((right, "the entry of the right side, written out"))
    return _chain([(_folded(e, equation), rule) for e, rule in lines], claim)


def steps_of(theorem: Callable[[], Any]) -> tuple[Step, ...]:
    """The steps of a theorem: those of its argument by hand where it has one, else those that are found by machine.

    Raises NotProved when a step can not be proved.
    """
    stated = theorem()
    lines = argument(theorem, stated.rhs)
    return by_hand(stated, lines) if lines else steps(stated)


def by_hand(equation: Any, lines: Lines) -> tuple[Step, ...]:
    """The lines as steps from the left side to the right side, each proved on its own.

    Raises NotProved when a step can not be proved, ValueError when the lines end elsewhere than at the right side.
    """
    if lines[-1][0] != equation.rhs:
        raise ValueError(f"an argument ends at the right side, {equation.rhs}: got {lines[-1][0]}")
    made: list[Step] = []
    left = equation.lhs
    for right, rule in lines:
        prove(equals(left, right))
        made.append(Step(left, right, rule))
        left = right
    return tuple(made)


def _sides(equation: Any, place: tuple[Any, ...]) -> tuple[Any, Any]:
    """Both sides, or their entry in the row and column that the claim speaks of."""
    if not place:
        return equation.lhs, equation.rhs
    row, column = (where[0] if isinstance(where, tuple) else Integer(where) for where in place)
    sides = (equation.lhs, equation.rhs)
    if hasattr(equation.lhs, "blocks"):
        sides = (equation.lhs.blocks[0, 0], equation.rhs.blocks[0, 0])
    left, right = (entry(side, row, column) for side in sides)
    return left, right


def _carried_out(e: Any, claim: Claim) -> list[tuple[Any, str]]:
    """The derivatives of the left side: by the chain rule, then with deltas for derivatives of entries."""
    if not any(isinstance(part, (EntryGradient, Derivative)) for part in preorder_traversal(e)):
        return [(claim.left, "the entry of the left side, written out")]
    standing = _with_standing_leaves(e)
    rows = [(standing, "chain rule, sum and product rules")]
    if standing.atoms(EntryByEntry):
        rows.append((claim.left, "an entry depends on itself alone: deltas, 1 where the indices agree and else 0"))
    elif standing != claim.left:
        rows.append((claim.left, "derivative of a function of one number"))
    if (shorter := contracted(claim.left)) != claim.left:
        rows.append((shorter, "a sum over a delta keeps the one term where its indices agree"))
    return rows


def _with_standing_leaves(e: Any) -> Any:
    """The expression with its outermost derivatives carried out but for those of entries by entries."""
    if isinstance(e, EntryGradient):
        f, M, i, j = e.args
        return derivative(written_out(f), MatrixEntry(M, i, j), lambda a, x: EntryByEntry(a, x))
    if isinstance(e, Derivative) and isinstance(e.variables[0], MatrixElement):
        return derivative(written_out(e.expr), written_out(e.variables[0]), lambda a, x: EntryByEntry(a, x))
    if not e.args or isinstance(e, (MatrixElement, Derivative)):
        return e
    return e.func(*(_with_standing_leaves(arg) if isinstance(arg, Expr) else arg for arg in e.args))


NORMAL_FORM = "products, logarithms and exponentials taken apart, equal terms collected"


def _collected(claim: Claim) -> list[tuple[Any, str]]:
    """The normal form that both sides share, with the rules that led there."""
    read = reader(claim)
    try:
        form = read.form(claim.left)
        return [
            (
                expression(form),
                "the normal form: products, logarithms and exponentials taken apart, equal terms collected",
            )
        ]
    except (Unsettled, NotSupported):
        return []


def _chain(lines: list[tuple[Any, str]], claim: Claim) -> tuple[Step, ...]:
    """The lines as steps; each is proved, and one that repeats the line before is left out."""
    proves = _Equality(claim)
    last, *others = lines
    made: list[Step] = []
    for e, rule in others:
        if e == last[0]:
            continue
        if proves(last[0], e):
            made.append(Step(last[0], e, rule))
            last = (e, rule)
        elif e is lines[-1][0]:
            raise NotProved(f"the step from {last[0]} to {e} is not proved")
    return tuple(made)


class _Equality:
    """Whether two scalars have one normal form; if need be with sums over numbers of terms written out."""

    def __init__(self, claim: Claim) -> None:
        self.readers = [reader(claim, expand) for expand in ((False, True) if has_numbers(claim) else (False,))]
        self.forms: dict[tuple[int, Any], Form] = {}

    def __call__(self, left: Any, right: Any) -> bool:
        return any(
            vanishes(subtract(self._form(n, left), self._form(n, right)), read.kernel)
            for n, read in enumerate(self.readers)
        )

    def _form(self, n: int, e: Any) -> Form:
        if (n, e) not in self.forms:
            self.forms[n, e] = self.readers[n].form(written_out(e))
        return self.forms[n, e]


# -- names for what a reader knows already -----------------------------------------------------------------------------


def _folded(e: Any, equation: Any) -> Any:
    """The expression with (W X)[p, k] for its sum and softmax(S)[c, k] for its quotient, if the equation has them."""
    products = {A for A in preorder_traversal(equation) if getattr(A, "is_MatMul", False)}
    pairs = {tuple(A.args) for A in products if len(A.args) == 2 and all(isinstance(f, MatrixSymbol) for f in A.args)}
    e = sums_named(e.replace(lambda part: isinstance(part, Sum), lambda part: _as_product_entry(part, pairs)))
    scores = {A.args[0] for A in preorder_traversal(equation) if isinstance(A, Softmax)}
    return e.replace(lambda part: isinstance(part, Mul), lambda part: _as_softmax(part, scores))


def _as_product_entry(e: Any, pairs: set[tuple[Any, ...]]) -> Any:
    """Sum over i of A[p, i] B[i, k], as the entry of a product that it is."""
    if len(e.limits) != 1:
        return e
    ((index, low, high),) = e.limits
    factors = [f for f in Mul.make_args(e.function) if f.has(index)]
    if len(factors) != 2 or not all(isinstance(f, MatrixElement) for f in factors):
        return e
    for A, B in (factors, factors[::-1]):
        inner = A.args[2] == index and B.args[1] == index and not A.args[1].has(index) and not B.args[2].has(index)
        if inner and (A.args[0], B.args[0]) in pairs and low == 0 and high == A.args[0].shape[1] - 1:
            rest = e.function / (A * B)
            return rest * MatrixElement(A.args[0] * B.args[0], A.args[1], B.args[2])
    return e


def _as_softmax(e: Any, scores: set[Any]) -> Any:
    """exp(S[c, k]) / Sum(exp(S[r, k]), r), as the entry of softmax(S) that it is."""
    powers = [f for f in e.args if isinstance(f, Pow) and f.exp.is_Integer and f.exp < 0 and isinstance(f.base, Sum)]
    for quotient in powers:
        total = quotient.base
        if len(total.limits) != 1 or not isinstance(total.function, exp):
            continue
        index = total.limits[0][0]
        for factor in e.args:
            found = _same_column(factor, total.function.args[0], index)
            if found is not None and found.args[0] in scores:
                rest = Mul(*(f for f in e.args if f not in (factor, quotient)), quotient * total)
                folded = MatrixElement(Softmax(found.args[0]), *found.args[1:])
                return folded * (_as_softmax(rest, scores) if isinstance(rest, Mul) else rest)
    return e


def _same_column(factor: Any, summed: Any, index: Any) -> Any:
    """The score whose exponential ``factor`` is, when ``summed`` runs through the scores of its column."""
    if not isinstance(factor, exp):
        return None
    score = factor.args[0]
    if not (isinstance(score, MatrixElement) and isinstance(summed, MatrixElement)) or score.args[0] != summed.args[0]:
        return None
    return score if summed.args[1] == index and summed.args[2] == score.args[2] else None
