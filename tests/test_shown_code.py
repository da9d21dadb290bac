"""The NumPy and JAX code that pages show runs, and both compute the same."""

from __future__ import annotations

import os

# As in the test of second opinions: for a handful of numbers the fastest compilation is the best.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

from collections.abc import Iterator

import jax
import numpy as np
import pytest
from sympy import Eq

from lossgrad import equation, softmax
from lossgrad.notation import S
from second_opinion import NoOpinion, evaluated, relative_error, values_of
from shown_code import pages, shown

WORST = 1e-9


@pytest.fixture(autouse=True)
def in_double_precision() -> Iterator[None]:
    """Values that are not finite are seen to by taking others."""
    with jax.enable_x64(True), np.errstate(all="ignore"):
        yield


def disagreement(stated: Eq) -> float:
    """How far JAX's code of the left side is from NumPy's of the right side."""
    for positive in (False, True):
        values = values_of(stated, 0, positive)
        by_jax = evaluated(stated.lhs, "jax", stated, values)
        by_numpy = evaluated(stated.rhs, "numpy", stated, values)
        if np.isfinite(by_jax).all() and np.isfinite(by_numpy).all():
            return relative_error(by_jax, by_numpy)
    raise NoOpinion(f"no finite values of {stated}")


@pytest.mark.parametrize("page", pages())
def test_the_code_on_page_runs_and_libraries_agree(page: str) -> None:
    listings = shown(page)
    assert {listing.backend for listing in listings} == {"numpy", "jax", "torch"}
    for expression in {listing.expression for listing in listings if listing.backend != "torch"}:
        assert disagreement(equation(expression, expression)) <= WORST


def test_pages_of_every_family_show_code() -> None:
    assert len(pages()) >= 14


def test_other_code_is_seen() -> None:
    assert disagreement(equation(softmax(S), 2 * softmax(S))) > 0.1
