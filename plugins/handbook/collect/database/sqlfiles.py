"""Read one file of SQL migrations: which part of it goes forward, and whether it can go back."""

from __future__ import annotations

import re

from handbook.collect.database.draft import Draft, own_words, read_sql
from handbook.collect.database.find import Item
from handbook.model.source import Spot

_SECTION = re.compile(
    r"^[ \t]{0,8}--[ \t]{0,4}(?:(?P<dbmate>migrate):(?P<a>up|down)"
    r"|(?P<goose>\+goose)[ \t]+(?P<b>up|down)"
    r"|(?P<sqlmigrate>\+migrate)[ \t]+(?P<c>up|down))\b[^\n]*$",
    re.I | re.M,
)
_STAMP = re.compile(r"^(20\d\d)(\d\d)(\d\d)\d{0,6}$")
_TOOLS = {"dbmate": "dbmate", "goose": "goose", "sqlmigrate": "sql-migrate"}
_HEAD = re.compile(r"(?:[ \t]{0,20}--[^\n]{0,500}\n){1,60}|\s{0,20}/\*[^/]{1,4000}\*/")
_DONE = re.compile(r"--[^\n]*")


def tool_of(text: str) -> str:
    """Return the tool whose marks a file has; "" for none."""
    found = _SECTION.search(text)
    if not found:
        return ""
    return next(_TOOLS[name] for name in _TOOLS if found[name])


def read_sql_file(item: Item, text: str, dialect: str, *, undo: bool | None) -> Draft:
    """Return the revision; ``undo``: whether the tool found a way back beside the file.

    A file with marks for both ways holds its own way back.
    """
    up, line, down = _up(text)
    version = "".join(char for char in item.version if char.isdigit())
    stamp = _STAMP.match(version)
    head = _HEAD.match(text)
    draft = Draft(
        id=item.version or item.path.rpartition("/")[2],
        title=item.title or item.path.rpartition("/")[2],
        spot=Spot(item.path, 1, item.title),
        note=own_words("\n".join(part.strip(" -*/\t") for part in head[0].split("\n")))
        if head
        else "",
        undo=down if down is not None else undo,
        date="-".join(stamp.groups()) if stamp and "01" <= stamp[2] <= "12" else "",
        changes=[],
        unread=[],
    )
    read_sql(draft, up, item.path, line, dialect)
    return draft


def _up(text: str) -> tuple[str, int, bool | None]:
    """Return the part that goes forward, its first line, and whether there is a way back."""
    marks = list(_SECTION.finditer(text))
    if not marks:
        return text, 1, None
    parts, line, back = [], 0, False
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.start() if following else len(text)
        body = text[mark.end() : end]
        way = (mark["a"] or mark["b"] or mark["c"]).lower()
        if way == "up":
            line = line or text.count("\n", 0, mark.end()) + 1
            parts.append(body)
        else:
            back |= bool(_DONE.sub("", body).strip(" \n\t;"))
    return "\n".join(parts), line or 1, back
