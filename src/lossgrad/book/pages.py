"""What every page of the site carries, whatever it says: a description, and a Content-Security-Policy of its own.

`template_bridge = "lossgrad.book.pages.Templates"` selects it. A page may run and show what the site serves, and what
stands on the page itself if its hash is in the policy, which the build works out from the finished page. Handlers and
styles in attributes can have no hash: the theme's are taken out, and ``header.js`` and ``book.css`` do their work;
any other is a warning, so a build with `-W` fails. The file `HEADERS` says the same of all pages together, for a host
that sends it as a header.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.jinja2glue import BuiltinTemplateLoader
from sphinx.util import logging

HEADERS = "_headers"
"""The file in the root of the site that some hosts take their headers from."""

POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",  # Python for live cells is WebAssembly
    "style-src": "'self'",
    "img-src": "'self' data:",  # style sheets of the theme carry their arrows with them
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
INLINE = {
    "script-src": re.compile(r"<script(?![^<>]*\ssrc=)[^<>]*>(.*?)</script>", re.DOTALL),
    "style-src": re.compile(r"<style[^<>]*>(.*?)</style>", re.DOTALL),
}
"""What stands on a page and needs a hash, by the directive that has it."""

AMENDED = {
    re.compile(r'(<button\b[^<>]*?)\sonclick="(?:toggleFullScreen|window\.print)\(\)"'): r"\1",  # see header.js
    re.compile(r'(<(?:table|td)\b[^<>]*?)\sstyle="width: [^"]*"'): r"\1",  # the columns of the index: see book.css
    re.compile(r'(<main\b[^<>]*?)\srole="main"'): r"\1",  # it has that role unasked
    re.compile(r'(<div class="citation"[^<>]*?)\srole="doc-biblioentry"'): r"\1",  # a role for items of a list alone
    re.compile(r'<div role="list" class="citation-list">'): '<div class="citation-list">',  # and they are none
    re.compile(r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', re.DOTALL): "",  # a second title, for print
    re.compile(r'(<a [^<>]*>)([^<>]*)(</a><details[^<>]*><summary)(?=><span class="toctree-toggle")'): (
        r'\1\2\3 aria-label="Pages below \2"'  # an arrow alone
    ),
    re.compile(  # a paragraph may not stand in a summary, and what it says is its name
        r'(<summary[^<>]*?)(?: aria-label="[^"]*")?(>\s*)'
        r'<p( class="collapsed [^<>]*>[^<>]*)</p>\s*<p( class="expanded [^<>]*>[^<>]*)</p>'
    ): r"\1\2<span\3</span><span\4</span>",
}
"""What the theme and MyST-NB write that a strict policy or HTML does not allow, and what stands in its place."""

WITHOUT_HASH = re.compile(r"<[a-zA-Z][^<>]*?\s(?:style|on[a-z]+)=[^<>]*>")
CHARSET = re.compile(r'<meta charset="utf-8"\s*/?>')
WITHOUT_TITLE = {"genindex": "The index of the book", "search": "Search the book"}
LONGEST = 200

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    """Describe the pages, listen to the buttons of their header, write the file of headers."""
    app.add_js_file("header.js", loading_method="defer")
    app.connect("html-page-context", describe)
    app.connect("html-page-context", drop_options, priority=900)
    app.connect("build-finished", write_headers)
    app.connect("build-finished", drop_maps)


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates; a page that they make carries its policy and nothing that the policy could not name."""

    def render(self, template: str, context: dict[str, Any]) -> str:  # type: ignore[override]  # as the base class does
        """The page that a template makes."""
        page = amended(super().render(template, context))
        for tag in WITHOUT_HASH.findall(page):
            logger.warning("a style or a handler in an attribute: %s", tag, location=context["pagename"], type="policy")
        return CHARSET.sub(rf'\g<0>\n<meta http-equiv="Content-Security-Policy" content="{policy([page])}">', page, 1)


def is_current(app: Sphinx, file: Path) -> bool:
    """Whether a file that is made from the whole book is newer than every page: what it says has not changed.

    A build in which something changed has written at least the pages that gather, see `lossgrad.book.news`.
    """
    if not file.is_file():
        return False
    pages = (Path(app.builder.get_outfilename(page)) for page in app.env.found_docs)  # type: ignore[attr-defined]
    return all(page.is_file() and page.stat().st_mtime_ns < file.stat().st_mtime_ns for page in pages)


def amended(page: str) -> str:
    """The page as HTML and the policy allow it."""
    for written, allowed in AMENDED.items():
        page = written.sub(allowed, page)
    return styles_in_head(page)


def styles_in_head(page: str) -> str:
    """The page with the styles of its body in its head, each once: HTML allows them nowhere else.

    >>> styles_in_head("<head></head><body><style>p { color: red }</style><p>Red</p></body>")
    '<head><style>p { color: red }</style></head><body><p>Red</p></body>'
    """
    head, end, body = page.partition("</head>")
    styles = dict.fromkeys(found[0] for found in INLINE["style-src"].finditer(body))
    return "".join((head, *styles, end, INLINE["style-src"].sub("", body)))


def policy(pages: Iterable[str]) -> str:
    """The policy under which these pages do what they carry.

    >>> policy(["<script>show()</script><script src='other.js'></script>"]).split("; ")[1]
    "script-src 'self' 'wasm-unsafe-eval' 'sha256-bZcXq6A55386WOhnm+CkmXOdvD/gkjsQT5fkz6gxfg8='"
    """
    hashes: dict[str, set[str]] = {directive: set() for directive in INLINE}
    for page in pages:
        for directive, inline in INLINE.items():
            hashes[directive].update(map(hashed, inline.findall(page)))
    return "; ".join(" ".join([name, own, *sorted(hashes.get(name, ()))]) for name, own in POLICY.items())


def hashed(text: str) -> str:
    """The name that a policy has for a script or a style of that text."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def write_headers(app: Sphinx, exception: Exception | None) -> None:
    """Write the headers of all pages, in the format that Netlify and Cloudflare read."""
    if exception is None and app.builder.format == "html":
        pages = (file.read_text(encoding="utf-8") for file in sorted(app.outdir.rglob("*.html")))
        headers = {"Content-Security-Policy": policy(pages), "X-Content-Type-Options": "nosniff"}
        lines = ["/*", *(f"  {name}: {value}" for name, value in headers.items())]
        Path(app.outdir, HEADERS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def drop_maps(app: Sphinx, exception: Exception | None) -> None:
    """Take away the maps to the sources of the theme's scripts, which lead nowhere from here."""
    if exception is None and app.builder.format == "html":
        for file in Path(app.outdir, "_static").rglob("*.map"):
            file.unlink()


def drop_options(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Drop the theme's options that stand in scripts on the page: they say what the theme takes for granted."""
    scripts = context.get("script_files", [])
    scripts[:] = [it for it in scripts if not _is_option(getattr(it, "attributes", {}).get("body"))]


def _is_option(body: str | None) -> bool:
    return body is not None and body.startswith("DOCUMENTATION_OPTIONS.")


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Say in the head of a page what it is about, unless the page says it itself."""
    tags = context.get("metatags", "")
    if 'name="description"' not in tags:
        title = context.get("title") or WITHOUT_TITLE[page]
        said = description(doctree) or f"{_plain(title)}: {app.config.project}"
        said = shorten(said, LONGEST, placeholder="…")
        context["metatags"] = f'{tags}\n<meta name="description" content="{escape(said)}">'


def description(doctree: nodes.document | None) -> str:
    """The words that a page opens with, as far as they can be said without formulas."""
    return next(filter(None, map(_sentences, _paragraphs(doctree))), "") if doctree is not None else ""


def _paragraphs(node: nodes.Node) -> Iterator[nodes.paragraph]:
    """The paragraphs of running text."""
    for child in node.children:
        if isinstance(child, nodes.paragraph):
            yield child
        elif isinstance(child, nodes.section):
            yield from _paragraphs(child)


def _sentences(paragraph: nodes.paragraph) -> str:
    """The sentences, a line each as they are written, up to one with a formula that is more than a letter."""
    said: list[str] = []
    for sentence in paragraph.astext().splitlines():
        if re.search(r"[\\{}_^]", sentence):
            break
        said.append(sentence)
    return " ".join(said)


def _plain(title: str) -> str:
    return re.sub(r"<[^<>]*>", "", title)
