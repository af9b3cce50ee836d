"""Changelog files: cut into the sections of their releases. Nothing is rendered here."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Literal

from handbook.errors import TreeError
from handbook.model.facts import Problem
from handbook.model.history import Changelog, ChangelogSection
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree

_BASES = ("CHANGELOG", "CHANGES", "HISTORY", "NEWS", "RELEASES", "RELEASE_NOTES", "RELEASE-NOTES")
_FORMATS: dict[str, Literal["md", "rst", "txt"]] = {
    ".md": "md",
    ".markdown": "md",
    ".rst": "rst",
    ".txt": "txt",
    "": "txt",
}
_FOLDERS = ("", "docs")
_SECTIONS = 5
_SECTION_TEXT = 16 * 1024
_VERSION = re.compile(r"\bv?\d+(?:\.\d+)+|\bunreleased\b|\bupcoming\b|\b\d{4}-\d\d-\d\d\b", re.I)
_ATX = re.compile(r"^ {0,3}(?P<marks>#{1,4})[ \t]+(?P<title>\S.*?)[ \t]*#*$")
_RULE = re.compile(r"^(?P<char>[=\-~^\"'*+#`])(?P=char){2,}[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)")

Heading = tuple[int, int, str]  # index of its first line, of the line after it, title


def find_changelog(tree: RepoTree, service: Service) -> str | None:
    """The changelog in the service's folder or its docs, whatever the case of its name."""
    wanted = {
        service.inside(posixpath.join(folder, base + ending)).casefold(): (at, base, ending)
        for at, folder in enumerate(_FOLDERS)
        for base in _BASES
        for ending in _FORMATS
    }
    hits = [
        entry.path
        for entry in tree.under(service.path)
        if entry.path.casefold() in wanted and entry.kind != "submodule"
    ]
    order = list(wanted)
    return min(hits, key=lambda path: order.index(path.casefold()), default=None)


def read_changelog(tree: RepoTree, path: str, limits: Limits) -> Changelog | Problem:
    """Read the newest sections of a changelog; without any heading, its beginning."""
    try:
        text = tree.text(path, limits.markdown_page)
    except TreeError as exc:
        hint = "Move old releases into a file of their own."
        return Problem(f"The changelog is not read: {exc}", tree.origin(path), "notice", hint)
    kind = _FORMATS[posixpath.splitext(path)[1].lower()]
    lines = text.split("\n")
    headings = _releases(lines, kind)
    if not headings:
        body, cut = _cut("\n".join(lines).strip())
        sections = (ChangelogSection("", body, 1),) if body else ()
        return Changelog(tree.origin(path), kind, sections, cut)
    ends = [start for start, _, _ in headings[1:]] + [len(lines)]
    found = [
        (title, _cut("\n".join(lines[body:end]).strip()), start + 1)
        for (start, body, title), end in zip(headings, ends, strict=True)
    ]
    # "Unreleased" stands empty in many changelogs: nothing to show.
    filled = [item for item in found if item[1][0]]
    shown = tuple(
        ChangelogSection(title, text, line) for title, (text, _), line in filled[:_SECTIONS]
    )
    more = len(filled) > _SECTIONS or any(cut for _, (_, cut), _ in filled[:_SECTIONS])
    return Changelog(tree.origin(path), kind, shown, more)


def _cut(text: str) -> tuple[str, bool]:
    """Keep whole lines up to the limit."""
    if len(text) <= _SECTION_TEXT:
        return text, False
    return text[:_SECTION_TEXT].rpartition("\n")[0], True


def _releases(lines: list[str], kind: str) -> list[Heading]:
    """Headings that name a release: those of the level on which the first version is."""
    markdown = kind == "md"
    text = _without_code(lines) if markdown else lines
    headings = list(_atx(text)) if markdown else []
    headings += list(_underlined(text, "=-" if markdown else ""))
    headings.sort()
    named = [item for item in headings if _VERSION.search(item[3])]
    if not named:
        return []
    level = min(item[2] for item in named)
    return [(start, body, title) for start, body, depth, title in headings if depth == level]


def _without_code(lines: list[str]) -> list[str]:
    """Blank the lines of fenced code: a comment in a script is no heading."""
    kept: list[str] = []
    fenced = False
    for line in lines:
        edge = _FENCE.match(line)
        kept.append("" if fenced or edge else line)
        fenced = fenced != bool(edge)
    return kept


def _atx(lines: list[str]) -> Iterator[tuple[int, int, int, str]]:
    for at, line in enumerate(lines):
        heading = _ATX.match(line[:500])
        if heading:
            yield at, at + 1, len(heading["marks"]), _title(heading["title"])


def _underlined(lines: list[str], marks: str) -> Iterator[tuple[int, int, int, str]]:
    """Titles with a line of marks below (any, if ``marks`` is ""), perhaps also above.

    The level is the order in which marks first appear.
    """
    levels: dict[str, int] = {}
    for at in range(1, len(lines)):
        rule, title = _RULE.match(lines[at][:500]), lines[at - 1][:500]
        if not rule or not title.strip() or title[0].isspace() or _RULE.match(title):
            continue
        if (marks and rule["char"] not in marks) or len(rule[0]) < len(title.strip()) // 2:
            continue
        over = at >= 2 and lines[at - 2].strip() == lines[at].strip()
        depth = levels.setdefault(rule["char"] + ("over" if over else ""), len(levels) + 1)
        yield (at - 2 if over else at - 1), at + 1, depth, _title(title)


def _title(text: str) -> str:
    """A heading's text without links and marks: "[1.2.0] - 2026-01-02" reads "1.2.0 - ..."."""
    text = re.sub(r"\[([^\][]*)\](?:\([^()]*\)|\[[^\][]*\])?", r"\1", text)
    return " ".join(re.sub(r"[`*]", "", text).split())[:120]
