"""The other way: one entry of the gradient at numbers for all sizes, every sum written out, both sides expanded.

The source confirms its formula so, for softmax cross-entropy without a bias: the loss is written out in the scores, the
scores are replaced by their sums of products, and the two sides of entry (0, 0) are expanded until their difference
is 0. `expanded` does what the source does, in words of our own; the others put another engine in the place of
SymPy's ``expand``.

W has shape (C, D), X (D, N), the scores S (C, N); example n is of class n mod C.
"""

from __future__ import annotations

from typing import Any

import symengine
from sympy import Expr, Matrix, MatrixSymbol, Rational, diff, exp, expand, log, simplify


def sides(C: int, D: int, N: int) -> tuple[Expr, Expr]:
    """The derivative of the loss by W[0, 0], and entry (0, 0) of the gradient by the scores times X transposed."""
    W, X = MatrixSymbol("W", C, D), MatrixSymbol("X", D, N)
    S = Matrix(MatrixSymbol("S", C, N))
    losses = [log(sum(exp(S[r, n]) for r in range(C))) - log(exp(S[n % C, n])) for n in range(N)]
    loss = Rational(1, N) * sum(losses)
    scores = list(zip(S, Matrix(W * X), strict=True))
    by_scores = S.applyfunc(lambda score: diff(loss, score))
    by_weights = by_scores * Matrix(X.T)
    return diff(loss.subs(scores), W[0, 0]), by_weights[0, 0].subs(scores)


def expanded(*sizes: int) -> bool:
    """Whether SymPy's ``expand`` of both sides leaves no difference: what the source does."""
    left, right = sides(*sizes)
    return bool(expand(left) - expand(right) == 0)


def simplified(*sizes: int) -> bool:
    """Whether SymPy's ``simplify`` brings the difference to 0."""
    left, right = sides(*sizes)
    return bool(simplify(left - right) == 0)


def expanded_by_symengine(C: int, D: int, N: int) -> bool:
    """Whether SymEngine, which also differentiates, expands the difference to 0.

    It expands no exponents, so the logarithm of an exponential is written as what it is, the score.
    """
    W, X, S = (_symbols(*named) for named in (("W", C, D), ("X", D, N), ("S", C, N)))
    exp, log = symengine.exp, symengine.log
    losses = [log(sum(exp(S[r, n]) for r in range(C))) - S[n % C, n] for n in range(N)]
    loss = sum(losses) / symengine.Integer(N)
    scores = {S[r, n]: sum(W[r, i] * X[i, n] for i in range(D)) for r, n in S}
    by_scores = {at: loss.diff(score) for at, score in S.items()}
    by_weight = sum(by_scores[0, n] * X[0, n] for n in range(N))
    return bool(symengine.expand(loss.subs(scores).diff(W[0, 0]) - by_weight.subs(scores)) == 0)


def _symbols(name: str, rows: int, columns: int) -> dict[tuple[int, int], Any]:
    """The entries of a matrix as symbols of SymEngine."""
    return {(i, j): symengine.Symbol(f"{name}_{i}_{j}") for i in range(rows) for j in range(columns)}
