"""What may not stand in the book, looked for on every page as it is read; a book with a fault is not built.

The gate asks, page by page:

- Is every equation printed from an object? Mathematics typed by hand may name and not assert (see
  `lossgrad.book.typed`). A cell displays an equation as its proof or as a definition.
- Is every page executed, every cell seen, nothing silenced (see `lossgrad.book.cells`)? Does somebody run all the code
  that is shown?
- Does every name exist, is every theorem proved, every mistake refuted (see `lossgrad.book.directives`)?

and of the whole book: is every statement shown, each at one home, and do the settings leave all of this in force?

All faults are reported together, each with its file and line. A build that complained leaves nothing behind that would
let the next one pass.
"""

import ast
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any, NoReturn

from docutils import nodes
from myst_nb.core.read import UnexpectedCellDirective
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from lossgrad import library
from lossgrad.book import cells
from lossgrad.book.domain import KINDS, Fault, StatementDomain
from lossgrad.book.typed import IncludedListing, shown_by_cells, typed, unproved

LOG = logging.getLogger(__name__)

SETTINGS: dict[str, tuple[Any, str]] = {
    "suppress_warnings": ([], "warnings would be silenced"),
    "myst_suppress_warnings": ([], "warnings would be silenced"),
    "nb_execution_mode": ("cache", "pages would not be executed, or not kept"),
    "nb_execution_allow_errors": (False, "cells would be allowed to fail"),
    "nb_execution_excludepatterns": ((), "pages would not be executed"),
    "nb_custom_formats": ({}, "pages would be read by another reader"),
    "nb_output_stderr": ("error", "what a cell complains of would not fail the build"),
    "nb_remove_code_outputs": (False, "outputs would be hidden"),
    "nb_remove_code_source": (False, "the code behind an output would be hidden"),
}
"""The settings that the gate stands on: their values, and what another value would do."""


class GateClosed(SystemExit):
    """The book has faults: all of them, each with file and line.

    It ends Sphinx without the traceback of an error in the program, for what is wrong is in the book.
    """


def setup(app: Sphinx) -> None:
    """Look at the settings, at every page as it is read, at the whole book, and at how the build ended."""
    app.setup_extension("myst_nb")
    app.add_directive("code-cell", StrayCell, override=True)
    app.add_directive("raw-cell", StrayCell, override=True)
    app.add_directive("literalinclude", IncludedListing, override=True)
    app.connect("config-inited", check_settings)
    app.connect("env-get-outdated", read_again)
    app.connect("doctree-read", look_at_page, priority=900)
    app.connect("env-check-consistency", look_at_book)
    app.connect("build-finished", close, priority=100)


class StrayCell(UnexpectedCellDirective):
    """A cell inside another directive, or on a page that is not executed: it would be dropped."""

    def run(self) -> list[nodes.Node]:
        env: BuildEnvironment = self.state.document.settings.env
        StatementDomain.of(env).note_fault(
            self.lineno, f"this {self.name} would not be executed: cells stand alone, in a fence of backticks"
        )
        return []


def check_settings(app: Sphinx, config: Config) -> None:
    """Refuse settings that would let something pass."""
    conf = Path(app.confdir, "conf.py")
    faults = [
        Fault(_line_of_setting(conf, name), f"{name} must be {needed!r}, or {reason}: got {config[name]!r}")
        for name, (needed, reason) in SETTINGS.items()
        if name in config and config[name] not in (needed, list(needed) if isinstance(needed, tuple) else needed)
    ]
    if sys.flags.optimize or os.environ.get("PYTHONOPTIMIZE"):
        faults.append(Fault(1, "Python runs optimized, so that no assert of a cell would be executed"))
    if os.environ.get("PYTHONWARNINGS"):
        faults.append(Fault(1, "PYTHONWARNINGS is set, so that warnings could be silenced"))
    if faults:
        refuse(app, {str(conf): faults})


def _line_of_setting(conf: Path, name: str) -> int:
    """The line of conf.py where a setting is made; the first where it is made elsewhere."""
    if not conf.is_file():
        return 1
    for node in ast.walk(ast.parse(conf.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name) and node.id == name:
            return node.lineno
    return 1


def read_again(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Read every page again when one was taken away: Sphinx alone would not look at what the others now lack."""
    return sorted(env.found_docs) if removed else []


def look_at_page(app: Sphinx, doctree: nodes.document) -> None:
    """Note the faults of a page that was just read, each at its own line, and count what it prints."""
    env = app.env
    domain = StatementDomain.of(env)
    path = env.doc2path(env.docname)
    if path.suffix != ".md":
        domain.note_fault(1, "a page of the book is a .md file, so that its cells are executed")
        return
    page = cells.PageText(Path(path))
    domain.shown[env.docname] = [
        shown._replace(line=page.line(shown.line)) for shown in domain.shown.get(env.docname, [])
    ]
    noted = domain.faults.pop(env.docname, [])
    found = {Fault(page.line(fault.line), fault.message) for fault in noted}
    found |= set(cells.faults(page)) | set(_not_executed(env, page))
    found |= {Fault(page.line(line, piece), reason) for line, piece, reason in typed(doctree)}
    found |= {
        Fault(page.cells[index].line, f"a cell displays what nobody proved (display prove(...)): {equation}")
        for index, equation in unproved(doctree)
    }
    for fault in sorted(found):
        domain.note_fault(*fault)
    for tex in shown_by_cells(doctree):
        domain.note_printed("cell", tex)


def _not_executed(env: BuildEnvironment, page: cells.PageText) -> Iterator[Fault]:
    ran = getattr(env, "nb_metadata", {}).get(env.docname, {}).get("exec_data")
    if ran and ran["traceback"]:
        yield cells.failure(page, ran["traceback"])
    elif page.cells and not (ran and ran["succeeded"]):
        yield Fault(min(cell.line for cell in page.cells.values()), "the cells of this page were not executed")


def look_at_book(app: Sphinx, env: BuildEnvironment) -> None:
    """Close the gate if any page has a fault, or the pages together miss or repeat a statement."""
    domain = StatementDomain.of(env)
    faults = {str(env.doc2path(docname)): list(found) for docname, found in domain.faults.items()}
    for path, fault in _missed_or_repeated(env, domain):
        faults.setdefault(path, []).append(fault)
    if faults:
        refuse(app, faults)


def _missed_or_repeated(env: BuildEnvironment, domain: StatementDomain) -> Iterator[tuple[str, Fault]]:
    package = env.config.lossgrad_package
    homes: dict[tuple[str, str], str] = {}
    for docname, shown in domain.homes():
        path = str(env.doc2path(docname))
        if home := homes.get((shown.kind, shown.name)):
            yield path, Fault(shown.line, f"{shown.kind} {shown.name} is at home in {home}; show it here with :again:")
        homes.setdefault((shown.kind, shown.name), f"{_relative(path)}:{shown.line}")
    try:
        listed = [library.theorems(package), library.definitions(package), library.mistakes(package)]
    except library.NoStatement as fault:
        yield _place(fault.function, str(fault))
        return
    except library.Unlisted as fault:
        yield str(fault.path), Fault(1, str(fault))
        return
    for kind, statements in zip(KINDS, listed, strict=True):
        for name, said in statements.items():
            if (kind, name) not in homes:
                yield _place(said, f"no page shows {name}: give it a {{{kind}}} box")


def _place(said: library.Statement, message: str) -> tuple[str, Fault]:
    """A fault of a statement, where its function stands."""
    return said.__code__.co_filename, Fault(said.__code__.co_firstlineno, message)


def refuse(app: Sphinx, faults: dict[str, list[Fault]]) -> NoReturn:
    """Close the gate: the next build reads every page again."""
    forget(app)
    lines = [f"{_relative(path)}:{fault.line}: {fault.message}" for path in sorted(faults) for fault in faults[path]]
    raise GateClosed("\n".join([*lines, f"The gate is closed: {len(lines)} fault{'s' if len(lines) > 1 else ''}"]))


def forget(app: Sphinx) -> None:
    """Forget what was read, so that the next build says again what is wrong; leave no report of it in the site."""
    (app.doctreedir / ENV_PICKLE_FILENAME).unlink(missing_ok=True)
    rmtree(app.outdir / "reports", ignore_errors=True)


def _relative(path: str) -> Path:
    here = Path.cwd()
    return Path(path).relative_to(here) if Path(path).is_relative_to(here) else Path(path)


def close(app: Sphinx, exception: Exception | None) -> None:
    """Say what was printed; forget a build that complained."""
    if exception is not None:
        return
    if app._warncount:
        forget(app)
        return
    printed = sum(StatementDomain.of(app.env).printed.values(), Counter())
    counted = ", ".join(f"{number} {source}" for source, number in printed.most_common())
    LOG.info("gate: %d equations, all printed from objects (%s); 0 typed by hand", printed.total(), counted)
