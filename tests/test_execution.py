"""Results of cells are used again only while everything they depend on is the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lossgrad.book.execution import PACKAGE, state

ROOT = Path(__file__).parents[1]

SPHINX = [sys.executable, "-m", "sphinx", "-qW", "-b", "html", "-d", "doctrees", "docs", "html", "-c", str(ROOT)]

PAGE = """\
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# A page

```{code-cell} python
one = 1
```

```{code-cell} python
raise ValueError(f"{one} is not two")
```
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package to edit."""
    return shutil.copytree(PACKAGE, tmp_path / "lossgrad", ignore=shutil.ignore_patterns("__pycache__"))


def test_a_copy_of_the_package_has_the_state_of_the_package(package: Path) -> None:
    assert state(package) == state()


def test_an_edit_to_the_package_changes_its_state(package: Path) -> None:
    (package / "__init__.py").write_text('"""Another package."""\n')
    assert state(package) != state()


def test_a_renamed_file_changes_the_state(package: Path) -> None:
    (package / "py.typed").rename(package / "py.types")
    assert state(package) != state()


@pytest.mark.parametrize("folder", ["__pycache__", "theorems/static", "book"])
def test_what_no_result_depends_on_leaves_the_state_as_it_is(package: Path, folder: str) -> None:
    (package / folder).mkdir(exist_ok=True)
    (package / folder / "left_over.pyc").write_bytes(b"\0")
    assert state(package) == state()


def test_an_edit_to_the_sphinx_side_has_every_page_read_again(package: Path) -> None:
    before = state(package, frozenset({"__pycache__"}))
    (package / "book" / "gate.py").write_text('"""No gate."""\n')
    assert state(package, frozenset({"__pycache__"})) != before


def test_another_version_of_a_library_changes_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    before = state()
    monkeypatch.setattr("lossgrad.book.execution.version", lambda library: f"a newer {library}")
    assert state() != before


def test_a_cell_that_raises_fails_the_build_with_the_page_and_the_line_of_the_cell(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(PAGE)
    for _ in range(2):  # a second run must not pass on what the first one left
        build = subprocess.run(SPHINX, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert build.returncode != 0
        assert f"{Path('docs', 'index.md')}:15: " in build.stderr
        assert "1 is not two" in build.stderr


def test_pages_with_the_same_cells_are_read_in_parallel_and_share_no_folder(tmp_path: Path) -> None:
    front_matter = PAGE.partition("# A page")[0]
    cell = "```{code-cell} python\nprint(6 * 7)\n```\n"
    names = [f"page_{letter}" for letter in "abcd"]
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(
        front_matter + "# Pages\n\n```{toctree}\n" + "\n".join(names) + "\n```\n"
    )
    for name in names:
        (tmp_path / "docs" / f"{name}.md").write_text(f"{front_matter}# Page\n\n{cell}")
    for room in ("theorems", "mistakes"):  # a package that states nothing, so that the pages need to show nothing
        (tmp_path / "silent" / room).mkdir(parents=True)
        (tmp_path / "silent" / room / "__init__.py").write_text("TOPICS = ()\n")
    (tmp_path / "silent" / "__init__.py").write_text("")
    build = subprocess.run(
        [*SPHINX, "-j", "2", "-D", "lossgrad_package=silent"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    for name in names:
        assert "42" in (tmp_path / "html" / f"{name}.html").read_text()
    assert {folder.name for folder in tmp_path.glob("executed/*/*")} == set(names)
