"""What the search page finds besides what Sphinx finds: every statement, by its name and by the words that state it.

Sphinx's own search knows the words of a page, not which box of the page they stand in. The build writes
``searchstatements.js`` beside Sphinx's ``searchindex.js``: a line for each box, with its kind, its name, its title, its
words, its scope and its place. ``search.js`` looks through it, and through Sphinx's index for all the rest. Both files
are plain scripts, so the search works from a file server in any folder, without a network, and from disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.index_entries import split_index_msg

from lossgrad import library
from lossgrad.book import records
from lossgrad.book.domain import StatementDomain

FILE = "searchstatements.js"
"""What the search page reads, in the root of the built site."""


def setup(app: Sphinx) -> None:
    """Write the file when the pages are written."""
    app.add_css_file("search.css")
    app.connect("html-collect-pages", keep_index_entries)
    app.connect("build-finished", publish)


def keep_index_entries(app: Sphinx) -> list[Any]:
    """Give Sphinx's search the index entries of pages that this build did not write: it keeps all else of them."""
    known = app.builder.indexer._index_entries  # type: ignore[attr-defined]  # Sphinx has no other way in
    for page, entries in app.env.domains.index_domain.entries.items():
        if page not in known:
            known[page] = sorted(
                {
                    (word, target or "", main)
                    for kind, value, target, main, _ in entries
                    for word in split_index_msg(kind, value)
                }
            )
    in_order = {page: known[page] for page in sorted(known)}  # as a build from nothing has them
    known.clear()
    known.update(in_order)
    return []


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write the file into the root of the built site."""
    if exception is None and app.builder.format == "html":
        lines = ",\n".join(json.dumps(line, ensure_ascii=False) for line in searchable(app.env))
        app.outdir.joinpath(FILE).write_text(f"const STATEMENTS = [\n{lines}\n];\n", encoding="utf-8")


def searchable(env: BuildEnvironment) -> Iterator[list[str]]:
    """Each statement that is shown, in the book's order: kind, name, title, words, scope, page, anchor."""
    package, folder = env.config.lossgrad_package, Path(env.config.lossgrad_records)
    homes = {(shown.kind, shown.name): (page, shown.node_id) for page, shown in StatementDomain.of(env).homes()}
    listed = {
        "theorem": library.theorems(package),
        "definition": library.definitions(package),
        "refuted": library.mistakes(package),
    }
    for kind, statements in listed.items():
        for name, function in statements.items():
            if (kind, name) in homes:
                page, anchor = homes[kind, name]
                scope = records.proof(name, package, folder).scope if kind == "theorem" else ""
                yield [kind, name, library.title(name), plain(library.words(function)), scope, page, anchor]


def plain(words: str) -> str:
    """Words without the marks of Markdown.

    >>> plain("The *product* of $A$ and\\n`B`.")
    'The product of A and B.'
    """
    return " ".join(words.translate(str.maketrans("", "", "*$`")).split())
