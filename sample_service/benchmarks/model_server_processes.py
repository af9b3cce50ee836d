"""Starts the servers that are measured, and the processes that measure them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fraud_score.local.guard import Guard, Program

ROOT = Path(__file__).parents[1]
START_SECONDS = 120


@dataclass(frozen=True)
class Place:
    """Where to ask: a server's ports, and which model."""

    rest: int
    grpc: int
    model: str
    rows: list[float] | list[list[float]]

    def path(self, protocol: str) -> str:
        """Give the path of a prediction."""
        if protocol == "rest":
            return f"/v1/models/{self.model}:predict"
        return "/tensorflow.serving.PredictionService/Predict"

    def message(self, protocol: str) -> bytes:
        """Give the body of a request."""
        if protocol == "rest":
            return json.dumps({"instances": self.rows}).encode()
        # TensorFlow is an extra, takes seconds to import, and talks about the processor.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        from tensorflow_serving.apis.predict_pb2 import PredictRequest  # noqa: PLC0415

        request = PredictRequest()
        request.model_spec.name = self.model
        request.inputs["x"].dtype = 1
        request.inputs["x"].tensor_shape.dim.add().size = len(self.rows)
        request.inputs["x"].float_val.extend(self.rows)
        message: bytes = request.SerializeToString()
        return message


def run(module: str, *arguments: str, given: bytes = b"") -> str:
    """Run a module of this repository and give what it prints.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=quiet(), input=given, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stderr.decode()}")
    return done.stdout.decode()


def spawn(guard: Guard, command: list[str], folder: Path, place: Place) -> None:
    """Start a server and wait until it answers a prediction over REST."""
    log = folder / f"{place.rest}.log"
    process = guard.spawn(Program(command, log, quiet(), ROOT))
    request = urllib.request.Request(
        f"http://127.0.0.1:{place.rest}{place.path('rest')}", place.message("rest")
    )

    def ready() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"{' '.join(command)}:\n{tail(log)}")
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - our own http address
                return True
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise RuntimeError(f"{error.code} for a prediction:\n{tail(log)}") from error
            return False
        except (urllib.error.URLError, ConnectionError):
            return False

    wait_until(ready, log)


def wait_until(condition: Callable[[], bool], log: Path) -> None:
    """Poll until it is true.

    Raises:
        TimeoutError: it took too long; with the log.
    """
    end = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(tail(log))
        time.sleep(0.05)


def tail(log: Path) -> str:
    """Give the end of a log."""
    return log.read_text(encoding="utf-8")[-2000:]


def quiet() -> dict[str, str]:
    """Give the environment, without TensorFlow's notices about this machine."""
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
