"""The Sphinx side of the book: it prints what `lossgrad` proves and refuses what it cannot prove."""

from typing import Any

from sphinx.application import Sphinx

from lossgrad.book import (
    behind,
    directives,
    execution,
    figures,
    gate,
    graph,
    ledger,
    notation_table,
    numbers,
    pages,
    rules_table,
    source_tables,
    symbols,
    totals,
    typeset,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension's parts with Sphinx."""
    directives.setup(app)
    behind.setup(app)
    execution.setup(app)
    figures.setup(app)
    gate.setup(app)
    graph.setup(app)
    ledger.setup(app)
    notation_table.setup(app)
    numbers.setup(app)
    pages.setup(app)
    rules_table.setup(app)
    source_tables.setup(app)
    symbols.setup(app)
    totals.setup(app)
    typeset.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
