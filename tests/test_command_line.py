"""``python -m lossgrad``: what it answers, with which status, and as JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from lossgrad.command_line import main
from lossgrad.library import definitions, mistakes, stated, theorems
from lossgrad.plain_text import names, plain_text

PROBLEM = '''
"""A problem to be checked."""

import numpy as np

X, T = np.array([[1.0, 2.0, 0.0, -1.0]]), np.array([[0.0, 1.0, 1.0, 2.0], [1.0, 0.0, -1.0, 1.0]])
W = np.array([[0.5], [-1.5]])


def loss(W):
    return np.sum((W @ X - T) ** 2) / 2 / 4


def gradient(W):
    return (W @ X - T) @ X.T / 4


def summed(W):
    return (W @ X - T) @ X.T


def biased(W, b):
    return np.sum((W @ X + b - T) ** 2) / 2


def both(W, b):
    return (W @ X + b - T) @ X.T, (W @ X + b - T).sum(axis=1, keepdims=True)


def by_name(W, b):
    return dict(zip("Wb", both(W, b)))


def point():
    return W, np.zeros((2, 1))


def vector(W):
    return (W @ X).sum(axis=0)
'''


@pytest.fixture
def problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module with a loss and gradients, in the working directory."""
    name = f"problem_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(PROBLEM)
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    yield name
    sys.path[:] = path
    sys.modules.pop(name, None)


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    status = main(argv)
    said = capsys.readouterr()
    return status, said.out, said.err


def in_json(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    status, out, _ = answer(capsys, *argv, "--json")
    return status, json.loads(out)


def test_everything_there_is_is_listed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    status, listed = in_json(capsys, "list")
    assert status == 0
    assert [item["name"] for item in listed] == [*theorems(), *definitions(), *mistakes()]
    status, out, _ = answer(capsys, "list", "softmax", "--kind", "mistake")
    assert status == 0 and {line.partition(".")[0] for line in out.splitlines()} == {"softmax"}
    assert out.splitlines()[0].startswith("softmax.lost_sign") and "(mistake) Labels minus probabilities" in out


def test_a_theorem_is_shown_with_all_that_is_known_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = answer(capsys, "show", "linear.weight_gradient")
    assert status == 0
    assert out.startswith(
        dedent("""\
        linear.weight_gradient, a theorem

          The gradient by the weights is the gradient by the scores times the data transposed, for any loss.

          d/dW L(W X) = grad L(W X) X^T

        scope: every C, D, N
          1. = """)
    )
    assert "an entry depends on itself alone" in out
    assert answer(capsys, "show", "linear.weight_gradient", "--latex")[1].startswith(r"\frac{\partial}{\partial W}")
    assert "gradient(L(W*X), W)" in answer(capsys, "show", "linear.weight_gradient", "--python")[1]


def test_names_hypotheses_counterexamples_and_corrections_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "where A_1 := W_1 X + b_1 1_N^T" in answer(capsys, "show", "depth.inner_weight_gradient")[1]
    status, (mistake, definition) = in_json(
        capsys, "show", "linear.gradient_of_the_transposed", "softmax.probabilities"
    )
    assert status == 0 and mistake["corrected by"] == "linear.weight_gradient"
    assert mistake["counterexample"].startswith("false at")
    assert definition["equation"].startswith("P[c, n] := exp(S[c, n])/sum[")


@pytest.mark.parametrize("name", ["linear", "softmax", "activations", "normalization", "scale", "example"])
def test_every_equation_has_a_line_of_text_without_tex(name: str) -> None:
    kinds = {**theorems(), **definitions(), **mistakes()}
    said = [stated(function) for full, function in kinds.items() if full.startswith(f"{name}.")]
    lines = [line for statement in said for line in (plain_text(statement), *names(statement))]
    assert len(said) > 3
    assert [
        line for line in lines if any(mark in line for mark in ("\\", "\n", "Elementwise", "MatMul", "Lambda"))
    ] == []


def test_statements_are_proved_one_after_the_other_with_progress(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = answer(capsys, "prove", "linear.weight_gradient", "softmax.score_gradient")
    first, second, last = out.splitlines()
    assert status == 0
    assert first == "[1/2] linear.weight_gradient: proved for every C, D, N"
    assert second == "[2/2] softmax.score_gradient: proved for every C, N"
    assert last == "2 of 2 proved"


def test_a_terminal_is_told_the_seconds_beside_the_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    _, out, told = answer(capsys, "prove", "linear.weight_gradient")
    assert re.fullmatch(r"in \d+\.\d+ s\n", told) and " s" not in out.splitlines()[-1]


def test_a_false_statement_gives_status_one_and_its_counterexample(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = answer(capsys, "prove", "softmax.score_gradient", "softmax.lost_sign")
    assert status == 1
    assert "softmax.lost_sign: Refuted, false at " in out and "(right up to sign)" in out
    assert out.splitlines()[-1].endswith("; not proved: softmax.lost_sign")
    status, found = in_json(capsys, "prove", "softmax.lost_sign")
    assert status == 1 and found["failed"] == ["softmax.lost_sign"] and found["proved"] == 0
    assert found["statements"][0]["verdict"] == "Refuted"


def test_all_means_every_theorem(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    few = dict(list(theorems().items())[:3])
    monkeypatch.setattr("lossgrad.command_line.library.theorems", lambda: few)
    status, found = in_json(capsys, "prove", "--all")
    assert status == 0 and [item["name"] for item in found["statements"]] == list(few)


WRONG: dict[str, tuple[list[str], str]] = {
    "a name": (["prove", "softmax.scor_gradient"], "'softmax.scor_gradient'; the nearest are softmax.score_gradient"),
    "a topic": (["list", "sofmax"], "no topic is named 'sofmax'; the nearest are softmax"),
    "nothing": (["prove"], "prove needs names of statements, or --all"),
    "both": (["prove", "--all", "softmax.score_gradient"], "prove needs names of statements, or --all"),
    "a definition": (["prove", "softmax.probabilities"], "a definition is not proved: softmax.probabilities"),
    "no module": (["check", "nowhere:f", "math:pi", "--shape", "2"], "nowhere:f: No module named 'nowhere'"),
    "no name": (["check", "math", "math:pi", "--shape", "2"], "named as MODULE:NAME: got 'math'"),
    "an attribute": (["check", "math:sqr", "math:pi", "--shape", "2"], "there is no 'sqr'; the nearest are sqrt"),
    "a shape": (["check", "math:sqrt", "math:sin", "--shape", "2xb"], "as in 3,2: got '2xb'"),
    "a size": (["check", "math:sqrt", "math:sin", "--shape", "2", "--size", "N"], "as in N=20: got 'N'"),
    "no file": (["check", "math:sqrt", "math:sin", "--at", "nowhere.npy"], "--at: "),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_question_that_makes_no_sense_gives_status_two(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv, told = WRONG[name]
    status, out, err = answer(capsys, *argv)
    assert (status, out) == (2, "") and told in err


def test_a_right_gradient_of_the_readers_own_gives_status_zero(
    problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = answer(capsys, "check", f"{problem}:loss", f"{problem}:gradient", "--shape", "2,1")
    assert status == 0 and out.startswith("W of shape (2, 1), float64: agrees")
    single = ["--shape", "2,1", "--dtype", "float32", "--precision", "float64"]
    status, found = in_json(capsys, "check", f"{problem}:loss", f"{problem}:gradient", *single)
    assert status == 0 and found["verdict"] == "agrees" and found["parameters"][0]["dtype"] == "float64"


def test_a_wrong_gradient_of_the_readers_own_gives_status_one_and_says_what_it_looks_like(
    problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [f"{problem}:loss", f"{problem}:summed", "--at", f"{problem}:W", "--size", "N=4"]
    status, out, _ = answer(capsys, "check", *wrong)
    assert status == 1 and "looks like  4 times what it should be, and 4 = N: a sum for a mean" in out
    status, found = in_json(capsys, "check", *wrong)
    assert status == 1 and found["verdict"] == "WrongGradient" and len(found["parameters"][0]["failing"]) == 2
    status, _, err = answer(capsys, "check", f"{problem}:vector", f"{problem}:gradient", "--at", f"{problem}:W")
    assert status == 2 and "f must return one number: got an array of shape (4,)" in err


def test_the_point_may_be_several_arrays_from_a_module_or_a_file(
    problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    several = [f"{problem}:biased", f"{problem}:both"]
    for where in (["--shape", "2,1", "--shape", "2,1"], ["--at", f"{problem}:point"]):
        assert in_json(capsys, "check", *several, *where)[0] == 0
    np.savez(tmp_path / "point.npz", W=np.ones((2, 1)), b=np.zeros((2, 1)))
    status, found = in_json(capsys, "check", f"{problem}:biased", f"{problem}:by_name", "--at", "point.npz")
    assert status == 0 and [part["name"] for part in found["parameters"]] == ["W", "b"]
    np.save(tmp_path / "point.npy", np.ones((2, 1), np.float32))
    status, found = in_json(capsys, "check", f"{problem}:loss", f"{problem}:gradient", "--at", "point.npy")
    assert status == 0 and found["parameters"][0]["dtype"] == "float32"


def test_the_point_may_be_taken_in_another_type(
    problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "named.npz", W=np.ones((2, 1)), b=np.zeros((2, 1)))
    for loss, gradient, at in (("loss", "gradient", "W"), ("biased", "both", "point"), ("biased", "by_name", None)):
        where = f"{problem}:{at}" if at else "named.npz"
        asked = [f"{problem}:{loss}", f"{problem}:{gradient}", "--at", where, "--dtype", "float32"]
        status, found = in_json(capsys, "check", *asked)
        assert status == 0
        assert {part["dtype"] for part in found["parameters"]} == {"float32"}


def test_what_a_theorem_takes_for_granted_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = answer(capsys, "show", "classification.divergence_by_probabilities")
    assert status == 0
    assert "\nhypotheses: " in out


def test_a_terminal_beside_json_counts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    status, out, err = answer(capsys, "prove", "linear.weight_gradient", "linear.data_gradient", "--json")
    assert status == 0
    assert json.loads(out)["proved"] == 2
    assert err == "\r1/2\r2/2\n"


def test_the_module_runs_as_a_program_and_reads_the_working_directory(problem: str) -> None:
    command = [sys.executable, "-m", "lossgrad", "check", f"{problem}:loss", f"{problem}:summed", "--shape", "2,1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and "the claimed gradient of loss differs from differences" in ran.stdout
    usage = subprocess.run([sys.executable, "-m", "lossgrad"], capture_output=True, text=True, check=False)
    assert usage.returncode == 2 and "usage: lossgrad" in usage.stderr
