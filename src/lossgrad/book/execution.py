"""How cells are executed: where their results are kept, when they may be used again, where one that fails stands.

MyST-NB reuses a page's results as long as its cells are the same, whatever became of the code they call.
Here the folder of kept results is named by a hash of everything that a result depends on, so an edit to the
package starts an empty one. The Sphinx side, this folder, is no part of it: no cell may import it (see
`lossgrad.book.cells`) and no other module does. An edit there has every page read again, not executed again.
"""

import hashlib
import os
import platform
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from docutils.nodes import document as Document
from myst_nb.sphinx_ import Parser
from myst_nb.sphinx_ext import add_global_html_resources
from sphinx.application import Sphinx
from sphinx.config import Config

import lossgrad

PACKAGE = Path(lossgrad.__file__).parent

LIBRARIES = ("sympy", "numpy", "matplotlib", "scikit-learn", "ipykernel", "myst-nb")
"""The libraries whose versions show in a cell's result, besides Python's own."""


def setup(app: Sphinx) -> None:
    """Keep cell results in a folder of their own for each state of the package, and say where a cell fails."""
    app.setup_extension("myst_nb")
    app.add_source_parser(PageParser, override=True)
    app.add_config_value("lossgrad_state", "", "env", str, "What pages are made by; set here.")
    app.connect("config-inited", keep_results_by_state)
    app.connect("config-inited", keep_streams_whole)
    app.connect("builder-inited", place_style_sheet)


def keep_results_by_state(app: Sphinx, config: Config) -> None:
    """Name the folder of results by the `state` they depend on; have Sphinx read every page again after any edit."""
    shown = Path(str(import_module(config.lossgrad_package).__file__)).parent
    states = dict.fromkeys(state(package) for package in (PACKAGE, shown))
    config.nb_execution_cache_path = str(app.outdir.parent / "executed" / "-".join(states))
    config.lossgrad_state = state(PACKAGE, NO_RESULT - {"book"})


WHOLE_STREAMS = """\
for stream in (__import__("sys").stdout, __import__("sys").stderr):
    stream.flush_interval = 3600  # seconds; the end of a cell flushes too
del stream
"""
"""What a kernel executes as it starts."""


def keep_streams_whole(app: Sphinx, config: Config) -> None:
    """Have kernels send what a cell prints in one piece, not one every fifth of a second.

    MyST-NB drops the white space between pieces, and where they part depends on how busy the machine is.
    """
    home = app.outdir.parent / "ipython"
    startup = home / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "whole_streams.py").write_text(WHOLE_STREAMS, encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(home)


NO_RESULT = frozenset({"__pycache__", "static", "book"})
"""The folders of a package on which no result depends: bytecode, what a browser alone reads, the Sphinx side."""


def state(package: Path = PACKAGE, without: frozenset[str] = NO_RESULT) -> str:
    """A hash of the package's files, but for some folders, and of the versions that its results depend on."""
    digest = hashlib.sha256()
    for line in _facts(package, without):
        digest.update(line)
    return digest.hexdigest()[:16]


def _facts(package: Path, without: frozenset[str]) -> Iterator[bytes]:
    yield platform.python_version().encode()
    yield WHOLE_STREAMS.encode()
    for library in LIBRARIES:
        yield f"{library} {version(library)}".encode()
    for path in sorted(package.rglob("*")):
        if path.is_file() and without.isdisjoint(path.relative_to(package).parts):
            yield path.relative_to(package).as_posix().encode()
            yield hashlib.sha256(path.read_bytes()).digest()


def place_style_sheet(app: Sphinx) -> None:
    """Place MyST-NB's style sheet before the pages are written, so that a first build links it by its checksum too."""
    (app.outdir / "_static").mkdir(parents=True, exist_ok=True)
    add_global_html_resources(app, None)


class PageParser(Parser):
    """MyST-NB's parser, except that pages read in parallel share no folder.

    In one folder two pages would race: to make its tables, and to keep the results of cells that are the same.
    A page without cells starts no kernel. A page with a cell that fails is read all the same: the gate reports it.
    """

    def parse(self, inputstring: str, document: Document) -> None:
        """Parse the page, executing its cells."""
        env = document.settings.env
        book = env.mystnb_config
        env.mystnb_config = book.copy(
            execution_mode=book.execution_mode if "{code-cell}" in inputstring else "off",
            execution_cache_path=str(Path(book.execution_cache_path, env.docname)),
        )
        try:
            super().parse(inputstring, document)
        finally:
            env.mystnb_config = book
