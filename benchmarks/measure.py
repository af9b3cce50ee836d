"""Run a command as a whole process tree; measure its time and its peak memory."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import psutil

_EVERY = 0.2  # seconds between two looks at the memory


class Cost(msgspec.Struct, frozen=True):
    """Wall time in seconds; peak memory of the tree in bytes (shared pages counted once).

    ``work`` is the processor time of the whole tree in seconds, as last seen before each process
    ended: a little too small, but the same on a busy machine, where wall time is not.
    """

    seconds: float
    peak: int
    work: float = 0.0

    def then(self, other: Cost) -> Cost:
        """Return the cost of doing one after the other."""
        return Cost(
            self.seconds + other.seconds, max(self.peak, other.peak), self.work + other.work
        )


class CommandFailedError(RuntimeError):
    """A measured command failed: its time means nothing."""


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Run ``command`` in ``folder`` to its end.

    Raises:
        CommandFailedError: It ended with an error; the text holds what it printed last.
    """
    begin = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        watch = _Watch(process.pid)
        watch.start()
        said, _ = process.communicate()
        seconds = time.monotonic() - begin
        watch.stop()
    if process.returncode != 0:
        last = "\n".join(said.splitlines()[-20:])
        raise CommandFailedError(f"{' '.join(command)} ended with {process.returncode}:\n{last}")
    return Cost(seconds, watch.peak, watch.work)


class _Watch(threading.Thread):
    """Looks at a process and all below it, now and then."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self._work: dict[psutil.Process, float] = {}
        self.peak = 0

    @property
    def work(self) -> float:
        """Processor time of all processes that were seen, in seconds."""
        return sum(self._work.values())

    def run(self) -> None:
        while not self._ended.wait(_EVERY):
            family = tree(self._pid)
            self.peak = max(self.peak, sum(memory(process) for process in family))
            self._work |= {process: used for process in family if (used := _used(process))}

    def stop(self) -> None:
        self._ended.set()
        self.join()


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and all below it; nothing once it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory(process: psutil.Process) -> int:
    """Return the memory of a process in bytes; 0 once it has ended.

    Proportional set size where the system knows it (Linux), so that pages which forked workers
    share count once; resident set size elsewhere.
    """
    try:
        full = process.memory_full_info()
    except psutil.Error:  # it has just ended, or may not be looked at
        return 0
    return int(getattr(full, "pss", full.rss))


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
