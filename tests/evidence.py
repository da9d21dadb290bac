"""What the checks of every theorem found, kept in build/ for the ledger: a file a kind of check, an entry a theorem.

A check says what it found with pytest's ``record_property``; the session's end writes it down. An entry carries a
digest of the statement, so that what was found about another statement of that name is not taken for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

BUILD = Path(__file__).resolve().parent.parent / "build"
KINDS = ("mutants", "opinions")

Record = Callable[[str, object], None]


def digest(equation: Any) -> str:
    """A short name of a statement as it stands."""
    return sha256(str(equation).encode()).hexdigest()[:16]


def found(kind: str, theorem: str, equation: Any, **what: Any) -> tuple[str, dict[str, Any]]:
    """The property that a check records."""
    return f"{kind}: {theorem}", {**what, "statement": digest(equation)}


class Evidence:
    """What the tests of one session found."""

    def __init__(self, folder: Path = BUILD) -> None:
        self.folder = folder
        self.kinds: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}

    def note(self, properties: Iterable[tuple[str, Any]]) -> None:
        for name, value in properties:
            kind, _, theorem = name.partition(": ")
            if kind in self.kinds:
                self.kinds[kind][theorem] = value

    def write(self) -> None:
        """Bring the files up to date with what was found; what was not looked at this time stays."""
        for kind, entries in self.kinds.items():
            if entries:
                file = self.folder / f"{kind}.json"
                known = json.loads(file.read_text()) if file.exists() else {}
                self.folder.mkdir(exist_ok=True)
                file.write_text(json.dumps({**known, **entries}, indent=1, sort_keys=True) + "\n")

    def shortfall(self, theorems: Iterable[str], least: int = 10) -> str | None:
        """What is missing from at least ten refused mutants a theorem on average, once all theorems were looked at."""
        made = self.kinds["mutants"]
        if not made or set(theorems) - made.keys():
            return None
        average = sum(entry["refused"] for entry in made.values()) / len(made)
        return None if average >= least else f"only {average:.1f} mutants a theorem were refused, {least} are wanted"
