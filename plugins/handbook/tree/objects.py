"""One long-lived ``git cat-file`` for all reading of one object database."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from handbook.errors import TreeError

_OID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_AT_ONCE = 400  # requests written before reading: they must fit into a pipe (64 KB)


def is_oid(text: str) -> bool:
    """Whether ``text`` is the full name of an object (SHA-1 or SHA-256)."""
    return _OID.match(text) is not None


def reading_environment(git_dir: str) -> dict[str, str]:
    """Return the environment for git commands that only read ``git_dir``.

    No configuration but the repo's own, no network (a blob that a partial clone left out
    stays missing), no replaced objects or grafts, paths taken literally. With GIT_DIR given,
    git does not ask who owns the folder (``safe.directory``).
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


class Objects:
    """Reads objects by name. Close it, or use it as a context manager.

    The process is started at the first question, and again after a damaged object ended it.
    """

    def __init__(self, git_dir: str) -> None:
        self.git_dir = git_dir
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Objects:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Later questions start a new one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.communicate()

    def sizes(self, oids: Iterable[str]) -> Mapping[str, int]:
        """Map each object to its size in bytes; those not at hand are left out."""
        wanted = list(dict.fromkeys(oids))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            for oid, (_, size) in zip(part, self._ask("info", part), strict=True):
                if size >= 0:
                    found[oid] = size
        return found

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
            self.close()  # cheaper than reading what nobody wants
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

    def _fail(self, oid: str, error: BaseException | None = None) -> None:
        self.close()
        raise TreeError(
            f"{self.git_dir}: object {oid} cannot be read; the mirror may be damaged."
            " Run `handbook sync` to mend it."
        ) from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        if not Path(self.git_dir).is_dir():
            raise TreeError(f"{self.git_dir} is not there. Run `handbook sync` to fetch it.")
        try:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch-command"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=reading_environment(self.git_dir),
                cwd=self.git_dir,
                bufsize=1 << 16,
            )
        except OSError as error:
            raise TreeError("git cannot be run. Install git 2.36 or later.") from error
        return self._process


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    return cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
