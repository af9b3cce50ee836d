"""Where something stands: a file with its text, whose lines can be named."""

from __future__ import annotations

from functools import cached_property

from handbook.model.source import Spot
from handbook.yamlnodes import Mapping, Scalar

_SHOWN = 160  # characters of a line


class Place:
    """A file that is being read; ``first`` is added to lines of a text within it."""

    def __init__(self, path: str, text: str, *, templated: bool = False, first: int = 0) -> None:
        self.path = path
        self.text = text
        self.templated = templated
        self.first = first

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")


def line_in(place: Place, line: int) -> Spot:
    """Return a line of a place as a spot."""
    shown = place.lines[line - 1].strip()[:_SHOWN] if 0 < line <= len(place.lines) else ""
    return Spot(place.path, line + place.first, shown)


def text_of(node: Mapping, key: str) -> str:
    """Return a value's text without blanks around it; "" where it is absent or no scalar."""
    found = node.get(key)
    return found.text.strip() if isinstance(found, Scalar) and not found.empty else ""
