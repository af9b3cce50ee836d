"""Read the calls of Alembic's operations and SQLAlchemy's columns as changes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from handbook.collect.database.values import (
    Names,
    argument,
    is_false,
    is_true,
    keyword,
    last_name,
    text_of,
    texts_of,
)
from handbook.model.database import Change, Column
from handbook.model.source import Spot

_TYPE = 60
_PREFIX = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z])")
_VOLATILE = re.compile(r"random|uuid|clock_timestamp|nextval", re.I)


class Reader:
    """Reads one operation: ``op.add_column("table", sa.Column(…))`` and its like."""

    def __init__(self, names: Names, spot: Spot, why: str) -> None:
        self._names = names
        self._spot = spot
        self._why = why

    def operation(self, name: str, call: ast.Call, batch: str | None) -> Iterator[Change]:
        """Give the changes of a call; ``batch``: the table of the ``batch_alter_table`` around."""
        read = getattr(self, f"_{name}", None)
        if name in _OPERATIONS and read is not None:
            yield from read(call, batch)
        elif name in ("bulk_insert", "bulk_delete"):
            yield self._change("rows", self._text(call, 0) or "rows")

    def _change(self, kind: Any, table: str, **more: Any) -> Change:
        return Change(kind, table, self._spot, why=self._why, **more)

    def _text(self, call: ast.Call, place: int, *keywords: str) -> str:
        return text_of(argument(call, place, *keywords), self._names)

    def _table(self, call: ast.Call, place: int, batch: str | None) -> str:
        if batch is not None:
            return batch
        table = self._text(call, place, "table_name", "source_table", "source")
        schema = text_of(keyword(call, "schema") or keyword(call, "source_schema"), self._names)
        return f"{schema}.{table}" if schema and schema != "public" and table else table

    def _create_table(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        table = self._table(call, 0, batch)
        columns: dict[str, Column] = {}
        more: list[Change] = []
        for item in call.args[1:]:
            if not isinstance(item, ast.Call):
                continue
            if last_name(item.func) == "Column":
                column = self.column(item)
                columns[column.name] = column
                more += self._own_index(table, item, column)
            else:
                more += self._constrain(table, item, columns)
        yield self._change("add table", table, columns=tuple(columns.values()))
        yield from more

    def _constrain(self, table: str, item: ast.Call, columns: dict[str, Column]) -> list[Change]:
        """Apply a constraint of a table to its columns; an index is a change of its own."""
        kind = last_name(item.func)
        over = [text_of(arg, self._names) for arg in item.args]
        if kind == "PrimaryKeyConstraint":
            for name in over:
                if name in columns:
                    columns[name] = replace(columns[name], key=True, nullable=False)
        elif kind == "UniqueConstraint" and len(over) == 1 and over[0] in columns:
            columns[over[0]] = replace(columns[over[0]], unique=True)
        elif kind == "ForeignKeyConstraint" and len(item.args) > 1:
            own = texts_of(item.args[0], self._names)
            theirs = texts_of(item.args[1], self._names)
            for name, target in zip(own, theirs, strict=False):
                if name in columns:
                    columns[name] = replace(columns[name], refers=target.rpartition(".")[0])
        elif kind == "Index" and over:
            return [self._index(table, over[0], item.args[1:], item)]
        return []

    def _index(self, table: str, name: str, over: list[ast.expr], call: ast.Call) -> Change:
        texts = [text for item in over for text in _names_in(item, self._names)]
        return self._change(
            "add index",
            table,
            name=name,
            columns=tuple(Column(text) for text in texts),
            unique=is_true(keyword(call, "unique")),
            gentle=is_true(keyword(call, "postgresql_concurrently")),
        )

    def _own_index(self, table: str, call: ast.Call, column: Column) -> list[Change]:
        if not is_true(keyword(call, "index")):
            return []
        name = f"ix_{table}_{column.name}"
        over = (Column(column.name),)
        return [self._change("add index", table, name=name, columns=over, unique=column.unique)]

    def column(self, call: ast.Call) -> Column:
        """Read ``Column("name", Type, …)``."""
        name = self._text(call, 0, "name")
        kind = argument(call, 1, "type_")
        if isinstance(kind, ast.Call) and last_name(kind.func) == "ForeignKey":
            kind = None
        key = is_true(keyword(call, "primary_key"))
        default = keyword(call, "server_default")
        made = [i for i in call.args if isinstance(i, ast.Call) and last_name(i.func) in _MADE]
        refers = ""
        for item in call.args[1:]:
            if isinstance(item, ast.Call) and last_name(item.func) == "ForeignKey" and item.args:
                refers = text_of(item.args[0], self._names).rpartition(".")[0]
        return Column(
            name=name,
            type=type_text(kind),
            nullable=not (key or is_false(keyword(call, "nullable"))),
            default=bool(made) or (default is not None and not _is_none(default)),
            volatile=bool(made)
            or (default is not None and bool(_VOLATILE.search(ast.unparse(default)[:500]))),
            key=key,
            unique=is_true(keyword(call, "unique")),
            refers=refers,
        )

    def _add_column(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        table = self._table(call, 0, batch)
        item = argument(call, 0 if batch is not None else 1, "column")
        if isinstance(item, ast.Call) and last_name(item.func) == "Column":
            column = self.column(item)
            yield self._change("add column", table, name=column.name, columns=(column,))
            yield from self._own_index(table, item, column)
        else:
            yield self._change("add column", "")

    def _drop_column(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        name = self._text(call, 0 if batch is not None else 1, "column_name")
        yield self._change("drop column", self._table(call, 0, batch) if name else "", name=name)

    def _alter_column(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        table = self._table(call, 0, batch)
        name = self._text(call, 0 if batch is not None else 1, "column_name")
        nullable = keyword(call, "nullable")
        kind = keyword(call, "type_")
        column = Column(
            name,
            type_text(kind),
            is_true(nullable) if nullable is not None else None,
            default=keyword(call, "server_default") is not None,
        )
        known = keyword(call, "existing_type")
        if kind is not None and type_text(known) == column.type:
            column = replace(column, type="")
        if column.type or column.nullable is not None or column.default:
            before = type_text(known)
            yield self._change("change column", table, name=name, columns=(column,), text=before)
        new = text_of(keyword(call, "new_column_name") or keyword(call, "name"), self._names)
        if new and new != name:
            yield self._change("rename column", table, name=name, to=new)

    def _drop_table(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        yield self._change("drop table", self._table(call, 0, batch))

    def _rename_table(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        old = self._text(call, 0, "old_table_name")
        yield self._change("rename table", old, to=self._text(call, 1, "new_table_name"))

    def _create_index(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        table = self._table(call, 1, batch)
        over = argument(call, 1 if batch is not None else 2, "columns")
        items = over.elts if isinstance(over, ast.List | ast.Tuple) else [over] if over else []
        yield self._index(table, self._text(call, 0, "index_name"), list(items), call)

    def _drop_index(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        table = self._table(call, 1, batch)
        yield self._change("drop index", table, name=self._text(call, 0, "index_name"))

    def _create_unique_constraint(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        yield self._constraint("unique", call, batch)

    def _create_primary_key(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        yield self._constraint("primary key", call, batch)

    def _create_check_constraint(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        name = self._text(call, 0, "constraint_name")
        table = self._table(call, 1, batch)
        yield self._change("add constraint", table, name=name, form="check")

    def _constraint(self, form: str, call: ast.Call, batch: str | None) -> Change:
        name = self._text(call, 0, "constraint_name")
        over = texts_of(argument(call, 1 if batch is not None else 2, "columns"), self._names)
        columns = tuple(Column(item) for item in over)
        table = self._table(call, 1, batch)
        return self._change("add constraint", table, name=name, columns=columns, form=form)

    def _create_foreign_key(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        table = self._table(call, 1, batch)
        place = 1 if batch is not None else 2
        target = self._text(call, place, "referent_table", "referent")
        over = texts_of(argument(call, place + 1, "local_cols"), self._names)
        yield self._change(
            "add constraint",
            table,
            name=self._text(call, 0, "constraint_name"),
            columns=tuple(Column(item) for item in over),
            form="foreign key",
            text=target,
            gentle=is_true(keyword(call, "postgresql_not_valid")),
        )

    def _drop_constraint(self, call: ast.Call, batch: str | None) -> Iterator[Change]:
        table = self._table(call, 1, batch)
        yield self._change("drop constraint", table, name=self._text(call, 0, "constraint_name"))


_OPERATIONS = frozenset(
    name.removeprefix("_")
    for name in vars(Reader)
    if name.startswith(("_create_", "_drop_", "_add_", "_alter_", "_rename_"))
)
_MADE = frozenset({"Identity", "Sequence", "Computed"})


def type_text(node: ast.expr | None) -> str:
    """Write a column's type as people say it: "String(255)" of ``sa.String(length=255)``."""
    if node is None:
        return ""
    text = _PREFIX.sub("", " ".join(ast.unparse(node)[:400].split()))
    text = re.sub(r"\((?:timezone=False|astext_type=Text\(\))?\)$", "", text).replace("length=", "")
    return text if len(text) <= _TYPE else f"{text[: _TYPE - 1]}…"


def _names_in(node: ast.expr, names: Names) -> list[str]:
    """Columns of an index: texts, or what is inside ``text("lower(name)")``."""
    if isinstance(node, ast.List | ast.Tuple):
        return [text for item in node.elts for text in _names_in(item, names)]
    text = text_of(node, names)
    if text:
        return [text[:100]]
    return texts_of(node, names)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
