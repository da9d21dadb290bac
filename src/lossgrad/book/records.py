"""What was found out about a statement, kept from one build to the next until something it rests on changes.

A record is the text that a page prints of a proof or of a refutation. It is kept under a hash of all the code that the
statement can reach, that is of every module that its own imports, directly or through others, together with the kernel,
the printer and the versions of Python and SymPy. Nothing else can change what is proved, so an edit to one page, or to
one topic, does not prove the other topics again. What is not proved is not kept.
"""

import ast
import hashlib
import json
import os
import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any, TypeVar

from sympy import Eq, Symbol, srepr, sympify

from lossgrad import library
from lossgrad.arguments import argument
from lossgrad.counterexamples import shown
from lossgrad.printing import latex, python
from lossgrad.proofs import Refuted, prove
from lossgrad.statements import statement
from lossgrad.steps import steps_of

PRINTS = ("lossgrad.steps", "lossgrad.printing", "lossgrad.book.records")
"""What a record depends on besides the statement's own module."""

REGISTERS = "lossgrad.book"
"""What only tells Sphinx of the modules beside it: it is imported with `records`, and changes nothing in a record."""


@dataclass(frozen=True)
class ProofRecord:
    """What is printed of a proof: its formulas as TeX, each step with its rule; the statement as code and ``srepr``.

    The steps are of one entry, or block, where the statement has ``others``. The digest is that of the statement, by
    which other findings about it are known for its own.
    """

    equation: str
    python: str
    lhs: str
    rhs: str
    scope: str
    shapes: list[str]
    hypotheses: list[str]
    steps: list[list[str]]
    others: int
    seconds: float
    rests_on: list[str]
    representation: str
    digest: str


@dataclass(frozen=True)
class RefutationRecord:
    """What is printed of a refutation: the place, both sides there, and the slip that it looks like."""

    equation: str
    python: str
    at: list[str]
    left: str
    right: str
    hint: str


class NotRefuted(Exception):
    """What is shown as a mistake could not be shown to be one."""


Record = TypeVar("Record", ProofRecord, RefutationRecord)


def proof(name: str, package: str, folder: Path) -> ProofRecord:
    """The record of a theorem's proof: kept, or proved now."""
    theorem = library.theorems(package)[name]
    return _kept(ProofRecord, lambda said: _proved(said, library.rests_on(name, package)), theorem, folder)


def refutation(name: str, package: str, folder: Path) -> RefutationRecord:
    """The record of a mistake's refutation: kept, or found now."""
    mistake = library.mistakes(package)[name]
    return _kept(RefutationRecord, _refuted, mistake, folder)


def _proved(theorem: library.Statement, rests_on: tuple[str, ...]) -> ProofRecord:
    found = prove(library.stated(theorem))
    return ProofRecord(
        equation=latex(found.equation),
        python=python(found.equation),
        lhs=latex(found.equation.lhs),
        rhs=latex(found.equation.rhs),
        scope=found.scope,
        shapes=list(_shapes(found.equation)),
        hypotheses=[latex(hypothesis) for hypothesis in found.hypotheses],
        steps=[[latex(step.left), latex(step.right), step.rule] for step in steps_of(theorem)],
        others=0 if argument(theorem, found.equation.rhs) else len(statement(found.equation).claims) - 1,
        seconds=found.seconds,
        rests_on=list(rests_on),
        representation=_represented(found.equation),
        digest=library.digest(found.equation),
    )


def _shapes(equation: Eq) -> Iterator[str]:
    """The letters of each shape that has a letter in it, then the labels: ``W, V : C × D``."""
    stated = statement(equation)
    alike: dict[tuple[Any, ...], list[Any]] = {}
    for matrix in stated.matrices:
        alike.setdefault(matrix.shape, []).append(matrix)
    for y in dict.fromkeys(y for claim in stated.claims for y in claim.labels):
        alike.setdefault(y.shape, []).append(y.label)
    for shape, letters in alike.items():
        if any(n.free_symbols for n in map(sympify, shape)):
            yield f"{', '.join(map(latex, letters))} : " + r" \times ".join(map(_size, shape))


def _size(n: Any) -> str:
    return rf"\left({latex(n)}\right)" if sympify(n).is_Add else latex(n)


def _represented(equation: object) -> str:
    """The ``srepr`` of an equation, its dummies numbered as they occur: SymPy numbers them anew in every process."""
    numbers: dict[str, int] = {}
    return re.sub(
        r"(?<=dummy_index=)\d+", lambda found: str(numbers.setdefault(found[0], len(numbers) + 1)), srepr(equation)
    )


def _refuted(mistake: library.Statement) -> RefutationRecord:
    equation = library.stated(mistake)
    try:
        prove(equation)
    except Refuted as refusal:
        found = refusal.counterexample
        places = {**found.sizes, **found.indices, **found.values}
        return RefutationRecord(
            equation=latex(equation),
            python=python(equation),
            at=[f"{_letter(name)} = {latex(value)}" for name, value in places.items()],
            left=shown(found.left),
            right=shown(found.right),
            hint=refusal.hint,
        )
    raise NotRefuted("it is proved, so it is no mistake")


def _letter(name: str) -> str:
    """A name of a counterexample as mathematics: a letter as it is, with its argument where it has one."""
    letter, _, argument = name.partition("(")
    return latex(Symbol(letter)) + (rf"\left({argument[:-1]}\right)" if argument else "")


def _kept(
    kind: type[Record], find: Callable[[library.Statement], Record], statement: library.Statement, folder: Path
) -> Record:
    name = f"{statement.__module__}.{statement.__name__}"
    file = folder / f"{name}-{state(statement.__module__)}.json"
    if file.is_file():
        return kind(**json.loads(file.read_text(encoding="utf-8")))
    record = find(statement)
    folder.mkdir(parents=True, exist_ok=True)
    for outdated in folder.glob(f"{name}-*.json"):
        outdated.unlink(missing_ok=True)
    being_written = file.with_suffix(f".{os.getpid()}")  # another process may prove the same
    being_written.write_text(json.dumps(asdict(record), ensure_ascii=False, indent=1), encoding="utf-8")
    being_written.replace(file)
    return record


@cache
def state(module: str) -> str:
    """A hash of all the code that a module can reach, and of the versions that it runs on."""
    digest = hashlib.sha256(f"{platform.python_version()} {version('sympy')} {version('mpmath')}".encode())
    for name, content in sorted(reached(module).items()):
        digest.update(f"{name} {content}".encode())
    return digest.hexdigest()[:16]


def reached(module: str) -> dict[str, str]:
    """A module, what it imports from its own package or from this one, and what these import: each with its hash."""
    own = {module.partition(".")[0], __name__.partition(".")[0]}
    found: dict[str, str] = {}
    waiting = {module, *PRINTS}
    while waiting:
        here = waiting.pop()
        if here not in {*found, REGISTERS} and here.partition(".")[0] in own and (spec := _spec(here)) is not None:
            file = Path(str(spec.origin))
            found[here], imported = _read(file, file.stat().st_mtime_ns, str(spec.parent))
            waiting |= {here.rpartition(".")[0], *imported}
    return found


def _spec(module: str) -> ModuleSpec | None:
    """Where a module is; none for a name inside a module."""
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    return spec if spec is not None and spec.has_location else None


@cache
def _read(file: Path, written: int, package: str) -> tuple[str, frozenset[str]]:
    """The hash of a file as it was last written, and the names it imports, as the modules they may be."""
    source = file.read_bytes()
    return hashlib.sha256(source).hexdigest(), frozenset(_imported(ast.parse(source), package))


def _imported(program: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(program):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=source, names=names, level=level):
                base = resolve_name("." * level + (source or ""), package)
                yield base
                yield from (f"{base}.{name.name}" for name in names)
