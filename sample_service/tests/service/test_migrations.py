"""The way up and down on a filled database, and what every table and index has to say."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory

from fraud_score.migrate import configuration, migrate, newest, undo

REVISIONS = [
    revision.revision for revision in ScriptDirectory.from_config(configuration()).walk_revisions()
][::-1]

PAYMENT = """
INSERT INTO payments (transaction_id, card_id, amount_eur_cents, occurred_at, local_hour,
    merchant_category, card_country, merchant_country)
VALUES ('tx-1', 'card-1', 100, now(), 12, '5411', 'DE', 'DE')
"""
JOB = "INSERT INTO jobs (kind, transaction_id) VALUES ('score', 'tx-1')"


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


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row
    return int(row[0])


def test_each_revision_goes_up_down_and_up_on_a_filled_database(empty_database: str) -> None:
    migrate(empty_database, REVISIONS[0])
    with psycopg.connect(empty_database) as connection:
        connection.execute(PAYMENT)
        connection.execute(JOB)
    for older, revision in pairwise(REVISIONS):
        before = snapshot(empty_database)
        migrate(empty_database, revision)
        after = snapshot(empty_database)
        assert after != before
        undo(empty_database, older)
        assert snapshot(empty_database) == before, f"{revision} does not undo what it does"
        migrate(empty_database, revision)
        assert snapshot(empty_database) == after
    assert (count(empty_database, "payments"), count(empty_database, "jobs")) == (1, 1), (
        "nothing was lost"
    )


def test_a_database_goes_down_to_nothing(empty_database: str) -> None:
    migrate(empty_database)
    undo(empty_database, "base")
    assert {row[1] for row in snapshot(empty_database)} == {"alembic_version"}


def test_a_second_run_does_nothing(database: str) -> None:
    before = snapshot(database)
    migrate(database)
    assert snapshot(database) == before


@pytest.mark.parametrize("revision", ["0003", "0005"])
def test_an_index_build_that_broke_off_can_be_tried_again(
    empty_database: str, revision: str
) -> None:
    index = {"0003": "payments_card_history", "0005": "jobs_one_open_retrain"}[revision]
    migrate(empty_database, revision)
    whole = snapshot(empty_database)
    with psycopg.connect(empty_database) as connection:
        # What is left when the process dies while the index is built.
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [index]
        )
        connection.execute(
            "UPDATE alembic_version SET version_num = %s",
            [REVISIONS[REVISIONS.index(revision) - 1]],
        )
    migrate(empty_database, revision)
    assert snapshot(empty_database) == whole
    with psycopg.connect(empty_database) as connection:
        invalid = connection.execute("SELECT 1 FROM pg_index WHERE NOT indisvalid").fetchall()
    assert invalid == []


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
        if "ADD COLUMN" in (source := Path(script.path).read_text())
        and "need an index?" not in source
    ]
    assert silent == []


def test_the_newest_revision_is_that_of_a_migrated_database(database: str) -> None:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row == (newest(),)
