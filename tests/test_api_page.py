"""Everything that others may write scripts against is described on the page of the package."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import lossgrad

PAGE = Path(__file__).parents[1] / "docs" / "appendix" / "api.md"


def described() -> set[str]:
    """The full names that the page describes, and the modules that it describes whole."""
    found, module = set(), ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if moved := re.match(r"\.\. (?:current|py:current)module:: (\S+)", line):
            module = moved[1]
        elif named := re.match(r"\.\. auto(\w+):: (\S+)", line):
            kind, name = named.groups()
            found.add(name if kind == "module" else f"{module}.{name}")
    return found


@pytest.mark.parametrize("name", lossgrad.__all__)
def test_every_public_name_is_described(name: str) -> None:
    home = getattr(lossgrad, name).__module__
    assert {f"lossgrad.{name}", f"{home}.{name}"} & described()


@pytest.mark.parametrize("module", ["lossgrad.library", "lossgrad.numerics"])
def test_every_public_function_of_a_scripted_module_is_described(module: str) -> None:
    public = {
        f"{module}.{name}"
        for name, thing in vars(import_module(module)).items()
        if (inspect.isfunction(thing) or inspect.isclass(thing) or hasattr(thing, "cache_info"))
        and thing.__module__ == module
        and not name.startswith("_")
    }
    assert module in described() or public <= described(), sorted(public - described())
