"""How each operation is called, and what comes back: answers of a running service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conftest import scratch_database
from tests.service.conftest import NOWHERE, Start
from tests.service.program import Program

MakeDelivery = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def api(
    postgres: str, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    """One API for all tests of this file: each makes deliveries of its own."""
    log = tmp_path_factory.mktemp("operations") / "api.log"
    with scratch_database(postgres, migrated) as url:
        environment = {
            "DATABASE_URL": url,
            "NEW_SERVICE_PORT": "0",
            "NEW_SERVICE_MODEL_URL": NOWHERE,
        }
        with Program(("api",), log, environment) as program:
            yield program


# --8<-- [start:score]
def test_ask_for_a_score(api: Program) -> None:
    delivery = {
        "delivery_id": "d-1",
        "courier_id": "courier-7",
        "distance_km": 2.5,
        "parcels": 2,
        "planned_at": "2026-03-02T12:30:00+01:00",
    }
    answer = api.http.post("/v1/scores", json=delivery)
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    assert answer.headers["Location"] == answer.json()["url"]


# --8<-- [end:score]


def test_a_score_that_is_asked_for_wrongly_lists_every_mistake(
    api: Program, delivery: MakeDelivery
) -> None:
    body = delivery(distance_km=-1, parcels=0, planned_at="noon", tip=1)
    del body["courier_id"]
    answer = api.http.post("/v1/scores", json=body)
    assert answer.status_code == 422
    assert {error["pointer"]: error["detail"] for error in answer.json()["errors"]} == {
        "/courier_id": "is missing",
        "/distance_km": "must be a number from 0 to 1000",
        "/parcels": "must be a whole number from 1 to 500",
        "/planned_at": "must be a date and time with an offset (RFC 3339), "
        "e.g. 2026-03-02T12:30:00+01:00",
        "/tip": "is not a field of it",
    }


def test_the_same_key_is_the_same_job(api: Program, delivery: MakeDelivery) -> None:
    headers = {"Idempotency-Key": "route-12-stop-3"}
    body = delivery()
    first, second = (api.http.post("/v1/scores", json=body, headers=headers) for _ in range(2))
    assert first.json()["job_id"] == second.json()["job_id"]
    other = api.http.post("/v1/scores", json=delivery(), headers=headers)
    assert (other.status_code, other.json()["title"]) == (409, "Idempotency key reused")


def test_a_delivery_keeps_its_content(api: Program, delivery: MakeDelivery) -> None:
    body = delivery(parcels=2, planned_at="2026-03-02T12:30:00+01:00")
    first = api.http.post("/v1/scores", json=body)
    # The same, written otherwise: scored again.
    same = {**body, "parcels": 2.0, "planned_at": "2026-03-02t12:30:00.000+01:00"}
    again = api.http.post("/v1/scores", json=same)
    assert (again.status_code, again.json()["job_id"] != first.json()["job_id"]) == (202, True)
    changes: list[dict[str, object]] = [
        {"parcels": 3},
        {"distance_km": 2.6},
        {"courier_id": "another"},
        {"planned_at": "2026-03-02T13:30:00+02:00"},  # the same moment, but another hour there
    ]
    for change in changes:
        other = api.http.post("/v1/scores", json={**body, **change})
        assert (other.status_code, other.json()["title"]) == (409, "Delivery changed"), change


def test_report_how_a_delivery_ended(api: Program, delivery: MakeDelivery) -> None:
    api.http.post("/v1/scores", json=delivery(delivery_id="d-2"))
    report = {"delivery_id": "d-2", "late": True, "reported_at": "2026-03-02T18:40:00+01:00"}
    answer = api.http.post("/v1/labels", json=report)
    assert (answer.status_code, answer.json()["kind"]) == (202, "label")


def test_a_report_needs_its_delivery(api: Program) -> None:
    report = {"delivery_id": "nobodys", "late": True, "reported_at": "2026-03-02T18:40:00+01:00"}
    answer = api.http.post("/v1/labels", json=report)
    assert (answer.status_code, answer.json()["title"]) == (404, "Delivery not found")


def test_see_how_a_job_stands(api: Program, delivery: MakeDelivery) -> None:
    job_id = api.http.post("/v1/scores", json=delivery()).json()["job_id"]
    answer = api.http.get(f"/v1/jobs/{job_id}")
    assert answer.status_code == 200
    assert answer.json()["status"] == "queued"
    assert answer.headers["Retry-After"] == "1", "it is not done yet"


@pytest.mark.parametrize("job_id", ["none", "3f2c9a5b-0e6d-4c1f-8a7b-6c5d4e3f2a1b", "%00"])
def test_a_job_nobody_knows(api: Program, job_id: str) -> None:
    assert api.http.get(f"/v1/jobs/{job_id}").status_code == 404


def test_it_lives(api: Program) -> None:
    answer = api.http.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_it_is_ready(api: Program) -> None:
    answer = api.http.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_it_is_not_ready_without_its_tables(start: Start, empty_database: str) -> None:
    api = start("api", empty_database)
    answer = api.http.get("/health/ready")
    assert answer.status_code == 503
    assert "run new-service migrate" in answer.json()["detail"]
    assert api.http.get("/health/live").status_code == 200, "a restart would not help"


def test_its_numbers(api: Program, delivery: MakeDelivery) -> None:
    api.http.post("/v1/scores", json=delivery())
    text = api.http.get("/metrics").text
    assert 'new_service_requests_total{operation="requestScore",status="202"}' in text
    assert 'new_service_jobs_waiting{kind="score"}' in text


def test_a_token_is_asked_for_where_one_is_set(
    start: Start, database: str, delivery: MakeDelivery
) -> None:
    api = start("api", database, NEW_SERVICE_TOKEN="s3cret")
    refused = api.http.post("/v1/scores", json=delivery())
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    right = {"Authorization": "Bearer s3cret"}
    assert api.http.post("/v1/scores", json=delivery(), headers=right).status_code == 202
    assert api.http.get("/health/ready").status_code == 200, "probes carry no token"


def test_a_full_queue_takes_nothing_new(
    start: Start, database: str, delivery: MakeDelivery
) -> None:
    api = start("api", database, NEW_SERVICE_QUEUE_LIMIT=2)
    answers = [api.http.post("/v1/scores", json=delivery()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 503]
    assert answers[2].headers["Retry-After"] == "1"


def test_a_log_line_names_trace_and_job_but_not_what_was_sent(
    api: Program, delivery: MakeDelivery
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    body = delivery(courier_id="courier-secret")
    job = api.http.post("/v1/scores", json=body, headers=headers).json()
    lines = [json.loads(line) for line in api.text().splitlines()]
    ours = [line for line in lines if line.get("trace_id") == trace]
    assert [(line["operation"], line["status"], line["job_id"]) for line in ours] == [
        ("requestScore", 202, job["job_id"])
    ]
    assert "courier-secret" not in api.text()
