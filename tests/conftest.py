"""Fixtures every test may use: trees of a dictionary, and real git repos made on the spot."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from handbook.tree import GitTree, MemoryTree

Content = str | bytes | None
PERSON = ("Team Risk", "team-risk@example.org")


class GitRepo:
    """A real repo, built without a work tree.

    ``path`` is the repo (a ``.git`` folder inside it unless bare), usable as a remote.
    All dates are ISO 8601 with offset; people are (name, address).
    """

    def __init__(self, path: Path, *, bare: bool = True, object_format: str = "sha1") -> None:
        self.path = path
        self.git_dir = path if bare else path / ".git"
        options = ["--bare"] if bare else []
        format_option = f"--object-format={object_format}"
        _git(["init", "-q", "-b", "main", format_option, *options, str(path)], path.parent)
        # As forges do: any commit may be asked for, and blobs may be left out.
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")

    @property
    def url(self) -> str:
        """The repo as a local path."""
        return str(self.path)

    def git(self, *arguments: str, data: bytes | None = None) -> str:
        """Run git in this repo; return its output without the last newline."""
        output = _git(list(arguments), self.git_dir, data, GIT_DIR=str(self.git_dir))
        return output.decode("utf-8", "replace").rstrip("\n")

    def commit(
        self,
        files: Mapping[str, Content] | None = None,
        message: str = "Change files",
        *,
        date: str = "2026-01-02T03:04:05+00:00",
        author: tuple[str, str] = PERSON,
        branch: str = "main",
        links: Mapping[str, str] | None = None,
        executables: Mapping[str, Content] | None = None,
        submodules: Mapping[str, str] | None = None,
        merge: Iterable[str] = (),
        orphan: bool = False,
    ) -> str:
        """Add a commit on ``branch`` and return its name. Content ``None`` deletes a file.

        ``links``: path to target; ``submodules``: path to commit; ``merge``: further parents;
        ``orphan``: start over without history (a force-push).
        """
        person = f"{author[0]} <{author[1]}> {_raw_date(date)}\n"
        parents = [] if orphan else [name for name in [self.head(branch)] if name]
        stream = [f"reset refs/heads/{branch}\n".encode()] if orphan else []
        stream.append(f"commit refs/heads/{branch}\nauthor {person}committer {person}".encode())
        stream.append(_data(message))
        stream.extend(f"from {name}\n".encode() for name in parents)
        stream.extend(f"merge {self.head(name)}\n".encode() for name in merge)
        stream.extend(_change("100644", path, content) for path, content in (files or {}).items())
        stream.extend(_change("120000", path, target) for path, target in (links or {}).items())
        stream.extend(_change("100755", path, text) for path, text in (executables or {}).items())
        stream.extend(
            f"M 160000 {oid} {_quoted(path)}\n".encode() for path, oid in (submodules or {}).items()
        )
        self.git("fast-import", "--quiet", "--force", data=b"".join(stream))
        return self.head(branch)

    def head(self, name: str = "HEAD") -> str:
        """Return the commit a branch, tag or commit leads to; "" if there is none."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except subprocess.CalledProcessError:
            return ""

    def branch(self, name: str, at: str = "main") -> None:
        """Create or move a branch."""
        self.git("update-ref", f"refs/heads/{name}", self.head(at))

    def delete_branch(self, name: str) -> None:
        """Delete a branch."""
        self.git("update-ref", "-d", f"refs/heads/{name}")

    def set_head(self, branch: str) -> None:
        """Make ``branch`` the one the remote's HEAD names."""
        self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def tag(
        self,
        name: str,
        at: str = "main",
        *,
        annotated: bool = True,
        date: str = "2026-02-01T00:00:00+00:00",
    ) -> None:
        """Create a tag."""
        options = ["-a", "-m", name] if annotated else []
        _git(["tag", *options, name, self.head(at)], self.git_dir, GIT_COMMITTER_DATE=date)

    def blob(self, content: str | bytes) -> str:
        """Store a blob and return its name."""
        data = content.encode() if isinstance(content, str) else content
        return self.git("hash-object", "-w", "--stdin", data=data)

    def tree(self, entries: Iterable[tuple[str, bytes, str]]) -> str:
        """Store a tree of raw entries (mode in octal, name, object), in the order given.

        Nothing is checked: names may be such as git itself never writes.
        """
        raw = b"".join(
            mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries
        )
        return self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)

    def commit_tree(self, tree: str, branch: str = "main", message: str = "Change files") -> str:
        """Add a commit with this tree on ``branch``; return its name."""
        parent = self.head(branch)
        parents = ["-p", parent] if parent else []
        oid = self.git("commit-tree", *parents, "-m", message, tree)
        self.git("update-ref", f"refs/heads/{branch}", oid)
        return oid

    def open(self, commit: str = "") -> GitTree:
        """Return the tree of a commit (the head of ``main``); close it, or use ``with``."""
        return GitTree(str(self.git_dir), commit or self.head("main"), self.url)


def _git(command: list[str], folder: Path, data: bytes | None = None, **extra: str) -> bytes:
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": PERSON[0],
        "GIT_AUTHOR_EMAIL": PERSON[1],
        "GIT_COMMITTER_NAME": PERSON[0],
        "GIT_COMMITTER_EMAIL": PERSON[1],
        "GIT_AUTHOR_DATE": "2026-01-02T03:04:05+00:00",
        "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+00:00",
        **extra,
    }
    done = subprocess.run(
        ["git", *command], cwd=folder, input=data, capture_output=True, env=environment, check=False
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


def _raw_date(date: str) -> str:
    moment = datetime.fromisoformat(date)
    return f"{int(moment.timestamp())} {moment.strftime('%z') or '+0000'}"


def _data(content: str | bytes) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return b"data %d\n%s\n" % (len(raw), raw)


def _change(mode: str, path: str, content: Content) -> bytes:
    if content is None:
        return f"D {_quoted(path)}\n".encode()
    return f"M {mode} inline {_quoted(path)}\n".encode() + _data(content)


def _quoted(path: str) -> str:
    special = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}
    return '"' + "".join(special.get(char, char) for char in path) + '"'


@pytest.fixture
def memory_tree() -> type[MemoryTree]:
    """Make a tree of a dictionary: ``memory_tree({"README.md": "# Risk"})``."""
    return MemoryTree


@pytest.fixture(scope="session")
def repo_type() -> type[GitRepo]:
    """For fixtures that outlive a test: ``repo_type(path)`` makes a bare repo there."""
    return GitRepo


@pytest.fixture
def git_repo(tmp_path: Path) -> Callable[..., GitRepo]:
    """Make real repos: ``repo = git_repo("risk"); repo.commit({"README.md": "# Risk"})``."""

    def make(name: str = "service", *, bare: bool = True, object_format: str = "sha1") -> GitRepo:
        path = tmp_path / "repos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return GitRepo(path, bare=bare, object_format=object_format)

    return make
