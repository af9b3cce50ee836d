"""Apply migrations one after the other: the schema they leave, and what each one risked."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from handbook.collect.database.columns import constrained, differs, merged
from handbook.collect.database.draft import Draft
from handbook.collect.database.locks import risk_of
from handbook.collect.database.reasons import fate_of, reason_of, speaks_of_index
from handbook.model.database import (
    Bare,
    Change,
    Column,
    Drop,
    Index,
    Lock,
    Revision,
    Schema,
    Table,
)


class Fold:
    """The state of one schema while its revisions are applied."""

    def __init__(self, tool: str, folder: str, dialect: str, said: Mapping[str, str]) -> None:
        self._tool = tool
        self._folder = folder
        self._dialect = dialect
        self._said = dict(said)
        self._tables: dict[str, dict[str, Column]] = {}
        self._origin: dict[str, Change] = {}
        self._comments: dict[str, str] = {}
        self._alias: dict[str, str] = {}
        self._indexes: list[Index] = []
        self._bare: list[Bare] = []
        self._drops: list[Drop] = []
        self._locks: list[Lock] = []
        self._indexed: set[tuple[str, str]] = set()

    def run(self, drafts: list[Draft], *, versioned: bool = True) -> Schema:
        """Apply all of them."""
        for draft in drafts:
            for change in draft.changes:
                if change.kind == "comment" and change.form == "index":
                    self._said.setdefault(change.name, change.text)
        revisions = [self._apply(draft, first=n == 0) for n, draft in enumerate(drafts)]
        bare = [item for item in self._bare if (item.table, item.name) not in self._indexed]
        return Schema(
            tool=self._tool,
            folder=self._folder,
            dialect=self._dialect,
            versioned=versioned,
            revisions=tuple(revisions),
            tables=tuple(
                self._table(name, columns) for name, columns in sorted(self._tables.items())
            ),
            indexes=tuple(self._indexes),
            bare=tuple(bare),
            drops=tuple(self._drops),
            locks=tuple(self._locks),
        )

    def _table(self, name: str, columns: dict[str, Column]) -> Table:
        """A table as it is in the end; Django's links are by the names of models."""
        linked = tuple(
            replace(column, refers=self._alias.get(column.refers, column.refers))
            for column in columns.values()
        )
        return Table(name, linked, self._origin[name].spot, self._comments.get(name, ""))

    def _apply(self, draft: Draft, *, first: bool) -> Revision:
        step = _Step(self, draft, first=first)
        kept = [done for change in draft.changes if (done := step.take(change))]
        step.finish()
        return Revision(
            id=draft.id,
            title=draft.title,
            tool=self._tool,
            dialect=self._dialect,
            spot=draft.spot,
            note=draft.note,
            changes=tuple(kept),
            undo=draft.undo,
            date=draft.date,
            unread=len(draft.unread),
        )


class _Step:
    """One revision being applied."""

    def __init__(self, fold: Fold, draft: Draft, *, first: bool) -> None:
        self._fold = fold
        self._draft = draft
        self._first = first
        self._new: set[str] = set()  # tables made here
        self._grown: set[tuple[str, str]] = set()  # columns made here
        self._moved = False
        self._dropped: list[Drop] = []

    def take(self, change: Change) -> Change | None:
        """Apply one change; None if it changes nothing that is shown."""
        fold = self._fold
        change = replace(change, table=fold._alias.get(change.table, change.table))
        if change.kind == "comment":
            self._comment(change)
            return None
        if change.kind == "rows":
            self._moved = True
            return change
        known = fold._tables.get(change.table)
        if change.kind == "drop column" and known is not None and change.name not in known:
            fuller = f"{change.name}_id"  # Django drops a link by its field's name
            change = replace(change, name=fuller) if fuller in known else change
        before = (known or {}).get(change.name)
        if change.kind == "change column" and not differs(change, before):
            return None
        if self._was_there(change.table):
            self._judge(change, before)
        getattr(self, f"_{change.kind.replace(' ', '_')}")(change)
        return change

    def finish(self) -> None:
        """Keep the drops of what was not made again."""
        tables = self._fold._tables
        self._fold._drops += [d for d in self._dropped if d.name or d.table not in tables]

    def _was_there(self, table: str) -> bool:
        return bool(table) and table not in self._new and not self._first

    def _judge(self, change: Change, before: Column | None) -> None:
        fold = self._fold
        grown = [column.name for column in change.columns]
        young = change.kind in ("add index", "add constraint") and any(
            (change.table, name) in self._grown for name in grown
        )
        what = risk_of(change, before, fold._dialect)
        if what and not (young and change.form in ("foreign key", "check")):
            lock = Lock(change.table, what, fold._dialect, self._draft.id, change.spot)
            fold._locks.append(lock)

    def _comment(self, change: Change) -> None:
        if change.form == "alias":
            self._fold._alias[change.table] = change.to
        elif change.form == "table":
            self._fold._comments[change.table] = change.text

    def _add_table(self, change: Change) -> None:
        if change.table in self._fold._tables and not change.columns:
            return
        self._new.add(change.table)
        columns = {column.name: column for column in change.columns}
        self._fold._tables[change.table] = columns
        self._fold._origin[change.table] = change
        self._indexed(change.table, [c.name for c in change.columns if c.key or c.unique])

    def _indexed(self, table: str, names: list[str]) -> None:
        self._fold._indexed |= {(table, name) for name in names}

    def _drop_table(self, change: Change) -> None:
        there = self._fold._tables.pop(change.table, None)
        if self._was_there(change.table) and there is not None:
            self._dropped.append(self._drop(change))
        self._new.discard(change.table)

    def _drop(self, change: Change) -> Drop:
        draft = self._draft
        why = fate_of(change, draft.note, draft.title, moved=self._moved)
        return Drop(change.table, change.name, why, draft.id, change.spot)

    def _rename_table(self, change: Change) -> None:
        fold = self._fold
        if change.table in fold._tables:
            fold._tables[change.to] = fold._tables.pop(change.table)
            fold._origin[change.to] = fold._origin[change.table]
            fold._comments[change.to] = fold._comments.pop(change.table, "")
            fold._indexed |= {
                (change.to, name) for table, name in fold._indexed if table == change.table
            }
        if change.table in self._new:
            self._new.add(change.to)

    def _add_column(self, change: Change) -> None:
        column = change.columns[0]
        columns = self._fold._tables.get(change.table)
        if columns is not None and column.name in columns and change.table not in self._new:
            return  # the other branch of an "if"
        self._grown.add((change.table, column.name))
        if columns is not None:
            columns[column.name] = column
        if column.key or column.unique or (column.refers and self._fold._tool == "Django"):
            self._indexed(change.table, [column.name])
        elif self._was_there(change.table) and not speaks_of_index(change, self._draft.note):
            bare = Bare(change.table, column.name, self._draft.id, change.spot)
            if f"{change.table}.{column.name}" not in self._fold._said:
                self._fold._bare.append(bare)

    def _drop_column(self, change: Change) -> None:
        fold = self._fold
        there = fold._tables.get(change.table, {}).pop(change.name, None)
        known = there is not None or change.table not in fold._tables
        grown = (change.table, change.name) in self._grown
        if known and not grown and self._was_there(change.table):
            self._dropped.append(self._drop(change))
        fold._bare = [b for b in fold._bare if (b.table, b.name) != (change.table, change.name)]

    def _change_column(self, change: Change) -> None:
        columns = self._fold._tables.get(change.table)
        new = change.columns[0]
        if columns is None:
            return
        old = columns.get(new.name)
        columns[new.name] = merged(old, new) if old else new
        if new.unique or new.key:
            self._indexed(change.table, [new.name])

    def _rename_column(self, change: Change) -> None:
        columns = self._fold._tables.get(change.table, {})
        renamed = {
            (change.to if name == change.name else name): (
                replace(column, name=change.to) if name == change.name else column
            )
            for name, column in columns.items()
        }
        columns.clear()
        columns.update(renamed)
        fold = self._fold
        if (change.table, change.name) in fold._indexed:
            self._indexed(change.table, [change.to])
        fold._bare = [
            replace(b, name=change.to) if (b.table, b.name) == (change.table, change.name) else b
            for b in fold._bare
        ]

    def _add_index(self, change: Change) -> None:
        draft, fold = self._draft, self._fold
        names = tuple(column.name for column in change.columns)
        self._indexed(change.table, list(names))
        was_there = self._was_there(change.table) and change.table in fold._tables
        young = all((change.table, name) in self._grown for name in names) and bool(names)
        index = Index(
            name=change.name,
            table=change.table,
            columns=names,
            unique=change.unique,
            why=reason_of(change, draft.note, draft.title, fold._said),
            blocks=was_there
            and not change.gentle
            and not young
            and fold._dialect in ("postgres", ""),
            revision=draft.id,
            date=draft.date,
            dialect=fold._dialect,
            spot=change.spot,
        )
        fold._indexes = [i for i in fold._indexes if not (i.name and i.name == index.name)]
        fold._indexes.append(index)

    def _drop_index(self, change: Change) -> None:
        fold = self._fold
        fold._indexes = [i for i in fold._indexes if not change.name or i.name != change.name]

    def _add_constraint(self, change: Change) -> None:
        columns = self._fold._tables.get(change.table, {})
        names = [column.name for column in change.columns]
        if change.form in ("unique", "primary key"):
            self._indexed(change.table, names)
        for name in names:
            if name in columns:
                columns[name] = constrained(columns[name], change)

    def _drop_constraint(self, change: Change) -> None:
        """Nothing that is shown changes."""
