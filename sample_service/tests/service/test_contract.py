"""The definition and the service say the same; every answer here is one of a running server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from tests.conftest import scratch_database
from tests.service.conftest import NOWHERE
from tests.service.program import Program

from fraud_features import FEATURES
from fraud_score.contract import definition as read_definition

MakePayment = Callable[..., dict[str, Any]]
Conforms = Callable[[httpx.Response], httpx.Response]
JSON = {"Content-Type": "application/json"}
KNOWN = {"content-type", "content-length", "date"}
"""Headers that any answer has."""


@pytest.fixture(scope="module")
def api(
    postgres: str, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    """One API for all tests of this file: each makes payments of its own."""
    log = tmp_path_factory.mktemp("contract") / "api.log"
    with scratch_database(postgres, migrated) as url:
        environment = {
            "DATABASE_URL": url,
            "FRAUD_SCORE_PORT": "0",
            "FRAUD_SCORE_MODEL_URL": NOWHERE,
        }
        with Program(("api",), log, environment) as program:
            yield program


@pytest.fixture
def conforms(definition: dict[str, Any]) -> Conforms:
    """Return a check that an answer is one the definition allows for its operation."""

    def check(answer: httpx.Response) -> httpx.Response:
        path, method = template(answer.request.url.path), answer.request.method.lower()
        responses = definition["paths"][path][method]["responses"]
        assert str(answer.status_code) in responses, answer.text
        response = responses[str(answer.status_code)]
        kind = answer.headers["Content-Type"].partition(";")[0]
        assert kind in response["content"], answer.text
        value = answer.text if kind == "text/plain" else answer.json()
        schema = response["content"][kind]["schema"]
        assert list(errors(schema, value)) == []
        assert set(answer.headers) <= KNOWN | {name.lower() for name in response.get("headers", ())}
        return answer

    return check


def template(path: str) -> str:
    return "/v1/jobs/{job_id}" if path.startswith("/v1/jobs/") else path


def errors(schema: dict[str, Any], value: object) -> Iterator[Any]:
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return iter(validator.iter_errors(value))


# --8<-- [start:contract]
def test_every_operation_of_the_definition_is_served(
    api: Program, definition: dict[str, Any]
) -> None:
    for path, item in definition["paths"].items():
        answer = api.http.request("OPTIONS", path.replace("{job_id}", "none"))
        # The definition does not have OPTIONS, so the answer lists the methods there are.
        assert answer.status_code == 405
        served = set(answer.headers["Allow"].replace(" ", "").split(",")) - {"HEAD"}
        assert served == {method.upper() for method in item}


def test_a_payment_becomes_a_job_that_can_be_fetched(
    api: Program, payment: MakePayment, conforms: Conforms
) -> None:
    accepted = conforms(api.http.post("/v1/scores", json=payment()))
    assert accepted.status_code == 202
    assert accepted.headers["Location"] == accepted.json()["url"]
    job = conforms(api.http.get(accepted.headers["Location"]))
    assert job.json() == accepted.json()
    assert job.headers["Retry-After"] == "1", "it is not done yet"


# --8<-- [end:contract]


def test_the_definition_is_valid_openapi() -> None:
    validate(read_definition())


def test_the_examples_of_the_definition_are_valid(definition: dict[str, Any]) -> None:
    checked = 0
    for item in definition["paths"].values():
        for operation in item.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media in (m for body in bodies for m in body.get("content", {}).values()):
                for example in media.get("examples", {}).values():
                    assert list(errors(media["schema"], example["value"])) == []
                    checked += 1
    assert checked >= 20


def test_every_error_of_the_definition_shows_an_example(definition: dict[str, Any]) -> None:
    missing = [
        f"{operation['operationId']} {status}"
        for item in definition["paths"].values()
        for operation in item.values()
        for status, response in operation["responses"].items()
        for kind, media in response["content"].items()
        if kind == "application/problem+json"
        if {example["value"]["status"] for example in media["examples"].values()} != {int(status)}
    ]
    assert missing == []


def test_the_definition_names_the_inputs_of_the_model(definition: dict[str, Any]) -> None:
    job = definition["paths"]["/v1/jobs/{job_id}"]["get"]["responses"]["200"]
    schema = job["content"]["application/json"]["schema"]
    reason = schema["properties"]["result"]["properties"]["reasons"]["items"]
    assert tuple(reason["properties"]["feature"]["enum"]) == (*FEATURES, "descriptor")


def test_every_field_says_what_it_takes(definition: dict[str, Any]) -> None:
    for path in ("/v1/scores", "/v1/labels"):
        body = definition["paths"][path]["post"]["requestBody"]
        fields = body["content"]["application/json"]["schema"]["properties"]
        assert [name for name, field in fields.items() if "x-expected" not in field] == []


@pytest.mark.parametrize("path", ["/v1/scores", "/v1/labels"])
@pytest.mark.parametrize(
    ("body", "headers", "status", "said"),
    [
        (b"{", JSON, 400, "the body is no JSON"),
        (b"[" * 10_000, JSON, 400, "the body is no JSON"),
        (b"\xff", JSON, 400, "the body is no JSON"),
        (b'{"transaction_id": NaN}', JSON, 400, "NaN is no JSON number"),
        (b'{"transaction_id": "\\ud800"}', JSON, 400, "surrogates not allowed"),
        (b"9" * 5_000, JSON, 400, "the body is no JSON"),
        (b"", JSON, 400, "the body is no JSON"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "send Content-Type: application/json"),
        (b"{}", {}, 415, "send Content-Type: application/json"),
        (b"{}", {**JSON, "Content-Encoding": "gzip"}, 415, "without compression"),
        (b" " * 20_000, JSON, 413, "a body has at most 16384 bytes"),
        (b"{}", {**JSON, "Idempotency-Key": "a b"}, 400, "Idempotency-Key must be 1 to 64"),
        (b"{}", {**JSON, "Idempotency-Key": ""}, 400, "Idempotency-Key must be 1 to 64"),
        (b"[]", JSON, 422, "1 mistake(s), see 'errors'"),
        (b"null", JSON, 422, "1 mistake(s), see 'errors'"),
        (b"[" * 900 + b"]" * 900, JSON, 422, "1 mistake(s), see 'errors'"),
        (b'{"a": ' * 900 + b"1" + b"}" * 900, JSON, 422, "see 'errors'"),
    ],
)
def test_a_bad_request_is_a_problem_document(
    api: Program,
    conforms: Conforms,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
    said: str,
) -> None:
    answer = api.http.post(path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status
    assert said in answer.json()["detail"]
    if status != 413:  # which also ends the connection
        conforms(answer)


def test_a_body_without_end_is_cut_off(api: Program) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 64 * 1024 * 1024:
            sent += 4_096
            yield b" " * 4_096

    try:
        answer = api.http.post("/v1/scores", content=endless(), headers=JSON)
    except httpx.WriteError:
        pass  # the connection was closed while we still wrote
    else:
        assert answer.status_code == 413
    assert sent < 16 * 1024 * 1024
    assert api.http.get("/health/live").status_code == 200


def test_every_mistake_is_reported_at_once(api: Program, payment: MakePayment) -> None:
    body = payment(amount_eur_cents=0, card_country="de", occurred_at="noon", tip=1, **{"a/b": 2})
    del body["card_id"]
    found = api.http.post("/v1/scores", json=body).json()["errors"]
    assert {error["pointer"]: error["detail"] for error in found} == {
        "/card_id": "is missing",
        "/amount_eur_cents": "must be a whole number from 1 to 100000000",
        "/occurred_at": "must be a date and time with an offset (RFC 3339), "
        "e.g. 2026-03-01T09:30:00+01:00",
        "/card_country": "must be two capital letters",
        "/tip": "is not a field of it",
        "/a~1b": "is not a field of it",
    }


def test_a_repeated_request_is_one_job(
    api: Program, payment: MakePayment, conforms: Conforms
) -> None:
    headers = {"Idempotency-Key": "checkout-77"}
    body = payment()
    first, second = (api.http.post("/v1/scores", json=body, headers=headers) for _ in range(2))
    assert first.json()["job_id"] == second.json()["job_id"]
    other = conforms(api.http.post("/v1/scores", json=payment(), headers=headers))
    assert (other.status_code, other.json()["title"]) == (409, "Idempotency key reused")


def test_a_transaction_keeps_its_content(
    api: Program, payment: MakePayment, conforms: Conforms
) -> None:
    body = payment()
    api.http.post("/v1/scores", json=body)
    other = conforms(api.http.post("/v1/scores", json={**body, "amount_eur_cents": 1}))
    assert (other.status_code, other.json()["title"]) == (409, "Transaction changed")


def test_a_label_is_about_a_payment(api: Program, payment: MakePayment, conforms: Conforms) -> None:
    label = {
        "transaction_id": payment()["transaction_id"],
        "is_fraud": True,
        "reported_at": "2026-03-20T09:15:00+01:00",
    }
    unknown = conforms(api.http.post("/v1/labels", json={**label, "transaction_id": "nobodys"}))
    assert (unknown.status_code, unknown.json()["title"]) == (404, "Payment not found")
    api.http.post("/v1/scores", json=payment(transaction_id=label["transaction_id"]))
    accepted = conforms(api.http.post("/v1/labels", json=label))
    assert (accepted.status_code, accepted.json()["kind"]) == (202, "label")


@pytest.mark.parametrize(
    "job_id", ["none", "0" * 32, "3f2c9a5b-0e6d-4c1f-8a7b-6c5d4e3f2a1b", "%00"]
)
def test_a_job_nobody_knows(api: Program, conforms: Conforms, job_id: str) -> None:
    assert conforms(api.http.get(f"/v1/jobs/{job_id}")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/v2", 404, None),
        ("GET", "/v1/jobs/", 404, None),
        ("POST", "/v1/scores/", 404, None),
        ("GET", "/v1/scores", 405, "POST"),
        ("DELETE", "/v1/labels", 405, "POST"),
        ("OPTIONS", "/metrics", 405, "GET, HEAD"),
        ("TRACE", "/health/live", 405, "GET, HEAD"),
        ("PATCH", "/v1/scores", 405, "POST"),
    ],
)
def test_what_is_not_in_the_definition_is_a_problem_document(
    api: Program, method: str, path: str, status: int, allow: str | None
) -> None:
    answer = api.http.request(method, path)
    allowed = answer.headers.get("Allow")
    assert (answer.status_code, allowed and ", ".join(sorted(allowed.split(", ")))) == (
        status,
        allow,
    )
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_head_is_get_without_the_body(api: Program) -> None:
    for path, status in (("/health/ready", 200), ("/v1/jobs/none", 404), ("/v1/scores", 405)):
        answer = api.http.head(path)
        assert (answer.status_code, answer.content) == (status, b"")


def test_health_and_metrics(api: Program, payment: MakePayment, conforms: Conforms) -> None:
    api.http.post("/v1/scores", json=payment())
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert conforms(api.http.get(path)).status_code == 200
    lines = api.http.get("/metrics").text.splitlines()
    assert any(
        line.startswith('fraud_score_requests_total{operation="requestScore",status="202"}')
        for line in lines
    )
    assert any(line.startswith('fraud_score_jobs_waiting{kind="score"}') for line in lines)
    assert 'fraud_score_oldest_waiting_seconds{kind="retrain"} 0.0' in lines


def test_a_log_line_names_trace_and_job_but_no_payment(api: Program, payment: MakePayment) -> None:
    body = payment(merchant_descriptor="NOBODY MAY READ THIS", card_id="card-secret")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    job = api.http.post("/v1/scores", json=body, headers=headers).json()
    api.http.post("/v1/scores", json={**body, "card_country": "SECRET"})
    lines = [json.loads(line) for line in api.text().splitlines()]
    ours = [line for line in lines if line.get("trace_id") == trace]
    assert [(line["operation"], line["status"], line["job_id"]) for line in ours] == [
        ("requestScore", 202, job["job_id"])
    ]
    assert not any(word in api.text() for word in ("NOBODY", "card-secret", "SECRET"))
