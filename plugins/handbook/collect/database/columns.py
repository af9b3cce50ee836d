"""What changes make of a column."""

from __future__ import annotations

from msgspec.structs import replace

from handbook.model.database import Change, Column


def constrained(column: Column, change: Change) -> Column:
    """Return a column as a constraint of its table makes it."""
    if change.form == "primary key":
        return replace(column, key=True, nullable=False)
    if change.form == "foreign key":
        return replace(column, refers=change.text)
    if change.form == "unique" and len(change.columns) == 1:
        return replace(column, unique=True)
    return column


def merged(old: Column, new: Column) -> Column:
    """Return a column after a change that says only what is new."""
    return replace(
        old,
        type=new.type or old.type,
        nullable=old.nullable if new.nullable is None else new.nullable,
        default=new.default or old.default,
        unique=new.unique or old.unique,
        refers=new.refers or old.refers,
    )


def differs(change: Change, before: Column | None) -> bool:
    """Whether a change of a column is one: Django writes one for a new label, too."""
    if before is None:
        return True
    return merged(before, change.columns[0]) != before
