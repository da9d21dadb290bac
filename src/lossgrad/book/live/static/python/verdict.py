"""The verdict on an equation that a reader has written, as a live cell shows it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from sympy.core.relational import Equality

from lossgrad import Definition, Malformed, Proof, Refuted, Undecided, equation, prove
from lossgrad.library import theorems
from lossgrad.printing import latex

Piece = tuple[str, str]


def pieces(rule: str, value: Any, names: dict[str, Any]) -> Iterator[Piece]:
    """What to show of a cell that a rule judges: its last value, or what it calls ``answer``."""
    match rule.split():
        case ["state", theorem]:
            yield from of_answer(names.get("answer", ...), theorems()[theorem]())
        case ["find", number]:
            yield from of_number(names, int(number))
        case _:
            yield from of_value(value)


def of_value(value: Any) -> Iterator[Piece]:
    """The verdict on a value, if it is an equation or a proof of one."""
    if isinstance(value, Proof):
        yield from of_proof(value)
    elif isinstance(value, Equality):
        yield from of_equation(value)
    else:
        yield said("malformed", "No statement", why_not(value))


def of_answer(answer: Any, theorem: Equality) -> Iterator[Piece]:
    """Whether an answer is equal to the left side of a theorem; any form of it passes that `prove` accepts."""
    if answer is ... or answer is None:
        yield said("malformed", "No answer yet", "Write it in the place of the dots.")
        return
    if isinstance(answer, Equality):
        answer = answer.rhs
    if getattr(answer, "has", None) is None:
        yield said("malformed", "No answer", f"It must be an expression: got {answer!r}.")
    elif answer == theorem.lhs or (answer.has(type(theorem.lhs)) and not theorem.rhs.has(type(theorem.lhs))):
        yield said("malformed", "Not yet", "That is the question again: say it without the derivative.")
    else:
        yield from of_equation(equation(theorem.lhs, answer))


def of_number(names: dict[str, Any], number: int) -> Iterator[Piece]:
    """Whether an answer is the number of the false line, and the verdict on the line that it names."""
    answer = names.get("answer", ...)
    line = names.get(f"line_{answer}")
    if line is None:
        yield said("malformed", "No answer yet", "It is the number of a line, as in answer = 1.")
        return
    right = f"Line {answer} is the false one." if answer == number else f"Line {answer} holds, so it is not the one."
    yield said("proof" if answer == number else "refuted", "Right" if answer == number else "Not that one", right)
    yield from of_equation(line)


def of_equation(stated: Equality) -> Iterator[Piece]:
    """The verdict on an equation."""
    try:
        proof = prove(stated)
    except Refuted as refusal:
        yield from of_refutation(refusal)
    except Undecided as refusal:
        yield said("undecided", "Undecided", "Neither a proof nor a counterexample was found. It may be true.")
        yield "latex", latex(stated)
        yield "text", refusal.reason or f"left side - right side comes down to {refusal.remainder}"
    except Malformed as refusal:
        yield said("malformed", "Malformed", str(refusal))
    else:
        yield from of_proof(proof)


def of_proof(proof: Proof) -> Iterator[Piece]:
    """A proof with its scope, its hypotheses and its steps."""
    yield said("proof", "Proof", f"for {proof.scope}, in {proof.seconds:.2f} s")
    yield "latex", latex(proof.equation)
    if proof.hypotheses:
        yield said("where", "Where", "")
        yield "latex", r" \quad ".join(map(latex, proof.hypotheses))
    if proof.steps:
        yield said("where", "Steps", "")
        yield "latex", proof._repr_latex_()


def of_refutation(refusal: Refuted) -> Iterator[Piece]:
    """A counterexample: where, both sides there, and the slip that it looks like."""
    yield said("refuted", "Refuted", refusal.hint)
    yield "latex", latex(refusal.equation)
    yield said("where", "Counterexample", "")
    yield "text", str(refusal.counterexample)


def said(kind: str, verdict: str, more: str) -> Piece:
    """The line of a verdict."""
    return "html", f'<p class="verdict verdict-{kind}"><strong>{verdict}</strong> {escape(more)}</p>'


def why_not(value: Any) -> str:
    """Why a value is no statement."""
    if isinstance(value, Definition):
        return "A definition says what a name stands for; it cannot be false."
    if value in (True, False):
        return "SymPy has carried the equation out. Write equation(left, right), which it leaves as it is."
    if value is None:
        return "The last line must be an equation: equation(left, right)."
    return f"The last line must be an equation, as in equation(left, right): got {value!r}."
