"""Each theorem's two sides in float64: JAX differentiates the left one, printed code evaluates the right one."""

from __future__ import annotations

import os

# JAX compiles every operation for every shape; for a handful of numbers the fastest compilation is the best.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

import numpy as np
import pytest
from sympy import Eq, MatrixSymbol, Sum, log, symbols

from every_theorem import equation_of, false_statements, statements
from evidence import Record, found
from lossgrad import activation, elementwise, equation, gradient, inner, norm_squared, vjp
from lossgrad.notation import C, D, G, L, S, W, X
from second_opinion import NoOpinion, opinion, relative_error

WORST = 1e-9


@pytest.mark.parametrize("name", statements())
def test_jax_agrees_with_theorem(name: str, record_property: Record) -> None:
    stated = equation_of(name)
    given = opinion(stated)
    assert given.worst <= WORST
    record_property(*found("opinions", name, stated, worst=given.worst, entries=given.entries, nonzero=given.nonzero))


FAMOUS = ["linear.weight_gradient", "softmax.score_gradient", "linear.score_by_weight"]


@pytest.mark.parametrize("name", FAMOUS)
def test_a_lost_sign_is_seen(name: str) -> None:
    stated = equation_of(name)
    assert opinion(equation(stated.lhs, -stated.rhs), 1).worst > 1


@pytest.mark.parametrize(
    "name", sorted(set(false_statements()) & {f"softmax.{m}" for m in ("lost_sign", "forgotten_mean")})
)
def test_a_mistake_is_seen(name: str) -> None:
    assert opinion(false_statements()[name](), 2).worst > 0.1


def test_an_error_of_a_millionth_is_seen() -> None:
    stated = equation_of("linear.weight_gradient")
    assert 1e-7 < opinion(equation(stated.lhs, (1 + symbols("a", real=True) ** 0 / 10**6) * stated.rhs), 1).worst < 1e-5


def test_a_wrong_slope_is_seen() -> None:
    phi = activation("phi")
    right = equation(vjp(G, elementwise(phi, S), S), vjp(G, elementwise(phi, S), S))
    wrong = equation(vjp(G, elementwise(phi, S), S), vjp(G, elementwise(phi.prime, S), S))
    assert opinion(right, 1).worst <= WORST
    assert opinion(wrong, 1).worst > 0.1


def test_errors_are_relative_to_the_largest_entry() -> None:
    assert relative_error(np.array([1e-6, 0.0]), np.array([1.1e-6, 0.0])) == pytest.approx(1 / 11)
    assert relative_error(np.array([1e-3]), np.array([0.0])) == 1e-3


def test_where_no_finite_values_are_found_there_is_no_opinion() -> None:
    with pytest.raises(NoOpinion):
        opinion(equation(log(-norm_squared(W)), norm_squared(W)), 1)


def test_derivatives_inside_sums_are_written_out() -> None:
    p, q = symbols("p q", integer=True, nonnegative=True)
    slopes = Sum(gradient(L(W * X), W)[p, q] * W[p, q], (p, 0, C - 1), (q, 0, D - 1))
    assert opinion(equation(slopes, inner(L.gradient(W * X), W * X)), 1).worst <= WORST
    assert opinion(equation(slopes, inner(W, W)), 1).worst > 0.1


def test_shapes_differ_so_that_sizes_are_told_apart() -> None:
    J = MatrixSymbol("J", C, D)
    stated: Eq = equation(inner(J, J) / C, inner(J, J) / D)
    assert opinion(stated, 1).worst > 0.1
