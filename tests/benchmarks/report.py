"""From what pytest-benchmark writes to the runs that the book keeps: ``report.py MEASURED FOLDER``.

Each module ``bench_NAME.py`` gives one run, ``FOLDER/NAME.json``. A benchmark's group is its table; its ``extra_info``
says the rest: the fields of `lossgrad.book.numbers.Row`, ``value`` in place of the clock's seconds among them; or
``rows``, a list of such, in place of its own row; or ``said``, sentences; and ``versions`` of what it used, by name.
``evidence``, the seconds that each theorem takes, is kept in evidence/seconds.json for the ledger. Names of the machine
and of folders stay out.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lossgrad.book.numbers import Row, Run, Table, write

LIBRARIES = {"SymPy": "sympy", "NumPy": "numpy"}
"""What every run notes the version of, besides Python's own."""


def runs(measured: dict[str, Any]) -> dict[str, Run]:
    """The run of each module by its name."""
    modules: dict[str, list[dict[str, Any]]] = {}
    for benchmark in measured["benchmarks"]:
        named = re.search(r"bench_(\w+)\.py", benchmark["fullname"])
        assert named is not None, f"{benchmark['fullname']} is in no module bench_NAME.py"
        modules.setdefault(named[1], []).append(benchmark)
    return {name: run(measured, benchmarks) for name, benchmarks in modules.items()}


def run(measured: dict[str, Any], benchmarks: list[dict[str, Any]]) -> Run:
    """The run that some benchmarks make up."""
    tables: dict[str, list[Row]] = {}
    for benchmark in benchmarks:
        tables.setdefault(benchmark["group"], []).extend(rows(benchmark))
    machine, commit = measured["machine_info"], measured["commit_info"]
    versions = {"Python": machine["python_version"]} | {name: version(of) for name, of in LIBRARIES.items()}
    for benchmark in benchmarks:
        versions |= benchmark["extra_info"].get("versions", {})
    return Run(
        date=measured["datetime"][:10],
        commit=commit["id"][:10] + (" with changes" if commit["dirty"] else ""),
        machine=f"{machine['cpu']['brand_raw']}, {machine['cpu']['count']} processors, {machine['system']}",
        versions=versions,
        load=round(machine["load"], 1),
        tables=tuple(Table(title, tuple(found)) for title, found in tables.items() if found),
        said=tuple(benchmark["extra_info"]["said"] for benchmark in benchmarks if "said" in benchmark["extra_info"]),
    )


def rows(benchmark: dict[str, Any]) -> Iterator[Row]:
    """What a benchmark measured: its own row, or those that it names."""
    info, stats = benchmark["extra_info"], benchmark["stats"]
    own = {key: value for key, value in info.items() if key in Row.__dataclass_fields__}
    for said in info.get("rows", [{"value": stats["min"], **own}]):
        value = said["value"] if isinstance(said["value"], int) else float(f"{said['value']:.4g}")
        yield Row(**{"rounds": stats["rounds"], **said, "value": value})


def printed(run: Run) -> Iterator[str]:
    """The lines of a run for a terminal."""
    yield from run.described()
    for table in run.tables:
        heads, lines = run.columns(table)
        widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
        yield f"\n{table.caption}"
        for cells in (heads, ["-" * width for width in widths], *lines):
            yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
    for sentence in run.said:
        yield f"\n{sentence}"


if __name__ == "__main__":
    source, folder = map(Path, sys.argv[1:])
    measured = json.loads(source.read_text(encoding="utf-8"))
    for benchmark in measured["benchmarks"]:
        if evidence := benchmark["extra_info"].get("evidence"):
            kept = folder.parent / "evidence" / "seconds.json"
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(json.dumps(evidence, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for name, found in runs(measured).items():
        write(found, folder / f"{name}.json")
        print(f"\n{name}: kept in {folder / name}.json", *printed(found), sep="\n")
