"""One part of the service as a process: start it, wait until it is ready, kill it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from fraud_score.local.guard import Guard, Program

READY_SECONDS = 90.0
"""Most seconds a part may take to get ready; TensorFlow alone needs several to load."""

_PORTS = range(20_000, 32_000, 2)
"""Below those that outgoing connections get: nobody takes a part's port while it restarts."""


class PartError(RuntimeError):
    """A part does not start; the message shows the end of its log."""


@dataclass(frozen=True)
class Recipe:
    """How to start a part.

    Attributes:
        name: What it is called, on the screen and in its log's name.
        program: Makes the program for a port; the port after it is free too.
        ready: Path of its readiness probe; "" when it has none and running is all there is to ask.
        port: The port it has to have; 0 for any free one.
    """

    name: str
    program: Callable[[int], Program]
    ready: str = ""
    port: int = 0


class Part:
    """A process that serves on a port of its own."""

    def __init__(self, recipe: Recipe, guard: Guard) -> None:
        self._recipe = recipe
        self._guard = guard
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.RLock()
        self.port = recipe.port or free_port()
        self.log = recipe.program(self.port).log

    @property
    def name(self) -> str:
        """What the part is called."""
        return self._recipe.name

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process id.

        Raises:
            PartError: It is not running.
        """
        if self._process is None:
            raise PartError(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process runs; whether it is ready is another question."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the process, without waiting until it is ready."""
        with self._lock:
            self._bury()
            self._process = self._guard.spawn(self._recipe.program(self.port))

    def start(self) -> None:
        """Start the process and wait until it is ready; on another port where this one is taken.

        Raises:
            PartError: It ended, or was not ready in time.
        """
        self.launch()
        self.wait()

    def wait(self, seconds: float = READY_SECONDS) -> None:
        """Wait until it is ready.

        Raises:
            PartError: It ended, or was not ready in time.
        """
        deadline = time.monotonic() + seconds
        lost_races = 0
        while not self.ready():
            if not self.running:
                # Somebody else may have taken the port since it was found free.
                lost = "address already in use" in end_of(self.log).lower()
                if not lost or lost_races == 5 or self._recipe.port:
                    raise PartError(f"{self.name} ended; {self._story()}")
                lost_races += 1
                self.log.unlink()
                self.port = free_port()
                self.launch()
            if time.monotonic() > deadline:
                raise PartError(f"{self.name} is not ready after {seconds:g} s; {self._story()}")
            time.sleep(0.02)

    def ready(self) -> bool:
        """Ask its readiness probe, as a cluster would."""
        if not self.running or not self._recipe.ready:
            return self.running
        try:
            return _probe(self.url + self._recipe.ready)
        except httpx.HTTPError:
            return False

    def stop(self, seconds: float = 20) -> None:
        """Ask the process to end, and wait; kill it when it takes too long."""
        self._end(signal.SIGTERM, seconds)

    def kill(self) -> None:
        """End the process and its children at once, as a crash would: ``kill -9``."""
        self._end(signal.SIGKILL, 10)

    def _end(self, number: signal.Signals, seconds: float) -> None:
        with self._lock:
            if self._process is None:
                return
            if number != signal.SIGKILL:
                self._process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(seconds)
            self._bury()

    def _bury(self) -> None:
        """Let nothing be left of the last process, nor of what it started."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._guard.forget(self._process)
        self._process = None

    def _story(self) -> str:
        return f"its log {self.log} ends:\n{end_of(self.log)}"


def run(guard: Guard, name: str, program: Program) -> None:
    """Run a program to its end.

    Args:
        guard: What ends it if this process ends before it.
        name: What to call it when it fails.
        program: What to run.

    Raises:
        PartError: It failed; the message shows the end of its log.
    """
    process = guard.spawn(program)
    process.wait()
    guard.forget(process)
    if process.returncode:
        raise PartError(f"{name} failed; its log {program.log} ends:\n{end_of(program.log)}")


def end_of(log: Path) -> str:
    """Return the last lines of a log, if there is one."""
    if not log.exists():
        return "(there is none)"
    return log.read_text(encoding="utf-8", errors="replace")[-2_000:] or "(it is empty)"


def free_port() -> int:
    """Find a port of this machine that is free now, and so is the one after it."""
    while True:
        port = random.choice(_PORTS)  # noqa: S311 (no secret)
        with contextlib.suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port


def _probe(url: str) -> bool:
    # A proxy of the environment has no business between the parts of one machine.
    with httpx.Client(trust_env=False, timeout=5) as client:
        return client.get(url).is_success
