"""Mathematics is typeset as the book is built: TeX becomes MathML, and no script of a page typesets anything.

`html_math_renderer = "mathml"` selects it. Temml converts, in a JavaScript engine inside this process, and
`typeset.js` settles what browsers set differently from TeX. What Temml refuses, and what the book's mathematics
font has no glyph for, is a warning with file and line, so a build with `-W` fails.
"""

import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from quickjs import Context
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.util.nodes import traverse_parent
from sphinx.writers.html5 import HTML5Translator

HERE = Path(__file__).parent
FONTS = ("text.woff2", "mathematics.woff2")
"""The fonts that a page waits for; they are in `_static/fonts`."""

TOKEN = re.compile(r"\\begin\b|\\end\b|\\.|[{}&]", re.DOTALL)
NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather|multline)\}")
OPENING = re.compile(r"[(\[“‘]+$")
CLOSING = re.compile(r"^(?:[,.;:!?)\]”’…]+|[-‑]\w+)")
ANNOTATION = re.compile(r"<annotation\b.*?</annotation>", re.DOTALL)

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    """Offer Sphinx a renderer of mathematics named mathml."""
    app.add_config_value("typeset_temml", "node_modules/temml/dist/temml.min.js", "html", str)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.add_css_file("equations.css")
    app.add_js_file("equations.js", loading_method="defer")
    app.connect("doctree-resolved", keep_marks_beside_formulas)
    app.connect("html-page-context", load_fonts_early)


class BrokenTeX(ValueError):
    """What Temml refuses, or a character without a glyph: the message says which and where."""


class Typesetter:
    """Temml from the file `temml`, in an engine of its own; each formula is converted once."""

    def __init__(self, temml: Path) -> None:
        self._engine = Context()
        self._engine.eval(temml.read_text(encoding="utf-8"))
        self._engine.eval((HERE / "typeset.js").read_text(encoding="utf-8"))
        self._convert = self._engine.get("typeset")
        self._known: dict[tuple[str, bool], str] = {}

    def mathml(self, tex: str, *, display: bool) -> str:
        """The formula as MathML, its TeX kept as an annotation; raises `BrokenTeX`."""
        if (tex, display) not in self._known:
            self._known[tex, display] = self._converted(tex, display)
        return self._known[tex, display]

    def _converted(self, tex: str, display: bool) -> str:
        answer = json.loads(self._convert(tex, display))
        if "wrong" in answer:
            raise BrokenTeX(" ".join(f"broken TeX: {answer['wrong']}".replace("\u0332", "").split()))
        if missing := set(answer["characters"]) - alphabet():
            names = ", ".join(f"{character} (U+{ord(character):04X})" for character in sorted(missing))
            raise BrokenTeX(f"the mathematics font has no {names}; alphabet.txt lists what it has")
        return str(answer["mathml"])


@cache
def typesetter(temml: Path) -> Typesetter:
    """The one typesetter of this process."""
    if not temml.is_file():
        raise FileNotFoundError(f"{temml} is not there: `make html` fetches it")
    return Typesetter(temml)


@cache
def alphabet() -> frozenset[str]:
    """The characters that the mathematics font keeps; alphabet.txt lists their code points and ranges."""
    kept: set[str] = set()
    for line in (HERE / "alphabet.txt").read_text(encoding="utf-8").splitlines():
        if entry := line.partition("#")[0].strip().removeprefix("U+"):
            first, _dash, last = entry.partition("-")
            kept.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(kept)


def arranged(tex: str) -> str:
    r"""Display mathematics as Sphinx reads it: blank lines part equations, and `\\` and `&` align lines.

    >>> print(arranged(r"a &= b \\ c &= d"))
    \begin{aligned}a &= b \\ c &= d\end{aligned}
    """
    equations = [_aligned(part.strip()) for part in re.split(r"\n\s*\n", tex) if part.strip()]
    if len(equations) == 1:
        return equations[0]
    return "".join((r"\begin{gathered}", r" \\ ".join(equations), r"\end{gathered}"))


def _aligned(equation: str) -> str:
    return rf"\begin{{aligned}}{equation}\end{{aligned}}" if _has_lines(equation) else equation


def _has_lines(equation: str) -> bool:
    depth = 0
    for token in TOKEN.findall(equation):
        depth += (token in {"{", r"\begin"}) - (token in {"}", r"\end"})
        if depth == 0 and token in {"&", r"\\"}:
            return True
    return False


def unnumbered(tex: str) -> str:
    """Sphinx numbers equations, so an environment that would number its own does not."""
    return NUMBERED.sub(r"\\\1{\2*}", tex)


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write mathematics that stands in a line."""
    letter = {"data-symbol": node["symbol"]} if "symbol" in node else {}
    writer.body.append(writer.starttag(node, "span", "", CLASS="math notranslate nohighlight", **letter))
    writer.body.append(f"{_typeset(writer, node, node.astext(), display=False)}</span>")
    raise nodes.SkipNode


def visit_display(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write an equation: a box that scrolls when it is wider than the page, its code to copy, and its number."""
    as_it_is = node.get("no-wrap", node.get("nowrap", False))
    tex = unnumbered(node.astext() if as_it_is else arranged(node.astext()))
    number = get_node_equation_number(writer, node) if node.get("number") else None
    name = _("Equation %s") % number if number else _("Equation")
    writer.body.append(writer.starttag(node, "div", CLASS="math notranslate nohighlight"))
    code = f' data-sympy="{escape(node["python"]).replace(chr(10), "&#10;")}"' if node.get("python") else ""
    writer.body.append(f'<div class="equation" role="group" aria-label="{name}" tabindex="0"{code}>')
    writer.body.append(f"{_typeset(writer, node, tex, display=True)}</div>")
    if number:
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, _("Link to this equation"))
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def _typeset(writer: HTML5Translator, node: nodes.Element, tex: str, *, display: bool) -> str:
    temml = Path(writer.builder.confdir) / writer.config.typeset_temml
    try:
        return typesetter(temml).mathml(tex, display=display)
    except BrokenTeX as error:
        place = next((parent for parent in traverse_parent(node) if parent.line), node)
        logger.warning("%s in %s", error, " ".join(tex.split()), location=place, type="typeset")
        return f'<code class="broken">{writer.encode(tex)}</code>'


def keep_marks_beside_formulas(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """No line starts with the comma after a formula or ends with the bracket before it; browsers would break there."""
    for formula in list(doctree.findall(nodes.math)):
        line, place = formula.parent, formula.parent.index(formula)
        opening, closing = _taken(line, place - 1, OPENING), _taken(line, place + 1, CLOSING)
        if opening or closing:
            line[place] = nodes.inline("", opening, formula, nodes.Text(closing), classes=["unbroken"])


def _taken(line: nodes.Element, place: int, mark: re.Pattern[str]) -> str:
    text = line[place] if 0 <= place < len(line) else None
    if not isinstance(text, nodes.Text) or not (found := mark.search(text)):
        return ""
    line[place] = nodes.Text(text[: found.start()] + text[found.end() :])
    return found[0]


def load_fonts_early(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Have a page load its fonts with its style, so that nothing moves; print no TeX in its title."""
    addresses = (context["pathto"](f"_static/fonts/{font}", resource=True) for font in FONTS)
    links = (f'<link rel="preload" href="{it}" as="font" type="font/woff2" crossorigin>' for it in addresses)
    context["metatags"] = "\n".join((context.get("metatags", ""), *links))
    context["title"] = ANNOTATION.sub("", context.get("title", ""))
