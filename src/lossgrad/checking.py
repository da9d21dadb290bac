"""``check_gradient``: a gradient that somebody claims, held against differences of the function itself.

The differences know nothing of how the gradient was derived. Along each entry, and along random directions, the
function is evaluated a step ahead and a step behind; the step and what counts as equal follow from the precision of the
numbers, from the noise that the function is seen to have, and from how much the answer moves when the step is doubled.
NumPy is imported when something is checked, so that the rest of the package needs SymPy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from lossgrad.diagnoses import Case, Context, diagnose, shape_hint
from lossgrad.differences import ROUNDING, Difference, Line, Point, Probe, Slope, all_finite, told
from lossgrad.expressions import ShapeError

__all__ = [
    "Difference",
    "GradientNotConfirmed",
    "GradientReport",
    "OnKink",
    "ParameterReport",
    "Unresolved",
    "WrongGradient",
    "WrongShape",
    "check_gradient",
]

SHOWN = 5  # failing entries that a report shows
TOLD = {"central": "central differences", "complex": "complex steps"}
COARSE = 0.25  # the tolerance, relative to the largest entry, from which a difference tells nothing


class GradientNotConfirmed(AssertionError):
    """The claim did not pass; ``report`` says how far it came."""

    def __init__(self, message: str, report: GradientReport | None = None) -> None:
        self.report = report
        super().__init__(message)


class WrongGradient(GradientNotConfirmed):
    """The claim differs from the differences by more than rounding and truncation explain."""


class WrongShape(WrongGradient, ShapeError):
    """The claim has another shape than what it is the gradient by."""


class OnKink(GradientNotConfirmed):
    """Differences ahead and behind disagree however small the step: there is no gradient at this point."""


class Unresolved(GradientNotConfirmed):
    """The differences are too coarse at this point and precision to tell a right gradient from a wrong one."""


@dataclass(frozen=True)
class ParameterReport:
    """What was compared for one array, what differs, and what that looks like."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    step: float
    entries: int
    directions: int
    relative_error: float
    tolerance: float
    failing: tuple[Difference, ...] = ()
    failing_directions: tuple[Difference, ...] = ()
    kinks: tuple[Difference, ...] = ()
    diagnoses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether no entry and no direction differs."""
        return not self.failing and not self.failing_directions

    def __str__(self) -> str:
        size = prod(self.shape)
        verdict = "differs" if not self.agrees else "on a kink" if self.kinks else "agrees"
        lines = [
            f"{self.name} of shape {self.shape}, {self.dtype}: {verdict}",
            f"  entries     {len(self.failing)} of {self.entries} compared differ"
            + (f" ({size} in all)" if size > self.entries else ""),
            f"  directions  {len(self.failing_directions)} of {self.directions} differ",
            f"  error       {self.relative_error:.1e} of the largest entry; tolerance {self.tolerance:.1e}, "
            f"step about {self.step:.0e}",
        ]
        worst = sorted(self.failing, key=lambda d: -abs(d.claimed - d.measured)) or list(self.failing_directions)
        lines += [f"  {d.where}: claimed {d.claimed:.6g}, differences give {d.measured:.6g}" for d in worst[:SHOWN]]
        if len(worst) > SHOWN:
            lines.append(f"  and {len(worst) - SHOWN} more")
        lines += [_told_kink(d) for d in self.kinks[:SHOWN]]
        lines += [f"  looks like  {text}" for text in self.diagnoses]
        lines += [f"  note        {text}" for text in self.notes]
        return "\n".join(lines)


@dataclass(frozen=True)
class GradientReport:
    """What `check_gradient` found: one part for each array, and the identities that were checked besides."""

    parameters: tuple[ParameterReport, ...]
    method: str
    evaluations: int
    identities: tuple[Difference, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return all(part.agrees for part in self.parameters) and all(found.agrees for found in self.identities)

    @property
    def relative_error(self) -> float:
        """The largest difference of any entry, relative to the largest entry of its array."""
        return max(part.relative_error for part in self.parameters)

    @property
    def failing(self) -> tuple[Difference, ...]:
        """The entries that differ, of all arrays."""
        return tuple(entry for part in self.parameters for entry in part.failing)

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """What the differences look like, for all arrays."""
        return tuple(text for part in self.parameters for text in part.diagnoses)

    def __str__(self) -> str:
        lines = [str(part) for part in self.parameters]
        for found in self.identities:
            verdict = "holds" if found.agrees else "FAILS"
            lines.append(f"{found.where}: {verdict}, {found.claimed:.6g} beside {found.measured:.6g}")
        lines.append(f"{self.method}, {self.evaluations} evaluations of the function")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain numbers, texts, lists and dictionaries, for JSON."""
        return {"agrees": self.agrees, "relative_error": self.relative_error, **asdict(self)}


def check_gradient(
    f: Callable[..., Any],
    gradient: Any,
    at: Any,
    *,
    method: str = "central",
    directions: int = 8,
    entries: int = 1000,
    dtype: Any = None,
    seed: int = 0,
    kinks: str = "raise",
    zero_sums: Any = None,
    pairing: tuple[Any, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    weights: Any = None,
    examples: Callable[..., Any] | None = None,
    labels: tuple[Any, int] | None = None,
) -> GradientReport:
    """Hold the claimed ``gradient`` of ``f`` at ``at`` against differences of ``f``; raise when they disagree.

    ``f`` takes an array and returns one number; ``gradient`` is an array of the shape of ``at``, or a function that
    returns one. For several arrays, ``at`` is a tuple or a dictionary of them: ``f`` and ``gradient`` are then called
    with them in order or by name, and the gradient has the same form. Arrays are whatever NumPy can read.

    Compared are ``directions`` random directions V, as (f(at + hV) - f(at - hV))/2h beside <gradient, V>, and the
    entries one by one, at most ``entries`` of them, drawn at random. With ``method="complex"`` the differences are
    Im f(at + ihV)/h, which cancel nothing, for an f that is analytic in complex numbers. ``dtype`` is the precision of
    the differences when it is to be another than that of ``at``: float64 to check a float32 gradient well.

    Two numbers agree when they differ by no more than::

        6 s/h  +  the larger of |D(2h) - D(h)| and |D(4h) - D(2h)|/4  +  32 u times the largest entry.

    The first term is rounding: s is the noise of f, measured by its high differences over a few units of roundoff. The
    second is three times the truncation, since D(h) is off by h^2 f'''/6 and D(2h) by four times as much. The third
    is the rounding of the claim, with u the unit of roundoff. The step h starts at the cube root of u and is doubled or
    halved while that makes the sum smaller.

    What else is known is checked, and helps to say what an error looks like:

    - ``zero_sums``: the axis along which the gradient sums to 0, as that of a softmax loss by its scores does along the
      classes, and by its weights; a dictionary by name for several arrays.
    - ``pairing``: the scores S of a linear layer and the gradient G by them, as ``(G, S)``; then the arrays, paired
      with their gradients, must give <G, S>.
    - ``sizes``: names for the numbers that a wrong factor may be made of, as ``{"N": 20}``.
    - ``weights`` of the examples, and ``examples``, a function that gives the loss of each one without its weight.
    - ``labels``, as ``(y, C)``: whether they lie in 0..C-1. NumPy takes -1 for the last class without a word.

    Returns the report. Raises WrongGradient (WrongShape for shapes), OnKink where one-sided differences disagree
    however small the step (``kinks="between"`` accepts a claim that lies between them), Unresolved where differences
    cannot tell; the report is their ``report``. Raises ShapeError, TypeError or ValueError for what cannot be checked:
    no floats, nothing in it, NaN, an f that returns no single number or not the same twice, weights that sum to 0.

    >>> import numpy as np
    >>> X, T = np.array([[1.0, 2.0, 0.0, -1.0]]), np.array([[0.0, 1.0, 1.0, 2.0], [1.0, 0.0, -1.0, 1.0]])
    >>> def loss(W):
    ...     return np.sum((W @ X - T) ** 2) / 2 / 4
    >>> def gradient(W):
    ...     return (W @ X - T) @ X.T / 4
    >>> W = np.array([[0.5], [-1.5]])
    >>> check_gradient(loss, gradient, W).agrees
    True
    >>> check_gradient(loss, lambda W: (W @ X - T) @ X.T, W, sizes={"N": 4})
    Traceback (most recent call last):
    lossgrad.checking.WrongGradient: the claimed gradient of loss differs from differences
    W of shape (2, 1), float64: differs
      entries     2 of 2 compared differ
      directions  8 of 8 differ
      error       7.5e-01 of the largest entry; tolerance 3.0e-14, step about 9e-03
      W[1, 0]: claimed -9, differences give -2.25
      W[0, 0]: claimed 3, differences give 0.75
      looks like  4 times what it should be, and 4 = N: a sum for a mean
    central differences, 371 evaluations of the function
    """
    import numpy as np

    if kinks not in ("raise", "between"):
        raise ValueError(f"kinks is raise or between: got {kinks!r}")
    point = Point(at, f)
    context = _context(point, sizes, weights, labels, pairing)
    probe = Probe(f, point, point.in_precision(dtype), method)
    claims = _claims(gradient, point, f)
    draw = np.random.default_rng(seed)
    compared = [_compared(probe, name, claims[name], draw, directions, entries) for name in point.names]
    point.unchanged()
    identities = (*_zero_sums(point, claims, zero_sums), *_pairing(point, claims, pairing))
    if examples is not None and not all(part.agrees for part in compared):
        context = context.with_examples({part.name: _each_example(examples, point, part.name) for part in compared})
    measured = {part.name: part.measured for part in compared}
    parts = tuple(part.report(context, measured) for part in compared)
    report = GradientReport(parts, TOLD[method], probe.evaluations, identities)
    _judge(report, f, kinks)
    return report


def _judge(report: GradientReport, f: Callable[..., Any], kinks: str) -> None:
    what = getattr(f, "__name__", "f").replace("<lambda>", "f")
    if not report.agrees:
        raise WrongGradient(f"the claimed gradient of {what} differs from differences\n{report}", report)
    if kinks == "raise" and any(part.kinks for part in report.parameters):
        raise OnKink(
            f"{what} has a kink here: differences ahead and behind disagree however small the step\n{report}", report
        )
    if coarse := [part.name for part in report.parameters if part.tolerance > COARSE]:
        raise Unresolved(
            f"differences of {what} by {', '.join(coarse)} are too coarse to tell; "
            f"try float64, or a point farther from kinks\n{report}",
            report,
        )


# -- what is given ---------------------------------------------------------------------------------------------------


def _claims(gradient: Any, point: Point, f: Callable[..., Any]) -> dict[str, Any]:
    """The claimed gradient by name, of the right form; shapes are compared one array at a time."""
    import numpy as np

    claimed = point.call(gradient, point.arrays) if callable(gradient) else gradient
    if point.form == "dict":
        if not isinstance(claimed, Mapping) or set(claimed) != set(point.names):
            got = f"a dictionary of {', '.join(map(str, claimed))}" if isinstance(claimed, Mapping) else told(claimed)
            raise ShapeError(f"the gradient must be a dictionary of {', '.join(point.names)}: got {got}")
        given = {name: claimed[name] for name in point.names}
    elif point.form == "tuple":
        if not isinstance(claimed, tuple | list) or len(claimed) != len(point.names):
            got = f"{len(claimed)} arrays" if isinstance(claimed, tuple | list) else told(claimed)
            raise ShapeError(f"the gradient must have an array for each of {', '.join(point.names)}: got {got}")
        given = dict(zip(point.names, claimed, strict=True))
    else:
        given = {point.names[0]: claimed}
    claims = {}
    for name, value in given.items():
        array = np.asarray(value)
        if array.dtype.kind != "f":
            raise TypeError(f"the gradient by {name} must be an array of floats: got {told(array)}")
        all_finite(f"the gradient by {name}", array)
        if array.shape != (expected := point.arrays[name].shape):
            raise _wrong_shape(f, point, name, array, expected)
        claims[name] = array
    return claims


def _wrong_shape(f: Callable[..., Any], point: Point, name: str, claim: Any, expected: tuple[int, ...]) -> WrongShape:
    """The error, with what the numbers tell about it."""
    import numpy as np

    hint = ""
    if point.arrays[name].size <= 1000:
        draw = np.random.default_rng(0)
        found = _compared(Probe(f, point, point.arrays), name, np.zeros(expected), draw, 1, 1000)
        hint = shape_hint(claim.astype(float), found.measured, found.tolerance)
    return WrongShape(
        f"the gradient by {name} must have its shape: got the shape {claim.shape} for {name} of shape {expected}{hint}"
    )


def _context(
    point: Point,
    sizes: Mapping[str, int] | None,
    weights: Any,
    labels: tuple[Any, int] | None,
    pairing: tuple[Any, Any] | None,
) -> Context:
    """What is known of the problem besides the function: names of sizes, weights, labels, an upstream gradient."""
    import numpy as np

    named: dict[str, float] = dict(sizes or {})
    if labels is not None:
        y, classes = np.asarray(labels[0]), int(labels[1])
        if y.dtype.kind not in "iu":
            raise TypeError(f"labels are integers: got {told(y)}")
        if wrong := np.flatnonzero((y < 0) | (y >= classes)).tolist():
            n = wrong[0]
            raise ValueError(f"labels are integers in 0..C-1 with C = {classes}: got {y.flat[n]} at position {n}")
        named = {"C": classes, "N": y.size, **named}
    v = None
    if weights is not None:
        v = np.asarray(weights, float).ravel()
        all_finite("weights", v)
        if v.size == 0 or v.sum() == 0:
            raise ValueError(f"weights of {v.size} examples sum to 0: a weighted mean has no value")
        named = {"N": v.size, "the sum of the weights": float(v.sum()), **named}
    for name, array in () if named else point.arrays.items():
        for axis, n in enumerate(array.shape):
            if n > 2 and n not in named.values():
                named[f"the length of axis {axis} of {name}"] = n
    upstream = None if pairing is None else np.asarray(pairing[0], float)
    return Context(named, v, upstream)


# -- one array -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """An array's claim and what was measured, NaN where nothing was."""

    name: str
    at: Any
    claim: Any
    measured: Any
    tolerance: Any
    entries: Mapping[tuple[int, ...], Slope]
    along: Sequence[Slope]

    @property
    def agrees(self) -> bool:
        """Whether every difference passes."""
        return all(_passes(slope.beside("")) for slope in (*self.entries.values(), *self.along))

    def report(self, context: Context, measured: Mapping[str, Any]) -> ParameterReport:
        """What is to be told of it; ``measured`` has the gradients by all arrays."""
        import numpy as np

        entries = [slope.beside(f"{self.name}{list(place)}") for place, slope in self.entries.items()]
        along = [slope.beside(f"{self.name} along direction {k}") for k, slope in enumerate(self.along)]
        failing, on_directions = (tuple(d for d in found if not _passes(d)) for found in (entries, along))
        known = np.isfinite(self.measured)
        for place, slope in self.entries.items():
            known[place] &= slope.one_sided is None or len(self.entries) == 1
        claim, right, tolerance = self.claim[known], self.measured[known], self.tolerance[known]
        largest = max(float(abs(claim).max()), float(abs(right).max()))
        typical = float(np.median(tolerance))
        rounding = float(np.median([slope.rounding for slope in self.entries.values()]))
        vanishing = largest <= 3 * typical and rounding > typical / 2
        scale = 1.0 if vanishing else largest or 1.0
        case = Case(self.name, self.at, self.claim, self.measured, self.tolerance, measured)
        return ParameterReport(
            self.name,
            self.at.shape,
            str(self.at.dtype),
            float(np.median([slope.step for slope in self.entries.values()])),
            len(entries),
            len(along),
            float(abs(claim - right).max()) / scale,
            typical / scale,
            failing,
            on_directions,
            tuple(d for d in entries if d.one_sided is not None),
            tuple(diagnose(case, context)) if failing or on_directions else (),
            (f"the gradient is 0 here to within {typical:.0e}: a wrong sign or factor would not show",)
            if vanishing
            else (),
        )


def _passes(found: Difference) -> bool:
    return found.agrees or (found.one_sided is not None and found.between)


def _told_kink(found: Difference) -> str:
    behind, ahead = found.one_sided or (found.measured, found.measured)
    where = f"the claim {found.claimed:.6g} is {'between' if found.between else 'not between'}"
    return f"  {found.where}: on a kink, {behind:.6g} behind and {ahead:.6g} ahead; {where}"


def _compared(probe: Probe, name: str, claim: Any, draw: Any, directions: int, entries: int) -> Compared:
    """The claim beside differences, along random directions first: they tell which steps are good here."""
    import numpy as np

    x, unit = probe.arrays[name], max(probe.epsilon(name), float(np.finfo(claim.dtype).eps))
    claim = claim.astype(float)
    noise = probe.noise(name, draw)
    h = float(np.cbrt(probe.epsilon(name)) * max(1.0, float(np.abs(x).max())))
    ways = [draw.standard_normal(x.shape) for _ in range(max(directions, 1))]
    lines = [Line(probe, name, claim, way / np.sqrt((way**2).sum()), h, noise, unit) for way in ways]
    along = [line.slope(line.scanned()) for line in lines[: 1 if probe.method == "complex" else None]]
    start = float(np.median([slope.step for slope in along]))
    if probe.method == "complex":
        along = _analytic(along[0], [line.complex_slope() for line in lines])
    slopes = {}
    for place in _places(x.shape, entries, draw):
        way = np.zeros(x.shape)
        way[place] = 1.0
        line = Line(probe, name, claim, way, start, noise, unit)
        slopes[place] = line.complex_slope() if probe.method == "complex" else line.slope(line.climbed())
    measured, tolerance = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    for place, slope in slopes.items():
        measured[place], tolerance[place] = slope.measured, slope.tolerance
    return Compared(name, x, claim, measured, tolerance, slopes, along)


def _places(shape: tuple[int, ...], entries: int, draw: Any) -> list[tuple[int, ...]]:
    """All entries, or as many as wanted, drawn at random."""
    import numpy as np

    if (size := prod(shape)) <= entries:
        return list(np.ndindex(*shape))
    chosen = np.sort(draw.choice(size, max(entries, 1), replace=False))
    return [tuple(int(i) for i in np.unravel_index(k, shape)) for k in chosen]


def _analytic(central: Slope, slopes: list[Slope]) -> list[Slope]:
    """The complex steps, once the first of them has been held against a central difference."""
    if abs(slopes[0].measured - central.measured) > slopes[0].tolerance + central.tolerance:
        raise ValueError(
            f"a complex step gives {slopes[0].measured:.6g} where a central difference gives {central.measured:.6g}: "
            "f is not analytic; it may hold abs, max, a comparison or a conjugate"
        )
    return slopes


def _each_example(examples: Callable[..., Any], point: Point, name: str) -> Any:
    """The gradient of each example's loss by an array, by central differences: shape (N, *shape of the array)."""
    import numpy as np

    x = point.arrays[name]
    h = float(np.cbrt(np.finfo(x.dtype).eps) * max(1.0, float(np.abs(x).max())))

    def losses(moved: Any) -> Any:
        result = np.asarray(point.call(examples, {**point.arrays, name: moved}), float)
        if result.ndim != 1:
            raise ShapeError(f"examples must return a loss for each example: got an array of shape {result.shape}")
        return result

    gradients = np.empty((losses(x).size, *x.shape))
    for place in np.ndindex(*x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[place] += h
        behind[place] -= h
        gradients[(slice(None), *place)] = (losses(ahead) - losses(behind)) / float(ahead[place] - behind[place])
    return gradients


# -- what costs nothing ----------------------------------------------------------------------------------------------


def _zero_sums(point: Point, claims: Mapping[str, Any], axes: Any) -> Iterator[Difference]:
    """Sums of the claim along an axis, the one farthest from 0 standing for all."""
    import numpy as np

    if axes is None:
        return
    given = axes if isinstance(axes, Mapping) else {point.names[0]: axes}
    for name, axis in given.items():
        if name not in claims or not -claims[name].ndim <= axis < claims[name].ndim:
            raise ValueError(f"zero_sums names an axis of {', '.join(point.names)}: got {name!r} and {axis!r}")
        claim = claims[name].astype(float)
        sums, sizes = claim.sum(axis=axis), np.abs(claim).sum(axis=axis)
        worst = np.unravel_index(np.argmax(np.abs(sums)), sums.shape)
        unit = ROUNDING * float(np.finfo(claims[name].dtype).eps)
        yield Difference(f"sums of {name} along axis {axis}", float(sums[worst]), 0.0, unit * float(sizes.max()))


def _pairing(point: Point, claims: Mapping[str, Any], pairing: tuple[Any, Any] | None) -> Iterator[Difference]:
    """<dW, W>, and <db, b> where there is a bias, beside <G, S>."""
    import numpy as np

    if pairing is None:
        return
    G, S = (np.asarray(part) for part in pairing)
    if G.shape != S.shape:
        raise ShapeError(f"a pairing is of a gradient and of scores of one shape: got {G.shape} and {S.shape}")
    products = [claims[name].astype(float) * point.arrays[name].astype(float) for name in point.names]
    at_scores = G.astype(float) * S.astype(float)
    coarse = max(float(np.finfo(claims[name].dtype).eps) for name in point.names)
    size = float(np.abs(at_scores).sum() + sum(np.abs(product).sum() for product in products))
    paired = " + ".join(f"<d{name}, {name}>" for name in point.names)
    total = float(sum(product.sum() for product in products))
    yield Difference(f"{paired} = <G, S>", total, float(at_scores.sum()), ROUNDING * coarse * size)
