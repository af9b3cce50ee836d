"""A real Postgres for the tests: one server per session, a migrated database per test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from fraud_score.local.postgres import Postgres
from fraud_score.migrate import migrate

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a Postgres server: ``DATABASE_URL``, or else an embedded one."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    # Not in pytest's folder: each start of pytest closes it to other users, and the server of a
    # root user runs as one.
    with TemporaryDirectory(prefix="fraud-score-") as folder, Postgres(Path(folder)) as server:
        yield server.url


@pytest.fixture
def empty_database(postgres: str) -> Iterator[str]:
    """Address of a database of the test's own, without any table."""
    with scratch_database(postgres) as url:
        yield url


@pytest.fixture(scope="session")
def migrated(postgres: str) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to: a template for others."""
    with scratch_database(postgres) as url:
        migrate(url)
        yield _name(url)


@pytest.fixture
def database(postgres: str, migrated: str) -> Iterator[str]:
    """Address of a migrated database of the test's own."""
    with scratch_database(postgres, migrated) as url:
        yield url


@contextmanager
def scratch_database(postgres: str, template: str = "template1") -> Iterator[str]:
    """Make a database with a name of its own, drop it afterwards, whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    _run(postgres, "CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    finally:
        _run(postgres, "DROP DATABASE {} WITH (FORCE)", name)


def _run(postgres: str, command: LiteralString, *names: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured of a recovery: it is a result, not only a condition."""
    lines = [
        str(value)
        for report in terminalreporter.stats.get("passed", [])
        for name, value in report.user_properties
        if name == "recovery" and report.when == "call"
    ]
    if lines:
        terminalreporter.section("recovery after kill -9")
        terminalreporter.write_line("\n".join(lines))
