"""A second opinion on an equation: JAX differentiates the left side, and the right side's printed code runs beside it.

Both are float64 functions that a printer makes of the expressions themselves; what an equation leaves open (any loss,
any activation) is given a smooth function, whose derivatives are JAX's. Neither the proof nor SymPy's ``diff`` has a
part in it. Another library with derivatives of its own can take JAX's place.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sympy import Add, Derivative, Eq, Integer, Sum

from definition import Reading, reading
from lossgrad.array_code import Parameter, program
from lossgrad.expressions import EntryGradient, Gradient, Jacobian, VectorJacobianProduct
from lossgrad.statements import statement

DERIVATIVES = (EntryGradient, Gradient, Jacobian, VectorJacobianProduct)
Array = Any


@dataclass(frozen=True)
class Library:
    """A library with derivatives: its printer, how it takes arrays and numbers, gradients and entrywise slopes."""

    name: str
    array: Callable[[Array], Any]
    number: Callable[[float], Any]
    gradient: Callable[[Callable[[Any], Any]], Callable[[Any], Any]]
    slope: Callable[[Callable[[Any], Any]], Callable[[Any], Any]]


def _jax_slope(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda t: jax.jvp(function, (t,), (jnp.ones_like(t),))[1]


JAX = Library("jax", jnp.asarray, float, jax.grad, _jax_slope)


class NoOpinion(ArithmeticError):
    """At no point that was tried do both sides have finite values."""


@dataclass(frozen=True)
class Opinion:
    """The worst relative error between the sides, the number of entries compared, and how many were not zero."""

    worst: float
    entries: int
    nonzero: int


def opinion(equation: Eq, points: int = 2) -> Opinion:
    """How far apart the two sides are, at random shapes and values.

    Raises NoOpinion where no finite values are found, NoCode where a side cannot be printed.
    """
    with jax.enable_x64(True), np.errstate(all="ignore"):  # values that are not finite are seen to below
        found = [_at(equation, seed) for seed in range(points)]
    return Opinion(max(o.worst for o in found), sum(o.entries for o in found), sum(o.nonzero for o in found))


def _at(equation: Eq, seed: int) -> Opinion:
    for positive in (False, True):
        values = values_of(equation, seed, positive)
        left, right = (_sided(side, equation, values) for side in equation.args)
        if np.isfinite(left).all() and np.isfinite(right).all():
            return Opinion(relative_error(left, right), left.size, int(np.count_nonzero(left)))
    raise NoOpinion(f"no finite values of {equation}")


def _sided(side: Any, equation: Eq, values: Values) -> Array:
    """A side's entries: by JAX for what is to be differentiated, by NumPy's code for what is not."""
    return evaluated(side, "jax" if is_differentiated(side) else "numpy", equation, values)


def is_differentiated(side: Any) -> bool:
    """Whether a side holds derivatives, which NumPy cannot carry out."""
    return bool(side.has(*DERIVATIVES, Derivative))


def values_of(equation: Eq, seed: int, positive: bool, library: Library = JAX) -> Values:
    """Values at random, at a random shape, of all that an equation leaves open."""
    read = reading(equation)
    return Values(read, _shapes(read.sizes, seed), seed, positive, library)


def _shapes(sizes: Sequence[Any], seed: int) -> dict[Any, int]:
    """Sizes that differ, then 2 and 3 at random: few shapes in all, since JAX compiles for each."""
    draw = random.Random(seed)
    return {n: draw.choice((2, 3)) if seed else (3, 2, 4)[place % 3] for place, n in enumerate(sizes)}


def relative_error(left: Array, *others: Array) -> float:
    """The largest difference over the largest entry; where one side is 0 throughout, the difference itself."""
    largest = [np.max(np.abs(side)) for side in (left, *others)]
    scale = max(largest) if min(largest) > 0 else 1.0
    return float(max(np.max(np.abs(left - other)) for other in others) / scale)


# -- the values of what an equation leaves open -----------------------------------------------------------------------


@dataclass
class Values:
    """Arrays, numbers, labels and functions at one point, each drawn by its own name."""

    read: Reading
    sizes: Mapping[Any, int]
    seed: int
    positive: bool
    library: Library = JAX
    drawn: dict[Any, Any] = field(default_factory=dict)

    def of(self, parameter: Parameter) -> Any:
        """What stands for a parameter of a printed function."""
        if parameter.name not in self.drawn:
            self.drawn[parameter.name] = self._draw(parameter)
        return self.drawn[parameter.name]

    def normal(self, *what: Any) -> Callable[[tuple[int, ...]], Array]:
        """Random entries for a name, as a function of the shape."""
        seed = random.Random(f"{self.seed} {what}").getrandbits(32)
        return lambda shape: np.random.default_rng(seed).normal(size=shape)

    def _draw(self, parameter: Parameter) -> Any:
        symbol, name = parameter.symbol, parameter.name
        if parameter.kind == "matrix":
            table = self.normal(name)(tuple(self.size(n) for n in symbol.shape))
            return self.library.array(np.abs(table) + 0.1 if self.positive else table)
        if parameter.kind == "labels":
            below = min((self.size(n) for n in self.read.classes.get(symbol, ())), default=min(self.sizes.values()))
            draw = random.Random(f"{self.seed} {name}")
            return self.library.array(np.asarray([draw.randrange(below) for _ in range(self.size(symbol.shape[0]))]))
        if parameter.kind == "loss":
            return self._loss(name)
        if parameter.kind == "loss gradient":
            return self.library.gradient(self._loss(str(symbol).removeprefix("grad_")))
        if parameter.kind.startswith("activation"):
            return self._activation(str(symbol))
        if symbol in self.sizes:
            return self.sizes[symbol]
        number = float(self.normal(name)(()))
        number = abs(number) + 0.1 if symbol.is_positive or self.positive else number
        return self.library.number(number)

    def size(self, n: Any) -> int:
        value = int(Integer(n) if isinstance(n, int) else n.subs(self.sizes))
        if value < 1:
            raise NoOpinion(f"{n} = {value} is no size")
        return value

    def _loss(self, name: str) -> Callable[[Array], Array]:
        """L(F) = <A, F> + <B, F>^2 / 2 + the sum of F^3 / 3."""
        along, across = self.normal("along", name), self.normal("across", name)

        def loss(F: Array) -> Array:
            A, B = (self.library.array(drawn(tuple(F.shape))) for drawn in (along, across))
            return (A * F).sum() + (B * F).sum() ** 2 / 2 + (F**3).sum() / 3

        return loss

    def _activation(self, name: str) -> Callable[[Array], Array]:
        """phi(t) = t^3 / 3 + a t^2 + b t; with a prime behind its name, the library's derivative of it."""
        if name.endswith("'"):
            return self.library.slope(self._activation(name.removesuffix("'")))
        a, b = map(float, self.normal("activation", name)((2,)))
        return lambda t: t**3 / 3 + a * t**2 + b * t


# -- the values of a side ----------------------------------------------------------------------------------------------


def evaluated(side: Any, backend: str, equation: Eq, values: Values) -> Array:
    """All entries of a side, for all values of its free indices, by its printed code."""
    return np.asarray(list(_entries(side, backend, equation, values)))


def _entries(side: Any, backend: str, equation: Eq, values: Values) -> Iterator[float]:
    limits = _limits(equation, values)
    run = _function(_written_out(side, values), tuple(limits), backend, values)
    for valuation in product(*(range(limit) for limit in limits.values())):
        yield from np.ravel(np.asarray(run(*valuation), dtype=float))


def _limits(equation: Eq, values: Values) -> dict[Any, int]:
    """How many values each free index has."""
    if not values.read.indices:
        return {}
    claim = statement(equation).claims[0]
    return {index: min(values.size(n) for n in claim.indices[index]) for index in values.read.indices}


def _function(side: Any, indices: tuple[Any, ...], backend: str, values: Values) -> Callable[..., Array]:
    """A side's printed code as a function of its free indices, everything else given."""
    made = program(side, backend=backend)
    namespace: dict[str, Any] = {}
    exec(compile(made.source, f"<{backend} code of {side}>", "exec"), namespace)
    given = {p: values.of(p) for p in made.parameters if p.symbol not in indices}
    if backend == "numpy":
        given = {p: _in_numpy(value, values.library) for p, value in given.items()}

    def at(*place: Any) -> Array:
        here = dict(zip(indices, place, strict=True))
        return namespace[made.name](*(given.get(p, here.get(p.symbol)) for p in made.parameters))

    return jax.jit(at) if indices and backend == "jax" else at


def _in_numpy(value: Any, library: Library) -> Any:
    """A value for NumPy's code: an array of NumPy's, or a function from such to such."""
    if callable(value):
        return lambda *arrays: np.asarray(value(*map(library.array, arrays)))
    return np.asarray(value) if hasattr(value, "shape") else value


def _written_out(side: Any, values: Values) -> Any:
    """The side; with numbers for sizes and its sums written out where derivatives stand inside them."""
    if not any(part.has(*DERIVATIVES) for part in side.atoms(Sum)):
        return side
    return _without_sums(side.xreplace({size: Integer(n) for size, n in values.sizes.items()}))


def _without_sums(e: Any) -> Any:
    if not e.has(Sum) or not e.has(*DERIVATIVES):
        return e
    if not isinstance(e, Sum):
        return e.func(*map(_without_sums, e.args))
    body, *limits = e.args
    indices = [index for index, *_ in limits]
    ranges = [range(int(low), int(high) + 1) for _, low, high in limits]
    places = (dict(zip(indices, map(Integer, place), strict=True)) for place in product(*ranges))
    return Add(*(_without_sums(body.xreplace(place)) for place in places))
