"""What the benchmarks of proofs run in a fresh process."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from time import process_time
from types import FrameType
from typing import Any

from sympy import Eq, MatrixSymbol, log

from lossgrad import elementwise, equation, gradient, inner, labels, library, one_hot, prove, softmax
from lossgrad.theorems.attention import key_gradient, query_gradient, value_gradient


def core_theorem(C: Any, D: Any, N: Any) -> Eq:
    """Softmax cross-entropy of W X: its gradient by the weights, for any labels, all entries.

    W of shape (C, D), X of shape (D, N), y of N labels; the sizes are numbers or symbols.
    """
    W, X = MatrixSymbol("W", C, D), MatrixSymbol("X", D, N)
    targets = one_hot(labels("y", N), C)
    loss = -inner(targets, elementwise(log, softmax(W * X))) / N
    return equation(gradient(loss, W), (softmax(W * X) - targets) * X.T / N)


def attention_gradients() -> list[Eq]:
    """The gradients of attention by queries, keys and values."""
    return [query_gradient(), key_gradient(), value_gradient()]


def each_alone() -> dict[str, float]:
    """The seconds that each theorem of the book takes to prove, each in a process that has proved nothing yet."""
    return {name: in_a_fork(library.stated(theorem)) for name, theorem in library.theorems().items()}


def in_a_fork(stated: Eq) -> float:
    """The seconds of the processor that a proof takes in a copy of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        start = process_time()
        prove(stated)
        os.write(writing, json.dumps(process_time() - start).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        seconds = json.loads(answer.read())  # nothing to read is an error: the proof failed
    os.waitpid(child, 0)
    return float(seconds)


def one_after_another() -> int:
    """Prove every theorem of the book; their number."""
    stated = [library.stated(theorem) for theorem in library.theorems().values()]
    return len(list(map(prove, stated)))


# -- where the time goes ---------------------------------------------------------------------------------------------

PASSED_THROUGH = ("sympy.core.cache", "sympy.core.decorators", "sympy.core.sympify")
"""Modules whose functions only pass a call on."""

WRAPPER = "__sympifyit_wrapper"
"""A function elsewhere that does the same."""

QUESTIONS = frozenset({"_ask", "ExprWithLimits.free_symbols"})
"""What SymPy does on the side as it makes an expression: deduce assumptions, and look for free symbols."""


def where_time_goes(work: Callable[[], object], every: float = 0.0005) -> dict[str, dict[str, int]]:
    """What was running at a clock's ticks while ``work`` ran: for each tick, the call that the package made of SymPy.

    ``calls`` counts by that call, "lossgrad" where the package itself was running; ``within`` counts the ticks at which
    SymPy was answering a question to itself (see ``QUESTIONS``).
    """
    calls: Counter[str] = Counter()
    within: Counter[str] = Counter()

    def note(_: int, frame: FrameType | None) -> None:
        call, answering = innermost_call(frame)
        calls[call] += 1
        within.update(answering)

    signal.signal(signal.SIGALRM, note)
    signal.setitimer(signal.ITIMER_REAL, every, every)
    work()
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {"calls": calls, "within": within}


def innermost_call(frame: FrameType | None) -> tuple[str, set[str]]:
    """The innermost call that the package made of SymPy, if SymPy is running, and the questions SymPy is answering."""
    call = "lossgrad"
    answering: set[str] = set()
    while frame is not None:
        module, code = frame.f_globals.get("__name__", ""), frame.f_code
        if module.startswith("lossgrad"):
            return call, answering
        if module.startswith("sympy"):
            answering |= QUESTIONS & {code.co_qualname}
            if not module.startswith(PASSED_THROUGH) and code.co_name != WRAPPER:
                call = frame.f_locals["cls"].__name__ if code.co_name == "__new__" else code.co_qualname
        frame = frame.f_back
    return "lossgrad", set()
