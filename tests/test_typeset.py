"""Mathematics of a built page is MathML, and what cannot be typeset stops the build."""

import html
import json
import re
import unicodedata
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

import pytest
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.deprecation import RemovedInSphinx11Warning
from sphinx.util.docutils import docutils_namespace, patch_docutils

from lossgrad.book.typeset import BrokenTeX, Typesetter, alphabet, arranged, typesetter, unnumbered

ROOT = Path(__file__).parents[1]
TEMML = ROOT / "node_modules/temml/dist/temml.min.js"
STIX = ROOT / "node_modules/@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2"

FORMS = {
    "letter": "W",
    "core": r"\frac{\mathrm{d}}{\mathrm{d} W} L(W X) = \nabla L(W X)\, X^{\mathsf{T}}",
    "matrix": r"\left[\begin{matrix}a_{0, 0} & b\\\frac{c}{d} & - d^{2}\end{matrix}\right]",
    "aligned": r"\begin{aligned} S &= W X + b\,\mathbb{1}^{\mathsf T}\\ P &= \operatorname{softmax}(S)\end{aligned}",
    "cases": r"\delta_{ij} = \begin{cases} 1 & \text{for}\: i = j \\0 & \text{otherwise} \end{cases}",
    "substack": r"\sum_{\substack{0 \leq i \leq C - 1\\0 \leq j \leq D - 1}} W_{i,j}^{2}",
    "fences": r"\left(\frac{x}{1+\left|\frac{a}{b}\right|}\right)^{\frac{1}{2}} \left\lVert W \right\rVert_{F}",
    "operators": r"\operatorname{diag}(x) \odot Y \circ Z \otimes I, \quad \operatorname*{argmax}_{c} S_{c,n}",
    "evaluated": r"\left. \frac{d}{d t} f{\left(t \right)} \right|_{\substack{ t=0 }}",
    "alphabets": r"\mathbb{R}^{C\times D}, \boldsymbol{x}, \mathbf{W}, \mathcal{L}, \mathit{relu}, \mathtt{x}, \ell",
    "accents": r"\widehat{W}, \hat{y}, \tilde{x}, \bar{x}, \overline{xy}, \dot{q}, \vec{v}, \underbrace{W X}_{S}",
    "roots": r"\frac{x-\mu}{\sqrt{\sigma^2+\epsilon}}, \sqrt[3]{h}, \sqrt{\frac{a}{b}}",
    "primes": "f'(x), f''(x), x'^{2}",
    "struck": r"\bcancel{\frac{\partial L}{\partial W} = X^{\mathsf{T}} \nabla L}",
    "colours": r"\color{#b00}{G_{p,n}}\, \textcolor{blue}{X_{q,n}}",
    "array": r"\left[\begin{array}{c|cc}a & b & c\\ \hline d & e & f\end{array}\right]",
    "definition": r"P \coloneqq \frac{e^{S_{c,n}}}{\sum_{k=0}^{C-1} e^{S_{k,n}}}",
    "signs": r"\neq \approx \propto \ll \in \notin \forall \exists \implies \iff \mapsto \to \cdots \vdots \ddots",
}

BROKEN = {
    r"\frac{": "Unexpected end of input",
    r"\unheardof": r"\unheardof",
    "a_b_c": "Double subscript",
    r"\begin{matrix} a": r"\end",
    "☃": "U+2603",
}


@pytest.fixture(scope="module")
def temml() -> Typesetter:
    return typesetter(TEMML)


@pytest.mark.parametrize("display", [False, True])
@pytest.mark.parametrize("tex", FORMS.values(), ids=FORMS)
def test_every_form_becomes_mathml_that_keeps_its_tex(temml: Typesetter, tex: str, display: bool) -> None:
    mathml = temml.mathml(tex, display=display)
    assert mathml.startswith("<math") and mathml.endswith("</math>")
    assert ('display="block"' in mathml) is display
    assert [html.unescape(kept) for kept in re.findall(r"<annotation [^>]*x-tex\">(.*?)</annotation>", mathml)] == [tex]


@pytest.mark.parametrize(("tex", "complaint"), BROKEN.items(), ids=range(len(BROKEN)))
def test_broken_tex_is_refused_by_what_is_wrong_with_it(temml: Typesetter, tex: str, complaint: str) -> None:
    with pytest.raises(BrokenTeX, match=re.escape(complaint)):
        temml.mathml(tex, display=True)


def test_a_tag_stands_beside_an_equation(temml: Typesetter) -> None:
    assert "(3.1)" in temml.mathml(r"a^2 + b^2 = c^2 \tag{3.1}", display=True)


def test_a_formula_met_again_is_the_same_object(temml: Typesetter) -> None:
    assert temml.mathml("x + y", display=False) is temml.mathml("x + y", display=False)
    assert temml.mathml("x + y", display=False) != temml.mathml("x + y", display=True)


def test_a_fence_grows_around_a_fraction_and_rests_around_a_line(temml: Typesetter) -> None:
    assert 'stretchy="true"' in temml.mathml(r"\left(\frac{a}{b}\right)", display=True)
    for line in (r"\left(a_{p} + b^{2}\right)", r"\left(\operatorname{softmax}\left(s\right)\right)"):
        assert 'stretchy="true"' not in temml.mathml(line, display=True)


def test_a_second_derivative_has_one_double_prime(temml: Typesetter) -> None:
    assert temml.mathml("f''", display=False).count("″") == 1
    assert "′" not in temml.mathml("f''", display=False)


def test_matrices_and_aligned_lines_need_no_style_of_their_own(temml: Typesetter) -> None:
    assert not [
        name for name in ("matrix", "aligned", "cases", "core") if ' style="' in temml.mathml(FORMS[name], display=True)
    ]


def test_the_font_has_every_character_of_the_alphabet() -> None:
    assigned = {character for character in alphabet() if unicodedata.category(character) != "Cn"}
    assert assigned <= {chr(point) for point in TTFont(STIX).getBestCmap()}
    assert {"W", "𝑊", "∑", "𝟙"} <= alphabet()


def test_where_temml_is_missing_the_error_says_where_it_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path))):
        typesetter(tmp_path / "temml.js")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a", "a"),
        (r"a &= b \\ c &= d", r"\begin{aligned}a &= b \\ c &= d\end{aligned}"),
        (r"\begin{matrix}a & b \\ c & d\end{matrix}", r"\begin{matrix}a & b \\ c & d\end{matrix}"),
        (r"\sum_{\substack{i\\j}} a \& b", r"\sum_{\substack{i\\j}} a \& b"),
        (r"\{ a & b \}", r"\begin{aligned}\{ a & b \}\end{aligned}"),
        ("a\n\nb\n", r"\begin{gathered}a \\ b\end{gathered}"),
    ],
)
def test_display_mathematics_is_arranged_as_sphinx_reads_it(temml: Typesetter, written: str, read: str) -> None:
    assert arranged(written) == read
    assert temml.mathml(read, display=True)


def test_no_environment_numbers_itself() -> None:
    assert unnumbered(r"\begin{align}a\end{align}\begin{aligned}b\end{aligned}") == (
        r"\begin{align*}a\end{align*}\begin{aligned}b\end{aligned}"
    )


PYTHON = {"language_info": {"name": "python", "pygments_lexer": "python"}}


class Built(NamedTuple):
    """A page as it was built, and what the build complained of."""

    page: str
    complaints: list[str]


def built(book: Path, page: str, *outputs: dict[str, object]) -> Built:
    """The page of a book of one page, made of Markdown and of a notebook's cell with these outputs."""
    docs = book / "docs"
    docs.mkdir()
    (book / "conf.py").write_text("")
    (docs / "index.md").write_text(f"{page}\n```{{toctree}}\ncell\n```\n", encoding="utf-8")
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "answer", "outputs": outputs}
    title = {"cell_type": "markdown", "metadata": {}, "source": "# A cell"}
    notebook = {"cells": [title, cell], "metadata": PYTHON, "nbformat": 4, "nbformat_minor": 4}
    (docs / "cell.ipynb").write_text(json.dumps(notebook))
    settings = {
        "extensions": ["myst_nb", "lossgrad.book.typeset"],
        "html_math_renderer": "mathml",
        "html_theme": "sphinx_book_theme",
        "myst_enable_extensions": ["amsmath", "dollarmath"],
        "nb_execution_mode": "off",
        "nb_render_markdown_format": "myst",
        "typeset_temml": str(TEMML),
    }
    complaints = StringIO()
    with patch_docutils(book), docutils_namespace(), catch_warnings():
        simplefilter("ignore", RemovedInSphinx11Warning)  # MyST-Parser and MyST-NB use names that Sphinx renames
        app = Sphinx(docs, book, book / "html", book / "doctrees", "html", settings, status=None, warning=complaints)
        app.build()
    pages = [(book / "html" / name).read_text(encoding="utf-8") for name in ("index.html", "cell.html")]
    return Built("".join(pages), complaints.getvalue().splitlines())


def output(**mime: str) -> dict[str, object]:
    """An output of a cell; text_latex stands for text/latex."""
    data = {kind.replace("_", "/", 1): text for kind, text in mime.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


GOOD = r"""# About $W$

In a line: $x^2$ and {math}`y_n`, as said ($u$), and the $n$-th.

$$
a &= b \\ c &= d
$$ (pair)

\begin{align}
e &= f
\end{align}

See {eq}`pair`.
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(
        tmp_path_factory.mktemp("good"),
        GOOD,
        output(text_latex=r"$\displaystyle \left[\begin{matrix}1 & 2\end{matrix}\right]$", text_plain="Matrix"),
        output(text_markdown="hello $z^3$\n\n$$q$$"),
    )


def test_a_page_without_mistakes_is_built_without_complaints(good: Built) -> None:
    assert good.complaints == []


def test_mathematics_in_a_line_on_its_own_and_in_cell_outputs_is_mathml(good: Built) -> None:
    kept = {html.unescape(tex) for tex in re.findall(r"x-tex\">(.*?)</annotation>", good.page, re.DOTALL)}
    assert {"W", "x^2", "y_n", "u", "n", "z^3", "q"} <= kept
    assert r"\begin{aligned}a &= b \\ c &= d\end{aligned}" in kept
    assert r"\displaystyle \left[\begin{matrix}1 & 2\end{matrix}\right]" in kept
    assert "\\begin{align*}\ne &= f\n\\end{align*}" in kept


def test_no_script_typesets_anything(good: Built) -> None:
    assert "athJax" not in good.page
    assert not re.findall(r"<script[^>]*(?:mathjax|katex|temml)", good.page, re.IGNORECASE)
    assert "\\(" not in good.page and "$$" not in good.page


def test_an_equation_scrolls_in_a_box_of_its_own_that_the_keyboard_reaches(good: Built) -> None:
    boxes = re.findall(r'<div class="equation" role="group" aria-label="([^"]*)" tabindex="0"><math', good.page)
    assert boxes == ["Equation 1", "Equation 2", "Equation", "Equation"]


def test_an_equation_has_its_number_and_its_link(good: Built) -> None:
    assert '<span class="eqno">(1)<a class="headerlink" href="#equation-pair"' in good.page
    assert 'href="#equation-pair">(1)</a>' in good.page


def test_the_title_of_a_page_has_its_letters_once(good: Built) -> None:
    assert re.search(r"<title>About W\W", good.page)


def test_a_page_asks_for_its_fonts_before_anything_else(good: Built) -> None:
    for font in ("text", "mathematics"):
        link = f'<link rel="preload" href="_static/fonts/{font}.woff2" as="font" type="font/woff2" crossorigin>'
        assert good.page.index(link) < good.page.index('rel="stylesheet"')


def test_a_mark_stays_on_the_line_of_its_formula(good: Built) -> None:
    unbroken = re.findall(r'<span class="unbroken">([^<]*)<span class="math.*?</math></span>(.*?)</span>', good.page)
    assert unbroken == [("", ","), ("(", "),"), ("", "-th")]
    assert "and <span" in good.page and " as said <span" in good.page and " and the <span" in good.page


BAD = r"""# A page

In a line: $\unheardof$.

- an item with
  $\bar{$ in it

$$
\frac{
$$

| left | right |
|---|---|
| a | $a_b_c$ |

A snowman: $☃$.
"""


def test_broken_tex_is_a_complaint_with_file_and_line(tmp_path: Path) -> None:
    bad = built(tmp_path, BAD, output(text_latex=r"$\alsounheardof$"))
    places = [complaint.partition(": WARNING: ")[0] for complaint in bad.complaints]
    lines = {place.rpartition(":")[2] for place in places if "index.md" in place}
    assert lines == {"3", "5", "8", "14", "16"}
    assert len([place for place in places if re.search(r"cell\.ipynb:\d+$", place)]) == 1
    assert len(bad.complaints) == 6
    assert all("broken TeX" in complaint or "U+2603" in complaint for complaint in bad.complaints)
