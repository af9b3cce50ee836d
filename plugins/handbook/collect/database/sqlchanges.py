"""Read statements of SQL as changes of a schema, through sqlglot. Nothing is executed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlglot
from msgspec.structs import replace
from sqlglot import exp

from handbook.collect.database.columns import constrained
from handbook.collect.database.splitting import Statement
from handbook.collect.database.sqlbyhand import actions_of, by_hand, without_options
from handbook.model.database import Change, Column
from handbook.model.source import Spot

DIALECTS = ("postgres", "mysql", "sqlite", "tsql", "oracle", "clickhouse", "snowflake", "bigquery")
"""Those that are told apart; the names are sqlglot's."""

_DDL = re.compile(
    r"(?:create\s+(?:or\s+replace\s+)?(?:global\s+|local\s+|temp(?:orary)?\s+|unlogged\s+)*table"
    r"|create\s+(?:unique\s+|fulltext\s+|spatial\s+|clustered\s+|nonclustered\s+)*index"
    r"|alter\s+table|drop\s+table|drop\s+index|comment\s+on|rename\s+table)\b",
    re.I,
)
_DML = re.compile(r"(?:insert|update|delete|merge|truncate|with|replace|copy)\b", re.I)
_TEMPORARY = re.compile(r"create\s+(?:global\s+|local\s+)?temp(?:orary)?\s", re.I)
_LONG = 64 * 1024
_DEEP = 30  # levels of brackets in one statement
_VOLATILE = re.compile(r"random|uuid|clock_timestamp|nextval", re.I)


class UnreadError(ValueError):
    """A statement that cannot be read; the message says why."""


def changes_of(statement: Statement, dialect: str, path: str) -> list[Change]:
    """Return what a statement changes; nothing for one that is not about tables.

    Raises:
        UnreadError: it is about tables and cannot be read.
    """
    text = statement.text
    first = text.split("\n", 1)[0].strip()[:160]
    spot = Spot(path, statement.line, first)
    if _DML.match(text):
        return [Change("rows", "", spot, why=statement.why)]
    if not _DDL.match(text) or _TEMPORARY.match(text):
        return []
    found = by_hand(text, spot, statement.why)
    if found is not None:
        return found
    reading = _Reading(spot, statement.why, dialect)
    text, gentle = without_options(text)
    try:
        changes = [*reading.read(_parsed(text, dialect))]
    except UnreadError:
        pieces = actions_of(text)
        if len(pieces) < 2:
            raise
        changes = []
        for piece in pieces:
            hand = by_hand(piece, spot, statement.why)
            changes += reading.read(_parsed(piece, dialect)) if hand is None else hand
    return [replace(change, gentle=True) for change in changes] if gentle else changes


def _parsed(text: str, dialect: str) -> exp.Expression:
    if len(text) > _LONG:
        raise UnreadError(f"it is longer than {_LONG // 1024} KB")
    if _depth(text) > _DEEP:
        raise UnreadError(f"its brackets are nested more than {_DEEP} levels deep")
    tried = [dialect] if dialect else ["postgres", "mysql", "sqlite"]
    wrong = "its syntax is not known"
    with _quiet():
        for name in (*tried, ""):
            try:
                tree = sqlglot.parse_one(text, dialect=name or None)
            except (sqlglot.errors.SqlglotError, RecursionError, ValueError, TypeError) as exc:
                wrong = str(exc).split("\n", 1)[0].partition(". Line")[0][:200] or wrong
                continue
            if not isinstance(tree, exp.Command):
                return tree  # type: ignore[return-value]
    raise UnreadError(wrong)


def _depth(text: str) -> int:
    depth = most = 0
    for mark in re.findall(r"[()\[\]]", text):
        depth += 1 if mark in "([" else -1
        most = max(most, depth)
    return most


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep sqlglot's remarks on other people's statements out of our log."""
    logger = logging.getLogger("sqlglot")
    before = logger.disabled
    try:
        logger.disabled = True
        yield
    finally:
        logger.disabled = before


class _Reading:
    """Reads one parsed statement."""

    def __init__(self, spot: Spot, why: str, dialect: str) -> None:
        self._spot = spot
        self._why = why
        self._dialect = dialect or None

    def read(self, tree: Any) -> Iterator[Change]:
        if isinstance(tree, exp.Create):
            yield from self._create(tree)
        elif isinstance(tree, exp.Alter):
            yield from self._alter(tree)

    def _change(self, kind: Any, table: str, **more: Any) -> Change:
        return Change(kind, table, self._spot, **{"why": self._why, **more})

    def _create(self, tree: Any) -> Iterator[Change]:
        if tree.kind == "INDEX":
            yield self._index(tree)
            return
        if tree.kind != "TABLE":
            return
        schema = tree.this
        table = _table(schema.this if isinstance(schema, exp.Schema) else schema)
        items = schema.expressions if isinstance(schema, exp.Schema) else []
        columns = {c.name: c for c in map(self._column, items) if c}
        rest = [item for item in items if not isinstance(item, exp.ColumnDef)]
        found = [change for item in rest for change in self._constraint(table, item, gentle=True)]
        for change in found:
            for column in change.columns:
                columns[column.name] = constrained(columns.get(column.name, column), change)
        yield self._change("add table", table, columns=tuple(columns.values()))
        yield from (change for change in found if change.kind == "add index")

    def _index(self, tree: Any) -> Change:
        index = tree.this
        params = index.args.get("params")
        inside = (params.args.get("columns") or []) if params else []
        names = [_plain(n.this) for item in inside for n in item.find_all(exp.Column)]
        columns = tuple(Column(name) for name in dict.fromkeys(names))
        return self._change(
            "add index",
            _table(index.args.get("table")),
            name=index.name,
            columns=columns,
            unique=bool(tree.args.get("unique")),
            gentle=bool(tree.args.get("concurrently")),
        )

    def _alter(self, tree: Any) -> Iterator[Change]:
        table = _table(tree.this)
        if tree.args.get("kind") != "TABLE":
            return
        gentle = bool(tree.args.get("not_valid"))
        for action in tree.args.get("actions") or ():
            yield from self._action(table, action, gentle)

    def _action(self, table: str, action: Any, gentle: bool) -> Iterator[Change]:
        if isinstance(action, exp.Schema):
            for item in action.expressions:
                yield from self._action(table, item, gentle)
        elif isinstance(action, exp.ColumnDef):
            column = self._column(action)
            if column:
                yield self._change("add column", table, name=column.name, columns=(column,))
        elif isinstance(action, exp.AddConstraint):
            for item in action.expressions:
                yield from self._constraint(table, item, gentle=gentle)
        elif isinstance(action, exp.AlterRename):
            yield self._change("rename table", table, to=_table(action.this))
        elif isinstance(action, exp.RenameColumn):
            new = action.args["to"].name
            yield self._change("rename column", table, name=action.this.name, to=new)
        else:
            yield from self._column_action(table, action)

    def _column_action(self, table: str, action: Any) -> Iterator[Change]:
        if isinstance(action, exp.Drop):
            kinds = {"COLUMN": "drop column", "INDEX": "drop index"}
            kind = kinds.get(str(action.args.get("kind")), "drop constraint")
            for item in action.args.get("tables") or [action.this]:
                yield self._change(kind, table, name=item.name)
        elif isinstance(action, exp.AlterColumn):
            dtype = action.args.get("dtype")
            column = Column(
                action.this.name,
                self._sql(dtype) if dtype else "",
                action.args.get("allow_null"),
                default=bool(action.args.get("default")),
            )
            yield self._change("change column", table, name=column.name, columns=(column,))
        elif isinstance(action, exp.ModifyColumn) and (made := self._column(action.this)):
            old = action.args.get("rename_from")
            if old is not None and old.name != made.name:
                yield self._change("rename column", table, name=old.name, to=made.name)
            yield self._change("change column", table, name=made.name, columns=(made,))

    def _column(self, item: Any) -> Column | None:
        if not isinstance(item, exp.ColumnDef):
            return None
        column = Column(_plain(item.this), self._sql(item.args.get("kind")), nullable=True)
        changed: dict[str, Any] = {}
        for constraint in item.args.get("constraints") or ():
            changed |= _column_fact(constraint.args.get("kind"))
        if column.type.upper() in ("SERIAL", "BIGSERIAL", "SMALLSERIAL"):
            changed |= {"nullable": False, "default": True, "volatile": True}
        return Column(**{"name": column.name, "type": column.type, "nullable": True, **changed})

    def _sql(self, node: Any) -> str:
        return str(node.sql(dialect=self._dialect))[:60] if node is not None else ""

    def _constraint(self, table: str, item: Any, *, gentle: bool) -> Iterator[Change]:
        if isinstance(item, exp.Constraint):
            for inner in item.expressions:
                for change in self._constraint(table, inner, gentle=gentle):
                    yield replace(change, name=item.name)
            return
        if isinstance(item, exp.IndexColumnConstraint):
            yield self._change("add index", table, name=item.name, columns=_named(item.expressions))
            return
        forms = {
            exp.PrimaryKey: "primary key",
            exp.UniqueColumnConstraint: "unique",
            exp.ForeignKey: "foreign key",
            exp.CheckColumnConstraint: "check",
            exp.Check: "check",
        }
        form = next((text for kind, text in forms.items() if isinstance(item, kind)), "")
        if not form:
            return
        inside = item.this.expressions if form == "unique" and item.this else item.expressions
        reference = item.args.get("reference") if form == "foreign key" else None
        yield self._change(
            "add constraint",
            table,
            columns=_named(inside) if form != "check" else (),
            form=form,
            gentle=gentle,
            text=_table(reference.this) if reference is not None else "",
        )


def _column_fact(kind: Any) -> dict[str, Any]:
    if isinstance(kind, exp.NotNullColumnConstraint):
        return {"nullable": bool(kind.args.get("allow_null"))}
    if isinstance(kind, exp.PrimaryKeyColumnConstraint):
        return {"key": True, "nullable": False}
    if isinstance(kind, exp.UniqueColumnConstraint):
        return {"unique": True}
    if isinstance(
        kind, exp.GeneratedAsIdentityColumnConstraint | exp.AutoIncrementColumnConstraint
    ):
        return {"nullable": False, "default": True, "volatile": True}
    if isinstance(kind, exp.ComputedColumnConstraint):
        return {"default": True, "volatile": True}
    if isinstance(kind, exp.Reference):
        return {"refers": _table(kind.this)}
    if isinstance(kind, exp.DefaultColumnConstraint):
        given = not isinstance(kind.this, exp.Null)
        return {"default": given, "volatile": bool(_VOLATILE.search(kind.sql(dialect="postgres")))}
    return {}


def _named(items: Any) -> tuple[Column, ...]:
    found = []
    for item in items:
        inner = item if isinstance(item, exp.Identifier) else item.find(exp.Column, exp.Identifier)
        if inner is not None and inner.name:
            found.append(Column(_plain(inner if isinstance(inner, exp.Identifier) else inner.this)))
    return tuple(found)


def _table(node: Any) -> str:
    """Name a table, with its schema unless that is the usual one."""
    if isinstance(node, exp.Schema):
        node = node.this
    if not isinstance(node, exp.Table):
        return str(getattr(node, "name", "") or "")
    name = _plain(node.this)
    return f"{node.db}.{name}" if node.db and node.db not in ("public", "dbo") else name


def _plain(node: Any) -> str:
    """Name what an identifier stands for: SHOUTED without quotes, it is meant in small letters."""
    name = str(getattr(node, "name", "") or "")
    quoted = isinstance(node, exp.Identifier) and node.args.get("quoted")
    return name.lower() if name.isupper() and not quoted else name
