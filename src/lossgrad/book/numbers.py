"""What was measured: the saved runs of `make bench`, and the tables that a page makes of them.

    ```{benchmarks} proofs
    ```

prints the run that is kept in ``benchmarks/proofs.json``: when, where and with what it was measured, its tables and its
sentences. A ratio, and whether a goal is met, are worked out here from what was measured; nobody types a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import floor, log10
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lossgrad.book.domain import StatementDomain


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("benchmarks", BenchmarkTables)


@dataclass(frozen=True)
class Row:
    """Something measured: seconds of processor time, the least of its rounds.

    ``beyond`` says that it was stopped then and takes longer. ``goal`` is what it should take at most, ``against`` the
    row of the same run that it is compared with.
    """

    what: str
    seconds: float
    rounds: int
    beyond: bool = False
    goal: float | None = None
    against: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the goal is met; what was stopped meets none."""
        return self.goal is not None and self.seconds <= self.goal and not self.beyond


@dataclass(frozen=True)
class Table:
    """Rows that belong together, under a title."""

    title: str
    rows: tuple[Row, ...]

    @property
    def against(self) -> str:
        """What its ratios compare with, in words."""
        return " and ".join(dict.fromkeys(row.against for row in self.rows if row.against))

    @property
    def caption(self) -> str:
        """The title, and what the ratios mean."""
        return self.title + (f"; ratio: to the time of {self.against}" if self.against else "")


@dataclass(frozen=True)
class Run:
    """What one run measured side by side, when, and on what; ``load`` is the machine's load average as it began."""

    date: str
    commit: str
    machine: str
    versions: dict[str, str]
    load: float
    tables: tuple[Table, ...]
    said: tuple[str, ...] = ()

    def row(self, what: str) -> Row:
        """The row of that name; raises LookupError when there is none."""
        for table in self.tables:
            for row in table.rows:
                if row.what == what:
                    return row
        raise LookupError(f"no row of this run is named {what!r}")

    def columns(self, table: Table) -> tuple[list[str], list[list[str]]]:
        """The heads of a table and its cells, as text; a column that no row needs is left out."""
        heads, parts = ["What", "Measured"], [[row.what, _at_least(row) + time(row.seconds)] for row in table.rows]
        if table.against:
            heads.append("Ratio")
            for cells, row in zip(parts, table.rows, strict=True):
                cells.append(self.ratio(row))
        if any(row.goal for row in table.rows):
            heads += ["Goal", "Share of the goal", "Met"]
            for cells, row in zip(parts, table.rows, strict=True):
                cells += _goal(row)
        return heads, parts

    def ratio(self, row: Row) -> str:
        """How many times as long as what it is compared with."""
        if not row.against:
            return ""
        return _at_least(row) + significant(row.seconds / self.row(row.against).seconds)

    def described(self) -> Iterator[str]:
        """When, where and with what, in sentences."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        yield f"Measured on {self.date} at commit {self.commit}, on {self.machine}, with {versions}."
        yield f"As the run began, the machine's load average was {self.load:.1f}."
        met = [row.is_met for table in self.tables for row in table.rows if row.goal]
        if met:
            yield f"Goals met: {sum(met)} of {len(met)}."


def read(file: Path) -> Run:
    """The run that a file keeps."""
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    tables = tuple(Table(table["title"], tuple(Row(**row) for row in table["rows"])) for table in kept.pop("tables"))
    return Run(**{**kept, "said": tuple(kept["said"])}, tables=tables)


def write(run: Run, file: Path) -> None:
    """Keep a run in a file."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(asdict(run), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def time(seconds: float) -> str:
    """A time to two digits.

    >>> time(0.01234), time(0.206), time(118.2)
    ('12 ms', '0.21 s', '120 s')
    """
    return f"{significant(1000 * seconds)} ms" if seconds < 0.1 else f"{significant(seconds)} s"


def significant(number: float) -> str:
    """A positive number to two digits, without a power of ten.

    >>> significant(0.0123), significant(1.96), significant(2345)
    ('0.012', '2.0', '2,300')
    """
    places = 1 - floor(log10(number))
    return f"{round(number, places):,.{max(places, 0)}f}"


def _at_least(row: Row) -> str:
    return "more than " if row.beyond else ""


def _goal(row: Row) -> list[str]:
    if row.goal is None:
        return ["", "", ""]
    share = _at_least(row) + f"{100 * row.seconds / row.goal:.0f} %"
    return [f"at most {row.goal:g} s", share, "yes" if row.is_met else "no"]


class BenchmarkTables(SphinxDirective):
    """``{benchmarks} NAME``: the run kept in ``benchmarks/NAME.json``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        file = Path(self.env.app.confdir, "benchmarks", f"{self.arguments[0]}.json")
        if not file.is_file():
            StatementDomain.of(self.env).note_fault(self.lineno, f"no run is kept as {file.name}: make bench")
            return []
        self.env.note_dependency(str(file))
        measured = read(file)
        tables = (self.table(measured, table) for table in measured.tables)
        said = [nodes.paragraph("", sentence) for sentence in measured.said]
        return [nodes.paragraph("", " ".join(measured.described())), *tables, *said]

    def table(self, run: Run, table: Table) -> nodes.table:
        heads, lines = run.columns(table)
        columns = [nodes.colspec(colwidth=max(map(len, column))) for column in zip(heads, *lines, strict=True)]
        body = nodes.tbody("", *map(_row, lines))
        group = nodes.tgroup("", *columns, nodes.thead("", _row(heads)), body, cols=len(heads))
        return nodes.table("", nodes.title("", table.caption), group, classes=["benchmarks"])


def _row(cells: Sequence[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in cells))
