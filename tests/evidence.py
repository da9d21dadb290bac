"""What the checks of every theorem found, kept in build/ for the ledger: a file a kind of check, an entry a theorem.

A check says what it found with pytest's ``record_property``; the session's end writes it down. An entry carries a
digest of the statement, so that what was found about another statement of that name is not taken for it.

    python tests/evidence.py

keeps it in evidence/ for books that are built without the tests: of every theorem as it stands, what was found last.
Theorems that were not looked at since they were stated so are looked at first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lossgrad.library import digest

ROOT = Path(__file__).resolve().parent.parent
BUILD, KEPT = ROOT / "build", ROOT / "evidence"
KINDS = ("mutants", "opinions")

Record = Callable[[str, object], None]
Entries = dict[str, dict[str, Any]]


def found(kind: str, theorem: str, equation: Any, **what: Any) -> tuple[str, dict[str, Any]]:
    """The property that a check records."""
    return f"{kind}: {theorem}", {**what, "statement": digest(equation)}


def read(folder: Path, kind: str) -> Entries:
    """What a folder has of a kind of check."""
    file = folder / f"{kind}.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def write(folder: Path, kind: str, entries: Entries) -> None:
    """Write down what was found, in the order of names."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(entries, indent=1, sort_keys=True)
    (folder / f"{kind}.json").write_text(f"{text}\n", encoding="utf-8")


class Evidence:
    """What the tests of one session found."""

    def __init__(self, folder: Path = BUILD) -> None:
        self.folder = folder
        self.kinds: dict[str, Entries] = {kind: {} for kind in KINDS}

    def note(self, properties: Iterable[tuple[str, Any]]) -> None:
        for name, value in properties:
            kind, _, theorem = name.partition(": ")
            if kind in self.kinds:
                self.kinds[kind][theorem] = value

    def write(self) -> None:
        """Bring the files up to date with what was found; what was not looked at this time stays."""
        for kind, entries in self.kinds.items():
            if entries:
                write(self.folder, kind, {**read(self.folder, kind), **entries})

    def shortfall(self, theorems: Iterable[str], least: int = 10) -> str | None:
        """What is missing from at least ten refused mutants a theorem on average, once all theorems were looked at."""
        made = self.kinds["mutants"]
        if not made or set(theorems) - made.keys():
            return None
        average = sum(entry["refused"] for entry in made.values()) / len(made)
        return None if average >= least else f"only {average:.1f} mutants a theorem were refused, {least} are wanted"


def kept(stated: Mapping[str, Any], runs: Iterable[Entries]) -> Entries:
    """Of each theorem as it stands, what the first run found that looked at it; errors to two digits."""
    runs = list(runs)
    return {name: entry for name, equation in stated.items() if (entry := _of(name, digest(equation), runs))}


def _of(name: str, statement: str, runs: list[Entries]) -> dict[str, Any] | None:
    entry = next((run[name] for run in runs if run.get(name, {}).get("statement") == statement), None)
    if entry is None or "worst" not in entry:
        return entry
    return {**entry, "worst": float(f"{entry['worst']:.1e}")}


def missing(stated: Mapping[str, Any], folder: Path = KEPT) -> Iterator[str]:
    """The theorems of which nothing is kept as they stand now, with the kind of check."""
    for kind in KINDS:
        entries = kept(stated, [read(folder, kind)])
        yield from (f"{kind}: {name}" for name in stated if name not in entries)


def keep(source: Path, target: Path, stated: Mapping[str, Any]) -> None:
    """Keep what was found of every theorem."""
    for kind in KINDS:
        write(target, kind, kept(stated, [read(source, kind), read(target, kind)]))


CHECKS = {
    "mutants": "tests/test_mutants.py::test_mutants_of_theorem_are_refused",
    "opinions": "tests/test_second_opinion.py::test_jax_agrees_with_theorem",
}
"""The test that looks at a theorem, for each kind of check."""


def look(lacking: Iterable[str]) -> None:
    """Run the tests that look at theorems, each given with the kind of check."""
    tests = (f"{CHECKS[kind]}[{name}]" for kind, name in (entry.split(": ") for entry in lacking))
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "2", *tests], cwd=ROOT, check=True)


def main(most: int | None = None) -> None:
    """Keep what was found; look at what was not looked at, or at so many theorems of it, and keep that too."""
    from every_theorem import equation_of, statements

    everything = {name: equation_of(name) for name in statements()}
    keep(BUILD, KEPT, everything)
    if lacking := list(missing(everything))[:most]:
        look(lacking)
        keep(BUILD, KEPT, everything)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
