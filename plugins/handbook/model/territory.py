"""Who answers for which of a service's Python files."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.source import Spot


class Claim(Struct, frozen=True):
    """The line that gives files to owners; ``owners`` as written, in small letters.

    ``whole``: it gives all files of the service alike, and so tells nothing of any one.
    """

    owners: frozenset[str]
    spot: Spot
    whole: bool = False


class Territory(Struct, frozen=True):
    """``claims`` and, for each path that one of them names, which: its place among them."""

    claims: tuple[Claim, ...] = ()
    files: dict[str, int] = {}

    def claim(self, path: str) -> Claim | None:
        """Return what decides on a file."""
        place = self.files.get(path)
        return None if place is None else self.claims[place]
