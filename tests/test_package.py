"""The distributions hold what others need, and claim what is so; `make test-package` proves every theorem from them."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

import pytest

from package import LOCKS, ROOT, contents, distributions, requirements

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution."""
    return distributions(tmp_path_factory.mktemp("dist"))[1]


def test_the_wheel_holds_every_module_and_the_mark_that_it_is_typed(wheel: Path) -> None:
    modules = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}
    assert modules < contents(wheel) and "lossgrad/py.typed" in contents(wheel)


def test_the_wheel_asks_for_sympy_alone_and_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        place = next(name.removesuffix("/METADATA") for name in opened.namelist() if name.endswith("/METADATA"))
        metadata = opened.read(f"{place}/METADATA").decode()
        scripts = opened.read(f"{place}/entry_points.txt").decode()
    needs = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:") and "extra" not in line]
    assert needs == [f"Requires-Dist: {PROJECT['dependencies'][0]}"]
    assert all(mark in metadata for mark in ("License-Expression: MIT", "Keywords: ", "Typing :: Typed", "# Gradients"))
    assert "lossgrad=lossgrad.command_line:main" in scripts


def test_the_oldest_and_the_newest_sympy_are_those_that_the_package_claims() -> None:
    versions = {
        age: next(line.split()[0] for line in requirements(lock) if line.startswith("sympy"))
        for age, lock in LOCKS.items()
    }
    assert PROJECT["dependencies"] == ["sympy>=1.13,<1.15"]
    assert versions == {"oldest": "sympy==1.13.0", "newest": "sympy==1.14.0"}
