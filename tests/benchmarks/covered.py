"""From what coverage found to the run that the book keeps: ``python -m benchmarks.covered FOUND FOLDER``.

The table has the lines and the branches of the package that ran in the tests and as the book was built and printed,
and the modules with the most that did not. The terminal shows which lines these are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pytest_benchmark.plugin import pytest_benchmark_generate_machine_info
from pytest_benchmark.utils import get_commit_info

from benchmarks.conftest import pytest_benchmark_update_machine_info
from benchmarks.report import printed, run
from lossgrad.book.numbers import Run, write

LISTED = 12
GOAL = 95


def kept(found: dict[str, Any]) -> Run:
    """The run to keep."""
    machine = pytest_benchmark_generate_machine_info()  # type: ignore[no-untyped-call]  # it has no types
    pytest_benchmark_update_machine_info(machine)
    commit = get_commit_info()  # type: ignore[no-untyped-call]  # neither has this
    return run(
        {"machine_info": machine, "commit_info": commit, "datetime": datetime.now(UTC).isoformat()},
        [
            _table("Lines and branches of the package that run", list(whole(found["totals"]))),
            _table("Modules with the most lines that do not", list(modules(found["files"]))),
        ],
    )


def _table(title: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    versions = {"coverage.py": version("coverage")}
    return {"group": title, "stats": {"min": 0.0, "rounds": 1}, "extra_info": {"rows": rows, "versions": versions}}


def whole(totals: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of all modules together."""
    for what, ran, of in (
        ("lines", "covered_lines", "num_statements"),
        ("branches", "covered_branches", "num_branches"),
    ):
        share = 100 * totals[ran] / totals[of]
        yield {"what": f"{what} that ran, of {totals[of]:,}", "value": share, "unit": "%", "goal": GOAL, "least": True}


def modules(files: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each of the modules with the most lines that did not run."""
    missing = {name: len(file["missing_lines"]) for name, file in files.items()}
    for name in sorted(missing, key=missing.__getitem__, reverse=True)[:LISTED]:
        if missing[name]:
            lines = files[name]["summary"]["num_statements"]
            yield {"what": f"{Path(name).as_posix()}, of {lines:,}", "value": missing[name], "unit": ""}


def not_run(files: dict[str, Any]) -> Iterator[str]:
    """The lines and branches that did not run, a line a module."""
    for name, file in files.items():
        branches = [f"{start}->{end}" for start, end in file["missing_branches"] if start not in file["missing_lines"]]
        if missing := [*map(str, file["missing_lines"]), *branches]:
            yield f"{name}: {', '.join(missing)}"


if __name__ == "__main__":
    source, folder = map(Path, sys.argv[1:])
    found = json.loads(source.read_text(encoding="utf-8"))
    kept_run = kept(found)
    write(kept_run, folder / "coverage.json")
    print(*not_run(found["files"]), sep="\n")
    print(*printed(kept_run), sep="\n")
