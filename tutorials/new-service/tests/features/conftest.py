from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.conftest import scratch_database


@pytest.fixture(scope="module")
def connection(postgres: str, migrated: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a migrated database of the module's own; roll back what a test writes."""
    with scratch_database(postgres, migrated) as url, psycopg.connect(url) as connection:
        yield connection
