"""A tree read from a folder on disk, edits that are not committed included.

For the owner of a repo who asks before committing. What git ignores is left out; history is that
of the commit which is checked out.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from handbook.errors import MissingFile, TreeError
from handbook.model.limits import Limits
from handbook.tree.base import FileTree, Listing
from handbook.tree.closing import Closing
from handbook.tree.git import GitTree
from handbook.tree.objects import is_oid, reading_environment
from handbook.tree.records import Commit, RepoTree, Tag, TreeEntry

_SECONDS = 60
_LIST = ("git", "-c", "core.fsmonitor=false", "ls-files", "-z")  # that setting names a program
_UNSURE = 2 * 10**9  # nanoseconds: file systems note the time of a change no better than that
_NO_COMMIT = "0" * 40


class WorkingTree(FileTree, Closing):
    """The files of ``folder``, the top of a git work tree or any folder.

    ``repo`` is the url that origins carry, by default the folder itself. Links lead inside the
    folder or nowhere. Use it as a context manager, as :class:`GitTree`.

    Raises:
        TreeError: the folder is not there, or git cannot list it.
    """

    named_by_content = False

    def __init__(self, folder: Path, repo: str = "", *, limits: Limits | None = None) -> None:
        if not folder.is_dir():
            raise TreeError(f"{folder}: there is no such folder.")
        self.folder = folder.resolve()
        self.repo = repo or str(self.folder)
        self._limits = limits or Limits()
        self._opened = time.time_ns()
        self._sure = True
        self._git_dir = git_dir_of(self.folder)
        self.commit = (self._git_dir and resolve_ref(self._git_dir, "HEAD")) or _NO_COMMIT
        self._head = (
            GitTree(self._git_dir, self.commit, self.repo, limits=self._limits)
            if self._git_dir and self.commit != _NO_COMMIT
            else None
        )

    def close(self) -> None:
        """End the process that reads history."""
        if self._head:
            self._head.close()

    def at(self, commit: str) -> GitTree:
        """Return the repo at a commit."""
        if self._head is None:
            raise TreeError(f"{self.repo}: there is no commit yet.")
        return self._head.at(commit)

    def commits(self, folder: str, limit: int) -> tuple[Commit, ...]:
        """Latest commits that touch ``folder`` ("" for all), newest first."""
        return self._head.commits(folder, limit) if self._head else ()

    def tags(self) -> tuple[Tag, ...]:
        """All tags whose commit is an ancestor of the one checked out, newest first."""
        return self._head.tags() if self._head else ()

    def file_dates(self, paths: Iterable[str], limit: int) -> Mapping[str, tuple[Commit, Commit]]:
        """Map each path to the commits that first and last touched it."""
        return self._head.file_dates(paths, limit) if self._head else {}

    def state(self) -> str:
        """Name the files by size and times, the commit that is checked out, and the tags."""
        entries = self.entries()
        if not self._sure:
            return ""
        text = "\n".join(f"{e.oid} {e.kind} {e.path}" for e in entries.values())
        text += "\n".join(self.refused()) + (self._head.state() if self._head else "")
        return hashlib.sha256(text.encode()).hexdigest()

    def _list(self) -> tuple[Mapping[str, TreeEntry], tuple[str, ...]]:
        listing = Listing(self._limits)
        names = self._tracked() if self._git_dir else self._walked()
        for number, name in enumerate(names):
            if number >= self._limits.tree_entries:
                limit = f"{self._limits.tree_entries:,}"
                listing.refuse(name, f"as are all after the first {limit} entries")
                break
            try:
                found = os.lstat(os.path.join(os.fsencode(self.folder), name))  # noqa: PTH118 - bytes
            except OSError:
                continue  # deleted, and git not told yet
            kind = _kind(found.st_mode)
            if kind == "folder":  # a submodule, or a repo inside this one
                listing.add(name, "submodule", "0" * 40, 0)
            elif kind:
                listing.add(name, kind, self._version(name, found), found.st_size)
        return listing.finish()

    def _version(self, name: bytes, found: os.stat_result) -> str:
        """Name this version of the file: nothing is read until it is asked for.

        What was changed a moment ago may change once more without its times telling: such a
        version is called by a name of its own.
        """
        times = (found.st_mtime_ns, found.st_ctime_ns)
        text = b"%s\0%d\0%d\0%d\0%d" % (name, found.st_size, *times, found.st_ino)
        if max(times) > self._opened - _UNSURE:
            self._sure = False
            text += secrets.token_bytes(16)
        return hashlib.sha1(text, usedforsecurity=False).hexdigest()

    def _tracked(self) -> Iterator[bytes]:
        done = subprocess.run(
            [*_LIST, "--cached", "--others", "--exclude-standard", "--deduplicate"],
            cwd=self.folder,
            env={**reading_environment(self._git_dir), "GIT_WORK_TREE": str(self.folder)},
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise TreeError(f"{self.repo}: git cannot list the files: {said}")
        return (name for name in done.stdout.split(b"\0") if name)

    def _walked(self) -> Iterator[bytes]:
        top = os.fsencode(self.folder)
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                yield os.path.relpath(os.path.join(folder, name), top)  # noqa: PTH118 - bytes

    def _blob(self, entry: TreeEntry) -> bytes:
        try:
            if entry.kind == "symlink":
                return os.fsencode((self.folder / entry.path).readlink())
            with os.fdopen(self._opened_inside(entry.path), "rb") as file:
                return file.read()
        except OSError as exc:
            linked = exc.errno in (errno.ELOOP, errno.ENOTDIR)  # it was none when it was listed
            reason = "it leads out of the folder" if linked else exc.strerror or str(exc)
            raise MissingFile(f"{self.origin(entry.path)}: {reason}.") from exc

    def _opened_inside(self, path: str) -> int:
        """Open a file. A folder on the way may have become a link since: it is not followed."""
        if os.open not in os.supports_dir_fd:
            if not (self.folder / path).resolve().is_relative_to(self.folder):
                raise MissingFile(f"{self.origin(path)}: it leads out of the folder.")
            return os.open(self.folder / path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        *folders, name = path.split("/")
        at = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        finally:
            os.close(at)


@contextmanager
def work_tree(folder: Path, ref: str = "", limits: Limits | None = None) -> Iterator[RepoTree]:
    """Open a folder as it is on disk, or with ``ref`` the commit that this name leads to.

    Raises:
        TreeError: there is no such folder, or no such commit.
    """
    if not ref:
        with WorkingTree(folder, limits=limits) as tree:
            yield tree
        return
    git_dir = git_dir_of(folder)
    commit = git_dir and resolve_ref(git_dir, ref)
    if not commit:
        raise TreeError(f"{folder}: there is no commit, branch or tag {ref!r}.")
    with GitTree(git_dir, commit, str(folder), limits=limits) as at:
        yield at


def top_of(folder: Path) -> Path:
    """Return the top of the work tree that ``folder`` is in; itself if it is in none."""
    here = folder.resolve()
    return next((up for up in (here, *here.parents) if git_dir_of(up)), here)


def git_dir_of(folder: Path) -> str:
    """Return the ``.git`` folder whose work tree begins at ``folder``; "" if there is none."""
    dot = folder / ".git"
    if dot.is_dir():
        return str(dot)
    if not dot.is_file():
        return ""
    # A worktree or submodule: the file names its folder.
    named = dot.read_text(encoding="utf-8", errors="replace").partition("gitdir:")[2].strip()
    found = (folder / named).resolve()
    return str(found) if named and found.is_dir() else ""


def resolve_ref(git_dir: str, ref: str) -> str:
    """Return the commit that a branch, tag or other name leads to; "" if it leads to none."""
    done = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"],
        env=reading_environment(git_dir),
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        text=True,
    )
    name = done.stdout.strip()
    return name if done.returncode == 0 and is_oid(name) else ""


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "symlink"
    if stat.S_ISDIR(mode):
        return "folder"
    if not stat.S_ISREG(mode):
        return ""
    return "executable" if mode & 0o100 else "file"
