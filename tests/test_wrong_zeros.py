"""SymPy answers as the page on wrong zeros shows: derivatives by a matrix, two sums, an equation; a new one may not."""

import re
from pathlib import Path
from typing import Any

import pytest
import sympy

from lossgrad import sizes

PAGE = Path(__file__).resolve().parent.parent / "docs" / "appendix" / "wrong-zeros.md"

RIGHT = {
    "Trace(X.T*A*X).diff(X)": "A*X + A.T*X",
    "Trace(A*X.inv()).diff(X)": "-X.T**(-1)*A.T*X.T**(-1)",
    "(Trace(A*X)*Trace(X)).diff(X)": "Trace(A*X)*I + Trace(X)*A.T",
    "(a.T*s).diff(s)": "a",
    "Sum(KroneckerDelta(i, k), (i, 0, C - 1)).doit()": "Piecewise((1, k <= C - 1), (0, True))",
    "Eq(X.T.T, X)": "True",
    "Sum(s[i, 0]**2, (i, 0, C - 1)).diff(s[k, 0])": "Sum(2*KroneckerDelta(i, k, (0, C - 1))*s[i, 0], (i, 0, C - 1))",
}
WRONG = {
    "(Trace(A*X) + Trace(X.T*X)).diff(X)": "0",
    "(Trace(X.T*X) - 3).diff(X)": "0",
    "(trace(Identity(3) - F)**2).diff(F)": "0",
    "exp(Trace(A*X)).diff(X)": "0",
    "(1/Trace(X)).diff(X)": "0",
    "Sum(s[i, 0]**2, (i, 0, C - 1)).diff(s)": "0",
    "log(Sum(exp(s[i, 0]), (i, 0, C - 1))).diff(s)": "0",
    "F[0, 0].diff(F)": "0",
    "log(Determinant(X)).diff(X)": "0",
    "Sum(s[i, 0]**2, (i, 0, C - 1)).diff(s[i, 0])": "Sum(2*s[i, 0], (i, 0, C - 1))",
    "Sum(p[i]**2, (i, 0, C - 1)).subs(C, 3).doit().diff(p[0])": "0",
    "Sum(KroneckerDelta(i, k, (0, C - 1)), (i, 0, C - 1), (k, 0, N - 1)).doit()": "N",
}
RAISED = {
    "sqrt(Trace(X.T*X)).diff(X)": TypeError,
    "(F[0, 0]*Trace(F)).diff(F)": IndexError,
    "(F + eye(3)).diff(F)": RecursionError,
}


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """The names that the page makes, with its shapes."""
    C, N, n = sizes("C N n")
    i, k = sympy.symbols("i k", integer=True, nonnegative=True)
    matrix = sympy.MatrixSymbol
    made = {"C": C, "N": N, "n": n, "i": i, "k": k, "p": sympy.IndexedBase("p", shape=(C,)), "F": matrix("F", 3, 3)}
    made |= {name: matrix(name, n, n) for name in "AX"} | {name: matrix(name, C, 1) for name in "as"}
    return {**vars(sympy), **made}


def news(source: str, answer: object) -> str:
    """What a maintainer is told."""
    return f"SymPy {sympy.__version__} answers {source} with {answer}: bring docs/appendix/wrong-zeros.md up to date"


@pytest.mark.parametrize(("source", "pinned"), [*RIGHT.items(), *WRONG.items()])
def test_sympy_answers_as_the_page_shows(source: str, pinned: str, names: dict[str, Any]) -> None:
    answer = str(eval(source, names))
    assert answer == pinned, news(source, answer)


@pytest.mark.parametrize(("source", "pinned"), RAISED.items())
def test_sympy_raises_as_the_page_shows(source: str, pinned: type[Exception], names: dict[str, Any]) -> None:
    try:
        answer = eval(source, names)
    except (TypeError, IndexError, RecursionError) as raised:
        answer = raised
    assert type(answer) is pinned, news(source, answer)


@pytest.mark.parametrize("source", [*RIGHT, *WRONG, *RAISED])
def test_the_page_shows_what_is_pinned(source: str) -> None:
    lines = {line.strip() for line in PAGE.read_text(encoding="utf-8").splitlines()}
    assert source in lines


def test_everything_that_the_page_asks_sympy_for_is_pinned() -> None:
    lines = (line.strip() for line in PAGE.read_text(encoding="utf-8").splitlines())
    asked = {line for line in lines if re.search(r"\.diff\(|\.doit\(\)|^Eq\(", line) and "`" not in line}
    assert asked == {*RIGHT, *WRONG, *RAISED}
