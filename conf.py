"""Settings of the book: `sphinx-build -c . docs build/html`, or `make html`."""

from importlib.metadata import version as version_of

project = "Gradients on Loss Functions"
author = "The Gradients on Loss Functions authors"
copyright = f"2026, {author}"
release = version_of("lossgrad")
version = release
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinxcontrib.bibtex",
    "sphinx_copybutton",
    "lossgrad.book",
]

# References inside the book must resolve; names of other packages cannot, for the build reads no network.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!lossgrad\b).*")]

# Pages are executed, and what a cell complains of fails the build.
# lossgrad.book keys the folder of cached results by the package and the versions the cells run on.
nb_execution_mode = "cache"
nb_execution_show_tb = True
nb_execution_in_temp = True
nb_execution_timeout = 120
nb_output_stderr = "error"
nb_merge_streams = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say it in words

# What a module's doctests find in their module, the doctest builder gives to the same doctests on the pages.
doctest_global_setup = """
from lossgrad import *
from lossgrad.head import *
from lossgrad.library import *
from lossgrad.notation import *
from lossgrad.numerics import *
from lossgrad.plain_text import plain_text
from lossgrad.python_code import python
"""

bibtex_bibfiles = ["docs/references.bib"]
bibtex_reference_style = "author_year"

# Mathematics is MathML when the page arrives (lossgrad.book.typeset), in cell outputs too.
html_math_renderer = "mathml"
nb_render_markdown_format = "myst"

html_theme = "sphinx_book_theme"
templates_path = ["docs/_templates"]
template_bridge = "lossgrad.book.pages.Templates"
html_static_path = ["docs/_static", "build/static"]
html_css_files = ["mathematics.css", "book.css", "landing.css"]
html_title = project
html_domain_indices = False  # the general index lists the modules too
html_favicon = "docs/_static/favicon.svg"
html_extra_path = ["docs/_root"]  # what a host asks for in the root: the page for what is not there, robots.txt
html_context = {"default_mode": "auto"}
html_last_updated_fmt = None
html_theme_options = {
    "article_header_end": ["live-control.html", "article-header-buttons.html"],
    "home_page_in_toc": True,
    "navbar_persistent": [],
    "search_bar_text": "Search the book",
    "show_navbar_depth": 2,
    "show_toc_level": 2,
}
