"""What a run of the benchmarks notes of the machine besides what pytest-benchmark does."""

from __future__ import annotations

import os
from typing import Any

LOAD = os.getloadavg()[0]  # as the run begins


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    machine_info["load"] = LOAD
