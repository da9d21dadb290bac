"""Gradients as code generated from theorems, beside the automatic gradient of the same loss."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.alike import ONE_THREAD, alternating, told, versions
from benchmarks.codes import SIZES
from benchmarks.fresh import Fresh

ROUNDS = 15

WAYS = {
    "generated from the theorem, NumPy": "'rhs', None",
    "generated from the theorem, compiled by JAX": "'rhs', True",
    "JAX's automatic gradient, compiled": "'lhs', True",
    "JAX's automatic gradient, not compiled": "'lhs', False",
}
GENERATED = next(iter(WAYS))


@pytest.fixture(scope="module")
def ways() -> Iterator[dict[str, Fresh]]:
    """A fresh process for each way, with the gradients of all theorems."""
    processes: dict[str, Fresh] = {}
    try:
        for what, how in WAYS.items():
            processes[what] = Fresh("from benchmarks.codes import *", changes=ONE_THREAD)
            processes[what].run(f"ways = {{theorem: ready(theorem, {how}) for theorem in SIZES}}")
        yield processes
    finally:
        for process in processes.values():
            process.end()


def titled(theorem: str) -> str:
    """The name of a theorem with its sizes, as a title."""
    return f"{theorem}: {', '.join(f'{name} is {size:,}' for name, size in SIZES[theorem].items())}"


@pytest.mark.parametrize(
    "theorem", [pytest.param(name, marks=pytest.mark.benchmark(group=titled(name))) for name in SIZES]
)
def test_generated_code(benchmark: BenchmarkFixture, ways: dict[str, Fresh], theorem: str) -> None:
    seconds = benchmark.pedantic(alternating, (ways, f"ways[{theorem!r}]()", ROUNDS))  # type: ignore[no-untyped-call]  # it has no types
    against = {what: {"against": GENERATED} for what in WAYS if what != GENERATED}
    rows = [{"what": what, "value": seconds[what], "rounds": ROUNDS, **against.get(what, {})} for what in WAYS]
    benchmark.extra_info.update(rows=rows, versions=versions())
    if theorem == next(iter(SIZES)):
        benchmark.extra_info["said"] = told()
