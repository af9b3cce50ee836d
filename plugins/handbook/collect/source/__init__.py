"""Read a service's own Python source once, for all rules that judge code."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import msgspec

from handbook.collect.scope import own_files
from handbook.collect.source.reading import Reading, read_module
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Source, Spot, Sql
from handbook.tree import RepoTree, as_text

__all__ = ["collect_source"]

T = TypeVar("T")

_FILES = 20_000
_MOST = 200_000  # of each kind: what a repo of 3,600 files has ten times over
_QUERIES = 1_000  # files of SQL
_STATEMENTS = 200  # of one file
_STATEMENT = 4_000  # characters
_TABLES = 1_000
_TABLE = re.compile(r"\.(?:csv|tsv|parquet|feather|arrow|xlsx?|jsonl|ndjson)(?:\.gz)?$")
_VERB = re.compile(r"^\s*(?:(?:--[^\n]*)?\n\s*)*([a-z]{3,10})\b", re.IGNORECASE)
_PYTHON2 = re.compile(
    r"^\s*(?:print\s+['\"\w(%]|exec\s+['\"]|except\s+\w[\w., ]*,\s*\w+\s*:|raise\s+\w+\s*,)",
    re.MULTILINE,
)


def collect_source(tree: RepoTree, service: Service, limits: Limits) -> Fact[Source]:
    """Read every Python file that is the service's own; absent if there is none.

    A file that cannot be read is noted and costs nothing else.
    """
    own = own_files(tree, service, limits)
    files = [
        entry.path
        for entry in tree.under(service.path)
        if entry.kind in ("file", "executable") and own(entry.path)
    ]
    paths = [path for path in files if path.endswith(".py")][:_FILES]
    if not paths:
        return Absent((service.inside("**/*.py"),))
    readings = [_decoded(*item) for item in tree.derive("source", paths, limits.blob, read)]
    sql = (path for path in files if path.endswith(".sql"))
    queries = tree.derive("sql", islice(sql, _QUERIES), limits.blob, read_sql)
    source = Source(
        files=len(paths),
        imports=_first(r.imports for r in readings),
        calls=_first(r.calls for r in readings),
        functions=_first(r.functions for r in readings),
        routes=_first(r.routes for r in readings),
        sql=_first(r.sql for r in readings),
        callbacks=_first(r.callbacks for r in readings),
        queries=_first(_statements(made) for _, made in queries),
        data=tuple(islice((path for path in files if _TABLE.search(path)), _TABLES)),
        python2=_first(r.python2 for r in readings),
        unread=_first(r.unread for r in readings),
    )
    return Found(source, tree.origin(service.path))


def read(path: str, data: bytes) -> bytes:
    """Read one file of Python; what it gives is a :class:`Reading` in MessagePack."""
    text = as_text(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's code
            module = ast.parse(text)
        reading = read_module(module, path, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        line = getattr(exc, "lineno", 0) or 0
        old = _PYTHON2.search(text)
        spot = Spot.of(path, text, text.count("\n", 0, old.start()) + 1 if old else line)
        reading = Reading(python2=[spot]) if old else Reading(unread=[spot])
    return msgspec.msgpack.encode(reading)


def read_sql(path: str, data: bytes) -> bytes:
    """Read one file of SQL: the statements in it, split at semicolons, in MessagePack."""
    text = as_text(data)
    found: list[Sql] = []
    start = 0
    for part in text.split(";")[:_STATEMENTS]:
        if match := _VERB.match(part[:_STATEMENT]):
            line = text.count("\n", 0, start + match.start(1)) + 1
            statement = part[match.start(1) :][:_STATEMENT]
            found.append(Sql(match[1].lower(), statement, Spot.of(path, text, line)))
        start += len(part) + 1
    return msgspec.msgpack.encode(found)


def _decoded(path: str, made: bytes) -> Reading:
    if not made:
        return Reading(unread=[Spot(path, 0)])
    return msgspec.msgpack.decode(made, type=Reading)


def _statements(made: bytes) -> list[Sql]:
    return msgspec.msgpack.decode(made, type=list[Sql]) if made else []


def _first(lists: Iterable[list[T]]) -> tuple[T, ...]:
    """Put the lists of all files together, up to a bound."""

    def every() -> Iterator[T]:
        for items in lists:
            yield from items

    return tuple(islice(every(), _MOST))
