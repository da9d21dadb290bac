"""A proved right-hand side as a function of NumPy arrays, and derivatives by differences to hold it against.

A matrix is a two-dimensional array, a column is an example; labels are a one-dimensional array of integers; numbers are
floats. NumPy is imported when a function is made, so that the rest of the package needs SymPy alone.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sympy import Basic, Indexed, IndexedBase, Integer, preorder_traversal
from sympy.core.relational import Relational
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.matrixbase import MatrixBase

from lossgrad.array_code import NoCode, Parameter, Program, program
from lossgrad.expressions import OneHot, ShapeError

__all__ = [
    "ArrayFunction",
    "NoCode",
    "central_differences",
    "directional_derivative",
    "function",
    "random_directions",
    "source",
]


def source(expression: Any, *arguments: Any, backend: str = "numpy", name: str = "function") -> str:
    """The source of a function that evaluates ``expression``: NumPy, JAX or PyTorch.

    The parameters are ``arguments``, in their order; by default all that the expression leaves open: matrices, labels,
    numbers, functions, each kind by name. JAX and PyTorch also carry out the derivatives that an expression holds.

    Raises NoCode for what the library has no code for, ValueError for an unknown backend or a forgotten argument.

    >>> from lossgrad.notation import L, W, X
    >>> print(source(L.gradient(W * X) * X.T, name="weight_gradient"))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def weight_gradient(W, X, grad_L):
        return grad_L(W @ X) @ X.T
    <BLANKLINE>
    """
    return program(_value(expression), arguments, backend, name).source


def function(expression: Any, *arguments: Any, backend: str = "numpy", name: str = "function") -> ArrayFunction:
    """``expression`` as a function of arrays, by default of all that it leaves open; ``print`` shows its source.

    It raises ShapeError for shapes that disagree, naming both, and ValueError for labels that are not in 0..C-1.

    >>> from lossgrad import softmax
    >>> from lossgrad.notation import W, X
    >>> probabilities = function(softmax(W * X), W, X)
    >>> probabilities([[1000.0], [0.0], [-1000.0]], [[1.0, 0.0]])
    array([[1.        , 0.33333333],
           [0.        , 0.33333333],
           [0.        , 0.33333333]])
    >>> probabilities([[1.0], [2.0]], [[1.0], [2.0]])
    Traceback (most recent call last):
    lossgrad.expressions.ShapeError: W of shape (2, 1) and X of shape (2, 1) must agree on D: got 1 and 2
    """
    value = _value(expression)
    return ArrayFunction(value, program(value, arguments, backend, name), backend)


def _value(expression: Any) -> Any:
    if isinstance(expression, Relational):
        raise TypeError(f"a function is made of one side of an equation, .rhs or .lhs: got the equation {expression}")
    if not isinstance(expression, (Basic, MatrixBase)):
        raise TypeError(
            f"a function is made of a SymPy expression: got {expression!r}, of type {type(expression).__name__}"
        )
    return expression.as_immutable() if isinstance(expression, MatrixBase) else expression


class ArrayFunction:
    """A function of arrays that was generated from an expression; called with its parameters in order or by name."""

    def __init__(self, expression: Any, made: Program, backend: str = "numpy") -> None:
        self.expression, self.backend = expression, backend
        self.source, self.parameters, self.__name__ = made.source, made.parameters, made.name
        self._run = _compiled(made)
        self._classes = dict(_classes(expression))

    def __call__(self, *values: Any, **named: Any) -> Any:
        given = self._given(values, named)
        shapes = Shapes(self._classes)
        checked = [shapes.checked(parameter, given[parameter.name], self.backend) for parameter in self.parameters]
        shapes.settle()
        return self._run(*checked)

    def _given(self, values: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        names = [parameter.name for parameter in self.parameters]
        given = {**dict(zip(names, values, strict=False)), **named}
        if len(values) > len(names) or set(given) != set(names) or set(names[: len(values)]) & set(named):
            got = [*(f"{len(values)} in order" for _ in values[:1]), *named]
            raise TypeError(f"{self.__name__}({', '.join(names)}) was called with {', '.join(got) or 'nothing'}")
        return given

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        names = ", ".join(parameter.name for parameter in self.parameters)
        return f"<{self.backend} function {self.__name__}({names}): {self.expression}>"


def _compiled(made: Program) -> Callable[..., Any]:
    """The function of the source, which tracebacks can show."""
    file = f"<{made.name} {abs(hash(made.source)):x}>"
    linecache.cache[file] = (len(made.source), None, made.source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {}
    exec(compile(made.source, file, "exec"), namespace)
    compiled: Callable[..., Any] = namespace[made.name]
    return compiled


def _classes(expression: Any) -> Iterator[tuple[Any, Any]]:
    """Which labels number the rows of what: (y, C)."""
    for part in preorder_traversal(expression):
        if isinstance(part, OneHot) and isinstance(part.y, IndexedBase):
            yield part.y, part.shape[0]
        elif isinstance(part, MatrixElement) and isinstance(part.args[1], Indexed):
            yield part.args[1].base, part.args[0].shape[0]


class Shapes:
    """The sizes that arguments have brought so far, and who brought them."""

    def __init__(self, classes: Mapping[Any, Any]) -> None:
        self.classes = classes
        self.sizes: dict[Any, tuple[int, str]] = {}
        self.open: list[tuple[Any, int, str]] = []
        self.labels: list[tuple[Any, Any, str]] = []

    def checked(self, parameter: Parameter, value: Any, backend: str) -> Any:
        """The argument as the generated code takes it."""
        if parameter.kind in ("matrix", "labels"):
            array = _array(parameter, value) if backend == "numpy" else value
            self._agree(parameter, tuple(int(n) for n in array.shape))
            if parameter.kind == "labels" and backend == "numpy":
                self.labels.append((array, self.classes.get(parameter.symbol), parameter.name))
            return array
        if parameter.kind == "number":
            number = _number(parameter, value) if backend == "numpy" else value
            if parameter.symbol.is_integer:
                self.sizes.setdefault(parameter.symbol, (int(number), parameter.name))
            return number
        if not callable(value):
            raise TypeError(f"{parameter.name} must be a function of arrays: got {value!r}")
        return value

    def _agree(self, parameter: Parameter, shape: tuple[int, ...]) -> None:
        expected = parameter.symbol.shape
        if len(shape) != len(expected):
            wanted = f"({', '.join(map(str, expected))}{',' if len(expected) == 1 else ''})"
            raise ShapeError(f"{parameter.name} must have the shape {wanted}: got the shape {shape}")
        who = f"{parameter.name} of shape {shape}"
        for size, n in zip(expected, shape, strict=True):
            if n == 0:
                raise ShapeError(f"{who} is empty: sizes are positive")
            if size.is_Symbol and size not in self.sizes:
                self.sizes[size] = (n, who)
            else:
                self.open.append((size, n, who))

    def settle(self) -> None:
        """Compare what was brought more than once; look at the labels."""
        known = {size: n for size, (n, _) in self.sizes.items()}
        for size, n, who in self.open:
            wanted = size.xreplace({symbol: Integer(value) for symbol, value in known.items()})
            if wanted.is_Integer and int(wanted) != n:
                raise ShapeError(self._disagreement(size, int(wanted), n, who))
        for array, classes, name in self.labels:
            if classes is not None:
                count = classes.xreplace({symbol: Integer(value) for symbol, value in known.items()})
                _check_labels(array, int(count), name)

    def _disagreement(self, size: Any, wanted: int, n: int, who: str) -> str:
        if size.is_Integer:
            return f"{who} must have {wanted} where it has {n}"
        owners = " and ".join(dict.fromkeys([*(self.sizes[s][1] for s in sorted(size.free_symbols, key=str)), who]))
        return f"{owners} must agree on {size}: got {wanted} and {n}"


def _array(parameter: Parameter, value: Any) -> Any:
    import numpy as np

    array = np.asarray(value)
    if parameter.kind == "labels":
        if array.dtype.kind not in "iu":
            raise TypeError(f"labels {parameter.name} are integers: got an array of {array.dtype}")
        return array
    if array.dtype.kind not in "fciu":
        raise TypeError(f"{parameter.name} must be an array of numbers: got an array of {array.dtype}")
    return array if array.dtype.kind in "fc" else array.astype(float)


def _number(parameter: Parameter, value: Any) -> Any:
    import numpy as np

    number = np.asarray(value)
    if number.ndim != 0 or number.dtype.kind not in "fciu":
        raise TypeError(f"{parameter.name} must be a number: got {value!r}")
    if parameter.symbol.is_integer and number != int(number):
        raise TypeError(f"{parameter.name} must be an integer: got {value!r}")
    return int(number) if parameter.symbol.is_integer else number.item()


def _check_labels(y: Any, classes: int, name: str) -> None:
    import numpy as np

    if wrong := np.flatnonzero((y < 0) | (y >= classes)).tolist():
        n = wrong[0]
        raise ValueError(f"labels {name} are integers in 0..C-1 with C = {classes}: got {y[n]} at position {n}")


def random_directions(shape: tuple[int, ...], count: int, seed: int = 0) -> Any:
    """``count`` directions of length 1, drawn from all alike: an array of that shape for each."""
    import numpy as np

    drawn = np.random.default_rng(seed).standard_normal((count, *shape))
    lengths = np.sqrt(np.sum(drawn**2, axis=tuple(range(1, drawn.ndim)), keepdims=True))
    return drawn / lengths


def _step(at: Any) -> float:
    """Where truncation and rounding balance: the cube root of the unit roundoff, times the size of the point."""
    import numpy as np

    return float(np.cbrt(np.finfo(at.dtype).eps) * max(1.0, float(np.max(np.abs(at)))))


def directional_derivative(f: Callable[[Any], Any], at: Any, direction: Any, step: float | None = None) -> float:
    """(f(at + h direction) - f(at - h direction)) / 2h: <gradient, direction> up to the order of h squared.

    >>> import numpy as np
    >>> round(directional_derivative(lambda W: np.sum(W**2), np.ones((2, 2)), np.eye(2)), 9)
    4.0
    """
    import numpy as np

    at, direction = np.asarray(at), np.asarray(direction)
    at = at if at.dtype.kind == "f" else at.astype(float)
    if at.shape != direction.shape:
        raise ShapeError(
            f"a direction has the shape of its point: got {direction.shape} at a point of shape {at.shape}"
        )
    h = _step(at) if step is None else step
    return float((f(at + h * direction) - f(at - h * direction)) / (2 * h))


def central_differences(f: Callable[[Any], Any], at: Any, step: float | None = None) -> Any:
    """The gradient of a scalar function of an array, an entry at a time by central differences.

    >>> import numpy as np
    >>> central_differences(lambda W: np.sum(W**3), np.array([[1.0, 2.0]])).round(6)
    array([[ 3., 12.]])
    """
    import numpy as np

    at = np.asarray(at)
    differences = np.empty(at.shape)
    for place in np.ndindex(*at.shape):
        direction = np.zeros(at.shape)
        direction[place] = 1
        differences[place] = directional_derivative(f, at, direction, step)
    return differences
