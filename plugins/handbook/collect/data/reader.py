"""What all parts of this folder read with: the service's own files, and what was odd about them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import cached_property

from handbook.collect.scope import own_files
from handbook.errors import TreeError, YamlError
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tree import RepoTree
from handbook.tree.records import TreeEntry
from handbook.yamlnodes import Mapping, Scalar, Sequence, iter_documents

_TEXT = 160  # characters of a line that are kept
_NAME = 300
_NAMES = 200  # of one list


class Reader:
    """Reads files of one service; what cannot be read becomes a problem, not an exception."""

    def __init__(self, tree: RepoTree, service: Service, limits: Limits) -> None:
        self.tree = tree
        self.service = service
        self.limits = limits
        self.problems: list[Problem] = []
        self._own = own_files(tree, service, limits)

    @cached_property
    def entries(self) -> tuple[TreeEntry, ...]:
        """The service's own files, in the order of paths."""
        return tuple(
            entry
            for entry in self.tree.under(self.service.path)
            if entry.kind in ("file", "executable") and self._own(entry.path)
        )

    @cached_property
    def folders(self) -> frozenset[str]:
        """The folders that own files are in, and those above them."""
        found: set[str] = set()
        for entry in self.entries:
            folder = posixpath.dirname(entry.path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def own(self, path: str) -> bool:
        """Whether rules look at a path."""
        return self._own(path)

    def named(self, *names: str) -> Iterator[str]:
        """Give the paths of own files of these names."""
        return (e.path for e in self.entries if posixpath.basename(e.path) in names)

    def text(self, path: str) -> str:
        """Return a file's text; "" if it cannot be read."""
        try:
            return self.tree.text(path, self.limits.blob)
        except TreeError as exc:
            self.odd(f"{path} is not read: {exc}", path)
            return ""

    def mapping(self, path: str) -> Mapping | None:
        """Return the first document of a YAML file if it is a mapping; tell if it is no YAML."""
        text = self.text(path)
        try:
            node = next(iter(iter_documents(text, self.limits)), None)
        except YamlError as exc:
            self.odd(f"{path} is no YAML that can be read: {exc}", path, exc.line)
            return None
        return node if isinstance(node, Mapping) else None

    def odd(self, message: str, path: str, line: int = 0) -> None:
        """Note what an owner should know."""
        origin = self.tree.origin(path, line)
        self.problems.append(Problem(message, origin, "warning", "Mend the file."))


def spot_in(text: str, path: str, line: int) -> Spot:
    """Return a line of a text."""
    lines = text.split("\n", line)
    shown = lines[line - 1].strip()[:_TEXT] if 0 < line <= len(lines) else ""
    return Spot(path, line, shown)


def names_of(node: Scalar | Sequence | Mapping | None) -> tuple[tuple[str, int], ...]:
    """Return names and lines of a list whose items are names, or mappings from a name.

    ``[a, {b: {cache: false}}]`` and ``{a: …, b: …}`` both give "a" and "b".
    """
    if isinstance(node, Scalar):
        return ((node.text[:_NAME], node.line),) if node.has_text else ()
    if isinstance(node, Mapping):
        return tuple((key.text[:_NAME], key.line) for key, _ in node.pairs[:_NAMES])
    found: list[tuple[str, int]] = []
    for item in node.items[:_NAMES] if node else ():
        if isinstance(item, Scalar | Mapping):
            found += names_of(item)
    return tuple(found)
