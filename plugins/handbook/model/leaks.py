"""Secrets that a repo seems to hold. The secret itself is never part of it."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.source import Spot


class Leak(Struct, frozen=True, array_like=True):
    """What looks like a secret: what kind, and the line with all but its beginning masked.

    ``aside`` is set where its file's name, or a comment above it, says that it is none.
    """

    kind: str
    spot: Spot
    aside: bool = False


class Leaks(Struct, frozen=True):
    """All of them, in the order of paths. ``files`` is how many files were looked through."""

    files: int = 0
    found: tuple[Leak, ...] = ()
