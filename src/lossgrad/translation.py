"""Between SymPy's written-out expressions and Forms: what each node of an expression means to the kernel."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any

from sympy import (
    Abs,
    Add,
    Dummy,
    Function,
    Heaviside,
    Indexed,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Lambda,
    Max,
    Min,
    Mul,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    cosh,
    erf,
    exp,
    log,
    pi,
    sign,
    sinh,
    srepr,
    tanh,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Equality, Ne, Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or
from sympy.matrices.expressions import FunctionMatrix
from sympy.matrices.expressions.matexpr import MatrixElement, MatrixSymbol

from lossgrad.entries import DIFFERENTIABLE, NotSupported, written_out
from lossgrad.expressions import Activation, KnownLabel, LossGradientEntry, LossValue, MatrixEntry, entry, sigmoid
from lossgrad.indices import (
    COUNTS,
    LOSSES,
    ONE,
    POSITIVE,
    TABLES,
    ZERO,
    Atom,
    Form,
    Kernel,
    add,
    fresh,
    named,
    nonnegative,
    number,
    scale,
    single,
    size_of,
    subtract,
)

_HEADS: dict[Any, str] = {}
_MEANT: dict[str, Any] = {}  # what a head stands for


def head_of(symbol: Any) -> str:
    """The head of a symbol or label base: its name with its assumptions, so that namesakes stay apart."""
    if symbol not in _HEADS:
        head = _HEADS[symbol] = srepr(symbol)
        _MEANT[head] = symbol
        if symbol.is_positive:
            POSITIVE.add(head)
            if symbol.is_integer:
                COUNTS.add(head)
    return _HEADS[symbol]


class Reader:
    """Reads expressions into Forms with the rules of one kernel."""

    def __init__(self, kernel: Kernel, expand: bool = False) -> None:
        self.kernel, self.expand = kernel, expand
        self.bound: dict[Any, Form] = {}
        self.known: dict[Any, Form] = {}
        self.ranges: dict[Any, tuple[Form, Form, str]] = {}
        self.open: set[str] = set()

    def form(self, e: Any) -> Form:
        """The Form of a written-out scalar."""
        if e not in self.known:
            self.known[e] = self._form(e)
        return self.known[e]

    def _form(self, e: Any) -> Form:
        for kind, read in _READERS:
            if isinstance(e, kind):
                form: Form = read(self, e)
                return form
        raise NotSupported(f"no rule for {e}, of type {type(e).__name__}")

    def _symbol(self, e: Any) -> Form:
        """A bound index under its name; a free index that can only be 0 is 0."""
        if e in self.bound:
            return self.bound[e]
        return ZERO if ONE in self.kernel.ranges.get(head_of(e), ()) else single(Atom(head_of(e)))

    def _sum(self, e: Any) -> Form:
        """A sum; the same index has the same range wherever it is met, and never stands inside its own sum."""
        names = [self._range(index, low, high) for index, low, high in e.limits]
        self.open.update(names)
        form = self.form(e.function)
        for name in names:
            form = self._written(form, name) if self.expand else self.kernel.summed(form, name)
        self.open.difference_update(names)
        return form

    def _written(self, form: Form, name: str) -> Form:
        """A sum over a range that is a number, written out term by term."""
        size = size_of(name).constant
        if size is None:
            return self.kernel.summed(form, name)
        return add(*(self.kernel.substituted(form, {name: number(k)}) for k in range(int(size))))

    def _range(self, index: Any, low: Any, high: Any) -> str:
        first = self.form(low)
        size = add(subtract(self.form(high), first), ONE)
        if any(name.startswith("%") for name in size.names):
            raise NotSupported(f"a range that depends on another index: {index} up to {high}")
        if not (self.kernel.is_whole(first) and self.kernel.is_whole(size)):
            raise NotSupported(f"a range whose ends may lie between whole numbers: {index} from {low} to {high}")
        if not nonnegative(size):
            raise NotSupported(f"a range that may hold fewer than no indices: {index} from {low} to {high}")
        if index not in self.ranges:
            self.ranges[index] = (first, size, fresh(size))
            self.bound[index] = add(single(Atom(self.ranges[index][2])), first)
        if self.ranges[index][:2] != (first, size) or self.ranges[index][2] in self.open:
            raise NotSupported(f"an index that is bound twice: {index}")
        return self.ranges[index][2]

    def _power(self, e: Any) -> Form:
        base, power = e.args
        if power.is_Rational:
            return self.kernel.power(self.form(base), Fraction(power.p, power.q))
        return self.kernel.exponential(self.kernel.multiply(self.form(power), self.kernel.logarithm(self.form(base))))

    def _matrix_element(self, e: Any) -> Form:
        A, i, j = e.args
        if not isinstance(A, MatrixSymbol):
            return self.form(written_out(e))
        rows, columns = (self.form(n) for n in A.shape)
        head = f"{A.name}<{rows.key}×{columns.key}>"
        _MEANT[head] = A
        return single(Atom(head, self.form(i), self.form(j)))

    def _indexed(self, e: Any) -> Form:
        return single(Atom(head_of(e.base), *(self.form(index) for index in e.indices)))

    def _known_label(self, e: Any) -> Form:
        head = f"labels {tuple(e.y)}"
        TABLES[head] = tuple(int(label) for label in e.y)
        _MEANT[head] = lambda j, y=e.y: KnownLabel(y, j)
        return self.kernel.applied(head, self.form(e.args[1]))

    def _delta(self, e: Any) -> Form:
        return self.kernel.delta(self.form(e.args[0]), self.form(e.args[1]))

    def _loss(self, e: Any) -> Form:
        """A loss of F, or an entry of its gradient, depends on F through F's entries at two placeholders."""
        name, F, *index = e.args
        places = [Dummy("r", integer=True), Dummy("c", integer=True)]
        names = [fresh(self.form(size)) for size in F.shape]
        self.bound.update((place, single(Atom(name))) for place, name in zip(places, names, strict=True))
        argument = self.form(written_out(entry(F, *places)))
        depth = 1 + max((int(n[1:].split(".")[0]) for n in argument.names if n.startswith("@")), default=0)
        labels = [f"@{depth}.{axis}<{size_of(n).key}>" for axis, n in enumerate(names)]
        placed = {n: single(Atom(named(label, size_of(n)))) for n, label in zip(names, labels, strict=True)}
        argument = self.kernel.substituted(argument, placed)
        head = f"{type(e).__name__} {name}<{'×'.join(self.form(n).key for n in F.shape)}>"
        LOSSES.add(head)
        _MEANT[head] = (name, F.shape)
        _MEANT[f"{head} at {argument.key}"] = F
        return single(Atom(head, argument, *(self.form(i) for i in index)))

    def _max(self, e: Any) -> Form:
        """max(a, b) = b + (a - b) H(a - b)."""
        return reduce(lambda a, b: self._upper(a, b), (self.form(arg) for arg in e.args))

    def _min(self, e: Any) -> Form:
        """min(a, b) = -max(-a, -b)."""
        return scale(reduce(lambda a, b: self._upper(a, b), (scale(self.form(arg), -1) for arg in e.args)), -1)

    def _upper(self, a: Form, b: Form) -> Form:
        difference = subtract(a, b)
        if difference is ZERO:
            return a
        return add(b, self.kernel.multiply(difference, self.kernel.step(difference)))

    def _abs(self, e: Any) -> Form:
        """|a| = max(a, -a)."""
        a = self.form(e.args[0])
        return self._upper(a, scale(a, -1))

    def _sign(self, e: Any) -> Form:
        """sign(a) = 2 H(a) - 1 off the kink; of an integer, H(a - 1/2) + H(a + 1/2) - 1."""
        if e.args[0].is_integer:
            a, half = self.form(e.args[0]), number(Fraction(1, 2))
            return subtract(add(self.kernel.step(subtract(a, half)), self.kernel.step(add(a, half))), ONE)
        return subtract(scale(self.kernel.step(self.form(e.args[0])), 2), ONE)

    def _piecewise(self, e: Any) -> Form:
        """The first case whose condition holds; conditions are inequalities, off their kinks, and equal indices."""
        form, open_ = ZERO, ONE
        for value, condition in e.args:
            holds = self._condition(condition)
            form = add(form, self.kernel.multiply(open_, holds, self.form(value)))
            open_ = self.kernel.multiply(open_, subtract(ONE, holds))
        if open_ is not ZERO:
            raise NotSupported(f"cases that leave something open: {e}")
        return form

    def _condition(self, c: Any) -> Form:
        if isinstance(c, (BooleanTrue, BooleanFalse)):
            return ONE if c else ZERO
        if isinstance(c, Not):
            return subtract(ONE, self._condition(c.args[0]))
        if isinstance(c, And):
            return self.kernel.multiply(*(self._condition(arg) for arg in c.args))
        if isinstance(c, Or):
            return subtract(ONE, self.kernel.multiply(*(subtract(ONE, self._condition(arg)) for arg in c.args)))
        if isinstance(c, (Equality, Ne)) and c.lhs.is_integer and c.rhs.is_integer:
            equal = self.kernel.delta(self.form(c.lhs), self.form(c.rhs))
            return equal if isinstance(c, Equality) else subtract(ONE, equal)
        if isinstance(c, Relational) and c.rel_op in ("<", "<=", ">", ">="):
            return self.kernel.step(add(subtract(self.form(c.gts), self.form(c.lts)), _margin(c)))
        raise NotSupported(f"no rule for the condition {c}")

    def _heaviside(self, e: Any) -> Form:
        """H(a), where a is no integer: there the kink would be more than a null set."""
        if e.args[0].is_integer:
            raise NotSupported(f"a step at an integer: {e}; write Piecewise with an inequality")
        return self.kernel.step(self.form(e.args[0]))

    def _by_exponentials(self, e: Any) -> Form:
        """sigmoid, tanh, sinh and cosh by their exponentials."""
        return self.form(written_out(e.rewrite(exp)))

    def _erf(self, e: Any) -> Form:
        """erf(-a) = -erf(a)."""
        a = self.form(e.args[0])
        c = -1 if a.terms and all(c < 0 for _, c in a.terms) else 1
        return scale(self.kernel.applied("erf", scale(a, c)), c)

    def _function(self, e: Any) -> Form:
        if isinstance(e, AppliedUndef) or not isinstance(e, DIFFERENTIABLE):
            raise NotSupported(
                f"no rule for the function {type(e).__name__}; unspecified functions are made by activation(name)"
            )
        head = f"function {type(e).__name__} of {type(e).__module__ if not isinstance(e, Activation) else 'the caller'}"
        _MEANT[head] = e.func
        return self.kernel.applied(head, *(self.form(arg) for arg in e.args))


_READERS: tuple[tuple[Any, Any], ...] = (
    ((Integer, Rational), lambda self, e: number(Fraction(e.p, e.q))),
    (type(pi), lambda self, e: single(Atom("pi"))),
    (type(exp(1)), lambda self, e: self.kernel.exponential(ONE)),
    (Symbol, Reader._symbol),
    (Add, lambda self, e: add(*(self.form(arg) for arg in e.args))),
    (Mul, lambda self, e: self.kernel.multiply(*(self.form(arg) for arg in e.args))),
    (exp, lambda self, e: self.kernel.exponential(self.form(e.args[0]))),
    (Pow, Reader._power),
    (Sum, Reader._sum),
    (MatrixElement, Reader._matrix_element),
    (Indexed, Reader._indexed),
    (KnownLabel, Reader._known_label),
    (KroneckerDelta, Reader._delta),
    (log, lambda self, e: self.kernel.logarithm(self.form(e.args[0]))),
    ((LossValue, LossGradientEntry), Reader._loss),
    (Max, Reader._max),
    (Min, Reader._min),
    (Abs, Reader._abs),
    (sign, Reader._sign),
    (Heaviside, Reader._heaviside),
    (Piecewise, Reader._piecewise),
    ((sigmoid, tanh, sinh, cosh), Reader._by_exponentials),
    (erf, Reader._erf),
    (Function, Reader._function),
)


def _margin(c: Any) -> Form:
    """What makes an inequality of integers strict: a > b is a - b - 1/2 > 0, a >= b is a - b + 1/2 > 0."""
    if not (c.lhs.is_integer and c.rhs.is_integer):
        return ZERO
    return number(Fraction(1 if c.rel_op in ("<=", ">=") else -1, 2))


# -- and back, to be read by people ------------------------------------------------------------------------------------


def expression(form: Form) -> Any:
    """The Form as a SymPy expression."""
    return Add(*(_term(m, c) for m, c in form.terms))


def _term(m: Any, c: Fraction) -> Any:
    factors = Mul(*(Pow(_atom(atom), Rational(e.numerator, e.denominator)) for atom, e in m.factors))
    if m.bounds:
        factors = Sum(factors, *((_index(name), 0, expression(size_of(name)) - 1) for name in m.bounds))
    return Rational(c.numerator, c.denominator) * factors


def _index(name: str) -> Any:
    """A bound index as a symbol; ``plainly_named`` gives it a letter."""
    if name not in _INDICES:
        _INDICES[name] = Dummy("i", integer=True, nonnegative=True)
    return _INDICES[name]


_INDICES: dict[str, Any] = {}


def _atom(atom: Atom) -> Any:
    head, args = atom.head, [expression(arg) for arg in atom.args]
    if head.isdigit():
        return Integer(head)
    known = {"base": lambda b: b, "δ": KroneckerDelta, "exp": exp, "log": log, "H": Heaviside, "erf": erf}
    if head in known:
        return known[head](*args)
    if head == "pi":
        return pi
    if head[0] in "#@%":
        return _index(head)
    meant = _MEANT[head]
    if isinstance(meant, MatrixSymbol):
        return MatrixEntry(meant, *args)
    if isinstance(meant, tuple):
        kind = LossValue if head.startswith("LossValue") else LossGradientEntry
        return kind(meant[0], _argument_of_loss(atom, *meant[1]), *args[1:])
    if not args:
        return meant
    return meant[tuple(args)] if isinstance(meant, IndexedBase) else meant(*args)


def _argument_of_loss(atom: Atom, rows: Any, columns: Any) -> Any:
    """The matrix that a loss is taken of: as it was read, or by its entry where an index in it has changed."""
    argument = atom.args[0]
    known = _MEANT.get(f"{atom.head} at {argument.key}")
    if known is not None and not any(name.startswith(("%", "#")) for name in argument.names):
        return known
    depth = max((int(name[1:].split(".")[0]) for name in argument.names if name.startswith("@")), default=0)
    starts = (f"@{depth}.{axis}<" for axis in (0, 1))
    places = [next((name for name in argument.names if name.startswith(start)), start) for start in starts]
    return FunctionMatrix(rows, columns, Lambda(tuple(map(_index, places)), expression(argument)))
