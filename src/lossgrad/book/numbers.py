"""What was measured: the saved runs of `make bench`, and the tables that a page makes of them.

    ```{benchmarks} proofs
    ```

prints the run that is kept in ``benchmarks/proofs.json``: when, where and with what it was measured, its tables and its
sentences. A ratio, and whether a goal is met, are worked out here from what was measured; nobody types a number. A run
that is not kept is a fault.
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
    """Something measured: a value in a unit, the least of its rounds.

    The unit ``s`` is seconds, as a rule of processor time; ``B`` bytes; ``""`` a plain number; any other is printed as
    it is written. ``beyond`` says that it was stopped then and takes more. ``against`` is the row of the same run that
    it is compared with, in its own table if one there has that name. ``goal`` is what it should be at most, or at least
    with ``least``: in its own unit, or with ``relative`` as a ratio to the row that it is compared with.
    """

    what: str
    value: float
    rounds: int
    unit: str = "s"
    beyond: bool = False
    goal: float | None = None
    least: bool = False
    relative: bool = False
    against: str = ""


@dataclass(frozen=True)
class Table:
    """Rows that belong together, under a title."""

    title: str
    rows: tuple[Row, ...]

    @property
    def against(self) -> list[str]:
        """What its rows are compared with."""
        return list(dict.fromkeys(row.against for row in self.rows if row.against))

    @property
    def caption(self) -> str:
        """The title, and what the ratios mean when all are to one row."""
        return self.title + (f"; ratio: to {self.against[0]}" if len(self.against) == 1 else "")


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

    def row(self, what: str, beside: Row | None = None) -> Row:
        """The row of that name, in the table of another row if there is one; raises LookupError when there is none."""
        for table in sorted(self.tables, key=lambda table: beside not in table.rows):
            for row in table.rows:
                if row.what == what:
                    return row
        raise LookupError(f"no row of this run is named {what!r}")

    def columns(self, table: Table) -> tuple[list[str], list[list[str]]]:
        """The heads of a table and its cells, as text; a column that no row needs is left out."""
        columns = {"What": [row.what for row in table.rows]}
        columns["Measured"] = [_at_least(row) + amount(row.value, row.unit) for row in table.rows]
        if table.against:
            columns["Ratio"] = [self.ratio(row) for row in table.rows]
        if len(table.against) > 1:
            columns["Compared with"] = [row.against for row in table.rows]
        if any(row.goal is not None for row in table.rows):
            columns["Goal"] = [_goal(row) for row in table.rows]
            columns["Share of the goal"] = [self.share(row) for row in table.rows]
            columns["Met"] = ["" if row.goal is None else "yes" if self.is_met(row) else "no" for row in table.rows]
        return list(columns), [list(cells) for cells in zip(*columns.values(), strict=True)]

    def ratio(self, row: Row) -> str:
        """How many times what it is compared with; a dash where that is 0."""
        if not row.against:
            return ""
        other = self.row(row.against, row).value
        return _at_least(row) + significant(row.value / other) if other else "–"

    def limit(self, row: Row) -> float:
        """The goal of a row in the row's own unit."""
        assert row.goal is not None
        return row.goal * self.row(row.against, row).value if row.relative else row.goal

    def is_met(self, row: Row) -> bool:
        """Whether the goal is met; what was stopped meets none."""
        if row.goal is None or row.beyond:
            return False
        return row.value >= self.limit(row) if row.least else row.value <= self.limit(row)

    def share(self, row: Row) -> str:
        """How much of the goal was used up, or reached, in percent; a dash where the goal is 0."""
        if row.goal is None:
            return ""
        limit = self.limit(row)
        return _at_least(row) + f"{100 * row.value / limit:.0f} %" if limit else "–"

    def described(self) -> Iterator[str]:
        """When, where and with what, in sentences."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        yield f"Measured on {self.date} at commit {self.commit}, on {self.machine}, with {versions}."
        yield f"As the run began, the machine's load average was {self.load:.1f}."
        met = [self.is_met(row) for table in self.tables for row in table.rows if row.goal is not None]
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


def amount(value: float, unit: str) -> str:
    """A value with its unit: times to two digits, what is counted exactly, all else to three digits.

    >>> amount(0.01234, "s"), amount(0.206, "s"), amount(118.2, "s")
    ('12 ms', '0.21 s', '120 s')
    >>> amount(1234567, "B"), amount(512, "B"), amount(156.25, "MiB")
    ('1.23 MB', '512 B', '156 MiB')
    >>> amount(1234, ""), amount(0, ""), amount(0.01234, "")
    ('1,234', '0', '0.0123')
    """
    if unit == "s":
        return f"{significant(1000 * value)} ms" if value < 0.1 else f"{significant(value)} s"
    if unit == "B" and value >= 1000:
        scale = 2 if value >= 1_000_000 else 1
        return f"{significant(value / 1000**scale, 3)} {' kM'[scale]}B"
    number = f"{int(value):,}" if value == int(value) else significant(value, 3)
    return f"{number} {unit}".rstrip()


def significant(number: float, digits: int = 2) -> str:
    """A number that is not negative to some digits, without a power of ten.

    >>> significant(0.0123), significant(1.96), significant(2345), significant(0)
    ('0.012', '2.0', '2,300', '0')
    """
    if number == 0:
        return "0"
    places = digits - 1 - floor(log10(number))
    return f"{round(number, places):,.{max(places, 0)}f}"


def _at_least(row: Row) -> str:
    return "more than " if row.beyond else ""


def _goal(row: Row) -> str:
    """What a row should be, in words.

    >>> _goal(Row("a", 1, 1, goal=0.3)), _goal(Row("a", 1, 1, goal=0.1, relative=True, against="b"))
    ('at most 0.3 s', 'at most 1/10 of it')
    >>> _goal(Row("a", 1, 1, goal=4, relative=True, least=True, against="b"))
    'at least 4 times it'
    """
    if row.goal is None:
        return ""
    bound = "at least" if row.least else "at most"
    if not row.relative:
        return f"{bound} {row.goal:,g} {row.unit}".rstrip()
    return f"{bound} 1/{1 / row.goal:g} of it" if row.goal < 1 else f"{bound} {row.goal:g} times it"


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
