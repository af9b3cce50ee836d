"""Reads a page as its readers do: headings, sentences and code, and nothing of the markup."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
CODE = "`·`"  # stands for code within a sentence: a word, but none of English
FRONT = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
FENCE = re.compile(
    r"^(?P<indent> *)(?P<mark>`{3,}|~{3,})(?P<info>[^\n`]*)\n"
    r"(?P<body>.*?)^(?P=indent)(?P=mark)[ ]*$",
    re.DOTALL | re.MULTILINE,
)
HIDDEN = re.compile(r"<!--.*?-->|<svg\b.*?</svg>", re.DOTALL)
HINT = re.compile(r"<!--(?! template:)(?: optional:)?(.*?)-->", re.DOTALL)
BREAK = re.compile(r"<br ?/?>")
TAG = re.compile(r"</?[a-z][^<>]*>")
ATTRIBUTES = re.compile(r"\{:?\s*(?:[.#][\w-]|[\w-]+=\")[^{}\n]*\}")
ANCHOR = re.compile(r"\{[^{}]*?#([\w-]+)[^{}]*\}")
INCLUDE = re.compile(r'^ *--8<-- "([^"]+)"$', re.MULTILINE)
OPENS = re.compile(r'^( *)(?:===[!+]?|!!!|\?\?\?\+?)(?: [\w -]*?)?(?: ?"(.*)")?$')
DEFINES = re.compile(r"^( *):(   )", re.MULTILINE)  # of a definition list
ENDS = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9`])")
WORD = re.compile(r"[^\W_]+(?:[-'’/.][^\W_]+)*|`·`")


@dataclass(frozen=True)
class Fence:
    """A block of code: language, title, lines without indent, number of its first line."""

    language: str
    title: str
    body: str
    line: int

    @property
    def includes(self) -> list[str]:
        """What it includes, where it consists of nothing else."""
        lines = [line for line in self.body.splitlines() if line.strip()]
        return INCLUDE.findall(self.body) if all(map(INCLUDE.match, lines)) else []


@dataclass(frozen=True)
class Block:
    """A piece of text: ``kind`` is the tag it is in (h1, p, li, td), ``links`` what it leads to."""

    kind: str
    line: int
    text: str
    links: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The words; code within a sentence counts as one."""
        return WORD.findall(self.text)

    @property
    def sentences(self) -> list[str]:
        """The text, cut where a sentence ends."""
        return ENDS.split(self.text)


@dataclass(frozen=True)
class Page:
    """One page. ``anchors``: by heading, the anchor that is written beside it."""

    path: str
    meta: dict[str, Any]
    fences: list[Fence]
    blocks: list[Block]
    raw: str
    anchors: dict[str, str] = field(default_factory=dict)

    def headings(self, level: int) -> list[str]:
        """All headings of a level."""
        return [block.text for block in self.blocks if block.kind == f"h{level}"]

    def section(self, heading: str) -> list[Block]:
        """What stands below a heading of the second level."""
        found: list[Block] = []
        inside = False
        for block in self.blocks:
            if block.kind in {"h1", "h2"}:
                inside = block.kind == "h2" and block.text == heading
            elif inside:
                found.append(block)
        return found

    def below(self, heading: str) -> str:
        """The Markdown below a heading of the second level."""
        parts = re.split(r"^## +(.+?)(?: *\{.*\})?$", self.raw, flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True)).get(heading, "")

    @property
    def includes(self) -> list[str]:
        """Every part of a file that is included."""
        return INCLUDE.findall(self.raw)

    @property
    def words(self) -> int:
        """How many words of prose; code and what is included do not count."""
        return sum(len(block.words) for block in self.blocks)


@cache
def listed(*patterns: str) -> tuple[str, ...]:
    """Files of the repo that match, as a fresh clone would have them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(sorted(path for path in set(done.stdout.split("\n")) if (ROOT / path).is_file()))


@cache
def read(path: str) -> Page:
    """Read a page by its path in the repo."""
    return parse(path, (ROOT / path).read_text(encoding="utf-8"))


def parse(path: str, text: str) -> Page:
    """Read a page's text."""
    front = FRONT.match(text)
    meta = yaml.safe_load(front[1]) if front else {}
    # Lines keep their numbers: what is left out leaves its line ends.
    raw = _blank(FRONT, text)
    if "/blanks/" in path:
        raw = HINT.sub(r"\1", raw)  # what a template says, it says in comments
    fences = [
        Fence(*_info(m["info"]), textwrap.dedent(m["body"]), raw.count("\n", 0, m.start()) + 1)
        for m in FENCE.finditer(raw)
    ]
    plain = raw
    for pattern in (FENCE, HIDDEN, INCLUDE):
        plain = _blank(pattern, plain)
    anchors = {
        re.sub(r"\s*\{.*", "", line.lstrip("# ")): found[1]
        for line in plain.splitlines()
        if line.startswith("#") and (found := ANCHOR.search(line))
    }
    plain = DEFINES.sub(r"\1    ", ATTRIBUTES.sub("", plain))
    blocks = list(_blocks(TAG.sub("", BREAK.sub(" · ", _outdented(plain)))))
    return Page(path, meta or {}, fences, blocks, raw, anchors)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "\n" * match[0].count("\n"), text)


def _info(info: str) -> tuple[str, str]:
    title = re.search(r'title="([^"]*)"', info)
    return (info.split() or [""])[0], title[1] if title else ""


def _outdented(text: str) -> str:
    """Take tabs, notes and definitions out of their indent; their titles become sentences."""
    lines, depth = [], 0
    for line in text.splitlines():
        if (found := OPENS.match(line)) is not None:
            depth = len(found[1]) + 4
            lines.append(f"{found[2]}." if found[2] else "")
            continue
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent < depth:
            depth = indent
        lines.append(line[depth:])
    return "\n".join(lines)


def _blocks(text: str) -> Iterator[Block]:
    within: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.nesting == 1:
            within.append(token.tag)
        elif token.nesting == -1:
            within.pop()
        elif token.type == "inline" and token.children:
            tags = [tag for tag in within if tag in {"li", "td", "th"}] or within
            links = tuple(
                str(child.attrs.get("href"))
                for child in token.children
                if child.type == "link_open"
            )
            content = "".join(map(_said, token.children)).strip()
            if content:
                yield Block(tags[-1], (token.map or [0])[0] + 1, content, links)


def _said(token: Token) -> str:
    if token.type == "code_inline":
        return CODE
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return token.content if token.type == "text" else ""
