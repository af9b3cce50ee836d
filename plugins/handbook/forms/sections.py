"""A document by its headings, with the lines below each as a reader sees them."""

from __future__ import annotations

import re

from msgspec import Struct

from handbook.headings import Line, LineReader, front_matter

_LINES = 5_000
_LINE = 2_000  # characters of a line that are looked at
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_NUMBER = re.compile(r"^(?:\d{1,3}(?:\.\d{1,3}){0,4}[.)]?|[a-z][.)])\s+")
_ATTRIBUTES = re.compile(r"\{[^{}]{0,120}\}\s*$")


class Section(Struct, frozen=True):
    """A heading with what is below it, down to the next heading; the first has level 0.

    ``lines`` are numbered from 1; ``heading`` is the heading's own line, ``raw`` all lines below
    it with their comments.
    """

    title: str
    level: int
    line: int
    heading: str
    lines: tuple[tuple[int, Line], ...]
    raw: str

    @property
    def comments(self) -> tuple[str, ...]:
        """What stands in its comments, each on one line."""
        return tuple(" ".join(text.split()) for text in _COMMENT.findall(self.raw))


def sections_of(text: str) -> tuple[Section, ...]:
    """Split a text at its headings; those in code and in comments are none."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:_LINES]
    lines = [line[:_LINE] for line in lines]
    skip = front_matter(lines)
    reader = LineReader()
    found: list[Section] = []
    head, number = Line("heading", ""), 0
    below: list[tuple[int, Line]] = []
    raw: list[str] = []

    def close() -> None:
        found.append(
            Section(head.title, head.level, number, head.text, tuple(below), "\n".join(raw))
        )

    for at, line in enumerate(lines[skip:], start=skip + 1):
        seen = reader.take(line, lines[at] if at < len(lines) else "")
        if seen.kind == "heading":
            close()
            head, number, below, raw = seen, at, [], []
            continue
        raw.append(line)
        if seen.kind in ("text", "code"):
            below.append((at, seen))
    close()
    return tuple(found)


def same_title(title: str) -> str:
    """Return what two headings have in common that mean the same: case, number, end differ."""
    text = _ATTRIBUTES.sub("", title).replace("’", "'").strip().casefold()
    return " ".join(_NUMBER.sub("", text).rstrip(" .:?!…").split())
