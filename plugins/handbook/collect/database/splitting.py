"""Cut SQL into its statements, each with its line and the comments before it. Linear in time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_MARK = re.compile(
    r"--|/\*|#|['\"`;]|\$\w{0,30}\$|^[ \t]{0,20}DELIMITER[ \t]{1,9}(\S{1,4})", re.M | re.I
)
_TAIL = re.compile(r"[; \t]{0,20}--([^\n]{0,500})")
_ENDS = {"'": "'", '"': '"', "`": "`"}
_COMMENT = 4_000  # characters of the comments before one statement
_STATEMENTS = 20_000


class Statement(Struct, frozen=True):
    """One statement: ``text`` without comments, ``why`` what the comments before and in it say."""

    text: str
    line: int
    why: str = ""


def statements(sql: str, first: int = 1) -> Iterator[Statement]:
    """Give the statements of a text whose first line has this number; at most 20,000."""
    scan = _Scan(sql, first)
    for number, statement in enumerate(scan.run()):
        if number >= _STATEMENTS:
            return
        yield statement


class _Scan:
    """One pass over the text, from mark to mark."""

    def __init__(self, sql: str, first: int) -> None:
        self._sql = sql
        self._line = first  # of self._counted
        self._counted = 0
        self._parts: list[str] = []
        self._start = -1  # where the statement begins
        self._why: list[str] = []

    def run(self) -> Iterator[Statement]:
        sql, at, end = self._sql, 0, ";"
        while found := _MARK.search(sql, at):
            mark = found[0]
            self._take(at, found.start())
            if found[1]:
                end, at = found[1], found.end()
            elif mark in ("--", "#", "/*"):
                at = self._comment(found.start(), mark)
            elif mark == ";":
                at = found.end()
                if end == ";" or sql.startswith(end, found.start()):
                    at = found.start() + len(end)
                    yield from self._close(found.start())
                else:
                    self._parts.append(mark)
            else:
                at = self._quoted(found.start(), mark)
            if end != ";" and sql.startswith(end, at):
                yield from self._close(at)
                at += len(end)
        self._take(at, len(sql))
        yield from self._close(len(sql))

    def _take(self, start: int, end: int) -> None:
        piece = self._sql[start:end]
        if self._start < 0 and (stripped := piece.lstrip()):
            self._start = start + len(piece) - len(stripped)
        self._parts.append(piece)

    def _comment(self, start: int, mark: str) -> int:
        """Skip a comment."""
        sql = self._sql
        if mark == "#" and not re.fullmatch(r"[ \t]*", sql[sql.rfind("\n", 0, start) + 1 : start]):
            self._parts.append(mark)  # an operator of Postgres, or part of a name
            return start + 1
        close = sql.find("*/" if mark == "/*" else "\n", start)
        end = len(sql) if close < 0 else close + (2 if mark == "/*" else 0)
        self._why.append(sql[start + len(mark) : end].removesuffix("*/"))
        self._parts.append(" ")
        return end

    def _quoted(self, start: int, mark: str) -> int:
        """Take a quoted text whole; without an end it reaches to the end of the file."""
        sql = self._sql
        if self._start < 0:
            self._start = start
        close = sql.find(_ENDS.get(mark, mark), start + len(mark))
        end = len(sql) if close < 0 else close + len(mark)
        self._parts.append(sql[start:end])
        return end

    def _close(self, end: int) -> Iterator[Statement]:
        text = "".join(self._parts).strip()
        if text and self._start >= 0:
            line = self._line_of(self._start)
            tail = _TAIL.match(self._sql, end)  # a comment behind it, on its line
            yield Statement(text, line, _words([*self._why, *(tail.groups() if tail else ())]))
            self._why = []
        self._parts, self._start = [], -1

    def _line_of(self, place: int) -> int:
        self._line += self._sql.count("\n", self._counted, place)
        self._counted = place
        return self._line


def _words(comments: list[str]) -> str:
    lines = (line.strip(" \t-*=/#") for text in comments for line in text.split("\n"))
    return " ".join(line for line in lines if line)[:_COMMENT]
