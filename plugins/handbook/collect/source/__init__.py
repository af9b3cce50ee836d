"""Read a service's own Python source once, for all rules that judge code."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import TypeVar

from handbook.collect.scope import own_files
from handbook.collect.source.reading import Reading, read_module
from handbook.errors import TreeError
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Source, Spot
from handbook.tree import RepoTree

__all__ = ["collect_source"]

T = TypeVar("T")

_FILES = 20_000
_MOST = 200_000  # of each kind: what a repo of 3,600 files has ten times over
_PYTHON2 = re.compile(
    r"^\s*(?:print\s+['\"\w(%]|exec\s+['\"]|except\s+\w[\w., ]*,\s*\w+\s*:|raise\s+\w+\s*,)",
    re.MULTILINE,
)


def collect_source(tree: RepoTree, service: Service, limits: Limits) -> Fact[Source]:
    """Read every Python file that is the service's own; absent if there is none.

    A file that cannot be read is noted and costs nothing else.
    """
    own = own_files(tree, service, limits)
    paths = [
        entry.path
        for entry in tree.under(service.path)
        if entry.path.endswith(".py") and entry.kind in ("file", "executable") and own(entry.path)
    ]
    if not paths:
        return Absent((service.inside("**/*.py"),))
    merged = _Merged()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other people's code
        for path in paths[:_FILES]:
            merged.add(path, _text(tree, path, limits))
    return Found(merged.source(), tree.origin(service.path))


def _text(tree: RepoTree, path: str, limits: Limits) -> str | None:
    try:
        return tree.text(path, limits.blob)
    except TreeError:
        return None


class _Merged:
    """Puts the readings of all files together, each kind up to a bound."""

    def __init__(self) -> None:
        self._readings: list[Reading] = []
        self._python2: list[Spot] = []
        self._unread: list[Spot] = []

    def add(self, path: str, text: str | None) -> None:
        if text is None:
            self._unread.append(Spot(path, 0))
            return
        try:
            module = ast.parse(text)
            reading = read_module(module, path, text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
            line = getattr(exc, "lineno", 0) or 0
            old = _PYTHON2.search(text)
            spot = _spot(path, text, text.count("\n", 0, old.start()) + 1 if old else line)
            (self._python2 if old else self._unread).append(spot)
            return
        self._readings.append(reading)

    def source(self) -> Source:
        return Source(
            files=len(self._readings) + len(self._python2) + len(self._unread),
            imports=tuple(_first(r.imports for r in self._readings)),
            calls=tuple(_first(r.calls for r in self._readings)),
            functions=tuple(_first(r.functions for r in self._readings)),
            routes=tuple(_first(r.routes for r in self._readings)),
            sql=tuple(_first(r.sql for r in self._readings)),
            python2=tuple(self._python2),
            unread=tuple(self._unread),
        )


def _first(lists: Iterator[list[T]]) -> Iterator[T]:
    left = _MOST
    for items in lists:
        yield from items[:left]
        left -= len(items)
        if left <= 0:
            return


def _spot(path: str, text: str, line: int) -> Spot:
    lines = text.split("\n")
    shown = lines[line - 1].strip()[:160] if 0 < line <= len(lines) else ""
    return Spot(path, line, shown)
