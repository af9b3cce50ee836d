"""A service's database, as its migrations, models and statements describe it. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from handbook.model.source import Spot

ChangeKind = Literal[
    "add table",
    "drop table",
    "rename table",
    "add column",
    "drop column",
    "change column",
    "rename column",
    "add index",
    "drop index",
    "add constraint",
    "drop constraint",
    "rows",
    "comment",
]
"""What a change does. ``rows``: it writes to rows. ``comment``: text kept in the database."""


class Column(Struct, frozen=True):
    """A column. ``nullable`` is None where nothing says it; ``refers`` is a table, "" for none.

    ``default``: the database fills it for rows that are there. ``volatile``: with another value
    for each row.
    """

    name: str
    type: str = ""
    nullable: bool | None = None
    default: bool = False
    volatile: bool = False
    key: bool = False
    unique: bool = False
    refers: str = ""


class Change(Struct, frozen=True):
    """One change of the schema.

    ``name`` is that of the column, index or constraint; ``to`` the new one where it is renamed.
    ``columns``: of a new table all of them, of a column its new state, of an index or constraint
    those it is over. ``form`` of a constraint: "unique", "primary key", "foreign key", "check".
    ``gentle``: it is written so as not to block (``CONCURRENTLY``, ``NOT VALID``). ``text``: of a
    comment what it says; of a constraint what it refers to. ``why``: the comment beside it.
    """

    kind: ChangeKind
    table: str
    spot: Spot
    name: str = ""
    to: str = ""
    columns: tuple[Column, ...] = ()
    form: str = ""
    unique: bool = False
    gentle: bool = False
    text: str = ""
    why: str = ""


class Revision(Struct, frozen=True):
    """A migration: its changes in their order.

    ``note`` is what its authors wrote about it, without what a tool wrote. ``undo``: whether a
    way back is written, None for tools that have none. ``date`` is ISO 8601, "" if not known.
    ``unread`` is how many of its statements could not be read.
    """

    id: str
    title: str
    tool: str
    dialect: str
    spot: Spot
    note: str = ""
    changes: tuple[Change, ...] = ()
    undo: bool | None = None
    date: str = ""
    unread: int = 0


class Index(Struct, frozen=True):
    """An index that a revision adds; ``why`` is "" where nobody says what it is for.

    ``blocks``: it is built on a table that was there before, and stops writes meanwhile.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    unique: bool
    why: str
    blocks: bool
    revision: str
    date: str
    dialect: str
    spot: Spot


class Bare(Struct, frozen=True):
    """A column added to a table that was there, with neither an index nor a word about one."""

    table: str
    name: str
    revision: str
    spot: Spot


class Drop(Struct, frozen=True):
    """A table or column (``name``) removed; ``why`` is "" if nobody says what became of it."""

    table: str
    name: str
    why: str
    revision: str
    spot: Spot


class Lock(Struct, frozen=True):
    """What a change of a table in use risks: ``what`` is a sentence; ``dialect`` may be ""."""

    table: str
    what: str
    dialect: str
    revision: str
    spot: Spot


class Table(Struct, frozen=True):
    """A table as all migrations leave it. ``comment`` is what the database says of it."""

    name: str
    columns: tuple[Column, ...]
    spot: Spot
    comment: str = ""


class Write(Struct, frozen=True):
    """A statement that changes or removes rows: "delete", "update", "upsert", "truncate".

    ``how``: "SQL", "Django", "SQLAlchemy"…; ``table`` is a table or a class, "" if not known.
    ``looped``: it is inside a loop. ``why``: the sentence of the repo about writes to the table.
    """

    verb: str
    table: str
    how: str
    spot: Spot
    function: str = ""
    looped: bool = False
    why: str = ""


class Model(Struct, frozen=True):
    """A class or block of a schema that stands for a table."""

    name: str
    framework: str
    spot: Spot


class Schema(Struct, frozen=True):
    """One line of migrations, or a file that makes all tables at once (``versioned`` is false).

    ``folder`` is where it is; revisions are in the order in which they are applied.
    """

    tool: str
    folder: str
    dialect: str
    versioned: bool
    revisions: tuple[Revision, ...]
    tables: tuple[Table, ...]
    indexes: tuple[Index, ...]
    bare: tuple[Bare, ...]
    drops: tuple[Drop, ...]
    locks: tuple[Lock, ...]


class Database(Struct, frozen=True):
    """All that was read of it. ``creates``: calls that make tables from models as they are.

    ``foreign``: migrations of tools whose files are not read, by the first file of each.
    """

    schemas: tuple[Schema, ...] = ()
    models: tuple[Model, ...] = ()
    creates: tuple[Spot, ...] = ()
    writes: tuple[Write, ...] = ()
    foreign: tuple[Model, ...] = ()

    @property
    def migrations(self) -> tuple[Schema, ...]:
        """The schemas that are changed by numbered migrations."""
        return tuple(schema for schema in self.schemas if schema.versioned)

    def revisions(self) -> Iterator[Revision]:
        """Give the revisions of all migrations."""
        return (revision for schema in self.migrations for revision in schema.revisions)
