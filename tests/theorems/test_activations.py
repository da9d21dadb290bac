"""Activations and kinks: what the generic tests of all theorems do not cover."""

import pytest
from sympy import Ne, Rational, lambdify

from lossgrad import prove
from lossgrad.theorems import activations
from lossgrad.theorems.activations import a, t, u, v, w, z


@pytest.mark.parametrize("slope", [Rational(0), Rational(1, 2), Rational(1)])
@pytest.mark.parametrize("place", [-3, 0, 2])
def test_relu_lies_on_or_above_every_line_of_a_slope_from_0_to_1(slope: Rational, place: int) -> None:
    assert activations.relu_above_its_lines().lhs.subs({u: slope, z: place}) >= 0


def test_a_slope_outside_0_to_1_is_below_the_line_on_one_side() -> None:
    assert activations.relu_above_zero().rhs.subs({u: Rational(3, 2), a: 1}) < 0
    assert activations.relu_below_zero().rhs.subs({u: Rational(-1, 2), a: 1}) < 0


def test_two_whole_shares_at_a_tie_are_no_subgradient() -> None:
    together = {z: 1, w: 1}
    assert activations.tie_above_any_plane().lhs.subs({u: 1, v: 1, **together}) < 0
    assert activations.tie_above_any_plane().lhs.subs({u: Rational(1, 3), v: Rational(2, 3), **together}) == 0


def test_kinks_are_named_as_what_is_excluded() -> None:
    for kinked in (activations.relu_slope, activations.leaky_relu_slope, activations.elu_slope):
        assert prove(kinked()).hypotheses == (Ne(t, 0),)
    (entry,) = prove(activations.relu_gradient()).hypotheses
    assert entry.lhs.parent == activations.A


def test_smooth_slopes_exclude_nothing() -> None:
    for smooth in (activations.sigmoid_slope, activations.silu_slope, activations.gelu_slope):
        assert prove(smooth()).hypotheses == ()


def test_the_two_forms_of_gelu_have_slopes_a_thousandth_apart() -> None:
    difference = activations.gelu_slope().rhs - activations.approximate_gelu_slope().rhs
    apart = lambdify(t, difference, "math")
    assert 1e-4 < max(abs(apart(k / 100)) for k in range(-500, 501)) < 2e-3
