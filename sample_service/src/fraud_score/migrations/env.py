"""Run by Alembic: connect, then apply the revisions of ``versions/`` in order."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

from fraud_score.migrate import MIGRATION_LOCK, connector


def run() -> None:
    """Apply the revisions, one transaction each, while no other process does the same."""
    url = context.config.attributes.get("url") or os.environ.get("DATABASE_URL", "")
    if not url:
        raise SystemExit("set DATABASE_URL to the database that should be migrated")
    engine = create_engine("postgresql+psycopg://", creator=connector(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        # Several replicas may start at once; the others wait here, then find nothing left to do.
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run()
