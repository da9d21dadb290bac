"""What the site carries to be taken along: the package as a wheel, and the printed book once `make pdf` has made it.

    ```{downloads}
    ```
    ```{install}
    ```

The first lists what there is, the second says what to give to pip. The wheel is built with the site, from the same
tree, and two builds of one tree agree byte for byte. The PDFs are made from the built pages, by `make pdf`, which
leaves beside them what they were made from; the site has them only as long as that is what it shows itself.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from flit_core.wheel import make_wheel_in
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from lossgrad.book.domain import StatementDomain

FOLDER = "downloads"
"""The folder of the built site that holds what is taken along."""

STATE = "book.state"
"""The file beside the site, and the file beside the PDFs, that say what they were made from."""

PRINTED = {
    "gradients-on-loss-functions.pdf": "The whole book, but for the code behind each theorem, as a PDF",
    "cheat-sheet.pdf": "The cheat sheet on two pages, as a PDF",
}
"""What `make pdf` makes."""


def setup(app: Sphinx) -> None:
    """Register the directives, what fills them in, and what puts the files in place."""
    app.add_config_value(
        "lossgrad_printed", str(app.outdir.parent / "pdf"), "", str, "Where `make pdf` leaves what it made."
    )
    app.add_node(DownloadsPlace)
    app.add_directive("downloads", Downloads)
    app.add_directive("install", Install)
    app.add_post_transform(DownloadsList)
    app.connect("build-finished", carry)


def wheel_name() -> str:
    """The file of the package."""
    return f"lossgrad-{version('lossgrad')}-py3-none-any.whl"


def carry(app: Sphinx, exception: Exception | None) -> None:
    """Put the wheel and the PDFs into the built site, and say beside it what it was made from."""
    project = app.confdir / "pyproject.toml"
    if exception is not None or app.builder.name != "html" or not project.is_file():
        return
    folder = app.outdir / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    make_wheel_in(project, folder)
    for name in present(app):
        shutil.copyfile(Path(app.config.lossgrad_printed, name), folder / name)
    app.outdir.with_name(STATE).write_text(state(app), encoding="utf-8")


def present(app: Sphinx) -> list[str]:
    """The PDFs that were made from what this build shows."""
    printed = Path(app.config.lossgrad_printed)
    made_from = printed / STATE
    if not made_from.is_file() or made_from.read_text(encoding="utf-8") != state(app):
        return []
    return [name for name in PRINTED if (printed / name).is_file()]


def state(app: Sphinx) -> str:
    """A hash of what the site is made from: its settings, the package, every file of the folder of pages."""
    digest = hashlib.sha256(str(app.config.lossgrad_state).encode())
    for path in sorted((app.confdir / "conf.py", *app.srcdir.rglob("*"))):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


class DownloadsPlace(nodes.General, nodes.Element):
    """Where the list will stand."""


class Downloads(SphinxDirective):
    """``{downloads}``: what can be taken along."""

    def run(self) -> list[nodes.Node]:
        StatementDomain.of(self.env).note_gathering()
        return [DownloadsPlace()]


class Install(SphinxDirective):
    """``{install}``: how the wheel is installed."""

    def run(self) -> list[nodes.Node]:
        return [nodes.literal_block("", f"pip install {wheel_name()}", language="text")]


class DownloadsList(SphinxPostTransform):
    """Puts the list in its place, when it is known what there is."""

    default_priority: ClassVar[int] = 5

    def run(self, **kwargs: Any) -> None:
        for place in list(self.document.findall(DownloadsPlace)):
            items = [nodes.list_item("", nodes.paragraph("", "", *line)) for line in self.lines()]
            place.replace_self(nodes.bullet_list("", *items))

    def lines(self) -> Iterator[list[nodes.Node]]:
        """What there is, each with its link."""
        yield [self.link(wheel_name(), "The package, as a wheel"), nodes.Text(".")]
        for name in present(self.app):
            yield [self.link(name, PRINTED[name]), nodes.Text(".")]
        yield [nodes.Text("Each page, as a notebook: in the menu at its top.")]

    def link(self, name: str, words: str) -> nodes.reference:
        builder = self.app.builder
        if builder.format != "html":
            return nodes.reference("", words, refuri="", internal=True)
        address = relative_uri(builder.get_target_uri(self.env.docname), f"{FOLDER}/{name}")
        return nodes.reference("", words, refuri=address, internal=True)
