"""How fast the book proves, beside what it is to do and beside other ways to the same end.

Every measurement is made in a fresh process, after its imports. ``LIMIT`` in the environment is the number of seconds
after which another way is stopped.
"""

from __future__ import annotations

import os
from collections import Counter
from importlib.metadata import version

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.fresh import measure
from lossgrad import library

LIMIT = float(os.environ.get("LIMIT", 60))

GOALS = "Goals"
CORE = "the core theorem with softmax cross-entropy: every shape, all entries"
ATTENTION = "attention: the gradients by queries, keys and values"
SLOWEST = 5

SHAPES = [(3, 2, 3), (5, 4, 5), (8, 6, 8), (10, 10, 10), (50, 50, 50)]
WAYS = {
    "expanded": "SymPy's expand, as the source does it",
    "simplified": "SymPy's simplify",
    "expanded_by_symengine": "SymEngine's expand",
}

PROVING = "from benchmarks.proving import *"
LETTERS = "from lossgrad.notation import C, D, N"
LISTED = "library.theorems()"
WRITTEN_OUT = "from benchmarks.entry_by_entry import *"


@pytest.mark.benchmark(group=GOALS)
def test_core_theorem(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info.update(what=CORE, goal=0.3)
    measure(benchmark, "prove(core_theorem(C, D, N))", PROVING, LETTERS)


@pytest.mark.benchmark(group=GOALS)
def test_attention(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info.update(what=ATTENTION, goal=1.0)
    measure(benchmark, "[prove(stated) for stated in attention_gradients()]", PROVING)


@pytest.mark.benchmark(group=GOALS)
def test_all_theorems(benchmark: BenchmarkFixture) -> None:
    numbers = measure(benchmark, "found = one_after_another()", PROVING, LISTED, rounds=1)
    benchmark.extra_info.update(what=f"all {numbers[-1]} theorems of the book, one after another", goal=45.0)


@pytest.mark.benchmark(group=GOALS)
def test_import(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info.update(what="import lossgrad, once SymPy is there", goal=0.05, against="import sympy")
    measure(benchmark, "import lossgrad", "import sympy", rounds=9)


@pytest.mark.benchmark(group=GOALS)
def test_import_of_sympy(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info.update(what="import sympy")
    measure(benchmark, "import sympy", rounds=9)


@pytest.mark.benchmark(group="The theorems that take longest, each alone")
def test_every_theorem(benchmark: BenchmarkFixture) -> None:
    (seconds,) = measure(benchmark, "found = each_alone()", PROVING, LISTED, rounds=1)
    slowest = sorted(seconds, key=seconds.__getitem__, reverse=True)[:SLOWEST]
    benchmark.extra_info["rows"] = [{"what": name, "value": seconds[name], "goal": 2.0} for name in slowest]
    statements = {name: library.digest(library.stated(theorem)) for name, theorem in library.theorems().items()}
    benchmark.extra_info["evidence"] = {
        name: {"seconds": round(seconds[name], 3), "statement": statement} for name, statement in statements.items()
    }


@pytest.mark.benchmark(group="The core theorem with numbers for sizes, no sum written out")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_numbers_for_sizes(benchmark: BenchmarkFixture, shape: tuple[int, int, int]) -> None:
    benchmark.extra_info.update(what=f"C, D, N are {_listed(shape)}: all entries", against=CORE)
    measure(benchmark, f"prove(core_theorem{shape})", PROVING)


@pytest.mark.benchmark(group="One entry at one shape, every sum written out")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", SHAPES[:4], ids=str)
def test_other_ways(benchmark: BenchmarkFixture, shape: tuple[int, int, int], way: str) -> None:
    benchmark.extra_info.update(what=f"{WAYS[way]}, C, D, N are {_listed(shape)}", against=CORE)
    benchmark.extra_info["versions"] = {"SymEngine": version("symengine")}
    rounds = 3 if shape == SHAPES[0] or way == "expanded_by_symengine" else 1
    found = measure(benchmark, f"found = {way}{shape}", WRITTEN_OUT, rounds=rounds, limit=LIMIT)
    assert all(found), "the two sides are equal, and this way did not find it"


@pytest.mark.benchmark(group="Where the time goes")
@pytest.mark.parametrize(
    ("work", "what"),
    [
        ("prove(core_theorem(C, D, N))", "the core theorem with softmax cross-entropy"),
        ("[prove(stated) for stated in attention_gradients()]", "the three gradients of attention"),
    ],
    ids=["core theorem", "attention"],
)
def test_where_time_goes(benchmark: BenchmarkFixture, work: str, what: str) -> None:
    rounds = measure(benchmark, f"found = where_time_goes(lambda: {work})", PROVING, LETTERS)
    calls, within = (sum((Counter(found[key]) for found in rounds), Counter()) for key in ("calls", "within"))
    benchmark.extra_info.update(rows=[], said=_told(what, calls, within))


def _listed(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))


def _told(what: str, calls: Counter[str], within: Counter[str]) -> str:
    """Where the time goes, in two sentences."""
    ticks = calls.total()

    def share(number: int) -> str:
        return f"{100 * number / ticks:.0f} %"

    in_sympy = Counter({call: number for call, number in calls.items() if call != "lossgrad"})
    most = ", ".join(f"{call} ({share(number)})" for call, number in in_sympy.most_common(4))
    return (
        f"While prove works on {what}, SymPy is running for {share(in_sympy.total())} of the time, "
        f"the most in the calls {most}. "
        f"For {share(within['_ask'])} of the time it is deducing assumptions, for "
        f"{share(within['ExprWithLimits.free_symbols'])} it is looking for the free symbols of a sum."
    )
