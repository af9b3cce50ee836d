"""What changed in the handbook's own pages, day by day: read from the git repo they are in.

Two states are compared, the last one of a day and the last one of the day before it in
history. So a merge, a rebase or a shallow clone cannot confuse it: of the oldest day at hand
nothing is said, for there is nothing to compare it with.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Literal

from msgspec import Struct

from handbook.errors import TreeError
from handbook.tree import RepoTree, WorkingTree, top_of

_COMMITS = 1000  # that are looked at
_DAYS = 20  # that are told
_BYTES = 1 << 20  # of one page
_HIDDEN = re.compile(r"(?:^|/)[._]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"(#{1,6})\s+(.+?)(?:\s+#+)?\s*$")
_ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
_MARKS = re.compile(r"[`*]|\[([^\]]*)\]\([^)]*\)")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_INTRODUCTION = "introduction"


class PageChange(Struct, frozen=True):
    """How one page differs: the titles of its sections that are new, changed and gone."""

    path: str
    title: str
    kind: Literal["new", "changed", "gone"]
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


class DayOfPages(Struct, frozen=True):
    """All pages that changed on a day (YYYY-MM-DD); ``moment`` is the last commit's."""

    day: str
    moment: str
    changes: tuple[PageChange, ...]


def page_history(docs: Path, pages: frozenset[str]) -> tuple[DayOfPages, ...]:
    """Return the days on which pages changed, newest first.

    ``pages`` are those of the site, by their paths from the top of the repo that ``docs`` is
    in. Below ``docs``, pages that there were once count too. Nothing if there is no repo, or
    one that cannot be read.
    """
    top = top_of(docs)
    inside = docs.resolve().relative_to(top).as_posix()
    prefix = "" if inside == "." else f"{inside}/"
    try:
        with WorkingTree(top) as tree:
            return tuple(_days(tree, prefix, pages))
    except TreeError:
        return ()


def _days(tree: RepoTree, docs: str, pages: frozenset[str]) -> Iterator[DayOfPages]:
    folders = {page.partition("/")[0] for page in pages if not page.startswith(docs)}
    last: dict[str, tuple[str, str]] = {}  # of each day, its last moment and commit
    for folder in (docs.rstrip("/"), *sorted(folders)):
        for commit in tree.commits(folder, _COMMITS):
            day = commit.committed[:10]
            last[day] = max(last.get(day, ("", "")), (commit.committed, commit.sha))
    days = sorted(last, reverse=True)[: _DAYS + 1]
    for day, before in itertools.pairwise(days):
        new, old = tree.at(last[day][1]), tree.at(last[before][1])
        changes = tuple(_changes(old, new, _pages(old, docs, pages), _pages(new, docs, pages)))
        if changes:
            yield DayOfPages(day, last[day][0], changes)


def _pages(tree: RepoTree, docs: str, pages: frozenset[str]) -> dict[str, str]:
    """Map each page to the name of its version."""
    return {
        path: entry.oid
        for path, entry in tree.entries().items()
        if path in pages
        or (path.startswith(docs) and path.endswith(".md") and not _HIDDEN.search(path))
    }


def _changes(
    old: RepoTree, new: RepoTree, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[PageChange]:
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        was = sections(_read(old, path)) if path in before else {}
        now = sections(_read(new, path)) if path in after else {}
        if change := compare(path, was, now):
            yield change


def _read(tree: RepoTree, path: str) -> str:
    try:
        return tree.text(path, _BYTES)
    except TreeError:
        return ""


def compare(path: str, was: Mapping[str, str], now: Mapping[str, str]) -> PageChange | None:
    """Say how a page's sections differ; None if a reader sees the same."""
    title = next(iter(now or was), "") or path.rpartition("/")[2]
    if not was or not now:
        return PageChange(path, title, "gone" if was else "new") if was or now else None
    first = next(iter(was))
    new = tuple(name for name in now if name not in was and name != title)
    gone = tuple(name for name in was if name not in now and name != first)
    changed = [name for name in now if name in was and was[name] != now[name] and name != title]
    if was[first] != now[title]:
        changed.insert(0, _INTRODUCTION)
    if not (new or gone or changed or first != title):
        return None
    return PageChange(path, title, "changed", new, tuple(changed), gone)


def sections(text: str) -> dict[str, str]:
    """Map each heading of a Markdown page to a digest of what is below it, the title first."""
    found: dict[str, list[str]] = {}
    name, fence = "", ""
    for line in _FRONT.sub("", text.replace("\r\n", "\n")).split("\n"):
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif not fence and (heading := _HEADING.match(line)):
            name = _MARKS.sub(r"\1", _ATTRIBUTES.sub("", heading[2]))
            found.setdefault(name, [])
            continue
        if line.strip() and found:
            found[name].append(line.rstrip())
    return {
        name: sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()
        for name, lines in found.items()
    }
