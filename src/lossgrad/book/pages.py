"""What every page of the site carries, whatever it says: nothing inline that a strict Content-Security-Policy forbids.

`template_bridge = "lossgrad.book.pages.Templates"` selects it. The theme's buttons name what they do in an attribute
``onclick``; here they have none, and ``header.js`` listens to them.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.jinja2glue import BuiltinTemplateLoader

HANDLER = re.compile(r'(<button\b[^<>]*?)\sonclick="(?:toggleFullScreen|window\.print)\(\)"')


def setup(app: Sphinx) -> None:
    """Give pages the script that listens to the buttons of their header."""
    app.add_js_file("header.js", loading_method="defer")
    app.connect("html-page-context", drop_options, priority=900)


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates; what they make runs nothing inline."""

    def render(self, template: str, context: dict[str, Any]) -> str:  # type: ignore[override]  # as the base class does
        """The page that a template makes."""
        return HANDLER.sub(r"\1", super().render(template, context))


def drop_options(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Drop the theme's options that stand in scripts on the page: they say what the theme takes for granted."""
    scripts = context.get("script_files", [])
    scripts[:] = [it for it in scripts if not _is_option(getattr(it, "attributes", {}).get("body"))]


def _is_option(body: str | None) -> bool:
    return body is not None and body.startswith("DOCUMENTATION_OPTIONS.")
