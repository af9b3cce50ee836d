"""Migrations of each tool: one file of ``cases/`` is one repo and what is read of it.

Keys: ``files``; ``tool``, ``dialect``; ``tables`` (name to columns: name, type, "!" for NOT NULL,
"*" for a key, "> table" for what it refers to); ``changes`` (of all revisions in their order);
``indexes`` (name to why); ``locks`` (parts of sentences); ``drops`` (what, to why); ``bare``;
``undo``; ``notices`` (path:line); ``writes`` ("verb table how path:line"); ``models``; ``absent``.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.collect.database import database_collector
from handbook.collect.database.splitting import statements
from handbook.collect.source import collect_source
from handbook.model.database import Change, Column, Database
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))
KEYS = {
    "why", "files", "tool", "dialect", "tables", "changes", "indexes", "locks", "drops", "bare",
    "undo", "notices", "writes", "models", "absent",
}  # fmt: skip


def read(files: dict[str, Any]) -> Fact[Database]:
    tree = MemoryTree(files)
    service = Service("Risk", "risk", tree.repo)
    source = collect_source(tree, service, Limits())
    return database_collector(source)(tree, service, Limits())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(case) <= KEYS, "a key of a case that means nothing"
    fact = read(case["files"])
    if case.get("absent"):
        assert isinstance(fact, Absent)
        return
    assert isinstance(fact, Found)
    seen = as_case(fact.value)
    seen["notices"] = [f"{p.origin.path}:{p.origin.line}" for p in fact.problems]
    for key in set(case) - {"why", "files", "locks"}:
        assert seen[key] == case[key], key
    for part in case.get("locks", ()):
        assert part in "\n".join(seen["locks"])
    assert bool(seen["locks"]) == bool(case.get("locks", seen["locks"]))
    assert seen["notices"] == case.get("notices", [])


def as_case(data: Database) -> dict[str, Any]:
    first = data.schemas[0] if data.schemas else None
    revisions = first.revisions if first else ()
    return {
        "tool": first.tool if first else "",
        "dialect": first.dialect if first else "",
        "tables": {t.name: [column(c) for c in t.columns] for t in first.tables} if first else {},
        "changes": [change(item) for revision in revisions for item in revision.changes],
        "indexes": {i.name: i.why for i in first.indexes} if first else {},
        "locks": [f"{lock.table}: {lock.what}" for lock in first.locks] if first else [],
        "drops": {f"{d.table}.{d.name}".rstrip("."): d.why for d in first.drops} if first else {},
        "bare": [f"{b.table}.{b.name}" for b in first.bare] if first else [],
        "undo": [revision.undo for revision in revisions],
        "writes": [f"{w.verb} {w.table} {w.how} {w.spot.path}:{w.spot.line}" for w in data.writes],
        "models": [f"{m.framework} {m.name}" for m in data.models],
    }


def column(item: Column) -> str:
    refers = f" > {item.refers}" if item.refers else ""
    marks = ("*" if item.key else "") + ("!" if item.nullable is False else "")
    return f"{item.name} {item.type}{marks}{refers}"


def change(item: Change) -> str:
    name = f"{item.table}.{item.name}" if item.name else item.table
    return f"{item.kind} {name}{f' to {item.to}' if item.to else ''}".strip()


HOSTILE = {
    "quotes": "'" * 200_000,
    "comments": "/*" * 200_000,
    "dollars": "$$" * 199_999,
    "semicolons": "`;" * 100_000,
    "delimiters": "DELIMITER //\n" * 20_000,
    "newlines": "\n" * 300_000 + "DELIM",
    "brackets": "create table t (a int check (" + "(" * 50_000,
    "names": "alter table " + "a." * 50_000 + "b add column c int",
    "comment on": "comment on table a is " + "'x" * 50_000,
    "one long": "create table t (" + "a int, " * 40_000 + "b int)",
    "many": "alter table t add column a int;" * 3_000,
    "deep python": 'op.execute("x" + ' * 300 + '""' + ")" * 300,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_in_bounded_time(text: str) -> None:
    began = time.process_time()
    read({"migrations/V1__x.sql": text, "db/schema.sql": text})
    head = 'revision = "1"\ndown_revision = None\ndef upgrade():\n    '
    read({"migrations/versions/a.py": f"{head}{text}", "migrations/0001_a.py": text})
    assert time.process_time() - began < 10


def test_comments_stay_with_their_statement() -> None:
    sql = "-- a\n/* b */ create table t (a int); -- tail\nselect '; -- no';\n\n-- c\nlast"
    found = [(s.text, s.line, s.why) for s in statements(sql)]
    assert found[0] == ("create table t (a int)", 2, "a b tail")
    assert found[1][:2] == ("select '; -- no'", 3)
    assert found[2][:2] == ("last", 6)
    assert found[2][2].endswith("c")
