"""*Prove it yourself*: an editor for a reader's own equation, starting points, and the links that lead there.

    ```{prove-yourself} linear.weight_gradient
    linear.data_gradient
    source.e8
    ```

The editor begins with the theorem that is named first; each line below names a theorem or a mistake of the gallery.
`statements` has the Python of every statement, which the page fetches when a reader asks for one by its address:
``prove.html#theorem=NAME``, ``#false=NAME`` for its false twin, ``#refuted=NAME`` for a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sympy import Eq, Integer
from sympy.matrices.expressions import OneMatrix, ZeroMatrix

from lossgrad import library
from lossgrad.book.directives import Division, Fold
from lossgrad.book.domain import StatementDomain
from lossgrad.book.live import editors
from lossgrad.expressions import equation
from lossgrad.python_code import python

PAGE = "prove"


def setup(app: Sphinx) -> None:
    """Register the directive, and lead to the page from every box."""
    app.add_directive("prove-yourself", ProveYourself)
    app.connect("doctree-resolved", lead_there)
    app.connect("html-page-context", load_script)


def statements(package: str = "lossgrad") -> dict[str, dict[str, str]]:
    """The Python of every theorem, of its false twin, and of every mistake, by kind and name."""
    theorems, mistakes = library.theorems(package), library.mistakes(package)
    twins = {library.correction(said): library.stated(said) for said in mistakes.values()}
    return {
        "theorem": {name: python(library.stated(said)) for name, said in theorems.items()},
        "refuted": {name: python(library.stated(said)) for name, said in mistakes.items()},
        "false": {
            name: python(twins[name] if name in twins else _turned(library.stated(said)))
            for name, said in theorems.items()
        },
    }


def _turned(stated: Eq) -> Eq:
    """The equation with the sign of its right side turned, or with ones where that is 0."""
    left, right = stated.args
    if isinstance(right, ZeroMatrix):
        return equation(left, OneMatrix(*right.shape))
    return equation(left, Integer(1) if right == 0 else -right)


class ProveYourself(SphinxDirective):
    """``{prove-yourself}``: the editor, and below it the gallery."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        package = str(self.config.lossgrad_package)
        try:
            start = library.stated(library.theorems(package)[self.arguments[0]])
            gallery = nodes.bullet_list("", *self.items(package), classes=["prove-gallery"])
        except library.UnknownName as fault:
            StatementDomain.of(self.env).note_fault(self.lineno, str(fault))
            return []
        return [Division("", editors.cell(python(start), "verdict"), gallery, classes=["prove"])]

    def items(self, package: str) -> Iterator[nodes.list_item]:
        """A starting point a line: a theorem with its false twin, or a mistake."""
        theorems = library.theorems(package)
        for name in self.content:
            kind = "theorem" if name in theorems else "refuted"
            if kind == "refuted":
                library.mistakes(package)[name]
            links = (
                [("theorem", "as it is"), ("false", "its false twin")] if kind == "theorem" else [(kind, "as it is")]
            )
            line = nodes.paragraph("", f"{library.title(name)}: ")
            for place, (target, words) in enumerate(links):
                line += [nodes.Text(", ")] if place else []
                line += nodes.reference("", words, refuri=f"#{target}={name}", internal=True)
            yield nodes.list_item("", line)


def lead_there(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Below the proof of each theorem, and below each mistake, link to the editor with its statement in it."""
    if app.builder.format != "html" or PAGE not in app.env.all_docs:
        return
    there = app.builder.get_relative_uri(page, PAGE)
    for box in doctree.findall(Division):
        kind = next((kind for kind in ("theorem", "refuted") if kind in box["classes"]), None)
        words = next((child for child in box.children if isinstance(child, Division) and "words_of" in child), None)
        if kind is None or words is None:
            continue
        name = words["words_of"]
        line = nodes.paragraph("", "", _link(there, kind, name, "Prove it yourself"), classes=["theorem-source"])
        if kind == "theorem":
            line += [nodes.Text(", or "), _link(there, "false", name, "its false twin")]
        folds = (child for child in box.children if isinstance(child, Fold) and "theorem-steps" in child["classes"])
        next(folds, box).append(line)


def _link(there: str, kind: str, name: str, words: str) -> nodes.reference:
    return nodes.reference("", words, refuri=f"{there}#{kind}={name}", internal=True)


def load_script(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Load the script that fills the editor, on the one page that has it."""
    if doctree is not None and any("prove" in box["classes"] for box in doctree.findall(Division)):
        app.add_js_file("prove.js", loading_method="defer")
