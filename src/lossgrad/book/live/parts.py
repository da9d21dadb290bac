"""What a page loads when its cells are made live: ``python -m lossgrad.book.live.parts STAMP``, as `make html` does.

Two folders, each named by a hash of what is in it, so that a reader's browser never mixes old and new files:

    build/static/live/python-HASH   Python for the browser with its library, SymPy and mpmath as bytecode
    build/static/live/book-HASH     this package as it stands, the editor, the converter of mathematics, the scripts

Python and the editor come from npm, SymPy and mpmath from this environment. Where npm did not bring the optional
packages the book is built without live cells, and says so; where ``CI`` is set that is an error.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("page.js", "cell.js", "session.js", "output.js", "worker.js")
"""The scripts that go to the site as they are."""

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
"""The files of Pyodide that a page takes as they are; it looks up no package."""

STANDARD_LIBRARY = "python_stdlib.zip"
"""Pyodide has it as sources, which would be compiled each time a page is made live."""

BUNDLED = ("editor.js", "mathematics.js")
"""The scripts that are bundled with the packages of npm that they import."""

OPTIONAL = ("pyodide", "esbuild", "style-mod", "@codemirror/view", "@codemirror/lang-python")
LIBRARIES = ("sympy", "mpmath")
EPOCH = (1980, 1, 1, 0, 0, 0)
COMPILER = STATIC.parent / "compile.mjs"
TYPESET = STATIC.parent.parent / "typeset.js"
PYTHON = STATIC / "python"
NODE = Path(sys.executable).parent / "node"
FOLDER = Path("build/static/live")
CACHE = Path("build/live")


class Missing(RuntimeError):
    """A part that live cells need is not there."""


def build(modules: Path = Path("node_modules"), folder: Path = FOLDER, cache: Path = CACHE) -> None:
    """Make both folders, and leave nothing else in ``folder``; raises Missing when a part cannot be had."""
    if absent := [name for name in OPTIONAL if not (modules / name).is_dir()]:
        raise Missing(f"npm did not bring {', '.join(absent)} (remove node_modules to have it try again)")
    cache.mkdir(parents=True, exist_ok=True)
    python = {name: (modules / "pyodide" / name).read_bytes() for name in CORE}
    python["pyodide-lock.json"] = _without_packages((modules / "pyodide" / "pyodide-lock.json").read_bytes())
    python[STANDARD_LIBRARY] = bytecode(_unpacked(modules / "pyodide" / STANDARD_LIBRARY), modules, cache)
    python["sympy.zip"] = bytecode(dict(_libraries()), modules, cache)
    here = _placed(python, "python", folder)
    book = {name: (STATIC / name).read_bytes() for name in SCRIPTS}
    book |= {name: _bundled(name, modules) for name in BUNDLED}
    package = _package()
    book["lossgrad.zip"] = bytecode(package, modules, cache, with_source=True)
    book["statements.json"] = _kept(cache, "statements", package, _statements)
    sizes = {name: len(content) for name, content in (python | {"lossgrad.zip": book["lossgrad.zip"]}).items()}
    book["parts.js"] = _script(f"../{here.name}/", sizes)
    kept = {here, _placed(book, "book", folder)}
    for old in set(folder.iterdir()) - kept:
        shutil.rmtree(old)


def _placed(files: dict[str, bytes], name: str, folder: Path) -> Path:
    """A folder of these files, named by a hash of them."""
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(f"{path} {len(content)}\n".encode() + content)
    place = folder / f"{name}-{digest.hexdigest()[:12]}"
    if not place.is_dir():
        half = folder / f".{place.name}"
        shutil.rmtree(half, ignore_errors=True)
        for path, content in files.items():
            (half / path).parent.mkdir(parents=True, exist_ok=True)
            (half / path).write_bytes(content)
        half.rename(place)
    return place


def _script(python: str, sizes: dict[str, int]) -> bytes:
    told = {"PYTHON": python, "SIZES": sizes}
    return "".join(f"export const {name} = {json.dumps(value)};\n" for name, value in told.items()).encode()


def _without_packages(lock: bytes) -> bytes:
    """Pyodide's lock file without its packages, none of which the site has."""
    return json.dumps(json.loads(lock) | {"packages": {}}, sort_keys=True).encode()


def _libraries() -> Iterator[tuple[str, bytes]]:
    """SymPy and mpmath without their tests."""
    for name in LIBRARIES:
        yield from _modules(name, without=("tests", "benchmarks", "testing"))


def _package() -> dict[str, bytes]:
    """This package without its Sphinx side, what runs cells, and how IPython prints what is no mathematics."""
    own = {path.relative_to(PYTHON).as_posix(): path.read_bytes() for path in _files(PYTHON)}
    pretty = {"IPython/lib/pretty.py": (_origin("IPython") / "lib" / "pretty.py").read_bytes()}
    return dict(_modules("lossgrad", without=("book",))) | own | pretty


def _modules(name: str, without: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    root = _origin(name)
    for path in _files(root):
        if path.suffix == ".py" and not set(without) & set(path.relative_to(root).parts[:-1]):
            yield f"{name}/{path.relative_to(root).as_posix()}", path.read_bytes()


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _origin(name: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise Missing(f"this environment has no {name}")
    return Path(found.origin).parent


def bytecode(sources: dict[str, bytes], modules: Path, cache: Path, *, with_source: bool = False) -> bytes:
    """An archive of modules as Pyodide's own Python compiles them; kept in ``cache`` by what it is made of."""
    packed = _packed(sources)
    digest = hashlib.sha256(packed + bytes([with_source]))
    for file in (COMPILER, COMPILER.with_name("compiling.py"), modules / "pyodide" / "package.json"):
        digest.update(file.read_bytes())
    kept = cache / f"{digest.hexdigest()[:16]}.zip"
    if not kept.is_file():
        packed_to, half = cache / "sources.zip", kept.with_suffix(".half")
        packed_to.write_bytes(packed)
        _run(NODE, COMPILER, (modules / "pyodide").resolve(), packed_to, half, "with source" if with_source else "")
        half.rename(kept)
    return kept.read_bytes()


def _statements() -> bytes:
    """The Python of every statement of the book."""
    from lossgrad.book.live.prove import statements

    return json.dumps(statements(), ensure_ascii=False, sort_keys=True).encode()


def _kept(cache: Path, name: str, package: dict[str, bytes], make: Callable[[], bytes]) -> bytes:
    """What is made of the package, made anew only when the package is another."""
    kept = cache / f"{name}-{hashlib.sha256(_packed(package)).hexdigest()[:16]}"
    if not kept.is_file():
        for old in cache.glob(f"{name}-*"):
            old.unlink()
        kept.write_bytes(make())
    return kept.read_bytes()


def _unpacked(archive: Path) -> dict[str, bytes]:
    """The modules of an archive."""
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist() if name.endswith(".py")}


def _packed(files: dict[str, bytes]) -> bytes:
    """An archive that is the same for the same files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in sorted(files.items()):
            opened.writestr(zipfile.ZipInfo(name, EPOCH), content)
    return archive.getvalue()


def _bundled(name: str, modules: Path) -> bytes:
    """A script with the packages that it imports, in one file."""
    source = (STATIC / name).read_text(encoding="utf-8")
    if name == "mathematics.js":
        source += TYPESET.read_text(encoding="utf-8")
    esbuild = (modules / "esbuild" / "bin" / "esbuild").resolve()
    options = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=eof", "--log-level=warning")
    return _run(NODE, esbuild, *options, given=source.encode())


def _run(*command: str | Path, given: bytes = b"") -> bytes:
    """What a command prints; raises Missing when it cannot be run, with the last line of what it said."""
    try:
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout
    except OSError as error:
        raise Missing(f"{command[0]} cannot be run: {error}") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or f"exit {error.returncode}"
        raise Missing(f"{Path(command[1]).name} failed: {said}") from error


def main() -> None:
    """Build the parts and touch the file that is named; without them say so, and fail where ``CI`` is set."""
    try:
        build()
        Path(sys.argv[1]).touch()
    except Missing as missing:
        shutil.rmtree(FOLDER, ignore_errors=True)
        print(f"The book is built without live cells: {missing}", file=sys.stderr)
        sys.exit(bool(os.environ.get("CI")))


if __name__ == "__main__":
    main()
