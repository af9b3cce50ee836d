"""Starting and stopping: flags, files they name, signals, a folder still empty."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.model_server.releases import publish, write
from tests.model_server.rest import Rest
from tests.model_server.servers import StartServer, ready, wait_until

pytestmark = pytest.mark.xdist_group("model-server-process")
BAD_CONFIG = "Error parsing text-format tensorflow.serving.ModelServerConfig"
BAD_BATCHING = "Error parsing text-format tensorflow.serving.BatchingParameters"

# Flags that a server must not start with, files they name, and what it says.
REFUSED: dict[str, tuple[dict[str, object], str, str]] = {
    "no model": ({}, "", "model_base_path"),
    "a config file that is none": ({"model_config_file": "FILE"}, "not a config", BAD_CONFIG),
    "a config file cut off": (
        {"model_config_file": "FILE"},
        'model_config_list { config { name: "half"',
        BAD_CONFIG,
    ),
    "a field that no config has": (
        {"model_config_file": "FILE"},
        "model_config_list { config { colour: 1 } }",
        BAD_CONFIG,
    ),
    "a config file that is not there": (
        {"model_config_file": "/no/such.config"},
        "",
        "/no/such.config",
    ),
    "batching parameters that are none": (
        {"model_base_path": "/m", "enable_batching": True, "batching_parameters_file": "FILE"},
        "max_batch_size: many",
        BAD_BATCHING,
    ),
    "batching parameters without batching": (
        {"model_base_path": "/m", "batching_parameters_file": "FILE"},
        "max_batch_size { value: 8 }",
        "enable_batching",
    ),
    "no port": ({"model_base_path": "/m", "port": 0}, "", "grpc_port"),
    "a port that is no number": ({"model_base_path": "/m", "port": "http"}, "", "port"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_server_refuses_to_start_with(
    model_server: StartServer, tmp_path_factory: pytest.TempPathFactory, what: str
) -> None:
    flags, text, message = REFUSED[what]
    file = write(tmp_path_factory.mktemp("flags") / "file.config", text)
    given = {name: file if value == "FILE" else value for name, value in flags.items()}
    server = model_server(given, None)
    assert server.wait(60) != 0, server.log
    assert message in server.log
    assert "Traceback" not in server.log


def test_version_is_told_without_starting(model_server: StartServer) -> None:
    server = model_server({"version": True}, None)
    assert server.wait(60) == 0
    assert "TensorFlow ModelServer: " in server.log
    assert "TensorFlow Library: " in server.log


@pytest.mark.slow
def test_server_waits_for_the_first_version(
    model_server: StartServer, exported: Path, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("empty") / "half"
    base.mkdir()
    server = model_server({"model_name": "half", "model_base_path": base}, None)
    publish(exported / "half_plus_two", base, 1)
    ready(server, ["half"])
    with Rest(server.rest) as client:
        assert client.post("half:predict", {"instances": [2.0]}).json == {"predictions": [3.0]}
    assert kind != "local" or "development and tests" in server.log, "a stand-in must say so"


@pytest.mark.slow
def test_sigterm_lets_a_request_finish_and_leaves_nothing(
    model_server: StartServer, exported: Path, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if kind == "docker":
        pytest.skip("the real server does not handle SIGTERM: it ends at once")
    base = publish(exported / "slow", tmp_path_factory.mktemp("slow") / "slow", 1).parent
    socket = base.parent / "grpc.sock"
    flags = {"model_name": "slow", "model_base_path": base, "grpc_socket_path": socket}
    server = model_server(flags, ["slow"])
    answers = []

    def ask() -> None:
        with Rest(server.rest) as client:
            answers.append(client.post("slow:predict", {"instances": [300]}).json)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: connected(server.process), "the request's arrival")
    server.terminate()
    asking.join(60)
    assert answers == [{"predictions": [300]}]
    assert server.wait(30) == 0
    assert "Traceback" not in server.log
    assert not socket.exists()


def connected(process: object) -> bool:
    """Say whether a client's connection to the process is open, with its request sent."""
    import psutil

    assert process is not None
    connections = psutil.Process(process.pid).net_connections("tcp")  # type: ignore[attr-defined]
    return any(each.status == "ESTABLISHED" for each in connections)


@pytest.mark.slow
def test_rest_requests_end_at_their_time_limit(
    model_server: StartServer, exported: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = publish(exported / "slow", tmp_path_factory.mktemp("slow") / "slow", 1).parent
    flags: dict[str, object] = {
        "model_name": "slow",
        "model_base_path": base,
        "rest_api_timeout_in_ms": 300,
        "grpc_channel_arguments": "grpc.max_connection_age_ms=2000",
        "file_system_poll_wait_seconds": 0,
    }
    server = model_server(flags, ["slow"])
    with Rest(server.rest) as client:
        late = client.post("slow:predict", {"instances": [1000]})
        assert late.status == 504, late.text
        wait_until(
            lambda: client.post("slow:predict", {"instances": [0]}).status == 200,
            "the server to be free again",
        )
