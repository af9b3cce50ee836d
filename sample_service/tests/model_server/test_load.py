"""The benchmark's load generator speaks HTTP and gRPC by hand: does it count what is so?"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.model_server.layout import ROOT
from tests.model_server.servers import Server

pytestmark = pytest.mark.xdist_group("model-server")
REST_PATH = "/v1/models/half_plus_two:predict"
GRPC_PATH = "/tensorflow.serving.PredictionService/Predict"
BODY = b'{"instances": [1.0]}'


def load(
    server: Server, protocol: str, path: str, message: bytes
) -> subprocess.CompletedProcess[str]:
    address = server.rest.removeprefix("http://") if protocol == "rest" else server.grpc
    host, port = address.split(":")
    command = [sys.executable, "-m", "benchmarks.model_server_load", host, port, protocol, path]
    done = subprocess.run(
        [*command, "4", "0.1", "0.5"],
        cwd=ROOT,
        input=message,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(
        command, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def grpc_message(model: str) -> bytes:
    from tests.model_server.rpc import parse
    from tests.model_server.test_grpc import ONE

    message: bytes = parse("Predict", ONE.replace("half_plus_two", model)).SerializeToString()
    return message


def check_figures(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["per_second"] > 0
    assert 0 < figures["p50"] <= figures["p99"]


def test_rest_load_is_measured(server: Server) -> None:
    check_figures(load(server, "rest", REST_PATH, BODY))


def test_grpc_load_is_measured(server: Server) -> None:
    check_figures(load(server, "grpc", GRPC_PATH, grpc_message("half_plus_two")))


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_failed_answers_are_no_figures(server: Server, protocol: str) -> None:
    if protocol == "rest":
        done = load(server, protocol, "/v1/models/nope:predict", BODY)
    else:
        done = load(server, protocol, GRPC_PATH, grpc_message("nope"))
    assert done.returncode != 0
    assert "not all answers were good" in done.stderr
