"""Requests per second of the local model server, and what batching gains.

Two measures to compare with, both in the same run: the bare model, called in a process without a
server, and a null handler, which is the server's own stack (uvicorn, grpc) parsing the same bytes
and answering a constant. Load comes from a process of its own over connections that stay open.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from benchmarks.model_server_processes import Place, free_port, run, spawn
from benchmarks.report import Line, Section, middle
from fraud_score.local.guard import Guard

TITLE = "Local model server"
ABOUT = """\
One row per request to a model that adds (*half plus two*), then to an MLP of four layers of 1,024
units over REST. *Bare call* is the model's signature called in a process without a server, by one
thread; *null handler* is the same stack without a model: it parses each request and answers a
constant. The ratio to *without batching* is what `--enable_batching` gains. p50 and p99 are from
request to answer, as clients see them that send the next request at once."""
CLIENTS = (1, 8, 32)
MLP_CLIENTS = 32
MLP_INPUTS = 40
BATCHING = """
max_batch_size { value: 32 }
batch_timeout_micros { value: 0 }
max_enqueued_batches { value: 1000 }
"""


@dataclass(frozen=True)
class Size:
    """Seconds of warm-up and of counting in a round, and how many rounds."""

    warm_up: float
    seconds: float
    rounds: int


QUICK, WHOLE = Size(0.3, 0.7, 1), Size(0.5, 1.5, 3)


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

    def over(self, other: Measured) -> float:
        """Give the median of the ratios of rounds: what slows a round down slows both."""
        return middle([a / b for a, b in zip(self.per_second, other.per_second, strict=True)])

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
            "bare call": of_server.over(bare),
            "null handler": of_server.over(of_null),
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
    without = {"bare call": off.over(bare)}
    gained = {"bare call": on.over(bare), "without batching": on.over(off)}
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
