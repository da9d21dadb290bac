"""Live cells: what they need, what they load, how they run and answer. A browser runs them in tests/browser."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lossgrad import library
from lossgrad.book.live import exercises, needs, parts, prove
from lossgrad.proofs import Refuted
from lossgrad.proofs import prove as proved

sys.path.append(str(parts.PYTHON))  # behind the real IPython, for which it has a stand-in
from session import run  # type: ignore[import-not-found]
from verdict import pieces  # type: ignore[import-not-found]

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ASKED = [
    pytest.param(found, id=f"{page.parent.name}: {found.partition(chr(10))[0]}")
    for page in sorted(DOCS.rglob("exercises.md"))
    for found in re.findall(r"````\{exercise\} (.*?)\n````", page.read_text(encoding="utf-8"), re.DOTALL)
]


def told(source: str, answered: str = "") -> list[tuple[str, str]]:
    """What a cell tells."""
    heard: list[tuple[str, str]] = []
    before = sys.stdout, sys.stderr
    try:
        asyncio.run(run(source, "cell 1", lambda kind, text: heard.append((kind, text)), answered))
    finally:
        sys.stdout, sys.stderr = before
    return heard


def test_a_cell_needs_what_it_imports_calls_and_takes_from_others() -> None:
    cells = [
        "from lossgrad.numerics import source",
        "from lossgrad.numerics import function\nf = function(1)",
        "def g(): return f(1)",
        "g()",
        "f = 1",
        "g(), f",
        "f",
        "import matplotlib.pyplot as plt\nfrom sklearn import datasets",
        "from lossgrad.figures import curve",
    ]
    numpy = {"numpy"}
    expected = [set(), numpy, numpy, numpy, set(), numpy, set(), {"matplotlib", "sklearn"}, {"matplotlib"}]
    assert list(needs.of_cells(cells)) == expected


def test_a_cell_shows_its_last_value_in_its_richest_form() -> None:
    assert told("from sympy import Symbol\nprint('a')\nSymbol('x') + 1") == [
        ("stdout", "a\n"),
        ("latex", "$\\displaystyle x + 1$"),
    ]
    assert told("(1, 'b')") == [("text", "(1, 'b')")]
    assert told("x = 1") == told("None") == []


def test_a_traceback_starts_in_the_cell() -> None:
    ((kind, text),) = told("def f(n):\n    return 1 / n\nf(0)")
    assert kind == "error"
    assert text.startswith('Traceback (most recent call last):\n  File "cell 1", line 3, in <module>\n    f(0)')
    assert text.endswith("ZeroDivisionError: division by zero\n")


def test_a_long_traceback_leaves_out_its_middle() -> None:
    ((_, text),) = told("def f(n):\n    return f(n + 1) if n < 60 else [n][n]\nf(0)")
    assert len(text.splitlines()) < 60
    assert text.endswith("IndexError: list index out of range\n")


def test_a_syntax_error_names_its_line() -> None:
    ((kind, text),) = told("x = 1\ny = = 2")
    assert kind == "error"
    assert 'File "cell 1", line 2' in text
    assert "SyntaxError: invalid syntax" in text


def test_what_is_too_long_is_cut_once() -> None:
    heard = told("for n in range(30_000): print('0123456789')")
    assert sum(len(text) for kind, text in heard if kind == "stdout") <= 200_000
    assert [kind for kind, _ in heard if kind != "stdout"] == ["cut"]


def test_a_cell_may_wait() -> None:
    assert told("import asyncio\nawait asyncio.sleep(0)\n7") == [("text", "7")]


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        ("equation(gradient(L(W * X), W), L.gradient(W * X) * X.T)", "Proof"),
        ("equation(gradient(L(W * X), W), -L.gradient(W * X) * X.T)", "Refuted</strong> right up to sign"),
        ("equation(cos(t)**2 + sin(t)**2, 1)", "Undecided"),
        ("equation(W, W.T)", "Malformed"),
        ("W", "No statement"),
        ("t = 1", "No statement</strong> The last line must be an equation"),
        ("Eq(W, W)", "No statement</strong> SymPy has carried the equation out"),
    ],
)
def test_the_prover_answers_a_claim(last: str, verdict: str) -> None:
    letters = "from sympy import *\nfrom lossgrad import *\nfrom lossgrad.notation import *\nt = parameters('t')\n"
    assert f"<strong>{verdict}" in dict(reversed(told(letters + last, "verdict")))["html"]


def graded(code: str, rule: str, answer: Any) -> str:
    """The first word of what is said of an answer."""
    names: dict[str, Any] = {}
    exec(code.replace("answer = ...", ""), names)
    said = next(iter(pieces(rule, None, names | {"answer": answer})))
    return str(re.findall(r"<strong>(.*?)</strong>", said[1])[0])


@pytest.mark.parametrize("exercise", ASKED)
def test_an_exercise_takes_its_solution_and_refuses_what_people_answer(exercise: str) -> None:
    option = dict(re.findall(r"^:(\w+): (.+)$", exercise, re.MULTILINE))
    if "state" in option:
        right = library.theorems()[option["state"]]()
        wrong = library.mistakes()[option["wrong"]]()
        code, rule = exercises.template(right.lhs), f"state {option['state']}"
        assert graded(code, rule, right.rhs) == "Proof"
        assert graded(code, rule, right.lhs) == "Not yet"
        assert graded(code, rule, ...) == "No answer yet"
        assert graded(code, rule, wrong.rhs) in {"Refuted", "Malformed"}
        return
    known = library.theorems() | library.mistakes()
    lines = [known[name]() for name in option["among"].split()]
    code = exercises.derivation(lines)
    names: dict[str, Any] = {}
    exec(code, names)
    assert [names[f"line_{number}"] for number in range(1, len(lines) + 1)] == lines
    place = option["among"].split().index(option["find"]) + 1
    for number in range(1, len(lines) + 1):
        said = graded(code, f"find {place}", number)
        assert said == ("Right" if number == place else "Not that one")
    assert graded(code, f"find {place}", 9) == graded(code, f"find {place}", ...) == "No answer yet"


def test_every_statement_has_its_python_and_a_theorem_its_false_twin() -> None:
    texts = prove.statements()
    assert texts["theorem"].keys() == texts["false"].keys() == library.theorems().keys()
    assert texts["refuted"].keys() == library.mistakes().keys()
    for name in ("linear.weight_gradient", "softmax.score_gradient_sums_to_zero", "scale.two_micro_batches"):
        names: dict[str, Any] = {}
        *before, last = texts["false"][name].split("\n\n")
        exec("\n\n".join(before), names)
        with pytest.raises(Refuted):
            proved(eval(last, names))


def test_bytecode_is_the_same_each_time(tmp_path: Path) -> None:
    modules = Path("node_modules")
    sources = {"a/__init__.py": b"'''A package.'''\nx = {'b', 'a'}\n", "a/b.py": b"def f(): return 1\n"}
    for cache in (one := tmp_path / "one", other := tmp_path / "other"):
        cache.mkdir()
    made = parts.bytecode(sources, modules, one, with_source=True)
    assert made == parts.bytecode(sources, modules, other, with_source=True)
    assert b"a/b.pyc" in made


def test_a_browser_compiles_no_module() -> None:
    archives = {found.name: zipfile.ZipFile(found) for found in (ROOT / parts.FOLDER).rglob("*.zip")}
    assert set(archives) == {"python_stdlib.zip", "sympy.zip", "lossgrad.zip"}
    versions = set()
    for archive in archives.values():
        names = set(archive.namelist())
        compiled = {name for name in names if name.endswith(".pyc")}
        assert compiled
        assert {f"{name}c" for name in names - compiled} <= compiled
        versions |= {archive.read(name)[:4] for name in compiled}
    assert len(versions) == 1


def test_parts_that_are_made_anew_are_those_of_the_site(tmp_path: Path) -> None:
    parts.build(folder=tmp_path / "live", cache=tmp_path / "cache")
    made, served = (
        {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for folder in (tmp_path / "live", ROOT / parts.FOLDER)
    )
    assert made.keys() == served.keys()
    assert [str(name) for name in made if made[name] != served[name]] == []


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_without_its_parts_the_book_says_so_and_ci_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(sys, "argv", ["parts", "stamp"])
    with pytest.raises(SystemExit) as ended:
        parts.main()
    assert int(ended.value.code or 0) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The book is built without live cells: npm did not bring pyodide, esbuild")
    assert not Path("stamp").exists()


def test_a_page_knows_no_package_of_pyodide() -> None:
    lock = json.loads(parts._without_packages(b'{"info": {"version": "1"}, "packages": {"numpy": {}}}'))
    assert lock == {"info": {"version": "1"}, "packages": {}}
