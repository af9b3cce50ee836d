"""Things that run in the background of this machine: started, found again, ended."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

READY_SECONDS, STOP_SECONDS = 120.0, 60.0
"""Most seconds a unit may take to be ready, and to end."""

Facts = dict[str, Any]


class DeployError(RuntimeError):
    """Something does not start or is not there; the message says what, and where its log is."""


class Unit:
    """Something that runs in the background, and its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kind = re.sub(r"-\d+$", "", folder.name)
        self._asked = False

    @property
    def runs(self) -> bool:
        """Whether its process lives: as long as it does, it holds the lock."""
        try:
            with (self.folder / "lock").open("r", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    @property
    def order(self) -> Facts:
        """What it was asked to run."""
        return read(self.folder / "order.json")

    @property
    def facts(self) -> Facts:
        """What it said when it was ready; nothing when it is not."""
        return read(self.folder / "ready.json")

    def start(self, order: Facts, code: Path) -> None:
        """Start it and wait until it is ready.

        Args:
            order: What to run: see ``new_service.local.unit``.
            code: Folder of the release whose code runs it.

        Raises:
            DeployError: It ended, or was not ready in time.
        """
        self.launch(order, code)
        self.wait()

    def launch(self, order: Facts, code: Path) -> None:
        """Start it, without waiting until it is ready."""
        self.wait_until_gone()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "order.json").write_text(json.dumps(order, indent=2), encoding="utf-8")
        with self._log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "new_service.local.unit", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(code / "lib")},
                start_new_session=True,  # it outlives this shell, and its Ctrl-C
            )
        (self.folder / "pid").write_text(str(process.pid), encoding="utf-8")

    def wait(self) -> None:
        """Wait until it is ready.

        Raises:
            DeployError: It ended, or was not ready in time.
        """
        deadline = time.monotonic() + READY_SECONDS
        while not self.facts:
            with contextlib.suppress(ChildProcessError):  # not ours: another command started it
                os.waitpid(self._pid, os.WNOHANG)
            if not alive(self._pid):
                said = self._log.read_text(encoding="utf-8", errors="replace").strip()
                raise DeployError(f"{self.folder.name} does not start:\n{said}")
            if time.monotonic() > deadline:
                self.stop()
                raise DeployError(f"{self.folder.name} was not ready in time; see {self.folder}")
            time.sleep(0.05)

    def ask_to_end(self) -> None:
        """Ask it to end, if it runs."""
        if self.runs:
            self._asked = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)

    def stop(self) -> None:
        """End it and what it started.

        Raises:
            DeployError: It does not end.
        """
        deadline = time.monotonic() + STOP_SECONDS
        self.ask_to_end()
        while self.runs or (self._asked and alive(self._pid)):
            if time.monotonic() > deadline:
                raise DeployError(f"{self.folder.name} does not end; see {self.folder}")
            time.sleep(0.02)
        self.wait_until_gone()

    @property
    def _log(self) -> Path:
        return self.folder / "unit.log"

    @property
    def _pid(self) -> int:
        return int((self.folder / "pid").read_text(encoding="utf-8"))

    def wait_until_gone(self) -> None:
        """Wait for what it started: after a ``kill -9`` its guard is still cleaning up."""
        deadline = time.monotonic() + STOP_SECONDS
        while any(map(alive, self.facts.get("processes", []))):
            if self.runs:
                raise DeployError(f"{self.folder.name} runs already")
            if time.monotonic() > deadline:
                raise DeployError(f"{self.folder.name} left processes behind; see {self.folder}")
            time.sleep(0.05)
        (self.folder / "ready.json").unlink(missing_ok=True)


def read(file: Path) -> Facts:
    """Read a file of facts; none when it is not there."""
    try:
        facts: Facts = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return facts


def write(file: Path, text: str) -> None:
    """Write a file that appears under its name only once it is complete."""
    partial = file.with_name(f".{file.name}")
    partial.write_text(text, encoding="utf-8")
    partial.rename(file)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not asked for yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):  # a zombie whose parent never asks is gone all the same
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] != "Z"
    return not Path("/proc/self").exists()
