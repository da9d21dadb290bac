"""Near misses made by machine: which differ is decided by the definition, and every one that differs is refused."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from sympy import Eq, MatrixSymbol, preorder_traversal

from definition import Definitions, NoValue
from every_theorem import equation_of, statements
from evidence import Evidence, Record, found
from lossgrad import NotProved, equation, gradient, inner, jacobian, one_hot, ones, prove, sizes, softmax
from lossgrad.mutants import Mutant, mutants
from lossgrad.notation import L, N, S, W, X, Y, s, y


def allowance(stated: Eq) -> int:
    """How many near misses of a theorem are tried, fewer of long ones; MUTANTS=1000 tries them all."""
    length = sum(1 for _ in preorder_traversal(stated))
    return int(os.environ.get("MUTANTS", 14 if length <= 110 else 7 if length <= 600 else 3))


def refused(mutant: Mutant) -> bool:
    """Whether ``prove`` refuses a near miss, as it has to; an error of another kind is no refusal."""
    try:
        prove(mutant.equation)
    except NotProved:
        return True
    return False


def trial(stated: Eq, most: int) -> Counter[str]:
    """The near misses of an equation: how many differ from it and were refused, are equal, or say nothing."""
    counted: Counter[str] = Counter(made=0, refused=0, equal=0, senseless=0)
    definitions = Definitions(3)
    for mutant in mutants(stated):
        if counted["made"] == most:
            break
        try:
            differs = definitions.difference(mutant.equation) is not None
        except NoValue:  # an entry outside its matrix, a logarithm of a negative number
            counted["senseless"] += 1
            continue
        if not differs:
            counted["equal"] += 1
            continue
        counted["made"] += 1
        if not refused(mutant):
            pytest.fail(f"proved, and false: {mutant}")
        counted["refused"] += 1
    return counted


@pytest.mark.parametrize("name", statements())
def test_mutants_of_theorem_are_refused(name: str, record_property: Record) -> None:
    stated = equation_of(name)
    counted = trial(stated, allowance(stated))
    assert counted["refused"] == counted["made"] > 0
    record_property(*found("mutants", name, stated, **counted))


def test_a_theorem_that_is_too_weak_lets_a_mutant_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "prove", lambda _: None)
    with pytest.raises(pytest.fail.Exception, match="proved, and false: a sign"):
        trial(equation_of("linear.weight_gradient"), 3)


def test_equal_mutants_are_reported_and_not_counted() -> None:
    jacobian_of_softmax = equation(jacobian(softmax(s), s), jacobian(softmax(s), s).T)  # it is symmetric
    counted = trial(jacobian_of_softmax, 20)
    assert counted["equal"] >= 1
    assert counted["made"] == counted["refused"]


C, D = sizes("C D")
G = MatrixSymbol("G", C, N)


def _rights(stated: Eq, slip: str, square: bool = False) -> list[str]:
    return [str(m.equation.rhs) for m in mutants(stated) if (m.slip, m.square) == (slip, square)]


def test_slips_of_the_core_theorem() -> None:
    core = equation(gradient(L(W * X), W), L.gradient(W * X) * X.T)
    assert "-LossGradient(L, W*X)*X.T" in _rights(core, "a sign")
    assert "2*LossGradient(L, W*X)*X.T" in _rights(core, "a factor 2")
    assert "LossGradient(L, W*X)*X" in _rights(core, "a transpose", square=True)
    assert "X.T*LossGradient(L, W*X)" in _rights(core, "the order of factors", square=True)
    assert not _rights(core, "a transpose")  # the shapes forbid it


def test_slips_of_cross_entropy() -> None:
    stated = equation(gradient(L(S), S), (softmax(S) - one_hot(y, C)) / N)
    assert any("1/C" in right for right in _rights(stated, "one size for another"))
    assert any("1/N" not in right for right in _rights(stated, "a factor dropped"))
    assert any("Softmax(S.T).T" in right for right in _rights(stated, "a sum over the other axis"))
    assert any("OneHot(y_shifted, C)" in right for right in _rights(stated, "a label shifted"))
    assert any(right == "1/N*Softmax(S)" for right in _rights(stated, "a term dropped"))


def test_sums_over_the_other_axis() -> None:
    columns = equation(gradient(L(S), S), ones(C) * (ones(C).T * S))
    assert _rights(columns, "a sum over the other axis")
    assert "(1*Y).T" in _rights(equation(S * ones(N), Y * ones(N)), "a sum over the other axis", square=True)


def test_swapped_indices() -> None:
    stated = equation(inner(W, W), inner(W, W))
    assert not _rights(stated, "an index swapped")
    p, q = statements()["linear.score_by_weight"]().rhs.args[1].args[1:]
    assert p != q
    assert len(_rights(equation_of("linear.score_by_weight"), "an index swapped")) > 3


def test_mutants_are_statements_and_differ_in_form() -> None:
    for name in ("linear.weight_gradient", "softmax.score_gradient", "linear.tied_weights"):
        stated = equation_of(name)
        made = mutants(stated)
        assert len({m.equation for m in made}) == len(made)
        assert stated not in {m.equation for m in made}
        assert all(getattr(m.equation.lhs, "shape", ()) == getattr(m.equation.rhs, "shape", ()) for m in made)


def test_the_first_mutants_are_a_fair_choice() -> None:
    kinds = [(m.slip, m.square) for m in mutants(equation_of("softmax.score_gradient"))]
    different = len(set(kinds))
    assert different >= 8
    assert len(set(kinds[:different])) == different


def test_too_few_mutants_fail_the_session() -> None:
    seen = Evidence()
    seen.note([("mutants: a", {"refused": 3}), ("mutants: b", {"refused": 15}), ("other", 1)])
    assert seen.shortfall(["a", "b"]) == "only 9.0 mutants a theorem were refused, 10 are wanted"
    assert seen.shortfall(["a", "b"], least=9) is None
    assert seen.shortfall(["a", "b", "c"]) is None  # a session of some theorems says nothing about all
