"""Arguments by hand: the lines from the left side of a theorem to its right side, in an order that a person chose.

The steps of a proof are found by machine (:mod:`lossgrad.steps`), entry by entry. Where such lines would be too long to
read, a theorem says itself how it is argued, in matrices and with the theorems that it uses:

    @argued(lambda right: [(vjp(score_gradient().rhs, W * X, W), "the scores first"), (right, "the linear rule")])
    def weight_gradient() -> Eq: ...

Each line is an expression and the rule by which the line before equals it; the last is the right side. Every step is
proved before it is shown, so an argument may be clumsy but not wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

__all__ = ["Lines", "Theorem", "argued", "argument"]

Lines = Sequence[tuple[Any, str]]
Theorem = TypeVar("Theorem", bound=Callable[[], Any])

_ARGUMENTS: dict[Callable[[], Any], Callable[[Any], Lines]] = {}


def argued(lines: Callable[[Any], Lines]) -> Callable[[Theorem], Theorem]:
    """Say how a theorem is argued; ``lines`` is called with its right side."""

    def noted(theorem: Theorem) -> Theorem:
        _ARGUMENTS[theorem] = lines
        return theorem

    return noted


def argument(theorem: Callable[[], Any], right: Any) -> Lines:
    """The lines of a theorem's argument, the last its right side; none where the argument is left to the machine."""
    return _ARGUMENTS[theorem](right) if theorem in _ARGUMENTS else ()
