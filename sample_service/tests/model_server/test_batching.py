"""`--enable_batching`: the same answers, several requests at a time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.model_server.casefile import exact
from tests.model_server.layout import SERVED, common_flags
from tests.model_server.releases import write
from tests.model_server.rest import Answer, Rest
from tests.model_server.servers import Server, StartServer

pytestmark = pytest.mark.xdist_group("model-server")
CLIENTS = 16
PARAMETERS = """
max_batch_size { value: 32 }
batch_timeout_micros { value: 2000 }
max_enqueued_batches { value: 1000 }
num_batch_threads { value: 2 }
"""


@pytest.fixture(scope="module")
def batching(model_server: StartServer, served: Path) -> Server:
    flags = common_flags(served) | {
        "enable_batching": True,
        "batching_parameters_file": write(served / "batching.config", PARAMETERS),
        "grpc_socket_path": served / "batching.sock",
    }
    return model_server(flags, list(SERVED))


Request = tuple[str, dict[str, Any]]


def at_once(server: Server, requests: list[Request]) -> list[Answer]:
    """Send the requests from several connections at the same time; answers in their order."""

    def share(first: int) -> list[Answer]:
        with Rest(server.rest) as client:
            return [client.post(*request) for request in requests[first::CLIENTS]]

    with ThreadPoolExecutor(CLIENTS) as pool:
        shares = list(pool.map(share, range(CLIENTS)))
    return [shares[index % CLIENTS][index // CLIENTS] for index in range(len(requests))]


def test_batched_answers_are_those_of_one_by_one(batching: Server, server: Server) -> None:
    requests: list[Request] = [
        ("half_plus_two:predict", {"instances": [float(n)] * (n % 3 + 1)}) for n in range(100)
    ]
    requests += [
        ("several:predict", {"inputs": {"a": [float(n)], "b": [[1.0, float(n)]]}})
        for n in range(100)
    ]
    requests += [("text:predict", {"instances": [f"word {n}"]}) for n in range(100)]
    batched = at_once(batching, requests)
    with Rest(server.rest) as client:
        for request, answer in zip(requests, batched, strict=True):
            assert exact(answer.json) == exact(client.post(*request).json)


def test_large_model_answers_each_with_its_own(batching: Server, server: Server) -> None:
    rows = [[(n * 37 + column * (n + 5)) % 101 / 101 for column in range(40)] for n in range(64)]
    batched = at_once(batching, [("mlp:predict", {"instances": [row]}) for row in rows])
    with Rest(server.rest) as client:
        whole = client.post("mlp:predict", {"instances": rows}).json["predictions"]
    assert len(set(whole)) == len(rows), "rows that cannot be told apart prove nothing"
    # Sums in another order differ in the last bits of a float.
    assert [answer.json["predictions"][0] for answer in batched] == pytest.approx(whole, rel=1e-4)


def test_bad_request_spoils_only_itself(batching: Server, kind: str) -> None:
    if kind == "docker":
        pytest.skip("the real server fails a whole batch for one (batching_session.cc)")
    good: Request = ("mlp:predict", {"instances": [[1.0] * 40]})
    bad: list[Request] = [
        ("mlp:predict", {"instances": [[1.0] * 39]}),
        ("mlp:predict", {"instances": [["a"] * 40]}),
        ("mlp:predict", {"instances": [1.0]}),
    ]
    requests = [good if n % 3 else bad[n // 3 % len(bad)] for n in range(120)]
    answers = at_once(batching, requests)
    answered = {
        answer.status for asked, answer in zip(requests, answers, strict=True) if asked is good
    }
    refused = {
        answer.status for asked, answer in zip(requests, answers, strict=True) if asked is not good
    }
    assert (answered, refused) == ({200}, {400})


def test_failure_in_the_model_spoils_only_its_request(batching: Server, kind: str) -> None:
    if kind == "docker":
        pytest.skip("the real server fails a whole batch for one (batching_session.cc)")
    requests: list[Request] = [
        ("fails:predict", {"instances": [0 if n % 5 == 0 else 4]}) for n in range(100)
    ]
    for (_, body), answer in zip(requests, at_once(batching, requests), strict=True):
        if body["instances"] == [0]:
            assert answer.status == 400
            assert "Integer division by zero" in answer.error
        else:
            assert answer.json == {"predictions": [25]}


def test_signatures_and_versions_are_batched_apart(batching: Server) -> None:
    paths = ["half/versions/1:predict", "half/labels/canary:predict"]
    requests: list[Request] = [(paths[n % 2], {"instances": [2.0]}) for n in range(60)]
    for n, answer in enumerate(at_once(batching, requests)):
        assert answer.json == {"predictions": [3.0 if n % 2 == 0 else 4.0]}


def test_grpc_is_batched_too(batching: Server) -> None:
    from tests.model_server.rpc import Rpc
    from tests.model_server.test_grpc import ONE

    with Rpc(batching.grpc) as client, ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: client.send("Predict", ONE), range(100)))
    assert {tuple(answer.outputs["y"].float_val) for answer in answers} == {(2.5,)}


def test_classify_and_regress_with_batching(batching: Server) -> None:
    body = {"signature_name": "regress_x_to_y", "examples": [{"x": 2.0}]}
    answers = at_once(batching, [("half_plus_two:regress", body)] * 40)
    assert [answer.json for answer in answers] == [{"results": [3.0]}] * 40


@pytest.mark.parametrize("body", [{"inputs": 1.0}, {"inputs": []}])
def test_what_is_no_batch_gets_an_answer(batching: Server, body: dict[str, Any]) -> None:
    with Rest(batching.rest) as client:
        answer = client.send("POST", "/v1/models/types:predict", json.dumps(body))
    assert answer.status in {200, 400}
