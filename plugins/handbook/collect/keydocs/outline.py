"""The outline of a Markdown, reStructuredText or plain text: headings, and what is below each."""

from __future__ import annotations

import re

from handbook.headings import LineReader, front_matter, plain_title
from handbook.model.keydocs import Document, Part

_LINES = 3_000
_TEXT = 256 * 1024  # characters
_LINE = 400  # characters of a line that are looked at closely
_COMMAND = re.compile(r"^\s{0,3}(`{1,2})[^`\s]+ [^`]+\1[:.]?\s*$")  # a line of nothing but code
_NUMBERED = re.compile(r"^\s{0,6}(?:\d{1,3}[.)]|#\.)\s+\S")
_BULLET = re.compile(r"^\s{0,6}[-*+•]\s+\S")
_LINK = re.compile(
    r"\]\(\s*<?([^()\s<>]{1,200})|<a\s[^>]{0,200}href=\"([^\"]{1,200})|`_?<([^>]{1,200})>`_"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_NOISE = re.compile(
    r"!\[[^\]]{0,120}\]\([^)]{0,200}\)|<[^<>]{0,200}>|\[!?\[[^\]]{0,120}\]|https?://\S+|\]\([^)]{0,200}\)"
)
_BLANK = re.compile(
    r"\b(?:TODO|TBD|FIXME|XXX|lorem ipsum)\b|<(?:your|insert|name of|describe)\b|"
    r"\[(?:your|insert|fill)\b|_{4,}",
    re.IGNORECASE,
)
_ENVIRONMENTS = {
    "dev": re.compile(r"\bdev(?:elopment)?\b", re.IGNORECASE),
    "stage": re.compile(r"\b(?:stage|staging|pre-?prod(?:uction)?|qa|uat)\b", re.IGNORECASE),
    "production": re.compile(r"\b(?:prod(?:uction)?|live)\b", re.IGNORECASE),
}


def outline_of(path: str, text: str) -> Document:
    """Read a text's outline. Lines, and what a pattern may span, are short: work is bounded."""
    lines = text[:_TEXT].split("\n")[:_LINES]
    reader = _Reader()
    lines[: front_matter(lines)] = [""] * front_matter(lines)
    for number, line in enumerate(lines, start=1):
        reader.take(number, line, lines[number] if number < len(lines) else "")
    parts = reader.finish()
    top = next((part for part in parts if part.title), None)
    return Document(
        path=path,
        title=top.title if top else "",
        parts=parts,
        words=sum(part.words for part in parts),
        blanks=tuple(reader.blanks),
        environments=_environments(text),
    )


class _Reader:
    """Goes through the lines once."""

    def __init__(self) -> None:
        self.blanks: list[int] = []
        self._parts: list[Part] = []
        self._lines = LineReader()
        self._lead: tuple[int, str] | None = None
        self._text: list[str] = []
        self._start("", 0, 1)

    def take(self, number: int, line: str, following: str) -> None:
        """Take one line; ``following`` is the next one, which may underline it."""
        rest = line[_LINE:].split()  # a paragraph on one line: its words count, no more
        line = line[:_LINE]
        seen = self._lines.take(line, following[:_LINE])
        self._text.append(seen.text)
        if seen.kind == "code":
            self._code = True
        elif seen.kind == "heading":
            self._start(seen.title, seen.level, number)
        elif seen.kind == "text":
            if _BLANK.search(line):  # in a comment, too
                self.blanks.append(number)
            self._body(number, seen.text)
            self._words += len(rest)

    def finish(self) -> tuple[Part, ...]:
        """Return all parts; an empty one before the first heading is left out."""
        self._close(self._text)
        return tuple(part for part in self._parts if part.title or part.words or part.code)

    def _body(self, number: int, line: str) -> None:
        if line.startswith(("    ", "\t")) and line.strip() and not _BULLET.match(line):
            self._code = True
        if ".. code" in line or "<pre" in line.lower() or _COMMAND.match(line):
            self._code = True
        self._links += [a or b or c for a, b, c in _LINK.findall(line)]
        words = len(_WORD.findall(_NOISE.sub(" ", line)))
        self._words += words
        self._item(number, line, words)

    def _item(self, number: int, line: str, words: int) -> None:
        """Count items of lists, and keep the line that leads into one."""
        if not line.strip():
            return
        numbered, bullet = _NUMBERED.match(line), _BULLET.match(line)
        self._steps += bool(numbered)
        self._bullets += bool(bullet)
        if not (numbered or bullet):
            said = line.strip()
            self._lead = (number, plain_title(said[:-1])) if said.endswith(":") else None
            return
        self._listed += words
        if self._lead:
            self._leads.append(self._lead)
            self._lead = None

    def _start(self, title: str, level: int, line: int) -> None:
        if hasattr(self, "_title"):
            self._close(self._text[:-1])  # the last line is the new title
            self._text = self._text[-1:]
        self._title, self._level, self._line = title, level, line
        self._words, self._listed, self._steps, self._bullets = 0, 0, 0, 0
        self._code = False
        self._links: list[str] = []
        self._leads: list[tuple[int, str]] = []
        self._lead = None

    def _close(self, lines: list[str]) -> None:
        text = "\n".join(lines)
        self._parts.append(
            Part(
                title=self._title,
                level=self._level,
                line=self._line,
                words=self._words,
                listed=self._listed,
                code=self._code,
                steps=self._steps,
                bullets=self._bullets,
                links=tuple(self._links[:200]),
                leads=tuple(self._leads[:50]),
                environments=_environments(text),
            )
        )


def _environments(text: str) -> tuple[str, ...]:
    return tuple(name for name, found in _ENVIRONMENTS.items() if found.search(text))
