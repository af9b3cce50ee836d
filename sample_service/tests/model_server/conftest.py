"""Servers and models for the contract: made once per session, ended and counted at its end."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest
from tests.model_server import servers
from tests.model_server.releases import config_list, model_config, publish, write
from tests.model_server.rest import Rest
from tests.model_server.servers import Server

ROOT = Path(__file__).parents[2]
KIND = os.environ.get("MODEL_SERVER", "local")
RUNNING = KIND if KIND.startswith("http") else ""
METRICS_PATH = "/monitoring/prometheus/metrics"
STARTED: list[Server] = []


class StartServer(Protocol):
    """Starts a server with flags, waits for its models, and ends it after the session."""

    def __call__(self, flags: dict[str, object], models: list[str] | None) -> Server: ...


@pytest.fixture(scope="session")
def kind() -> str:
    """`local`, `docker`, or `url`: what tells why the real server cannot pass a case."""
    return "url" if RUNNING else KIND


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the session, whichever of its processes asks."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def exported(shared_folder: Path) -> Path:
    """The folder of the exported models, by name and without versions; made by whoever is first."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed: pip install -e .[model-server]")
    folder = shared_folder / "exported-models"
    with (shared_folder / "exported-models.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            build_models(folder)
            (folder / "complete").touch()
    return folder


def build_models(folder: Path, *names: str) -> None:
    """Export the models in a process that takes TensorFlow away with it when it ends."""
    command = [sys.executable, "-m", "tests.model_server.models", str(folder), *names]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        command, cwd=ROOT, env=quiet, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start servers of the kind that `MODEL_SERVER` names, by flags."""
    if not RUNNING and (reason := servers.why_not(KIND)):
        pytest.skip(reason)
    folder = tmp_path_factory.getbasetemp()
    mine: list[Server] = []

    def start(flags: dict[str, object], models: list[str] | None = None) -> Server:
        if RUNNING:
            wanted = " ".join(f"--{name}" for name in flags)
            pytest.skip(f"needs a server that the test starts, with {wanted}")
        server = servers.start(flags, folder, KIND)
        mine.append(server)
        STARTED.append(server)
        if models is not None:
            servers.ready(server, models)
        return server

    yield start
    for server in mine:
        server.kill()


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail the session if a process that it started is still there at its end."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    started = {server.process.pid for server in STARTED if server.process}
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    left += [psutil.Process(pid) for pid in started if psutil.pid_exists(pid)]
    assert not left, f"still running: {left}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Show the end of every running server's log with a test that failed."""
    report = yield
    if report.failed:
        for server in STARTED:
            if server.returncode is None or report.when == "setup":
                report.sections.append((f"log of {server.rest}", server.log[-3000:]))
    return report


@pytest.fixture(scope="session")
def served(exported: Path, shared_folder: Path) -> Path:
    """A folder of versioned models, and the config file of a server of all of them."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    base = shared_folder / f"served-{worker}"
    for name, versions in SERVED.items():
        for version, model in versions.items():
            publish(exported / model, base / name, version)
    (base / "all" / "notes").mkdir()
    (base / "all" / "README.md").write_text("not a version", encoding="utf-8")
    configs = [
        model_config(name, base / name, POLICIES.get(name, ""), LABELS.get(name)) for name in SERVED
    ]
    write(base / "models.config", config_list(*configs))
    write(
        base / "monitoring.config",
        f'prometheus_config {{ enable: true path: "{METRICS_PATH}" }}\n',
    )
    return base


# Model folders by name: which exported model each version is.
SERVED: dict[str, dict[int, str]] = {
    "half_plus_two": {123: "half_plus_two"},
    "half": {1: "half_plus_two", 2: "half_plus_three"},
    "all": {1: "half_plus_two", 2: "half_plus_three", 10: "half_plus_two"},
    "latest_two": {1: "half_plus_two", 2: "half_plus_three", 10: "half_plus_two"},
    "latest": {9: "half_plus_two", 10: "half_plus_three"},
    "pinned": {1: "half_plus_two", 2: "half_plus_three", 3: "half_plus_two"},
    **{
        name: {1: name}
        for name in (
            *("several", "text", "types", "shapes", "fails", "slow"),
            *("vocabulary", "counter", "mlp"),
        )
    },
}
POLICIES = {
    "half": "specific { versions: 1 versions: 2 }",
    "all": "all {}",
    "latest_two": "latest { num_versions: 2 }",
    "pinned": "specific { versions: 2 }",
}
LABELS = {"half": {"stable": 1, "canary": 2}}


def common_flags(served: Path) -> dict[str, object]:
    """Flags of the servers that the answers of all the served models are asked of."""
    return {
        "model_config_file": served / "models.config",
        "monitoring_config_file": served / "monitoring.config",
        "allow_version_labels_for_unavailable_models": True,
        "enable_grpc_healthcheck_service": True,
        "max_num_load_retries": 0,
        "grpc_socket_path": served / "grpc.sock",
    }


@pytest.fixture(scope="session")
def server(model_server: StartServer, request: pytest.FixtureRequest) -> Server:
    """The server that all the cases share; none of them changes it."""
    if RUNNING:
        grpc = os.environ.get("MODEL_SERVER_GRPC", "")
        return Server("url", RUNNING.rstrip("/"), grpc, Path(os.devnull))
    served: Path = request.getfixturevalue("served")
    return model_server(common_flags(served), list(SERVED))


@pytest.fixture
def rest(server: Server) -> Iterator[Rest]:
    """A connection to the REST API of the shared server."""
    with Rest(server.rest) as client:
        yield client


@pytest.fixture
def rpc(server: Server) -> Iterator[Any]:
    """A channel to the gRPC API of the shared server."""
    if not server.grpc:
        pytest.skip("needs MODEL_SERVER_GRPC=host:port, the running server's --port")
    from tests.model_server.rpc import Rpc

    with Rpc(server.grpc) as client:
        yield client
