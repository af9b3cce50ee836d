"""``docs/database.md`` is compared with a database that was migrated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from tests.docs.pages import ROOT, codes, page, pages

from fraud_score.migrate import configuration

PAGE = page("docs/database.md")


@pytest.fixture
def live(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database) as connection:
        yield connection


def test_tables_and_columns(live: psycopg.Connection[Any]) -> None:
    found = live.execute(
        "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name <> 'alembic_version' GROUP BY table_name"
    )
    listed = {codes(row["Table"])[0]: set(codes(row["Columns"])) for row in PAGE.table("Tables")}
    assert listed == {name: set(columns) for name, columns in found}


def test_indexes(live: psycopg.Connection[Any]) -> None:
    found = live.execute(
        "SELECT indexname, tablename, indexdef FROM pg_indexes "
        "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    indexes = {name: (table, definition) for name, table, definition in found}
    rows = {codes(row["Index"])[0]: row for row in PAGE.table("Indexes")}
    assert set(rows) == set(indexes)
    for name, (table, definition) in indexes.items():
        columns = re.search(r"USING \w+ \(([^)]*)\)", definition)
        assert columns
        assert codes(rows[name]["On"]) == [f"{table} ({columns[1]})"], name
        assert ("BRIN" in rows[name]["On"]) == ("USING brin" in definition), name
        assert rows[name]["Serves"], name


def test_columns_said_to_need_no_index_have_none(live: psycopg.Connection[Any]) -> None:
    found = live.execute(
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    ).fetchall()
    first = {(t, re.sub(r".*USING \w+ \((\w+).*", r"\1", definition)) for t, definition in found}
    partial = {(t, "kind") for t, definition in found if "one_open" in definition}
    columns = {tuple(name.split(".")) for row in PAGE.table("And none here")
               for name in codes(row["Column"])}  # fmt: skip
    assert columns & (first - partial) == set()


def test_every_revision_is_listed() -> None:
    known = ScriptDirectory.from_config(configuration()).walk_revisions()
    listed = {codes(row["Revision"])[0] for row in PAGE.table("Changes")}
    assert listed == {revision.revision for revision in known}


def test_every_table_says_how_often_it_changes() -> None:
    changes = {codes(row["Table"])[0]: row for row in PAGE.table("Updates and deletes")}
    assert set(changes) == {codes(row["Table"])[0] for row in PAGE.table("Tables")}
    written = _written()
    for table, row in changes.items():
        for verb, column in (("UPDATE", "Updates"), ("DELETE FROM", "Deletes")):
            if (verb, table) in written:
                assert row[column] != "never", f"{table}: {verb} in {written[verb, table]}"


def _written() -> dict[tuple[str, str], str]:
    files = [*(ROOT / "src").rglob("*.sql"), *(ROOT / "src").rglob("*.py")]
    found = {}
    for path in files:
        for verb, table in re.findall(r"\b(UPDATE|DELETE FROM) (\w+)", path.read_text("utf-8")):
            found[verb, table] = str(path.relative_to(ROOT))
    return found


def test_every_statement_shown_runs(live: psycopg.Connection[Any]) -> None:
    shown = [(str(one), text) for one in pages() for text in one.code("sql")]
    assert shown
    for where, text in shown:
        try:
            live.execute(text.encode())
        except psycopg.Error as exc:
            pytest.fail(f"{where}: {exc}")
