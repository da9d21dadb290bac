"""What the head of a language model takes, in chunks and otherwise: processor time, memory, and rounding.

A way of PyTorch is measured where PyTorch is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.alike import ONE_THREAD, alternating, is_present, told, versions
from benchmarks.fresh import Fresh
from benchmarks.heads import CHUNK

Size = tuple[int, int, int]

SIZE: Size = (2048, 64, 20_000)
OTHERS: list[Size] = [(512, 64, 5_000), (1024, 64, 10_000), (4096, 64, 40_000)]
ROUNDS = 5

WAYS = {
    "direct": "all scores at once, NumPy",
    "chunked": f"in chunks of {CHUNK}, NumPy",
    "generated": f"in chunks of {CHUNK}, generated from the theorems",
    "jax": "all scores at once, JAX's gradient",
    **({"torch": "all scores at once, PyTorch's gradient"} if is_present("torch") else {}),
    **({"torch in chunks": "in chunks, PyTorch's function"} if is_present("torch") else {}),
}
IN_NUMPY = ("direct", "chunked", "generated")
SERIES = [name for name in WAYS if name != "generated"]
PRODUCTS = f"the three matrix products of each chunk of {CHUNK}, alone"

AT = "{:,} examples, {} features, {:,} classes"


@cache
def measured(size: Size, *names: str) -> dict[str, dict[str, float]]:
    """What each way takes at a size, by what it is that is measured."""
    with ExitStack() as stack:
        ways: dict[str, Fresh] = {}
        for name in names:
            ways[name] = Fresh("from benchmarks.heads import *", changes=ONE_THREAD)
            stack.callback(ways[name].end)
            ways[name].run(f"way = ready({name!r}, *{size})")
        found = {"resident": {name: way.run("found = resident(way)") for name, way in ways.items()}}
        if size == SIZE:
            numpy = {name: way for name, way in ways.items() if name in IN_NUMPY}
            results = {name: way for name, way in ways.items() if name != "products"}
            found["allocated"] = {name: way.run("found = allocated(way)") for name, way in numpy.items()}
            found["roundings"] = {name: way.run(f"found = roundings(way, *{size})") for name, way in results.items()}
        return found | {"seconds": alternating(ways, "way()", ROUNDS)}


def at_the_size(benchmark: BenchmarkFixture) -> dict[str, dict[str, float]]:
    """What is measured at the size of the goals."""
    return once(benchmark, SIZE, *WAYS, "products")


def once(benchmark: BenchmarkFixture, size: Size, *names: str) -> dict[str, dict[str, float]]:
    """What is measured at a size, the first time that it is asked for."""
    found: dict[str, dict[str, float]] = benchmark.pedantic(measured, (size, *names))  # type: ignore[no-untyped-call]  # it has no types
    return found


def compared(found: dict[str, float], goal: float | None = None, **said: Any) -> Iterable[dict[str, Any]]:
    """A row for each way, to be compared with all scores at once; the goal is for the way of the book."""
    for name, what in WAYS.items():
        if name in found:
            row = {"what": what, "value": found[name], "rounds": ROUNDS, **said}
            row |= {"against": WAYS["direct"]} if name != "direct" else {}
            yield row | ({"goal": goal, "relative": True} if name == "chunked" and goal else {})


@pytest.mark.benchmark(group=f"Processor time: {AT.format(*SIZE)}, float32")
def test_time(benchmark: BenchmarkFixture) -> None:
    rows = list(compared(at_the_size(benchmark)["seconds"], 1.15))
    benchmark.extra_info.update(rows=rows, said=told(), versions=versions())


@pytest.mark.benchmark(group="Processor time beside that of the matrix products")
def test_time_beside_products(benchmark: BenchmarkFixture) -> None:
    seconds = at_the_size(benchmark)["seconds"]
    alone = {"what": PRODUCTS, "value": seconds["products"], "rounds": ROUNDS}
    chunked = {"what": WAYS["chunked"], "value": seconds["chunked"], "rounds": ROUNDS}
    benchmark.extra_info["rows"] = [alone, {**chunked, "against": PRODUCTS, "goal": 1.3, "relative": True}]


@pytest.mark.benchmark(group="The most that NumPy holds at a time, results included")
def test_memory_of_numpy(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info["rows"] = list(compared(at_the_size(benchmark)["allocated"], 0.1, unit="MiB", rounds=1))


@pytest.mark.benchmark(group="What the process grows by, results included")
def test_memory(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info["rows"] = list(compared(at_the_size(benchmark)["resident"], unit="MiB", rounds=1))


@pytest.mark.benchmark(group="The largest error of a gradient's entry, in roundings of its largest entry in float32")
def test_roundings(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info["rows"] = list(compared(at_the_size(benchmark)["roundings"], unit="", rounds=1))


def at_other_sizes(title: str) -> pytest.MarkDecorator:
    """Run a test at each of the other sizes, a table for each."""
    groups = (pytest.mark.benchmark(group=f"{title}: {AT.format(*size)}") for size in OTHERS)
    sizes = [pytest.param(size, marks=group) for size, group in zip(OTHERS, groups, strict=True)]
    return pytest.mark.parametrize("size", sizes, ids=str)


@at_other_sizes("Processor time")
def test_time_at_other_sizes(benchmark: BenchmarkFixture, size: Size) -> None:
    benchmark.extra_info["rows"] = list(compared(once(benchmark, size, *SERIES)["seconds"]))


@at_other_sizes("What the process grows by, results included")
def test_memory_at_other_sizes(benchmark: BenchmarkFixture, size: Size) -> None:
    found = once(benchmark, size, *SERIES)["resident"]
    benchmark.extra_info["rows"] = list(compared(found, unit="MiB", rounds=1))
