"""What the build knows of each page: the statements it shows, what it printed, and what is wrong with it.

All of it is kept by page, so that pages can be read in parallel, one alone can be read again, and a fault stands until
its page is read without it.
"""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar, NamedTuple, cast

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.builders import Builder
from sphinx.domains import Domain, ObjType
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

from lossgrad import library
from lossgrad.book import listings, relations


class Fault(NamedTuple):
    """Something that the book may not have, and where it is."""

    line: int
    message: str


class Shown(NamedTuple):
    """A statement and the box on a page that shows it."""

    kind: str
    name: str
    line: int

    @property
    def node_id(self) -> str:
        return nodes.make_id(f"{self.kind}-{self.name}")


class StatementDomain(Domain):
    """Theorems, definitions and refuted mistakes, each shown on one page."""

    name = "lossgrad"
    label = "Statements"
    data_version = 3
    object_types: ClassVar[dict[str, ObjType]] = {
        "theorem": ObjType("theorem", "theorem", "statement"),
        "definition": ObjType("definition", "definition", "statement"),
        "refuted": ObjType("mistake", "refuted"),
    }
    initial_data: ClassVar[dict[str, Any]] = {"faults": {}, "shown": {}, "printed": {}, "gathering": {}, "behind": {}}
    dangling_warnings: ClassVar[dict[str, str]] = {
        kind: f"no page shows the {kind} %(target)s" for kind in ("theorem", "definition", "refuted")
    }

    @classmethod
    def of(cls, env: BuildEnvironment) -> "StatementDomain":
        return cast("StatementDomain", env.get_domain(cls.name))

    @property
    def faults(self) -> dict[str, list[Fault]]:
        """The faults of each page."""
        return cast("dict[str, list[Fault]]", self.data["faults"])

    @property
    def shown(self) -> dict[str, list[Shown]]:
        """The statements that each page shows, in its order."""
        return cast("dict[str, list[Shown]]", self.data["shown"])

    @property
    def printed(self) -> dict[str, Counter[str]]:
        """How many equations each page prints, by what they were printed from."""
        return cast("dict[str, Counter[str]]", self.data["printed"])

    @property
    def gathering(self) -> dict[str, bool]:
        """The pages that gather from the whole book."""
        return cast("dict[str, bool]", self.data["gathering"])

    @property
    def behind(self) -> dict[str, str]:
        """A hash of what each page tells that others know, see `lossgrad.book.news`."""
        return cast("dict[str, str]", self.data["behind"])

    def note_fault(self, line: int, message: str) -> None:
        self.faults.setdefault(self.env.docname, []).append(Fault(line, message))

    def note_shown(self, statement: Shown) -> None:
        self.shown.setdefault(self.env.docname, []).append(statement)

    def note_printed(self, source: str, tex: str) -> None:
        """Count a formula if it asserts; the others name a thing and are no equations."""
        if relations.in_tex(tex):
            self.printed.setdefault(self.env.docname, Counter())[source] += 1

    def note_gathering(self) -> None:
        self.gathering[self.env.docname] = True

    def homes(self) -> Iterator[tuple[str, Shown]]:
        """Each statement that is shown, with its page."""
        for docname in sorted(self.shown):
            for statement in self.shown[docname]:
                yield docname, statement

    def clear_doc(self, docname: str) -> None:
        for kept in (self.faults, self.shown, self.printed, self.gathering):
            kept.pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        for key in self.initial_data:
            self.data[key].update({docname: kept for docname, kept in otherdata[key].items() if docname in docnames})

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        if typ == "source":
            functions = env.get_domain("py")
            reference = functions.resolve_xref(env, fromdocname, builder, "func", target, node, contnode)
            return reference or self._listed(fromdocname, builder, target, contnode)
        for docname, statement in self.homes():
            if (statement.kind, statement.name) == (typ, target):
                return make_refnode(builder, fromdocname, docname, statement.node_id, contnode, library.title(target))
        return None

    def _listed(self, page: str, builder: Builder, target: str, content: nodes.Element) -> nodes.reference:
        """A link to where a function is listed; its name alone where nothing is listed."""
        if builder.format != "html":
            return cast(nodes.reference, content)
        module, _, name = target.rpartition(".")
        address = builder.get_relative_uri(page, listings.place(module, self.env.config.lossgrad_package))
        return nodes.reference("", "", content, refuri=f"{address}#{name}", internal=True)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        found = ((kind, self.resolve_xref(env, fromdocname, builder, kind, target, node, contnode)) for kind in KINDS)
        return [(f"{self.name}:{kind}", reference) for kind, reference in found if reference is not None]

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        for docname, statement in self.homes():
            yield statement.name, library.title(statement.name), statement.kind, docname, statement.node_id, UNSEARCHED


UNSEARCHED = -1
"""Sphinx's search leaves such objects out: `lossgrad.book.searching` finds statements, by their words too."""


KINDS = tuple(StatementDomain.object_types)
