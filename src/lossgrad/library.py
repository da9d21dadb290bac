"""What the book can speak of, by name and in the book's order.

A **statement** is a public function without required arguments, defined in a module of `lossgrad.theorems` or
`lossgrad.mistakes`. What it says that it returns says what it is:

    in theorems   ``-> Eq``           a theorem
    in theorems   ``-> Definition``   a definition
    in mistakes   ``-> Eq``           a mistake: an equation that is false, and refuted where it is shown

Its name is that of its module and its own, as in ``linear.weight_gradient``. The modules stand in the order of the
``TOPICS`` of their package, the functions in the order of their module.
"""

import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from importlib import import_module
from inspect import get_annotations
from types import CodeType, FrameType, ModuleType
from typing import Any

from sympy import Eq

from lossgrad.arguments import argument
from lossgrad.expressions import Definition

Statement = Callable[[], Any]
KINDS: dict[type, str] = {Eq: "Eq(left, right, evaluate=False)", Definition: "a Definition"}
"""What a statement returns, and how that is written."""

Tracer = Callable[[FrameType, str, object], Any]

WRITTEN = {
    "batchnorm": "BatchNorm",
    "clip": "CLIP",
    "dpo": "DPO",
    "elu": "ELU",
    "gelu": "GELU",
    "gru": "GRU",
    "fisher": "Fisher",
    "hessian": "Hessian",
    "infonce": "InfoNCE",
    "jacobian": "Jacobian",
    "jax": "JAX",
    "kl": "KL",
    "layernorm": "LayerNorm",
    "logsumexp": "log-sum-exp",
    "lora": "LoRA",
    "lstm": "LSTM",
    "numpy": "NumPy",
    "pytorch": "PyTorch",
    "relu": "ReLU",
    "rmsnorm": "RMSNorm",
    "rnn": "RNN",
    "silu": "SiLU",
    "swiglu": "SwiGLU",
    "sympy": "SymPy",
    "vjp": "vector-Jacobian product",
}
"""How the field writes a word that a function's name has in small letters."""


class UnknownName(KeyError):
    """No statement of that kind has that name."""

    def __init__(self, name: str, kind: str, known: list[str]) -> None:
        self.name = name
        self.nearest = get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"; the nearest are {', '.join(self.nearest)}" if self.nearest else ""
        super().__init__(f"no {kind} is named {name!r}{hint}")

    def __str__(self) -> str:
        return str(self.args[0])


class Unlisted(ImportError):
    """The modules of a package and its ``TOPICS`` disagree; ``path`` is where they are listed."""


class NoStatement(TypeError):
    """A public function stands among the statements and says or returns something else, or nothing."""

    def __init__(self, function: Statement, reason: str) -> None:
        self.function = function
        super().__init__(f"{function.__module__}.{function.__name__} {reason}")


class Statements(dict[str, Statement]):
    """Statements of one kind by name; an unknown name is answered with the nearest ones."""

    def __init__(self, kind: str, functions: dict[str, Statement]) -> None:
        super().__init__(functions)
        self.kind = kind

    def __missing__(self, name: str) -> Statement:
        raise UnknownName(name, self.kind, list(self))


@cache
def theorems(package: str = "lossgrad") -> Statements:
    """The theorems of a package: ``{"linear.weight_gradient": weight_gradient, ...}``."""
    return Statements("theorem", _returning(Eq, _stated_in(f"{package}.theorems")))


@cache
def definitions(package: str = "lossgrad") -> Statements:
    """The definitions of a package, which stand among its theorems."""
    return Statements("definition", _returning(Definition, _stated_in(f"{package}.theorems")))


@cache
def mistakes(package: str = "lossgrad") -> Statements:
    """The false equations of a package, each to be refuted where it is shown."""
    return Statements("mistake", _returning(Eq, _stated_in(f"{package}.mistakes")))


@cache
def stated(function: Statement) -> Any:
    """What a statement says: its equation, or its definition."""
    try:
        said = function()
    except Exception as error:
        raise NoStatement(function, f"raised {error!r}") from error
    if isinstance(said, kind := _kind(function)):
        return said
    raise NoStatement(function, f"must return {KINDS[kind]}, as it says: got {said!r}")


@cache
def rests_on(name: str, package: str = "lossgrad") -> tuple[str, ...]:
    """The theorems that a theorem calls to state or argue itself, in the book's order; not what these call in turn.

    >>> rests_on("linear.ridge_gradient"), rests_on("linear.weight_gradient")
    (('linear.weight_gradient',), ())
    """
    names = {theorem.__code__: other for other, theorem in theorems(package).items()}
    theorem = theorems(package)[name]
    stated(theorem)  # what is no statement is refused before it is traced
    called = _called(theorem, names)
    return tuple(other for other in names.values() if other in called)


def _called(theorem: Statement, names: dict[CodeType, str]) -> set[str]:
    """The names of the theorems that a theorem and its argument call, without those that are called inside others."""
    running: list[str] = []
    called: set[str] = set()

    def entered(frame: FrameType, event: str, value: object) -> Tracer | None:
        if (name := names.get(frame.f_code)) is None:
            return None
        if len(running) == 1:
            called.add(name)
        running.append(name)
        frame.f_trace_lines = False
        return left

    def left(frame: FrameType, event: str, value: object) -> Tracer:
        if event == "return":
            running.pop()
        return left

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        said = theorem()
        running.append(names[theorem.__code__])  # what its argument calls, it calls
        argument(theorem, said.rhs)
    finally:
        sys.settrace(before)
    return called


def digest(statement: object) -> str:
    """A short name of a statement as it stands, by which what was found about it is kept.

    >>> digest(1) != digest(2)
    True
    """
    return sha256(str(statement).encode()).hexdigest()[:16]


def title(name: str) -> str:
    """The name as a heading.

    >>> title("linear.weight_gradient"), title("activations.relu_gradient")
    ('Weight gradient', 'ReLU gradient')
    """
    words = [WRITTEN.get(word, word) for word in name.rpartition(".")[2].split("_")]
    heading = " ".join(words)
    return heading[:1].upper() + heading[1:]


def words(function: Statement) -> str:
    """The statement in words: the first paragraph of the docstring, without a formula that follows a colon.

    The formula is for those who read the code; a page prints the equation itself.

    >>> def square_of_sum():
    ...     '''The square of a sum has
    ...     a mixed term: (a + b)^2 = a^2 + 2 a b + b^2.
    ...
    ...     For real numbers.
    ...     '''
    >>> words(square_of_sum)
    'The square of a sum has\\na mixed term.'
    """
    paragraph = inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0]
    return re.sub(r":\s[^:]*=.*", ".", paragraph, flags=re.DOTALL)


def correction(function: Statement) -> str | None:
    """The theorem that corrects a mistake, as its docstring names it.

    >>> def lost_sign():
    ...     '''The sign of the second term is lost.
    ...
    ...     Corrected by: linear.weight_gradient.
    ...     '''
    >>> correction(lost_sign)
    'linear.weight_gradient'
    """
    named = re.search(r"^\s*Corrected by: ([\w.]+?)\.?\s*$", function.__doc__ or "", re.MULTILINE)
    return named[1] if named else None


def _returning(kind: type, functions: dict[str, Statement]) -> dict[str, Statement]:
    return {name: function for name, function in functions.items() if _kind(function) is kind}


def _kind(function: Statement) -> type:
    """What a statement says that it returns."""
    said = get_annotations(function, eval_str=True).get("return")
    if isinstance(said, type) and said in KINDS:
        return said
    raise NoStatement(function, "must say what it returns, -> Eq or -> Definition")


@cache
def _stated_in(package: str) -> dict[str, Statement]:
    return {
        f"{topic}.{name}": function
        for topic in _topics(import_module(package))
        for name, function in _public_functions(import_module(f"{package}.{topic}"))
    }


def _topics(package: ModuleType) -> tuple[str, ...]:
    """The package's ``TOPICS``; a module that they leave out would be proved and shown nowhere."""
    topics: tuple[str, ...] = package.TOPICS
    modules = {module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")}
    if modules != set(topics):
        odd = ", ".join(sorted(modules ^ set(topics)))
        raise Unlisted(f"{package.__name__}.TOPICS and the modules beside it disagree on: {odd}", path=package.__file__)
    return topics


def _public_functions(module: ModuleType) -> Iterator[tuple[str, Statement]]:
    for name, function in vars(module).items():
        if (
            inspect.isfunction(function)
            and function.__module__ == module.__name__
            and not name.startswith("_")
            and not _required(function)
        ):
            yield name, function


def _required(function: Statement) -> list[str]:
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind not in optional
    ]
