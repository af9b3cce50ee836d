"""The page of a service's database: its schema, its changes, indexes, locks and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from markupsafe import Markup
from msgspec import Struct

from handbook.model.database import Change, Database, Revision, Schema, Write
from handbook.model.facts import Origin
from handbook.model.pages import NavItem, Page, Section
from handbook.model.source import Spot
from handbook.render.context import RenderContext
from handbook.render.erdiagram import diagram
from handbook.render.headings import outline
from handbook.render.highlight import mermaid
from handbook.render.templates import count, environment

URI = "database/"
_SCHEMAS = 10
_OPEN = 15  # revisions shown at once; the others are folded away
_REVISIONS = 100
_CHANGES = 30  # of one revision
_ROWS = 100  # of any other table
_TONES = {"add": "good", "drop": "bad", "change": "warn", "rename": "warn", "rows": "calm"}
_DIALECTS = {
    "postgres": "PostgreSQL",
    "mysql": "MySQL",
    "sqlite": "SQLite",
    "tsql": "SQL Server",
    "clickhouse": "ClickHouse",
    "oracle": "Oracle",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
}


class Line(Struct, frozen=True):
    """One change in words: what it does, to what, and details."""

    words: str
    tone: str
    subject: str
    detail: str
    origin: Origin


class Step(Struct, frozen=True):
    """A revision with its changes; ``more`` are those that are not listed."""

    revision: Revision
    origin: Origin
    lines: tuple[Line, ...]
    more: int
    risks: tuple[tuple[str, str, Origin], ...]


class Part(Struct, frozen=True):
    """One schema, ready to be shown; ``anchor`` ends the ids of its headings."""

    schema: Schema
    name: str
    anchor: str
    dialect: str
    picture: Markup
    undrawn: tuple[str, ...]
    steps: tuple[Step, ...]
    older: tuple[Step, ...]
    hidden: int
    undoable: int
    forward_only: bool


class Written(Struct, frozen=True):
    """The writes to one table: how many of each verb, and where."""

    table: str
    verbs: str
    why: str
    places: tuple[tuple[Write, Origin], ...]
    more: int


def render_database(data: Database, ctx: RenderContext) -> Section:
    """Render ``database/``; no page where nothing but a model or two is known."""
    if not data.schemas and not data.models and not data.writes:
        return Section()
    outlined = outline(_html(data, ctx), "Database")
    first = data.schemas[0].revisions[-1].spot.path if data.schemas else ""
    page = Page(
        uri=URI,
        title="Database",
        html=outlined.html,
        kind="database",
        toc=outlined.toc,
        description=f"Tables of {ctx.service.name}: the schema, its changes, indexes and locks.",
        view_url=ctx.view_url(first) if first else "",
    )
    return Section((page,), (NavItem("Database", URI),))


def _html(data: Database, ctx: RenderContext) -> str:
    parts = [_part(s, n, ctx, len(data.schemas)) for n, s in enumerate(data.schemas[:_SCHEMAS])]
    return (
        environment()
        .get_template("database.html.j2")
        .render(
            schemas=parts,
            more_schemas=len(data.schemas) - len(parts),
            data=data,
            written=_written(data.writes, ctx),
            writes=len(data.writes),
            models=[(model, _origin(model.spot, ctx)) for model in data.models[:_ROWS]],
            foreign=[(model, _origin(model.spot, ctx)) for model in data.foreign],
            creates=[_origin(spot, ctx) for spot in data.creates[:_ROWS]],
            place=lambda spot: _origin(spot, ctx),
            rows=_ROWS,
        )
    )


def _part(schema: Schema, number: int, ctx: RenderContext, of: int) -> Part:
    drawn = diagram(schema.tables)
    risks: dict[str, list[tuple[str, str, Origin]]] = {}
    for lock in schema.locks:
        entry = (lock.table, lock.what, _origin(lock.spot, ctx))
        risks.setdefault(lock.revision, []).append(entry)
    shown = schema.revisions[::-1][:_REVISIONS]
    steps = [_step(revision, tuple(risks.get(revision.id, ())), ctx) for revision in shown]
    undo = [revision.undo for revision in schema.revisions]
    return Part(
        schema=schema,
        name=(schema.folder or ctx.service.path or "the repo") if of > 1 else "",
        anchor=f"-{number + 1}" if number else "",
        dialect=_DIALECTS.get(schema.dialect, schema.dialect),
        picture=Markup(mermaid(drawn.text)) if drawn.text else Markup(""),  # noqa: S704 - escaped there
        undrawn=drawn.left_out,
        steps=tuple(steps[:_OPEN]),
        older=tuple(steps[_OPEN:]),
        hidden=len(schema.revisions) - len(shown),
        undoable=sum(value is True for value in undo),
        forward_only=all(value is None for value in undo),
    )


def _step(
    revision: Revision, risks: tuple[tuple[str, str, Origin], ...], ctx: RenderContext
) -> Step:
    lines = [_line(change, ctx) for change in revision.changes]
    return Step(
        revision,
        _origin(revision.spot, ctx),
        tuple(lines[:_CHANGES]),
        max(0, len(lines) - _CHANGES),
        risks[:_CHANGES],
    )


def _line(change: Change, ctx: RenderContext) -> Line:
    tone = _TONES.get(change.kind.partition(" ")[0], "calm")
    words = {"rows": "write rows"}.get(change.kind, change.kind)
    return Line(words, tone, _subject(change), _detail(change), _origin(change.spot, ctx))


def _subject(change: Change) -> str:
    if change.kind.endswith("column"):
        return f"{change.table}.{change.name}"
    if change.kind.endswith(("index", "constraint")):
        over = ", ".join(column.name for column in change.columns)
        on = f"{change.table} ({over})" if over else change.table
        return f"{change.name} on {on}" if change.name and change.table else change.name or on
    return change.table


def _detail(change: Change) -> str:
    if change.to:
        return f"to {change.to}"
    if change.kind == "add table":
        return ", ".join(column.name for column in change.columns)
    if change.form:
        return change.form + (f" to {change.text}" if change.form == "foreign key" else "")
    if change.kind == "add index":
        return " ".join(
            word
            for word, is_so in (("unique", change.unique), ("concurrently", change.gentle))
            if is_so
        )
    return " ".join(_column(change)) if change.kind in ("add column", "change column") else ""


def _column(change: Change) -> Iterable[str]:
    column = change.columns[0]
    if column.type:
        yield column.type
    if column.nullable is not None and (change.kind == "change column" or not column.nullable):
        yield "NULL" if column.nullable else "NOT NULL"
    if column.default:
        yield "with a default"
    if column.refers:
        yield f"→ {column.refers}"


def _written(writes: tuple[Write, ...], ctx: RenderContext) -> list[Written]:
    groups: dict[str, list[Write]] = {}
    for write in writes:
        groups.setdefault(write.table, []).append(write)
    found = []
    for table, items in sorted(groups.items(), key=lambda item: (not item[0], -len(item[1]))):
        verbs = Counter(item.verb for item in items)
        places = tuple((item, _origin(item.spot, ctx)) for item in items[:20])
        found.append(
            Written(
                table=table,
                verbs=", ".join(count(number, verb) for verb, number in verbs.most_common()),
                why=next((item.why for item in items if item.why), ""),
                places=places,
                more=len(items) - len(places),
            )
        )
    return found[:_ROWS]


def _origin(spot: Spot, ctx: RenderContext) -> Origin:
    return Origin(ctx.service.repo, ctx.snapshot.commit, spot.path, spot.line)
