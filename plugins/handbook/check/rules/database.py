"""Rules on the database: its changes, its indexes, what is updated and deleted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.database import Bare, Database, Index
from handbook.model.facts import Absent, Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Level
from handbook.model.source import Source

_NEW = 90  # days for which a migration can still be held up to its authors
_OTHER_RULES = ("clickhouse", "bigquery", "snowflake")  # no indexes as in other databases
_SHOWN = 20
_NONE = "It has no database of its own: no migrations, no models of tables."


class ChangesListed(Rule):
    """Every change of the database is listed.

    ## What it does
    Reads the migrations in the repo, and looks for tables and columns that are removed without a
    word on what became of their data. Models of tables without any migration fail.

    ## Why
    Who reviews a change must see which tables and columns come and go. Tables made from the models
    as they are today cannot be changed tomorrow without somebody typing into the live database.

    ## How to fix
    Keep migrations in the repo, one change each, and above each drop say in a comment what became
    of the data.

    ## Equivalents
    Alembic, Django, Flyway, dbmate, golang-migrate, goose, sql-migrate, Diesel, Prisma, Drizzle,
    numbered files of SQL. Liquibase, Rails, Ecto, Laravel, Entity Framework, Peewee, yoyo, Aerich
    and migrations in JavaScript or Go count, but are not shown.
    """

    code = "DB01"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (12,)
    page = "build/database/#changes"

    def check(
        self, database: Fact[Database], source: Fact[Source], profile: Fact[Profile]
    ) -> Verdict:
        """Pass with migrations, warn on silent drops, fail for models without migrations."""
        del source  # asked for so that the writes in it are read
        if not isinstance(database, Found):
            searched = database.searched if isinstance(database, Absent) else ()
            return Verdict("na", _NONE, searched=searched)
        data = database.value
        if not data.migrations:
            return _unlisted(data, profile)
        revisions = [*data.revisions()]
        silent = [drop for s in data.migrations for drop in s.drops if not drop.why]
        if silent:
            names = ", ".join(f"{d.table}.{d.name}" if d.name else d.table for d in silent[:3])
            more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
            return Verdict(
                "warn",
                f"Removed without a word on what became of the data: {names}{more}.",
                tuple(at(drop.spot) for drop in silent[:_SHOWN]),
                fix="Above each drop, say in a comment where the data went or why nobody needs it.",
            )
        tools = " and ".join(dict.fromkeys(schema.tool for schema in data.migrations))
        unread = sum(revision.unread for revision in revisions)
        tail = f" {unread} of their statements could not be read." if unread else ""
        count = "1 migration" if len(revisions) == 1 else f"{len(revisions)} migrations"
        verb = "lists" if len(revisions) == 1 else "list"
        message = f"{count} of {tools} {verb} the changes.{tail}"
        return Verdict("pass", message, (at(revisions[-1].spot),) if revisions else ())


def _unlisted(data: Database, profile: Fact[Profile]) -> Verdict:
    """Judge a database without migrations that could be read."""
    if data.foreign:
        tools = " and ".join(model.framework for model in data.foreign)
        places = tuple(at(model.spot) for model in data.foreign)
        return Verdict("pass", f"Migrations of {tools} list the changes.", places)
    fix = "Keep migrations in the repo, such as Alembic's for SQLAlchemy, and apply only those."
    searched = ("**/versions/*.py", "**/migrations/*", "**/V*__*.sql", "**/*.up.sql")
    if data.schemas:
        places = tuple(at(schema.revisions[0].spot) for schema in data.schemas[:_SHOWN])
        message = "A file makes all tables at once; changes of tables that are in use are not."
        return Verdict("warn", message, places, searched, fix)
    places = tuple(at(model.spot) for model in data.models[:_SHOWN])
    if not isinstance(profile, Found) or not profile.value.runs:
        return Verdict("na", "It models tables for others, and runs no database itself.", places)
    framework = data.models[0].framework
    count = f"{len(data.models)} model{'s' if len(data.models) != 1 else ''} of {framework}"
    made = tuple(at(spot) for spot in data.creates[:_SHOWN])
    if made or framework in ("Django", "Prisma"):
        return Verdict("fail", f"{count}, and no migrations.", (*made, *places), searched, fix)
    message = f"{count}; nothing in the repo says how their tables came to be."
    return Verdict("warn", message, places, searched, fix)


class IndexesExplained(Rule):
    """Every index says what it is for, and every new column if it needs one.

    ## What it does
    Looks at each index and each new column of the migrations for a reason: a comment beside it, the
    docstring of the migration, ``COMMENT ON INDEX``, a comment in the model. It fails if an index
    of the last 90 days is built on a table that was there before, and blocks writes meanwhile.

    ## Why
    An index that nobody explains is never removed, and slows down each insert. A missing one is
    found on the day the table has become large. And ``CREATE INDEX`` on a large table of PostgreSQL
    stops all writes to it for minutes.

    ## How to fix
    Say in the migration which query the index serves, or why the column needs none. Build it with
    ``CREATE INDEX CONCURRENTLY``, outside a transaction.

    ## Equivalents
    ``postgresql_concurrently=True``, ``AddIndexConcurrently``, ``LOCK = NONE``. A unique index
    explains itself. Indexes of MySQL and SQLite do not count as blocking, those of an analytical
    database are not judged.
    """

    code = "DB02"
    level: ClassVar[Level] = "silver"
    statements = (13,)
    page = "build/database/#indexes"

    def check(
        self,
        database: Fact[Database],
        source: Fact[Source],
        profile: Fact[Profile],
        today: str,
    ) -> Verdict:
        """Fail for a new blocking index, warn for what is not explained, else pass."""
        del source, profile  # asked for so that what they need is read
        if not isinstance(database, Found):
            return Verdict("na", _NONE)
        schemas = [s for s in database.value.schemas if s.dialect not in _OTHER_RULES]
        indexes = [index for schema in schemas for index in schema.indexes]
        bare = [column for schema in schemas for column in schema.bare]
        if not indexes and not bare:
            return Verdict("na", "No index and no column is added to a table in use.")
        if found := _blocking(indexes, today):
            return found
        old = [index for index in indexes if index.blocks]
        unexplained = [index for index in indexes if not index.why]
        if unexplained or bare or old:
            return _unexplained(unexplained, bare, old)
        places = tuple(at(index.spot) for index in indexes[:_SHOWN])
        return Verdict("pass", f"{_count(indexes, 'index')}, each with its reason.", places)


_SAY = "In the migration, say which query an index serves, or why a column needs none."
_CONCURRENTLY = (
    "Build it CONCURRENTLY, outside a transaction (`postgresql_concurrently=True`,"
    " `AddIndexConcurrently`)."
)


def _blocking(indexes: list[Index], today: str) -> Verdict | None:
    """Judge new indexes that block; one without a date is not committed yet, or undated."""
    since = (date.fromisoformat(today) - timedelta(days=_NEW)).isoformat()
    dated = any(index.date for index in indexes)
    recent = [
        index
        for index in indexes
        if index.blocks
        and index.dialect
        and (index.date[:10] >= since if index.date else not dated)
    ]
    if not recent:
        return None
    days = [index.date[:10] for index in recent if index.date]
    ends = max((date.fromisoformat(day) for day in days), default=None)
    until = (
        (ends + timedelta(days=_NEW + 1)).isoformat() if ends and len(days) == len(recent) else ""
    )
    names = ", ".join(index.name or index.table for index in recent[:3])
    return Verdict(
        "fail",
        f"Blocks writes to a table in use while it is built: {names}.",
        tuple(at(index.spot) for index in recent[:_SHOWN]),
        fix=_CONCURRENTLY,
        until=until,
    )


def _unexplained(indexes: list[Index], bare: list[Bare], old: list[Index]) -> Verdict:
    said = [
        f"{_count(indexes, 'index')} without a reason" if indexes else "",
        f"{_count(bare, 'column')} added without an index or a word on why not" if bare else "",
        f"{_count(old, 'index')} that blocked writes while built" if old else "",
    ]
    latest = [at(item.spot) for item in bare[::-1][:10]]
    latest += [at(item.spot) for item in indexes[::-1][:10]]
    return Verdict(
        "warn",
        f"{'; '.join(part for part in said if part)}.",
        tuple(latest or [at(index.spot) for index in old[:_SHOWN]]),
        fix=_SAY if latest else _CONCURRENTLY,
    )


def _count(items: list[Index] | list[Bare], noun: str) -> str:
    plural = "indexes" if noun == "index" else f"{noun}s"
    return f"{len(items)} {noun if len(items) == 1 else plural}"


class WritesExplained(Rule):
    """Tables that are updated or deleted from are named, with how often.

    ## What it does
    Lists the statements that update or delete rows, in SQL and in code, and looks for a sentence
    about each of their tables: in the docs, in a migration, in ``COMMENT ON TABLE``, above the
    statement.

    ## Why
    Updates and deletes leave dead rows, bloat indexes and take locks. Vacuum, partitions and
    retention are chosen by them; whoever runs the database must know before it grows.

    ## How to fix
    Write down which tables are append-only, which are updated and which are deleted from, and how
    often: under a heading such as "Updates and deletes" in the docs, or in the first migration.

    ## Equivalents
    SQL in strings and files; the ORMs of Django, SQLAlchemy, SQLModel, Peewee, Prisma and Diesel.
    """

    code = "DB03"
    version = 2
    level: ClassVar[Level] = "gold"
    statements = (14,)
    page = "build/database/#updates"

    def check(
        self, database: Fact[Database], source: Fact[Source], profile: Fact[Profile]
    ) -> Verdict:
        """Pass if each table's writes are explained, warn if not."""
        del source, profile  # asked for so that what they need is read
        if not isinstance(database, Found):
            return Verdict("na", _NONE)
        writes = database.value.writes
        if not writes:
            return Verdict("na", "Nothing in it updates or deletes rows, as far as names tell.")
        answered = {write.table.lower() for write in writes if write.why}
        silent = [w for w in writes if not w.why and w.table.lower() not in answered]
        # What is deleted through an object is of a class that is not told: others answer for it.
        named = [write for write in silent if write.table] or ([] if answered else silent)
        if not named:
            places = tuple(at(write.spot) for write in writes[:_SHOWN])
            return Verdict("pass", f"{len(writes)} updates and deletes, all explained.", places)
        tables = [*dict.fromkeys(write.table for write in named if write.table)]
        names = ", ".join(tables[:5]) or "rows"
        more = f" and {len(tables) - 5} more" if len(tables) > 5 else ""
        return Verdict(
            "warn",
            f"Updates and deletes of {names}{more} are not explained.",
            tuple(at(write.spot) for write in named[:_SHOWN]),
            ("docs/**/*.md", "README.md", "migrations", "COMMENT ON TABLE"),
            "Say in the docs, under “Updates and deletes”, which tables change and how often.",
        )
