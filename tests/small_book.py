"""A book of one page or a few, with a package of statements of its own, to be broken in one place and built."""

import subprocess
import sys
from io import StringIO
from itertools import count
from pathlib import Path
from warnings import catch_warnings, simplefilter

import pytest
from sphinx.application import Sphinx
from sphinx.deprecation import RemovedInSphinx11Warning
from sphinx.util.docutils import docutils_namespace, patch_docutils

NUMBERS = count()

FRONT = """\
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

"""

BOXES = """\
# A small book

The product is $A B$.

```{theorem} products.transposed_product
```

```{definition} products.product
```

```{refuted} products.order_kept
```

"""

THEOREMS = '''\
"""Products."""

from sympy import Eq, MatrixSymbol, Symbol

from lossgrad.expressions import Definition, equation

n = Symbol("n", integer=True, positive=True)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)


def transposed_product() -> Eq:
    """The transpose of the product of $A$ and $B$ is the product of the transposes, the other way round.

    Stated once.
    """
    return equation((A * B).T, B.T * A.T)


def product() -> Definition:
    """The product."""
    return Definition(MatrixSymbol("P", n, n), A * B)
'''

MISTAKES = '''\
"""Mistakes about products."""

from sympy import Eq, MatrixSymbol, Symbol

from lossgrad.expressions import equation

n = Symbol("n", integer=True, positive=True)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)


def order_kept() -> Eq:
    """The order of the factors is kept.

    Corrected by: products.transposed_product.
    """
    return equation((A * B).T, A.T * B.T)
'''

CONF = """\
extensions = ["myst_nb", "lossgrad.book"]
lossgrad_package = "{package}"
html_math_renderer = "mathjax"
nb_execution_mode = "cache"
nb_execution_in_temp = True
nb_output_stderr = "error"
myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
"""


class SmallBook:
    """A book in a folder of its own: write its parts, then build it here or in a process of its own."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.package = f"small_{next(NUMBERS)}"
        self.docs = root / "docs"
        self.docs.mkdir()
        self.conf = self.write("conf.py", CONF.format(package=self.package))
        self.write(f"{self.package}/__init__.py", "")
        self.theorems = self.write(f"{self.package}/theorems/products.py", THEOREMS)
        self.mistakes = self.write(f"{self.package}/mistakes/products.py", MISTAKES)
        for folder in ("theorems", "mistakes"):
            self.write(f"{self.package}/{folder}/__init__.py", 'TOPICS = ("products",)\n')
        self.index = self.page("")
        monkeypatch.syspath_prepend(root)
        monkeypatch.setenv("PYTHONPATH", str(root), prepend=":")
        monkeypatch.chdir(root)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the book."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def page(self, body: str, name: str = "index.md", *, front: str = FRONT, boxes: str = BOXES) -> Path:
        """Write a page: front matter, boxes, body."""
        return self.write(f"docs/{name}", f"{front}{boxes if name == 'index.md' else ''}{body}")

    def line_of(self, piece: str, file: Path | None = None) -> str:
        """Where a piece of a file stands, as the gate reports it: ``docs/index.md:12: ``."""
        file = file or self.index
        above = file.read_text(encoding="utf-8").partition(piece)[0]
        return f"{file.relative_to(self.root)}:{above.count(chr(10)) + 1}: "

    def build_in_parallel(self, builder: str = "dummy") -> tuple[int, str, str]:
        """Build it by two processes, from one of its own: the exit code, what the build said, and its complaints.

        Sphinx forks for that, and the process of a test may hold threads, JAX's for one, that a fork would lose.
        """
        command = sphinx_build(self, "-j", "2", builder=builder)
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        return process.returncode, process.stdout, process.stderr

    def build(self, builder: str = "dummy", *, warnings: bool = False) -> str:
        """Build it, with warnings as errors, and return what the build said."""
        said, complained = StringIO(), StringIO()
        with patch_docutils(self.root), docutils_namespace(), catch_warnings():
            simplefilter("ignore", RemovedInSphinx11Warning)  # MyST-Parser and MyST-NB use names that Sphinx renames
            app = Sphinx(
                self.docs,
                self.root,
                self.root / "build" / builder,
                self.root / "build" / "doctrees",
                builder,
                status=said,
                warning=complained,
                warningiserror=True,
            )
            app.build()
        if not warnings:
            assert complained.getvalue() == ""
            assert app.statuscode == 0
        return said.getvalue() + complained.getvalue()


def sphinx_build(book: SmallBook, *options: str, builder: str = "dummy") -> list[str]:
    """The command that builds a small book in a process of its own."""
    return [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        *options,
        "-c",
        ".",
        "-b",
        builder,
        "-d",
        "build/doctrees",
        "docs",
        f"build/{builder}",
    ]
