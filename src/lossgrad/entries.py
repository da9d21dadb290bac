"""From matrices to indices: the entries of an expression, and derivatives of entries.

``written_out(expression)`` leaves only numbers, symbols, entries of matrix symbols, labels, deltas, sums and functions
of those. Every bound index gets a name of its own on the way, so that no later step can capture one.
``derivative(f, x)`` differentiates such an expression by one entry or one symbol, by the rules of the calculus and
``dW[r, i]/dW[p, q] = delta(r, p) delta(i, q)``; SymPy's own ``diff`` of sums is not used (sympy#21891).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import (
    Abs,
    Add,
    Derivative,
    Dummy,
    Expr,
    Heaviside,
    Indexed,
    Integer,
    KroneckerDelta,
    Max,
    Min,
    Mul,
    Piecewise,
    Pow,
    Sum,
    Symbol,
    Trace,
    cos,
    cosh,
    erf,
    exp,
    expand_mul,
    log,
    sign,
    sin,
    sinh,
    tanh,
)
from sympy.logic.boolalg import Boolean
from sympy.matrices.expressions.matexpr import MatrixElement, MatrixExpr, MatrixSymbol

from lossgrad.expressions import (
    Activation,
    EntryGradient,
    KnownLabel,
    LossGradientEntry,
    LossValue,
    MatrixEntry,
    Scalar,
    entry,
    range_from,
    sigmoid,
)

Target = Any  # MatrixElement of a MatrixSymbol, or a Symbol
DIFFERENTIABLE = (
    exp,
    log,
    tanh,
    sinh,
    cosh,
    sin,
    cos,
    erf,
    sigmoid,
    Abs,
    Activation,
)  # their slopes are SymPy's ``fdiff``


class Malformed(ValueError):
    """No statement: not an equation, sides of different shapes, or a symbol that is neither size, index nor real."""


class NotSupported(Exception):
    """An expression of a kind about which the kernel knows no rule."""


def written_out(e: Any, record: list[Any] | None = None) -> Any:
    """The scalar ``e`` in entries of matrix symbols, every derivative carried out, every bound index renamed apart.

    ``record`` receives what was differentiated and what came out, so that no condition is lost when terms cancel.
    """
    return _Writer([] if record is None else record).written(e, {})


class _Writer:
    def __init__(self, record: list[Any]) -> None:
        self.record = record

    def written(self, e: Any, names: Mapping[Any, Any]) -> Any:
        """``e`` written out, with the new names of the indices of the sums that it stands in."""

        def w(part: Any) -> Any:
            return self.written(part, names)

        if not e.args:
            return names.get(e, e)
        if isinstance(e, MatrixElement):
            A, i, j = e.args[0], w(e.args[1]), w(e.args[2])
            return MatrixEntry(A, i, j) if isinstance(A, MatrixSymbol) else w(_taken_apart(A, i, j))
        if isinstance(e, (LossGradientEntry, LossValue)):
            return e.func(e.args[0], e.S.xreplace(dict(names)), *map(w, e.args[2:]))
        if isinstance(e, EntryGradient):
            return self._differentiated(w(e.f), MatrixEntry(e.M, *map(w, e.args[2:])))
        if isinstance(e, KnownLabel):
            return e.func(e.y, w(e.args[1]))
        if isinstance(e, KroneckerDelta) and e.delta_range is not None:
            raise NotSupported(f"a delta with a range of its own: {e!r}")
        if isinstance(e, Scalar):
            return w(e.entries())
        if isinstance(e, Trace):
            i = Dummy("i", integer=True, nonnegative=True)
            return w(Sum(entry(e.arg, i, i), (i, 0, e.arg.shape[0] - 1)))
        if isinstance(e, Derivative):
            f = w(e.expr)
            for variable, count in e.variable_count:
                for _ in range(int(count)):
                    f = self._differentiated(f, w(variable))
            return f
        if isinstance(e, Sum):
            return self._sum(e, names)
        if isinstance(e, Indexed):
            return e.func(e.args[0], *map(w, e.args[1:]))
        if isinstance(e, MatrixExpr):
            raise NotSupported(f"a scalar was expected, and {e} is a matrix of shape {e.shape}")
        return rebuilt(e, [w(arg) for arg in e.args])

    def _sum(self, e: Sum, names: Mapping[Any, Any]) -> Expr:
        """The sum with a new name for each index, which is bound in the body and in the limits to its left."""
        inner, limits = dict(names), []
        for index, low, high in reversed(e.limits):
            bounds = self.written(low, inner), self.written(high, inner)
            inner[index] = Dummy(index.name, **range_from(low))
            limits.append((inner[index], *bounds))
        body = self.written(e.function, inner)
        return Integer(0) if body == 0 else Sum(body, *reversed(limits))

    def _differentiated(self, f: Any, x: Target) -> Any:
        is_entry = isinstance(x, MatrixElement) and isinstance(x.args[0], MatrixSymbol)
        if not is_entry and (not isinstance(x, Symbol) or x.is_integer or not x.is_real):
            raise Malformed(f"a derivative is taken by an entry of a matrix symbol or by a real parameter: got {x}")
        result = derivative(f, x)
        self.record += [f, result]
        return result


def rebuilt(e: Any, args: list[Any]) -> Any:
    """The expression with other arguments; a function of one is not evaluated anew, which costs SymPy much."""
    if all(a is b for a, b in zip(args, e.args, strict=True)):
        return e
    return e.func(*args, evaluate=False) if isinstance(e, (exp, log)) else e.func(*args)


def _taken_apart(A: Any, i: Any, j: Any) -> Any:
    e = entry(A, i, j)
    if isinstance(e, MatrixElement) and e.args[0] == A:
        raise NotSupported(f"the entries of {A}, of type {type(A).__name__}")
    return e


def derivative(e: Any, x: Target, leaf: Callable[[Any, Target], Expr] | None = None) -> Expr:
    """The derivative of a written-out expression by an entry or a symbol.

    ``leaf`` may stand in for the derivative of an entry by an entry, to show the chain rule before it is carried out.
    """
    leaf = leaf or entry_by_entry

    def d(e: Any) -> Any:
        return derivative(e, x, leaf)

    if e == x and not isinstance(x, MatrixElement):
        return Integer(1)
    if isinstance(e, MatrixElement):
        return leaf(e, x) if isinstance(x, MatrixElement) and e.args[0] == x.args[0] else Integer(0)
    if isinstance(e, LossValue):
        return _chain_rule_of_loss(e, x, leaf)
    if isinstance(e, LossGradientEntry):
        return _no_second_derivative(e, x)
    if not e.args or isinstance(e, (Indexed, KnownLabel, KroneckerDelta, Heaviside, sign, Boolean)):
        return Integer(0)
    if isinstance(e, Add):
        return Add(*(d(arg) for arg in e.args))
    if isinstance(e, Mul):
        return Add(*(Mul(*e.args[:n], d(arg), *e.args[n + 1 :]) for n, arg in enumerate(e.args)))
    if isinstance(e, Pow):
        base, power = e.args
        by_base = power * base ** (power - 1) * d(base)
        by_power = d(power)
        return by_base if by_power == 0 else by_base + log(base) * e * by_power
    if isinstance(e, Sum):
        body = d(e.function)
        return Integer(0) if body == 0 else Sum(body, *e.limits)
    if isinstance(e, Max):
        return _derivative_of_max(e, d, 1)
    if isinstance(e, Min):
        return _derivative_of_max(e, d, -1)
    if isinstance(e, Piecewise):
        return Piecewise(*((d(value), condition) for value, condition in e.args))
    if isinstance(e, DIFFERENTIABLE):
        slope = d(e.args[0])
        return written_out(e.fdiff()) * slope if slope != 0 else Integer(0)
    raise NotSupported(f"no rule for the derivative of {e}, of type {type(e).__name__}")


def entry_by_entry(e: Any, x: Any) -> Expr:
    """dW[r, i]/dW[p, q] = delta(r, p) delta(i, q): entries of a matrix are independent variables."""
    return KroneckerDelta(e.i, x.i) * KroneckerDelta(e.j, x.j)


def _derivative_of_max(e: Any, d: Callable[[Any], Any], sign: int) -> Expr:
    """d max(a, b) = H(a - b) da + H(b - a) db, where a and b differ; for min the other one counts."""
    first, *others = e.args
    rest = e.func(*others)
    return Heaviside(sign * (first - rest)) * d(first) + Heaviside(sign * (rest - first)) * d(rest)


def _chain_rule_of_loss(e: LossValue, x: Target, leaf: Callable[[Any, Target], Expr]) -> Expr:
    """dL(S)/dx = sum over r, k of (grad L(S))[r, k] dS[r, k]/dx."""
    rows, columns = e.S.shape
    r, k = (Dummy(name, integer=True, nonnegative=True) for name in ("r", "k"))
    inner = derivative(written_out(entry(e.S, r, k)), x, leaf)
    if inner == 0:
        return Integer(0)
    return Sum(LossGradientEntry(*e.args, r, k) * inner, (r, 0, rows - 1), (k, 0, columns - 1))


def _no_second_derivative(e: LossGradientEntry, x: Target) -> Expr:
    rows, columns = (Dummy(name, integer=True, nonnegative=True) for name in ("r", "k"))
    if derivative(written_out(entry(e.S, rows, columns)), x) == 0:
        return Integer(0)
    raise NotSupported(f"the second derivative of an unspecified loss, {e} by {x}")


def contracted(e: Any) -> Any:
    """The expression with every sum over an index of a delta replaced by its one term.

    Whether the ranges allow it is not asked here: the step is proved like any other, or left out.
    """
    if not e.args or isinstance(e, MatrixElement):
        return e
    e = rebuilt(e, [contracted(arg) if isinstance(arg, Expr) else arg for arg in e.args])
    return _contracted_sum(e) if isinstance(e, Sum) else e


def _contracted_sum(e: Any) -> Any:
    body, limits = e.function, list(e.limits)
    if body.has(KroneckerDelta) and any(arg.is_Add for arg in Mul.make_args(body)):
        body = expand_mul(body)
    if body.is_Add:
        return Add(*(_contracted_sum(Sum(term, *limits)) for term in body.args))
    for index, *_ in limits:
        for factor in Mul.make_args(body):
            if isinstance(factor, KroneckerDelta) and index in factor.args:
                other = factor.args[1] if factor.args[0] == index else factor.args[0]
                rest = Mul(*(f for f in Mul.make_args(body) if f != factor)).xreplace({index: other})
                remaining = [limit for limit in limits if limit[0] != index]
                return _contracted_sum(Sum(rest, *remaining)) if remaining else rest
    free = Mul(*(f for f in Mul.make_args(body) if not any(f.has(index) for index, *_ in limits)))
    return free * Sum(body / free, *limits) if free != 1 else Sum(body, *limits)
