"""What a wrong gradient looks like: a sign, a factor, a transpose, a sum over the wrong axis, a forgotten penalty.

A diagnosis is made only when the numbers fit it: what the mistake would make of the measured gradient is the claim, to
the tolerance of the measurement, entry by entry, and with more entries than the mistake has free numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

__all__ = ["Case", "Context", "diagnose", "shape_hint"]

CLEAR = 8.0  # tolerances that a number must exceed to count as one that is not 0
MOST = 3  # diagnoses that are told


@dataclass(frozen=True)
class Context:
    """What is known besides: names of sizes, weights and gradients of the examples, the gradient by the scores."""

    sizes: Mapping[str, float] = field(default_factory=dict)
    weights: Any = None
    upstream: Any = None
    examples: Mapping[str, Any] = field(default_factory=dict)

    def with_examples(self, examples: Mapping[str, Any]) -> Context:
        """The same with the gradient of each example, by array."""
        return replace(self, examples=examples)


@dataclass(frozen=True)
class Case:
    """A claim, the measured gradient (NaN where it was not measured) with its tolerance, and the point."""

    name: str
    at: Any
    claim: Any
    measured: Any
    tolerance: Any
    others: Mapping[str, Any] = field(default_factory=dict)

    def fits(self, expected: Any, tolerance: Any) -> bool:
        """Whether the claim is what a mistake would make of the gradient, where that is known and not 0."""
        import numpy as np

        expected, tolerance = np.broadcast_arrays(expected, tolerance, self.claim)[:2]
        known = np.isfinite(expected) & np.isfinite(tolerance)
        if not known.any() or not (np.abs(expected[known]) > CLEAR * tolerance[known]).any():
            return False
        return bool((np.abs(self.claim - expected)[known] <= tolerance[known]).all())

    def factor(self, gradient: Any, tolerance: Any) -> tuple[float, float] | None:
        """The number that makes the claim of a gradient, and how well it is known; nothing where none fits."""
        import numpy as np

        known = np.isfinite(gradient) & np.isfinite(tolerance)
        g, t, claim = gradient[known], tolerance[known], self.claim[known]
        clear = np.abs(g) > CLEAR * t
        if not clear.any():
            return None
        c = float((g[clear] * claim[clear]).sum() / (g[clear] ** 2).sum())
        known_to = abs(c) * float(
            np.sqrt((t[clear] ** 2).sum() / (g[clear] ** 2).sum()) + (t[clear] / np.abs(g[clear])).min()
        )
        if c == 0 or not (np.abs(claim - c * g) <= (1 + abs(c)) * t + known_to * np.abs(g)).all():
            return None
        return c, known_to


def diagnose(case: Case, context: Context) -> tuple[str, ...]:
    """All that the difference looks like, the plainest first."""
    import numpy as np

    if not case.claim.any():
        return ("0 everywhere",)
    plain = case.factor(case.measured, case.tolerance)
    if plain is not None and (told := _told_factor(plain, case, context)):
        return (told,)
    found = [
        *_rearranged(case, context),
        *_summed(case),
        *_upstream(case, context),
        *_examples(case, context),
        *_labels(case),
        *_added(case),
        *_swapped(case),
    ]
    if not found:
        known = np.isfinite(case.measured)
        wrong = known & (np.abs(case.claim - np.where(known, case.measured, 0)) > case.tolerance)
        found = list(_confined(case, wrong)) or list(_factors(case, context))
    return tuple(dict.fromkeys(found[:MOST]))


def _told_factor(found: tuple[float, float], case: Case, context: Context) -> str:
    """A constant factor in words; one that has no name needs more than one entry to bear it out."""
    import numpy as np

    c, known_to = found
    clear = int((np.abs(case.measured) > CLEAR * case.tolerance).sum())
    if abs(c + 1) <= known_to:
        return "the sign is turned"
    named = [name for name, value in _named_factors(context.sizes) if abs(abs(c) - value) <= 2 * known_to]
    if not named and clear < 3:
        return ""
    size = f"{_number(abs(c))} times what it should be"
    sign = " and the sign is turned" if c < 0 else ""
    plain = {"2", "1/2"} & set(named)
    names = [name for name in named if name != f"{abs(c):.4g}" and not (plain and "the length" in name)]
    because = f", and {abs(c):.4g} = {' = '.join(names[:2])}" if names else ""
    return f"{size}{sign}{because}{_why(names[:2])}"


def _number(value: float) -> str:
    """Four digits, and how far from 1 where these do not tell it."""
    text = f"{value:.4g}"
    return text if text != "1" else f"(1 {'+' if value > 1 else '-'} {abs(value - 1):.1e})"


def _why(names: list[str]) -> str:
    if "N" in names:
        return ": a sum for a mean"
    if "1/N" in names:
        return ": a mean for a sum"
    return ""


def _named_factors(sizes: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Numbers that a forgotten or doubled normalisation brings, the simple ones first."""
    yield from ((name, value) for name, value in (("2", 2.0), ("1/2", 0.5)))
    proper = {name: n for name, n in sizes.items() if n not in (0, 1)}
    for name, n in proper.items():
        yield from ((name, n), (f"1/{_in_brackets(name)}", 1 / n))
    for (a, m), (b, n) in product(proper.items(), repeat=2):
        if m != n:
            yield f"{_in_brackets(a)}/{_in_brackets(b)}", m / n
        if a < b:
            yield f"{_in_brackets(a)} {_in_brackets(b)}", m * n
            yield f"1/({a} {b})", 1 / (m * n)
    for name, n in proper.items():
        yield from ((f"2 {_in_brackets(name)}", 2 * n), (f"2/{_in_brackets(name)}", 2 / n))
        yield from ((f"{_in_brackets(name)}/2", n / 2), (f"1/(2 {name})", 1 / (2 * n)))


def _in_brackets(name: str) -> str:
    return f"({name})" if " " in name else name


# -- the right numbers in the wrong place ----------------------------------------------------------------------------


def _rearranged(case: Case, context: Context) -> Iterator[str]:
    """Transposed, or read backwards along an axis; perhaps with a factor as well."""
    import numpy as np

    shape = case.claim.shape
    ways = []
    if len(shape) == 2 and shape[0] == shape[1] > 1:
        ways.append(("transposed", np.transpose))
    ways += [
        (f"read backwards along axis {axis}", lambda A, axis=axis: np.flip(A, axis))
        for axis, n in enumerate(shape)
        if n > 1
    ]
    for told, turned in ways:
        moved = replace(case, measured=turned(case.measured), tolerance=turned(case.tolerance))
        found = moved.factor(moved.measured, moved.tolerance)
        if found is None or (case.measured.size < 3 and abs(abs(found[0]) - 1) > found[1]):
            continue
        if abs(found[0] - 1) <= found[1]:
            yield told
        elif factor := _told_factor(found, moved, context):
            yield f"{told}, and {factor}"


def _summed(case: Case) -> Iterator[str]:
    """The sum or the mean along an axis in place of each of its entries."""
    for axis, n in enumerate(case.claim.shape):
        if n < 2:
            continue
        total = case.measured.sum(axis=axis, keepdims=True)
        off = case.tolerance.sum(axis=axis, keepdims=True)
        if case.fits(total, off):
            yield f"each entry is the sum along axis {axis}: summed over too much"
        elif case.fits(total / n, off / n):
            yield f"each entry is the mean along axis {axis}: averaged over too much"


def _upstream(case: Case, context: Context) -> Iterator[str]:
    """A bias that receives the sum of the upstream gradient along the wrong axis."""
    G = context.upstream
    if G is None or G.ndim != 2 or case.claim.size not in G.shape:
        return
    for axis, over in enumerate(("the classes", "the examples")):
        right = G.sum(axis=axis)
        if right.size == case.claim.size and case.fits(right.reshape(case.claim.shape), case.tolerance):
            yield f"the gradient by the scores summed along axis {axis}, over {over}: the wrong axis"


def _swapped(case: Case) -> Iterator[str]:
    """The gradient by another array."""
    for name, gradient in case.others.items():
        if name != case.name and gradient.shape == case.claim.shape and case.fits(gradient, case.tolerance):
            yield f"the gradient by {name}, not by {case.name}"


# -- weights ---------------------------------------------------------------------------------------------------------


def _examples(case: Case, context: Context) -> Iterator[str]:
    """The examples' gradients without their weights, or those of one example only."""
    import numpy as np

    each = context.examples.get(case.name)
    if each is None or len(each) < 2:
        return
    off = case.tolerance + 3e-5 * np.abs(each).sum(axis=0)
    if context.weights is not None:
        found = case.factor(each.sum(axis=0), off)
        if found is not None and not _proportional(context.weights, np.ones_like(context.weights)):
            yield "every example counts the same: its weight is missing, or came after the sum"
            return
    for n, gradient in enumerate(each):
        if (found := case.factor(gradient, off)) is not None:
            yield f"{found[0]:.3g} times the gradient of example {n} alone"
            return


def _factors(case: Case, context: Context) -> Iterator[str]:
    """A factor of its own for each column or row."""
    import numpy as np

    if case.claim.ndim != 2:
        return
    for axis, told in ((0, "column"), (1, "row")):
        c = _own_factors(case, axis)
        if c is None:
            continue
        v = context.weights
        if v is not None and v.size == c.size and _proportional(c * v, np.ones_like(v)):
            yield f"each {told} lacks its weight: weights belong to the examples before the sum"
        elif v is not None and v.size == c.size and _proportional(c, v):
            yield f"each {told} has its weight once too often"
        else:
            yield f"each {told} is off by a factor of its own: {', '.join(f'{value:.3g}' for value in c[:4])} …"


def _own_factors(case: Case, axis: int) -> Any:
    """The factor of each column (axis 0) or row (axis 1); nothing unless all fit and each rests on two entries."""
    import numpy as np

    g, t = case.measured, case.tolerance
    if not np.isfinite(g).all() or g.shape[1 - axis] < 2:
        return None
    if ((np.abs(g) > CLEAR * t).sum(axis=axis) < 2).any():
        return None
    c = (g * case.claim).sum(axis=axis, keepdims=True) / (g**2).sum(axis=axis, keepdims=True)
    known_to = np.abs(c) * (t.max(axis=axis, keepdims=True) / np.abs(g).max(axis=axis, keepdims=True))
    if not (np.abs(case.claim - c * g) <= (1 + np.abs(c)) * t + known_to * np.abs(g)).all():
        return None
    return None if (np.ptp(c) <= 4 * known_to).all() else c.ravel()


def _proportional(a: Any, b: Any) -> bool:
    import numpy as np

    ratio = a / np.where(b == 0, np.nan, b)
    return bool(np.isfinite(ratio).all() and np.ptp(ratio) <= 1e-3 * np.abs(ratio).max())


# -- something more or less ------------------------------------------------------------------------------------------


def _labels(case: Case) -> Iterator[str]:
    """One entry in each column, or row, is off by the same number, and no other: the one-hot labels."""
    import numpy as np

    rest, far = _rest(case)
    if rest is None or case.claim.ndim != 2:
        return
    for axis, told in ((0, "column"), (1, "row")):
        one_each = (far.sum(axis=axis) == 1).all() and case.claim.shape[axis] > 1 and case.claim.shape[1 - axis] > 1
        if one_each and np.ptp(rest[far]) <= 2 * float(np.nanmax(case.tolerance)):
            yield f"one entry in each {told} is {_by_how_much(rest[far].mean())}, all others are right: the labels"


def _added(case: Case) -> Iterator[str]:
    """What is missing or too much is a multiple of the point, of its signs, or of 1."""
    import numpy as np

    rest, far = _rest(case)
    if rest is None or far.sum() < 3:
        return
    kinds = {
        "the point itself: a penalty of squares": case.at.astype(float),
        "the signs of the point: a penalty of absolute values": np.sign(case.at).astype(float),
        "1: something is added to every entry": np.ones(case.claim.shape),
    }
    known = np.isfinite(rest)
    for told, shape in kinds.items():
        if not shape.any():
            continue
        c = float((rest[known] * shape[known]).sum() / (shape[known] ** 2).sum())
        if (np.abs(rest - c * shape)[known] <= 2 * case.tolerance[known]).all():
            yield f"{'missing' if c < 0 else 'too much'} is {abs(c):.4g} times {told}"
            return


def _rest(case: Case) -> tuple[Any, Any]:
    """Claim less gradient, and where that is clearly not 0."""
    import numpy as np

    rest = case.claim - case.measured
    far = np.isfinite(rest) & (np.abs(rest) > CLEAR * case.tolerance)
    near = ~np.isfinite(rest) | (np.abs(rest) <= case.tolerance)
    return (rest, far) if (far | near).all() else (None, None)


def _by_how_much(value: float) -> str:
    return f"{abs(value):.4g} too {'large' if value > 0 else 'small'}"


def _confined(case: Case, wrong: Any) -> Iterator[str]:
    """The mistake lies in one row or one column; elsewhere the claim is right."""
    import numpy as np

    if wrong.ndim == 0 or not wrong.any() or wrong.all():
        return
    for axis in range(wrong.ndim):
        hit = np.unique(np.argwhere(wrong)[:, axis])
        if len(hit) == 1 and wrong.shape[axis] > 2:
            yield f"only index {hit[0]} of axis {axis} is wrong, all the others are right"


def shape_hint(claim: Any, measured: Any, tolerance: Any) -> str:
    """What a claim of another shape looks like: its numbers may be right."""
    import numpy as np

    def same(numbers: Any) -> bool:
        return bool(numbers.shape == measured.shape and (np.abs(numbers - measured) <= tolerance).all())

    if same(claim.T):
        return "; its numbers are right, transposed"
    if claim.size == measured.size and same(claim.reshape(measured.shape)):
        return "; its numbers are right, in another shape"
    for axis in range(claim.ndim):
        total, n = claim.sum(axis=axis), claim.shape[axis]
        for told, numbers in (("sum", total), ("mean", total / max(n, 1))):
            if numbers.size == measured.size and same(numbers.reshape(measured.shape)):
                return f"; the {told} along its axis {axis} is right"
    if claim.ndim == measured.ndim and any(n == 1 and m != 1 for n, m in zip(measured.shape, claim.shape, strict=True)):
        return "; it looks summed along the wrong axis, or not at all"
    return ""
