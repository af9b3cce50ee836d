"""What all manifest readers share: the record they give, and tolerant access to parsed data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from handbook.model.facts import Origin, Problem
from handbook.model.package import Package
from handbook.tomldata import parse_toml
from handbook.tree import single_line

_TEXT = 300
_WORDS: dict[type, str] = {str: "text", list: "a list", dict: "a table"}


class Person(Struct, frozen=True):
    """Someone a manifest names, as written; ``line`` is 0 if it could not be found."""

    text: str
    role: Literal["author", "maintainer"]
    line: int


class Manifest(Struct, frozen=True):
    """One manifest as read; ``package`` is None where the file does not describe one."""

    package: Package | None
    people: tuple[Person, ...] = ()
    problems: tuple[Problem, ...] = ()


Reader = Callable[[str, Origin], Manifest]
Table = Mapping[str, object]


def unreadable(origin: Origin, format_name: str, why: str, line: int = 0) -> Manifest:
    """Return the manifest of a file that cannot be parsed."""
    place = Origin(origin.repo, origin.commit, origin.path, line)
    message = f"{origin.path} is not read: {one_line(why)}"
    return Manifest(None, problems=(Problem(message, place, hint=f"It has to be {format_name}."),))


def read_toml(text: str, origin: Origin) -> Table | Manifest:
    """Parse TOML, or return the manifest of a file that cannot be parsed."""
    try:
        return parse_toml(text)
    except (RecursionError, ValueError) as exc:
        at = re.search(r"at line (\d+)", str(exc))
        return unreadable(origin, "TOML", str(exc) or "nested too deep", int(at[1]) if at else 0)


def text_of(table: Table, key: str) -> str:
    """One line of text under ``key``, "" if it is absent or not text."""
    value = table.get(key)
    return one_line(value) if isinstance(value, str) else ""


def table_of(table: Table, *keys: str) -> Table:
    """The table below a path of keys, an empty one if there is none."""
    for key in keys:
        below = table.get(key)
        table = below if isinstance(below, dict) else {}
    return table


def list_of(table: Table, key: str) -> list[object]:
    """The list under ``key``, an empty one if there is none."""
    value = table.get(key)
    return value if isinstance(value, list) else []


def mistyped(
    table: Table, expected: Mapping[str, tuple[type, ...]], origin: Origin
) -> list[Problem]:
    """Name the fields that hold something else than their format allows."""
    return [
        Problem(
            f"{origin.path}: {key} should be {' or '.join(_WORDS[kind] for kind in kinds)}.",
            origin,
            "notice",
            "It is left out.",
        )
        for key, kinds in expected.items()
        if key in table and not isinstance(table[key], kinds)
    ]


def one_line(text: str) -> str:
    """Names, versions and descriptions are one line each, and not long."""
    return single_line(text, _TEXT)


def line_of(text: str, *needles: str) -> int:
    """The line on which the last needle stands, each looked for behind the one before; 0 if not.

    Parsers of TOML and JSON keep no lines; a value is found again by the words around it.
    """
    at = 0
    for needle in needles:
        at = text.find(needle, at)
        if at < 0:
            return 0
    return text.count("\n", 0, at) + 1


def key_line(text: str, key: str) -> int:
    """The first line that begins with a key of TOML, JSON or an INI file."""
    match = re.search(rf'^[ \t{{,]*"?{re.escape(key)}"?\s*[:=]', text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 0
