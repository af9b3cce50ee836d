"""What a tree gives to its readers: entries, commits, tags, and the protocol itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, Protocol

from msgspec import Struct

from handbook.model.facts import Origin

Work = Callable[[str, bytes], bytes]
"""Makes something of a file, from its path and content and nothing else."""


WorkOnAll = Callable[[list[tuple[str, bytes]]], bytes]
"""The same of several files together; those that cannot be read are left out."""


class TreeEntry(Struct, frozen=True):
    """One file of a tree. ``size`` is in bytes, -1 where the blob was not fetched.

    ``oid`` names this version of the file: its content where the tree is ``named_by_content``.
    """

    path: str
    kind: Literal["file", "executable", "symlink", "submodule"]
    oid: str
    size: int


class Commit(Struct, frozen=True):
    """One commit: ISO 8601 dates with offset; names as ``.mailmap`` gives them.

    A date that git cannot read is the start of 1970, as git itself shows it. ``author_key`` is
    a hash of the mailmapped address: it tells two people of one name apart without publishing
    an address.
    """

    sha: str
    authored: str
    committed: str
    author: str
    author_key: str
    subject: str


class Tag(Struct, frozen=True):
    """A tag and the commit it leads to; ``date`` is ISO 8601."""

    name: str
    sha: str
    date: str


class Memo(Protocol):
    """What the readers of a tree made of its files before."""

    def begin(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> None:
        """Begin with what :meth:`derive` will be asked for, where that can be done beside."""

    def derive(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> Iterator[tuple[str, bytes]]:
        """Do what :meth:`RepoTree.derive` promises."""

    def begin_whole(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: WorkOnAll
    ) -> None:
        """Begin with what :meth:`whole` will be asked for, where that can be done beside."""

    def whole(
        self, tree: RepoTree, kind: str, paths: Iterable[str], limit: int, work: WorkOnAll
    ) -> bytes:
        """Give what ``work`` makes of all files together; from before where none has changed."""


class RepoTree(Protocol):
    """The files of one commit."""

    repo: str
    commit: str
    memo: Memo
    named_by_content: bool

    def state(self) -> str:
        """Name all that can be seen: another file, commit or tag gives another name.

        "" where that is not sure, as when a file was written this very second.
        """

    def entries(self) -> Mapping[str, TreeEntry]:
        """All files by path, in path order; unsafe names are left out (see ``refused``)."""

    def refused(self) -> tuple[str, ...]:
        """One line for each entry that was left out and why, control characters escaped."""

    def under(self, folder: str) -> Iterator[TreeEntry]:
        """Files below ``folder`` ("" for all), in path order; links are not followed.

        Where ``folder`` may be a link to a folder: ``under(resolve(folder))``.
        """

    def resolve(self, path: str) -> str:
        """Return the path of the file or folder that ``path`` leads to once links are followed.

        Raises:
            MissingFile: it leads nowhere, outside the tree, or through more than five links.
        """

    def exists(self, path: str) -> bool:
        """Whether ``path`` is a file of the tree (or a link that leads to one)."""

    def is_dir(self, path: str) -> bool:
        """Whether ``path`` is a folder with at least one file in it."""

    def read(self, path: str, limit: int) -> bytes:
        """Content of a file; symlinks are followed inside the tree only, at most five hops.

        Raises:
            MissingFile: not there, a link that leads nowhere or outside, or not fetched.
            TooLarge: larger than ``limit`` bytes.
        """

    def text(self, path: str, limit: int) -> str:
        """As :meth:`read`, decoded: UTF-8 (with or without mark), UTF-16 with mark, else Latin-1.

        NUL characters are dropped and line ends become a single newline.
        """

    def derive(
        self, kind: str, paths: Iterable[str], limit: int, work: Work
    ) -> Iterator[tuple[str, bytes]]:
        """Give each path with what ``work`` makes of the file, in order; b"" if it is not read.

        With a memo, what was made of the same file before is not made again, and ``work`` may
        run in another process: it is a function of a module. ``kind`` names it.
        """

    def origin(self, path: str = "", line: int = 0) -> Origin:
        """Return the origin of a fact that was read here."""

    def at(self, commit: str) -> RepoTree:
        """Return the same repo at another commit."""

    def commits(self, folder: str, limit: int) -> tuple[Commit, ...]:
        """Latest commits that touch ``folder`` ("" for all), newest first."""

    def tags(self) -> tuple[Tag, ...]:
        """All tags whose commit is an ancestor of this one, newest first."""

    def file_dates(self, paths: Iterable[str], limit: int) -> Mapping[str, tuple[Commit, Commit]]:
        """Map each path to the commits that first and last touched it (one walk of history).

        At most ``limit`` commits are walked: for an older file, "first" is the oldest one seen.
        A path that no walked commit touched is left out.
        """
