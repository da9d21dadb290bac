"""A fresh Python: it has done its imports, holds nothing that an earlier run left behind, and waits to be told."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

TESTS = Path(__file__).resolve().parent.parent

WAITING = """
import json, sys, time
names = {}
for statement in sys.stdin:
    start = time.process_time()
    try:
        exec(statement, names)
    except KeyboardInterrupt:
        names["found"] = None
    print(json.dumps([names.get("found"), time.process_time() - start]), flush=True)
"""


class Stopped(TimeoutError):
    """It took longer than it was given."""


class Fresh:
    """A Python process that has executed some statements; `run` has it execute one more, and waits for the end.

    ``seconds`` is the processor time of the last one. ``changes`` are made to its environment: None takes a name away.
    """

    seconds = 0.0

    def __init__(self, *prepared: str, changes: Mapping[str, str | None] = MappingProxyType({})) -> None:
        paths = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, **changes, "PYTHONPATH": paths}
        self.process = subprocess.Popen(
            [sys.executable, "-c", WAITING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={name: value for name, value in environment.items() if value is not None},
        )
        for statement in prepared:
            self.run(statement)

    def run(self, statement: str, limit: float | None = None) -> Any:
        """Execute a statement of one line; what it assigned to ``found``.

        Raises Stopped when ``limit`` seconds have passed, RuntimeError when the process ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(statement, file=self.process.stdin, flush=True)
        in_time = select.select([self.process.stdout], [], [], limit)[0]
        if not in_time:
            self.process.send_signal(signal.SIGINT)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process ended in {statement}")
        found, self.seconds = json.loads(answer)
        if not in_time:
            raise Stopped(f"{statement} took more than {limit} s")
        return found

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.communicate()


def measure(
    benchmark: BenchmarkFixture, statement: str, *prepared: str, rounds: int = 5, limit: float | None = None
) -> list[Any]:
    """Measure a statement, each round in a fresh process that was prepared by others; what it found in each round.

    A round that reaches the limit, in seconds, is stopped, and the row says that it takes more.
    """
    found: list[Any] = []
    started: list[Fresh] = []
    seconds: list[float] = []

    def start() -> None:
        started.append(Fresh(*prepared))

    def run() -> None:
        try:
            found.append(started[-1].run(statement, limit))
        except Stopped:
            benchmark.extra_info["beyond"] = True
        seconds.append(started[-1].seconds)

    def end() -> None:
        started.pop().end()

    try:
        benchmark.pedantic(run, setup=start, teardown=end, rounds=rounds)  # type: ignore[no-untyped-call]  # it has no types
    finally:
        for fresh in started:
            fresh.end()
    benchmark.extra_info["value"] = min(seconds)
    return found
