"""Read Alembic's migrations by their syntax tree. They are never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec.structs import replace

from handbook.collect.database.draft import Draft, Unread, own_words, read_sql
from handbook.collect.database.sqlalchemy import Reader
from handbook.collect.database.values import (
    Value,
    argument,
    constants,
    keyword,
    last_name,
    text_of,
    value_of,
)
from handbook.model.database import Change
from handbook.model.source import Spot

_CREATED = re.compile(r"^\s*Create Date:\s*(\d{4}-\d\d-\d\d)", re.M)
_STEPS = 5_000  # statements followed in one migration
_DEPTH = 12
_BLOCKS = ("body", "orelse", "finalbody")


def read_alembic(path: str, text: str, dialect: str) -> Draft | None:
    """Return the revision in a file; None if it holds none.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it cannot be parsed.
    """
    module = ast.parse(text)
    names = constants(module.body)
    if "down_revision" not in names:
        return None
    doc = ast.get_docstring(module) or ""
    title = doc.strip().split("\n", 1)[0].strip()[:200]
    functions = {
        node.name: node
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    id_ = names.get("revision")
    date = _CREATED.search(doc)
    draft = Draft(
        id=id_ if isinstance(id_, str) else path,
        title=title or path.rpartition("/")[2].removesuffix(".py"),
        spot=Spot(path, 1),
        parents=tuple(_parents(names.get("down_revision"))),
        note=own_words(doc, title),
        date=date[1] if date else "",
        changes=[],
        unread=[],
    )
    up = functions.get("upgrade")
    draft.spot = Spot(path, up.lineno if up else 1, title)
    down = functions.get("downgrade")
    draft.undo = down is not None and _does_something(down)
    if up:
        walk = _Walk(draft, functions, text.split("\n"), dialect, _places(module.body))
        walk.run(up.body, names, 0)
    return draft


def _places(body: list[ast.stmt]) -> dict[str, int]:
    """Lines at which the values of a module's variables begin."""
    return {
        target.id: node.value.lineno
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _parents(value: Value) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _does_something(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is more than a docstring, ``pass`` or a refusal."""
    return any(
        not isinstance(node, ast.Pass | ast.Raise)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (isinstance(node, ast.Return) and node.value is None)
        for node in function.body
    )


class _Walk:
    """Follows ``upgrade()``: both branches of each ``if``, each item of a literal list."""

    def __init__(
        self,
        draft: Draft,
        functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef],
        lines: list[str],
        dialect: str,
        places: dict[str, int],
    ) -> None:
        self._places = places
        self._draft = draft
        self._functions = functions
        self._lines = lines
        self._dialect = dialect
        self._left = _STEPS
        self._batches: dict[str, str] = {}

    def run(self, body: list[ast.stmt], names: dict[str, Value], depth: int) -> None:
        for node in body:
            self._left -= 1
            if self._left < 0 or depth > _DEPTH:
                return
            self._step(node, names, depth)

    def _step(self, node: ast.stmt, names: dict[str, Value], depth: int) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._functions[node.name] = node
            return
        if isinstance(node, ast.For):
            self._each(node, names, depth)
            return
        if isinstance(node, ast.With):
            self._with(node, names)
        elif isinstance(node, ast.Assign):
            names = self._assigned(node, names)
        for call in _calls(node):
            self._call(call, names, depth)
        for block in _BLOCKS:
            self.run(getattr(node, block, None) or [], names, depth + 1)
        for handler in getattr(node, "handlers", ()):
            self.run(handler.body, names, depth + 1)

    def _assigned(self, node: ast.Assign, names: dict[str, Value]) -> dict[str, Value]:
        for target in node.targets:
            if isinstance(target, ast.Name):
                names[target.id] = value_of(node.value, names)
        return names

    def _each(self, node: ast.For, names: dict[str, Value], depth: int) -> None:
        items = value_of(node.iter, names)
        for item in items if isinstance(items, list) else [None]:
            inner = dict(names)
            targets = node.target.elts if isinstance(node.target, ast.Tuple) else [node.target]
            values = item if isinstance(item, list) else [item] * len(targets)
            for target, value in zip(targets, values, strict=False):
                if isinstance(target, ast.Name):
                    inner[target.id] = value
            self.run(node.body, inner, depth + 1)

    def _with(self, node: ast.With, names: dict[str, Value]) -> None:
        for item in node.items:
            call, to = item.context_expr, item.optional_vars
            if isinstance(call, ast.Call) and last_name(call.func) == "batch_alter_table":
                table = text_of(argument(call, 0, "table_name"), names)
                if isinstance(to, ast.Name):
                    self._batches[to.id] = _in_schema(call, table, names)

    def _call(self, call: ast.Call, names: dict[str, Value], depth: int) -> None:
        func = call.func
        if isinstance(func, ast.Name) and func.id in self._functions:
            function = self._functions[func.id]
            self.run(function.body, names | _bound(function, call, names), depth + 1)
            return
        if not isinstance(func, ast.Attribute):
            return
        owner = last_name(func.value)
        batch = self._batches.get(owner)
        if func.attr == "execute":
            self._execute(call, names, certain=owner == "op" or batch is not None)
        elif owner == "op" or batch is not None:
            try:
                self._draft.changes += self._changes(func.attr, call, names, batch)
            except (IndexError, AttributeError) as exc:
                self._unread(call, f"its arguments are not as Alembic's: {exc}")

    def _execute(self, call: ast.Call, names: dict[str, Value], *, certain: bool) -> None:
        node = argument(call, 0, "sqltext", "statement")
        sql = text_of(node, names)
        if sql:
            line = self._line_of(node, call)
            before = len(self._draft.changes)
            read_sql(self._draft, sql, self._draft.spot.path, line, self._dialect)
            self._explain(before, call)
        elif isinstance(node, ast.Call):
            self._built(node, call, certain=certain)
        elif node is not None and certain:
            self._unread(call, "its SQL is put together when it runs")

    def _line_of(self, node: ast.AST | None, call: ast.Call) -> int:
        """Line at which a text begins: in place, or where its name is set."""
        for part in ast.walk(node) if node else ():
            if isinstance(part, ast.Name) and part.id in self._places:
                return self._places[part.id]
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                return part.lineno
        return call.lineno

    def _built(self, node: ast.Call, call: ast.Call, *, certain: bool) -> None:
        """A statement of SQLAlchemy's expression language: ``table.update().values(…)``."""
        words = {last_name(item) for item in ast.walk(node) if isinstance(item, ast.Attribute)}
        words |= {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
        if words & {"insert", "update", "delete"}:
            self._draft.changes.append(Change("rows", "", self._spot(call)))
        elif certain and not words & {"select", "exists"}:
            self._unread(call, "its SQL is put together when it runs")

    def _explain(self, first: int, call: ast.Call) -> None:
        why = self._comment(call)
        changes = self._draft.changes
        if why:
            changes[first:] = [replace(c, why=f"{why} {c.why}".strip()) for c in changes[first:]]

    def _changes(
        self, name: str, call: ast.Call, names: dict[str, Value], batch: str | None
    ) -> Iterator[Change]:
        reader = Reader(names, self._spot(call), self._comment(call))
        found = list(reader.operation(name, call, batch))
        if found and any(not change.table for change in found if change.kind != "drop index"):
            self._unread(call, "the name of its table is put together when it runs")
        return (change for change in found if change.table or change.kind == "drop index")

    def _unread(self, call: ast.Call, why: str) -> None:
        self._draft.unread.append(Unread(self._spot(call), why))

    def _spot(self, call: ast.Call) -> Spot:
        return Spot(self._draft.spot.path, call.lineno, self._line(call.lineno).strip()[:160])

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def _comment(self, call: ast.Call) -> str:
        """The comment above a call, within it, or behind it."""
        end = min(call.end_lineno or call.lineno, call.lineno + 30)
        inside = [_after_hash(self._line(number)) for number in range(call.lineno, end + 1)]
        above: list[str] = []
        number = call.lineno - 1
        while number > 0 and len(above) < 20 and self._line(number).strip().startswith("#"):
            above.insert(0, self._line(number).strip().lstrip("# "))
            number -= 1
        return own_words("\n".join(part for part in (*above, *inside) if part))


def _after_hash(line: str) -> str:
    found = re.search(r"(?:^|\s)#\s?([^\n'\"]{3,300})$", line)
    return found[1] if found else ""


def _calls(node: ast.stmt) -> Iterator[ast.Call]:
    """The calls of a statement itself, not those in its blocks or in functions and lambdas."""
    if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return):
        value = node.value
        if isinstance(value, ast.Await):
            value = value.value
        if isinstance(value, ast.Call):
            yield value
            # op.get_bind().execute(…).fetchall(): the call that matters is further in.
            inner = value.func
            while isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Call):
                yield inner.value
                inner = inner.value.func


def _bound(
    function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, names: dict[str, Value]
) -> dict[str, Value]:
    given: dict[str, Value] = {item.arg: None for item in function.args.args}
    for item, value in zip(function.args.args, call.args, strict=False):
        given[item.arg] = value_of(value, names)
    given |= {item.arg: value_of(item.value, names) for item in call.keywords if item.arg}
    return given


def _in_schema(call: ast.Call, table: str, names: dict[str, Value]) -> str:
    schema = text_of(keyword(call, "schema"), names)
    return f"{schema}.{table}" if schema and schema != "public" and table else table
