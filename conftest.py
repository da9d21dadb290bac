"""What every doctest may use without importing it: `prove`, the word that all the theorems share."""

from typing import Any

import pytest

from lossgrad import prove


@pytest.fixture(autouse=True)
def names_of_doctests(doctest_namespace: dict[str, Any]) -> None:
    """Put `prove` where the doctests of the theorems look for it."""
    doctest_namespace["prove"] = prove
