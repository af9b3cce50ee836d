"""Every process that a run starts, found again by a mark in its environment.

A daemon leaves its parent, its session and its process group, but not its environment. A process
that clears or overwrites its environment (servers that write their state into their title do) is
found as long as its parent is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

import psutil
from msgspec import Struct

MARK = "TUTORIAL_RUN"
_PAUSE = 0.1
_TERM_SECONDS = 8.0
_KILL_SECONDS = 5.0


class Running(Struct, frozen=True):
    """A process of the run: ``name`` is its program, ``command`` what was called."""

    pid: int
    started: float
    name: str
    command: str

    def __str__(self) -> str:
        return f"{self.pid} {self.command}"


def running(mark: str, but: Iterable[int] = ()) -> tuple[Running, ...]:
    """Return the live processes of the run with this mark, this one and ``but`` left out."""
    left_out = {os.getpid(), *but}
    found: dict[int, Running] = {}
    children: dict[int, list[psutil.Process]] = {}
    marked: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            children.setdefault(process.ppid(), []).append(process)
            if process.environ().get(MARK) == mark:
                marked.append(process)
        except (psutil.Error, OSError):
            continue  # ended meanwhile, or another user's
    while marked:
        process = marked.pop()
        if process.pid in found:
            continue
        seen = _look(process)
        if seen:
            found[process.pid] = seen
            marked += children.get(process.pid, [])
    return tuple(found[pid] for pid in sorted(found.keys() - left_out))


def _look(process: psutil.Process) -> Running | None:
    """Return the process as it is now; None if it has ended, or waits to be collected."""
    try:
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            command = " ".join(process.cmdline()).strip()[:200] or process.name()
            return Running(process.pid, process.create_time(), process.name(), command)
    except (psutil.Error, OSError):
        return None


def wait_until_gone(look: Callable[[], tuple[Running, ...]], seconds: float) -> tuple[Running, ...]:
    """Return what still runs after this time, or () as soon as nothing does."""
    end = time.monotonic() + seconds
    while left := look():
        if time.monotonic() > end:
            return left
        time.sleep(_PAUSE)
    return ()


def stop(look: Callable[[], tuple[Running, ...]]) -> tuple[Running, ...]:
    """End all processes that ``look`` finds, also those started meanwhile; return the first found.

    They are asked first: a database that is killed leaves shared memory behind.
    """
    first = look()
    for ask, seconds in (("terminate", _TERM_SECONDS), ("kill", _KILL_SECONDS)):
        end = time.monotonic() + seconds
        asked: set[int] = set()
        while (left := look()) and time.monotonic() < end:
            for process in left:
                if process.pid not in asked or ask == "kill":
                    _send(process, ask)
                asked.add(process.pid)
            time.sleep(_PAUSE)
        if not left:
            break
    return first


def _send(seen: Running, ask: str) -> None:
    try:
        process = psutil.Process(seen.pid)
        # The number may have been given to another process since.
        if process.create_time() == seen.started:
            getattr(process, ask)()
    except (psutil.Error, OSError):
        return
