"""The line by which a document says that it is made from a template."""

from __future__ import annotations

import re

from msgspec import Struct

from handbook.headings import LineReader, front_matter

_FIRST = 10  # lines
_START = 16 * 1024  # characters
_MARKER = re.compile(r"^\s*<!--\s*template:\s*([^\s<>]{1,60})\s*-->\s*$", re.IGNORECASE)


class Marker(Struct, frozen=True):
    """The template's name as the document has it, and the line, from 1."""

    name: str
    line: int


def marker_of(text: str) -> Marker | None:
    """Find ``<!-- template: NAME -->`` in the first lines, below what is set before the text."""
    if "<!--" not in text[:_START]:
        return None
    lines = text[:_START].split("\n")
    start, reader = front_matter(lines), LineReader()
    for number, line in enumerate(lines[start : start + _FIRST], start=start + 1):
        found = _MARKER.match(line)
        if reader.take(line, "").kind != "code" and found:
            return Marker(found[1].lower(), number)
    return None
