"""What a change of a table in use risks: who waits for it, and when it fails."""

from __future__ import annotations

import re

from handbook.model.database import Change, Column

_WITHOUT = ("clickhouse", "bigquery", "snowflake", "tsql", "oracle")  # other rules hold there
_SIZE = re.compile(
    r"^(?:character varying|varchar|string|charfield|nvarchar|char)\s*\((\d+)\)$", re.I
)
_UNBOUNDED = re.compile(
    r"^(?:text|textfield|varchar|character varying|string|autostring)(?:\(\))?$", re.I
)
_SAME = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "bool": "boolean",
    "float8": "double precision",
}


def risk_of(change: Change, before: Column | None, dialect: str) -> str:
    """Return what a change of a table that was there before risks, as a sentence; "" for nothing.

    ``before``: the column as it was. Without a known ``dialect`` PostgreSQL's rules are used,
    and the sentence says so.
    """
    if dialect in _WITHOUT:
        return ""
    text = _ANY.get(change.kind, _nothing)(change, before)
    if text or dialect == "sqlite":
        return text
    if dialect == "mysql":
        return _MYSQL.get(change.kind, _nothing)(change, before)
    text = _POSTGRES.get(change.kind, _nothing)(change, before)
    return f"{text} (if this is PostgreSQL)" if text and not dialect else text


def _nothing(_change: Change, _before: Column | None) -> str:
    return ""


def _needs_value(change: Change, _before: Column | None) -> str:
    column = change.columns[0] if change.columns else None
    if column and column.nullable is False and not column.default:
        return "NOT NULL without a default: it fails as soon as the table has rows"
    return ""


def _index(change: Change, _before: Column | None) -> str:
    return "" if change.gentle else "Building the index blocks writes until it is done"


def _added(change: Change, _before: Column | None) -> str:
    column = change.columns[0] if change.columns else None
    if column and column.default and column.volatile:
        return "A default that differs by row: the whole table is rewritten, reads and writes wait"
    return ""


def _changed(change: Change, before: Column | None) -> str:
    column = change.columns[0] if change.columns else None
    if column is None:
        return ""
    old = before.type if before and before.type else change.text
    if column.type and old and not widens(old, column.type):
        return f"{old} → {column.type}: the table is rewritten, reads and writes wait"
    if column.nullable is False and not (before and before.nullable is False):
        return "SET NOT NULL reads the whole table, reads and writes wait"
    return ""


def _constrained(change: Change, _before: Column | None) -> str:
    if change.gentle:
        return ""
    if change.form in ("unique", "primary key"):
        return "Building its index blocks reads and writes until it is done"
    if change.form == "foreign key":
        return "All rows are checked, writes to both tables wait (NOT VALID first, then VALIDATE)"
    if change.form == "check":
        return "All rows are checked, reads and writes wait (NOT VALID first, then VALIDATE)"
    return ""


def _copied(change: Change, before: Column | None) -> str:
    column = change.columns[0] if change.columns else None
    old = before.type if before and before.type else change.text
    if column and column.type and old and not widens(old, column.type):
        return f"{old} → {column.type}: the table is copied, writes wait"
    return ""


def _linked(change: Change, _before: Column | None) -> str:
    return (
        "The table is copied to check all rows, writes wait" if change.form == "foreign key" else ""
    )


def widens(old: str, new: str) -> bool:
    """Whether every value of a type fits the other as it is, so that nothing is rewritten."""
    old, new = (_plain(text) for text in (old, new))
    if old == new:
        return True
    size, larger = _SIZE.match(old), _SIZE.match(new)
    if size or _UNBOUNDED.match(old):
        if _UNBOUNDED.match(new):
            return True
        return bool(size and larger and int(larger[1]) >= int(size[1]))
    return False


def _plain(text: str) -> str:
    text = " ".join(text.lower().split()).removesuffix("()")
    return _SAME.get(text, text)


_ANY = {"add column": _needs_value}
_POSTGRES = {
    "add index": _index,
    "add column": _added,
    "change column": _changed,
    "add constraint": _constrained,
}
_MYSQL = {"change column": _copied, "add constraint": _linked}
