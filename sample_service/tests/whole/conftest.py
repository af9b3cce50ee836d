"""A trained model and a running service, once for all tests that need them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fraud_score.local.guard import Guard
from fraud_score.local.training import train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with data and with ``models/fraud/1``."""
    folder = tmp_path_factory.mktemp("trained")
    with Guard() as guard:
        for _ in train(guard, folder):
            pass
        yield folder
