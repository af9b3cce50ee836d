"""The guard's other half, a process of its own: read the pipe to its end, then clean up.

Run as a script by :mod:`fraud_score.local.guard`. Only the standard library, and little of it: it
has to start in an instant and to stay small for as long as the service runs.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path


def main(grace_seconds: float) -> None:
    """Note what the starter's pipe says; when it closes, end and remove what is still noted."""
    # The Ctrl-C that ends the starter must not end its guard.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    processes: dict[int, tuple[int, int]] = {}
    pid_files: list[Path] = []
    folders: list[Path] = []
    for line in sys.stdin:
        verb, _, rest = line.strip().partition(" ")
        if verb == "started":
            leader, number, order = map(int, rest.split())
            processes[leader] = (order, number)
        elif verb == "ended":
            processes.pop(int(rest), None)
        elif verb == "memory":
            pid_files.append(Path(json.loads(rest)))
        elif verb == "folder":
            folders.append(Path(json.loads(rest)))
    for leader, (_, number) in sorted(processes.items(), key=itemgetter(1), reverse=True):
        end(leader, number, grace_seconds)
    for pid_file in pid_files:
        release_memory(pid_file)
    for folder in folders:
        remove(folder)


def end(leader: int, number: int, seconds: float) -> None:
    """Ask a process to end; end it and its whole group by force when it does not, or leaves some.

    Args:
        leader: Its id, which is also its group's.
        number: The signal that asks it to.
        seconds: How long it may take.
    """
    try:
        os.kill(leader, number)
    except ProcessLookupError:
        return
    wait_until(lambda: not alive(leader), seconds)
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS: not permitted when all are zombies
        return
    wait_until(lambda: not alive(leader), 5)


def alive(process: int) -> bool:
    """Whether a process runs. A zombie does not: where nobody reaps, it stays one for ever."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # no such file system, or gone this moment
        return not Path("/proc/self").exists()
    return state.rpartition(")")[2].split()[0] != "Z"


def remove(folder: Path) -> None:
    """Remove a folder, even while a process that was killed writes its last file there."""

    def gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    wait_until(gone, 5)


def release_memory(pid_file: Path) -> None:
    """Give back the System V segment of a Postgres that was killed: only its restart would.

    Args:
        pid_file: Its ``postmaster.pid``; the seventh line holds the segment's key and id
            (https://www.postgresql.org/docs/current/storage-file-layout.html).
    """
    try:
        words = pid_file.read_text(encoding="utf-8").splitlines()[6].split()
    except (OSError, IndexError):  # ended cleanly meanwhile, or killed before it had one
        return
    ipc_rmid = 0
    ctypes.CDLL(None).shmctl(int(words[1]), ipc_rmid, None)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds.

    Returns:
        Whether it came to hold in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


if __name__ == "__main__":
    main(float(sys.argv[1]))
