"""What models say of their indexes: generated migrations carry no comments, models do."""

from __future__ import annotations

import re

from handbook.collect.database.draft import own_words
from handbook.collect.database.reasons import explains
from handbook.errors import TreeError
from handbook.model.limits import Limits
from handbook.tree import RepoTree

_INDEXED = re.compile(r"\b(?:db_)?index\s*=\s*(?:True|False)|\bIndex\(")
_COLUMN = re.compile(r"^\s*(?P<name>\w{1,80})\s*[:=]")
_NAMED = re.compile(r"[\"'](?P<name>\w{3,80})[\"']")
_AFTER = re.compile(r"\s#\s?(?P<text>[^'\"]{8,300})$")
_CLASS = re.compile(r"^class\s+(?P<name>\w{1,100})")
_TABLENAME = re.compile(r"__tablename__\s*(?::\s*\w+\s*)?=\s*[\"'](?P<name>\w{1,100})")
_FILES = 2_000


def said_in_models(tree: RepoTree, paths: list[str], limits: Limits) -> dict[str, str]:
    """Map the names of indexes, and "table.column", to the comment above or behind them."""
    said: dict[str, str] = {}
    for path in [p for p in paths if p.endswith(".py") and "migrations/" not in p][:_FILES]:
        try:
            text = tree.text(path, limits.manifest)
        except TreeError:
            continue
        if "index=" in text or "Index(" in text:
            _read(path, text, said)
    return said


def _read(path: str, text: str, said: dict[str, str]) -> None:
    table = ""
    above: list[str] = []
    folder = path.split("/")[-2] if "/" in path else ""
    for line in text.split("\n"):
        if found := _CLASS.match(line):
            table = f"{folder}_{found['name'].lower()}"
        elif found := _TABLENAME.search(line):
            table = found["name"]
        stripped = line.strip()
        if stripped.startswith("#"):
            above.append(stripped.lstrip("# "))
            continue
        if _INDEXED.search(line):
            behind = _AFTER.search(line)
            why = own_words("\n".join([*above[-20:], behind["text"] if behind else ""]))
            if explains(why) or "index" in why.lower():
                column = _COLUMN.match(line)
                if column:
                    said.setdefault(f"{table}.{column['name']}", why)
                for name in _NAMED.finditer(line):
                    said.setdefault(name["name"], why)
        above = []
