"""Follow references from file to file inside one repo, and nowhere else."""

from __future__ import annotations

import posixpath
import re
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from handbook.collect.openapi.pointers import MISSING, Pointer, look_up, parse_pointer
from handbook.collect.openapi.read import Document, read_document
from handbook.model.limits import Limits
from handbook.tree import RepoTree

_ADDRESS = re.compile(r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)")


class Target(Struct, frozen=True):
    """A place in a file of the repo."""

    path: str
    pointer: Pointer = ()


class References:
    """The files of one definition, read as they are needed.

    All refusals come back as words: nothing is raised.
    """

    def __init__(self, tree: RepoTree, root: Document, limits: Limits) -> None:
        self.documents: dict[str, Document] = {root.path: root}
        self._tree, self._limits, self._root = tree, limits, root.path
        self._unreadable: dict[str, str] = {}
        self._bytes = root.size
        self._followed = 0

    def find(self, ref: str, path: str) -> Target | str:
        """Return where ``ref``, written in the file ``path``, leads to, or why nowhere.

        Outside the definition's own file the target exists. References within one file are
        free; ``limits.openapi_refs`` is the number of those that lead into another file.
        """
        file, _, fragment = ref.partition("#")
        if _ADDRESS.match(file):
            return "it leads to an address outside the repo, and none is fetched"
        pointer = parse_pointer(fragment)
        if pointer is None:
            return "it names an anchor, not a place in a file"
        if file:
            located = self._locate(file, path)
            if isinstance(located, str):
                return located
            path = located.path
        # What is in the definition itself may be there only once it is bundled.
        elsewhere = path != self._root
        if elsewhere and look_up(self.documents[path].data, pointer) is MISSING:
            return "there is nothing at this place"
        return Target(path, pointer)

    def value(self, target: Target) -> Any:
        """Return what is at a target that :meth:`find` gave."""
        return look_up(self.documents[target.path].data, target.pointer)

    def _locate(self, file: str, path: str) -> Target | str:
        self._followed += 1
        if self._followed > self._limits.openapi_refs:
            return f"at most {self._limits.openapi_refs:,} references to other files are followed"
        if file.startswith("/") or "\\" in file:
            return "it is not relative to the file it stands in"
        found = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(file)))
        if found == ".." or found.startswith("../"):
            return "it leads out of the repo"
        if found not in self.documents and found not in self._unreadable:
            self._load(found)
        return self._unreadable.get(found) or Target(found)

    def _load(self, path: str) -> None:
        if not self._tree.exists(path):
            self._unreadable[path] = f"there is no file {path}"
            return
        document = read_document(self._tree, path, self._limits)
        if not isinstance(document, Document):
            place = f"{path}:{document.origin.line}" if document.origin.line else path
            self._unreadable[path] = f"{place} cannot be used: {document.message.rstrip('.')}"
            return
        self._bytes += document.size
        if self._bytes > self._limits.openapi_bundle:
            most = self._limits.openapi_bundle
            self._unreadable[path] = f"all files together have more than {most:,} bytes"
            return
        self.documents[path] = document
