"""Each fault that the gate knows, alone in a small book: the build fails and names the file and the line."""

import re
import subprocess
from pathlib import Path

import pytest

from lossgrad.book.gate import GateClosed
from lossgrad.indices import add
from small_book import BOXES, FRONT, MISTAKES, THEOREMS, SmallBook, sphinx_build


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    """A small book without a fault."""
    return SmallBook(tmp_path, monkeypatch)


def faults(book: SmallBook) -> list[str]:
    """The faults that the build of a book reports, a line each."""
    with pytest.raises(GateClosed) as closed:
        book.build()
    return str(closed.value).splitlines()[:-1]


def only_fault(book: SmallBook) -> str:
    """The fault that the build of a book reports, and no other."""
    (fault,) = faults(book)
    return fault


CLEAN = """
Names pass: $W$, $C \\times D$, $X \\in \\mathbb{R}^{D \\times N}$, $\\partial L / \\partial W$, $f : A \\to B$; so do
`evaluate=False`, `prove(equation)`, `mode = "cache"`, a -> b, <https://example.org/?a=b> and 3 x 2 x 3.

$$
\\frac{\\partial L}{\\partial W}
$$

See {eq}`products.transposed_product`, {theorem}`products.transposed_product`,
{theorem}`that <products.transposed_product>`, {definition}`products.product` and {refuted}`products.order_kept`.
In a line: {statement}`products.transposed_product`, {statement}`products.product`, {lhs}`products.product`,
{rhs}`products.transposed_product`.

```{code-cell} python
:tags: [hide-input]
from sympy import Eq, symbols

from lossgrad import prove

x = symbols("x", real=True)
assert x == x
prove(Eq((x + 1) ** 2, x**2 + 2 * x + 1, evaluate=False))
```

```bash
make html PORT=8000
```

```{doctest}
>>> 1 + 1
2
```

```{literalinclude} /../conf.py
:language: python
```
"""


def test_a_book_without_a_fault_is_built_and_its_equations_are_counted(book: SmallBook) -> None:
    book.conf.write_text(book.conf.read_text() + 'extensions += ["sphinx.ext.doctest"]\n')
    book.page(CLEAN)
    said = book.build("html")
    counted = re.search(r"gate: (\d+) equations, all printed from objects \((.*)\); 0 typed by hand", said)
    assert counted is not None
    numbers = {source: int(number) for number, source in (part.split(" ", 1) for part in counted[2].split(", "))}
    assert sum(numbers.values()) == int(counted[1])
    assert {source: numbers[source] for source in ("theorem", "definition", "refuted", "cell")} == {
        "theorem": 1,
        "definition": 1,
        "refuted": 1,
        "cell": 1,
    }


def test_the_docstring_of_a_described_function_may_hold_its_formula(book: SmallBook) -> None:
    book.conf.write_text(book.conf.read_text() + 'extensions += ["sphinx.ext.autodoc"]\n')
    book.write(
        f"{book.package}/sums.py",
        'def total(a: int, b: int = 2) -> int:\n    """Total: s = a + b.\n\n    >>> total(1)\n    3\n    """\n'
        "    return a + b\n",
    )
    book.page(f"```{{eval-rst}}\n.. autofunction:: {book.package}.sums.total\n```\n")
    book.build()


TYPED = {
    "display": ("$$\nS\n= W X\n$$", "= W X"),
    "display with a label": ("$$ S = W X $$ (scores)", "$$ S"),
    "in a line": ("The scores are\nwritten $S = W X$ here.", "$S ="),
    "role": ("Here {math}`S = W X` stands.", "{math}"),
    "directive": ("```{math}\n:label: scores\n\nS = W X\n```", "S = W X"),
    "amsmath": ("\\begin{align}\nS &= W X\n\\end{align}", "S &="),
    "heading": ("## On $S = W X$", "## On"),
    "table": ("| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | $p \\le 1$ |", "| 1 | $p"),
    "caption": ("```{figure} a.png\n:alt: a picture\n\nThe scores $S = W X$\n```", "The scores $S"),
    "admonition": ("```{note}\nSo\n$p \\approx 1$.\n```", "$p"),
    "colon fence": (":::{tip}\nSo $p \\propto 1$.\n:::", "So $p"),
    "footnote": ("A note.[^1]\n\n[^1]: That is $a \\neq b$.", "[^1]: "),
    "list": ("- one\n- two $a \\equiv b$", "- two"),
    "definition list": ("Term\n: is $a \\sim b$", ": is"),
    "quotation": ("> said\n> $a ≤ b$", "> $a"),
    "link": ("[see $a=b$](#a-small-book)", "[see"),
    "raw block": ("```{raw} html\n<p>\n<b>S</b> = W X</p>\n```", "<b>S"),
    "raw in a line": ("So <b>p</b> &le; 1.", "So <b>"),
    "MathML": ("<math><mi>a</mi><mo>=</mo><mi>b</mi></math>", "<math>"),
    "a sign by its number": ("$S \\char61 W$", "$S"),
    "a macro": ("$\\def\\is{=}$", "$\\def"),
    "plain text": ("The rule dL/dW = G Xᵀ.", "The rule"),
    "plain heading": ("## When p ≥ 1", "## When"),
    "alternative text": ("![S = W X](a.png)", "![S"),
    "code in a line": ("The rule `dL/dW = G @ X.T` is\nthis.", "The rule"),
    "listing": ("```text\nS is\nS = W @ X\n```", "S = W @"),
    "Math in a cell": ('```{code-cell} python\nfrom IPython.display import Math\nMath(r"S = W X")\n```', "Math(r"),
    "plot label": ('```{code-cell} python\nlabel = r"$S = W X$"\n```', "label ="),
    "HTML in a cell": ('```{code-cell} python\nfrom IPython.display import HTML\nHTML("S = W X")\n```', "HTML("),
    "a display of its own": (
        "```{code-cell} python\nclass Scores:\n    def _repr_latex_(self):\n        return ''\n```",
        "    def _repr",
    ),
    "drawing": ("![scores](drawing.svg)", "![scores"),
    "a mark faked": ("{printed_from=x nb_element=cell_code_output .cell_output}\n$S = W X$", "$S"),
    "caption of an output": (
        '```{code-cell} python\n---\nmystnb: {figure: {caption: "So $a = b$"}}\n---\nprint(1)\n```',
        "```{code-cell}",
    ),
}


@pytest.mark.parametrize(("typed", "piece"), TYPED.values(), ids=TYPED.keys())
def test_an_equation_typed_by_hand_is_refused(book: SmallBook, typed: str, piece: str) -> None:
    book.write("docs/a.png", "")
    book.write("docs/drawing.svg", '<svg xmlns="http://www.w3.org/2000/svg"><text>S = W X</text></svg>')
    book.page(f"Above.\n\n{typed}\n\nBelow.\n")
    assert only_fault(book).startswith(book.line_of(piece))


def test_an_equation_typed_as_a_title_in_the_contents_is_refused(book: SmallBook) -> None:
    book.page("# Another\n", "other.md")
    book.page("```{toctree}\nS = W X <other>\n```\n")
    assert "asserts with =" in only_fault(book)


def test_an_equation_typed_in_the_docstring_of_a_theorem_is_refused(book: SmallBook) -> None:
    book.theorems.write_text(THEOREMS.replace("the other way round", "that is $C = D$"))
    fault = only_fault(book)
    assert fault.startswith(book.line_of("```{theorem}"))
    assert "in the docstring of products.transposed_product" in fault


def test_a_theorem_that_is_false_is_refused_with_a_counterexample(book: SmallBook) -> None:
    book.theorems.write_text(THEOREMS.replace("B.T * A.T", "A.T * B.T"))
    assert f"{book.line_of('```{theorem}')}theorem products.transposed_product: " in "\n".join(faults(book))


def test_a_theorem_that_raises_is_refused(book: SmallBook) -> None:
    book.theorems.write_text(THEOREMS.replace("return equation", "return wrong"))
    assert "NameError" in faults(book)[0]


def test_a_mistake_that_is_true_is_refused(book: SmallBook) -> None:
    book.mistakes.write_text(MISTAKES.replace("A.T * B.T", "B.T * A.T"))
    fault = faults(book)[0]
    assert fault.startswith(book.line_of("```{refuted}"))
    assert "it is proved, so it is no mistake" in fault


def test_a_mistake_without_its_correction_is_refused(book: SmallBook) -> None:
    book.mistakes.write_text(MISTAKES.replace("Corrected by: products.transposed_product.", ""))
    assert "names no theorem that corrects it" in faults(book)[0]


def test_a_mistake_corrected_by_no_theorem_is_refused(book: SmallBook) -> None:
    book.mistakes.write_text(MISTAKES.replace("products.transposed_product", "products.transposed"))
    assert "the nearest are products.transposed_product" in faults(book)[0]


@pytest.mark.parametrize("statement", ["theorem", "definition", "refuted"])
def test_a_statement_that_no_page_shows_is_refused_where_it_is_stated(book: SmallBook, statement: str) -> None:
    box = next(box for box in BOXES.split("\n\n") if statement in box)
    book.page("", boxes=BOXES.replace(box, ""))
    name, file = {
        "theorem": ("transposed_product", book.theorems),
        "definition": ("product", book.theorems),
        "refuted": ("order_kept", book.mistakes),
    }[statement]
    unshown = [fault for fault in faults(book) if fault.startswith(book.line_of(f"def {name}()", file))]
    assert [f"no page shows products.{name}" in fault for fault in unshown] == [True]


def test_a_statement_with_two_homes_is_refused(book: SmallBook) -> None:
    book.page("Above.\n\n```{definition} products.product\n```\n")
    fault = only_fault(book)
    assert fault.startswith("docs/index.md:23: ")
    assert "at home in docs/index.md:15; show it here with :again:" in fault


@pytest.mark.parametrize(
    "typed",
    [
        "```{theorem} products.transposed\n```",
        "```{definition} products.transposed\n```",
        "```{refuted} products.transposed\n```",
        "See {theorem}`products.transposed`.",
        "See {refuted}`products.transposed`.",
        "See {statement}`products.transposed`.",
        "See {rhs}`products.transposed`.",
    ],
)
def test_a_name_that_does_not_exist_is_refused(book: SmallBook, typed: str) -> None:
    book.page(f"Above.\n\n{typed}\n")
    fault = only_fault(book)
    assert fault.startswith(book.line_of(typed))
    assert "is named 'products.transposed'" in fault


SPELLED = {
    "another language": ("```{code-cell} ipython3\n1 + 1\n```", "```{code-cell}"),
    "no language": ("```{code-cell}\n1 + 1\n```", "```{code-cell}"),
    "nested": ("````{note}\n```{code-cell} python\n1 + 1\n```\n````", "```{code-cell}"),
    "in a list": ("- one\n\n  ```{code-cell} python\n  1 + 1\n  ```", "  ```{code-cell}"),
    "colons": (":::{code-cell} python\n1 + 1\n:::", ":::{code-cell}"),
    "a fence of Python": ("```python\n1 + 1\n```", "1 + 1"),
    "a code block": ("```{code-block} python\n1 + 1\n```", "1 + 1"),
    "a session": ("```text\n>>> 1 + 1\n2\n```", ">>>"),
    "a magic": ("```{code-cell} python\nx = 1\n%pwd\n```", "%pwd"),
    "a loaded cell": ("```{code-cell} python\n:load: ../conf.py\n```", "```{code-cell}"),
}


@pytest.mark.parametrize(("typed", "piece"), SPELLED.values(), ids=SPELLED.keys())
def test_code_that_would_not_be_executed_is_refused(book: SmallBook, typed: str, piece: str) -> None:
    book.page(f"Above.\n\n{typed}\n\nBelow.\n")
    assert faults(book)[0].startswith(book.line_of(piece))


def test_a_page_without_front_matter_is_refused(book: SmallBook) -> None:
    book.page("# Another\n\n\n```{code-cell} python\n1 / 0\n```\n", "other.md", front="---\norphan: true\n---\n")
    reported = faults(book)
    assert reported[0].startswith("docs/other.md:1: its front matter does not say 'file_format: mystnb'")
    assert {fault.partition(" ")[0] for fault in reported[1:]} == {"docs/other.md:7:"}


def test_a_page_that_is_no_markdown_is_refused(book: SmallBook) -> None:
    book.page(":orphan:\n\nAnother\n=======\n\n.. math:: S = W X\n", "other.rst", front="")
    assert only_fault(book).startswith("docs/other.rst:1: a page of the book is a .md file")


@pytest.mark.parametrize("key", ["mystnb: {execution_mode: 'off'}", "execution: {allow_errors: true}"])
def test_a_page_that_switches_its_execution_off_is_refused(book: SmallBook, key: str) -> None:
    book.page("```{code-cell} python\n1 / 0\n```\n", front=FRONT.replace("kernelspec", f"{key}\nkernelspec"))
    assert any(fault.startswith(book.line_of(key)) for fault in faults(book))


@pytest.mark.parametrize(
    "setting",
    [
        'suppress_warnings = ["myst"]',
        "nb_execution_allow_errors = True",
        'nb_execution_mode = "off"',
        'nb_execution_excludepatterns = ["index.md"]',
        'nb_output_stderr = "remove"',
        "nb_remove_code_outputs = True",
    ],
)
def test_a_setting_that_would_let_a_fault_pass_is_refused(book: SmallBook, setting: str) -> None:
    name = setting.partition(" ")[0]
    kept = [line for line in book.conf.read_text().splitlines() if not line.startswith(name)]
    book.conf.write_text("\n".join([*kept, setting, ""]))
    assert only_fault(book).startswith(f"{book.line_of(setting, book.conf)}{name} must be ")


def test_a_cell_that_raises_is_refused(book: SmallBook) -> None:
    book.page("```{code-cell} python\nassert 1 + 1 == 3, 'arithmetic'\n```\n")
    with pytest.raises(GateClosed) as closed:
        book.build(warnings=True)
    said = str(closed.value)
    assert "index.md:22: a cell failed: " in said and "arithmetic" in said
    assert said.endswith("The gate is closed: 1 fault")
    assert not list(book.root.rglob("*.err.log"))


def test_cells_that_raise_are_reported_together_beside_other_faults_where_pages_are_read_in_parallel(
    book: SmallBook,
) -> None:
    book.page("$1 = 2$\n\n```{code-cell} python\nraise ValueError('first')\n```\n\n```{toctree}\nother\n```\n")
    other = book.page("# Other\n\n```{code-cell} python\nraise ValueError('second')\n```\n", "other.md")
    status, _, complaints = book.build_in_parallel()
    assert status != 0
    assert "Traceback" not in complaints.partition("a cell failed")[0]
    for piece, file, said in [
        ("$1 = 2$", book.index, "mathematics typed by hand"),
        ("raise ValueError('first')", book.index, "a cell failed"),
        ("raise ValueError('second')", other, "a cell failed"),
    ]:
        assert f"{book.line_of(piece, file)}{said}" in complaints
    assert "The gate is closed: 3 faults" in complaints


@pytest.mark.parametrize("caught", ["", " Exception", " (ValueError, AssertionError)"])
def test_a_cell_that_catches_its_own_failure_is_refused(book: SmallBook, caught: str) -> None:
    book.page(f"```{{code-cell}} python\ntry:\n    assert 1 + 1 == 3\nexcept{caught}:\n    pass\n```\n")
    assert only_fault(book).startswith(f"{book.line_of(f'except{caught}:')}a cell may not catch its own failure")


@pytest.mark.parametrize("displayed", ["Eq(x, 2 * x)", "[x, Eq(x, 2 * x)]", "x < 2 * x"])
def test_an_equation_that_a_cell_displays_without_a_proof_is_refused(book: SmallBook, displayed: str) -> None:
    book.page(f"```{{code-cell}} python\nfrom sympy import Eq, symbols\nx = symbols('x')\n{displayed}\n```\n")
    assert only_fault(book).startswith(f"{book.line_of('```{code-cell}')}a cell displays what nobody proved")


@pytest.mark.parametrize(("variable", "reason"), [("PYTHONOPTIMIZE", "optimized"), ("PYTHONWARNINGS", "silenced")])
def test_an_environment_that_would_let_a_fault_pass_is_refused(
    book: SmallBook, monkeypatch: pytest.MonkeyPatch, variable: str, reason: str
) -> None:
    monkeypatch.setenv(variable, "ignore")
    assert reason in only_fault(book)


def test_a_statement_that_cannot_be_decided_is_refused(book: SmallBook) -> None:
    book.theorems.write_text(
        THEOREMS.replace("MatrixSymbol, Symbol", "MatrixSymbol, Symbol, cos, sin").replace(
            "equation((A * B).T, B.T * A.T)", "equation(sin(t) ** 2 + cos(t) ** 2, 1)"
        )
        + "\n\nt = Symbol('t', real=True)\n"
    )
    assert "is not decided" in faults(book)[0]


def test_a_sign_broken_in_the_kernel_is_noticed_where_a_theorem_is_shown(
    book: SmallBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossgrad.proofs.subtract", add)
    assert any("products.transposed_product" in fault and "index.md" in fault for fault in faults(book))


def test_a_module_of_theorems_that_is_not_listed_is_refused(book: SmallBook) -> None:
    book.write(f"{book.package}/theorems/sums.py", THEOREMS)
    assert "disagree on: sums" in "\n".join(faults(book))


@pytest.mark.parametrize(
    "tag", ["skip-execution", "raises-exception", "remove-stderr", "remove_output", "remove-cell", "remove-input"]
)
def test_a_cell_that_is_skipped_or_hidden_is_refused(book: SmallBook, tag: str) -> None:
    book.page(f"```{{code-cell}} python\n:tags: [hide-input, {tag}]\n1 + 1\n```\n")
    assert f"{book.line_of('```{code-cell}')}a cell may not be tagged {tag}" in faults(book)[0]


@pytest.mark.parametrize(
    "silencer",
    [
        'warnings.filterwarnings("ignore")',
        'warnings.simplefilter(action="ignore")',
        'warnings.catch_warnings(action="ignore").__enter__()',
        'numpy.seterr(all="ignore")',
        "contextlib.suppress(ValueError)",
        "contextlib.redirect_stderr(None)",
        "warnings.showwarning = print",
    ],
)
def test_a_warning_silenced_by_a_cell_is_refused(book: SmallBook, silencer: str) -> None:
    book.page(f"```{{code-cell}} python\nimport contextlib, warnings, numpy\n{silencer}\n```\n")
    assert only_fault(book).startswith(f"{book.line_of(silencer)}a cell may not silence what it says")


@pytest.mark.parametrize(
    "imported", ["import lossgrad.book.gate", "from lossgrad import book", "from lossgrad.book import records"]
)
def test_a_cell_that_imports_the_sphinx_side_is_refused(book: SmallBook, imported: str) -> None:
    book.page(f"```{{code-cell}} python\n{imported}\n```\n")
    assert only_fault(book).startswith(f"{book.line_of(imported)}the Sphinx side is not for cells")


def test_a_warning_of_a_cell_fails_the_build(book: SmallBook) -> None:
    book.page("```{code-cell} python\nimport warnings\nwarnings.warn('look here')\n```\n")
    assert "docs/index.md:23: ERROR: stderr was found in the cell outputs" in book.build(warnings=True)


def test_several_faults_are_reported_together(book: SmallBook) -> None:
    book.page("One $a = b$.\n\nTwo $a < b$.\n\nThree {theorem}`products.none`.\n")
    assert [fault.partition(" ")[0] for fault in faults(book)] == [f"docs/index.md:{line}:" for line in (21, 23, 25)]


def test_a_build_that_failed_fails_again_when_nothing_changed(book: SmallBook) -> None:
    book.page("So $a = b$.\n")
    assert faults(book) == faults(book)


def test_a_build_that_warned_warns_again_when_nothing_changed(book: SmallBook) -> None:
    book.page("See [nothing](#nowhere).\n")
    assert [build.count("nowhere") for build in (book.build(warnings=True), book.build(warnings=True))] == [1, 1]


def test_a_page_taken_away_is_missed(book: SmallBook) -> None:
    box = "```{definition} products.product\n```\n"
    book.page("", boxes=BOXES.replace(box, "") + "```{toctree}\nother\n```\n")
    other = book.page(f"# Another\n\n{box}", "other.md")
    book.build()
    other.unlink()
    assert "no page shows products.product" in only_fault(book)


def test_faults_of_pages_that_are_read_in_parallel_are_all_reported(book: SmallBook) -> None:
    for number in range(7):
        book.page(
            "# Another\n\nSo $a = b$.\n", f"other{number}.md", front=FRONT.replace("---\nf", "---\norphan: true\nf")
        )
    code, _, complaint = book.build_in_parallel()
    assert code != 0
    *found, closed = complaint.splitlines()
    assert [fault.partition(" ")[0] for fault in found] == [f"docs/other{number}.md:11:" for number in range(7)]
    assert closed == "The gate is closed: 7 faults"


def built(book: SmallBook) -> tuple[int, str]:
    """The exit code of a build in a process of its own, and what it complained of."""
    process = subprocess.run(sphinx_build(book), capture_output=True, text=True, check=False)
    return process.returncode, process.stderr


def test_an_edit_to_the_package_reaches_the_cells_that_use_it(book: SmallBook) -> None:
    book.write(f"{book.package}/answer.py", "answer = 42\n")
    book.page(f"```{{code-cell}} python\nfrom {book.package}.answer import answer\n\nassert answer == 42\n```\n")
    assert built(book) == (0, "")
    book.write(f"{book.package}/answer.py", "answer = 43\n")
    code, complaint = built(book)
    assert code != 0
    assert "AssertionError" in complaint


def test_an_edit_to_a_theorem_reaches_the_page_that_shows_it(book: SmallBook) -> None:
    assert built(book) == (0, "")
    book.theorems.write_text(THEOREMS.replace("B.T * A.T", "A.T * B.T"))
    code, complaint = built(book)
    assert code != 0
    assert f"{book.line_of('```{theorem}')}theorem products.transposed_product: " in complaint
    assert "is false at n = 2" in complaint
