"""Examples in docstrings are run; the handbook shows them."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from fraud_features import descriptor


@pytest.mark.parametrize("module", [descriptor], ids=lambda module: module.__name__)
def test_examples_in_docstrings(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0
