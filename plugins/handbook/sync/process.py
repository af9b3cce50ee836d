"""Running git with the network: what it may see, how long, how much, and how it ends."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

from handbook.errors import SyncError
from handbook.tree import visible

_TICK = 0.2  # seconds between looks at a running git
_GRACE = 2.0  # seconds between asking git to end and ending it
_OUTPUT = 64 * 1024 * 1024  # bytes; a remote with 800,000 refs
_ERRORS = 100 * 1024
_LINE = 300  # characters of a message of git that are shown

# What the user may say to git through the environment; all else that starts with GIT_ (such as
# GIT_DIR inside a hook, or GIT_TRACE_CURL, which prints credentials) is left out.
_KEPT = re.compile(
    r"GIT_(ASKPASS|SSH|SSH_COMMAND|SSH_VARIANT|SSL_.*|PROXY_SSL_.*|HTTP_.*|EXEC_PATH"
    r"|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|PARAMETERS|KEY_\d+|VALUE_\d+))"
)
ALLOWED_PROTOCOLS = "https:ssh:file"  # file: only the user's own insteadOf leads there

_SECRETS = (
    (re.compile(r"(\w://)[^/\s@]+@"), r"\1***@"),
    (re.compile(r"(?i)(authorization:\s*)\S.*"), r"\1***"),
    (re.compile(r"(?i)((?:token|passw(?:or)?d|secret|key)\s*[=:]\s*)[^&\s'\"]+"), r"\1***"),
    (re.compile(r"\b(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|AKIA|hf_)[\w-]{8,}"), "***"),
)

# Folders of this machine are of no use on a page, and nobody's business.
_PATH = re.compile(r"(?<![\w:/.])/(?:[^\s/'\"]+/)+")


class GitFailed(SyncError):
    """A git command failed.

    ``transient``: trying again may help. ``partial``: fetching without leaving out may help.
    """

    def __init__(self, message: str, *, transient: bool = False, partial: bool = False) -> None:
        self.transient = transient
        self.partial = partial
        super().__init__(message)


class Done(Struct, frozen=True):
    """How a git command ended: exit code, output, and its redacted messages."""

    code: int
    output: bytes
    errors: str


def redact(text: str) -> str:
    """Return ``text`` without what looks like a credential."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def last_message(errors: str) -> str:
    """Return the line of git's messages that says why it failed, fit to be shown."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines or [""]
    return visible(_PATH.sub(".../", said[0]))[:_LINE]


def network_environment() -> dict[str, str]:
    """Return the environment for git commands that may use the network.

    The user's own configuration, credential helpers and keys hold; nothing ever asks.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or _KEPT.fullmatch(name)
    }
    if "GIT_ASKPASS" not in kept:
        kept.pop("SSH_ASKPASS", None)
    return kept | {
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": ALLOWED_PROTOCOLS,
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "GIT_LFS_SKIP_SMUDGE": "1",
        # A commit whose parent is missing makes a partial clone ask for it again, and again
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }


class Runner:
    """Starts git commands in process groups of their own and can end them all."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._guard = threading.Lock()
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End all running commands, and let no other start."""
        with self._guard:
            self._cancelled.set()
            running = tuple(self._running)
        for process in running:
            _end(process)

    def pause(self, seconds: float) -> None:
        """Wait, unless everything is cancelled meanwhile."""
        self._cancelled.wait(seconds)

    def run(  # noqa: PLR0913 - keywords, all of one call
        self,
        arguments: Sequence[str],
        *,
        folder: str,
        deadline: float,
        git_dir: str = "",
        data: bytes = b"",
        check: Callable[[], str] = str,
    ) -> Done:
        """Run ``git arguments`` in ``folder`` until ``deadline`` (of ``time.monotonic``).

        ``check`` is called now and then: what it returns, if not "", ends the command.

        Raises:
            GitFailed: ended by the deadline, by ``check`` or by :meth:`cancel`. An exit code
                other than 0 is for the caller to judge.
        """
        # Without a repo of ours, git must not find the one that the state folder may be in.
        where = {"GIT_DIR": git_dir} if git_dir else {"GIT_CEILING_DIRECTORIES": _above(folder)}
        # Files, not pipes: nothing to read while waiting, and a helper that outlives git
        # cannot hold us up.
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as output,
            tempfile.TemporaryFile() as errors,
        ):
            given.write(data)
            given.seek(0)
            files = (given, output, errors)
            process = self._start(arguments, folder, self.environment | where, files)
            try:
                _wait(process, deadline, lambda: check() or _too_much(output, errors))
            finally:
                with self._guard:
                    self._running.discard(process)
                _end(process)
            return Done(process.returncode, _content(output), redact(_text(errors)))

    def _start(
        self,
        arguments: Sequence[str],
        folder: str,
        environment: Mapping[str, str],
        files: tuple[IO[bytes], IO[bytes], IO[bytes]],
    ) -> subprocess.Popen[bytes]:
        with self._guard:
            if self._cancelled.is_set():
                raise GitFailed("The sync was interrupted.")
            try:
                process = subprocess.Popen(
                    ["git", *arguments],
                    cwd=folder,
                    env=environment,
                    stdin=files[0],
                    stdout=files[1],
                    stderr=files[2],
                    start_new_session=True,  # no terminal to prompt on; ended as a group
                )
            except OSError as error:
                raise GitFailed("git cannot be run. Install git 2.36 or later.") from error
            self._running.add(process)
            return process


def _above(folder: str) -> str:
    return str(Path(folder).resolve().parent)


def _wait(process: subprocess.Popen[bytes], deadline: float, check: Callable[[], str]) -> None:
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise GitFailed("The remote did not answer in time.", transient=True)
        try:
            process.wait(timeout=min(_TICK, left))
        except subprocess.TimeoutExpired:
            if problem := check():
                raise GitFailed(problem) from None
            continue
        if problem := check():
            raise GitFailed(problem)
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command with all it started. What a successful one left running is left alone.

    (That may be a daemon which keeps credentials.)
    """
    if process.poll() == 0:
        return
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)
    # If git is gone by now, its helper may not be.
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _too_much(output: IO[bytes], errors: IO[bytes]) -> str:
    if os.fstat(output.fileno()).st_size > _OUTPUT or os.fstat(errors.fileno()).st_size > _OUTPUT:
        return "The remote sent more refs or messages than can be read."
    return ""


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(_OUTPUT)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_ERRORS).decode("utf-8", "replace")
