"""The REST API: what is answered to what is asked, good or bad."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.model_server.casefile import cases, exact
from tests.model_server.rest import Rest

pytestmark = pytest.mark.xdist_group("model-server")


def ask(rest: Rest, case: dict[str, Any]) -> None:
    """Send the request of a case and compare its answer."""
    if "get" in case:
        method, path, body = "GET", case["get"], None
    elif "post" in case:
        method, path = "POST", f"/v1/models/{case['post']}"
        body = json.dumps(case["json"]) if "json" in case else case["body"]
    else:
        method, path, body = case["method"], case["path"], "{}"
    answer = rest.send(method, path, body, case.get("headers"))
    assert answer.status == case.get("code", 200), answer.text
    if "answer" in case:
        assert exact(answer.json) == exact(case["answer"])
    if "text" in case:
        assert case["text"] in re.sub(r"\s", "", answer.text)
    if "error" in case:
        assert case["error"] in answer.error


@cases("predict")
def test_predict(rest: Rest, case: dict[str, Any]) -> None:
    ask(rest, case)


@cases("examples")
def test_classify_and_regress(rest: Rest, case: dict[str, Any]) -> None:
    ask(rest, case)


@cases("paths")
def test_path(rest: Rest, case: dict[str, Any]) -> None:
    ask(rest, case)


# Which versions of the folders in `layout.SERVED` each policy serves, the newest first.
POLICIES = {
    "latest": ["10"],
    "latest_two": ["10", "2"],
    "all": ["10", "2", "1"],
    "pinned": ["2"],
}


@pytest.mark.parametrize(("model", "versions"), POLICIES.items())
def test_policy_says_which_versions_are_served(rest: Rest, model: str, versions: list[str]) -> None:
    states = rest.get(model).json["model_version_status"]
    assert [state["version"] for state in states] == versions
    assert {state["state"] for state in states} == {"AVAILABLE"}


def test_metadata_names_model_and_signatures(rest: Rest) -> None:
    answer = rest.get("several/metadata").json
    assert answer["model_spec"] == {"name": "several", "signature_name": "", "version": "1"}
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    default = signatures["serving_default"]
    assert default["method_name"] == "tensorflow/serving/predict"
    assert sorted(default["outputs"]) == ["scaled", "total"]
    assert default["inputs"]["b"]["dtype"] == "DT_FLOAT"
    assert default["inputs"]["b"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}, {"size": "2", "name": ""}],
        "unknown_rank": False,
    }


def test_metadata_keeps_the_method_of_each_signature(rest: Rest) -> None:
    answer = rest.get("half_plus_two/metadata").json
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    methods = {name: each["method_name"].split("/")[-1] for name, each in signatures.items()}
    assert methods == {
        "serving_default": "predict",
        "regress_x_to_y": "regress",
        "regress_x2_to_y2": "regress",
        "classify_x_to_y": "classify",
        "classify_labels": "classify",
    }


@pytest.mark.parametrize(
    ("path", "version"),
    [("half", "2"), ("half/versions/1", "1"), ("half/labels/stable", "1"), ("latest", "10")],
)
def test_metadata_is_of_the_version_that_answers(rest: Rest, path: str, version: str) -> None:
    assert rest.get(f"{path}/metadata").json["model_spec"]["version"] == version


def test_warmup_ran_before_the_first_request(rest: Rest) -> None:
    first, second = (rest.post("counter:predict", {"instances": [0.0]}).json for _ in range(2))
    assert first["predictions"][0] >= 4, "three warm-up records count before any caller"
    assert second["predictions"][0] == first["predictions"][0] + 1


def test_large_body_is_answered(rest: Rest) -> None:
    rows = 200_000
    answer = rest.post("half_plus_two:predict", {"instances": [1.0] * rows})
    assert answer.json == {"predictions": [2.5] * rows}


def test_long_string_is_answered(rest: Rest) -> None:
    body = {"signature_name": "length", "instances": ["a" * 10_000_000]}
    assert rest.post("text:predict", body).json == {"predictions": [10_000_000]}


@pytest.mark.parametrize("depth", [100, 300, 5_000, 100_000])
def test_deep_nesting_is_refused(rest: Rest, kind: str, depth: int) -> None:
    if depth > 300 and kind != "local":
        pytest.skip(
            "the real server works out the shape of a list by recursion: no bound on its stack"
        )
    answer = rest.send(
        "POST",
        "/v1/models/types:predict",
        '{"instances": ' + "[" * depth + "1.0" + "]" * depth + "}",
    )
    assert answer.status == 400
    cut_off = rest.send("POST", "/v1/models/types:predict", '{"instances": ' + "[" * depth)
    assert cut_off.status == 400
    assert cut_off.error.startswith("JSON Parse error: ")


def test_long_value_is_not_repeated_whole_in_the_error(rest: Rest) -> None:
    answer = rest.post("half_plus_two:predict", {"instances": ["a" * 1_000_000]})
    assert answer.status == 400
    assert len(answer.error) < 1_100_000
    answer = rest.post("half_plus_two:predict", {"examples": list(range(100_000))})
    assert len(answer.error) < 1_000


def test_chunked_body_is_read(rest: Rest) -> None:
    chunks = (part for part in (b'{"instances"', b": [1.0", b", 2.0]}"))
    path = "/v1/models/half_plus_two:predict"
    rest._connection.request("POST", path, chunks, {}, encode_chunked=True)
    response = rest._connection.getresponse()
    assert json.loads(response.read()) == {"predictions": [2.5, 3.0]}


def test_connection_stays_open_after_an_error(rest: Rest) -> None:
    rest.post("nope:predict", {"instances": [1.0]})
    socket = rest._connection.sock
    assert rest.post("half_plus_two:predict", {"instances": [1.0]}).status == 200
    assert rest._connection.sock is socket
