"""Terraform's language as text: blocks, their labels and attributes, with lines.

Nothing is evaluated: the value of an attribute is what is written. One pass over the text, with
bounds on depth and number; what is malformed ends the reading, and what was read until then
counts. Library parsers of HCL build a grammar's tree, which takes seconds for files of a few
thousand lines; a table of alerts needs brackets, quotes and line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_DEPTH = 32
_BLOCKS = 20_000
_VALUE = 8_000  # characters of one value that are kept
_BLANK = re.compile(r"(?:[\s,]|#[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*")
_SPACE = re.compile(r"[^\S\n]*")
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_HEREDOC = re.compile(r"<<-?\s*([A-Za-z_]\w*)[^\S\n]*\n")


@dataclass
class Value:
    """What an attribute is given, as written, without quotes where it is one string."""

    text: str
    line: int
    quoted: bool = False


@dataclass
class Block:
    """A block: ``resource "type" "name" { … }``."""

    kind: str
    labels: tuple[str, ...]
    line: int
    values: dict[str, Value] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return an attribute's value; "" where it is not given."""
        found = self.values.get(name)
        return found.text if found else ""

    def of(self, *kinds: str) -> Iterator[Block]:
        """Give the blocks inside of these kinds, those made by ``dynamic`` too."""
        for block in self.blocks:
            if block.kind in kinds:
                yield block
            elif block.kind == "dynamic" and block.labels and block.labels[0] in kinds:
                yield from (inner for inner in block.blocks if inner.kind == "content")


def blocks_of(text: str) -> list[Block]:
    """Return the blocks at the top of a file."""
    reader = _Reader(text)
    root = Block("", (), 1)
    reader.body(root, 0)
    return root.blocks


class _Stop(Exception):
    """The text is malformed from here on."""


class _Reader:
    """Reads one text from its start to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._blocks = 0
        self._line = 1
        self._counted = 0

    def body(self, block: Block, depth: int) -> None:
        """Read what is in a block; a malformed rest is left out."""
        try:
            self._body(block, depth)
        except _Stop:
            return

    def _body(self, block: Block, depth: int) -> None:
        while True:
            self._at = self._match(_BLANK)
            if self._at >= len(self._text):
                return
            if self._text[self._at] == "}":
                self._at += 1
                return
            self._item(block, depth)

    def _item(self, block: Block, depth: int) -> None:
        word = self._word()
        line = self._line_here()
        self._at = self._match(_SPACE)
        labels: list[str] = []
        while self._peek() == '"' or _WORD.match(self._text, self._at):
            labels.append(self._string() if self._peek() == '"' else self._word())
            self._at = self._match(_SPACE)
            if len(labels) > 4:
                raise _Stop
        if self._peek() == "{":
            self._blocks += 1
            if depth >= _DEPTH or self._blocks > _BLOCKS:
                raise _Stop
            self._at += 1
            inner = Block(word, tuple(labels), line)
            block.blocks.append(inner)
            self._body(inner, depth + 1)
        elif self._peek() in ("=", ":") and not labels:
            self._at += 1
            block.values.setdefault(word, self._value(line))
        else:
            raise _Stop

    def _word(self) -> str:
        if self._peek() == '"':
            return self._string()
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise _Stop
        self._at = found.end()
        return found[0]

    def _value(self, line: int) -> Value:
        self._at = self._match(_SPACE)
        start = self._at
        if found := _HEREDOC.match(self._text, self._at):
            return Value(self._heredoc(found), line, quoted=True)
        if self._peek() == '"':
            text = self._string()
            rest = self._text[self._at : self._at + 200].split("\n", 1)[0].split("#")[0].strip()
            if rest in ("", ",", "}"):
                return Value(text[:_VALUE], line, quoted=True)
        end = self._skip()
        return Value(self._text[start:end].strip()[:_VALUE], line)

    def _skip(self) -> int:
        """Go to the end of an expression, of its line unless a bracket is open; return its end."""
        depth = 0
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == '"':
                self._string()
                continue
            if char == "<" and (found := _HEREDOC.match(self._text, self._at)):
                self._heredoc(found)
                continue
            if char == "#" or self._text.startswith(("//", "/*"), self._at):
                end, after = self._at, self._match(_BLANK)
                if after == self._at and char == "/":
                    raise _Stop  # a comment without an end
                self._at = after
                if depth == 0:
                    return end
                continue
            if char in "([{":
                depth += 1
            elif char in ")]}":
                if depth == 0:
                    return self._at
                depth -= 1
            elif char == "\n" and depth == 0:
                return self._at
            self._at += 1
        return self._at

    def _string(self) -> str:
        """Read a quoted string; what stands in ``${…}`` may have quotes of its own."""
        start = self._at + 1
        at, open_ = start, 0
        text = self._text
        while at < len(text):
            char = text[at]
            if char == "\\":
                at += 2
                continue
            if text.startswith(("${", "%{"), at):
                open_ += 1
                at += 2
                continue
            if char == "}" and open_:
                open_ -= 1
            elif char == '"' and not open_:
                self._at = at + 1
                return text[start:at].replace('\\"', '"').replace("\\n", "\n")
            elif char == "\n" and not open_:
                break
            at += 1
        raise _Stop

    def _heredoc(self, found: re.Match[str]) -> str:
        end = re.compile(rf"^[ \t]*{re.escape(found[1])}[ \t]*$", re.MULTILINE)
        close = end.search(self._text, found.end())
        if close is None:
            raise _Stop
        self._at = close.end()
        return self._text[found.end() : close.start()][:_VALUE]

    def _match(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        return found.end() if found else self._at

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
