"""The Sphinx side of the book: it prints what `lossgrad` proves and refuses what it cannot prove."""

from typing import Any

from sphinx.application import Sphinx

from lossgrad.book import (
    behind,
    cheat_sheet,
    directives,
    execution,
    figures,
    gate,
    graph,
    ledger,
    listings,
    live,
    lookup_table,
    news,
    notation_table,
    notebooks,
    numbers,
    pages,
    rooms,
    rules_table,
    searching,
    source_tables,
    symbols,
    take_along,
    totals,
    typeset,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension's parts with Sphinx."""
    directives.setup(app)
    behind.setup(app)
    cheat_sheet.setup(app)
    execution.setup(app)
    figures.setup(app)
    gate.setup(app)
    graph.setup(app)
    ledger.setup(app)
    listings.setup(app)
    live.setup(app)
    lookup_table.setup(app)
    news.setup(app)
    notation_table.setup(app)
    notebooks.setup(app)
    numbers.setup(app)
    pages.setup(app)
    rooms.setup(app)
    rules_table.setup(app)
    searching.setup(app)
    source_tables.setup(app)
    symbols.setup(app)
    take_along.setup(app)
    totals.setup(app)
    typeset.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
