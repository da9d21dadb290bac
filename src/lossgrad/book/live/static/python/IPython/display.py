"""What a cell shows besides its last value, as IPython spells it."""

from __future__ import annotations

from typing import Any

__all__ = ["HTML", "SVG", "Latex", "Markdown", "Math", "display"]


def display(*values: Any) -> None:
    """Show values in the order in which they are given."""
    from session import show  # type: ignore[import-not-found]  # it is beside this one where cells are run

    for value in values:
        show(value)


class Shown:
    """A string that a page shows as what it is."""

    def __init__(self, data: str) -> None:
        self.data = data


class HTML(Shown):
    """A piece of a page."""

    def _repr_html_(self) -> str:
        return self.data


class SVG(Shown):
    """A picture."""

    def _repr_svg_(self) -> str:
        return self.data


class Latex(Shown):
    """Mathematics between its own delimiters."""

    def _repr_latex_(self) -> str:
        return self.data


class Math(Shown):
    """Mathematics without delimiters."""

    def _repr_latex_(self) -> str:
        return f"${self.data}$"


class Markdown(Shown):
    """Text; a live cell shows it as it is written."""

    def __repr__(self) -> str:
        return self.data
