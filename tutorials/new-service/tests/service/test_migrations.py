"""The way up and down on a filled database, and what every table and index has to say."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import psycopg
from alembic.script import ScriptDirectory

from new_service.migrate import configuration, migrate, newest, undo

REVISIONS = [
    revision.revision for revision in ScriptDirectory.from_config(configuration()).walk_revisions()
][::-1]

FILL = """
INSERT INTO deliveries (delivery_id, courier_id, distance_km, parcels, planned_at, local_hour)
VALUES ('d-1', 'courier-1', 2.5, 2, now(), 12);
INSERT INTO jobs (kind, delivery_id) VALUES ('score', 'd-1')
"""


def snapshot(url: str) -> list[tuple[str, ...]]:
    """Return every column, constraint and index of the database, as text."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            """
            SELECT 'column', table_name, column_name, data_type || is_nullable
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL
            SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL
            SELECT 'index', tablename, indexname, indexdef
            FROM pg_indexes WHERE schemaname = 'public'
            ORDER BY 1, 2, 3, 4
            """
        ).fetchall()


def test_each_revision_goes_up_down_and_up_on_a_filled_database(empty_database: str) -> None:
    migrate(empty_database, REVISIONS[0])
    with psycopg.connect(empty_database) as connection:
        connection.execute(FILL)
    for older, revision in pairwise(REVISIONS):
        before = snapshot(empty_database)
        migrate(empty_database, revision)
        after = snapshot(empty_database)
        assert after != before
        undo(empty_database, older)
        assert snapshot(empty_database) == before, f"{revision} does not undo what it does"
        migrate(empty_database, revision)
        assert snapshot(empty_database) == after
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (1,), "nothing is lost"
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert revision == (newest(),)


def test_a_database_goes_down_to_nothing(empty_database: str) -> None:
    migrate(empty_database)
    undo(empty_database, "base")
    assert {row[1] for row in snapshot(empty_database)} == {"alembic_version"}


def test_every_table_says_what_it_holds_and_every_index_why_it_is_there(database: str) -> None:
    with psycopg.connect(database) as connection:
        silent = connection.execute(
            """
            SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
                AND relname NOT LIKE 'alembic%' AND obj_description(oid, 'pg_class') IS NULL
            """
        ).fetchall()
    assert silent == []


def test_every_added_column_says_whether_it_needs_an_index() -> None:
    revisions = ScriptDirectory.from_config(configuration()).walk_revisions()
    silent = [
        script.revision
        for script in revisions
        if "ADD COLUMN" in (source := Path(script.path).read_text(encoding="utf-8"))
        and "need an index?" not in source
    ]
    assert silent == []
