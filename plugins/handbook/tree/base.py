"""What all trees share: finding, following links, decoding."""

from __future__ import annotations

import codecs
import contextlib
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import cast

from handbook.errors import MissingFile, TooLarge, TreeError
from handbook.model.facts import Origin
from handbook.model.limits import Limits
from handbook.tree.names import path_problem, twin_key, visible
from handbook.tree.records import Memo, RepoTree, TreeEntry, Work, WorkOnAll

_HOPS = 5
_REFUSALS = 1000  # lines kept; the rest is counted
_LINK_TARGET = 4096  # bytes; the longest path an operating system takes
_LFS_MARKS = (
    b"version https://git-lfs.github.com/spec/v1",
    b"version https://hawser.github.com/spec/v1",
)
_LAST = chr(0x10FFFF)


def is_lfs_pointer(data: bytes) -> bool:
    """Whether a file's content is only git-lfs's note of where the real content is."""
    return len(data) < 1024 and data.startswith(_LFS_MARKS) and b"\noid sha256:" in data


class Listing:
    """The entries of one tree: those accepted, by path, and why others were left out."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._found: list[TreeEntry] = []
        self._refused: list[str] = []
        self._more = 0

    def add(self, path: bytes, kind: str, oid: str, size: int) -> None:
        """Take one entry, or note why not."""
        if problem := path_problem(path, self._limits):
            self.refuse(path, problem)
            return
        name = path.decode("utf-8")
        self._found.append(TreeEntry(name, kind, oid, size))  # type: ignore[arg-type]

    def refuse(self, path: bytes, problem: str) -> None:
        """Note that an entry was left out."""
        if len(self._refused) >= _REFUSALS:
            self._more += 1
            return
        shown = visible(path if len(path) <= self._limits.path else path[:64] + b"...")
        self._refused.append(f"{shown or '(no name)'}: left out, {problem}")

    def finish(self) -> tuple[Mapping[str, TreeEntry], tuple[str, ...]]:
        """Return entries in path order without twins, and the lines about what was left out."""
        kept: dict[str, TreeEntry] = {}
        taken: dict[str, str] = {}
        ordered = sorted(self._found, key=lambda entry: entry.path)
        folders = _folder_keys(ordered)
        for entry in ordered:
            key = twin_key(entry.path)
            other = taken.setdefault(key, entry.path)
            if entry.path in kept:
                self.refuse(entry.path.encode(), "the tree has two entries of this name")
            elif other != entry.path:
                self.refuse(
                    entry.path.encode(), f"it differs from {visible(other)} only in case or form"
                )
            elif key in folders:
                self.refuse(entry.path.encode(), "a folder has the same name in another case")
            else:
                kept[entry.path] = entry
        if self._more:
            self._refused.append(f"{self._more:,} more entries: left out")
        return MappingProxyType(kept), tuple(self._refused)


def _folder_keys(entries: Iterable[TreeEntry]) -> frozenset[str]:
    folders = {entry.path.rpartition("/")[0] for entry in entries}
    above = {
        folder[:end]
        for folder in folders
        for end in range(len(folder) + 1)
        if end == len(folder) or folder[end] == "/"
    }
    return frozenset(twin_key(folder) for folder in above if folder)


class Forgetful:
    """The memo of a tree that has none: everything is read and done anew, one by one."""

    def begin(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> None:
        """Do nothing: all is done when it is asked for."""

    def begin_whole(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: WorkOnAll
    ) -> None:
        """Do nothing: all is done when it is asked for."""

    def whole(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: WorkOnAll
    ) -> bytes:
        """Give what ``work`` makes of all files together."""
        del kind
        files = []
        for path in paths:
            with contextlib.suppress(TreeError):
                files.append((path, tree.read(path, limit)))
        return work(files)

    def derive(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> Iterator[tuple[str, bytes]]:
        """Give what ``work`` makes of each file."""
        del kind
        for path in paths:
            try:
                made = work(path, tree.read(path, limit))
            except TreeError:
                made = b""
            yield path, made


class FileTree(ABC):
    """The part of :class:`RepoTree` that needs only a listing and the content of a blob."""

    repo: str
    commit: str
    memo: Memo = Forgetful()
    named_by_content = True

    @abstractmethod
    def _list(self) -> tuple[Mapping[str, TreeEntry], tuple[str, ...]]:
        """Return the accepted entries in path order, and the lines about refused ones."""

    @abstractmethod
    def _blob(self, entry: TreeEntry) -> bytes:
        """Return the content of an entry; raise MissingFile if it is not at hand."""

    @cached_property
    def _listing(self) -> tuple[Mapping[str, TreeEntry], tuple[str, ...]]:
        return self._list()

    @cached_property
    def _paths(self) -> list[str]:
        return list(self.entries())

    def state(self) -> str:
        """Name all that can be seen; "" where that is not sure."""
        return ""

    def entries(self) -> Mapping[str, TreeEntry]:
        """All files by path, in path order; unsafe names are left out (see ``refused``)."""
        return self._listing[0]

    def refused(self) -> tuple[str, ...]:
        """One line for each entry that was left out and why, control characters escaped."""
        return self._listing[1]

    def under(self, folder: str) -> Iterator[TreeEntry]:
        """Files below ``folder`` ("" for all), in path order; links are not followed."""
        prefix = f"{folder.rstrip('/')}/" if folder else ""
        start = bisect_left(self._paths, prefix)
        end = bisect_left(self._paths, prefix + _LAST)
        found = self.entries()
        return (found[path] for path in self._paths[start:end])

    def resolve(self, path: str) -> str:
        """Return the path of the file or folder that ``path`` leads to once links are followed."""
        found = self.entries()
        entry = found.get(path)
        if entry and entry.kind != "symlink":
            return path
        return self._follow(path)

    def exists(self, path: str) -> bool:
        """Whether ``path`` is a file of the tree (or a link that leads to one)."""
        try:
            entry = self.entries().get(self.resolve(path))
        except MissingFile:
            return False
        return entry is not None and entry.kind != "submodule"

    def is_dir(self, path: str) -> bool:
        """Whether ``path`` is a folder (or a link to one) with at least one file in it."""
        if not path:
            return bool(self._paths)
        if self._is_folder(path):
            return True
        try:
            return self._is_folder(self.resolve(path))
        except MissingFile:
            return False

    def read(self, path: str, limit: int) -> bytes:
        """Content of a file; symlinks are followed inside the tree only, at most five hops."""
        entry = self.entries().get(self.resolve(path))
        if entry is None:
            raise MissingFile(f"{self.origin(path)}: this is a folder, not a file.")
        if entry.kind == "submodule":
            raise MissingFile(f"{self.origin(path)}: this is a submodule; those are not fetched.")
        if entry.size > limit:
            raise TooLarge(
                f"{self.origin(path)}: the file has {entry.size:,} bytes, at most {limit:,} are"
                " read."
            )
        data = self._blob(entry)
        if len(data) > limit:  # only where the size was not known before
            raise TooLarge(f"{self.origin(path)}: the file has more than {limit:,} bytes.")
        return data

    def text(self, path: str, limit: int) -> str:
        """As :meth:`read`, decoded: UTF-8 (with or without mark), UTF-16 with mark, else Latin-1.

        NUL characters are dropped and line ends become a single newline.
        """
        return as_text(self.read(path, limit))

    def derive(
        self, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> Iterator[tuple[str, bytes]]:
        """Give each path with what ``work`` makes of the file; see :class:`RepoTree`."""
        return self.memo.derive(cast(RepoTree, self), kind, paths, limit, work)

    def origin(self, path: str = "", line: int = 0) -> Origin:
        """Return the origin of a fact that was read here."""
        return Origin(self.repo, self.commit, path, line)

    def _is_folder(self, path: str) -> bool:
        prefix = f"{path.rstrip('/')}/"
        at = bisect_left(self._paths, prefix)
        return at < len(self._paths) and self._paths[at].startswith(prefix)

    def _follow(self, path: str) -> str:
        found = self.entries()
        todo = path.split("/")[::-1]
        done: list[str] = []
        hops = 0
        if len(path) > _LINK_TARGET:
            raise MissingFile(f"{self.origin(path[:64])}…: the path is too long.")
        if path.startswith("/"):
            raise MissingFile(f"{self.origin(path)}: the path is not relative to the repo's root.")
        while todo:
            part = todo.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                if not done:
                    raise MissingFile(f"{self.origin(path)}: it leads out of the repo.")
                done.pop()
                continue
            entry = found.get("/".join([*done, part]))
            if entry is None or entry.kind != "symlink":
                done.append(part)
                continue
            hops += 1
            if hops > _HOPS:
                raise MissingFile(f"{self.origin(path)}: it leads through more than {_HOPS} links.")
            todo.extend(self._target(entry).split("/")[::-1])
        end = "/".join(done)
        if end not in found and not (end and self._is_folder(end)):
            raise MissingFile(f"{self.origin(path)}: there is no such file.")
        return end

    def _target(self, entry: TreeEntry) -> str:
        data = self._blob(entry) if entry.size <= _LINK_TARGET else b"/"
        target = data.decode("utf-8", "replace")
        if target.startswith("/") or "\0" in target:
            raise MissingFile(f"{self.origin(entry.path)}: the link leads out of the repo.")
        return target


def as_text(data: bytes) -> str:
    """Decode the content of a file as :meth:`RepoTree.text` does."""
    text = _decode(data)
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
