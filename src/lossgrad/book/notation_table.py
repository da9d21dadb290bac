"""The table of letters, made from `lossgrad.notation`.

```{notation}
```
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lossgrad.book.directives import printed
from lossgrad.book.source_tables import tabulated
from lossgrad.book.symbols import target
from lossgrad.notation import MEANINGS
from lossgrad.notation import y as labels
from lossgrad.printing import latex


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("notation", NotationTable)


class NotationTable(SphinxDirective):
    """``{notation}``: each letter, its shape and its meaning."""

    def run(self) -> list[nodes.Node]:
        lines = [self.line(letter, meaning) for letter, meaning in MEANINGS]
        table = tabulated("notation", ("Letter", "Shape", "Meaning"), (15, 20, 65), lines)
        (body,) = table.findall(nodes.tbody)
        for row, (letter, _) in zip(body.findall(nodes.row), MEANINGS, strict=True):
            row["ids"] = [target(letter)]
        self.env.metadata[self.env.docname]["notation"] = True
        return [table]

    def line(self, letter: Any, meaning: str) -> list[list[nodes.Node]]:
        shape = labels.shape if letter == labels.label else getattr(letter, "shape", ())
        size = [self.math(r" \times ".join(map(latex, shape)))] if shape else [nodes.Text("a number")]
        return [
            [nodes.paragraph("", "", self.math(latex(letter)))],
            [nodes.paragraph("", "", *size)],
            [nodes.paragraph("", meaning)],
        ]

    def math(self, tex: str) -> nodes.math:
        """A letter printed from the table."""
        return printed(tex, "notation", self.env)
