"""Requests per second of the local model server, and what batching gains.

Two measures to compare with, both in the same run: the bare model, called in a process without a
server, and a null handler, which is the server's own stack (uvicorn, grpc) parsing the same bytes
and answering a constant. Load comes from a process of its own over connections that stay open.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from benchmarks.report import Line, Section, middle
from fraud_score.local.guard import Guard, Program

TITLE = "Local model server"
ABOUT = """\
One row per request to a model that adds (*half plus two*), then to an MLP of four layers of 1,024
units over REST. *Bare call* is the model's signature called in a process without a server, by one
thread; *null handler* is the same stack without a model: it parses each request and answers a
constant. The ratio to *without batching* is what `--enable_batching` gains. p50 and p99 are from
request to answer, as clients see them that send the next request at once."""
ROOT = Path(__file__).parents[1]
CLIENTS = (1, 8, 32)
MLP_CLIENTS = 32
MLP_INPUTS = 40
BATCHING = """
max_batch_size { value: 32 }
batch_timeout_micros { value: 0 }
max_enqueued_batches { value: 1000 }
num_batch_threads { value: 1 }
"""
START_SECONDS = 120


@dataclass(frozen=True)
class Size:
    """Seconds of warm-up and of counting in a round, and how many rounds."""

    warm_up: float
    seconds: float
    rounds: int


QUICK, WHOLE = Size(0.3, 0.7, 1), Size(0.5, 2, 5)


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
        # TensorFlow is an extra, and takes seconds to import.
        from tensorflow_serving.apis.predict_pb2 import PredictRequest  # noqa: PLC0415

        request = PredictRequest()
        request.model_spec.name = self.model
        request.inputs["x"].dtype = 1
        request.inputs["x"].tensor_shape.dim.add().size = len(self.rows)
        request.inputs["x"].float_val.extend(self.rows)
        message: bytes = request.SerializeToString()
        return message


@dataclass
class Measured:
    """The rounds of one case."""

    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def add(self, output: str) -> None:
        """Note a round, as the measuring process printed it."""
        for name, value in json.loads(output).items():
            getattr(self, name).append(value)

    @property
    def rate(self) -> float:
        """The median of the rounds."""
        return middle(self.per_second)

    def line(self, case: str, ratios: dict[str, float], unit: str = "requests/s") -> Line:
        """Give the case as a line of the report."""
        notes = {
            "p50": f"{middle(self.p50) * 1000:.2f} ms",
            "p99": f"{middle(self.p99) * 1000:.2f} ms",
        }
        return Line(case, self.rate, unit, ratios, notes)


def measure(quick: bool) -> Section:
    """Measure on servers and models of its own."""
    if find_spec("tensorflow") is None:
        why = "TensorFlow is not installed: pip install -e .[model-server]"
        return Section(TITLE, ABOUT, skipped=why)
    with Guard() as guard:
        folder = Path(tempfile.mkdtemp(prefix="fraud-score-bench-"))
        guard.remove_at_the_end(folder)
        build_models(folder)
        lines = small_model(guard, folder, QUICK if quick else WHOLE)
        lines += batching_gain(guard, folder, QUICK if quick else WHOLE)
    return Section(TITLE, ABOUT, lines)


def build_models(folder: Path) -> None:
    """Export the two models as version 1 of each, with the code that the contract tests use."""
    for model in ("half_plus_two", "mlp"):
        built = run("tests.model_server.models", str(folder / "exported"), model)
        assert built == ""
        (folder / model).mkdir()
        (folder / "exported" / model).rename(folder / model / "1")


def small_model(guard: Guard, folder: Path, size: Size) -> list[Line]:
    """Compare the server with the bare model and the null handler, in rounds taken in turns."""
    model, rows = "half_plus_two", [1.0]
    server = start_server(guard, folder, model, rows, {})
    null = start_null(guard, folder, model, rows)
    bare = Measured()
    cases = {
        (protocol, clients): (Measured(), Measured())
        for protocol in ("rest", "grpc")
        for clients in CLIENTS
    }
    for _ in range(size.rounds):
        bare.add(call(folder, model, rows, size))
        for (protocol, clients), (of_server, of_null) in cases.items():
            of_server.add(load(server, protocol, clients, size))
            of_null.add(load(null, protocol, clients, size))
    lines = [bare.line("bare call", {}, "calls/s")]
    for (protocol, clients), (of_server, of_null) in cases.items():
        ratios = {
            "bare call": of_server.rate / bare.rate,
            "null handler": of_server.rate / of_null.rate,
        }
        case = f"{NAMES[protocol]}, {clients} client{'s' * (clients > 1)}"
        lines.append(of_server.line(case, ratios))
    return lines


NAMES = {"rest": "REST", "grpc": "gRPC"}


def batching_gain(guard: Guard, folder: Path, size: Size) -> list[Line]:
    """Compare the large model with and without batching."""
    numbers = random.Random(1)
    rows = [[round(numbers.random(), 3) for _ in range(MLP_INPUTS)]]
    parameters = folder / "batching.config"
    parameters.write_text(BATCHING, encoding="utf-8")
    flags = {"enable_batching": "true", "batching_parameters_file": str(parameters)}
    single = start_server(guard, folder, "mlp", rows, {})
    batched = start_server(guard, folder, "mlp", rows, flags)
    bare, off, on = Measured(), Measured(), Measured()
    for _ in range(size.rounds):
        bare.add(call(folder, "mlp", rows, size))
        off.add(load(single, "rest", MLP_CLIENTS, size))
        on.add(load(batched, "rest", MLP_CLIENTS, size))
    without = {"bare call": off.rate / bare.rate}
    gained = {"bare call": on.rate / bare.rate, "without batching": on.rate / off.rate}
    return [
        bare.line("MLP, bare call", {}, "calls/s"),
        off.line(f"MLP, REST, {MLP_CLIENTS} clients, without batching", without),
        on.line(f"MLP, REST, {MLP_CLIENTS} clients, with batching", gained),
    ]


def load(place: Place, protocol: str, clients: int, size: Size) -> str:
    """Put a load on a server from a process of its own."""
    port = place.rest if protocol == "rest" else place.grpc
    return run(
        *("benchmarks.model_server_load", "127.0.0.1", str(port), protocol),
        *(place.path(protocol), str(clients), str(size.warm_up), str(size.seconds)),
        given=place.message(protocol),
    )


def call(folder: Path, model: str, rows: object, size: Size) -> str:
    """Call a model in a process of its own, without a server."""
    given = json.dumps({"instances": rows}).encode()
    path, seconds = str(folder / model / "1"), str(size.seconds)
    return run("benchmarks.model_server_null", "call", path, seconds, given=given)


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


def start_server(
    guard: Guard,
    folder: Path,
    model: str,
    rows: list[float] | list[list[float]],
    flags: dict[str, str],
) -> Place:
    """Start the local model server on one model and wait until it is available."""
    place = Place(free_port(), free_port(), model, rows)
    given = {
        "rest_api_port": place.rest,
        "port": place.grpc,
        "model_name": model,
        "model_base_path": folder / model,
        **flags,
    }
    arguments = [f"--{name}={value}" for name, value in given.items()]
    command = [sys.executable, "-m", "local_model_server", *arguments]
    spawn(guard, command, folder, place)
    return place


def start_null(
    guard: Guard, folder: Path, model: str, rows: list[float] | list[list[float]]
) -> Place:
    """Start the null handlers."""
    place = Place(free_port(), free_port(), model, rows)
    command = [
        sys.executable,
        "-m",
        "benchmarks.model_server_null",
        str(place.rest),
        str(place.grpc),
    ]
    spawn(guard, command, folder, place)
    return place


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
