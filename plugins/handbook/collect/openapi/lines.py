"""The line of a value in a YAML or JSON file, found without parsing the file again.

Works on what people and tools write: block YAML and JSON with one key a line. Values inside
``{…}`` and ``[…]`` on one line have the line of what encloses them. Each level of the way to a
value is one search over the text of its parent, so a 13 MB file takes tenths of a second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

_KEY = (
    r'(?:"(?P<double>[^"\\\n]*(?:\\.[^"\\\n]*)*)"[ \t]*:'
    r"|'(?P<single>[^'\n]*(?:''[^'\n]*)*)'[ \t]*:(?=\s|$)"
    r"|(?P<plain>(?:[^\s#\"'\-\[\]{},&*!|>%@?]|-(?!\s))[^:\n]*(?::(?!\s|$)[^:\n]*)*):(?=\s|$))"
)
_SIGNIFICANT = re.compile(r"^(?P<indent>[ \t]*)(?=[^\s#])", re.MULTILINE)
_INLINE_KEY = re.compile(_KEY)
_DASH = re.compile(r"-[ \t]+(?=\S)|-(?=[ \t]*$)", re.MULTILINE)
_OPENING = re.compile(r"[{\[]")
_HEAD = re.compile(r"(?:[ \t]*(?:[#%][^\n]*)?\n)*---[^\n]*")


class _Node(Struct, frozen=True):
    """The text of one value: from ``start`` (where its own lines begin) to ``end``.

    ``inline`` is the place of a first key that stands behind a dash, -1 if there is none;
    ``column`` is then its column.
    """

    line: int
    start: int
    end: int
    inline: int = -1
    column: int = 0


class LineIndex:
    """Finds the lines of values in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._children: dict[_Node, dict[str, _Node]] = {}
        start = text.find("{") + 1 if text.lstrip()[:1] == "{" else _head_end(text)
        self._root = _Node(text.count("\n", 0, start) + 1, start, len(text))

    def line(self, pointer: Sequence[str | int]) -> int:
        """Return the line (from 1) of the value, or of the nearest one around it."""
        node = self._root
        for part in pointer:
            child = self.children(node).get(str(part))
            if child is None:
                break
            node = child
        return node.line

    def children(self, node: _Node) -> dict[str, _Node]:
        """Return the values directly below ``node`` by key, or by index as text."""
        if node not in self._children:
            self._children[node] = self._scan(node)
        return self._children[node]

    def _scan(self, node: _Node) -> dict[str, _Node]:
        text = self._text
        if node.inline >= 0:
            return self._mapping(node, " " * node.column)
        first = _SIGNIFICANT.search(text, node.start, node.end)
        if first is None:
            return {}
        indent, at = first["indent"], first.end()
        if _DASH.match(text, at, node.end):
            return self._dashes(node, indent)
        if _INLINE_KEY.match(text, at, node.end):
            return self._mapping(node, indent)
        if _OPENING.match(text, at):
            return self._brackets(node, indent)
        return {}

    def _mapping(self, node: _Node, indent: str) -> dict[str, _Node]:
        found = []
        if node.inline >= 0 and (match := _INLINE_KEY.match(self._text, node.inline, node.end)):
            found.append((_key(match), node.inline, match.end()))
        found += [
            (_key(match), match.start(), match.end())
            for match in _key_at(indent).finditer(self._text, node.start, node.end)
        ]
        nodes = self._regions([(start, end) for _, start, end in found], node)
        named: dict[str, _Node] = {}
        for (key, _, _), region in zip(found, nodes, strict=True):
            named.setdefault(key, region)
        return named

    def _brackets(self, node: _Node, indent: str) -> dict[str, _Node]:
        """Items of a JSON array, one a line or each an object that begins a line."""
        matches = list(_item_at(indent).finditer(self._text, node.start, node.end))
        nodes = self._regions([(match.start(), match.end()) for match in matches], node)
        return {str(index): region for index, region in enumerate(nodes)}

    def _dashes(self, node: _Node, indent: str) -> dict[str, _Node]:
        matches = list(_dash_at(indent).finditer(self._text, node.start, node.end))
        nodes = self._regions([(match.start(), match.end()) for match in matches], node)
        items = {}
        for index, (match, region) in enumerate(zip(matches, nodes, strict=True)):
            column = match.end() - match.start()
            inline = match.end() if _INLINE_KEY.match(self._text, match.end()) else -1
            items[str(index)] = _Node(region.line, region.start, region.end, inline, column)
        return items

    def _regions(self, spans: list[tuple[int, int]], node: _Node) -> list[_Node]:
        """Give each value the text up to where the next one starts, and its line."""
        regions = []
        line, counted = node.line, node.start
        ends = [start for start, _ in spans[1:]] + [node.end]
        for (start, after), end in zip(spans, ends, strict=True):
            line += self._text.count("\n", counted, start)
            counted = start
            regions.append(_Node(line, after, end))
        return regions


def _head_end(text: str) -> int:
    """Where a YAML document begins, behind its "---" if it has one."""
    head = _HEAD.match(text)
    return head.end() if head else 0


def _key(match: re.Match[str]) -> str:
    if match["double"] is not None:
        raw = match["double"]
        return _unescaped(raw) if "\\" in raw else raw
    if match["single"] is not None:
        return match["single"].replace("''", "'")
    return match["plain"].strip()


def _unescaped(raw: str) -> str:
    try:
        return str(json.loads(f'"{raw}"'))
    except ValueError:
        return raw


@lru_cache(maxsize=64)
def _key_at(indent: str) -> re.Pattern[str]:
    return re.compile(f"^{indent}{_KEY}", re.MULTILINE)


@lru_cache(maxsize=64)
def _item_at(indent: str) -> re.Pattern[str]:
    return re.compile(rf"^{indent}(?:\}},[ \t]*\{{|[^\s\}}\]])", re.MULTILINE)


@lru_cache(maxsize=64)
def _dash_at(indent: str) -> re.Pattern[str]:
    return re.compile(rf"^{indent}-(?:[ \t]+(?=\S)|(?=[ \t]*$))", re.MULTILINE)
