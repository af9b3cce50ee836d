"""Read ``.handbook.yml``: kind and style of the service, exemptions, attestations, dashboards.

Every mistake is reported, with its line; what is right is used all the same. An exemption that
lacks anything is not one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Literal, TypeVar, get_args
from urllib.parse import urlsplit

from handbook.collect.smallfiles import read_text
from handbook.errors import YamlError
from handbook.model.declared import Attestation, DashboardLink, Declared, Kind, Style
from handbook.model.facts import Absent, Broken, Fact, Found, Origin, Problem
from handbook.model.limits import Limits
from handbook.model.readiness import CODE, Exemption
from handbook.model.service import Service
from handbook.tree import RepoTree, single_line
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, iter_documents, texts

FILE = ".handbook.yml"
KEYS = ("kind", "style", "planned_weeks", "ignore", "exempt", "attest", "dashboards")

_FIRST = {"exempt": "rule", "attest": "rule", "dashboards": "title"}  # key of an entry
_ENTRIES = 200  # exemptions, attestations or patterns: as many as there can be rules
_TEXT = 500  # characters of a reason

T = TypeVar("T")


def collect_declared(tree: RepoTree, service: Service, limits: Limits) -> Fact[Declared]:
    """Read the file in the service's folder, else the one at the repo's root."""
    searched = tuple(dict.fromkeys((service.inside(FILE), FILE)))
    path = next((name for name in searched if tree.exists(name)), "")
    if not path:
        return Absent(searched)
    text = read_text(tree, path, limits)
    if isinstance(text, Problem):
        return Broken(text)
    try:
        document = next(iter_documents(text, limits), None)
    except YamlError as exc:
        hint = "Mend the YAML: until then nothing of the file counts."
        return Broken(Problem(exc.message, tree.origin(path, exc.line), "warning", hint))
    reader = _Reader(lambda line: tree.origin(path, line))
    declared = reader.read(document) if document is not None else Declared()
    return Found(declared, tree.origin(path), tuple(reader.problems))


class _Reader:
    """Takes the document apart and notes each mistake."""

    def __init__(self, origin: Callable[[int], Origin]) -> None:
        self._origin = origin
        self.problems: list[Problem] = []

    def read(self, document: Node) -> Declared:
        if not isinstance(document, Mapping):
            self._wrong(document.line, f"expected keys ({', '.join(KEYS)})", "See the example.")
            return Declared()
        for key, _ in document.pairs:
            if key.text not in KEYS:
                shown = single_line(key.text, 40)
                self._wrong(key.line, f"unknown key '{shown}'", f"Known: {', '.join(KEYS)}.")
        return Declared(
            kind=self._one_of(document, "kind", get_args(Kind)),
            style=self._one_of(document, "style", get_args(Style)),
            planned_weeks=self._weeks(document),
            ignore=tuple(item.text for item in texts(document.get("ignore"))[:_ENTRIES]),
            exemptions=self._entries(document, "exempt", self._exemption),
            attestations=self._entries(document, "attest", self._attestation),
            dashboards=self._entries(document, "dashboards", self._dashboard),
        )

    def _one_of(self, document: Mapping, key: str, known: tuple[T, ...]) -> T | Literal[""]:
        given = document.scalar(key)
        if given is None:
            return ""
        if found := next((item for item in known if item == given.text), None):
            return found
        shown = single_line(given.text, 40)
        self._wrong(
            given.line, f"'{key}' is '{shown}'", f"Use one of: {', '.join(map(str, known))}."
        )
        return ""

    def _weeks(self, document: Mapping) -> int:
        given = document.scalar("planned_weeks")
        if given is None:
            return 0
        if isinstance(given.value, int) and 0 <= given.value < 1_000:
            return int(given.value)
        shown = single_line(given.text, 40)
        self._wrong(given.line, f"'planned_weeks' is '{shown}'", "Use a whole number of weeks.")
        return 0

    def _entries(
        self, document: Mapping, key: str, read: Callable[[Mapping], T | None]
    ) -> tuple[T, ...]:
        node = document.get(key)
        if node is None or (isinstance(node, Scalar) and node.empty):
            return ()
        if not isinstance(node, Sequence):
            hint = f"Begin each entry with '- {_FIRST[key]}:'."
            self._wrong(node.line, f"'{key}' is not a list", hint)
            return ()
        entries = (self._entry(key, item, read) for item in node.items[:_ENTRIES])
        return tuple(entry for entry in entries if entry is not None)

    def _entry(self, key: str, item: Node, read: Callable[[Mapping], T | None]) -> T | None:
        if isinstance(item, Mapping):
            return read(item)
        hint = f"Begin it with '- {_FIRST[key]}:'."
        self._wrong(item.line, f"an entry of '{key}' has no keys", hint)
        return None

    def _exemption(self, entry: Mapping) -> Exemption | None:
        found = self._fields(entry, ("rule", "reason", "who", "until"))
        if found is None:
            return None
        rule, reason, who, until = found
        return Exemption(rule, reason, who, until, self._origin(entry.line))

    def _attestation(self, entry: Mapping) -> Attestation | None:
        found = self._fields(entry, ("rule", "statement", "link", "who", "until"))
        if found is None:
            return None
        rule, statement, link, who, until = found
        return Attestation(rule, statement, link, who, until, self._origin(entry.line))

    def _dashboard(self, entry: Mapping) -> DashboardLink | None:
        found = self._fields(entry, ("title", "url"))
        if found is None:
            return None
        title, url = found
        if not _is_address(url):
            shown = single_line(url, 80)
            hint = "Give an address that begins with https:// or http://, without a password."
            self._wrong(entry.line, f"'url' of a dashboard is '{shown}'", hint)
            return None
        return DashboardLink(title, url, self._origin(entry.line))

    def _fields(self, entry: Mapping, names: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the texts of all fields; None, and every mistake noted, unless all are right."""
        given = {name: entry.scalar(name) for name in names}
        before = len(self.problems)
        if missing := [name for name, value in given.items() if value is None]:
            listed = ", ".join(missing)
            self._wrong(entry.line, f"an entry lacks {listed}", f"It needs {', '.join(names)}.")
        code, until = given.get("rule"), given.get("until")
        if code and not CODE.fullmatch(code.text):
            shown = single_line(code.text, 40)
            self._wrong(code.line, f"'{shown}' is no rule's code", "Such as MON02.")
        if until and not _is_day(until.text):
            shown = single_line(until.text, 40)
            self._wrong(until.line, f"'until' is '{shown}'", "Write the last day as YYYY-MM-DD.")
        if len(self.problems) > before:
            return None
        return tuple(single_line(value.text, _TEXT) if value else "" for value in given.values())

    def _wrong(self, line: int, message: str, hint: str) -> None:
        self.problems.append(Problem(f"{FILE}: {message}.", self._origin(line), "warning", hint))


def _is_address(url: str) -> bool:
    """Whether it is a web address without a user and password: those belong in no repo."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = not re.search(r"[\s\x00-\x1f\x7f\\]", url)
    return plain and parts.scheme in ("http", "https") and bool(host) and "@" not in parts.netloc


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
