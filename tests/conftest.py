"""What every test shares: examples that are the same on every run but for ``make nightly``, and what it found."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from every_theorem import statements
from evidence import Evidence

settings.register_profile("book", deadline=None, derandomize=True, database=None)
settings.register_profile("nightly", deadline=None, database=None, max_examples=10_000)  # others on every run
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "book"))

collect_ignore = ["pytorch"]  # `make test-torch` names it; nothing else needs PyTorch

evidence = Evidence()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        evidence.note(report.user_properties)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):  # the session that started this one hears the reports and writes
        return
    evidence.write()
    if evidence.kinds["mutants"] and (shortfall := evidence.shortfall(statements())):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\n{shortfall}")
