"""Exercises, graded in the browser by the same `prove`.

    ````{exercise} The gradient by the bias
    :state: linear.bias_gradient
    :wrong: linear.bias_mean

    What is asked, in words.

    ```{clue}
    What helps, folded.
    ```
    ````

``:state:`` names a theorem: its left side is given, and any right side passes that `prove` accepts. ``:find:`` names a
mistake, and ``:among:`` theorems and the same mistake in the order of a derivation: the answer is the number of the
false line. ``:wrong:`` names a mistake that people make, shown with the solution. The solution is printed from the
theorem's own box, so it is proved, and the mistake refuted, or the book is not built.
"""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from lossgrad import library
from lossgrad.book.directives import Division, Fold, FoldTitle
from lossgrad.book.domain import StatementDomain
from lossgrad.book.live import editors
from lossgrad.python_code import python


def setup(app: Sphinx) -> None:
    """Register both directives."""
    app.add_directive("exercise", Exercise)
    app.add_directive("clue", Clue)


class Exercise(SphinxDirective):
    """``{exercise}``: what is asked, a cell for the answer, and the solution, folded."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[OptionSpec] = {
        "state": directives.unchanged_required,
        "find": directives.unchanged_required,
        "among": directives.unchanged_required,
        "wrong": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        try:
            return [self.box()]
        except (library.UnknownName, ValueError) as fault:
            StatementDomain.of(self.env).note_fault(self.lineno, f"exercise {self.arguments[0]}: {fault}")
            return []

    def box(self) -> Division:
        name = nodes.make_id(f"exercise-{self.arguments[0]}")
        title = nodes.inline("", self.arguments[0], classes=["theorem-name"])
        box = Division("", nodes.paragraph("", "Exercise ", title, classes=["theorem-title"]), classes=["exercise"])
        box["ids"] = [name]
        self.state.document.note_explicit_target(box)
        box += self.parse_content_to_nodes()
        code, answered = self.asked()
        box += editors.cell(code, answered, f"{self.env.docname}#{name}")
        box += self.solution()
        self.set_source_info(box)
        return box

    def asked(self) -> tuple[str, str]:
        """The code that the answer begins with, and the rule by which it is graded."""
        package = str(self.config.lossgrad_package)
        match self.options:
            case {"state": name, "wrong": _}:
                return template(library.stated(library.theorems(package)[name]).lhs), f"state {name}"
            case {"find": name, "among": among}:
                names = among.split()
                false = [name for name in names if name in library.mistakes(package)]
                if false != [name]:
                    raise ValueError(f"the one mistake among {among} must be {name}: got {', '.join(false) or 'none'}")
                known = library.theorems(package) | library.mistakes(package)
                lines = [library.stated(known[other]) for other in names]
                return derivation(lines), f"find {names.index(name) + 1}"
        raise ValueError("it needs :state: and :wrong:, or :find: and :among:")

    def solution(self) -> Fold:
        """The theorem, and the mistake that people make."""
        package = str(self.config.lossgrad_package)
        wrong = self.options.get("wrong") or self.options["find"]
        right = self.options.get("state") or library.correction(library.mistakes(package)[wrong])
        boxes = f"```{{theorem}} {right}\n:again:\n```\n\n```{{refuted}} {wrong}\n:again:\n```\n"
        fold = Fold("", FoldTitle("", "Solution"), *self.parse_text_to_nodes(boxes), classes=["exercise-fold"])
        return fold


class Clue(SphinxDirective):
    """``{clue}``: a hint, folded."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        return [Fold("", FoldTitle("", "Hint"), *self.parse_content_to_nodes(), classes=["exercise-fold"])]


def template(question: object) -> str:
    """The code that an answer begins with: every word and letter of the book, and what is asked for.

    >>> from lossgrad import gradient
    >>> from lossgrad.notation import L, W, X
    >>> print(template(gradient(L(W * X), W)))
    from lossgrad import *
    from lossgrad.notation import *
    <BLANKLINE>
    question = gradient(L(W*X), W)
    answer = ...
    """
    before, expression = _parts(question)
    return f"{_with_letters(before)}\n\nquestion = {expression}\nanswer = ..."


def derivation(lines: list[object]) -> str:
    """The code of a derivation, and a place for the number of its false line."""
    parts = [_parts(line) for line in lines]
    before = list(dict.fromkeys(line for lines_before, _ in parts for line in lines_before))
    listed = "\n".join(f"line_{number} = {expression}" for number, (_, expression) in enumerate(parts, 1))
    return f"{_with_letters(before)}\n\n{listed}\n\nanswer = ...  # the number of the false line"


def _with_letters(before: list[str]) -> str:
    own = [line for line in before if not line.startswith(("from lossgrad import", "from lossgrad.notation import"))]
    imported = [line for line in own if line.startswith(("from ", "import "))]
    rest = [line for line in own if line not in imported]
    return "\n".join(["from lossgrad import *", "from lossgrad.notation import *", *imported, *rest])


def _parts(statement: object) -> tuple[list[str], str]:
    """The lines that declare what a statement is made of, and the statement itself, in one piece."""
    before, _, expression = python(statement).rpartition("\n\n")
    return before.splitlines(), expression
