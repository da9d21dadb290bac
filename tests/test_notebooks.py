"""Each page of the book as a notebook: made from a small book, valid, and run where only the package is installed."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from lossgrad.book import notebooks
from small_book import SmallBook

BODY = """\
Some *prose* with $A$, `code` and [a link](#products).

(products)=
## Products

- one
- two

| what | letter |
|---|---|
| weights | $W$ |

```{code-cell} python
:tags: [hide-input]
import numpy as np

answer = int(np.prod([6, 7]))
```

```{code-cell} python
assert answer == 42
```
"""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallBook:
    return SmallBook(tmp_path, monkeypatch)


def made(book: SmallBook, page: str = "index") -> Any:
    book.build("html")
    file = book.root / "build" / "html" / f"{page}.ipynb"
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    return notebook


def sources(notebook: Any, kind: str) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def test_prose_lists_and_tables_are_markdown(book: SmallBook) -> None:
    book.page(BODY)
    text = "\n\n".join(sources(made(book), "markdown"))
    assert text.startswith("# A small book\n\n*[This page](index.html) of ")
    assert "Some *prose* with $A$, `code` and [a link](index.html#products)." in text
    assert "## Products" in text
    assert "- one\n- two" in text
    assert "| what | letter |\n| --- | --- |\n| weights | $W$ |" in text


def test_a_theorem_is_its_words_its_equation_and_its_scope(book: SmallBook) -> None:
    text = "\n\n".join(sources(made(book), "markdown"))
    assert "> **Theorem.** *Transposed product* (`products.transposed_product`)" in text
    assert "> The transpose of the product of $A$ and $B$ is the product of the transposes" in text
    assert re.search(r"^> \$\$\n> .*\\mathsf\{T\}.* = .*\n> \$\$$", text, re.MULTILINE)
    assert "> for every n" in text
    assert "> **Definition.** *Product* (`products.product`)" in text
    assert "> **False.** *Order kept* (`products.order_kept`)" in text
    assert "> Counterexample: at $" in text
    assert "Stated by" not in text


def test_cells_are_those_of_the_page_with_their_tags_and_without_outputs(book: SmallBook) -> None:
    book.page(BODY)
    notebook = made(book)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source.splitlines()[-1] for cell in cells] == ["answer = int(np.prod([6, 7]))", "assert answer == 42"]
    assert cells[0].metadata.tags == ["hide-input"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


def test_a_page_says_what_it_needs_to_run(book: SmallBook) -> None:
    book.page(BODY)
    assert "`pip install lossgrad numpy`" in sources(made(book), "markdown")[0]


def test_two_builds_make_the_same_notebook(book: SmallBook) -> None:
    made(book)
    file = book.root / "build" / "html" / "index.ipynb"
    first = file.read_bytes()
    book.page("")
    made(book)
    assert file.read_bytes() == first


def test_a_theorem_is_proved_again_and_a_mistake_refuted_again(tmp_path: Path) -> None:
    proved, refuted = run(
        tmp_path,
        notebooks.PROVED.format(name="linear.weight_gradient"),
        notebooks.REFUTED.format(name="linear.adjoint_without_transpose"),
    )
    assert "every C, D, N" in proved
    assert "is false at C = 1" in refuted


def run(folder: Path, *cells: str) -> list[str]:
    """What each cell answers in a fresh kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return ["".join(map(str, cell.outputs)) for cell in notebook.cells]
