"""What a line is in a text that people write: heading, code, or prose without its comments.

Markdown, reStructuredText and plain text alike. Read by what collects documents and by what
compares one with its template: both must see the same headings.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

_FRONT = 60  # lines that settings before the text may take
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_ATX = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*$")
_HTML = re.compile(r"^\s*<h([1-6])\b[^>]*>(.{1,200}?)</h\1>", re.IGNORECASE)
_RULE = re.compile(r"^([=\-~^\"'`#*+])\1{2,}\s*$")

Kind = Literal["heading", "underline", "code", "text"]


class Line(Struct, frozen=True):
    """A line. ``text``: without comments; of code, as it is. A heading has a title and level 1-6.

    ``underline`` is the line below a heading that makes it one.
    """

    kind: Kind
    text: str
    level: int = 0
    title: str = ""


class LineReader:
    """Goes through the lines of a text once."""

    def __init__(self) -> None:
        self._fence = ""
        self._comment = False
        self._underline = False

    def take(self, line: str, following: str) -> Line:
        """Say what a line is; ``following`` is the next one, which may underline it."""
        if self._underline:
            self._underline = False
            return Line("underline", line)
        mark = None if self._comment else _FENCE.match(line)
        if self._fence or mark:
            self._fenced(mark[1] if mark else "", line)
            return Line("code", line)
        text = self._without_comments(line)
        if found := _heading(text, "" if self._comment else following):
            level, title, self._underline = found
            return Line("heading", text, level, title)
        return Line("text", text)

    def _fenced(self, mark: str, line: str) -> None:
        if not self._fence:
            self._fence = mark
        elif mark.startswith(self._fence) and not line.strip().strip(mark[0]):
            self._fence = ""

    def _without_comments(self, line: str) -> str:
        if not self._comment and "<!--" not in line:
            return line
        shown = ""
        while line:
            if self._comment:
                _, end, line = line.partition("-->")
                self._comment = not end
                continue
            before, start, line = line.partition("<!--")
            shown += before
            if start and shown.count("`") % 2:  # written about, as code
                shown += start
                continue
            self._comment = bool(start)
        return shown


def front_matter(lines: list[str]) -> int:
    """How many lines at the beginning are settings for whoever shows the text."""
    if lines[0].strip() != "---":
        return 0
    end = next((n for n, line in enumerate(lines[1:_FRONT], 1) if line.strip() == "---"), 0)
    return end + 1 if end else 0


def _heading(line: str, following: str) -> tuple[int, str, bool] | None:
    """Return level, title and whether the next line belongs to it."""
    if found := _ATX.match(line):
        return len(found[1]), plain_title(found[2]), False
    if found := _HTML.match(line):
        return int(found[1]), plain_title(found[2]), False
    under = _RULE.match(following)
    if not under or not line.strip() or line.startswith((" ", "\t", "-", "*", "|", ">")):
        return None
    # Markdown knows two levels; reStructuredText any, of which the first is mostly "=".
    if under[1] in "=-" or len(following.strip()) >= len(line.strip()):
        return (1 if under[1] == "=" else 2), plain_title(line), True
    return None


def plain_title(title: str) -> str:
    """Return a title without what only marks it up."""
    return re.sub(
        r"\s+", " ", re.sub(r"<[^<>]{0,120}>|[*_`]|\]\([^)]{0,120}\)|\[", "", title)
    ).strip()[:200]
