"""One long-lived ``git cat-file`` for all reading of one object database."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, NoReturn, cast

from handbook.errors import TreeError
from handbook.tree.closing import Closing

_OID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
MIRROR_RECORD = "handbook.json"  # what tells a mirror of ours from any other repo
DAMAGE_NOTE = "handbook-damaged"  # a file in a repo that a reader found damaged; sync reads it
_AT_ONCE = 400  # requests written before reading: they must fit into a pipe (64 KB)


def is_oid(text: str) -> bool:
    """Whether ``text`` is the full name of an object (SHA-1 or SHA-256)."""
    return _OID.match(text) is not None


def reading_environment(git_dir: str) -> dict[str, str]:
    """Return the environment for git commands that only read ``git_dir``.

    No configuration but the repo's own, no network, no replaced objects or grafts, paths taken
    literally. With GIT_DIR given, git does not ask who owns the folder (``safe.directory``).
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "GIT_DIR": git_dir,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


class Objects(Closing):
    """Reads objects by name. Close it, or use it as a context manager.

    Git sees the object database through an empty repo of ours: the configuration of the real
    one is not read at all. That matters for a partial clone, whose configuration makes git
    fetch a blob it does not have, or die where it may not. ``oid_length`` is that of any
    object's name: 40, or 64 for SHA-256.

    The process is started at the first question, and again after a damaged object ended it.
    """

    def __init__(self, git_dir: str, oid_length: int) -> None:
        self.git_dir = git_dir
        self._sha256 = oid_length == 64
        self._process: subprocess.Popen[bytes] | None = None
        self._view: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """End the process and remove what it needed. Later questions start anew."""
        self._stop()
        if self._view is not None:
            self._view.cleanup()
            self._view = None

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a git command that reads this object database; it sees no branches or tags.

        Raises:
            TreeError: the repo is not there, or git cannot be run.
        """
        if self._view is None:
            self._view = _empty_repo(self.git_dir, sha256=self._sha256)
        environment = reading_environment(self._view.name)
        environment["GIT_OBJECT_DIRECTORY"] = str(Path(self.git_dir, "objects"))
        return start(command, self._view.name, environment)

    def describe(self, oids: Iterable[str]) -> Mapping[str, tuple[str, int]]:
        """Map each object to its kind and size in bytes; those not at hand are left out."""
        wanted = list(dict.fromkeys(oids))
        found: dict[str, tuple[str, int]] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            answers = zip(part, self._ask("info", part), strict=True)
            found.update((oid, answer) for oid, answer in answers if answer[1] >= 0)
        return found

    def sizes(self, oids: Iterable[str]) -> Mapping[str, int]:
        """Map each object to its size in bytes; those not at hand are left out."""
        return {oid: size for oid, (_, size) in self.describe(oids).items()}

    def read(self, oid: str, kind: str, limit: int) -> bytes | None:
        """Return the content of an object of this kind ("blob", "tree", "commit").

        None: not at hand, of another kind, or larger than ``limit`` bytes.

        Raises:
            TreeError: the object is damaged, or git cannot be run.
        """
        ((found, size),) = self._ask("contents", [oid])
        if size < 0:
            return None
        if found != kind or size > limit:
            self._stop()  # cheaper than reading what nobody wants
            return None
        data = self._read(oid, size + 1)
        return data[:-1]

    def _ask(self, what: str, oids: list[str]) -> Iterator[tuple[str, int]]:
        request = "".join(f"{what} {oid}\n" for oid in oids).encode()
        process = self._running()
        requests, answers = _pipes(process)
        try:
            requests.write(request)
            requests.flush()
        except BrokenPipeError as error:
            self._fail(oids[0], error)
        for oid in oids:
            # "<name> <kind> <size>", or "<name> missing"
            words = answers.readline().split()
            if len(words) < 2:
                self._fail(oid)
            yield (words[1].decode(), int(words[2])) if len(words) == 3 else ("", -1)

    def _read(self, oid: str, size: int) -> bytes:
        data = _pipes(self._running())[1].read(size)
        if len(data) < size:
            self._fail(oid)
        return data

    def _fail(self, oid: str, error: BaseException | None = None) -> NoReturn:
        self._stop()
        raise damaged(self.git_dir, f"object {oid} cannot be read") from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = self.start("cat-file", "--batch-command")
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def shallow(git_dir: str) -> bytes:
    """Return the commits whose parents were not fetched, as git notes them; b"" if none."""
    try:
        return Path(git_dir, "shallow").read_bytes()
    except OSError:
        return b""


def damaged(git_dir: str, what: str) -> TreeError:
    """Note the damage where the next sync looks, if this is a mirror; return the error for it."""
    folder = Path(git_dir)
    with contextlib.suppress(OSError):  # a state folder may be read-only
        if (folder / MIRROR_RECORD).is_file():
            (folder / DAMAGE_NOTE).touch()
    return TreeError(
        f"{folder.name}: {what}; the mirror may be damaged. Run `handbook sync` to mend it."
    )


def start(
    command: Iterable[str], folder: str, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start ``git command`` in ``folder`` with pipes for its input and output."""
    try:
        return subprocess.Popen(
            ["git", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            bufsize=1 << 16,
        )
    except OSError as error:
        raise TreeError("git cannot be run. Install git 2.36 or later.") from error


def _empty_repo(git_dir: str, *, sha256: bool) -> tempfile.TemporaryDirectory[str]:
    if not Path(git_dir, "objects").is_dir():
        raise TreeError(f"{Path(git_dir).name} is not a git repo. Run `handbook sync` to fetch it.")
    view = tempfile.TemporaryDirectory(prefix="handbook-git-")
    folder = Path(view.name)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    version = "1\n[extensions]\nobjectformat = sha256" if sha256 else "0"
    (folder / "config").write_text(f"[core]\nbare = true\nrepositoryformatversion = {version}\n")
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(Path(git_dir, "shallow"), folder / "shallow")
    return view


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    return cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
