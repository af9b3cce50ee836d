"""Django's migration operations as changes of a schema."""

from __future__ import annotations

import ast
from typing import Any

from handbook.collect.database.djangofields import Field, field_of
from handbook.collect.database.draft import Draft, Unread, own_words, read_sql
from handbook.collect.database.values import (
    Names,
    Value,
    argument,
    is_false,
    is_true,
    keyword,
    last_name,
    text_of,
    texts_of,
    value_of,
)
from handbook.model.database import Change, Column
from handbook.model.source import Spot


class Operations:
    """Reads the operations of one migration into its draft."""

    def __init__(
        self, draft: Draft, app: str, names: Names, lines: list[str], dialect: str
    ) -> None:
        self._draft = draft
        self._app = app
        self._names = names
        self._lines = lines
        self._dialect = dialect

    def read(self, node: ast.expr, *, state: bool = False) -> None:
        """Read one operation; ``state``: it changes only what Django knows."""
        if not isinstance(node, ast.Call):
            return
        name = last_name(node.func)
        read = _READ.get(name)
        if name == "SeparateDatabaseAndState":
            for item in getattr(argument(node, 0, "database_operations"), "elts", ()):
                self.read(item)
        elif read is not None:
            self._draft.changes += read(self, node)

    def _change(self, node: ast.Call, kind: Any, table: str, **more: Any) -> Change:
        return Change(kind, table, self._spot(node), why=self._comment(node), **more)

    def _spot(self, node: ast.AST) -> Spot:
        line = getattr(node, "lineno", 0)
        text = self._lines[line - 1].strip()[:160] if 0 < line <= len(self._lines) else ""
        return Spot(self._draft.spot.path, line, text)

    def _comment(self, node: ast.AST) -> str:
        above: list[str] = []
        number = getattr(node, "lineno", 1) - 1
        while number > 0 and len(above) < 20:
            line = self._lines[number - 1].strip() if number <= len(self._lines) else ""
            if not line.startswith("#"):
                break
            above.insert(0, line.lstrip("# "))
            number -= 1
        return own_words("\n".join(above))

    def _table(self, model: str) -> str:
        return f"{self._app}_{model.lower()}"

    def _model(self, node: ast.Call) -> str:
        return self._table(text_of(argument(node, 0, "model_name", "name"), self._names))

    def _create_model(self, node: ast.Call) -> list[Change]:
        model = text_of(argument(node, 0, "name"), self._names)
        options = argument(node, 2, "options")
        if is_true(_item(options, "proxy")) or is_false(_item(options, "managed")):
            return []
        table = text_of(_item(options, "db_table"), self._names) or self._table(model)
        fields = getattr(argument(node, 1, "fields"), "elts", [])
        columns, more = [], []
        for pair in fields[:500]:
            if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2:
                continue
            field = field_of(text_of(pair.elts[0], self._names), pair.elts[1], self._app)
            if field.many:
                more.append(self._between(node, table, field))
            elif field.column:
                columns.append(field.column)
                more += self._field_index(node, table, field)
        more += [
            self._index(node, table, item)
            for item in getattr(_item(options, "indexes"), "elts", [])
            if isinstance(item, ast.Call)
        ]
        alias = [] if table == self._table(model) else [self._named(node, model, table)]
        return [self._change(node, "add table", table, columns=tuple(columns)), *alias, *more]

    def _named(self, node: ast.Call, model: str, table: str) -> Change:
        """Note that a model's table has another name; later operations say the model's."""
        return self._change(node, "comment", self._table(model), to=table, form="alias")

    def _between(self, node: ast.Call, table: str, field: Field) -> Change:
        own = table.removeprefix(f"{self._app}_")
        columns = (Column(f"{own}_id", refers=table), Column("other_id", refers=field.refers))
        return self._change(node, "add table", f"{table}_{field.name}", columns=columns)

    def _field_index(self, node: ast.Call, table: str, field: Field) -> list[Change]:
        if not field.index or not field.column:
            return []
        name = f"{table}_{field.name}"
        over = (Column(field.column.name),)
        return [self._change(node, "add index", table, name=name, columns=over)]

    def _delete_model(self, node: ast.Call) -> list[Change]:
        return [self._change(node, "drop table", self._model(node))]

    def _rename_model(self, node: ast.Call) -> list[Change]:
        old, new = (text_of(argument(node, n, k), self._names) for n, k in _RENAMED)
        if old.lower() == new.lower():
            return []
        return [self._change(node, "rename table", self._table(old), to=self._table(new))]

    def _alter_table(self, node: ast.Call) -> list[Change]:
        new = text_of(argument(node, 1, "table"), self._names)
        return [self._change(node, "rename table", self._model(node), to=new)] if new else []

    def _add_field(self, node: ast.Call) -> list[Change]:
        table, field = self._model(node), self._field(node)
        if field.many:
            return [self._between(node, table, field)]
        if not field.column:
            return []
        column = field.column
        change = self._change(node, "add column", table, name=column.name, columns=(column,))
        return [change, *self._field_index(node, table, field)]

    def _field(self, node: ast.Call) -> Field:
        name = text_of(argument(node, 1, "name"), self._names)
        return field_of(name, argument(node, 2, "field"), self._app)

    def _alter_field(self, node: ast.Call) -> list[Change]:
        field = self._field(node)
        if not field.column:
            return []
        table, column = self._model(node), field.column
        return [
            self._change(node, "change column", table, name=column.name, columns=(column,)),
            *self._field_index(node, table, field),
        ]

    def _remove_field(self, node: ast.Call) -> list[Change]:
        name = text_of(argument(node, 1, "name"), self._names)
        return [self._change(node, "drop column", self._model(node), name=name)]

    def _rename_field(self, node: ast.Call) -> list[Change]:
        old = text_of(argument(node, 1, "old_name"), self._names)
        new = text_of(argument(node, 2, "new_name"), self._names)
        return [self._change(node, "rename column", self._model(node), name=old, to=new)]

    def _index(self, node: ast.Call, table: str, item: ast.Call, **more: Any) -> Change:
        over = texts_of(keyword(item, "fields"), self._names)
        columns = tuple(Column(name.lstrip("-")) for name in over)
        name = text_of(keyword(item, "name"), self._names)
        return self._change(node, "add index", table, name=name, columns=columns, **more)

    def _add_index(self, node: ast.Call) -> list[Change]:
        item = argument(node, 1, "index")
        if not isinstance(item, ast.Call):
            return []
        gentle = last_name(node.func) == "AddIndexConcurrently"
        return [self._index(node, self._model(node), item, gentle=gentle)]

    def _remove_index(self, node: ast.Call) -> list[Change]:
        name = text_of(argument(node, 1, "name"), self._names)
        return [self._change(node, "drop index", self._model(node), name=name)]

    def _add_constraint(self, node: ast.Call) -> list[Change]:
        item = argument(node, 1, "constraint")
        if not isinstance(item, ast.Call):
            return []
        form = {"UniqueConstraint": "unique", "CheckConstraint": "check"}.get(last_name(item.func))
        over = tuple(Column(name) for name in texts_of(keyword(item, "fields"), self._names))
        name = text_of(keyword(item, "name"), self._names)
        gentle = last_name(node.func) == "AddConstraintNotValid"
        return [
            self._change(
                node, "add constraint", self._model(node), name=name, columns=over,
                form=form or "other", gentle=gentle,
            )
        ]  # fmt: skip

    def _together(self, node: ast.Call) -> list[Change]:
        groups = value_of(argument(node, 1, "unique_together", "index_together"), self._names)
        if isinstance(groups, list) and groups and all(isinstance(item, str) for item in groups):
            groups = [groups]
        unique = last_name(node.func) == "AlterUniqueTogether"
        found = []
        for group in groups if isinstance(groups, list) else ():
            over = (
                tuple(Column(x) for x in group if isinstance(x, str))
                if isinstance(group, list)
                else ()
            )
            if over and unique:
                more: dict[str, Any] = {"form": "unique", "columns": over}
                found.append(self._change(node, "add constraint", self._model(node), **more))
            elif over:
                name = "_".join(column.name for column in over)
                more = {"name": name, "columns": over}
                found.append(self._change(node, "add index", self._model(node), **more))
        return found

    def _run_sql(self, node: ast.Call) -> list[Change]:
        if argument(node, 1, "reverse_sql") is None:
            self._draft.undo = False
        given = argument(node, 0, "sql")
        sql: Value = value_of(given, self._names)
        texts = [item for item in sql if isinstance(item, str)] if isinstance(sql, list) else [sql]
        for text in texts:
            if isinstance(text, str):
                line = getattr(given, "lineno", node.lineno)
                read_sql(self._draft, text, self._draft.spot.path, line, self._dialect)
            elif given is None or last_name(given) != "noop":
                why = "its SQL is put together when it runs"
                self._draft.unread.append(Unread(self._spot(node), why))
        return []

    def _run_python(self, node: ast.Call) -> list[Change]:
        if argument(node, 1, "reverse_code") is None:
            self._draft.undo = False
        return [self._change(node, "rows", "")]


def _item(node: ast.expr | None, name: str) -> ast.expr | None:
    """Return a value of a dictionary that is written out."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == name:
                return value
    return None


_RENAMED = ((0, "old_name"), (1, "new_name"))
_READ = {
    "CreateModel": Operations._create_model,
    "DeleteModel": Operations._delete_model,
    "RenameModel": Operations._rename_model,
    "AlterModelTable": Operations._alter_table,
    "AddField": Operations._add_field,
    "AlterField": Operations._alter_field,
    "RemoveField": Operations._remove_field,
    "RenameField": Operations._rename_field,
    "AddIndex": Operations._add_index,
    "AddIndexConcurrently": Operations._add_index,
    "RemoveIndex": Operations._remove_index,
    "RemoveIndexConcurrently": Operations._remove_index,
    "AddConstraint": Operations._add_constraint,
    "AddConstraintNotValid": Operations._add_constraint,
    "AlterUniqueTogether": Operations._together,
    "AlterIndexTogether": Operations._together,
    "RunSQL": Operations._run_sql,
    "RunPython": Operations._run_python,
}
