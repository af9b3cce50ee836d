"""Read the documents as data: links, anchors, tables, code blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<code>.*?)^(?P=fence)$", re.M | re.S
)
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (?P<text>.+?)\s*$", re.M)
_CELLS = re.compile(r"(?<!\\)\|")

Row = dict[str, str]


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without its code blocks."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """Targets of links and images, those to other sites left out."""
        found = [match["target"] for match in _LINK.finditer(self.prose)]
        return [target for target in found if not re.match(r"[a-z]+:", target)]

    @property
    def anchors(self) -> set[str]:
        """Anchors that its headings get."""
        return {anchor(match["text"]) for match in _HEADING.finditer(self.prose)}

    def code(self, language: str) -> list[str]:
        """Return its code blocks of a language."""
        blocks = _FENCE.finditer(self.text)
        return [match["code"] for match in blocks if match["language"].strip() == language]

    def section(self, heading: str) -> str:
        """Return the text from a heading to the next one of its level or above."""
        start = re.search(rf"^(?P<level>#+) {re.escape(heading)}$", self.text, re.M)
        assert start, f"{self}: no heading {heading!r}"
        rest = self.text[start.end() :]
        end = re.search(rf"^#{{1,{len(start['level'])}}} ", rest, re.M)
        return rest[: end.start()] if end else rest

    def table(self, heading: str) -> list[Row]:
        """Return the first table below a heading: a row is its cells by the column's title."""
        found = re.search(r"(?:^\|.*\n)+", self.section(heading), re.M)
        assert found, f"{self}: no table below {heading!r}"
        title, _, *rows = (_cells(line) for line in found[0].splitlines())
        return [dict(zip(title, row, strict=True)) for row in rows]


def anchor(heading: str) -> str:
    """Return what a heading's anchor is, on GitHub and on the handbook's site alike."""
    plain = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"[\s-]+", "-", plain.strip())


def codes(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def page(path: str) -> Page:
    """Return a page by its path from the root of the repo."""
    return Page(ROOT / path)


def pages() -> list[Page]:
    """Return every page of the repo, the ones that are only seen on the forge included."""
    found = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
    return [Page(path) for path in sorted(found)]


def yaml_of(path: str) -> Any:
    """Return a YAML file's content."""
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _CELLS.split(line.strip())[1:-1]]
