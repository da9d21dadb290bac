"""The PyTorch code that is printed from every theorem runs, and agrees with NumPy's and with PyTorch's own derivatives.

`make test-torch` runs this; `make test` does not, for it has no PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from sympy import Eq, MatrixSymbol

from every_theorem import equation_of, statements
from lossgrad import equation, vjp
from lossgrad.expressions import elementwise
from lossgrad.notation import G, S, phi
from second_opinion import Library, NoOpinion, evaluated, is_differentiated, relative_error, values_of
from shown_code import pages, shown

WORST = 1e-9
POINTS = (0, 1)


def array(table: Any) -> torch.Tensor:
    """A table of float64 numbers, or of labels, as a tensor of its own."""
    return torch.tensor(np.asarray(table))


def slope(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative of an entrywise function."""
    return lambda t: torch.func.jvp(function, (t,), (torch.ones_like(t),))[1]


TORCH = Library("torch", array, array, torch.func.grad, slope)


@pytest.fixture(scope="module", autouse=True)
def forward_mode() -> None:
    """PyTorch 2.13 makes its forward derivatives at their first use, and complains then of its own code."""
    with pytest.deprecated_call(match=r"torch\.jit\.script"):
        slope(torch.sin)(torch.ones(1))


@pytest.fixture(autouse=True)
def values_that_are_not_finite_are_seen_to() -> Iterator[None]:
    """Where a side has no finite value, other values are taken."""
    with np.errstate(all="ignore"):
        yield


def disagreement(stated: Eq, seed: int) -> float:
    """How far PyTorch's two sides are apart, and from NumPy's where NumPy has code for them."""
    for positive in (False, True):
        values = values_of(stated, seed, positive, TORCH)
        sides = {(side, "torch"): evaluated(side, "torch", stated, values) for side in stated.args}
        plain = [side for side in stated.args if not is_differentiated(side)]
        sides |= {(side, "numpy"): evaluated(side, "numpy", stated, values) for side in plain}
        if all(np.isfinite(entries).all() for entries in sides.values()):
            return relative_error(*sides.values())
    raise NoOpinion(f"no finite values of {stated}")


@pytest.fixture
def double_precision() -> Iterator[None]:
    """Where no argument has a precision, PyTorch takes the default one."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def is_of_labels_alone(name: str) -> bool:
    """Whether no matrix of numbers occurs in a theorem, so that its code has no array to take the precision from."""
    return not equation_of(name).has(MatrixSymbol)


OF_LABELS = [name for name in statements() if is_of_labels_alone(name)]
OF_MATRICES = [name for name in statements() if not is_of_labels_alone(name)]


@pytest.mark.parametrize("name", OF_MATRICES)
def test_the_code_of_theorem_agrees_with_numpy_and_with_derivatives(name: str) -> None:
    assert max(disagreement(equation_of(name), seed) for seed in POINTS) <= WORST


@pytest.mark.usefixtures("double_precision")
@pytest.mark.parametrize("name", OF_LABELS)
def test_the_code_of_theorem_without_matrices_agrees_with_numpy_and_with_derivatives(name: str) -> None:
    assert max(disagreement(equation_of(name), seed) for seed in POINTS) <= WORST


@pytest.mark.parametrize("page", pages())
def test_the_code_on_page_agrees_with_numpy(page: str) -> None:
    listings = [snippet for snippet in shown(page) if snippet.backend == "torch"]
    assert listings, f"{page} prints code, none of it PyTorch's"
    for snippet in listings:
        itself = equation(snippet.expression, snippet.expression)
        assert max(disagreement(itself, seed) for seed in POINTS) <= WORST


def test_a_lost_sign_is_seen() -> None:
    stated = equation_of("softmax.score_gradient")
    assert disagreement(equation(stated.lhs, -stated.rhs), 0) > 1


def test_a_wrong_slope_is_seen() -> None:
    wrong = equation(vjp(G, elementwise(phi, S), S), vjp(G, elementwise(phi.prime, S), S))
    assert disagreement(wrong, 0) > 0.1
