"""Differences of a function near a point: along one direction, at the step that is best there, with their own error.

A point is one array or several. What a difference may be off by is read off the function itself: rounding from its
noise, truncation from how the difference moves as the step is doubled. NumPy is imported when something is evaluated.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from lossgrad.expressions import ShapeError

__all__ = ["Difference", "Line", "Point", "Probe", "Slope", "all_finite", "told"]

NOISE = 6.0  # standard deviations of the noise that a difference may be off by
ROUNDING = 32.0  # units of roundoff, of the largest entry, that the claim itself may be off by
DOUBLINGS = 5  # how far the step may grow from where it starts; a loss that is a parabola would let it grow for ever
HALVINGS = 12  # and how far it may shrink


@dataclass(frozen=True)
class Difference:
    """One number of the claim beside what differences give, and how far apart the two may be."""

    where: str
    claimed: float
    measured: float
    tolerance: float
    one_sided: tuple[float, float] | None = None

    @property
    def agrees(self) -> bool:
        """Whether the two are as close as the tolerance asks."""
        return abs(self.claimed - self.measured) <= self.tolerance

    @property
    def between(self) -> bool:
        """Whether the claim lies between the differences behind and ahead, as a subgradient does."""
        low, high = sorted(self.one_sided or (self.measured, self.measured))
        slack = self.tolerance + 0.01 * (high - low)  # the one-sided differences are known no better
        return low - slack <= self.claimed <= high + slack


class Point:
    """The arrays by which a gradient is checked, by name, and how a function is called with them."""

    def __init__(self, at: Any, f: Callable[..., Any]) -> None:
        if not callable(f):
            raise TypeError(f"f must be a function of arrays: got {f!r}")
        self.form = "dict" if isinstance(at, Mapping) else "tuple" if isinstance(at, tuple) else "array"
        given = (
            dict(at)
            if isinstance(at, Mapping)
            else dict(zip(_names(f), at if self.form == "tuple" else (at,), strict=False))
        )
        if not given:
            raise ShapeError(f"there is nothing to check by: got {at!r}")
        self.arrays = {str(name): _floats(str(name), value) for name, value in given.items()}
        self.names = list(self.arrays)
        self._before = {name: array.copy() for name, array in self.arrays.items()}

    def in_precision(self, dtype: Any) -> dict[str, Any]:
        """The arrays as the differences take them."""
        import numpy as np

        if dtype is None:
            return self.arrays
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"differences need floats: got dtype {np.dtype(dtype)}")
        return {name: array.astype(dtype) for name, array in self.arrays.items()}

    def call(self, function: Callable[..., Any], arrays: Mapping[str, Any]) -> Any:
        """The function of the arrays, in the form in which they came."""
        return function(**arrays) if self.form == "dict" else function(*arrays.values())

    def unchanged(self) -> None:
        """Raise ValueError when an array was changed in place."""
        import numpy as np

        for name, array in self.arrays.items():
            if not np.array_equal(array, self._before[name]):
                raise ValueError(f"{name} was changed in place by the function or its gradient; work on a copy")


def _names(f: Callable[..., Any]) -> Iterator[str]:
    """The names that a function gives its arguments, then numbered ones."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [parameter.name for parameter in parameters if parameter.kind in kinds]
    yield from named
    yield from (f"at[{k}]" for k in range(len(named), 1000))


def _floats(name: str, value: Any) -> Any:
    """An array of floats that may be stepped from."""
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind != "f":
        hint = "; bind labels and data in f, as in lambda W: loss(W, X, y)" if array.dtype.kind in "iub" else ""
        raise TypeError(f"differences need floats: {name} of shape {array.shape} is an array of {array.dtype}{hint}")
    if array.size == 0:
        raise ShapeError(f"{name} of shape {array.shape} is empty")
    all_finite(name, array)
    return array


def all_finite(name: str, array: Any) -> None:
    """Raise ValueError at the first entry that is no number."""
    import numpy as np

    if not np.isfinite(array).all():
        place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        raise ValueError(f"{name} of shape {array.shape} is {array[place]} at {list(place)}")


def told(value: Any) -> str:
    """What a value is, for an error: its kind and its shape."""
    import numpy as np

    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    return f"a {type(value).__name__}" + (f" of shape {value.shape}" if hasattr(value, "shape") else "")


@dataclass(frozen=True)
class Slope:
    """A claimed slope beside the measured one; ``rounding`` is the part of the tolerance that a longer step lowers."""

    claimed: float
    measured: float
    tolerance: float
    rounding: float
    step: float
    one_sided: tuple[float, float] | None = None

    def beside(self, where: str) -> Difference:
        """As a line of the report."""
        return Difference(where, self.claimed, self.measured, self.tolerance, self.one_sided)


class Probe:
    """The function near a point, one array moved at a time; it counts how often the function is called."""

    def __init__(self, f: Callable[..., Any], point: Point, arrays: Mapping[str, Any], method: str = "central") -> None:
        import numpy as np

        if method not in ("central", "complex"):
            raise ValueError(f"the method is central or complex: got {method!r}")
        self.f, self.point, self.arrays, self.method = f, point, dict(arrays), method
        self.evaluations, self._result = 0, np.dtype(float)
        self.here = self("", None)
        if not isfinite(self.here):
            raise ValueError(f"f is {self.here} at the point")
        if (again := self("", None)) != self.here:
            raise ValueError(
                f"f must give the same number twice at one point: got {self.here!r} and {again!r}; fix what is random"
            )

    def __call__(self, name: str, moved: Any) -> float:
        return float(self.value(name, moved).real)

    def value(self, name: str, moved: Any) -> Any:
        """The number that f returns with one array replaced, by name."""
        import numpy as np

        self.evaluations += 1
        arrays = {**self.arrays, name: moved} if name else self.arrays
        with np.errstate(all="ignore"):
            result = np.asarray(self.point.call(self.f, arrays))
        if result.ndim != 0:
            raise ShapeError(
                f"f must return one number: got an array of shape {result.shape}; sum it, or take its mean"
            )
        if result.dtype.kind not in "fciu":
            raise TypeError(f"f must return a number: got {result.item()!r}")
        self._result = result.dtype
        return result[()]

    def epsilon(self, name: str) -> float:
        """The unit of roundoff of the array or of what f returns, whichever is coarser."""
        import numpy as np

        kinds = [self.arrays[name].dtype, *([self._result] if self._result.kind in "fc" else [])]
        return max(float(np.finfo(kind).eps) for kind in kinds)

    def noise(self, name: str, draw: Any) -> float:
        """The standard deviation of the rounding in f, by high differences over a few units of roundoff.

        Reference: Moré and Wild, Estimating computational noise, 2011.
        """
        import numpy as np

        x, u = self.arrays[name], self.epsilon(name)
        spread = np.maximum(np.abs(x), max(1.0, float(np.abs(x).max()))) * 16 * u
        way = draw.standard_normal(x.shape) * spread
        row = np.array([self(name, (x + k * way).astype(x.dtype)) for k in range(9)])
        deviations, factor = [0.3 * u * abs(self.here)], 1.0
        for k in range(1, 6):
            row, factor = np.diff(row), factor * k / (2 * (2 * k - 1))
            if k > 1:
                deviations.append(float(np.sqrt(factor * np.mean(row**2))))
        return max(value for value in deviations if isfinite(value)) or u * np.finfo(x.dtype).tiny ** 0.5


@dataclass
class Line:
    """The function along one direction from the point, and the claim beside it, at steps of ``h`` times powers of 2.

    Points are rounded to the precision of the array, so a difference is compared with the claim along the way that was
    really gone. What is left, the ``residual``, is the error of the claim and of the difference.
    """

    probe: Probe
    name: str
    claim: Any
    way: Any
    h: float
    noise: float
    unit: float  # of roundoff, of what is coarser: the claim, the array or f
    _sides: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def x(self) -> Any:
        """The array that moves."""
        return self.probe.arrays[self.name]

    def step(self, j: int) -> float:
        """The step with that number."""
        return float(self.h * 2.0**j)

    def _at(self, j: int) -> tuple[float, float, float]:
        """f ahead, f behind, and the claim along the way between them."""
        if j not in self._sides:
            h, x = self.step(j), self.x
            ahead, behind = (x + h * self.way).astype(x.dtype), (x - h * self.way).astype(x.dtype)
            gone = (ahead.astype(float) - behind) / (2 * h)
            length = float((gone * self.way).sum() / (self.way**2).sum())
            along = float((self.claim * gone).sum()) if abs(length - 1) < 0.1 else float("nan")
            self._sides[j] = self.probe(self.name, ahead), self.probe(self.name, behind), along
        return self._sides[j]

    def residual(self, j: int) -> float:
        """The central difference less the claim."""
        ahead, behind, along = self._at(j)
        return (ahead - behind) / (2 * self.step(j)) - along

    def rounding(self, j: int) -> float:
        """What rounding in f may do to a difference."""
        return NOISE * self.noise / self.step(j)

    def error(self, j: int) -> float:
        """How far a difference may be off: rounding, three times the truncation, and half of what a kink would do."""
        one, two, four = (self.residual(j + k) for k in range(3))
        error = self.rounding(j) + max(abs(two - one), abs(four - two) / 4) + self.kink(j) / 2
        return error if isfinite(error) else float("inf")

    def kink(self, j: int) -> float:
        """By how much the slope jumps within the step: a smooth function bends half as far at half a step."""
        bend = abs(self.bend(j))
        return bend if bend > self.rounding(j) and bend > 0.75 * abs(self.bend(j + 1)) else 0.0

    def scanned(self) -> int:
        """The best step of many, among those at which all shorter ones are borne out."""
        best, seen = 0, list[int]()
        for j in range(-HALVINGS, DOUBLINGS + 1):
            if isfinite(self.error(j)) and all(self._consistent(i, j) for i in seen):
                best = j if not seen or self.error(j) < self.error(best) else best
                seen.append(j)
        return best

    def climbed(self) -> int:
        """The best step near the given one; of all, where a far shorter one gives something else."""
        best = 0
        for way, far in ((1, DOUBLINGS), (-1, HALVINGS)):
            while abs(best) < far and (better := self._better(best, way)) is not None:
                best = better
        short = best - 6
        borne_out = abs(self.residual(short) - self.residual(best)) <= self.rounding(short) + self.error(best)
        return best if borne_out else self.scanned()

    def _better(self, j: int, way: int) -> int | None:
        return next(
            (k for k in (j + way, j + 2 * way) if self.error(k) < self.error(j) and self._consistent(j, k)), None
        )

    def _consistent(self, i: int, j: int) -> bool:
        return i > j or abs(self.residual(i) - self.residual(j)) <= self.error(i) + self.error(j)

    def bend(self, j: int) -> float:
        """The difference ahead less the one behind: in proportion to the step, but for a kink."""
        ahead, behind, _ = self._at(j)
        return (ahead + behind - 2 * self.probe.here) / self.step(j)

    def one_sided(self, j: int) -> tuple[float, float] | None:
        """The differences behind and ahead where the point lies on a kink, else nothing."""
        bend = abs(self.bend(j))
        shortest = next((k for k in range(j - 8, j + 1) if 400 * self.noise / self.step(k) < bend / 2), j)
        if j - shortest < 3 or not abs(self.bend(shortest)) > 0.6 * bend:
            return None
        ahead, behind, _ = self._at(shortest)
        h = self.step(shortest)
        return (self.probe.here - behind) / h, (ahead - self.probe.here) / h

    def slope(self, j: int) -> Slope:
        """The claim beside what the differences give at a step."""
        claimed = float((self.claim * self.way).sum())
        one_sided = self.one_sided(j)
        tolerance = self.error(j) + self._rounding_of_the_claim() - (self.kink(j) / 2 if one_sided else 0.0)
        return Slope(claimed, claimed + self.residual(j), tolerance, self.rounding(j), self.step(j), one_sided)

    def _rounding_of_the_claim(self) -> float:
        return ROUNDING * self.unit * float(abs(self.claim).max() * abs(self.way).max())

    def complex_slope(self) -> Slope:
        """The claim beside the imaginary part of f a tiny imaginary step ahead, over the step."""
        import numpy as np

        h = 1e-20
        wide = np.result_type(self.x.dtype, np.complex64)
        value = self.probe.value(self.name, self.x.astype(wide) + (1j * h * self.way).astype(wide))
        if not np.iscomplexobj(value):
            raise TypeError(
                f"f must carry complex numbers for a complex step: it returned {value!r}, without imaginary part"
            )
        measured = float(value.imag) / h
        claimed = float((self.claim * self.way).sum())
        unit = ROUNDING * self.unit
        tolerance = unit * max(abs(self.probe.here), abs(measured), float(abs(self.claim).max()))
        return Slope(claimed, measured, tolerance, tolerance, h)
