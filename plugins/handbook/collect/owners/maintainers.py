"""MAINTAINERS files, which have no common form: lists, tables, plain lines, the kernel's letters.

A line counts when it can be told to name someone: a row of a table with a name or GitHub
column, a list item or plain line with a handle, an address or a profile link in it, or a list
item that is nothing but a name. Prose is skipped, and so are sections of former maintainers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.owners.claims import Claim, Claims
from handbook.collect.owners.names import Named, clean, kind_of, name_phrase
from handbook.collect.paths import compile_pattern
from handbook.collect.smallfiles import read_text
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.people import Mention
from handbook.model.service import Service
from handbook.tree import RepoTree

_NAMES = ("MAINTAINERS", "MAINTAINERS.md", "MAINTAINERS.txt", "MAINTAINERS.rst")
_MOST = 100
_FORMER = re.compile(r"emerit|former|past\b|inactive|retired|alumni|previous", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+(?P<text>\S.*)$")
_SOMEONE = re.compile(r"(?<![\w.])@\w|\w@\w|https?://(?:www\.)?git(?:hub|lab)\.com/\w")
_KERNEL = re.compile(r"^(?P<letter>[A-Z]):\s*(?P<text>\S.*)$")
_NAME_COLUMN = re.compile(r"name|maintainer|person|who|member", re.IGNORECASE)
_HANDLE_COLUMN = re.compile(r"git\s*(?:hub|lab)|handle|user|login|\bid\b", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){1,3}")

Entry = tuple[int, Named, str, bool]  # line, who, path pattern, whether it covers the service


def collect_maintainers(tree: RepoTree, service: Service, limits: Limits) -> Claims:
    """Read the first MAINTAINERS file: in the service's folder, else at the root."""
    folders = dict.fromkeys((service.path, ""))
    places = tuple(
        f"{folder}/{name}" if folder else name
        for folder in folders
        for base in _NAMES
        for name in (base, f".github/{base}" if not folder else base)
    )
    places = tuple(dict.fromkeys(places))
    path = next((place for place in places if tree.exists(place)), None)
    if path is None:
        return Claims(searched=places)
    text = read_text(tree, path, limits)
    if isinstance(text, Problem):
        return Claims((), (text,), places)
    found = _kernel(text, service.path) if _is_kernel(text) else tuple(_people(text))
    claims = tuple(
        Claim(
            named, Mention("MAINTAINERS", "maintainer", tree.origin(path, line), clean(rule), whole)
        )
        for line, named, rule, whole in found[:_MOST]
    )
    return Claims(claims, _oddities(found, path, tree), places)


def _oddities(found: tuple[Entry, ...], path: str, tree: RepoTree) -> tuple[Problem, ...]:
    if not found:
        message = f"{path} names nobody we can recognise."
        hint = "Write one maintainer a line: `- Name (@handle)`."
        return (Problem(message, tree.origin(path), "notice", hint),)
    if len(found) > _MOST:
        message = f"Only the first {_MOST} of {len(found)} maintainers are shown."
        return (Problem(message, tree.origin(path), "notice"),)
    return ()


def _people(text: str) -> Iterator[Entry]:
    """Read lists, tables and plain lines."""
    former = False
    columns: dict[int, str] | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw[:2000]
        heading = re.match(r"^\s*#+\s+(?P<text>.*)$|^(?P<label>[^|@]{3,60}):\s*$", line)
        if heading or re.match(r"^\s*[=~-]{3,}\s*$", line):
            former = bool(heading and _FORMER.search(heading[0])) or (former and not heading)
            columns = None
            continue
        if line.strip().startswith("|"):
            columns, named = _row(line, columns)
        else:
            columns, named = None, _line(line)
        if named and not former:
            yield number, named, "", True


def _row(line: str, columns: dict[int, str] | None) -> tuple[dict[int, str] | None, Named | None]:
    """Read one row of a table; ``columns`` tells which hold a name or a handle."""
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if columns is None:
        found = {
            at: kind
            for at, cell in enumerate(cells)
            for kind, words in (("handle", _HANDLE_COLUMN), ("name", _NAME_COLUMN))
            if words.search(cell)
        }
        return found, None
    if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
        return columns, None
    held = {kind: cells[at] for at, kind in columns.items() if at < len(cells) and cells[at]}
    named = name_phrase(held.get("name") or held.get("handle", ""))
    if named is None:
        return columns, None
    if not named.handle and held.get("handle"):
        login = name_phrase(held["handle"])
        if login and not login.handle and re.fullmatch(r"[\w.-]+", login.name):
            login = name_phrase(f"@{login.name}")
        if login and login.handle:
            named = Named(named.name, login.handle, kind_of(login.handle, named.name))
    return columns, named


def _line(line: str) -> Named | None:
    """Read a list item or plain line."""
    if line.lstrip().startswith("#"):
        return None
    item = _ITEM.match(line)
    text = item["text"] if item else line.strip()
    words = re.sub(r"<[^>]*>|\([^)]*\)|\S*@\S+|https?://\S+", " ", text).split()
    if len(words) > 8:
        return None  # a sentence
    if _SOMEONE.search(text) or (item and _PLAIN_NAME.fullmatch(text.strip("*_` "))):
        return name_phrase(text)
    return None


def _is_kernel(text: str) -> bool:
    return bool(re.search(r"^M:\s*\S", text, re.MULTILINE)) and bool(
        re.search(r"^[FST]:\s*\S", text, re.MULTILINE)
    )


def _kernel(text: str, folder: str) -> tuple[Entry, ...]:
    """Read the kernel's form: blocks with M: (who) and F: (paths), parted by empty lines."""
    found: list[Entry] = []
    people: list[tuple[int, Named]] = []
    paths: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        entry = _KERNEL.match(line)
        if entry and entry["letter"] == "M":
            named = name_phrase(entry["text"])
            people += [(number, named)] if named else []
        elif entry and entry["letter"] == "F":
            paths.append(entry["text"].strip())
        elif not line.strip():
            covering = [path for path in paths if compile_pattern(f"/{path}").covers(folder)]
            if covering or not paths:
                found += [(at, named, "".join(covering[:1]), True) for at, named in people]
            elif not folder:  # the service is the whole repo: every part of it counts
                found += [(at, named, paths[0], False) for at, named in people]
            people, paths = [], []
    return tuple(found)
