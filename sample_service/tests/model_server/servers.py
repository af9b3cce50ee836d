"""Starts the model server under test: the local one, TensorFlow Serving's image, or none of ours.

`MODEL_SERVER` says which: `local` (default), `docker`, or the URL of a server that already runs.
All are driven by the same flags, those of `tensorflow_model_server`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import yaml

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
COMMAND = Path(sys.executable).with_name("local-model-server")


@dataclass
class Server:
    """A started model server, or one that was meant to start and may have ended."""

    kind: str
    rest: str  # "http://127.0.0.1:8501"
    grpc: str  # "127.0.0.1:8500"
    log_file: Path
    process: subprocess.Popen[bytes] | None = None
    container: str = ""
    flags: dict[str, object] = field(default_factory=dict)

    @property
    def log(self) -> str:
        """What the server has written to its standard output and error so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def returncode(self) -> int | None:
        """The exit status, once the server has ended."""
        return self.process.poll() if self.process else None

    def terminate(self) -> None:
        """Ask the server to stop, as an orchestrator does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 30) -> int:
        """Wait for the end of the process and give its exit status."""
        assert self.process is not None
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End the server whatever it is doing, with everything it started."""
        if self.container:
            command = ["docker", "rm", "--force", self.container]
            subprocess.run(command, capture_output=True, check=False)
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class StartServer(Protocol):
    """Starts a server with flags, waits for its models, and ends it after the session."""

    def __call__(self, flags: dict[str, object], models: list[str] | None) -> Server: ...


def start(flags: dict[str, object], folder: Path, kind: str) -> Server:
    """Start a server with `flags` and both ports free, without waiting for it.

    Args:
        flags: flags by name, without dashes; booleans are written as the server reads them.
        folder: where its log goes and all its files are; a container sees it at the same path.
        kind: `local` or `docker`.
    """
    ports = {"port": free_port(), "rest_api_port": free_port()}
    name = f"model-server-{uuid.uuid4().hex[:12]}"
    given = {**ports, **flags}
    arguments = [f"--{key}={str(value).lower() if isinstance(value, bool) else value}"
                 for key, value in given.items()]  # fmt: skip
    log_file = folder / f"{name}.log"
    command = [str(COMMAND)] if kind == "local" else docker_command(name, folder)
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "1"},
        )
    return Server(
        kind=kind,
        rest=f"http://127.0.0.1:{given['rest_api_port']}",
        grpc=f"127.0.0.1:{given['port']}",
        log_file=log_file,
        process=process,
        container=name if kind == "docker" else "",
        flags=flags,
    )


def docker_command(name: str, folder: Path) -> list[str]:
    """Run the image with the host's network and the folder at the path it has here."""
    user = f"{os.getuid()}:{os.getgid()}"
    return [
        *("docker", "run", "--rm", "--name", name, "--network", "host", "--user", user),
        *("--volume", f"{folder}:{folder}", "--entrypoint", "tensorflow_model_server", image()),
    ]


def image() -> str:
    """The image that the whole service runs with, unless `MODEL_SERVER_IMAGE` names another."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    pinned: str = compose["services"]["model-server"]["image"]
    return os.environ.get("MODEL_SERVER_IMAGE", pinned)


def why_not(kind: str) -> str:
    """Say why a server of this kind cannot be started here; empty if it can."""
    if kind == "local":
        return "" if COMMAND.exists() else f"{COMMAND} is missing: pip install -e .[model-server]"
    if shutil.which("docker") is None:
        return "MODEL_SERVER=docker needs the docker command, and there is none"
    info = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    return "" if info.returncode == 0 else f"docker has no engine: {info.stderr.strip()[:200]}"


def wait_until(
    condition: Callable[[], object],
    what: str,
    seconds: float = START_SECONDS,
    server: Server | None = None,
) -> None:
    """Poll `condition` until it is true.

    Raises:
        TimeoutError: it was not, in `seconds`.
        RuntimeError: the server ended while it was waited for.
    """
    end = time.monotonic() + seconds
    while not condition():
        if server and server.returncode is not None:
            raise RuntimeError(
                f"the server ended with {server.returncode} before {what}:\n{server.log}"
            )
        if time.monotonic() > end:
            tail = server.log[-4000:] if server else ""
            raise TimeoutError(f"not within {seconds} s: {what}\n{tail}")
        time.sleep(0.02)


def ready(server: Server, models: list[str]) -> None:
    """Wait until the REST API answers for each of `models`, as a readiness probe does."""
    for model in models:
        url = f"{server.rest}/v1/models/{model}/metadata"
        wait_until(lambda url=url: responds(url), f"200 from {url}", server=server)  # type: ignore[misc]


def responds(url: str) -> bool:
    """Say whether a GET of `url` is answered with a 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
