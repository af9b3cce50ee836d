"""Anchors and slugs: stable, readable, unique."""

from __future__ import annotations

import re

_OTHER = re.compile(r"[^\w.-]+")
_LONGEST = 100


class Names:
    """Gives out names that differ, with ``fold`` in more than case."""

    def __init__(self, *, fold: bool = True) -> None:
        self._key = str.casefold if fold else str
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}  # where to go on: thousands may be called the same

    def unique(self, name: str) -> str:
        """Return ``name``, with "-2", "-3"… behind it if it was given out before."""
        found, key = name, self._key(name)
        while self._key(found) in self._taken:
            self._counts[key] = number = self._counts.get(key, 1) + 1
            found = f"{name}-{number}"
        self._taken.add(self._key(found))
        return found


def anchor(prefix: str, name: str) -> str:
    """Return ``name`` as an anchor: letters, digits, ``_``, ``.`` and ``-``; its case is kept."""
    return f"{prefix}-{_OTHER.sub('-', name).strip('-.')[:_LONGEST]}"


def slug(name: str) -> str:
    """Return ``name`` as a folder of the site: as an anchor, in lower case and ASCII."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain[:60].strip("-")
