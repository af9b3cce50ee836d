"""The definition and the service say the same; every answer here is one of a running server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from fraud_score.features import FEATURES
from fraud_score.model import LogisticModel
from fraud_score.server import Server
from fraud_score.settings import Settings

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text)


def ask(
    server: Server,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] = JSON,
) -> Answer:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, path, data, dict(headers))
    answer = connection.getresponse()
    found = Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
    connection.close()
    return found


def finished(server: Server, url: str) -> Answer:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        answer = ask(server, "GET", url)
        if answer.document["status"] in ("succeeded", "failed"):
            return answer
        time.sleep(0.01)
    raise AssertionError(f"{url} did not finish")


@pytest.fixture
def conforms(definition: dict[str, Any]) -> Callable[[str, str, Answer], None]:
    """Return a check that an answer is one the definition allows for its operation."""

    def resolve(node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        found: Any = definition
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return resolve(found)

    def check(template: str, method: str, answer: Answer) -> None:
        operation = definition["paths"][template][method.lower()]
        assert str(answer.status) in operation["responses"], answer
        response = resolve(operation["responses"][str(answer.status)])
        kind = answer.headers["Content-Type"].partition(";")[0]
        assert kind in response["content"], answer
        schema = {**response["content"][kind]["schema"], "components": definition["components"]}
        value = answer.text if kind == "text/plain" else answer.document
        errors = list(Draft202012Validator(schema).iter_errors(value))
        assert not errors, errors
        allowed = set(response.get("headers", {})) | {
            "Content-Type",
            "Content-Length",
            "Server",
            "Date",
        }
        assert set(answer.headers) <= allowed

    return check


# --8<-- [start:contract]
def test_every_route_is_defined_and_every_definition_is_served(
    server: Server, definition: dict[str, Any]
) -> None:
    defined = {
        (method.upper(), path, operation["operationId"])
        for path, item in definition["paths"].items()
        for method, operation in item.items()
    }
    assert {(r.method, r.template, r.operation) for r in server.api.routes} == defined


# --8<-- [end:contract]


def test_the_examples_are_scored_as_they_say(
    server: Server,
    examples: dict[str, dict[str, Any]],
    conforms: Callable[[str, str, Answer], None],
) -> None:
    bands = {}
    for name, payment in examples.items():
        accepted = ask(server, "POST", "/v1/scores", payment)
        conforms("/v1/scores", "POST", accepted)
        assert accepted.status == 202
        assert accepted.headers["Location"] == accepted.document["url"]
        done = finished(server, accepted.headers["Location"])
        conforms("/v1/jobs/{job_id}", "GET", done)
        result = done.document["result"]
        assert result["transaction_id"] == payment["transaction_id"]
        bands[name] = result["band"]
    assert bands == {"everyday": "low", "suspicious": "high"}


def test_the_examples_of_the_definition_are_valid(definition: dict[str, Any]) -> None:
    checked = 0
    for item in definition["paths"].values():
        for operation in item.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media in (m for body in bodies for m in body.get("content", {}).values()):
                schema = {**media["schema"], "components": definition["components"]}
                for example in media.get("examples", {}).values():
                    Draft202012Validator(schema).validate(example["value"])
                    checked += 1
    assert checked >= 5


def test_the_example_score_is_what_the_model_says(
    server: Server, definition: dict[str, Any], examples: dict[str, dict[str, Any]]
) -> None:
    responses = definition["paths"]["/v1/jobs/{job_id}"]["get"]["responses"]
    shown = responses["200"]["content"]["application/json"]["examples"]["succeeded"]["value"]
    accepted = ask(server, "POST", "/v1/scores", examples["suspicious"])
    said = finished(server, accepted.document["url"]).document["result"]
    assert said["probability"] == pytest.approx(shown["result"]["probability"], abs=0.01)
    assert [r["feature"] for r in said["reasons"]] == [
        r["feature"] for r in shown["result"]["reasons"]
    ]


def test_the_definition_names_the_features_of_the_code(definition: dict[str, Any]) -> None:
    reason = definition["components"]["schemas"]["Reason"]
    assert tuple(reason["properties"]["feature"]["enum"]) == FEATURES


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b"[" * 10_000, JSON, 400),
        (b"\xff", JSON, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b" " * 20_000, JSON, 413),
        ({}, JSON, 422),
        ([], JSON, 422),
    ],
    ids=["half", "deep", "not utf-8", "text", "large", "empty", "a list"],
)
def test_a_bad_request_is_a_problem_document(
    server: Server,
    conforms: Callable[[str, str, Answer], None],
    body: object,
    headers: dict[str, str],
    status: int,
) -> None:
    answer = ask(server, "POST", "/v1/scores", body, headers)
    assert answer.status == status
    assert answer.document["status"] == status
    if status != 413:  # refused before the route is looked at: the connection ends
        conforms("/v1/scores", "POST", answer)


def test_a_repeated_request_is_one_job(
    server: Server,
    examples: dict[str, dict[str, Any]],
    conforms: Callable[[str, str, Answer], None],
) -> None:
    headers = {**JSON, "Idempotency-Key": "checkout-77"}
    answers = [ask(server, "POST", "/v1/scores", examples["everyday"], headers) for _ in range(2)]
    assert answers[0].document["job_id"] == answers[1].document["job_id"]
    other = ask(server, "POST", "/v1/scores", examples["suspicious"], headers)
    conforms("/v1/scores", "POST", other)
    assert other.status == 409


def test_unknown_paths_jobs_and_methods(
    server: Server, conforms: Callable[[str, str, Answer], None]
) -> None:
    unknown = ask(server, "GET", "/v1/jobs/none")
    conforms("/v1/jobs/{job_id}", "GET", unknown)
    assert unknown.status == 404
    assert ask(server, "GET", "/v2").status == 404
    refused = ask(server, "DELETE", "/v1/scores")
    assert (refused.status, refused.headers["Allow"]) == (405, "POST")


def test_a_token_is_asked_for_where_one_is_set(
    model: LogisticModel,
    conforms: Callable[[str, str, Answer], None],
    examples: dict[str, dict[str, Any]],
) -> None:
    with Server(Settings(port=0, token="s3cret"), model) as server:  # noqa: S106
        for headers in (JSON, {**JSON, "Authorization": "Bearer wrong"}):
            refused = ask(server, "POST", "/v1/scores", examples["everyday"], headers)
            conforms("/v1/scores", "POST", refused)
            assert refused.status == 401
        right = {**JSON, "Authorization": "Bearer s3cret"}
        assert ask(server, "POST", "/v1/scores", examples["everyday"], right).status == 202
        assert ask(server, "GET", "/health/live").status == 200, "probes carry no token"


def test_health_and_metrics(
    server: Server,
    examples: dict[str, dict[str, Any]],
    conforms: Callable[[str, str, Answer], None],
) -> None:
    accepted = ask(server, "POST", "/v1/scores", examples["everyday"])
    finished(server, accepted.document["url"])
    for path in ("/health/live", "/health/ready", "/metrics"):
        answer = ask(server, "GET", path)
        conforms(path, "GET", answer)
        assert answer.status == 200
    text = ask(server, "GET", "/metrics").text
    assert 'fraud_score_requests_total{operation="requestScore",status="202"} 1' in text
    assert 'fraud_score_jobs_total{status="succeeded"} 1' in text
    assert all(re.fullmatch(r"#.*|\w+(\{.*\})? [0-9.]+", line) for line in text.splitlines())
