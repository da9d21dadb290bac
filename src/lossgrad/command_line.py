"""The command line: ``python -m lossgrad``, or ``lossgrad`` where it is installed.

    list                      what there is, by name
    show NAME ...             a statement with its words, equation, scope, hypotheses and steps
    prove NAME ...            prove it again; prove --all proves every theorem
    check LOSS GRADIENT       hold a gradient of your own against differences of your loss

The status is 0 when all is well, 1 when something is not proved or differs, 2 when the question makes no sense. With
``--json`` the answer is one JSON document on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from time import perf_counter
from typing import Any

from lossgrad import library
from lossgrad.plain_text import names, plain_text
from lossgrad.proofs import Malformed, NotProved, Proof, Refuted, Undecided, prove

__all__ = ["main"]


class Unanswerable(Exception):
    """The question cannot be answered as it is put."""


def main(argv: Sequence[str] | None = None) -> int:
    """Answer a command line; the exit status is returned."""
    options = parser().parse_args(argv)
    try:
        status: int = options.answer(options)
    except (library.UnknownName, Unanswerable) as problem:
        print(f"lossgrad: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read the answer has read enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - Python closes it as it ends
        return 0
    return status


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    whole = argparse.ArgumentParser(prog="lossgrad", description="Gradients of loss functions as theorems.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="what there is, by name")
    listing.add_argument("topic", nargs="?", help="only of this topic, such as softmax")
    listing.add_argument("--kind", choices=sorted(_KINDS), help="only of this kind")
    listing.set_defaults(answer=_list)

    showing = commands.add_parser("show", help="a statement: words, equation, scope, hypotheses, steps")
    showing.add_argument("names", nargs="+", metavar="NAME", help="such as linear.weight_gradient")
    showing.add_argument("--latex", action="store_true", help="the equation as LaTeX")
    showing.add_argument("--python", action="store_true", help="the equation as Python that gives it back")
    showing.set_defaults(answer=_show)

    proving = commands.add_parser("prove", help="prove statements again")
    proving.add_argument("names", nargs="*", metavar="NAME", help="such as linear.weight_gradient")
    proving.add_argument("--all", action="store_true", help="every theorem of the book")
    proving.set_defaults(answer=_prove)

    checking = commands.add_parser("check", help="hold a gradient against differences of its loss (needs NumPy)")
    checking.add_argument("loss", metavar="MODULE:LOSS", help="a function of an array, or of several")
    checking.add_argument("gradient", metavar="MODULE:GRADIENT", help="the claimed gradient: a function or an array")
    where = checking.add_mutually_exclusive_group(required=True)
    where.add_argument("--at", metavar="WHERE", help="the point: file.npy, file.npz (by name), or MODULE:ARRAY")
    where.add_argument(
        "--shape", action="append", metavar="ROWS,COLUMNS", help="a random point; once for each array of the loss"
    )
    checking.add_argument("--dtype", choices=("float32", "float64"), help="of the point (as it is, or float64)")
    checking.add_argument("--precision", choices=("float32", "float64"), help="of the differences, if not the point's")
    checking.add_argument("--seed", type=int, default=0, help="of all that is drawn at random (0)")
    checking.add_argument("--method", choices=("central", "complex"), default="central", help="of the differences")
    checking.add_argument("--directions", type=int, default=8, help="how many random directions (8)")
    checking.add_argument("--entries", type=int, default=1000, help="how many entries at most (1000)")
    checking.add_argument("--kinks", choices=("raise", "between"), default="raise", help="what passes on a kink")
    checking.add_argument("--zero-sums", type=int, metavar="AXIS", help="the axis along which the gradient sums to 0")
    checking.add_argument(
        "--size", action="append", default=[], metavar="NAME=NUMBER", help="a size that a wrong factor may be made of"
    )
    checking.set_defaults(answer=_check)

    for command in (listing, showing, proving, checking):
        command.add_argument("--json", action="store_true", help="answer as JSON")
    return whole


# -- statements ------------------------------------------------------------------------------------------------------

_KINDS = {"theorem": library.theorems, "definition": library.definitions, "mistake": library.mistakes}


def _statements(kind: str | None = None) -> dict[str, tuple[str, library.Statement]]:
    kinds = [kind] if kind else list(_KINDS)
    return {name: (k, function) for k in kinds for name, function in _KINDS[k]().items()}


def _found(wanted: Sequence[str]) -> Iterator[tuple[str, str, library.Statement]]:
    """Kind, name and function of each; an unknown name is answered with the nearest ones."""
    known = _statements()
    for name in wanted:
        if name not in known:
            raise library.UnknownName(name, "statement", list(known))
    yield from ((known[name][0], name, known[name][1]) for name in wanted)


def _words(function: library.Statement) -> str:
    return " ".join(library.words(function).split())


def _list(options: argparse.Namespace) -> int:
    found = _statements(options.kind)
    if options.topic:
        topics = list(dict.fromkeys(name.partition(".")[0] for name in found))
        if options.topic not in topics:
            raise library.UnknownName(options.topic, "topic", topics)
        found = {name: item for name, item in found.items() if name.startswith(f"{options.topic}.")}
    if options.json:
        _as_json([{"name": name, "kind": kind, "words": _words(said)} for name, (kind, said) in found.items()])
        return 0
    width = max(map(len, found))
    for name, (kind, said) in found.items():
        print(f"{name:{width}}  {'' if kind == 'theorem' else f'({kind}) '}{_words(said)}")
    return 0


def _show(options: argparse.Namespace) -> int:
    shown = [_shown(*item) for item in _found(options.names)]
    if options.json:
        _as_json(shown)
        return 0
    for k, said in enumerate(shown):
        if options.latex or options.python:
            print(said["latex" if options.latex else "python"])
            continue
        print("\n" * bool(k) + f"{said['name']}, a {said['kind']}\n\n  {said['words']}\n\n  {said['equation']}")
        for line in said["names"]:
            print(f"  where {line}")
        for label in ("scope", "counterexample", "corrected by"):
            if label in said:
                print(f"\n{label}: {said[label]}")
        if said.get("hypotheses"):
            print(f"hypotheses: {', '.join(said['hypotheses'])}")
        for number, step in enumerate(said.get("steps", ()), 1):
            print(f"{number:3}. = {step['right']}\n       {step['rule']}")
    return 0


def _shown(kind: str, name: str, function: library.Statement) -> dict[str, Any]:
    """A statement with all that is known of it; a theorem is proved for that, a mistake refuted."""
    from lossgrad.printing import latex
    from lossgrad.python_code import python

    said = library.stated(function)
    shown: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "words": _words(function),
        "equation": plain_text(said),
        "names": list(names(said)),
        "latex": latex(said),
        "python": python(said),
    }
    if kind == "theorem":
        proof = prove(said)
        shown |= _proved(proof)
        shown["steps"] = [{"right": plain_text(step.right), "rule": step.rule} for step in proof.steps]
    elif kind == "mistake":
        shown["counterexample"] = _refusal(said)
        if (correction := library.correction(function)) is not None:
            shown["corrected by"] = correction
    return shown


def _proved(proof: Proof) -> dict[str, Any]:
    hypotheses = [plain_text(hypothesis) for hypothesis in proof.hypotheses]
    return {"scope": proof.scope, "hypotheses": hypotheses, "seconds": round(proof.seconds, 4)}


def _refusal(said: Any) -> str:
    """Why a mistake is one; the gate of the book and its tests see to it that every one is refuted."""
    try:
        prove(said)
    except NotProved as refusal:
        return _reason(refusal)
    return "none, for this was proved"


def _reason(refusal: Exception) -> str:
    """What a refusal says, without the equation."""
    if isinstance(refusal, Refuted):
        return f"false {refusal.counterexample}" + (f" ({refusal.hint})" if refusal.hint else "")
    if isinstance(refusal, Undecided):
        return refusal.reason or f"left side - right side comes down to {plain_text(refusal.remainder)}"
    return str(refusal)


def _prove(options: argparse.Namespace) -> int:
    if bool(options.names) == options.all:
        raise Unanswerable("prove needs names of statements, or --all")
    wanted = list(_found(list(library.theorems()) if options.all else options.names))
    if definitions := [name for kind, name, _ in wanted if kind == "definition"]:
        raise Unanswerable(f"a definition is not proved: {', '.join(definitions)}")
    start = perf_counter()
    answers = []
    for k, (_, name, function) in enumerate(wanted, 1):
        answers.append(_attempt(name, function))
        _progress(options.json, k, len(wanted), answers[-1])
    failed = [answer["name"] for answer in answers if not answer["proved"]]
    summary = {
        "proved": len(answers) - len(failed),
        "failed": failed,
        "seconds": round(perf_counter() - start, 2),
        "statements": answers,
    }
    if options.json:
        _as_json(summary)
    else:
        told = f"{summary['proved']} of {len(answers)} proved"
        print(told + (f"; not proved: {', '.join(failed)}" if failed else ""))
        if sys.stderr.isatty():
            print(f"in {summary['seconds']} s", file=sys.stderr)
    return 1 if failed else 0


def _attempt(name: str, function: library.Statement) -> dict[str, Any]:
    try:
        return {"name": name, "proved": True, **_proved(prove(library.stated(function)))}
    except (NotProved, Malformed) as refusal:
        return {"name": name, "proved": False, "verdict": type(refusal).__name__, "reason": _reason(refusal)}


def _progress(quiet: bool, k: int, count: int, answer: dict[str, Any]) -> None:
    """A line for each statement as it is decided, the same at every run; on a terminal beside JSON, a counter."""
    if quiet:
        if sys.stderr.isatty():
            print(f"\r{k}/{count}", end="\n" if k == count else "", file=sys.stderr, flush=True)
        return
    place = f"[{k:{len(str(count))}}/{count}] "
    if answer["proved"]:
        where = f" where {', '.join(answer['hypotheses'])}" if answer["hypotheses"] else ""
        print(f"{place}{answer['name']}: proved for {answer['scope']}{where}", flush=True)
    else:
        print(f"{place}{answer['name']}: {answer['verdict']}, {answer['reason']}", flush=True)


def _as_json(answer: Any) -> None:
    print(json.dumps(answer, indent=2, ensure_ascii=False))


# -- a gradient of the reader's own ----------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    try:
        import numpy  # noqa: F401 - whether it is there

        from lossgrad.checking import GradientNotConfirmed, check_gradient
    except ImportError as problem:
        raise Unanswerable(f"check needs NumPy: {problem}") from problem

    sys.path.insert(0, os.getcwd())
    f, gradient = _loaded(options.loss), _loaded(options.gradient)
    try:
        report = check_gradient(
            f,
            gradient,
            _point(options),
            method=options.method,
            directions=options.directions,
            entries=options.entries,
            dtype=options.precision,
            seed=options.seed,
            kinks=options.kinks,
            zero_sums=options.zero_sums,
            sizes=dict(map(_size, options.size)),
        )
    except GradientNotConfirmed as refusal:
        found = {} if refusal.report is None else refusal.report.as_dict()
        _tell(options, {"verdict": type(refusal).__name__, "reason": str(refusal).splitlines()[0], **found}, refusal)
        return 1
    except (TypeError, ValueError) as problem:
        raise Unanswerable(str(problem)) from problem
    _tell(options, {"verdict": "agrees", **report.as_dict()}, report)
    return 0


def _tell(options: argparse.Namespace, found: dict[str, Any], text: object) -> None:
    if options.json:
        _as_json(found)
    else:
        print(text)


def _loaded(place: str) -> Any:
    """What MODULE:NAME stands for."""
    module, _, name = place.partition(":")
    if not module or not name:
        raise Unanswerable(f"what is checked is named as MODULE:NAME: got {place!r}")
    try:
        found: Any = import_module(module)
    except ImportError as problem:
        raise Unanswerable(f"{place}: {problem}") from problem
    for part in name.split("."):
        if not hasattr(found, part):
            nearest = get_close_matches(part, dir(found), n=3, cutoff=0.4)
            hint = f"; the nearest are {', '.join(nearest)}" if nearest else ""
            raise Unanswerable(f"{place}: there is no {part!r}{hint}")
        found = getattr(found, part)
    return found


def _point(options: argparse.Namespace) -> Any:
    """The arrays by which the gradient is taken."""
    import numpy as np

    if options.shape:
        draw = np.random.default_rng(options.seed)
        arrays = tuple(draw.standard_normal(_shape(text)).astype(options.dtype or "float64") for text in options.shape)
        return arrays[0] if len(arrays) == 1 else arrays
    if options.at.endswith((".npy", ".npz")):
        try:
            with open(options.at, "rb") as file:
                read = np.load(file)
                at = dict(read) if options.at.endswith(".npz") else read
        except OSError as problem:
            raise Unanswerable(f"--at: {problem}") from problem
    else:
        at = _loaded(options.at)
        at = at() if callable(at) else at
    if options.dtype is None:
        return at
    if isinstance(at, dict):
        return {name: np.asarray(array).astype(options.dtype) for name, array in at.items()}
    if isinstance(at, tuple):
        return tuple(np.asarray(array).astype(options.dtype) for array in at)
    return np.asarray(at).astype(options.dtype)


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(n) for n in text.split(",") if n)
    except ValueError:
        raise Unanswerable(f"a shape is numbers with commas between, as in 3,2: got {text!r}") from None


def _size(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not name or not number.isdigit():
        raise Unanswerable(f"a size is a name and a number, as in N=20: got {text!r}")
    return name, int(number)
