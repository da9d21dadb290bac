"""What is recognized in an expression because arrays have a shorter or a safer form for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Dummy, HadamardProduct, Lambda, MatrixExpr, Mul, OneMatrix, Pow, Rational, S, Transpose, exp, log
from sympy.matrices.matrixbase import MatrixBase

from lossgrad.expressions import Diag, Elementwise, Inner, Named, OneHot, Softmax, sigmoid


def is_matrix(e: Any) -> bool:
    """Whether it is a matrix, of letters or of numbers."""
    return isinstance(e, (MatrixExpr, MatrixBase))


def is_negative(e: Any) -> bool:
    """Whether it is written with a minus in front."""
    if is_matrix(e):
        return bool(e.is_MatMul and any(not is_matrix(arg) and is_negative(arg) for arg in e.args))
    return bool(e.could_extract_minus_sign()) if not e.is_Add else False


def value(A: Any) -> Any:
    """What a name stands for."""
    return value(A.value) if isinstance(A, Named) else A


def logarithms(A: Any) -> Any:
    """The logarithm of every entry."""
    t = Dummy("t", positive=True)
    return Elementwise(Lambda((t,), log(t)), A)


def picked_softmax(A: Any) -> Any:
    """The softmax in 1^T (Y o softmax(S)) with one-hot columns Y, else nothing: one probability of each column."""
    if not (getattr(A, "is_MatMul", False) and len(A.args) == 2 and isinstance(A.args[0], OneMatrix)):
        return None
    ones, picked = A.args
    if ones.shape[0] != 1 or not isinstance(picked, HadamardProduct) or len(picked.args) != 2:
        return None
    if {type(value(B)) for B in picked.args} != {OneHot, Softmax}:
        return None
    return next(B for B in picked.args if isinstance(value(B), Softmax))


def is_sigmoid(A: Any) -> bool:
    """Whether it is the logistic function of every entry."""
    return isinstance(A, Elementwise) and A.function.expr == sigmoid(A.function.signature[0])


def ones_minus(A: Any) -> Any:
    """What is taken from ones, else nothing."""
    if not (getattr(A, "is_MatAdd", False) and len(A.args) == 2):
        return None
    ones = [B for B in A.args if isinstance(B, OneMatrix)]
    rest = [-B for B in A.args if not isinstance(B, OneMatrix)]
    return rest[0] if len(ones) == 1 else None


def exponents_of_a_sum(e: Any) -> Any:
    """The column A where e is the sum of the entries of exp(A), else nothing."""
    if not isinstance(e, Inner) or not isinstance(e.args[0], OneMatrix) or not isinstance(e.args[1], Elementwise):
        return None
    f, A = e.args[1].function, e.args[1].args[1]
    return Elementwise(Lambda(f.signature, f.expr.args[0]), A) if isinstance(f.expr, exp) and A.shape[1] == 1 else None


def unwrapped(A: Any) -> Any:
    """A diagonal matrix or a one-hot matrix that has a name, without it; a diagonal matrix is its own transpose."""
    if isinstance(A, Transpose) and isinstance(unwrapped(A.arg), Diag):
        return unwrapped(A.arg)
    return A.value if isinstance(A, Named) and isinstance(A.value, (Diag, OneHot)) else A


def masked_softmax(factors: Sequence[Any]) -> tuple[Any, Any] | None:
    """A and B where the product is exp(A) o B with every column divided by its sum, else nothing."""
    if len(factors) != 2 or not isinstance(factors[1], Diag) or not isinstance(value(factors[0]), HadamardProduct):
        return None
    (E, inverse), kept = (factors[0], factors[1].args[0]), value(factors[0]).args
    if not isinstance(inverse, Elementwise) or len(kept) != 2 or not isinstance(kept[0], Elementwise):
        return None
    (t,), body, sums = inverse.function.signature, inverse.function.expr, inverse.args[1]
    (u,), grown = kept[0].function.signature, kept[0].function.expr
    is_sum = getattr(sums, "is_MatMul", False) and isinstance(sums.args[0], OneMatrix) and sums.args[1:] == (E,)
    return (kept[0].args[1], kept[1]) if is_sum and body == 1 / t and grown == exp(u) else None


def fraction(factor: Any) -> tuple[list[Any], list[Any]]:
    """What multiplies, and what divides."""
    above: list[Any] = []
    below: list[Any] = []
    for part in Mul.make_args(factor):
        if isinstance(part, Rational) and not part.is_Integer:
            above += [part.p] if part.p != 1 else []
            below.append(part.q)
        elif isinstance(part, Pow) and is_negative(part.exp):
            below.append(part.base**-part.exp)
        elif part != 1:
            above.append(part)
    return [S(part) for part in above], [S(part) for part in below]


def split_limits(body: Any, limits: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The limits whose index the summand does not hold, and those whose it does."""
    held = [limit for limit in limits if body.has(limit[0])]
    return [limit for limit in limits if limit not in held], held
