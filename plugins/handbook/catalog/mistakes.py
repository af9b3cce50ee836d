"""Gather the mistakes of one file, to report them together."""

from __future__ import annotations

from handbook.errors import CatalogError


class Mistakes:
    """All mistakes of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, text: str) -> None:
        """Note a mistake; ``line`` 0 means the file as a whole."""
        self._found.append((line, text))

    def raise_any(self) -> None:
        """Raise all that was noted, in the order of the lines."""
        if not self._found:
            return
        ordered = sorted(self._found, key=lambda item: item[0])
        raise CatalogError(
            tuple(f"{self.file}{f':{line}' if line else ''}: {text}" for line, text in ordered)
        )
