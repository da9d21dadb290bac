"""The heaviest page of the built book in two ways: as the book has it, and with MathJax 4, the default of Sphinx.

``typesetting.py WAY PAGE FOLDER`` writes one page as `make html` read it, so both ways are made from one and the same
source, and prints the seconds of the processor that writing it took.
"""

from __future__ import annotations

import json
import re
import sys
from io import StringIO
from pathlib import Path
from time import process_time
from warnings import catch_warnings, simplefilter

ROOT = Path(__file__).parents[2]
OURS, THEIRS = "mathml", "mathjax"
WAYS = (OURS, THEIRS)

MATHJAX = {
    "loader": {"paths": {"fonts": "/book/_static/@mathjax"}},
    "options": {"processHtmlClass": "math", "ignoreHtmlClass": "mathjax_ignore"},
}
"""MathJax with its fonts from this server, on the elements that Sphinx gives it."""


def written(way: str, page: str, folder: Path) -> float:
    """Write a page into a folder, with all that it needs; the seconds that the page itself took."""
    from sphinx.application import Sphinx
    from sphinx.deprecation import RemovedInSphinx11Warning

    from lossgrad.book.typeset import typesetter

    with catch_warnings():
        simplefilter("ignore", RemovedInSphinx11Warning)
        doctrees = ROOT / "build" / "html.doctrees"
        app = Sphinx(ROOT / "docs", ROOT, folder, doctrees, "html", status=None, warning=StringIO())
        if way == THEIRS:
            _give_mathjax(folder)
            app.config.html_math_renderer = "mathjax"
            app.config.mathjax_path = "mathjax/tex-mml-chtml.js"
            app.config.mathjax4_config = MATHJAX
        app.build(False, [ROOT / "docs" / f"{page}.md"])
        typesetter.cache_clear()
        start = process_time()
        app.builder.write_doc(page, app.env.get_and_resolve_doctree(page, app.builder))
        seconds = process_time() - start
    file = folder / f"{page}.html"
    file.write_text(without_ours(file.read_text(encoding="utf-8"), way), encoding="utf-8")
    return seconds


def _give_mathjax(folder: Path) -> None:
    """Have the folder's static files hold MathJax and its fonts."""
    static = folder / "_static"
    static.mkdir(parents=True, exist_ok=True)
    for name in ("mathjax", "@mathjax"):
        if not (static / name).exists():
            (static / name).symlink_to(ROOT / "node_modules" / name)


def without_ours(page: str, way: str) -> str:
    """A page without a policy, which MathJax's styles break; and with MathJax, without a font that it does not use."""
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^<>]*>', "", page)
    return re.sub(r'<link rel="preload"[^<>]*mathematics\.woff2[^<>]*>', "", page) if way == THEIRS else page


if __name__ == "__main__":
    print(json.dumps(written(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
