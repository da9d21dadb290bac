"""Bytecode in an archive from sources in an archive: runs in the Python whose bytecode it makes."""

import zipfile
from importlib import util
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]  # its stub leaves it out

EPOCH = (1980, 1, 1, 0, 0, 0)


def archive(sources: str, result: str, with_source: bool) -> None:
    """Compile each module of ``sources`` into ``result``, in one order and with one date."""
    with zipfile.ZipFile(sources) as given, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(given.namelist()):
            source = given.read(name)
            code = compile(source, name, "exec", dont_inherit=True, optimize=0)
            add(made, f"{name}c", _code_to_hash_pyc(code, util.source_hash(source), checked=False))
            if with_source:
                add(made, name, source)


def add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file to an archive."""
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
