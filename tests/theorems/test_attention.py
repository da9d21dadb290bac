"""Attention: what the generic tests of all theorems do not cover."""

from sympy import Matrix, MatrixSymbol, simplify, zeros

from lossgrad import equation, ones, prove, softmax, vjp
from lossgrad.notation import C, N, S
from lossgrad.theorems import attention as at
from lossgrad.theorems import softmax as rules
from lossgrad.worked import worked

VALUES = {
    at.Q: Matrix([[1, 2]]),
    at.K: Matrix([[0, 1, 3]]),
    at.V: Matrix([[1, 0, 2], [0, 1, 1]]),
    at.G: Matrix([[1, 2], [0, 1]]),
}


def test_the_scores_receive_what_the_softmax_rule_says() -> None:
    U = MatrixSymbol("U", C, N)
    stated = rules.softmax_vjp().rhs.xreplace({C: at.T_k, N: at.T_q})
    scores = MatrixSymbol("S", at.T_k, at.T_q)
    upstream = MatrixSymbol("U", at.T_k, at.T_q)
    assert prove(equation(vjp(upstream, softmax(scores), scores), stated)).scope == "every T_k, T_q"
    assert {S, U} <= rules.softmax_vjp().rhs.atoms(MatrixSymbol)


def test_a_shift_of_all_scores_of_a_query_changes_nothing() -> None:
    shift = MatrixSymbol("c", at.T_q, 1)
    moved = at.P.value.xreplace({at.A: at.A + ones(at.T_k) * shift.T})
    assert prove(equation(moved, at.P)).scope == "every T_k, T_q, d"


def test_a_removed_key_receives_nothing_from_the_query_that_does_not_see_it() -> None:
    causal = VALUES | {at.B: Matrix([[1, 1], [0, 1], [0, 0]])}
    by_scores = vjp(at.G, at.V * at.P_B, at.K)
    assert worked(by_scores, causal).applyfunc(simplify)[:, 2] == zeros(1, 1)
    assert worked(by_scores, causal).applyfunc(simplify)[:, 1] != zeros(1, 1)


def test_a_mask_that_keeps_all_is_no_mask() -> None:
    whole = VALUES | {at.B: Matrix.ones(3, 2), at.M: zeros(3, 2)}
    masked, plain = at.masked_query_gradient().rhs, at.query_gradient().rhs
    assert (worked(masked, whole) - worked(plain, whole)).applyfunc(simplify) == zeros(1, 2)


def test_rows_and_columns_agree() -> None:
    rows = {
        at.Q_r: VALUES[at.Q].T,
        at.K_r: VALUES[at.K].T,
        at.V_r: VALUES[at.V].T,
        at.G_r: VALUES[at.G].T,
        at.M_r: zeros(2, 3),
    }
    columns = VALUES | {at.M: zeros(3, 2)}
    by_rows, by_columns = at.row_key_gradient().rhs, at.key_gradient().rhs
    assert (worked(by_rows, rows).T - worked(by_columns, columns)).applyfunc(simplify) == zeros(1, 3)
