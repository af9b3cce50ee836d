"""The Postgres that computes features: the one of ``DATABASE_URL``, or one lent for the moment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from fraud_model.errors import DataError

_LENDER = [sys.executable, "-m", "fraud_score.local.lend"]
"""A process, not an import: the model's side knows nothing of the service's code."""


@contextmanager
def scratch() -> Iterator[psycopg.Connection]:
    """Connect to a database for temporary tables, starting one where none is given.

    Raises:
        DataError: There is none, or it does not answer.
    """
    if url := os.environ.get("DATABASE_URL"):
        with _connected(url) as connection:
            yield connection
        return
    with subprocess.Popen(
        _LENDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as lender:
        assert lender.stdout is not None  # noqa: S101 (asked for just above)
        url = lender.stdout.readline().strip()
        if not url:
            raise DataError("no Postgres to compute features with: set DATABASE_URL to one")
        with _connected(url) as connection:
            yield connection


@contextmanager
def live() -> Iterator[psycopg.Connection]:
    """Connect to the service's own database, read-only.

    Raises:
        DataError: ``DATABASE_URL`` is not set, or the database does not answer.
    """
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise DataError("source=live needs DATABASE_URL, the address of the service's Postgres")
    with _connected(url) as connection:
        connection.read_only = True
        yield connection


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(url, connect_timeout=10)
    except psycopg.OperationalError as exc:
        raise DataError(f"the database of DATABASE_URL does not answer: {exc}") from exc
    with connection:
        yield connection
