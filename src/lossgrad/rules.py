"""Every rule by which the kernel rewrites, as an equation with its side condition: the table that the book prints.

A :class:`Rule` holds for all values at which its condition holds and both sides have a value; ``known`` says how the
kernel comes to know the condition. What follows from a rule is equal by the rule alone, so the kernel is as sound as
this table and the functions that apply it. The tests hold each rule against its definition by sums, and each function
of the kernel against this table.

Letters here: n and m are sizes, i, j, k, l indices; x, w are columns, A is a matrix; a, b, s, t are numbers, c and e
exponents; phi and psi are unspecified functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import (
    Abs,
    Add,
    And,
    Derivative,
    Eq,
    Ge,
    Gt,
    HadamardProduct,
    Heaviside,
    Identity,
    Integer,
    KroneckerDelta,
    Le,
    Lt,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Ne,
    Not,
    Or,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Trace,
    cosh,
    erf,
    exp,
    log,
    sign,
    sinh,
    sqrt,
    symbols,
    sympify,
    tanh,
    true,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.entries import DIFFERENTIABLE
from lossgrad.expressions import (
    Activation,
    EntryGradient,
    KnownLabel,
    activation,
    equation,
    loss,
    ones,
    parameters,
    sigmoid,
    sizes,
)

__all__ = ["BOOKKEEPING", "DECISIONS", "RULES", "Rule"]


@dataclass(frozen=True)
class Rule:
    """A rule of the kernel: ``statement`` wherever ``condition``; ``known`` says how the kernel knows the condition."""

    name: str
    applied_by: tuple[str, ...]
    statement: Eq
    condition: Any = true
    known: str = ""


n, m = sizes("n m")
i, j, k, l = symbols("i j k l", integer=True, nonnegative=True)
x, w, longer = MatrixSymbol("x", n, 1), MatrixSymbol("w", m, 1), MatrixSymbol("x", n + m, 1)
three = MatrixSymbol("x", 3, 1)
A, B, U = MatrixSymbol("A", n, m), MatrixSymbol("B", m, n), MatrixSymbol("U", n, m)
a, b, s, t, c, e = parameters("a b s t c e")
phi, psi, L = activation("phi"), activation("psi"), loss("L")


def _at(column: Any, index: Any) -> Any:
    return MatrixElement(column, index, Integer(0))


def _total(term: Any, index: Any, size: Any) -> Any:
    return Sum(term, (index, 0, size - 1))


def _product(*factors: Any) -> Any:
    return Mul(*factors, evaluate=False)


def _power(base: Any, exponent: Any) -> Any:
    return Pow(base, exponent, evaluate=False)


def _entry(matrix: Any, row: Any, column: Any) -> Any:
    return MatrixElement(matrix, row, column)


def _step(value: Any) -> Any:
    return Heaviside(value, evaluate=False)


def _delta(first: Any, second: Any) -> Any:
    return KroneckerDelta(first, second, evaluate=False)


def _case(condition: Any) -> Any:
    """1 where the condition holds, else 0."""
    return Piecewise((1, condition), (0, True), evaluate=False)


def _rate(f: Any) -> Any:
    return Derivative(f, t)


_d = _delta(j, k)
_RENAMED = "Bound indices are renamed apart before, so that none is captured."
_HYPOTHESIS = "The condition is a hypothesis of the proof unless the signs of its parts give it."
_OFF_KINK = "The kink is excluded by a hypothesis of the proof."
_SIGNS = "Known from the signs of the parts: see what decides the side conditions."

_SUMS = (
    Rule(
        "A product of sums is one sum over both indices",
        ("indices.Kernel.multiply", "indices.Kernel._product", "indices._opened"),
        equation(
            _product(_total(_at(x, i), i, n), a + _total(_at(w, j), j, m)),
            a * _total(_at(x, i), i, n) + Sum(_at(x, i) * _at(w, j), (i, 0, n - 1), (j, 0, m - 1)),
        ),
        known=_RENAMED,
    ),
    Rule(
        "A sum is taken term by term",
        ("indices.Kernel.summed",),
        equation(
            _total(_at(x, i) + a * _at(longer, i + 1), i, n),
            _total(_at(x, i), i, n) + a * _total(_at(longer, i + 1), i, n),
        ),
    ),
    Rule(
        "Terms that are alike are counted",
        ("indices.add", "indices.scale", "indices.subtract"),
        equation(Add(a * _at(x, j), b, a * _at(x, j), evaluate=False), 2 * a * _at(x, j) + b),
    ),
    Rule(
        "What the index does not touch is multiplied by the number of terms",
        ("indices.Kernel._unused",),
        equation(_total(a, i, n), n * a),
        known="The index occurs in no factor. A range that might hold fewer than no indices is refused.",
    ),
    Rule(
        "A sum of one term is that term",
        ("indices.Kernel._single_index",),
        equation(_total(_at(longer, i), i, n), _at(longer, Integer(0))),
        Eq(n, 1, evaluate=False),
        "The range is the number 1.",
    ),
    Rule(
        "An index that counts down counts up",
        ("indices.Kernel._reversed",),
        equation(_total(_at(x, n - 1 - i), i, n), _total(_at(x, i), i, n)),
        known="The whole range is run through either way.",
    ),
    Rule(
        "A range that starts elsewhere is shifted to 0",
        ("translation.Reader._sum", "translation.Reader._range"),
        equation(Sum(_at(x, i), (i, 1, n - 1)), Sum(_at(x, i + 1), (i, 0, n - 2))),
        known="For any first index. Refused: a range that may hold fewer than no indices, or depends on another index.",
    ),
    Rule(
        "The order of sums and the names of their indices do not matter",
        ("indices._labelled", "indices.renamed", "indices._renamed_form"),
        equation(_total(_total(_entry(A, i, j), i, n), j, m), _total(_total(_entry(A, i, j), j, m), i, n)),
        known="An index takes the name of another only where both run through one range.",
    ),
    Rule(
        "A sum over a range that is a number is written out",
        ("translation.Reader._written", "proofs._agrees_written_out"),
        equation(
            _total(_at(MatrixSymbol("x", 3, 1), i), i, Integer(3)),
            Add(*(_at(MatrixSymbol("x", 3, 1), Integer(r)) for r in range(3))),
        ),
        known="Only when the other rules have not decided; ranges that are letters stay as they are.",
    ),
)

_DELTAS = (
    Rule(
        "A sum over a delta keeps the one term where its indices agree",
        ("indices.Kernel._deltas", "indices._solutions"),
        equation(_total(_delta(i, j) * _at(longer, i), i, n), _at(longer, j)),
        Lt(j, n),
        "The ranges of the indices in it show that the index lies in the range; else the delta stays.",
    ),
    Rule(
        "The same where the index is shifted",
        ("indices.Kernel._deltas", "indices._solutions"),
        equation(_total(_delta(i + k, j) * _at(longer, i), i, n), _at(longer, j - k)),
        And(Le(k, j), Lt(j, n + k)),
        "The least and the greatest value of the solution lie in the range.",
    ),
    Rule(
        "Next to a delta, one index stands for the other",
        ("indices.Kernel._deltas", "indices.Kernel._may_go", "indices.Kernel._preference"),
        equation(_d * _at(x, j), _d * _at(x, k)),
        known="Where the indices differ both sides are 0: an entry is a number, whatever its place.",
    ),
    Rule("The square of a delta is the delta", ("indices.Kernel._deltas",), equation(_product(_d, _d), _d)),
    Rule("Equal indices make a delta 1", ("indices.Kernel.delta",), equation(_delta(j, j), Integer(1))),
    Rule(
        "Indices that are apart make a delta 0",
        ("indices.Kernel.delta",),
        equation(_delta(j, j + k), Integer(0)),
        Ne(k, 0),
        "The difference is a number other than 0.",
    ),
    Rule(
        "A delta depends on the difference of its indices alone",
        ("indices.Kernel.delta",),
        equation(_delta(i + k, j + k), _delta(i, j)),
    ),
    Rule(
        "A function of a delta is told by its two cases",
        ("indices.Kernel.by_cases", "indices.Kernel._with_atom", "indices.Kernel.applied"),
        equation(phi(a + b * _d), _d * phi(a + b) + (1 - _d) * phi(a)),
        known="For powers, exponentials, logarithms, steps and every function of a number; the delta is in no sum.",
    ),
    Rule(
        "So is a function of a step",
        ("indices.Kernel.by_cases", "indices.Kernel._with_atom", "indices.Kernel.applied"),
        equation(phi(a + b * _step(t)), _step(t) * phi(a + b) + (1 - _step(t)) * phi(a)),
        Ne(t, 0),
        _OFF_KINK,
    ),
    Rule(
        "A label from a given list is read from the list",
        ("translation.Reader._known_label", "indices.Kernel.applied"),
        equation(
            _total(_at(three, KnownLabel(sympify((2, 0, 0)), i)), i, 3),
            _at(three, Integer(2)) + 2 * _at(three, Integer(0)),
        ),
        known="Once its place is a number.",
    ),
    Rule(
        "An index that can only be 0 is 0",
        ("translation.Reader._symbol",),
        equation(_at(x, j), _at(x, Integer(0))),
        Eq(j, 0, evaluate=False),
        "The index lies below a size that is the number 1.",
    ),
)

_POWERS = (
    Rule(
        "Powers of one factor are added",
        ("indices._merged",),
        equation(_product(_power(a, c), _power(a, e)), a ** (c + e)),
        Gt(a, 0),
        "Whole powers at least 0 need nothing; otherwise " + _HYPOTHESIS[0].lower() + _HYPOTHESIS[1:],
    ),
    Rule(
        "A whole power of a product is the product of the powers",
        ("indices.Kernel.power",),
        equation(_power(_product(a, b), Integer(-2)), _product(_power(a, -2), _power(b, -2))),
        And(Ne(a, 0), Ne(b, 0)),
        "Needed for negative powers alone. " + _HYPOTHESIS,
    ),
    Rule(
        "A root of a product is the product of the roots",
        ("indices.Kernel.power",),
        equation(_power(_product(a, b), Rational(1, 2)), _product(sqrt(a), sqrt(b))),
        And(Gt(a, 0), Ge(b, 0)),
        "Only factors that are known to be positive come out; the rest stays under the root.",
    ),
    Rule(
        "A common factor is taken out before a power, a logarithm or a step",
        ("indices.Kernel.content", "indices._content", "indices._gcd"),
        equation(_power(a * _at(x, j) + a * b, Integer(-1)), _product(_power(a, -1), _power(b + _at(x, j), -1))),
        And(Ne(a, 0), Ne(b + _at(x, j), 0)),
        _HYPOTHESIS,
    ),
    Rule(
        "A common denominator is taken out likewise",
        ("indices.Kernel.content", "indices._content", "indices._negative_powers"),
        equation(_power(b / a + _at(x, j), Integer(-1)), _product(a, _power(b + a * _at(x, j), -1))),
        And(Ne(a, 0), Ne(b + a * _at(x, j), 0)),
        _HYPOTHESIS,
    ),
    Rule(
        "A whole power of a sum is multiplied out",
        ("indices.Kernel._expansion",),
        equation(_power(a + b, c + 1), a * _power(a + b, c) + b * _power(a + b, c)),
        Gt(a + b, 0),
        "A whole power at least 1 needs nothing; a root needs a sum that is positive. " + _HYPOTHESIS,
    ),
    Rule(
        "A power of a prime number is a whole power times a root",
        ("indices.Kernel._roots", "indices._primes"),
        equation(_power(a, c + 1), a * _power(a, c)),
        Gt(a, 0),
        "The factor is a prime number.",
    ),
    Rule(
        "A quotient by a sum gives up the part that is the sum itself",
        ("indices.Kernel._denominator", "indices._match", "indices._leading"),
        equation(
            _total(_at(x, i), i, n) / (b + _total(_at(x, i), i, n)),
            1 - b / (b + _total(_at(x, i), i, n)),
        ),
        Ne(b + _total(_at(x, i), i, n), 0),
        _HYPOTHESIS,
    ),
    Rule(
        "A quotient is 0 where its numerator is 0",
        ("proofs.vanishes",),
        equation(_product(_product(a, b), _power(b, -1)), a),
        Ne(b, 0),
        _HYPOTHESIS + " Used once, for the difference of both sides.",
    ),
)

_EXPONENTIALS = (
    Rule(
        "The exponential of a sum is the product of the exponentials",
        ("indices.Kernel.exponential",),
        equation(exp(a + b, evaluate=False), _product(exp(a), exp(b))),
    ),
    Rule(
        "The exponential of a multiple is a power of the exponential",
        ("indices.Kernel.exponential",),
        equation(exp(c * a), _power(exp(a), c)),
    ),
    Rule(
        "The exponential of a logarithm is the number itself, with its power",
        ("indices.Kernel.exponential",),
        equation(exp(c * log(a), evaluate=False), _power(a, c)),
        Gt(a, 0),
        _HYPOTHESIS,
    ),
    Rule(
        "A power is the exponential of its exponent times the logarithm of its base",
        ("translation.Reader._power",),
        equation(_power(a, c), exp(c * log(a), evaluate=False)),
        Gt(a, 0),
        "For an exponent that is no number. " + _HYPOTHESIS,
    ),
    Rule(
        "The logarithm of a product is the sum of the logarithms",
        ("indices.Kernel.logarithm",),
        equation(log(_product(a, b), evaluate=False), log(a) + log(b)),
        And(Gt(a, 0), Gt(b, 0)),
        "Only factors that are known to be positive come out.",
    ),
    Rule(
        "The logarithm of a power is a multiple of the logarithm",
        ("indices.Kernel.logarithm", "indices.Kernel._logarithm_of"),
        equation(log(_power(a, c), evaluate=False), c * log(a)),
        Gt(a, 0),
        "Only factors that are known to be positive come out.",
    ),
    Rule(
        "The logarithm of an exponential is the exponent",
        ("indices.Kernel._logarithm_of",),
        equation(log(exp(a, evaluate=False), evaluate=False), a),
    ),
)

_STEPS = (
    Rule(
        "A step forgets a positive factor",
        ("indices.Kernel.step",),
        equation(_step(b * a), _step(a)),
        And(Gt(b, 0), Ne(a, 0)),
        _SIGNS,
    ),
    Rule(
        "The step of the opposite",
        ("indices.Kernel.step", "indices._leads_negative"),
        equation(_step(-a), 1 - _step(a)),
        Ne(a, 0),
        _OFF_KINK,
    ),
    Rule(
        "A step of what is positive is 1",
        ("indices.Kernel.step",),
        equation(_step(a), Integer(1)),
        Gt(a, 0),
        _SIGNS,
    ),
    Rule(
        "A step of what is negative is 0",
        ("indices.Kernel.step",),
        equation(_step(a), Integer(0)),
        Lt(a, 0),
        _SIGNS,
    ),
    Rule(
        "The square of a step is the step",
        ("indices.Kernel._steps",),
        equation(_product(_step(a), _step(a)), _step(a)),
        Ne(a, 0),
        _OFF_KINK,
    ),
    Rule(
        "Of two steps of which one comes first, that one decides",
        ("indices.Kernel._steps",),
        equation(_step(a) * _step(b), _step(a)),
        And(Gt(b - a, 0), Ne(a, 0), Ne(b, 0)),
        _SIGNS,
    ),
    Rule(
        "Two steps that exclude each other",
        ("indices.Kernel._steps",),
        equation(_step(a) * _step(b), Integer(0)),
        And(Lt(a + b, 0), Ne(a, 0), Ne(b, 0)),
        _SIGNS,
    ),
    Rule(
        "Two steps of which one is always 1",
        ("indices.Kernel._steps",),
        equation(_step(a) * _step(b), _step(a) + _step(b) - 1),
        And(Gt(a + b, 0), Ne(a, 0), Ne(b, 0)),
        _SIGNS,
    ),
    Rule(
        "A maximum by a step",
        ("translation.Reader._max", "translation.Reader._upper"),
        equation(Max(a, b), b + (a - b) * _step(a - b)),
        Ne(a, b),
        "At a tie both cases have one value, so nothing is excluded.",
    ),
    Rule(
        "A minimum by a maximum",
        ("translation.Reader._min",),
        equation(Min(a, b), -Max(-a, -b)),
    ),
    Rule(
        "An absolute value by a maximum",
        ("translation.Reader._abs",),
        equation(Abs(a), Max(a, -a)),
    ),
    Rule(
        "A sign by a step",
        ("translation.Reader._sign",),
        equation(sign(a), 2 * _step(a) - 1),
        Ne(a, 0),
        _OFF_KINK,
    ),
    Rule(
        "The sign of an integer by two steps off their kinks",
        ("translation.Reader._sign",),
        equation(sign(j - k), _step(j - k - Rational(1, 2)) + _step(j - k + Rational(1, 2)) - 1),
        known="An integer is never one half.",
    ),
    Rule(
        "The first case that holds",
        ("translation.Reader._piecewise",),
        equation(
            Piecewise((a, Gt(s, 0)), (b, Gt(t, 0)), (c, True)),
            _step(s) * a + (1 - _step(s)) * (_step(t) * b + (1 - _step(t)) * c),
        ),
        And(Ne(s, 0), Ne(t, 0)),
        _OFF_KINK + " Cases that leave something open are refused.",
    ),
    Rule(
        "An inequality is a step of the difference",
        ("translation.Reader._condition",),
        equation(_case(Ge(a, b)), _step(a - b)),
        Ne(a, b),
        _OFF_KINK,
    ),
    Rule(
        "An inequality of integers is a step that has no kink",
        ("translation.Reader._condition", "translation._margin"),
        equation(_case(Le(j, k)), _step(k - j + Rational(1, 2))),
        known="A strict one takes one half away.",
    ),
    Rule(
        "A strict inequality of integers",
        ("translation.Reader._condition", "translation._margin"),
        equation(_case(Lt(j, k)), _step(k - j - Rational(1, 2))),
        known="An integer is never one half.",
    ),
    Rule(
        "Equal indices are a delta",
        ("translation.Reader._condition",),
        equation(_case(Eq(j, k)), _d),
    ),
    Rule(
        "Unequal indices",
        ("translation.Reader._condition",),
        equation(_case(Ne(j, k)), 1 - _d),
    ),
    Rule(
        "Both conditions",
        ("translation.Reader._condition",),
        equation(_case(And(Le(j, k), Le(k, l))), _case(Le(j, k)) * _case(Le(k, l))),
    ),
    Rule(
        "Either condition",
        ("translation.Reader._condition",),
        equation(_case(Or(Le(j, k), Le(k, l))), 1 - (1 - _case(Le(j, k))) * (1 - _case(Le(k, l)))),
    ),
    Rule(
        "No condition",
        ("translation.Reader._condition",),
        equation(_case(Not(Or(Le(j, k), Le(k, l)), evaluate=False)), 1 - _case(Or(Le(j, k), Le(k, l)))),
    ),
)

_FUNCTIONS = (
    *(
        Rule(
            f"The function {f.__name__} by exponentials",
            ("translation.Reader._by_exponentials",),
            equation(f(t), value),
        )
        for f, value in (
            (sigmoid, 1 / (1 + exp(-t))),
            (tanh, (exp(t) - exp(-t)) / (exp(t) + exp(-t))),
            (sinh, (exp(t) - exp(-t)) / 2),
            (cosh, (exp(t) + exp(-t)) / 2),
        )
    ),
    Rule(
        "The error function is odd",
        ("translation.Reader._erf",),
        equation(erf(-t, evaluate=False), -erf(t)),
    ),
    Rule(
        "Equal arguments give equal values",
        ("translation.Reader._function", "indices.Kernel.applied"),
        equation(phi(_product(a, a + b)), phi(a**2 + a * b)),
        known="A function of the caller is known by its name, kept apart from those of the kernel.",
    ),
    Rule(
        "Equal entries give an unspecified loss equal values",
        ("translation.Reader._loss",),
        equation(L(_product(a, A) + U), L(U + a * A)),
        known="A loss is known by its name and the shape of its argument, whose entry at two placeholders is compared.",
    ),
)


def _slopes() -> tuple[Rule, ...]:
    """The derivative of each function that has one, by the chain rule."""
    known = {log: (Gt(phi(t), 0), _HYPOTHESIS), Abs: (Ne(phi(t), 0), _OFF_KINK)}
    rules = []
    for f in DIFFERENTIABLE:
        f = psi if f is Activation else f
        slope = sign(phi(t)) if f is Abs else f(phi(t)).fdiff()
        name = "an unspecified function" if f is psi else f.__name__
        statement = equation(_rate(f(phi(t))), slope * phi.prime(t))
        rules.append(Rule(f"Chain rule: {name}", ("entries.derivative",), statement, *known.get(f, (true, ""))))
    return tuple(rules)


_DERIVATIVES = (
    Rule(
        "Sum rule",
        ("entries.derivative",),
        equation(_rate(phi(t) + psi(t)), phi.prime(t) + psi.prime(t)),
    ),
    Rule(
        "Product rule",
        ("entries.derivative",),
        equation(_rate(phi(t) * psi(t)), phi.prime(t) * psi(t) + phi(t) * psi.prime(t)),
    ),
    Rule(
        "Power rule",
        ("entries.derivative",),
        equation(_rate(_power(phi(t), c)), c * _power(phi(t), c - 1) * phi.prime(t)),
        Gt(phi(t), 0),
        "A whole power at least 1 needs nothing, a negative one a base other than 0. " + _HYPOTHESIS,
    ),
    Rule(
        "Power rule for an exponent that varies",
        ("entries.derivative",),
        equation(
            _rate(_power(phi(t), psi(t))),
            psi(t) * _power(phi(t), psi(t) - 1) * phi.prime(t) + log(phi(t)) * _power(phi(t), psi(t)) * psi.prime(t),
        ),
        Gt(phi(t), 0),
        _HYPOTHESIS,
    ),
    Rule(
        "A sum is differentiated term by term",
        ("entries.derivative",),
        equation(_rate(_total(phi(t * _at(x, i)), i, n)), _total(phi.prime(t * _at(x, i)) * _at(x, i), i, n)),
        known=_RENAMED,
    ),
    *_slopes(),
    Rule(
        "A maximum, where there is no tie",
        ("entries.derivative", "entries._derivative_of_max"),
        equation(
            _rate(Max(phi(t), psi(t))), _step(phi(t) - psi(t)) * phi.prime(t) + _step(psi(t) - phi(t)) * psi.prime(t)
        ),
        Ne(phi(t), psi(t)),
        _OFF_KINK,
    ),
    Rule(
        "A minimum, where there is no tie",
        ("entries.derivative", "entries._derivative_of_max"),
        equation(
            _rate(Min(phi(t), psi(t))), _step(psi(t) - phi(t)) * phi.prime(t) + _step(phi(t) - psi(t)) * psi.prime(t)
        ),
        Ne(phi(t), psi(t)),
        _OFF_KINK,
    ),
    Rule(
        "Cases, off the points where they change",
        ("entries.derivative",),
        equation(
            _rate(Piecewise((phi(t), Gt(t, a)), (psi(t), True))),
            Piecewise((phi.prime(t), Gt(t, a)), (psi.prime(t), True)),
        ),
        Ne(t, a),
        _OFF_KINK,
    ),
    Rule(
        "A step is constant off its kink",
        ("entries.derivative",),
        equation(_rate(_step(phi(t))), Integer(0)),
        Ne(phi(t), 0),
        _OFF_KINK,
    ),
    Rule(
        "An entry depends on itself alone",
        ("entries.derivative", "entries.entry_by_entry"),
        equation(EntryGradient(_entry(A, i, j), A, k, l), _delta(i, k) * _delta(j, l)),
        known="Entries of one matrix are independent variables; an entry of another matrix has derivative 0.",
    ),
    Rule(
        "Chain rule for an unspecified loss",
        ("entries.derivative", "entries._chain_rule_of_loss"),
        equation(
            EntryGradient(L(t * A), A, k, l),
            t * _entry(L.gradient(t * A), k, l),
        ),
        known="A sum over all entries of the argument. A second derivative of an unspecified loss is refused.",
    ),
)

_ENTRIES = (
    Rule(
        "Of a product",
        ("entries.written_out",),
        equation(_entry(A * B, i, j), _total(_entry(A, i, k) * _entry(B, k, j), k, m)),
        known=_RENAMED,
    ),
    Rule(
        "Of a transpose",
        ("entries.written_out",),
        equation(_entry(A.T, j, i), _entry(A, i, j)),
    ),
    Rule(
        "Of a sum",
        ("entries.written_out",),
        equation(_entry(A + U, i, j), _entry(A, i, j) + _entry(U, i, j)),
    ),
    Rule(
        "Of a product entry by entry",
        ("entries.written_out",),
        equation(_entry(HadamardProduct(A, U), i, j), _entry(A, i, j) * _entry(U, i, j)),
    ),
    Rule("Of the identity", ("entries.written_out",), equation(_entry(Identity(n), i, j), _delta(i, j))),
    Rule(
        "Of a column of ones",
        ("entries.written_out",),
        equation(_entry(ones(n), i, Integer(0)), Integer(1)),
    ),
    Rule(
        "The trace",
        ("entries.written_out",),
        equation(Trace(A * B), _total(_total(_entry(A, i, j) * _entry(B, j, i), j, m), i, n)),
    ),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "Entries of matrices": _ENTRIES,
    "Derivatives": _DERIVATIVES,
    "Sums": _SUMS,
    "Deltas": _DELTAS,
    "Powers": _POWERS,
    "Exponentials and logarithms": _EXPONENTIALS,
    "Steps, maxima and cases": _STEPS,
    "Functions": _FUNCTIONS,
}
"""Every rule, in the order in which an expression meets them."""

DECISIONS: dict[str, str] = {
    "indices.positive": "A sum is above 0 when one term is and the others are at least 0.",
    "indices.nonnegative": "A sum is at least 0 when all its terms are.",
    "indices._sign": "A product is at least 0 when its number is and each factor is positive or to an even power.",
    "indices._is_even": "An even whole power.",
    "indices._in_sizes_less_one": "Each size is written as 1 and the square of a number.",
    "indices._square": "The square that stands for a size less 1.",
    "indices.positive_atom": "Above 0 are exponentials, pi, prime numbers, sizes, and parameters declared positive.",
    "indices.Kernel.within": "An index lies in a range when its least and its greatest value do.",
    "indices.Kernel._intervals": "The least and greatest value of a sum of indices come from the ranges of its parts.",
    "indices.Kernel._known_sizes": "An index lies below the size of its sum or of what it indexes; a label likewise.",
    "indices.Kernel.is_whole": "A whole number is made of indices, labels and sizes, with whole coefficients.",
    "indices.Kernel._is_whole": "The same for a term.",
    "translation.Reader._heaviside": "A step at an integer is refused, for there the kink is no exception.",
}
"""What decides the side conditions, each with how; what it does not show is taken to be unknown."""

BOOKKEEPING: dict[str, str] = {
    "indices.Kernel.term": "Tries the rules for one term in turn and counts what they cost.",
    "indices.Kernel.substituted": "Puts values for free indices; bound ones are never free, so none is captured.",
    "indices.Kernel.substituted_atom": "The same in a factor and in its arguments.",
    "indices.Kernel._substituted_product": "The same in a product.",
    "indices.Kernel._resummed": "Sums over several indices, one after the other.",
    "indices.Kernel._settled": "Applies the rules again to what is left after a division.",
    "indices.number": "A number as a Form.",
    "indices.single": "An atom as a Form.",
    "indices.named": "Notes the range of an index.",
    "indices.size_of": "Looks the range of an index up.",
    "indices.fresh": "Makes a name that nothing else bears.",
    "indices._text": "A short text for a name, one to one.",
    "indices._power_key": "The text of a power, by which equal ones are found.",
    "indices._colour": "Tells bound indices apart by the factors in which they stand.",
    "indices._masked": "The factor with its bound indices made alike.",
    "indices._sorted": "Puts factors in order.",
    "indices._generic_key": "Orders terms whatever their indices are called.",
    "indices._named_alone": "An index alone, as a term.",
    "translation.head_of": "The name of a symbol with its assumptions, so that namesakes stay apart.",
    "translation.Reader.form": "Reads an expression, each part once.",
    "translation.Reader._form": "Finds who reads a kind of expression; what nobody reads is refused.",
    "translation.Reader._matrix_element": "An entry as an atom of its matrix and its indices.",
    "translation.Reader._indexed": "A label as an atom of its place.",
    "translation.Reader._delta": "A delta of two indices.",
    "translation.expression": "A Form as an expression, for people to read.",
    "translation._term": "The same for a term.",
    "translation._index": "The same for a bound index.",
    "translation._atom": "The same for a factor.",
    "translation._argument_of_loss": "The same for the argument of a loss.",
    "entries._Writer.written": "Writes out each part once; each bound index gets a name of its own.",
    "entries._Writer._sum": "The same for a sum, whose indices get new names.",
    "entries._Writer._differentiated": "Differentiates, and notes for the hypotheses what it met.",
    "entries._taken_apart": "Asks a matrix expression for its entry; one without entries is refused.",
    "entries.rebuilt": "The same expression with other parts.",
    "entries._no_second_derivative": "Refuses what no rule gives.",
    "entries.contracted": "Proposes a line for the steps of a proof, which is then proved like any other.",
    "entries._contracted_sum": "The same for one sum.",
}
"""The functions of the kernel that apply no rule of their own, each with what it does instead."""
