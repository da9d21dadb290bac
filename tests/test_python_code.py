"""A statement as Python to paste: run by itself, the code gives the statement again."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from sympy import Dummy, HadamardProduct, MatMul, MatrixSymbol, Mul, Rational, Sum, Symbol, Trace, log, symbols

from lossgrad import diag, elementwise, equation, gradient, loss, ones, parameters, softmax
from lossgrad import library as book
from lossgrad.expressions import Definition, activation, entry, labels, named, one_hot
from lossgrad.naming import plainly_named
from lossgrad.notation import C, D, G, L, N, S, W, X, Y, lambda_, y
from lossgrad.printing import python
from lossgrad.python_code import _by_class_names
from lossgrad.rules import RULES

t = parameters("t")
n = Symbol("n", integer=True, nonnegative=True)


def last_value(code: str) -> Any:
    """What the last expression of the code gives, in a namespace of its own."""
    before, _, last = code.rpartition("\n\n")
    names: dict[str, Any] = {}
    exec(before, names)
    return eval(last, names)


def plain(statement: Any) -> Any:
    """The statement with a letter for each bound index, which is a dummy in some."""
    if isinstance(statement, Definition):
        return Definition(plain(statement.lhs), plain(statement.rhs))
    return plainly_named(statement) if statement.has(Dummy) else statement


@cache
def codes(kind: Any) -> dict[str, str]:
    """The code of every statement of a kind."""
    return {name: python(book.stated(function)) for name, function in kind().items()}


KINDS = pytest.mark.parametrize("kind", [book.theorems, book.definitions, book.mistakes])


@KINDS
def test_the_code_of_every_statement_gives_the_statement(kind: Any) -> None:
    wrong = [name for name, code in codes(kind).items() if last_value(code) != plain(book.stated(kind()[name]))]
    assert wrong == []


@KINDS
def test_no_statement_is_so_odd_that_its_classes_have_to_be_named(kind: Any) -> None:
    assert [name for name, code in codes(kind).items() if "Symbol('" in code or "Basic.__new__" in code] == []


def test_the_code_of_every_rule_of_the_kernel_gives_the_rule() -> None:
    rules = [rule.statement for group in RULES.values() for rule in group]
    assert [rule for rule in rules if last_value(python(rule)) != plain(rule)] == []


@pytest.mark.parametrize(
    ("e", "code"),
    [
        (
            equation(gradient(L(W * X), W), L.gradient(W * X) * X.T),
            "equation(gradient(L(W*X), W), L.gradient(W*X)*X.T)",
        ),
        ((softmax(S) - one_hot(y, C)) / N, "(softmax(S) - one_hot(y, C))/N"),
        (-lambda_ * W / 2, "-lambda_*W/2"),
        (Rational(-2, 3) * W, "-2*W/3"),
        (S - (Y - G), "G + S - Y"),
        (elementwise(log, S), "elementwise(log, S)"),
        (elementwise(lambda u: u**2 + 1 / t, S), "elementwise(lambda u: u**2 + 1/t, S)"),
        (elementwise(activation("phi").prime, S), "elementwise(phi.prime, S)"),
        (HadamardProduct(S, Y + G), "HadamardProduct(S, G + Y)"),
        (ones(N).T, "ones(N).T"),
        (diag(ones(C)), "diag(ones(C))"),
        (gradient(Trace(W * W.T), W)[0, n], "gradient(Trace(W*W.T), W)[0, n]"),
        (Sum(S[y[n], n], (n, 0, N - 1)), "Sum(S[y[n], n], (n, 0, N - 1))"),
        (entry(S, n, 0), "entry(S, n, 0)"),
        (Mul(Rational(1, 3), t + 1, evaluate=False), "Mul(Rational(1, 3), t + 1, evaluate=False)"),
    ],
)
def test_the_code_is_what_people_write(e: Any, code: str) -> None:
    assert python(e).rpartition("\n\n")[2] == code


def test_the_letters_of_the_book_are_imported_and_others_are_declared() -> None:
    J = symbols("J", integer=True, positive=True)
    A, own = MatrixSymbol("A", J, D), MatrixSymbol("X", J, J)
    code = python(equation(A * X, own * A * X))
    assert code == "\n".join(
        [
            "from sympy import MatrixSymbol",
            "from lossgrad import equation, sizes",
            "from lossgrad.notation import D, X",
            "",
            'J = sizes("J")',
            'A = MatrixSymbol("A", J, D)',
            'X_1 = MatrixSymbol("X", J, J)',
            "",
            "equation(A*X, X_1*A*X)",
        ]
    )


def test_a_name_is_given_before_it_is_used_and_a_definition_says_what_it_stands_for() -> None:
    P = named("P", softmax(S))
    assert python(Definition(P, P.value)).endswith('P = named("P", softmax(S))\n\nDefinition(P, P.value)')
    assert python(P * named("Q", P.T)).endswith('Q = named("Q", P.T)\n\nP*Q')


def test_losses_labels_and_symbols_keep_what_is_assumed_of_them() -> None:
    a, m = parameters("a", positive=True), symbols("m", integer=True, nonnegative=True)
    e = equation(a * loss("M")(one_hot(labels("z", N), C)), W[m, m])
    assert last_value(python(e)) == e
    assert 'a = parameters("a", positive=True)' in python(e)


def test_two_letters_of_one_name_are_told_apart() -> None:
    real, index = parameters("c"), Symbol("c", integer=True, nonnegative=True)
    e = equation(S[index, 0] * real, real * S[index, 0])
    assert last_value(python(e)) == e


def test_a_product_that_sympy_would_carry_out_is_left_standing() -> None:
    e = equation(MatMul(Rational(1, 2), S + Y, evaluate=False), S)
    assert last_value(python(e)) == e


def test_a_statement_of_unknown_classes_is_written_by_their_names() -> None:
    e = equation(softmax(W * X), S)
    assert last_value(_by_class_names(e)) == e


def test_the_code_is_made_without_sphinx_and_without_numpy() -> None:
    program = (
        "import sys; from lossgrad.printing import python; from lossgrad.theorems.linear import weight_gradient\n"
        "python(weight_gradient()); sys.exit(bool({'sphinx', 'numpy', 'docutils'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
