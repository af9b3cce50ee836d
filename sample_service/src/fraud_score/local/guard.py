"""Start processes that cannot outlive the one that started them, however that one ends.

A pipe does it. A small process, :mod:`fraud_score.local._watch`, reads from it; the starter and
nobody else holds the other end, so the kernel closes the pipe when the starter ends: cleanly, by
Ctrl-C or by ``kill -9``. The small process then ends what was started, last one first, and removes
the folders named. Each process notes itself in the pipe before it becomes the program asked for,
so that none is missed, even when the starter dies just then. A clean end takes the same way.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

_WATCH = Path(__file__).with_name("_watch.py")

_NOTE_THEN_RUN = 'echo "started $$ $0" >&0 && exec "$@" </dev/null'
"""The pipe comes as standard input, the one file whose number every shell can write to."""


@dataclass(frozen=True)
class Program:
    """What to start.

    Attributes:
        command: Program and arguments.
        log: File that receives what it prints; what it held is kept.
        environment: Its whole environment; this process's when None.
        folder: Where it runs; here when None.
        user: User id it runs as; this process's when None.
        stop_signal: What asks it to end.
    """

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    user: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM


class Guard:
    """Processes and folders that end with a ``with`` block, or with this process at the latest.

    Args:
        grace_seconds: Most seconds a process may take to end once it is asked to.
    """

    def __init__(self, grace_seconds: float = 20) -> None:
        self._grace = grace_seconds
        self._started: dict[subprocess.Popen[bytes], signal.Signals] = {}
        self._lasting: list[str] = []
        self._pipe = -1
        self._count = 0

    def __enter__(self) -> Self:
        """Guard from now on."""
        reader, self._pipe = os.pipe()
        with os.fdopen(reader) as other_end:
            self._watch = self._start_watch(other_end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything."""
        self.close()

    def spawn(self, program: Program) -> subprocess.Popen[bytes]:
        """Start a program in a process group of its own.

        Raises:
            OSError: The log cannot be written, or no process be started.
        """
        with program.log.open("ab") as output:
            process = subprocess.Popen(
                [
                    "/bin/sh",
                    "-c",
                    _NOTE_THEN_RUN,
                    self._facts(program.stop_signal),
                    *program.command,
                ],
                stdin=self._pipe,
                stdout=output,
                stderr=output,
                env=program.environment,
                cwd=program.folder,
                user=program.user,
                start_new_session=True,
            )
        self._started[process] = program.stop_signal
        return process

    def forget(self, process: subprocess.Popen[bytes]) -> None:
        """Strike out a process that has ended: its number may soon be another one's."""
        del self._started[process]
        self._say(f"ended {process.pid}")

    def remove_at_the_end(self, folder: Path) -> None:
        """Remove a folder once all processes have ended."""
        self._note(f"folder {json.dumps(str(folder.resolve()))}")

    def release_memory_at_the_end(self, pid_file: Path) -> None:
        """Give back the memory of a Postgres that was killed, once all processes have ended.

        Args:
            pid_file: Its ``postmaster.pid``.
        """
        self._note(f"memory {json.dumps(str(pid_file))}")

    def close(self) -> None:
        """End all processes, the last one first, remove the folders, and wait for both."""
        if self._pipe < 0:
            return
        for process in [ended for ended in self._started if ended.poll() is not None]:
            self.forget(process)
        os.close(self._pipe)
        self._pipe = -1
        self._wait(self._watch)
        if self._watch.returncode:  # somebody killed it: another one does its work
            with tempfile.TemporaryFile() as notes:
                notes.write("\n".join(self._notes()).encode())
                notes.seek(0)
                self._wait(self._start_watch(notes))
        for process in self._started:
            process.wait(5)  # killed, so it ends this moment

    def _wait(self, watch: subprocess.Popen[bytes]) -> None:
        while watch.poll() is None:
            for process in self._started:
                process.poll()  # reaped: it would stay a zombie for as long as this process runs
            time.sleep(0.01)

    def _facts(self, stop_signal: signal.Signals) -> str:
        # Each process writes its own note, and on a busy machine not in the order of their start.
        self._count += 1
        return f"{stop_signal.value} {self._count}"

    def _notes(self) -> list[str]:
        started = enumerate(self._started.items())
        notes = [f"started {one.pid} {number.value} {count}" for count, (one, number) in started]
        return notes + self._lasting

    def _note(self, line: str) -> None:
        self._lasting.append(line)
        self._say(line)

    def _say(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # killed: "close" starts another one
            os.write(self._pipe, f"{line}\n".encode())

    def _start_watch(self, notes: IO[Any]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WATCH), str(self._grace)],
            stdin=notes,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # out of reach of the terminal's Ctrl-C
            cwd="/",  # and not in the way of a folder's removal
        )
