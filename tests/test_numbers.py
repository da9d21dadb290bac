"""What a run of the benchmarks says: ratios and goals from what was measured, on a page and in a terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.covered import modules, not_run, whole
from benchmarks.fresh import Fresh, Stopped
from benchmarks.report import printed, runs
from lossgrad.book.gate import GateClosed
from lossgrad.book.numbers import Row, Run, Table, read, write
from small_book import SmallBook

FAST = Row("the fast way", 0.25, 5, goal=0.3)
SLOW = Row("the slow way", 120.0, 1, beyond=True, goal=130.0, against="the fast way")
RUN = Run(
    date="2026-01-02",
    commit="0123456789",
    machine="a machine",
    versions={"Python": "3.11"},
    load=0.5,
    tables=(Table("Two ways", (FAST, SLOW)),),
    said=("It was quick.",),
)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    """A small book with a page that prints a run."""
    book = SmallBook(tmp_path, monkeypatch)
    book.page("\n```{benchmarks} ways\n```\n")
    return book


def only(*rows: Row) -> Run:
    """A run of one table."""
    return replace(RUN, tables=(Table("Rows", rows),))


def test_ratio_and_share_are_worked_out_from_what_was_measured() -> None:
    heads, (fast, slow) = RUN.columns(RUN.tables[0])
    assert heads == ["What", "Measured", "Ratio", "Goal", "Share of the goal", "Met"]
    assert fast == ["the fast way", "0.25 s", "", "at most 0.3 s", "83 %", "yes"]
    assert slow[1:3] == ["more than 120 s", "more than 480"]
    assert RUN.tables[0].caption == "Two ways; ratio: to the fast way"


def test_a_goal_is_met_at_the_goal_and_not_beyond() -> None:
    assert RUN.is_met(replace(FAST, value=0.3))
    assert not RUN.is_met(replace(FAST, value=0.31))


def test_what_was_stopped_meets_no_goal() -> None:
    assert not RUN.is_met(SLOW)
    assert "Goals met: 1 of 2." in RUN.described()


def test_a_goal_may_be_a_ratio_to_another_row() -> None:
    whole = Row("the whole", 156.25, 1, unit="MiB")
    tenth = Row("in chunks", 15.0, 1, unit="MiB", goal=0.1, relative=True, against="the whole")
    run = only(whole, tenth, replace(tenth, value=15.7))
    _, (_, met, missed) = run.columns(run.tables[0])
    assert met == ["in chunks", "15 MiB", "0.096", "at most 1/10 of it", "96 %", "yes"]
    assert missed[-2:] == ["100 %", "no"]


def test_a_goal_may_be_a_least() -> None:
    covered = Row("lines covered", 96.0, 1, unit="%", goal=95, least=True)
    assert only(covered).is_met(covered)
    assert not only(covered).is_met(replace(covered, value=94.9))
    assert only(covered).columns(only(covered).tables[0])[1][0][2] == "at least 95 %"


def test_nothing_is_divided_by_a_measured_zero() -> None:
    still = Row("layout shift", 0.0, 1, unit="", goal=0)
    run = only(still, Row("moves", 0.42, 1, unit="", against="layout shift"))
    _, (first, second) = run.columns(run.tables[0])
    assert first[1:] == ["0", "", "at most 0", "–", "yes"]
    assert second[2] == "–"


def test_rows_that_are_compared_with_different_ones_say_with_which() -> None:
    run = only(FAST, replace(FAST, what="b", against="the fast way"), replace(FAST, what="c", against="b"))
    heads, lines = run.columns(run.tables[0])
    assert [cells[heads.index("Compared with")] for cells in lines] == ["", "the fast way", "b"]
    assert run.tables[0].caption == "Rows"


def test_a_row_is_compared_in_its_own_table_first() -> None:
    seconds = Table("Time", (Row("whole", 2.0, 1), Row("chunks", 1.0, 1, against="whole")))
    memory = Table("Memory", (Row("whole", 160, 1, unit="MiB"), Row("chunks", 16, 1, unit="MiB", against="whole")))
    run = replace(RUN, tables=(seconds, memory))
    assert [run.ratio(table.rows[1]) for table in run.tables] == ["0.50", "0.10"]


def test_a_column_that_no_row_needs_is_left_out() -> None:
    heads, _ = RUN.columns(Table("One way", (replace(FAST, goal=None),)))
    assert heads == ["What", "Measured"]


def test_a_comparison_with_nothing_is_an_error() -> None:
    with pytest.raises(LookupError, match="no row of this run is named 'the lost way'"):
        RUN.ratio(replace(SLOW, against="the lost way"))


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(RUN, tmp_path / "run.json")
    assert read(tmp_path / "run.json") == RUN


def test_a_page_prints_the_run_that_is_kept(book: SmallBook) -> None:
    write(RUN, book.root / "benchmarks" / "ways.json")
    book.build("text")
    page = (book.root / "build" / "text" / "index.txt").read_text(encoding="utf-8")
    for text in ("more than 480", "It was quick.", "Measured on 2026-01-02 at commit 0123456789, on a machine"):
        assert text in " ".join(page.split())


def test_a_page_without_its_run_is_a_fault(book: SmallBook) -> None:
    with pytest.raises(GateClosed, match=r"no run is kept as ways\.json"):
        book.build()


def measurements(**said: Any) -> dict[str, Any]:
    """What pytest-benchmark writes of one benchmark."""
    return {
        "machine_info": {
            "node": "the-name-of-a-host",
            "cpu": {"brand_raw": "a processor", "count": 2},
            "system": "Linux",
            "python_version": "3.11",
            "load": 0.51,
        },
        "commit_info": {"id": 4 * "0123456789", "dirty": True},
        "datetime": "2026-01-02T03:04:05",
        "benchmarks": [
            {
                "fullname": "tests/benchmarks/bench_ways.py::test_one",
                "group": "Ways",
                "stats": {"min": 0.123456, "rounds": 5},
                "extra_info": said,
            }
        ],
    }


def test_a_module_of_benchmarks_gives_a_run() -> None:
    (name, run), *_ = runs(measurements(what="one way", goal=1.0)).items()
    assert (name, run.commit, run.load) == ("ways", "0123456789 with changes", 0.5)
    assert run.tables == (Table("Ways", (Row("one way", 0.1235, 5, goal=1.0),)),)


def test_a_benchmark_can_name_rows_of_its_own() -> None:
    run = runs(measurements(rows=[{"what": "another", "value": 2048, "unit": "B"}], said="So it was."))["ways"]
    assert run.tables == (Table("Ways", (Row("another", 2048, 5, unit="B"),)),)
    assert run.said == ("So it was.",)


def test_processor_time_takes_the_place_of_the_clock() -> None:
    run = runs(measurements(what="one way", value=0.05))["ways"]
    assert run.tables[0].rows == (Row("one way", 0.05, 5),)


def test_a_benchmark_names_the_versions_of_what_it_used() -> None:
    run = runs(measurements(what="one way", versions={"Chromium": "150"}))["ways"]
    assert list(run.versions) == ["Python", "SymPy", "NumPy", "Chromium"]


def test_the_name_of_the_host_stays_out() -> None:
    assert "the-name-of-a-host" not in "".join(printed(runs(measurements(what="one way"))["ways"]))


def test_a_fresh_process_answers_what_it_found_and_can_be_stopped() -> None:
    fresh = Fresh("a = 2")
    try:
        assert fresh.run("found = a + 1") == 3
        with pytest.raises(Stopped, match="took more than"):
            fresh.run("while True: pass", limit=0.1)
        assert 0 < fresh.seconds < 60
    finally:
        fresh.end()


COVERED = {
    "src/lossgrad/a.py": {
        "missing_lines": [3, 4],
        "missing_branches": [[2, 3], [6, 8]],
        "summary": {"num_statements": 9},
    },
    "src/lossgrad/b.py": {"missing_lines": [], "missing_branches": [], "summary": {"num_statements": 5}},
}


def test_lines_and_branches_that_ran_are_shares_with_a_least() -> None:
    totals = {"covered_lines": 19, "num_statements": 20, "covered_branches": 9, "num_branches": 10}
    lines, branches = (Row(rounds=1, **row) for row in whole(totals))
    assert (lines.what, lines.value, branches.value) == ("lines that ran, of 20", 95, 90)
    assert only(lines).is_met(lines)
    assert not only(branches).is_met(branches)


def test_what_did_not_run_is_named_by_module_line_and_branch() -> None:
    assert list(modules(COVERED)) == [{"what": "src/lossgrad/a.py, of 9", "value": 2, "unit": ""}]
    assert list(not_run(COVERED)) == ["src/lossgrad/a.py: 3, 4, 2->3, 6->8"]
