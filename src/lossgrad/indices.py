"""The normal form of index expressions: the proof kernel.

A :class:`Form` is a sum of terms ``c * Sum over bound indices of a product of powers of atoms``; two expressions that
are brought to the same Form by the rules below are equal at every shape. An :class:`Atom` is an entry ``W[i, j]``, a
symbol, a label ``y[n]``, a delta, or a function of Forms; an index is itself a Form (``p``, ``y[n]``, ``t + a``).

Objects are interned: equal means identical. A bound index has a name that carries its range, ``%7`` while a term is
being built and ``#1.0<N>`` once the term stands (1: one more than the deepest sum inside; 0: its place), so an inner
sum never shares a name with an outer one and no substitution can capture.

The rules, each with its side condition, are the methods of :class:`Kernel`; the book prints their docstrings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from itertools import count, permutations, product
from typing import ClassVar

from sympy import factorint

__all__ = ["Atom", "Form", "Kernel", "Unsettled"]

_BASE, _DELTA, _EXP, _LOG, _STEP = "base", "δ", "exp", "log", "H"


class Unsettled(Exception):
    """The rules did not come to an end within their allowance, or do not apply to such an expression."""


_TEXTS: dict[str, str] = {}


def _text(head: str) -> str:
    """A short text for a head, one to one: its letters and a number, so that no name can be taken for structure."""
    if head not in _TEXTS:
        _TEXTS[head] = head if head.isalnum() else f"{re.sub('[^a-zA-Z0-9]', '', head)[:12]}'{len(_TEXTS)}"
    return _TEXTS[head]


class Atom:
    """A factor that no rule takes apart: a head and its arguments, which are Forms."""

    __slots__ = ("args", "head", "height", "key", "names")
    interned: ClassVar[dict[str, Atom]] = {}

    head: str
    args: tuple[Form, ...]
    key: str
    names: frozenset[str]
    height: int

    def __new__(cls, head: str, *args: Form) -> Atom:
        key = f"{_text(head)}({','.join(arg.key for arg in args)})" if args else _text(head)
        if key not in cls.interned:
            atom = cls.interned[key] = super().__new__(cls)
            atom.head, atom.args, atom.key = head, args, key
            atom.names = frozenset().union(*(arg.names for arg in args)) if args else frozenset({head})
            atom.height = max((arg.height for arg in args), default=0)
        return cls.interned[key]


Factors = tuple[tuple[Atom, Fraction], ...]


class Monomial:
    """A product of powers of atoms, summed over its bound indices."""

    __slots__ = ("bounds", "factors", "height", "key", "names")
    interned: ClassVar[dict[str, Monomial]] = {}

    bounds: tuple[str, ...]
    factors: Factors
    key: str
    names: frozenset[str]
    height: int

    def __new__(cls, bounds: tuple[str, ...], factors: Factors) -> Monomial:
        key = ",".join(map(_text, bounds)) + ":" + "·".join(_power_key(atom, e) for atom, e in factors)
        if key not in cls.interned:
            term = cls.interned[key] = super().__new__(cls)
            term.bounds, term.factors, term.key = bounds, factors, key
            names: frozenset[str] = frozenset().union(*(atom.names for atom, _ in factors))
            term.names = names.difference(bounds)
            inner = max((atom.height for atom, _ in factors), default=0)
            term.height = inner + 1 if bounds else inner
        return cls.interned[key]


def _power_key(atom: Atom, e: Fraction) -> str:
    return atom.key if e == 1 else f"{atom.key}^{e}"


class Form:
    """A sum of monomials with rational coefficients."""

    __slots__ = ("height", "key", "names", "terms")
    interned: ClassVar[dict[str, Form]] = {}

    terms: tuple[tuple[Monomial, Fraction], ...]
    key: str
    names: frozenset[str]
    height: int

    def __new__(cls, terms: Mapping[Monomial, Fraction]) -> Form:
        kept = tuple(sorted(((m, c) for m, c in terms.items() if c), key=lambda item: item[0].key))
        key = "[" + "+".join(f"{c}*{m.key}" for m, c in kept) + "]"
        if key not in cls.interned:
            form = cls.interned[key] = super().__new__(cls)
            form.terms, form.key = kept, key
            form.names = frozenset().union(*(m.names for m, _ in kept))
            form.height = max((m.height for m, _ in kept), default=0)
        return cls.interned[key]

    @property
    def constant(self) -> Fraction | None:
        """The number that this is, or None."""
        if not self.terms:
            return Fraction(0)
        (m, c), *others = self.terms
        return c if not others and m is _UNIT else None

    @property
    def atom(self) -> Atom | None:
        """The atom that this is, or None."""
        if len(self.terms) != 1:
            return None
        m, c = self.terms[0]
        return m.factors[0][0] if c == 1 and not m.bounds and len(m.factors) == 1 and m.factors[0][1] == 1 else None


_UNIT = Monomial((), ())
ZERO = Form({})
ONE = Form({_UNIT: Fraction(1)})
_SIZES: dict[str, Form] = {}  # of every bound name
_NUMBERS = count()
POSITIVE: set[str] = set()  # the heads of symbols that were declared positive
TABLES: dict[str, tuple[int, ...]] = {}  # the heads of labels that are given one by one
COUNTS: set[str] = set()  # the heads of positive integers, such as sizes
LOSSES: set[str] = set()  # the heads of losses, whose argument stands for every entry of a matrix


def number(c: Fraction | int) -> Form:
    return Form({_UNIT: Fraction(c)})


def single(atom: Atom) -> Form:
    return Form({Monomial((), ((atom, Fraction(1)),)): Fraction(1)})


def named(name: str, size: Form) -> str:
    """Register the range of a bound name: 0 .. size - 1."""
    _SIZES[name] = size
    return name


def fresh(size: Form) -> str:
    """A name that nothing else bears, for an index in 0 .. size - 1."""
    return named(f"%{next(_NUMBERS)}", size)


def size_of(name: str) -> Form:
    """The number of values of a bound name."""
    return _SIZES[name]


def add(*forms: Form) -> Form:
    terms: dict[Monomial, Fraction] = {}
    for form in forms:
        for m, c in form.terms:
            terms[m] = terms.get(m, Fraction(0)) + c
    return Form(terms)


def scale(form: Form, c: Fraction | int) -> Form:
    return form if c == 1 else Form({m: k * c for m, k in form.terms})


def subtract(left: Form, right: Form) -> Form:
    return add(left, scale(right, -1))


@cache
def positive(form: Form) -> bool:
    """Whether the value is above 0 for all real entries and sizes >= 1, as far as the signs of its terms show."""
    if any(_sign(m, c) == "+" for m, c in form.terms) and all(_sign(m, c) in "+0" for m, c in form.terms):
        return True
    return (less_one := _in_sizes_less_one(form)) is not form and positive(less_one)


@cache
def nonnegative(form: Form) -> bool:
    """Whether the value is at least 0 for all real entries and sizes >= 1, as far as the signs of its terms show."""
    if all(_sign(m, c) in "+0" for m, c in form.terms):
        return True
    return (less_one := _in_sizes_less_one(form)) is not form and nonnegative(less_one)


def _in_sizes_less_one(form: Form) -> Form:
    """The Form in n - 1 >= 0 instead of each size n >= 1, written as the square of a number."""
    sizes = {name: add(ONE, _square(name)) for name in form.names if name in COUNTS}
    if not sizes or all(c > 0 for _, c in form.terms):
        return form
    return Kernel().substituted(form, sizes)


def _square(name: str) -> Form:
    return Form({Monomial((), ((Atom(f"root of {name} - 1"), Fraction(2)),)): Fraction(1)})


def _sign(m: Monomial, c: Fraction) -> str:
    """'+' above 0, '0' at least 0, '?' unknown; sums have at least one term (sizes are positive)."""
    if c < 0 or not all(positive_atom(a) or _is_even(e) for a, e in m.factors):
        return "?"
    strict = all(positive_atom(a) for a, _ in m.factors) and all(positive(_SIZES[b]) for b in m.bounds)
    return "+" if strict else "0"


def _is_even(e: Fraction) -> bool:
    return e.denominator == 1 and e % 2 == 0


@cache
def positive_atom(atom: Atom) -> bool:
    if atom.head == _BASE:
        return positive(atom.args[0])
    return atom.head in (_EXP, "pi") or atom.head.isdigit() or atom.head in POSITIVE


Rule = Callable[[Sequence[str], dict[Atom, Fraction]], "Form | None"]


class Kernel:
    """The rules. ``ranges`` gives, for a free index or a label, the sizes below which its values are known to lie."""

    ALLOWANCE = 20_000

    def __init__(self, ranges: Mapping[str, frozenset[Form]] | None = None) -> None:
        self.ranges = dict(ranges or {})
        self.used: set[str] = set()
        self.left = self.ALLOWANCE
        self.rules: tuple[Rule, ...] = (
            self._roots,
            self._deltas,
            self._single_index,
            self._reversed,
            self._steps,
            self._expansion,
            self._denominator,
            self._unused,
        )

    # -- products and sums -------------------------------------------------------------------------------------------

    def multiply(self, *forms: Form) -> Form:
        """Distribute products over sums; a product of two sums is one sum over both indices, renamed apart."""
        result = ONE
        for form in forms:
            if form is ONE:
                continue
            result = form if result is ONE else self._product(result, form)
        return result

    def _product(self, left: Form, right: Form) -> Form:
        if (c := left.constant) is not None:
            return scale(right, c) if c else ZERO
        if (c := right.constant) is not None:
            return scale(left, c) if c else ZERO
        parts = []
        for m, c in left.terms:
            for n, d in right.terms:
                bounds, factors = _opened(m)
                more, others = _opened(n)
                parts.append(self.term([*bounds, *more], _merged(factors, others), c * d))
        return add(*parts)

    def summed(self, form: Form, name: str) -> Form:
        """The sum of a Form over the index ``name``: sums of sums are taken apart term by term."""
        parts = []
        for m, c in form.terms:
            bounds, factors = _opened(m)
            parts.append(self.term([name, *bounds], dict(factors), c))
        return add(*parts)

    def _resummed(self, form: Form, names: Iterable[str], c: Fraction) -> Form:
        for name in names:
            form = self.summed(form, name)
        return scale(form, c)

    def substituted(self, form: Form, values: Mapping[str, Form]) -> Form:
        """The Form with Forms for free names; bound names are no free names, so nothing is captured."""
        if form.names.isdisjoint(values):
            return form
        parts = []
        for m, c in form.terms:
            bounds, factors = _opened(m)
            parts.append(self._resummed(self._substituted_product(factors.items(), values), bounds, c))
        return add(*parts)

    def _substituted_product(self, factors: Iterable[tuple[Atom, Fraction]], values: Mapping[str, Form]) -> Form:
        return self.multiply(*(self.power(self.substituted_atom(a, values), e) for a, e in factors))

    def substituted_atom(self, atom: Atom, values: Mapping[str, Form]) -> Form:
        if atom.names.isdisjoint(values):
            return single(atom)
        if not atom.args:
            return values[atom.head]
        return self.applied(atom.head, *(self.substituted(arg, values) for arg in atom.args))

    def applied(self, head: str, *args: Form) -> Form:
        """A function of Forms, by the rule of its head."""
        rules: dict[str, Callable[..., Form]] = {
            _BASE: lambda base: base,
            _DELTA: self.delta,
            _EXP: self.exponential,
            _LOG: self.logarithm,
            _STEP: self.step,
        }
        if head in rules:
            return rules[head](*args)
        if head in TABLES and args[0].constant is not None:
            return number(TABLES[head][int(args[0].constant)])
        takes_a_number = len(args) == 1 and head not in LOSSES
        if takes_a_number and (cases := self.by_cases(args[0], lambda arg: self.applied(head, arg))) is not None:
            return cases
        return single(Atom(head, *args))

    def by_cases(self, form: Form, f: Callable[[Form], Form]) -> Form | None:
        """f(a) = d f(a where d = 1) + (1 - d) f(a where d = 0) for a delta or step d outside sums; None without one."""
        indicator = next(
            (a for m, _ in form.terms for a, _ in m.factors if a.head in (_DELTA, _STEP) and not m.bounds), None
        )
        if indicator is None:
            return None
        d = single(indicator)
        on, off = (f(self._with_atom(form, indicator, value)) for value in (ONE, ZERO))
        return add(off, self._product(d, subtract(on, off)))

    # -- one term ----------------------------------------------------------------------------------------------------

    def term(self, bounds: Sequence[str], factors: Mapping[Atom, Fraction], c: Fraction) -> Form:
        """``c`` times the sum over ``bounds`` of a product, brought to normal form by the first rule that applies."""
        self.left -= 1
        if self.left < 0:
            raise Unsettled("the rules did not come to an end within their allowance")
        live = {a: e for a, e in factors.items() if e}
        if not c:
            return ZERO
        for rule in self.rules:
            if (result := rule(bounds, live)) is not None:
                self.used.add(rule.__name__.strip("_"))
                return scale(result, c)
        return Form({_labelled(tuple(bounds), live): c})

    def _roots(self, bounds: Sequence[str], factors: dict[Atom, Fraction]) -> Form | None:
        """p^(n + f) = p^n p^f for a prime p, an integer n and 0 <= f < 1."""
        for atom, e in factors.items():
            if atom.head.isdigit() and not 0 < e < 1:
                whole = e.__floor__()
                rest = {**factors, atom: e - whole}
                return self.term(bounds, rest, Fraction(int(atom.head)) ** whole)
        return None

    def _deltas(self, bounds: Sequence[str], factors: dict[Atom, Fraction]) -> Form | None:
        """Sum over i < n of d(i, j) f(i) = f(j) if 0 <= j < n; d(i, j) f(i) = d(i, j) f(j); d^2 = d, d a delta."""
        for atom, e in factors.items():
            if atom.head != _DELTA:
                continue
            if e < 0:
                raise Unsettled("a delta in a denominator")
            others = {a: k for a, k in factors.items() if a is not atom}
            if e != 1:
                return self.term(bounds, {**others, atom: Fraction(1)}, Fraction(1))
            for name, value in _solutions(subtract(*atom.args), bounds):
                if self.within(value, _SIZES[name]):
                    rest = self._substituted_product(others.items(), {name: value})
                    return self._resummed(rest, [b for b in bounds if b != name], Fraction(1))
            for i, j in sorted((atom.args, atom.args[::-1]), key=lambda pair: self._preference(pair[0], bounds)):
                name = i.atom.head if i.atom and not i.atom.args else ""
                if self._may_go(name, j, bounds) and any(name in a.names for a in others):
                    rest = self._product(self._substituted_product(others.items(), {name: j}), single(atom))
                    return self._resummed(rest, bounds, Fraction(1))
                if self._may_go(name, j, bounds):
                    break
        return None

    def _may_go(self, name: str, value: Form, bounds: Sequence[str]) -> bool:
        """Whether delta(name, value) is to put ``value`` in the place of ``name``: not for names still to be summed."""
        settled = all(not n.startswith("%") or n in bounds for n in (name, *value.names))
        return bool(name) and name not in value.names and settled

    @staticmethod
    def _preference(i: Form, bounds: Sequence[str]) -> tuple[int, str]:
        """Bound names go first, by their range; then free names from the end of the alphabet."""
        name = i.atom.head if i.atom else ""
        if name in bounds:
            return (0, _SIZES[name].key)
        return (1, "".join(chr(0x10FFFF - ord(letter)) for letter in name)) if name else (2, "")

    def within(self, index: Form, size: Form) -> bool:
        """Whether ``index`` is a whole number in 0 .. size - 1 for all values of the indices that it is made of."""
        return self.is_whole(index) and any(
            nonnegative(low) and nonnegative(subtract(subtract(size, ONE), high))
            for low, high in self._intervals(index)
        )

    def _intervals(self, index: Form) -> Iterator[tuple[Form, Form]]:
        """Least and greatest values of a linear index, for each choice of the ranges known of its indices."""
        parts = [(c, self._known_sizes(m)) for m, c in index.terms]
        fixed = Form({m: c for (m, c), (_, known) in zip(index.terms, parts, strict=True) if known is None})
        for choice in product(*([(c, size) for size in known] for c, known in parts if known is not None)):
            tops = [scale(subtract(size, ONE), c) for c, size in choice]
            low = add(fixed, *(top for top, (c, _) in zip(tops, choice, strict=True) if c < 0))
            high = add(fixed, *(top for top, (c, _) in zip(tops, choice, strict=True) if c > 0))
            yield low, high

    def is_whole(self, form: Form) -> bool:
        """Whether the value is a whole number: made of indices, labels and sizes alone, with whole coefficients."""
        return all(c.denominator == 1 and self._is_whole(m) for m, c in form.terms)

    def _is_whole(self, m: Monomial) -> bool:
        counts = all(not a.args and a.head in COUNTS and e.denominator == 1 and e > 0 for a, e in m.factors)
        return not m.bounds and (counts or self._known_sizes(m) is not None)

    def _known_sizes(self, m: Monomial) -> Sequence[Form] | None:
        """The sizes below which an index or label lies; None for what is neither, such as a number or a size."""
        atom = Form({m: Fraction(1)}).atom
        if atom is None or (not atom.args and atom.head in COUNTS):
            return None
        if not atom.args and atom.head in _SIZES:
            return (_SIZES[atom.head],)
        if atom.head in TABLES:
            return (number(1 + max(TABLES[atom.head])),)
        known = self.ranges.get(atom.head)
        return None if known is None else tuple(known)

    def _single_index(self, bounds: Sequence[str], factors: dict[Atom, Fraction]) -> Form | None:
        """Sum over i < 1 of f(i) = f(0)."""
        for name in bounds:
            if _SIZES[name] is ONE:
                rest = self._substituted_product(factors.items(), {name: ZERO})
                return self._resummed(rest, [b for b in bounds if b != name], Fraction(1))
        return None

    def _reversed(self, bounds: Sequence[str], factors: dict[Atom, Fraction]) -> Form | None:
        """Sum over i < n of f(n - 1 - i) = sum over i < n of f(i): an index that only ever counts down counts up."""
        for name in bounds:
            signs = {
                c > 0
                for a in factors
                if a.head not in (_DELTA, _STEP)
                for arg in a.args
                for m, c in arg.terms
                if m is _named_alone(name)
            }
            if signs == {False}:
                value = subtract(subtract(_SIZES[name], ONE), single(Atom(name)))
                rest = self._substituted_product(factors.items(), {name: value})
                return self._resummed(rest, bounds, Fraction(1))
        return None

    def _steps(self, bounds: Sequence[str], factors: dict[Atom, Fraction]) -> Form | None:
        """H^2 = H; H(a) H(b) = H(a) if b - a > 0; = 0 if a + b < 0; = H(a) + H(b) - 1 if a + b > 0; off the kinks."""
        steps = [atom for atom in factors if atom.head == _STEP]
        for atom in steps:
            if factors[atom] < 0:
                raise Unsettled("a step in a denominator")
            if factors[atom] != 1:
                return self.term(bounds, {**factors, atom: Fraction(1)}, Fraction(1))
        for a, b in permutations(steps, 2):
            (x,), (z,) = a.args, b.args
            rest = {atom: e for atom, e in factors.items() if atom not in (a, b)}
            if positive(subtract(z, x)):
                return self.term(bounds, {**rest, a: Fraction(1)}, Fraction(1))
            if positive(scale(add(x, z), -1)):
                return ZERO
            if positive(add(x, z)):
                parts = ({**rest, a: Fraction(1)}, {**rest, b: Fraction(1)})
                return add(
                    *(self.term(bounds, part, Fraction(1)) for part in parts), self.term(bounds, rest, Fraction(-1))
                )
        return None

    def _expansion(self, bounds: Sequence[str], factors: dict[Atom, Fraction]) -> Form | None:
        """(a + b)^(n + f) = (a + b)^n (a + b)^f, the whole power n >= 1 multiplied out."""
        for atom, e in factors.items():
            if atom.head == _BASE and e >= 1:
                whole = e.__floor__()
                rest = self.term([], {**factors, atom: e - whole}, Fraction(1))
                return self._resummed(self.multiply(rest, *[atom.args[0]] * whole), bounds, Fraction(1))
        return None

    def _denominator(self, bounds: Sequence[str], factors: dict[Atom, Fraction]) -> Form | None:
        """b^e m = (b^(e+1) - b^e (b - m)) for e < 0 and the leading term m of b: 1/b times b is 1, b not 0."""
        for atom, e in factors.items():
            if atom.head != _BASE or e >= 0:
                continue
            (base,) = atom.args
            lead, c = _leading(base)
            match = _match(lead, bounds, factors)
            if match is None:
                continue
            taken, rest = match
            remaining = [b for b in bounds if b not in taken]
            higher = self.term([], {**rest, atom: e + 1}, Fraction(1))
            tail = Form({m: k for m, k in base.terms if m is not lead})
            lower = self._product(self.term([], rest, Fraction(1)), tail)
            return self._resummed(subtract(higher, lower), remaining, 1 / c)
        return None

    def _unused(self, bounds: Sequence[str], factors: dict[Atom, Fraction]) -> Form | None:
        """Sum over i < n of c = n c, if i does not occur in c."""
        for name in bounds:
            if not any(name in atom.names for atom in factors):
                rest = self.term([b for b in bounds if b != name], factors, Fraction(1))
                return self._product(_SIZES[name], rest)
        return None

    # -- functions ---------------------------------------------------------------------------------------------------

    def delta(self, i: Form, j: Form) -> Form:
        """delta(i, i) = 1; delta(i, j) = 0 if i - j is a number other than 0; delta(i, j) depends on |i - j| alone."""
        difference = subtract(i, j)
        if difference.constant is not None:
            return ZERO if difference.constant else ONE
        above = Form({m: c for m, c in difference.terms if c > 0})
        below = Form({m: -c for m, c in difference.terms if c < 0})
        return single(Atom(_DELTA, *sorted((above, below), key=lambda form: form.key)))

    def power(self, form: Form, e: Fraction) -> Form:
        """(c m r)^e = c^e m^e r^e: whole powers of any factor, other powers of positive factors."""
        if e == 0 or form is ONE:
            return ONE
        if form is ZERO:
            if e < 0:
                raise Unsettled("a division by zero")
            return ZERO
        if e == 1:
            return form
        whole = e.denominator == 1
        if (e < 0 or not whole) and (cases := self.by_cases(form, lambda base: self.power(base, e))) is not None:
            return cases
        c, common, rest = self.content(form, positive_only=not whole)
        outer = {atom: k * e for atom, k in common.items()}
        if whole:
            factor = c**e.numerator
        else:
            factor = Fraction(1)
            for prime, k in _primes(c):
                outer[Atom(str(prime))] = outer.get(Atom(str(prime)), Fraction(0)) + k * e
        if rest is not ONE:
            if rest.constant is not None:
                raise Unsettled("a root of a negative number")
            base = rest.atom or Atom(_BASE, rest)
            outer[base] = outer.get(base, Fraction(0)) + e
        return self.term([], outer, factor)

    def content(self, form: Form, positive_only: bool) -> tuple[Fraction, dict[Atom, Fraction], Form]:
        """Number, common factors and rest, whose product is the Form; ``positive_only``: what comes out is above 0."""
        c, common, rest = _content(form, positive_only)
        settled = self._settled(rest)
        if settled is rest:
            return c, common, rest
        more, others, rest = self.content(settled, positive_only)
        return c * more, _merged(common, others), rest

    def _settled(self, form: Form) -> Form:
        """The Form with every term brought to normal form again, after a division."""
        if not any(a.head == _BASE for m, _ in form.terms for a, _ in m.factors):
            return form
        parts = []
        for m, c in form.terms:
            bounds, factors = _opened(m)
            parts.append(self.term(bounds, factors, c))
        return add(*parts)

    def exponential(self, form: Form) -> Form:
        """exp(a + b) = exp(a) exp(b); exp(c a) = exp(a)^c; exp(c log a) = a^c for a > 0."""
        parts = []
        for m, c in form.terms:
            argument = Form({m: Fraction(1)})
            if (cases := self.by_cases(scale(argument, c), self.exponential)) is not None:
                parts.append(cases)
            elif argument.atom and argument.atom.head == _LOG:
                parts.append(self.power(argument.atom.args[0], c))
            else:
                parts.append(self.term([], {Atom(_EXP, argument): c}, Fraction(1)))
        return self.multiply(*parts)

    def logarithm(self, form: Form) -> Form:
        """log(c m r) = log c + log m + log r for positive c and m; log(exp(a)) = a; log(a^e) = e log a."""
        if form is ZERO:
            raise Unsettled("a logarithm of zero")
        if (cases := self.by_cases(form, self.logarithm)) is not None:
            return cases
        c, common, rest = self.content(form, positive_only=True)
        parts = [scale(self._logarithm_of(atom), e) for atom, e in common.items()]
        parts += [scale(single(Atom(_LOG, number(prime))), k) for prime, k in _primes(c)]
        if rest is not ONE:
            if rest.constant is not None:
                raise Unsettled("a logarithm of a negative number")
            parts.append(single(Atom(_LOG, rest)))
        return add(*parts)

    @staticmethod
    def _logarithm_of(atom: Atom) -> Form:
        if atom.head == _EXP:
            return atom.args[0]
        if atom.head.isdigit():
            return single(Atom(_LOG, number(int(atom.head))))
        return single(Atom(_LOG, atom.args[0] if atom.head == _BASE else single(atom)))

    def step(self, form: Form) -> Form:
        """H(c a) = H(a) for c > 0; H(-a) = 1 - H(a); H = 1 on positive and 0 on negative values; off the kink a = 0."""
        if positive(form):
            return ONE
        if positive(scale(form, -1)):
            return ZERO
        if (cases := self.by_cases(form, self.step)) is not None:
            return cases
        if form is ZERO:
            raise Unsettled("a step at its kink")
        _, _, rest = self.content(form, positive_only=True)
        if _leads_negative(rest):
            return subtract(ONE, single(Atom(_STEP, scale(rest, -1))))
        return single(Atom(_STEP, rest))

    def _with_atom(self, form: Form, atom: Atom, value: Form) -> Form:
        """The Form with ``value`` for ``atom`` where it stands as a factor outside sums."""
        parts = []
        for m, c in form.terms:
            powers = dict(m.factors)
            e = powers.pop(atom, Fraction(0)) if not m.bounds else Fraction(0)
            rest = Form({_labelled(m.bounds, powers): c})
            parts.append(self._product(rest, self.power(value, e)) if e else rest)
        return add(*parts)


# -- terms under construction ------------------------------------------------------------------------------------------


def _opened(m: Monomial) -> tuple[list[str], dict[Atom, Fraction]]:
    """The bound indices of a standing term under fresh names, and its factors in these names."""
    if not m.bounds:
        return [], dict(m.factors)
    names = {name: fresh(_SIZES[name]) for name in m.bounds}
    return list(names.values()), {renamed(a, names): e for a, e in m.factors}


def _merged(left: Mapping[Atom, Fraction], right: Mapping[Atom, Fraction]) -> dict[Atom, Fraction]:
    merged = dict(left)
    for atom, e in right.items():
        merged[atom] = merged.get(atom, Fraction(0)) + e
    return merged


@lru_cache(maxsize=200_000)
def _renamed_form(form: Form, names: tuple[tuple[str, str], ...]) -> Form:
    mapping = dict(names)
    terms: dict[Monomial, Fraction] = {}
    for m, c in form.terms:
        if m.names.isdisjoint(mapping):
            new = m
        else:
            bounds, factors = _opened(m)
            new = _labelled(tuple(bounds), {renamed(a, mapping): e for a, e in factors.items()})
        terms[new] = terms.get(new, Fraction(0)) + c
    return Form(terms)


def renamed(atom: Atom, names: Mapping[str, str]) -> Atom:
    """The atom with new names, one to one, for names that are free in it."""
    if atom.names.isdisjoint(names):
        return atom
    if not atom.args:
        return Atom(names[atom.head])
    relevant = tuple(sorted((old, new) for old, new in names.items() if old in atom.names))
    args = [_renamed_form(arg, relevant) for arg in atom.args]
    if atom.head == _DELTA:
        args.sort(key=lambda form: form.key)
    return Atom(atom.head, *args)


def _labelled(bounds: tuple[str, ...], factors: Mapping[Atom, Fraction]) -> Monomial:
    """The standing term: of all ways to number its bound indices, the one whose text comes first."""
    if not bounds:
        return Monomial((), _sorted(factors))
    height = 1 + max((atom.height for atom in factors), default=0)
    colours: dict[tuple[str, ...], list[str]] = {}
    for name in bounds:
        colours.setdefault(_colour(name, bounds, factors), []).append(name)
    groups = [colours[colour] for colour in sorted(colours)]
    best: Monomial | None = None
    for order in product(*(permutations(group) for group in groups)):
        flat = [name for group in order for name in group]
        names = {name: f"#{height}.{n}<{_SIZES[name].key}>" for n, name in enumerate(flat)}
        for name, label in names.items():
            named(label, _SIZES[name])
        candidate = Monomial(tuple(names.values()), _sorted({renamed(a, names): e for a, e in factors.items()}))
        if best is None or candidate.key < best.key:
            best = candidate
    assert best is not None
    return best


def _colour(name: str, bounds: Sequence[str], factors: Mapping[Atom, Fraction]) -> tuple[str, ...]:
    """What tells a bound index from others whatever their names: its range and the factors that it stands in."""
    return (
        _SIZES[name].key,
        *sorted(_power_key(_masked(a, name, bounds), e) for a, e in factors.items() if name in a.names),
    )


def _masked(atom: Atom, name: str, bounds: Sequence[str]) -> Atom:
    return renamed(atom, {b: named("?" if b == name else "*", ONE) for b in bounds})


def _sorted(factors: Mapping[Atom, Fraction]) -> Factors:
    return tuple(sorted(((a, e) for a, e in factors.items() if e), key=lambda factor: factor[0].key))


def _content(form: Form, positive_only: bool) -> tuple[Fraction, dict[Atom, Fraction], Form]:
    """The content by the terms as they stand; the rest may hold whole powers that are still to be multiplied out."""
    numerators = [abs(c) for _, c in form.terms]
    c = numerators[0] if len(numerators) == 1 else _gcd(numerators)
    if not positive_only and _leads_negative(form):
        c = -c
    shared: dict[Atom, Fraction] = {}
    first, *others = (m for m, _ in form.terms)
    for atom, e in first.factors:
        if atom.names.isdisjoint(first.bounds) and (positive_atom(atom) or not positive_only):
            shared[atom] = e
    for m in others:
        powers = {a: e for a, e in m.factors if a.names.isdisjoint(m.bounds)}
        shared = {
            a: min(e, powers[a]) if e > 0 or powers[a] > 0 else max(e, powers[a])
            for a, e in shared.items()
            if a in powers
        }
    negative = _negative_powers(form, positive_only)
    shared = {a: e for a, e in {**shared, **negative}.items() if e}
    terms: dict[Monomial, Fraction] = {}
    for m, k in form.terms:
        powers = dict(m.factors)
        for atom, e in shared.items():
            powers[atom] = powers.get(atom, Fraction(0)) - e
        terms[_labelled(m.bounds, powers)] = k / c
    return c, shared, Form(terms)


def _negative_powers(form: Form, positive_only: bool) -> dict[Atom, Fraction]:
    """The most negative power of each atom that stands in a denominator of some term, outside sums."""
    lowest: dict[Atom, Fraction] = {}
    for m, _ in form.terms:
        for atom, e in m.factors:
            if e < 0 and atom.names.isdisjoint(m.bounds) and (positive_atom(atom) or not positive_only):
                lowest[atom] = min(e, lowest.get(atom, e))
    return lowest


def _gcd(fractions: Sequence[Fraction]) -> Fraction:
    from math import gcd, lcm

    return Fraction(gcd(*(f.numerator for f in fractions)), lcm(*(f.denominator for f in fractions)))


def _primes(c: Fraction) -> Iterable[tuple[int, int]]:
    yield from factorint(c.numerator).items()
    yield from ((p, -k) for p, k in factorint(c.denominator).items())


def _generic_key(m: Monomial) -> tuple[Fraction, str]:
    """An order of terms that does not depend on the names of indices."""
    free = [n for n in m.names if n.startswith(("%", "#"))]
    masked = [(renamed(a, {n: named("*", ONE) for n in free}), e) for a, e in m.factors]
    return (sum((abs(e) for _, e in m.factors), Fraction(0)), "·".join(sorted(_power_key(a, e) for a, e in masked)))


def _leads_negative(form: Form) -> bool:
    """Whether the term that sets the sign is negative: one that is above 0 but for its coefficient, if there is any.

    The order of terms is one that renaming indices does not change; where it leaves a tie, nothing leads.
    """
    keyed = [((_sign(m, abs(c)) == "+", _generic_key(m)), c) for m, c in form.terms]
    best = max(key for key, _ in keyed)
    return {c < 0 for key, c in keyed if key == best} == {True}


def _leading(form: Form) -> tuple[Monomial, Fraction]:
    """The term of highest degree, by an order that renaming indices does not change as far as possible."""
    return max(form.terms, key=lambda item: (*_generic_key(item[0]), item[0].key))


def _solutions(difference: Form, bounds: Sequence[str]) -> Iterator[tuple[str, Form]]:
    """For each bound index that stands in a difference once, with coefficient 1 or -1: the value that makes it 0."""
    for m, c in difference.terms:
        atom = Form({m: Fraction(1)}).atom
        if atom is None or atom.args or atom.head not in bounds or abs(c) != 1:
            continue
        others = Form({n: k for n, k in difference.terms if n is not m})
        if atom.head not in others.names:
            yield atom.head, scale(others, -c)


def _named_alone(name: str) -> Monomial:
    return Monomial((), ((Atom(name), Fraction(1)),))


def _match(
    lead: Monomial, bounds: Sequence[str], factors: Mapping[Atom, Fraction]
) -> tuple[set[str], dict[Atom, Fraction]] | None:
    """How ``lead`` divides a product: the bound indices it takes, which nothing else may use, and the other factors."""
    for chosen in permutations(bounds, len(lead.bounds)):
        if any(_SIZES[a] is not _SIZES[b] for a, b in zip(chosen, lead.bounds, strict=True)):
            continue
        names = dict(zip(lead.bounds, chosen, strict=True))
        rest = dict(factors)
        for atom, e in lead.factors:
            image = renamed(atom, names) if names else atom
            have = rest.get(image, Fraction(0))
            if (e > 0 and have < e) or (e < 0 and have > e):
                break
            rest[image] = have - e
        else:
            rest = {a: e for a, e in rest.items() if e}
            if not any(name in a.names for a in rest for name in chosen):
                return set(chosen), rest
    return None
