"""A statement as Python that a reader can paste and change: first what it is made of, then one expression.

``python(equation)`` imports from lossgrad and SymPy alone, takes letters from `lossgrad.notation` where they are the
book's, and declares the others with their shapes and assumptions. Run as it stands, the code gives the statement again.

Each expression is tried in the ways in which people write it (`_Ways`), the most readable first. A way is taken only
when carrying it out gives that very expression, for SymPy evaluates much of what is written, and then not always to
what was meant. The last way of all is to name the class and its arguments.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sympy
from sympy import (
    Add,
    Basic,
    Dummy,
    Eq,
    IndexedBase,
    Integer,
    MatMul,
    MatrixSymbol,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    Tuple,
    srepr,
)
from sympy.core.function import UndefinedFunction
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

import lossgrad
from lossgrad import expressions, notation
from lossgrad.expressions import Activation, ActivationClass, Definition, UnspecifiedLoss
from lossgrad.naming import plainly_named

__all__ = ["python"]

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
"""How strongly the parts of a written expression hold together."""

FAILURES = (ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError)
"""What SymPy raises at an expression that cannot be made in the way in which it was tried."""

WIDTH = 100
"""A line that is longer is broken between the two sides."""


def python(statement: Any) -> str:
    """The Python code of an equation or a definition, or of an expression.

    >>> from lossgrad.theorems.linear import weight_gradient
    >>> print(python(weight_gradient()))
    from lossgrad import equation, gradient
    from lossgrad.notation import L, W, X
    <BLANKLINE>
    equation(gradient(L(W*X), W), L.gradient(W*X)*X.T)
    """
    statement = _plain(statement)
    try:
        for writer in (_Writer(), _Writer(in_brackets=True)):
            code = writer.program(statement)
            if _gives(code, statement):
                return code
    except _Unwritten:
        pass
    return _by_class_names(statement)


class _Unwritten(ValueError):
    """An expression of a kind that the writer does not know."""


def _plain(statement: Any) -> Any:
    """The statement with a plain letter for each dummy, which no code could name."""
    if isinstance(statement, Definition):
        return Definition(_plain(statement.lhs), _plain(statement.rhs))
    return plainly_named(statement) if isinstance(statement, Basic) and statement.has(Dummy) else statement


def _run(code: str) -> Any:
    """The value of the last expression, in a namespace of its own."""
    *before, last = ast.parse(code).body
    names: dict[str, Any] = {}
    exec(compile(ast.Module(before, []), "<statement>", "exec"), names)
    if not isinstance(last, ast.Expr):
        raise TypeError(f"the last line must be an expression: got {ast.unparse(last)}")
    return eval(compile(ast.Expression(last.value), "<statement>", "eval"), names)


def _gives(code: str, statement: Any) -> bool:
    """Whether code, run by itself, gives the statement."""
    try:
        return _same(_run(code), statement)
    except FAILURES:
        return False


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


def _by_class_names(statement: Any) -> str:
    """The code in which SymPy represents any expression: long, and exact."""
    if isinstance(statement, Definition):
        shown = f"Definition({srepr(statement.lhs)}, {srepr(statement.rhs)})"
    elif isinstance(statement, Eq):
        shown = f"equation({srepr(statement.lhs)}, {srepr(statement.rhs)})"
    else:
        shown = srepr(statement)
    return "\n".join([*_imports(shown), "", shown])


@cache
def _vocabulary() -> Mapping[str, tuple[str, Any]]:
    """What code may call, by name: the module that it is imported from, and the thing itself."""
    found: dict[str, tuple[str, Any]] = {}
    for module, names in (
        (sympy, sympy.__all__),
        (sympy.matrices.expressions.matexpr, ["MatrixElement"]),
        (sympy.core.symbol, ["Str"]),
        (expressions, vars(expressions)),
        (lossgrad, lossgrad.__all__),
    ):
        for name in names:
            if not (module is expressions and (name.startswith("_") or name in found)):
                found[name] = module.__name__, getattr(module, name)
    return found


@cache
def _class_names() -> Mapping[Any, str]:
    return {thing: name for name, (_, thing) in _vocabulary().items() if isinstance(thing, type)}


_MAKERS = {
    "Convolution": "convolve",
    "Correlation": "correlate",
    "Diag": "diag",
    "Flip": "flip",
    "Gradient": "gradient",
    "Jacobian": "jacobian",
    "LogSumExp": "logsumexp",
    "OneHot": "one_hot",
    "Padded": "padded",
    "Softmax": "softmax",
    "VectorJacobianProduct": "vjp",
}
"""The function that makes an object of a class from the object's own arguments."""


@dataclass(frozen=True)
class _Way:
    """One way to write an expression: text with a place {} for each part, what each part is, how strongly it holds.

    ``places`` says how strongly a part has to hold together to stand in its place without brackets.
    """

    text: str
    parts: tuple[Any, ...] = ()
    strength: int = ATOM
    places: tuple[int, ...] = ()

    def needed(self) -> tuple[int, ...]:
        return self.places or (SUM,) * len(self.parts)


def _call(name: str, *parts: Any, last: str = "") -> _Way:
    return _Way(f"{name}({', '.join(['{}'] * len(parts))}{last})", parts)


def _value(e: Any) -> Any:
    """What the code of an expression evaluates to: a Python number for an integer, else the expression."""
    if isinstance(e, Integer):
        return int(e)
    if isinstance(e, (BooleanTrue, BooleanFalse)):
        return bool(e)
    if isinstance(e, Tuple):
        return tuple(map(_value, e))
    return e


@dataclass
class _Writer:
    """Writes one statement: the letters that it needed so far, and their declarations."""

    in_brackets: bool = False
    letters: dict[Any, str] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=lambda: {name: thing for name, (_, thing) in _vocabulary().items()})
    from_notation: set[str] = field(default_factory=set)
    declared: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    written: dict[Any, tuple[str, int]] = field(default_factory=dict)

    def program(self, statement: Any) -> str:
        """Imports, declarations and the expression."""
        if isinstance(statement, Definition):
            shown = self.sides("Definition", statement.lhs, statement.rhs)
        elif isinstance(statement, Eq):
            shown = self.sides("equation", statement.lhs, statement.rhs)
        else:
            shown = self.code(statement)[0]
        declarations = self.declarations()
        imports = _imports("\n".join([*declarations, shown]), frozenset(self.from_notation), self.declared)
        return "\n".join([*imports, "", *declarations, *([""] if declarations else []), shown])

    def sides(self, name: str, left: Any, right: Any) -> str:
        first, second = self.code(left)[0], self.second(left, right)
        line = f"{name}({first}, {second})"
        return line if len(line) <= WIDTH else f"{name}(\n    {first},\n    {second},\n)"

    def second(self, left: Any, right: Any) -> str:
        """The right side; what a name stands for is told by the name."""
        if isinstance(left, (expressions.Named, expressions.NamedScalar)) and left.value == right:
            return f"{self.code(left)[0]}.value"
        return self.code(right)[0]

    # What an expression is written with.

    def code(self, e: Any) -> tuple[str, int]:
        """The text of an expression, and how strongly it holds together."""
        key = _key(e)
        if key not in self.written:
            letter = self.letter(e)
            self.written[key] = (letter, ATOM) if letter is not None else self.first_way(e)
        return self.written[key]

    def first_way(self, e: Any) -> tuple[str, int]:
        way = next((way for way in self.ways(e) if self.holds(way, e)), None)
        if way is None:
            raise _Unwritten(f"no way is known to write {srepr(e)}")
        return self.filled(way), way.strength

    def holds(self, way: _Way, e: Any) -> bool:
        """Whether carrying the way out gives the expression."""
        names = [f"part_{place}" for place in range(len(way.parts))]
        values = {name: _value(part) for name, part in zip(names, way.parts, strict=True)}
        try:
            made = eval(way.text.format(*names), self.known, values)
        except FAILURES:
            return False
        return _same(made, _value(e))

    def filled(self, way: _Way) -> str:
        texts = []
        for part, needed in zip(way.parts, way.needed(), strict=True):
            text, strength = self.code(part)
            loose = strength < (ATOM if self.in_brackets and needed > SUM else needed)
            texts.append(f"({text})" if loose else text)
        return way.text.format(*texts)

    def ways(self, e: Any) -> Iterator[_Way]:
        """The ways to write an expression, the most readable first."""
        if isinstance(e, Activation) or isinstance(type(e), UndefinedFunction):
            yield from _function(self, e)
        yield from _WAYS.get(type(e).__name__, _no_ways)(self, e)
        yield from self.general(e)

    def general(self, e: Any) -> Iterator[_Way]:
        """Ways that any class has: its name and its arguments."""
        if (name := _class_names().get(type(e))) is None:
            raise _Unwritten(f"{type(e).__name__} has no name that can be imported")
        for maker in (_MAKERS.get(name, name), name):
            yield _call(maker, *e.args[:1])
            yield _call(maker, *e.args)
        yield _call(name, *e.args, last=", evaluate=False")
        yield _call("Basic.__new__", type(e), *e.args)

    # Letters.

    def letter(self, e: Any) -> str | None:
        """The text of what is written by one letter or number, else nothing."""
        if isinstance(e, Integer) and e >= 0:
            return str(int(e))
        if isinstance(e, (BooleanTrue, BooleanFalse)):
            return str(bool(e))
        if e is S.Pi:
            return "pi"
        if isinstance(e, UnspecifiedLoss):
            return self.declare(e, e.name, 2, lambda: f"loss({_quoted(e.name)})")
        if isinstance(e, ActivationClass):
            plain = e.__name__.rstrip("'")
            letter = self.declare(expressions.activation(plain), plain, 2, lambda: f"activation({_quoted(plain)})")
            return letter + ".prime" * (len(e.__name__) - len(plain))
        if isinstance(e, UndefinedFunction):
            facts = "".join(f", {fact}={holds}" for fact, holds in e._kwargs.items())
            return self.declare(e, e.__name__, 2, lambda: f"Function({_quoted(e.__name__)}{facts})")
        if isinstance(e, type):
            return _class_names().get(e)
        if isinstance(e, Symbol):
            rank, made_by = _symbol(e)
            return self.declare(e, e.name, rank, lambda: made_by)
        if isinstance(e, MatrixSymbol):
            return self.declare(e, e.name, 3, lambda: f"MatrixSymbol({_quoted(e.name)}, {self.shape(e)})")
        if isinstance(e, IndexedBase):
            return self.declare(e, str(e.label), 3, lambda: f"labels({_quoted(str(e.label))}, {self.shape(e)})")
        if isinstance(e, (expressions.Named, expressions.NamedScalar)):
            return self.declare(e, e.name, 4, lambda: f"named({_quoted(e.name)}, {self.code(e.value)[0]})")
        return None

    def shape(self, e: Any) -> str:
        return ", ".join(self.code(n)[0] for n in e.shape)

    def declare(self, thing: Any, name: str, rank: int, made_by: Callable[[], str]) -> str:
        """The letter of an object: the book's where it is the book's, else a new one."""
        key = _key(thing)
        if key not in self.letters:
            letter = _identifier(name)
            if _notation().get(letter) == key and letter not in self.letters.values():
                self.from_notation.add(letter)
            else:
                letter = self.free(letter)
                self.declared[letter] = rank, name, made_by()
            self.letters[key] = letter
            self.known[letter] = thing
        return self.letters[key]

    def free(self, letter: str) -> str:
        taken = {*self.letters.values(), *_callable_names()}
        return next(each for each in (letter, *(f"{letter}_{place}" for place in range(1, 99))) if each not in taken)

    def declarations(self) -> list[str]:
        """A line for each kind of symbol, then a line for each other letter, in the order in which they need others."""
        alike: dict[str, list[tuple[str, str]]] = {}
        for letter, (rank, name, made_by) in self.declared.items():
            if rank < 2:
                alike.setdefault(made_by, []).append((letter, name))
        lines = [
            f"{', '.join(letter for letter, _ in group)} = {made_by.format(' '.join(name for _, name in group))}"
            for made_by, group in alike.items()
        ]
        later = sorted(
            ((rank, letter, made_by) for letter, (rank, _, made_by) in self.declared.items() if rank >= 2),
            key=lambda line: line[0],
        )
        return lines + [f"{letter} = {made_by}" for _, letter, made_by in later]


def _imports(code: str, from_notation: frozenset[str] = frozenset(), declared: Iterable[str] = ()) -> list[str]:
    """The imports of what the code names and does not declare."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    wanted: dict[str, set[str]] = {"lossgrad.notation": set(from_notation)} if from_notation else {}
    for name in used & _vocabulary().keys() - from_notation - set(declared):
        wanted.setdefault(_vocabulary()[name][0], set()).add(name)
    modules = sorted(wanted, key=lambda module: (not module.startswith("sympy"), module))
    return [f"from {module} import {', '.join(sorted(wanted[module]))}" for module in modules]


@cache
def _notation() -> Mapping[str, Any]:
    """The letters of the book, each with the key of what it is."""
    kinds = (Symbol, MatrixSymbol, IndexedBase, UnspecifiedLoss, ActivationClass)
    return {name: _key(thing) for name, thing in vars(notation).items() if isinstance(thing, kinds)}


def _key(thing: Any) -> Any:
    """What makes two things the same letter: for a loss its name, since losses do not compare."""
    return (UnspecifiedLoss, thing.name) if isinstance(thing, UnspecifiedLoss) else (type(thing), thing)


@cache
def _callable_names() -> frozenset[str]:
    """Names that no letter may have, for the code may call them; SymPy's one letters and Greek ones it never calls."""
    greek = {"beta", "gamma", "zeta", "Chi"}
    return frozenset(_vocabulary()) - {name for name in _vocabulary() if len(name) == 1} - greek


def _symbol(e: Any) -> tuple[int, str]:
    """The place and the maker of a symbol; symbols with one maker are made together."""
    facts = dict(e._assumptions_orig)
    if facts == {"integer": True, "positive": True}:
        return 0, 'sizes("{}")'
    listed = "".join(f", {fact}={holds}" for fact, holds in sorted(facts.items()))
    if facts == {"real": True}:
        return 1, 'parameters("{}")'
    return 1, f'parameters("{{}}"{listed})' if facts.get("positive") else f'symbols("{{}}"{listed})'


def _identifier(name: str) -> str:
    """A name as Python can spell it: \\operatorname{SiLU}{(A)} is SiLU_A."""
    plain = re.sub(r"\\(operatorname|hat|bar|tilde|mathbf)\b", "", name)
    plain = plain.replace("'", "_prime").replace("+", "plus").replace("-", "minus")
    plain = re.sub(r"\W+", "_", plain).strip("_") or "letter"
    plain = f"letter_{plain}" if plain[0].isdigit() else plain
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def _quoted(name: str) -> str:
    return f'r"{name}"' if "\\" in name else f'"{name}"'


# The ways of each class.


def _signed_sum(writer: _Writer, e: Any) -> Iterator[_Way]:
    """Terms with a plus or a minus between them, what is added before what is taken away."""
    terms = e.as_ordered_terms() if isinstance(e, Add) else e.args
    negative = [_negative(term) for term in terms]
    added = [term for term, minus in zip(terms, negative, strict=True) if minus is None]
    taken = [minus for minus in negative if minus is not None]
    first = "{}" if added else "-{}"
    rest = [" + {}"] * (len(added) - 1) + [" - {}"] * (len(taken) - (not added))
    places = (SUM if added else PRODUCT,) + (PRODUCT,) * (len(terms) - 1)
    yield _Way(first + "".join(rest), (*added, *taken), SUM, places)
    yield _Way(" + ".join(["{}"] * len(e.args)), e.args, SUM, (SUM,) + (PRODUCT,) * (len(e.args) - 1))


def _negative(term: Any) -> Any:
    """What a term takes away, where it does."""
    coefficient = term.as_coeff_Mul()[0] if not getattr(term, "is_Matrix", False) else _coefficient(term)
    return -term if coefficient.is_number and coefficient.is_negative else None


def _coefficient(A: Any) -> Any:
    return A.as_coeff_matrices()[0].as_coeff_Mul()[0] if isinstance(A, MatMul) else S.One


def _product(writer: _Writer, e: Any) -> Iterator[_Way]:
    """A sign, factors, and what they are divided by."""
    if e.as_coeff_Mul()[0].is_negative:
        yield _Way("-{}", (-e,), SIGN, (PRODUCT,))
    above, below = _fraction(e.as_ordered_factors())
    yield from _quotient(above, below)
    yield _factors(e.args)


def _matrix_product(writer: _Writer, e: Any) -> Iterator[_Way]:
    coefficient, matrices = e.as_coeff_matrices()
    if coefficient.as_coeff_Mul()[0].is_negative:
        yield _Way("-{}", (-e,), SIGN, (PRODUCT,))
    above, below = _fraction(Mul.make_args(coefficient))
    yield from _quotient([*above, *matrices], below)
    yield _factors(e.args)


def _fraction(factors: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Factors above and below the line of a fraction."""
    above, below = [], []
    for factor in factors:
        if isinstance(factor, Rational):
            above += [Integer(factor.p)] if factor.p != 1 else []
            below += [Integer(factor.q)] if factor.q != 1 else []
        elif isinstance(factor, Pow) and factor.exp.is_number and factor.exp.is_negative:
            below.append(1 / factor)
        else:
            above.append(factor)
    return above, below


def _quotient(above: Sequence[Any], below: Sequence[Any]) -> Iterator[_Way]:
    if not below:
        yield _factors(above)
        return
    upper = "*".join(["{}"] * len(above)) or "1"
    lower = "{}" if len(below) == 1 else f"({'*'.join(['{}'] * len(below))})"
    places = _places(above) + ((POWER,) if len(below) == 1 else _places(below))
    yield _Way(f"{upper}/{lower}", (*above, *below), PRODUCT, places)


def _factors(parts: Sequence[Any]) -> _Way:
    return _Way("*".join(["{}"] * len(parts)), tuple(parts), PRODUCT, _places(parts))


def _places(parts: Sequence[Any]) -> tuple[int, ...]:
    """A first factor may be a product itself; the others stand in brackets then."""
    return (SIGN,) + (POWER,) * (len(parts) - 1) if parts else ()


def _power(writer: _Writer, e: Any) -> Iterator[_Way]:
    base, exponent = e.args
    if exponent.is_number and exponent.is_negative:
        yield _Way("1/{}", (1 / e,), PRODUCT, (POWER,))
    if exponent == S.Half:
        yield _call("sqrt", base)
    yield _Way("{}**{}", (base, exponent), POWER, (ATOM, ATOM))


def _number(writer: _Writer, e: Any) -> Iterator[_Way]:
    if isinstance(e, Integer):  # a negative one: the others are letters
        yield _Way(str(int(e)), (), SIGN)
    yield _call("Rational", Integer(e.p), Integer(e.q))


def _derivative(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _call("Derivative", e.expr, *e.variables)


def _transpose(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _Way("{}.T", (e.arg,), ATOM, (ATOM,))


def _one_matrix(writer: _Writer, e: Any) -> Iterator[_Way]:
    rows, columns = e.shape
    if columns == 1:
        yield _call("ones", rows)
    elif rows == 1:
        yield _Way("ones({}).T", (columns,))


def _inner(writer: _Writer, e: Any) -> Iterator[_Way]:
    A, B = e.args
    if A == B:
        yield _call("norm_squared", A)
    yield _call("inner", A, B)


def _at(writer: _Writer, e: Any) -> Iterator[_Way]:
    """An entry of a matrix or of labels, by its place."""
    yield _Way(f"{{}}[{', '.join(['{}'] * (len(e.args) - 1))}]", e.args, ATOM, (ATOM,) + (SUM,) * (len(e.args) - 1))


def _matrix_entry(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _call("entry", *e.args)


def _gradient_entry(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _Way("gradient({}, {})[{}, {}]", e.args)


def _one_hot_entry(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _Way("one_hot({}, {})[{}, {}]", e.args)


def _known_label(writer: _Writer, e: Any) -> Iterator[_Way]:
    labels, place = e.args
    yield _Way(f"KnownLabel(Tuple({', '.join(['{}'] * len(labels))}), {{}})", (*labels, place))


def _loss_of(how: str) -> Any:
    def ways(writer: _Writer, e: Any) -> Iterator[_Way]:
        name, *others = e.args
        yield _Way(how, (expressions.loss(name.name), *others))

    return ways


def _elementwise(writer: _Writer, e: Any) -> Iterator[_Way]:
    """A function by its name where it has one, else written out with a letter of its own."""
    (t,), body = e.function.signature, e.function.expr
    if len(body.args) == 1 and body.args[0] == t and isinstance(type(body), type):
        yield _Way("elementwise({}, {})", (type(body), e.args[1]))
    taken = {str(symbol) for symbol in body.free_symbols}
    letter = next(each for each in ("t", "u", "v", "z") if each not in taken)
    yield _Applied(letter, t, body, e.args[1]).way(writer)


@dataclass(frozen=True)
class _Applied:
    """A function without a name, applied to each entry."""

    letter: str
    t: Any
    body: Any
    A: Any

    def way(self, writer: _Writer) -> _Way:
        before, writer.written = writer.written, dict(writer.written)
        writer.written[(type(self.t), self.t)] = self.letter, ATOM
        text = writer.code(self.body)[0]
        writer.written = before
        return _Way(f"elementwise(lambda {self.letter}: {_literal(text)}, {{}})", (self.A,))


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _function(writer: _Writer, e: Any) -> Iterator[_Way]:
    """A function that is known by its letter."""
    yield _Way(f"{{}}({', '.join(['{}'] * len(e.args))})", (type(e), *e.args))


def _relation(sign: str) -> Any:
    def ways(writer: _Writer, e: Any) -> Iterator[_Way]:
        yield _Way(f"{{}} {sign} {{}}", e.args, SUM, (PRODUCT, PRODUCT))

    return ways


def _tuple(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _Way(f"({', '.join(['{}'] * len(e))}{',' if len(e) == 1 else ''})", tuple(e))


def _no_ways(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield from ()


def _pair(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _Way("({}, {})", e.args)


def _matrix(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _rows("ImmutableMatrix", e.tolist())


def _blocks(writer: _Writer, e: Any) -> Iterator[_Way]:
    yield _rows("BlockMatrix", e.blocks.tolist())


def _rows(name: str, rows: list[list[Any]]) -> _Way:
    text = ", ".join(f"[{', '.join(['{}'] * len(row))}]" for row in rows)
    return _Way(f"{name}([{text}])", tuple(part for row in rows for part in row))


_WAYS: dict[str, Any] = {
    "Add": _signed_sum,
    "MatAdd": _signed_sum,
    "Mul": _product,
    "MatMul": _matrix_product,
    "Pow": _power,
    "Derivative": _derivative,
    "Transpose": _transpose,
    "OneMatrix": _one_matrix,
    "Inner": _inner,
    "MatrixElement": _at,
    "Indexed": _at,
    "MatrixEntry": _matrix_entry,
    "EntryGradient": _gradient_entry,
    "OneHotEntry": _one_hot_entry,
    "KnownLabel": _known_label,
    "LossValue": _loss_of("{}({})"),
    "LossGradient": _loss_of("{}.gradient({})"),
    "LossGradientEntry": _loss_of("{}.gradient({})[{}, {}]"),
    "Elementwise": _elementwise,
    "ExprCondPair": _pair,
    "Tuple": _tuple,
    "ImmutableDenseMatrix": _matrix,
    "BlockMatrix": _blocks,
    "StrictGreaterThan": _relation(">"),
    "GreaterThan": _relation(">="),
    "StrictLessThan": _relation("<"),
    "LessThan": _relation("<="),
    **dict.fromkeys(("Half", "Rational", "NegativeOne", "Integer", "One", "Zero"), _number),
}
