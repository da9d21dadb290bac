"""The Sphinx side of the book: it prints what `lossgrad` proves and refuses what it cannot prove."""

from typing import Any

from sphinx.application import Sphinx

from lossgrad.book import execution, typeset


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension's parts with Sphinx."""
    execution.setup(app)
    typeset.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
