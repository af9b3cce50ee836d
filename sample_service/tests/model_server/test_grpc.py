"""The gRPC API: the same models, the same faults, typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.model_server.casefile import cases
from tests.model_server.layout import METRICS_PATH
from tests.model_server.rest import Rest
from tests.model_server.servers import Server

pytestmark = pytest.mark.xdist_group("model-server")
ONE = """
  model_spec { name: "half_plus_two" }
  inputs { key: "x" value { dtype: DT_FLOAT tensor_shape { dim { size: 1 } } float_val: 1 } }
"""


@cases("grpc")
def test_call(rpc: Any, case: dict[str, Any]) -> None:
    from tests.model_server.rpc import Refusal, parse_response

    answer = rpc.send(case["call"], case["request"])
    if "answer" in case:
        assert answer == parse_response(case["call"], case["answer"])
        return
    assert isinstance(answer, Refusal), answer
    assert answer.code == case["code"], answer
    assert case.get("details", "") in answer.details


def test_metadata_holds_the_signatures(rpc: Any) -> None:
    from tensorflow_serving.apis.get_model_metadata_pb2 import SignatureDefMap

    request = 'model_spec { name: "half" } metadata_field: "signature_def"'
    answer = rpc.send("GetModelMetadata", request)
    assert (answer.model_spec.name, answer.model_spec.version.value) == ("half", 2)
    signatures = SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    default = signatures.signature_def["serving_default"]
    assert default.method_name == "tensorflow/serving/predict"
    assert (list(default.inputs), list(default.outputs)) == (["x"], ["y"])


def test_message_larger_than_grpc_takes_by_default(rpc: Any) -> None:
    from tests.model_server.rpc import parse

    request = parse("Predict", ONE)
    request.inputs["x"].tensor_shape.dim[0].size = 3_000_000
    request.inputs["x"].float_val[:] = [1.0] * 3_000_000
    assert len(rpc.send("Predict", request).outputs["y"].float_val) == 3_000_000


def test_deadline_of_the_caller_is_kept(rpc: Any) -> None:
    from tests.model_server.rpc import Refusal

    request = ONE.replace("half_plus_two", "slow").replace("FLOAT", "INT32")
    request = request.replace("float_val: 1", "int_val: 300")
    answer = rpc.send("Predict", request, timeout=0.2)
    assert isinstance(answer, Refusal)
    assert answer.code == "DEADLINE_EXCEEDED"
    assert rpc.send("Predict", ONE).outputs["y"].float_val == [2.5]


def test_unknown_method_is_unimplemented(rpc: Any) -> None:
    from tests.model_server.rpc import PREDICTION, Refusal

    answer = rpc.raw(f"/{PREDICTION}/Explain", b"")
    assert isinstance(answer, Refusal)
    assert answer.code == "UNIMPLEMENTED"


def test_bytes_that_are_no_message_are_refused(rpc: Any) -> None:
    from tests.model_server.rpc import PREDICTION, Refusal

    answer = rpc.raw(f"/{PREDICTION}/Predict", b"\xff\xff\xff")
    assert isinstance(answer, Refusal)
    assert rpc.send("Predict", ONE).outputs["y"].float_val == [2.5]


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_health_service_says_serving(server: Server, kind: str, service: str) -> None:
    if kind == "url":
        pytest.skip("needs a server started with --enable_grpc_healthcheck_service")
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(server.grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=30)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_health_of_an_unknown_service_is_not_found(server: Server, kind: str) -> None:
    if kind == "url":
        pytest.skip("needs a server started with --enable_grpc_healthcheck_service")
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(server.grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.Check(health_pb2.HealthCheckRequest(service="nope"), timeout=30)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def test_unix_socket_answers(server: Server, kind: str) -> None:
    if kind == "url":
        pytest.skip("needs a server started with --grpc_socket_path")
    from tests.model_server.rpc import Rpc

    path = server.flags["grpc_socket_path"]
    assert Path(str(path)).is_socket()
    with Rpc(f"unix:{path}") as client:
        assert client.send("Predict", ONE).outputs["y"].float_val == [2.5]


def metric(text: str, name: str, *labels: str) -> float:
    """Sum a metric over the lines that carry all `labels`."""
    values = [
        float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        if line.startswith(f":tensorflow:serving:{name}{{")
        and all(label in line for label in labels)
    ]
    return sum(values)


def test_metrics_count_requests_and_time(rest: Rest, rpc: Any, kind: str) -> None:
    if kind == "url":
        pytest.skip("needs a server started with --monitoring_config_file")
    good, bad = ('model_name="half_plus_two"', 'status="OK"'), ('status="INVALID_ARGUMENT"',)
    latency = ('model_name="half_plus_two"', 'entrypoint="REST"', 'API="predict"')
    before = rest.send("GET", METRICS_PATH).text
    rest.post("half_plus_two:predict", {"instances": [1.0]})
    rest.post("half_plus_two:predict", {"instances": ["a"]})
    rpc.send("Predict", ONE)
    answer = rest.send("GET", METRICS_PATH)
    assert answer.headers["content-type"].startswith("text/plain")
    after = answer.text
    assert "# TYPE :tensorflow:serving:request_count counter" in after
    assert "# TYPE :tensorflow:serving:request_latency histogram" in after
    counted = metric(after, "request_count", *good) - metric(before, "request_count", *good)
    assert counted == 2
    assert metric(after, "request_count", *bad) - metric(before, "request_count", *bad) == 1
    timed = [metric(text, "request_latency_count", *latency) for text in (before, after)]
    assert timed[1] - timed[0] == 1
    assert metric(after, "request_latency_count", 'entrypoint="GRPC"', 'API="Predict"') >= 1
