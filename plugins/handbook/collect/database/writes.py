"""Find the statements of a service that change or remove rows, in SQL and in code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec
from msgspec.structs import replace

from handbook.collect.database.draft import own_words
from handbook.collect.database.splitting import statements
from handbook.model.database import Write
from handbook.model.limits import Limits
from handbook.model.source import Call, Source, Spot
from handbook.tree import RepoTree

_NAME = r"(?P<name>[\w.\"`\[\]{}$%]{1,120})"
_DELETE = re.compile(rf"\bdelete\s+from\s+(?:only\s+)?{_NAME}", re.I)
_UPDATE = re.compile(
    rf"\bupdate\s+(?:only\s+)?(?!set\b){_NAME}(?:\s+(?:as\s+)?\w{{1,60}})?\s+set\b", re.I
)
_TRUNCATE = re.compile(rf"^\s*truncate\s+(?:table\s+)?(?:only\s+)?{_NAME}", re.I)
_MERGE = re.compile(rf"\bmerge\s+into\s+{_NAME}", re.I)
_INSERT = re.compile(rf"\b(?:insert|replace)\s+(?:or\s+replace\s+)?into\s+{_NAME}", re.I)
_UPSERT = re.compile(
    r"\bdo\s+update\s+set\b|\bon\s+duplicate\s+key\s+update\b|\binsert\s+or\s+replace\b", re.I
)
_QUOTED = re.compile(r"'[^'\n]{0,2000}'")
_VERBS = (("delete", _DELETE), ("update", _UPDATE), ("truncate", _TRUNCATE), ("upsert", _MERGE))
_SOURCES = (
    ".go",
    ".rs",
    ".java",
    ".kt",
    ".ts",
    ".tsx",
    ".js",
    ".mjs",
    ".rb",
    ".php",
    ".cs",
    ".scala",
)
_IN_CODE = re.compile(
    r"\b(?:(?P<delete>DELETE\s+FROM|delete\s+from)|(?P<update>UPDATE|update))\s+"
    rf"(?!(?:the|an?|this|that|these|those|your|our|its?|their|all|any|each|every)\b){_NAME}"
    r"(?P<set>\s+(?:SET|set)\b)?"
)
_PRISMA = re.compile(
    r"\b(?:prisma|tx|db|client|trx)\.(?P<name>[a-z]\w{1,60})"
    r"\s*\.(?P<verb>delete|deleteMany|update|updateMany|upsert)\("
)
_DIESEL = re.compile(
    r"(?:\bdiesel::|(?<![.\w:])(?<!fn ))(?P<verb>delete|update)\((?P<name>\w+)(?=::|\.)"
)
_FILES = 3_000
_MOST = 5_000

_OBJECTS = re.compile(r"(?P<name>\w+)\.(?:_default_manager|_base_manager|objects|all_objects)\b")
_QUERY = re.compile(r"(?:\.|\b)query\(\s*(?P<name>[\w.]+)|(?P<owner>\w+)\.query\b")
_FIRST = re.compile(r"\b(?:delete|update)\(\s*(?P<name>[\w.]+)")
_SESSION = re.compile(r"\b(?:session|db|sess|conn|s|database)\.delete\(\s*(?P<name>\w+)")
_ALONE = re.compile(r"(?P<name>[\w.\[\]]+)\.delete\(\)")
_PEEWEE = re.compile(r"\b(?P<name>[A-Z]\w{1,60})\.(?:delete|update|bulk_update)\(")
_BUILDERS = {"delete": "delete", "update": "update"}
_DJANGO = {"bulk_update": "update", "update_or_create": "upsert", "bulk_delete": "delete"}


def writes_in_source(source: Source, skip: frozenset[str]) -> Iterator[Write]:
    """Give the writes in Python, by SQL or through an ORM; ``skip`` are files of migrations."""
    for item in source.sql:
        if item.spot.path not in skip:
            yield from writes_in_sql(item.text, item.spot, item.function)
    django = {item.spot.path for item in source.imported("django")}
    alchemy = {
        item.spot.path for item in source.imported("sqlalchemy", "sqlmodel", "flask_sqlalchemy")
    }
    django_anywhere = bool(django)
    peewee = any(source.imported("peewee"))
    for call in source.calls:
        last = call.name.rpartition(".")[2]
        if call.spot.path in skip or (last not in _BUILDERS and last not in _DJANGO):
            continue
        write = None
        if django_anywhere:
            write = _django(call, last, direct=call.spot.path in django)
        if write is None and last in _BUILDERS:
            write = _alchemy(call, last, direct=call.spot.path in alchemy)
        if write is None and peewee and (found := _PEEWEE.search(call.spot.text)):
            verb = "delete" if last == "delete" else "update"
            write = _write(verb, found["name"], "Peewee", call)
        if write is not None:
            yield write


def _django(call: Call, last: str, *, direct: bool) -> Write | None:
    text = call.spot.text
    manager = _OBJECTS.search(text)
    if last in _DJANGO:
        return _write(_DJANGO[last], manager["name"] if manager else "", "Django", call)
    if manager and f".{last}(" in text[manager.end() :] + f".{last}(":
        return _write(_BUILDERS[last], manager["name"], "Django", call)
    alone = _ALONE.search(text) if last == "delete" and direct else None
    if alone and not alone["name"].startswith(("self.client", "client", "cache", "response")):
        return _write("delete", "", "Django", call)
    return None


def _alchemy(call: Call, last: str, *, direct: bool) -> Write | None:
    text, name = call.spot.text, call.name
    if name in (
        f"sqlalchemy.{last}",
        f"sqlmodel.{last}",
        f"sqlalchemy.sql.{last}",
    ) or name.startswith(("sqlalchemy.dialects.", "sqlalchemy.sql.expression.")):
        first = _FIRST.search(text)
        return _write(_BUILDERS[last], first["name"] if first else "", "SQLAlchemy", call)
    if not direct:
        return None
    if last == "delete" and (session := _SESSION.search(text)):
        return _write("delete", session["name"], "SQLAlchemy", call)
    query = _QUERY.search(text)
    if query and ".query" in text:
        return _write(_BUILDERS[last], query["name"] or query["owner"] or "", "SQLAlchemy", call)
    return None


def _write(verb: str, table: str, how: str, call: Call) -> Write:
    return Write(verb, table, how, call.spot, call.function, call.loops > 0)


def writes_in_sql(text: str, spot: Spot, function: str = "", why: str = "") -> Iterator[Write]:
    """Give the writes of one statement."""
    bare = _QUOTED.sub("''", text)
    for verb, pattern in _VERBS:
        for found in pattern.finditer(bare):
            yield Write(verb, _table(found["name"]), "SQL", spot, function, why=why)
    insert = _INSERT.search(bare)
    if insert and _UPSERT.search(bare):
        yield Write("upsert", _table(insert["name"]), "SQL", spot, function, why=why)


def _table(name: str) -> str:
    shown = re.sub(r"[\"`\[\]]", "", name).removeprefix("public.").rstrip(".")
    return "" if shown.startswith(("%", "{", "$")) else shown


def writes_in_files(
    tree: RepoTree,
    paths: Iterable[str],
    own: Callable[[str], bool],
    limits: Limits,
    *,
    prisma: bool,
) -> Iterator[Write]:
    """Give the writes in files of SQL and in source of other languages than Python."""
    wanted = [path for path in paths if path.endswith((".sql", *_SOURCES)) and own(path)]
    kind, read = ("writes-prisma", _read_prisma) if prisma else ("writes", _read)
    for _, made in tree.derive(kind, wanted[:_FILES], limits.manifest, read):
        yield from msgspec.msgpack.decode(made, type=list[Write]) if made else ()


def _read(path: str, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace").replace("\0", "")
    found = _in_sql_file(path, text) if path.endswith(".sql") else _in_code(path, text)
    return msgspec.msgpack.encode(list(islice(found, _MOST)))


def _read_prisma(path: str, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace").replace("\0", "")
    found = _in_sql_file(path, text) if path.endswith(".sql") else _in_code(path, text, prisma=True)
    return msgspec.msgpack.encode(list(islice(found, _MOST)))


def _in_sql_file(path: str, text: str) -> Iterator[Write]:
    for statement in statements(text):
        first = statement.text.split("\n", 1)[0].strip()[:160]
        why = own_words(statement.why)
        for write in writes_in_sql(statement.text, Spot(path, statement.line, first)):
            yield replace(write, why=why if len(why.split()) > 5 else "")


def _in_code(path: str, text: str, *, prisma: bool = False) -> Iterator[Write]:
    lower = text.lower()
    if "delete" not in lower and "update" not in lower and "upsert" not in lower:
        return
    for found in _IN_CODE.finditer(text):
        if (found["delete"] or found["set"]) and (spot := _spot(path, text, found.start())):
            verb = "delete" if found["delete"] else "update"
            yield Write(verb, _table(found["name"]), "SQL", spot)
    for found in _PRISMA.finditer(text) if prisma else ():
        if spot := _spot(path, text, found.start()):
            yield Write(found["verb"].removesuffix("Many"), found["name"], "Prisma", spot)
    for found in _DIESEL.finditer(text) if path.endswith(".rs") and "diesel" in text else ():
        if spot := _spot(path, text, found.start()):
            yield Write(found["verb"], found["name"], "Diesel", spot)


def _spot(path: str, text: str, place: int) -> Spot | None:
    """The line at a place; None where it is a comment."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    line = text[start : end if end >= 0 else len(text)][:2_000].strip()
    if line.startswith(("//", "*", "#", "/*")):
        return None
    return Spot(path, text.count("\n", 0, start) + 1, line[:160])


def bounded(writes: Iterable[Write]) -> list[Write]:
    """Return each write once, in the order of places; at most 5,000."""
    unique = {(w.spot.path, w.spot.line, w.verb, w.table): w for w in writes}
    return sorted(unique.values(), key=lambda w: (w.spot.path, w.spot.line))[:_MOST]
