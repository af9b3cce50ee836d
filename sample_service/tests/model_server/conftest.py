"""Servers and models for the contract: made once per session, ended and counted at its end."""

from __future__ import annotations

import fcntl
import importlib.util
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.model_server import servers
from tests.model_server.layout import SERVED, build_models, common_flags, lay_out
from tests.model_server.rest import Rest
from tests.model_server.servers import Server, StartServer

KIND = os.environ.get("MODEL_SERVER", "local")
RUNNING = KIND if KIND.startswith("http") else ""
STARTED: list[Server] = []


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
    """A folder of versioned models, and the config files of a server of all of them."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return lay_out(exported, shared_folder / f"served-{worker}")


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
