"""``make test-package``: the package as others get it, in an environment with SymPy alone, which must prove everything.

Builds the source distribution, the wheel from what is in it, installs the wheel beside the oldest and beside the newest
SymPy that it claims to work with, each in an environment of its own, and proves every theorem there; then once more
with every other Python that is claimed and found on the PATH, or in the folders that are named as arguments.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
LOCKS = {"oldest": ROOT / "locks" / "oldest.txt", "newest": ROOT / "locks" / "test.txt"}
NEEDED = ("mpmath", "sympy")


class Faulty(Exception):
    """The package is not what it should be."""


def ran(*command: object, cwd: Path = ROOT) -> str:
    """What a program prints; raises with what it complained of."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Faulty(
            f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return done.stdout


def built(kind: str, source: Path, folder: Path) -> Path:
    """A distribution of ``source``, by the build backend that pyproject.toml names."""
    call = f"from flit_core.buildapi import build_{kind}; print(build_{kind}({str(folder)!r}))"
    return folder / ran(sys.executable, "-c", call, cwd=source).split()[-1]


def distributions(folder: Path) -> tuple[Path, Path]:
    """The source distribution, and the wheel that is built from it."""
    archive = built("sdist", ROOT, folder)
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return archive, built("wheel", folder / archive.name.removesuffix(".tar.gz"), folder)


def contents(wheel: Path) -> set[str]:
    """The files in a wheel."""
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def requirements(lock: Path) -> Iterator[str]:
    """The lines of a lock file for SymPy and what it needs, hashes included."""
    for entry in re.split(r"\n(?=\S)", lock.read_text()):
        if entry.split("==")[0] in NEEDED:
            yield "\n".join(line for line in entry.splitlines() if not line.lstrip().startswith("#"))


def others(folders: Sequence[str]) -> Iterator[Path]:
    """The interpreters of the other versions of Python that are claimed, where there are any that run."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    for claimed in re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers)):
        if claimed == f"3.{sys.version_info.minor}":
            continue
        found = shutil.which(f"python{claimed}", path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            yield Path(found)


def environment(folder: Path, interpreter: Path, lock: Path, wheel: Path) -> Path:
    """The interpreter of a fresh environment with the wheel, SymPy and mpmath, and nothing else."""
    ran(interpreter, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    wanted = folder / "requirements.txt"
    wanted.write_text("\n".join(requirements(lock)))
    install = (sys.executable, "-m", "pip", "--python", python, "install", "-qq", "--no-input", "--no-deps")
    ran(*install, "--only-binary", ":all:", "--require-hashes", "-r", wanted)
    ran(*install, "--no-index", wheel)
    return python


def proved(python: Path, elsewhere: Path) -> tuple[str, int, float]:
    """The version of SymPy, how many theorems were proved with it, and in how many seconds; raises if one was not."""
    ran(python, "-c", "import lossgrad, sys; sys.exit('numpy' in sys.modules)", cwd=elsewhere)
    if "numpy" in ran(python, "-c", "from importlib.metadata import distributions as d; print([x.name for x in d()])"):
        raise Faulty("NumPy is in the environment that should hold SymPy alone")
    lacking = "try:\n import lossgrad.book\nexcept ModuleNotFoundError as lack: print(lack.name)"
    if (lack := ran(python, "-c", lacking, cwd=elsewhere).strip().partition(".")[0]) not in ("docutils", "sphinx"):
        raise Faulty(f"lossgrad.book should ask for Sphinx and for nothing before it: it asks for {lack or 'nothing'}")
    sympy = ran(python, "-c", "import sympy; print(sympy.__version__)", cwd=elsewhere).strip()
    summary = json.loads(ran(python.with_name("lossgrad"), "prove", "--all", "--json", cwd=elsewhere))
    listed = json.loads(ran(python, "-m", "lossgrad", "list", "--kind", "theorem", "--json", cwd=elsewhere))
    if summary["failed"] or summary["proved"] != len(listed):
        raise Faulty(f"{summary['proved']} of {len(listed)} theorems proved; not proved: {summary['failed']}")
    return sympy, summary["proved"], summary["seconds"]


def main(folders: Sequence[str]) -> None:
    """Say what was proved where."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        archive, wheel = distributions(folder)
        print(f"{archive.name} and {wheel.name}, built with flit-core {version('flit-core')}", flush=True)
        here = Path(sys.executable)
        for interpreter, age in [(here, "oldest"), (here, "newest"), *((other, "newest") for other in others(folders))]:
            python = environment(folder / f"{interpreter.name}-{age}", interpreter, LOCKS[age], wheel)
            where = ran(python, "-c", "import platform; print('Python', platform.python_version())").strip()
            sympy, count, seconds = proved(python, folder)
            print(f"{where}, SymPy {sympy} and nothing else: {count} theorems proved in {seconds} s", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Faulty as problem:
        sys.exit(str(problem))
