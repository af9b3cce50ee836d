"""A tree read from git's object database: a bare mirror, or any repo's ``.git`` folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from handbook.errors import MissingFile, TreeError
from handbook.model.limits import Limits
from handbook.tree import history
from handbook.tree.base import FileTree, Listing
from handbook.tree.closing import Closing
from handbook.tree.names import path_problem
from handbook.tree.objects import Objects, is_oid, shallow
from handbook.tree.records import Commit, Tag, TreeEntry

_TREE_BYTES = 64 * 1024 * 1024  # one folder's own listing; 100,000 names take 6 MB
_COMMIT_BYTES = 16 * 1024 * 1024


class GitTree(FileTree, Closing):
    """The files of ``commit`` (a full object name) in ``git_dir``.

    ``repo`` is the url that origins carry. Use it as a context manager: it holds one git
    process for reading, which trees made with :meth:`at` share.

    Raises:
        TreeError: from any method, if the commit or one of its folders cannot be read.
    """

    def __init__(
        self, git_dir: str, commit: str, repo: str, *, limits: Limits | None = None
    ) -> None:
        if not is_oid(commit):
            raise TreeError(f"{repo}: expected the full name of a commit, found {commit!r}.")
        self.repo = repo
        self.commit = commit
        self._limits = limits or Limits()
        self._objects = Objects(git_dir, len(commit))
        self._commits: dict[tuple[str, int], tuple[Commit, ...]] = {}

    def close(self) -> None:
        """End the reading process."""
        self._objects.close()

    def at(self, commit: str) -> GitTree:
        """Return the same repo at another commit; it shares this tree's process."""
        other = GitTree(self._objects.git_dir, commit, self.repo, limits=self._limits)
        other._objects = self._objects
        return other

    def commits(self, folder: str, limit: int) -> tuple[Commit, ...]:
        """Latest commits that touch ``folder`` ("" for all), newest first."""
        if (folder, limit) not in self._commits:  # two collectors ask for all of them
            found = history.commits(self._objects, self.commit, folder, limit)
            self._commits[folder, limit] = found
        return self._commits[folder, limit]

    def tags(self) -> tuple[Tag, ...]:
        """All tags whose commit is an ancestor of this one, newest first."""
        return history.tags(self._objects.git_dir, self.commit)

    def file_dates(self, paths: Iterable[str], limit: int) -> Mapping[str, tuple[Commit, Commit]]:
        """Map each path to the commits that first and last touched it (one walk of history)."""
        return history.file_dates(self._objects, self.commit, paths, limit)

    def state(self) -> str:
        """Name the commit and the tags there are."""
        known = history.tag_names(self._objects.git_dir) + shallow(self._objects.git_dir)
        return hashlib.sha256(self.commit.encode() + known).hexdigest()

    def _list(self) -> tuple[Mapping[str, TreeEntry], tuple[str, ...]]:
        listing = Listing(self._limits)
        found = list(self._walk(listing))
        sizes = self._objects.sizes(oid for _, kind, oid in found if kind != "submodule")
        for path, kind, oid in found:
            listing.add(path, kind, oid, sizes.get(oid, -1))
        return listing.finish()

    def _walk(self, listing: Listing) -> Iterator[tuple[bytes, str, str]]:
        """Give path, kind and object of each file, folders nearest to the root first.

        Folders are read one by one instead of by ``git ls-tree -r``: a tree 20,000 folders deep
        or one that holds itself a million times over is cut where the limit says, the files
        near the root are kept, and a name with a slash in it is told from a folder.
        """
        level = [(b"", self._root())]
        left = self._limits.tree_entries
        while level:
            below: list[tuple[bytes, str]] = []
            sizes = self._objects.sizes(oid for _, oid in level)
            for folder, oid in level:
                for mode, name, child in self._folder(listing, folder, oid, sizes.get(oid, -1)):
                    left -= 1
                    if left < 0:
                        limit = f"{self._limits.tree_entries:,}"
                        listing.refuse(folder + name, f"as are all after the first {limit} entries")
                        return
                    kind = _kind(mode)
                    if problem := self._entry_problem(folder, name, kind):
                        listing.refuse(folder + name, problem)
                    elif kind == "folder":
                        below.append((folder + name + b"/", child))
                    else:
                        yield folder + name, kind, child
            level = below

    def _entry_problem(self, folder: bytes, name: bytes, kind: str) -> str:
        if b"/" in name:
            return "its name has a slash in it"
        if not kind:
            return "it is neither file, folder, link nor submodule"
        return path_problem(folder + name, self._limits) if kind == "folder" else ""

    def _folder(
        self, listing: Listing, folder: bytes, oid: str, size: int
    ) -> Iterator[tuple[bytes, bytes, str]]:
        known = 0 <= size <= _TREE_BYTES
        data = self._objects.read(oid, "tree", size) if known else None
        if data is None:
            listing.refuse(folder, "the folder is missing or too large to be read")
            return
        raw = len(self.commit) // 2
        at = 0
        while at < len(data):
            space = data.find(b" ", at)
            nul = data.find(b"\0", space)
            end = nul + 1 + raw
            if space < 0 or nul < 0 or end > len(data):
                listing.refuse(folder, "the rest of the folder cannot be read")
                return
            yield data[at:space], data[space + 1 : nul], data[nul + 1 : end].hex()
            at = end

    def _root(self) -> str:
        size = self._objects.sizes([self.commit]).get(self.commit, -1)
        known = 0 <= size <= _COMMIT_BYTES
        data = self._objects.read(self.commit, "commit", size) if known else None
        if data is None:
            raise TreeError(
                f"{self.repo}: commit {self.commit} is not in the local mirror."
                " Run `handbook sync` to fetch it."
            )
        first = data.split(b"\n", 1)[0].split()
        oid = first[1].decode("latin-1") if len(first) == 2 and first[0] == b"tree" else ""
        if not is_oid(oid):
            raise TreeError(f"{self.repo}: commit {self.commit} has no tree.")
        return oid

    def _blob(self, entry: TreeEntry) -> bytes:
        if entry.size < 0:
            raise MissingFile(f"{self.origin(entry.path)}: the file was too large to be fetched.")
        data = self._objects.read(entry.oid, "blob", entry.size)
        if data is None:
            raise MissingFile(f"{self.origin(entry.path)}: the file is not in the local mirror.")
        return data


def _kind(mode: bytes) -> str:
    # Old tools wrote modes such as 0100644, 040000 and 100664.
    if not mode.isdigit() or len(mode) > 8:
        return ""
    kind, rights = divmod(int(mode, 8) if b"8" not in mode and b"9" not in mode else 0, 0o10000)
    if kind == 0o10:
        return "executable" if rights & 0o100 else "file"
    return {0o4: "folder", 0o12: "symlink", 0o16: "submodule"}.get(kind, "")
