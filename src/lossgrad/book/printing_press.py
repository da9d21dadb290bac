"""The book on paper: `make pdf` has Chromium print the built pages.

    python -m lossgrad.book.printing_press build/html build/pdf

The pages of the built site are put one after another into one document, in the order of the contents, with a title page
and contents in front; what is folded is unfolded, and every link between pages becomes one within the document. It is
printed twice: the first time to learn on which page each chapter starts, the second time with these numbers in the
contents. The code behind each theorem is left out. The cheat sheet is printed from its own page. Dates are those of the
sources, so that two prints of one site are alike.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import gmtime, strftime
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

import pikepdf
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)

BOOK, SHEET = "gradients-on-loss-functions.pdf", "cheat-sheet.pdf"
SHEET_PAGE = "appendix/cheat-sheet.html"
STATE = "book.state"

DROPPED = "script, noscript, button, nav, form, .headerlink, .toctree-wrapper, .theorem-code, .no-print, dialog"
"""What has no use on paper: what answers to a click, and code to be copied."""

REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
"""Attributes that name an element of the same page, besides addresses."""

FITTED = """
const fit = (line, part) => {
  if (line.scrollWidth > line.clientWidth + 1) part.style.zoom = line.clientWidth / line.scrollWidth;
};
for (const line of document.querySelectorAll("div.math > .equation")) fit(line, line.querySelector("math") ?? line);
for (const box of document.querySelectorAll(".pst-scrollable-table-container")) fit(box, box.firstElementChild);
"""
"""Run on the document before it is printed: what is wider than the paper is made smaller. No page has it."""


class Chapter(NamedTuple):
    """A page of the site: its file from the root of the site, its title, how deep it stands in the contents."""

    file: str
    title: str
    depth: int

    @property
    def slug(self) -> str:
        return self.file.removesuffix(".html").replace("/", "-")


def main(site: Path, folder: Path) -> None:
    """Print the book and the cheat sheet of a built site into a folder."""
    if not Path(CHROMIUM).is_file():
        sys.exit(f"make pdf needs Chromium, and there is none at {CHROMIUM}: apt-get install chromium, or set CHROMIUM")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STATE).unlink(missing_ok=True)
    chapters = contents(site)
    with served(site) as address:
        pages: dict[str, int] = {}
        for _print in ("to count its pages", "with their numbers"):
            document = assembled(site, chapters, pages)
            (site / "_book.html").write_text(document, encoding="utf-8")
            printed(f"{address}/_book.html", folder / BOOK)
            pages = starts(folder / BOOK, chapters)
        (site / "_book.html").unlink()
        sheet = (site / SHEET_PAGE).with_name("_sheet.html")
        sheet.write_text(_unlinked(_soup(site / SHEET_PAGE)), encoding="utf-8")
        printed(f"{address}/{sheet.relative_to(site).as_posix()}", folder / SHEET)
        sheet.unlink()
    shutil.copyfile(site.with_name(STATE), folder / STATE)


def contents(site: Path) -> list[Chapter]:
    """The pages of the site in the order of its contents, without the front page."""
    front = _soup(site / "index.html")
    links = front.select("nav.bd-links li > a.reference.internal")
    depths = [len(link.find_parents("li")) - 1 for link in links]
    return [
        Chapter(str(link["href"]), link.get_text(" ", strip=True), depth)
        for link, depth in zip(links, depths, strict=True)
        if str(link["href"]) not in {"#", "index.html", "genindex.html"}
    ]


def assembled(site: Path, chapters: list[Chapter], pages: dict[str, int]) -> str:
    """The whole book as one document; `pages` says where each chapter starts, if it is known."""
    front = _soup(site / "index.html")
    files = {chapter.file: chapter.slug for chapter in chapters}
    sheets: dict[str, None] = {}
    articles = []
    for chapter in chapters:
        page = _soup(site / chapter.file)
        for link in page.select('link[rel="stylesheet"]'):
            sheets[_from_root(chapter.file, str(link["href"]))] = None
        articles.append(_article(page, chapter, files))
    styles = "".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in [*sheets, "_static/paper.css"])
    title = front.title.get_text(strip=True).partition(" — ")[0] if front.title else ""
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f'<title>{title}</title>{styles}</head><body class="paper"><div class="bd-main"><div class="bd-content">'
        f'<div class="bd-article-container">{_title_page(title)}{_contents_page(chapters, pages)}'
        f"{''.join(articles)}</div></div></div><script>{FITTED}</script></body></html>"
    )


def _title_page(title: str) -> str:
    date = strftime("%-d %B %Y", gmtime(_epoch()))
    return (
        f'<header class="paper-title"><p class="paper-name">{title}</p>'
        f'<p class="paper-about">Where the gradients of machine learning come from: every displayed equation is a '
        f'machine-checked assertion</p><p class="paper-date">{date}</p></header>'
    )


def _contents_page(chapters: list[Chapter], pages: dict[str, int]) -> str:
    lines = "".join(
        f'<li class="paper-depth-{chapter.depth}"><a href="#{chapter.slug}"><span>{chapter.title}</span>'
        f'<span class="paper-number">{pages.get(chapter.slug, "000")}</span></a></li>'
        for chapter in chapters
    )
    return f'<section class="paper-contents"><h1>Contents</h1><ol>{lines}</ol></section>'


def _article(page: BeautifulSoup, chapter: Chapter, files: dict[str, str]) -> str:
    """What a page says, fit to stand beside the others: unfolded, its names and its links made those of the book."""
    article = page.select_one("article.bd-article")
    assert article is not None, f"{chapter.file} has no article"
    for part in article.select(DROPPED):
        part.decompose()
    for fold in article.select("details"):
        fold["open"] = ""
    for element in article.find_all(True):
        _renamed(element, chapter, files)
    for heading in article.select("h1, h2, h3, h4, h5"):
        heading.name = f"h{int(heading.name[1]) + chapter.depth}"
    article["class"] = f"bd-article paper-depth-{chapter.depth}"
    article["id"] = chapter.slug
    return str(article)


def _unlinked(page: BeautifulSoup) -> str:
    """A page without its links to others of the site, which paper does not reach."""
    for link in page.select("a[href]"):
        if not re.match(r"\w+:", str(link["href"])):
            del link["href"]
    return str(page)


def _renamed(element: Tag, chapter: Chapter, files: dict[str, str]) -> None:
    own = f"{chapter.slug}--"
    if name := element.get("id"):
        element["id"] = f"{own}{name}"
    for attribute in REFERRING:
        if names := element.get(attribute):
            element[attribute] = " ".join(f"{own}{name}" for name in str(names).split())
    for attribute, value in list(element.attrs.items()):
        if isinstance(value, str) and "url(#" in value:
            element[attribute] = value.replace("url(#", f"url(#{own}")
    for attribute in ("href", "xlink:href"):
        if element.get(attribute):
            _relinked(element, attribute, chapter, files)
    if source := element.get("src"):
        element["src"] = _from_root(chapter.file, str(source))


def _relinked(element: Tag, attribute: str, chapter: Chapter, files: dict[str, str]) -> None:
    """A link to a page of the book leads into the document; to what is not printed, nowhere."""
    address = str(element[attribute])
    if re.match(r"\w+:", address):
        return
    file, name = (
        urldefrag(_from_root(chapter.file, address))
        if not address.startswith("#")
        else (
            chapter.file,
            address[1:],
        )
    )
    if file not in files:
        del element[attribute]
    else:
        element[attribute] = f"#{files[file]}--{name}" if name else f"#{files[file]}"


def _from_root(file: str, address: str) -> str:
    """An address that a page gives, from the root of the site."""
    return address if re.match(r"\w+:", address) else urljoin(f"/{file}", address).lstrip("/")


def _soup(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of the site on this machine: from disk, a browser would not load its fonts."""
    handler = partial(_Silent, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


def printed(address: str, file: Path) -> None:
    """Have Chromium print a page into a file, and give it the date of the sources."""
    file.unlink(missing_ok=True)
    with TemporaryDirectory() as profile:
        said = subprocess.run(
            [CHROMIUM, *QUIET, f"--user-data-dir={profile}", f"--print-to-pdf={file.resolve()}", address],
            capture_output=True,
            text=True,
            check=False,
        )
    if not file.is_file():
        sys.exit(f"Chromium printed nothing of {address}:\n{said.stderr}")
    finished(file)


def finished(file: Path) -> None:
    """Give a printed file the date of the sources, and pack what Chromium leaves unpacked, the structure above all."""
    date = strftime("D:%Y%m%d%H%M%S+00'00'", gmtime(_epoch()))
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        pdf.docinfo["/CreationDate"] = pdf.docinfo["/ModDate"] = date
        pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)


def starts(file: Path, chapters: list[Chapter]) -> dict[str, int]:
    """On which page each chapter starts."""
    reader = PdfReader(file)
    named = reader.named_destinations
    found = {}
    for chapter in chapters:
        page = reader.get_destination_page_number(
            named[f"/{chapter.slug}" if f"/{chapter.slug}" in named else chapter.slug]
        )
        assert page is not None, f"{chapter.slug} is on no page"
        found[chapter.slug] = page + 1
    return found


def _epoch() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
