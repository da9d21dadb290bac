"""Ways to one result, side by side: each in a fresh process of its own, on one thread, in rounds that alternate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from benchmarks.fresh import Fresh

OF_THE_MACHINE = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""What some machines set to make NumPy's matrix products take the code of another processor."""

ONE_THREAD = {
    **dict.fromkeys(OF_THE_MACHINE),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}
"""What a process is told so that no library takes a second thread, or the code of another processor."""

LIBRARIES = {"JAX": "jax", "PyTorch": "torch"}


def versions() -> dict[str, str]:
    """The versions of the libraries that are compared with, where they are present."""
    return {name: version(of) for name, of in LIBRARIES.items() if is_present(of)}


def is_present(library: str) -> bool:
    """Whether a library is installed."""
    try:
        version(library)
    except PackageNotFoundError:
        return False
    return True


def told() -> str:
    """What was the same for all, in a sentence or two."""
    found = [name for name in OF_THE_MACHINE if name in os.environ]
    without = f", and without {' and '.join(found)}, which this machine sets" if found else ""
    return f"Every way ran on one thread, in a process of its own{without}; the rounds alternated between the ways."


def alternating(processes: Mapping[str, Fresh], statement: str, rounds: int) -> dict[str, float]:
    """The least processor time of a statement in each process, one round of each after another."""
    seconds = {name: float("inf") for name in processes}
    for _ in range(rounds):
        for name, process in processes.items():
            process.run(statement)
            seconds[name] = min(seconds[name], process.seconds)
    return seconds
