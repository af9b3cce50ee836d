"""Programs of the service as real processes."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec

import httpx

P = ParamSpec("P")
SECONDS = 60.0


def asynchronous(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Let pytest run a coroutine, each in a loop of its own."""
    import asyncio

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Wait until a condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds:g} s: {what}"
        time.sleep(0.02)


@dataclass
class Program:
    """`fraud-score COMMAND`, running while the `with` block runs."""

    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    url: str = ""

    def __enter__(self) -> Program:
        self.process = spawn(self.command, self.log, self.environment)
        self._wait_until_it_listens()
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        """Ask it to end, as Kubernetes does; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def text(self) -> str:
        """Return what it logged."""
        return self.log.read_text(encoding="utf-8")

    def _wait_until_it_listens(self) -> None:
        def listens() -> bool:
            assert self.process.poll() is None, self.text()
            found = re.search(r"listening on (http://[^\"]+)", self.text())
            self.url = found[1] if found else ""
            return bool(found)

        until(listens, "listening")


def spawn(command: tuple[str, ...], log: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a command of the service with these settings and no others."""
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "fraud_score", *command],
            env={**clean(), **env},
            stdout=out,
            stderr=out,
        )


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the service to its end."""
    return subprocess.run(
        [sys.executable, "-m", "fraud_score", *command],
        env={**clean(), **env},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def clean() -> dict[str, str]:
    """Return the environment without settings of the service."""
    ours = ("FRAUD_SCORE_", "DATABASE_URL", "OTEL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
