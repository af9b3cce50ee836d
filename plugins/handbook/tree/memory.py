"""A tree made of a dictionary: for tests, and for files that were never in a repo."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from handbook.errors import MissingFile, TreeError
from handbook.model.limits import Limits
from handbook.tree.base import FileTree, Listing
from handbook.tree.records import Commit, Tag, TreeEntry

Files = Mapping[str, str | bytes]


class MemoryTree(FileTree):
    """Files given as path to content; text is stored as UTF-8.

    ``links`` maps a path to the target of a symlink; ``submodules`` and ``unfetched`` (blobs a
    partial clone left out) are paths. ``history`` is what ``commits`` gives for any folder and
    ``dates`` what ``file_dates`` gives. ``versions`` holds the files of other commits for
    ``at``. Names are judged as those of a git tree are.
    """

    def __init__(  # noqa: PLR0913 - a test names what it needs
        self,
        files: Files,
        *,
        repo: str = "https://git.example.org/acme/service",
        commit: str = "0123456789abcdef0123456789abcdef01234567",
        links: Mapping[str, str] | None = None,
        executables: Collection[str] = (),
        submodules: Collection[str] = (),
        unfetched: Collection[str] = (),
        history: Sequence[Commit] = (),
        tags: Sequence[Tag] = (),
        dates: Mapping[str, tuple[Commit, Commit]] | None = None,
        versions: Mapping[str, Files] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.repo = repo
        self.commit = commit
        self._contents = {path: _bytes(content) for path, content in files.items()}
        self._links = dict(links or {})
        self._executables = frozenset(executables)
        self._submodules = frozenset(submodules)
        self._unfetched = frozenset(unfetched)
        self._history = tuple(history)
        self._tags = tuple(tags)
        self._dates = dict(dates or {})
        self._versions = dict(versions or {})
        self._limits = limits or Limits()

    def at(self, commit: str) -> MemoryTree:
        """Return the same repo at another commit, one of ``versions``."""
        if commit == self.commit:
            return self
        if commit not in self._versions:
            raise TreeError(f"{self.repo} has no commit {commit}.")
        return MemoryTree(
            self._versions[commit],
            repo=self.repo,
            commit=commit,
            history=self._history,
            tags=self._tags,
            dates=self._dates,
            versions=self._versions,
            limits=self._limits,
        )

    def commits(self, folder: str, limit: int) -> tuple[Commit, ...]:
        """Return the latest of ``history``, whatever the folder."""
        return self._history[:limit]

    def tags(self) -> tuple[Tag, ...]:
        """Return the tags given."""
        return self._tags

    def file_dates(
        self,
        paths: Iterable[str],
        limit: int,
    ) -> Mapping[str, tuple[Commit, Commit]]:
        """Return the dates given for these paths."""
        return {path: self._dates[path] for path in paths if path in self._dates}

    def _list(self) -> tuple[Mapping[str, TreeEntry], tuple[str, ...]]:
        listing = Listing(self._limits)
        for path, data in self._contents.items():
            kind = "executable" if path in self._executables else "file"
            size = -1 if path in self._unfetched else len(data)
            listing.add(_path(path), kind, _oid(data), size)
        for path, target in self._links.items():
            listing.add(_path(path), "symlink", _oid(target.encode()), len(target.encode()))
        for path in self._submodules:
            listing.add(_path(path), "submodule", "0" * 40, 0)
        return listing.finish()

    def _blob(self, entry: TreeEntry) -> bytes:
        if entry.size < 0:
            raise MissingFile(f"{self.origin(entry.path)}: the file was not fetched.")
        if entry.kind == "symlink":
            return self._links[entry.path].encode()
        return self._contents[entry.path]


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _path(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _oid(data: bytes) -> str:
    blob = b"blob %d\0" % len(data) + data
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()
