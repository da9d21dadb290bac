"""Letters in a line lead to the notation page, where each is defined once.

A letter between dollars that means what the notation page says is marked as its page is written, so that a script can
show its entry to who points at it; it is no stop for the Tab key. A fold at the end of the page lists the letters that
the page uses, with links to their entries, for everyone. A page whose statements use a letter for something else, a
matrix of another shape or an index, introduces it itself; there the letter is not marked, nor is it in the box of a
statement that does so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.osutil import relative_uri
from sympy import Basic, IndexedBase, MatrixSymbol, Symbol, sympify

from lossgrad import library, notation
from lossgrad.book.directives import Fold, FoldTitle
from lossgrad.book.domain import Shown, StatementDomain
from lossgrad.expressions import Definition, LossValue, Named, NamedScalar
from lossgrad.printing import latex


def setup(app: Sphinx) -> None:
    """Mark letters when a page is resolved; give pages what shows an entry."""
    app.add_css_file("previews.css")
    app.add_js_file("previews.js", loading_method="defer")
    app.connect("doctree-resolved", mark_letters)


@cache
def letters() -> Mapping[str, tuple[str, str]]:
    """The letters of the notation page as TeX, each with the end of its target and its meaning.

    >>> letters()["W"], letters()[r"\\tau"]
    (('W', 'weights'), ('tau', 'temperature'))
    """
    return {tex_of(letter): (tex_of(letter).removeprefix("\\"), meaning) for letter, meaning in notation.MEANINGS}


def tex_of(letter: Any) -> str:
    """A letter as it stands alone in a line; that of a loss without what it is a loss of."""
    return str(letter.name) if isinstance(letter, LossValue) else latex(letter)


def target(letter: Any) -> str:
    """Where the entry of a letter stands on the notation page."""
    return f"symbol-{letters()[tex_of(letter)][0]}"


def mark_letters(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Mark the letters of a page, and list them at its end."""
    home = next((name for name, known in sorted(app.env.metadata.items()) if "notation" in known), None)
    if home is None or page == home or app.builder.format != "html":
        return
    in_prose = letters_of_its_own(app.env, page)
    used = set()
    for formula in doctree.findall(nodes.math):
        tex = formula.astext().strip()
        if tex in letters() and tex not in (in_prose if (box := box_of(formula)) is None else others_in(app.env, box)):
            formula["symbol"] = letters()[tex][0]
            used.add(tex)
    if used:
        address = relative_uri(app.builder.get_target_uri(page), app.builder.get_target_uri(home))
        section = cast(nodes.Element, doctree.children[-1])
        section += listed([tex for tex in letters() if tex in used], address)


def listed(used: list[str], address: str) -> Fold:
    """The fold that lists letters, each with a link to its entry."""
    found = nodes.bullet_list()
    for tex in used:
        name, meaning = letters()[tex]
        place = {"refuri": f"{address}#symbol-{name}", "reftitle": f"{name} in the notation", "internal": True}
        link = nodes.reference("", "", nodes.math(tex, tex), **place)
        found += nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(f" {meaning}")))
    return Fold("", FoldTitle("", "Symbols on this page"), found, classes=["page-symbols", "no-search"])


def letters_of_its_own(env: BuildEnvironment, page: str) -> set[str]:
    """The letters that more statements of a page use for something else than as the notation page says."""
    others, same = Counter[str](), Counter[str]()
    for shown in StatementDomain.of(env).shown.get(page, []):
        others.update(others_in(env, shown))
        same.update(letters_in(env, shown) - others_in(env, shown))
    return {tex for tex in others if others[tex] > same[tex]}


def box_of(formula: nodes.Node) -> Shown | None:
    """The box of a statement that a formula stands in."""
    place = formula.parent
    while place is not None:
        if "words_of" in place:
            return Shown(place.parent["classes"][0], place["words_of"], 0)
        place = place.parent
    return None


def others_in(env: BuildEnvironment, shown: Shown) -> set[str]:
    """The letters that a statement uses for something else than as the notation page says."""
    things = named_things(statement_of(env, shown))
    return {latex(Symbol(name)) for name, thing in things if name in known() and not means(thing, known()[name])}


def letters_in(env: BuildEnvironment, shown: Shown) -> set[str]:
    """The letters of the notation page that a statement uses for whatever it is."""
    return {latex(Symbol(name)) for name, _ in named_things(statement_of(env, shown)) if name in known()}


@cache
def known() -> Mapping[str, Any]:
    """What the letters of the notation page stand for, by name."""
    things = [letter for letter, _ in notation.MEANINGS if not isinstance(letter, LossValue)]
    return {str(thing.name): thing for thing in things}


def statement_of(env: BuildEnvironment, shown: Shown) -> Any:
    """What a box says."""
    package = env.config.lossgrad_package
    listed = {"theorem": library.theorems, "definition": library.definitions, "refuted": library.mistakes}
    return library.stated(listed[shown.kind](package)[shown.name])


def named_things(statement: Any) -> Iterator[tuple[str, Any]]:
    """What has a name in a statement."""
    sides = (statement.lhs, statement.rhs) if isinstance(statement, Definition) else (statement,)
    for side in sides:
        if isinstance(side, Basic):
            for thing in side.atoms(Symbol, MatrixSymbol, IndexedBase, Named, NamedScalar):
                yield str(thing.name), thing


def means(thing: Any, letter: Any) -> bool:
    """Whether a thing is what its letter stands for, or that at sizes that are numbers; labels are known by name."""
    if isinstance(thing, IndexedBase):
        return bool(thing.label == letter)
    if isinstance(thing, MatrixSymbol) and isinstance(letter, MatrixSymbol):
        sizes = zip(map(sympify, thing.shape), letter.shape, strict=True)
        return all(n == size or n.is_Integer for n, size in sizes)
    return bool(thing == letter)
