"""Read the statements of SQL that the parser leaves as they are: comments, drops, renames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from handbook.model.database import Change
from handbook.model.source import Spot

_PART = r"(?:\"[^\"]{1,128}\"|`[^`]{1,128}`|\[[^\]]{1,128}\]|\w{1,128})"
_NAME = rf"(?:{_PART}\.){{0,3}}{_PART}"
_LONG = 64 * 1024
_PIECES = 500
_ALTER = re.compile(
    rf"alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?P<table>{_NAME})"
    rf"(?:\s+on\s+cluster\s+{_PART})?\s+(?P<rest>.*)",
    re.I | re.S,
)
_HARMLESS = re.compile(
    r"(?:owner\s+to|enable|disable|validate|cluster|set\s+[(\w]|reset|replica|attach|detach|inherit"
    r"|rename\s+(?:constraint|index|key)|alter\s+(?:constraint|index)|force|no\s+force|engine|convert"
    r"|auto_increment|comment|materialize|add\s+projection|drop\s+projection|modify\s+(?:setting|ttl)"
    r"|modify\s+(?:order|query)|add\s+index\b[^;]{0,500}\bgranularity\b|default\s+char|character|collate|delete\b|update\b|move|freeze"
    r"|alter\s+(?:column\s+)?\S+\s+(?:set\s+(?:statistics|storage)|add\s+generated|drop\s+identity"
    r"|set\s+generated|restart|drop\s+expression))",
    re.I,
)
_USING = re.compile(
    rf"add\s+(?:constraint\s+(?P<name>{_NAME})\s+)?(?P<form>unique|primary\s+key)\s+using\s+index",
    re.I,
)
_CHECK = re.compile(rf"add\s+(?:constraint\s+(?P<name>{_NAME})\s+)?(?P<form>check)\b", re.I)
_EXCLUDE = re.compile(rf"add\s+(?:constraint\s+(?P<name>{_NAME})\s+)?(?P<form>exclude)\b", re.I)
_NOT_VALID = re.compile(r"not\s+valid\s*$", re.I)
_RENAME = re.compile(rf"rename\s+table\s+(?P<old>{_NAME})\s+to\s+(?P<new>{_NAME})", re.I)
_DROP = re.compile(
    r"drop\s+(?P<kind>table|index)\s+(?P<gentle>concurrently\s+)?(?:if\s+exists\s+)?(?P<rest>.*)",
    re.I | re.S,
)
_DROPPED = re.compile(rf"\s*(?P<name>{_NAME})(?:\s+on\s+(?P<table>{_NAME}))?[^,]*(?:,|$)", re.I)
_COMMENT = re.compile(
    rf"comment\s+on\s+(?P<kind>table|column|index|constraint|\w+)\s+(?P<name>{_NAME})"
    rf"(?:\s+on\s+(?P<table>{_NAME}))?\s+is\s+(?P<text>.*)",
    re.I | re.S,
)
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_OPTIONS = re.compile(r"(?:[,\s]\s*(?:lock|algorithm)\s*=\s*\w{1,20}){1,3}\s*$", re.I)
_SETTINGS = re.compile(r"\s+settings\s+\w+\s*=\s*[^()]{0,300}$", re.I)


def by_hand(text: str, spot: Spot, why: str) -> list[Change] | None:
    """Return the changes of a statement of a known form; None for one that is to be parsed."""
    text = text[:_LONG]
    if found := _RENAME.match(text):
        return [Change("rename table", bare(found["old"]), spot, to=bare(found["new"]), why=why)]
    if found := _COMMENT.match(text):
        return [*_commented(found, spot)]
    if found := _DROP.match(text):
        return [*_dropped(found, spot, why)]
    found = _ALTER.match(text)
    return _altered(bare(found["table"]), found["rest"], spot, why) if found else None


def _altered(table: str, rest: str, spot: Spot, why: str) -> list[Change] | None:
    if _HARMLESS.match(rest):
        return []
    more: dict[str, Any] = {"why": why}
    if found := _USING.match(rest):
        form = " ".join(found["form"].lower().split())
        more |= {"name": bare(found["name"] or ""), "form": form, "gentle": True}
        return [Change("add constraint", table, spot, **more)]
    found = _CHECK.match(rest) or _EXCLUDE.match(rest)
    if found and len(actions_of(f"alter table t {rest}")) < 2:
        form = "check" if found["form"].lower() == "check" else "other"
        gentle = bool(_NOT_VALID.search(rest))
        more |= {"name": bare(found["name"] or ""), "form": form, "gentle": gentle}
        return [Change("add constraint", table, spot, **more)]
    return None


def _commented(found: re.Match[str], spot: Spot) -> Iterator[Change]:
    kind = found["kind"].lower()
    text = "".join(part.replace("''", "'") for part in _TEXT.findall(found["text"][:4_000]))
    name = bare(found["name"])
    if not text or kind not in ("table", "column", "index", "constraint"):
        return
    if kind == "table":
        yield Change("comment", name, spot, form=kind, text=text)
    elif kind == "column":
        table, _, column = name.rpartition(".")
        yield Change("comment", table, spot, name=column, form=kind, text=text)
    else:
        yield Change("comment", bare(found["table"] or ""), spot, name=name, form=kind, text=text)


def _dropped(found: re.Match[str], spot: Spot, why: str) -> Iterator[Change]:
    for number, item in enumerate(_DROPPED.finditer(found["rest"])):
        if number >= _PIECES or not item["name"]:
            return
        name = bare(item["name"])
        if found["kind"].lower() == "table":
            yield Change("drop table", name, spot, why=why)
        else:
            gentle = bool(found["gentle"])
            table = bare(item["table"] or "")
            yield Change("drop index", table, spot, name=name, gentle=gentle, why=why)


def without_options(text: str) -> tuple[str, bool]:
    """Return a statement without what only says how to run it, and whether that is gently."""
    found = _OPTIONS.search(text)
    if found:
        gentle = bool(re.search(r"none|inplace|instant|default", found[0], re.I))
        return text[: found.start()], gentle
    return _SETTINGS.sub("", text), False


def actions_of(text: str) -> list[str]:
    """Return an ``ALTER TABLE`` of several actions as one statement for each."""
    found = _ALTER.match(text[:_LONG])
    if not found:
        return []
    pieces, depth, start, rest = [], 0, 0, found["rest"]
    for mark in re.finditer(r"'[^']*'|\"[^\"]*\"|[(),]", rest):
        if mark[0] in "()":
            depth += 1 if mark[0] == "(" else -1
        elif mark[0] == "," and depth == 0:
            pieces.append(rest[start : mark.start()])
            start = mark.end()
    head = text[: found.start("rest")]
    return [f"{head} {piece.strip()}" for piece in (*pieces, rest[start:])][:_PIECES]


def bare(name: str) -> str:
    """Return a name without its quotes and without the usual schema; SHOUTED names in small."""
    parts = re.findall(r"\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|\w+", name)
    plain = [
        part.strip('"`[]') if part[0] in '"`[' else part.lower() if part.isupper() else part
        for part in parts
    ]
    return ".".join(part for part in plain if part not in ("public", "dbo"))
