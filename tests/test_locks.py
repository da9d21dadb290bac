"""The environment is the same everywhere: every version is locked with its hashes, and no file says where from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))


def requirements(lock: Path) -> list[str]:
    """One string a requirement, its hashes included."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def pins(lock: Path) -> set[str]:
    return {requirement.split()[0] for requirement in requirements(lock)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_one_version_with_hashes(lock: Path) -> None:
    assert len(requirements(lock)) > (1 if lock.name == "oldest.txt" else 50)
    for requirement in requirements(lock):
        assert re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement


def test_what_checks_the_book_has_the_versions_that_build_it() -> None:
    assert pins(ROOT / "locks" / "book.txt") < pins(ROOT / "locks" / "test.txt")


def test_the_book_is_built_without_what_only_the_checks_need() -> None:
    assert not {pin for pin in pins(ROOT / "locks" / "book.txt") if pin.startswith(("jax", "pytest", "playwright"))}


def test_the_package_needs_sympy_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [re.split(r"\W", need)[0] for need in project["dependencies"]] == ["sympy"]


def test_no_file_of_the_set_up_names_a_package_index() -> None:
    """What pip, uv and npm would write to tell where a package comes from."""
    address = re.compile(r"--(extra-)?index-url|--find-links|^-f |https?://\S*(simple|packages|pypi|npm)", re.MULTILINE)
    set_up = [path for folder in (ROOT, ROOT / ".ci", ROOT / "locks") for path in folder.iterdir() if path.is_file()]
    assert {"Makefile", "book.txt", "package-lock.json", "pyproject.toml", "run"} <= {path.name for path in set_up}
    assert {path.name: found[0] for path in set_up if (found := address.search(path.read_text()))} == {}
