"""Bring a database to the newest revision: ``fraud-score migrate``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

MIGRATION_LOCK = 5_311_972_026
"""Key of the advisory lock that lets one process migrate at a time."""


def connector(url: str) -> Callable[[], psycopg.Connection[Any]]:
    """Return what opens a connection for SQLAlchemy, with the address as psycopg reads it."""
    return lambda: psycopg.connect(url, application_name="fraud-score migrate")


def configuration(url: str = "") -> Config:
    """Return Alembic's configuration, with the revisions that are part of this package."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("fraud_score") / "migrations"))
    config.attributes["url"] = url
    return config


def newest() -> str:
    """Return the newest revision this version of the code knows."""
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade a database; nothing happens when it is at the revision already.

    Args:
        url: Address of the database.
        revision: Where to go.

    Raises:
        sqlalchemy.exc.OperationalError: The database does not answer.
    """
    command.upgrade(configuration(url), revision)


def undo(url: str, revision: str) -> None:
    """Downgrade a database to an older revision, "base" for an empty one."""
    command.downgrade(configuration(url), revision)
