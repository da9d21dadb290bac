"""The workflows call the Makefile and contain no logic of their own; what they and the metadata say agrees."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def jobs(workflow: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(workflow.read_text())["jobs"])


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(workflow).values():
        yield from job["steps"]


def test_there_are_workflows_to_test_to_publish_and_to_look_at_the_newest_versions() -> None:
    assert {workflow.stem for workflow in WORKFLOWS} == {"test", "publish", "weekly"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: str(workflow.stem))
def test_a_workflow_runs_targets_of_the_makefile_and_nothing_else(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    for command in commands:
        program, *named = command.split()
        assert (program == "make" and named and set(named) <= targets) or command == ".ci/run", command


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: str(workflow.stem))
def test_a_workflow_may_do_no_more_than_it_says_and_ends(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {"contents": "read"}
    for name, job in jobs(workflow).items():
        assert "timeout-minutes" in job or name == "deploy"


def test_the_pythons_that_are_tested_are_those_that_are_promised() -> None:
    classified = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))
    tested = jobs(ROOT / ".github/workflows/test.yml")["test"]["strategy"]["matrix"]["python"]
    assert tested == classified
    assert PROJECT["requires-python"] == f">={classified[0]}"


def test_the_citation_names_the_version_the_title_and_the_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert (ROOT / "README.md").read_text().startswith(f"# {citation['title']}\n")
