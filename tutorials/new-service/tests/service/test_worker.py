"""The worker as a process, with a real model server: scored once, whatever happens meanwhile."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest
from tests.service.conftest import Start
from tests.service.program import SECONDS, Program, run, until
from tests.service.relay import relay

from new_service_features import FEATURES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tiny-model")]

MakeDelivery = Callable[..., dict[str, Any]]
SHORT_LEASE = {"NEW_SERVICE_LEASE_SECONDS": 1}
TOO_MANY = 500
"""Parcels. The tiny model refuses more than e**6."""


def enqueue(api: Program, body: dict[str, Any], path: str = "/v1/scores") -> str:
    answer = api.http.post(path, json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def finished(api: Program, *jobs: str) -> list[dict[str, Any]]:
    """Wait until jobs have their end, and return them."""

    def fetched() -> list[dict[str, Any]]:
        return [api.http.get(job).json() for job in jobs]

    until(
        lambda: all(job["status"] in ("succeeded", "failed") for job in fetched()),
        "all jobs finished",
    )
    return fetched()


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def metric(program: Program, name: str) -> float:
    for line in program.http.get("/metrics").text.splitlines():
        if line.startswith(name):
            return float(line.rpartition(" ")[2])
    return math.nan


def test_a_delivery_is_scored_with_its_reasons(
    start: Start, api: Program, database: str, delivery: MakeDelivery, model_url: str
) -> None:
    worker = start("worker", database, NEW_SERVICE_MODEL_URL=model_url)
    body = delivery(distance_km=38, parcels=14, planned_at="2026-03-02T17:15:00+01:00")
    (job,) = finished(api, enqueue(api, body))
    ((numbers,),) = rows(database, "SELECT numbers FROM delivery_features")
    assert numbers.keys() == set(FEATURES), "what the model saw is kept"
    assert numbers["log_distance"] == pytest.approx(math.log(39))
    assert (numbers["rush_hour"], numbers["courier_load"]) == (1, 0)
    result = job["result"]
    log_odds = sum(numbers.values()) - 5
    assert (job["status"], job["attempts"]) == ("succeeded", 1)
    assert result["delivery_id"] == body["delivery_id"]
    assert result["probability"] == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=1e-5)
    assert result["band"] == "late"
    assert [reason["feature"] for reason in result["reasons"]][:2] == [
        "log_distance",
        "log_parcels",
    ]
    assert result["reasons"][0]["contribution"] == pytest.approx(math.log(39), abs=1e-5)
    assert result["model"] == {"name": "new_service", "version": 1}
    assert metric(worker, 'new_service_jobs_total{kind="score",status="succeeded"}') == 1
    assert metric(worker, "new_service_model_version") == 1


def test_labels_are_written_and_the_latest_report_counts(
    start: Start, api: Program, database: str, delivery: MakeDelivery, model_url: str
) -> None:
    body = delivery()
    jobs = [enqueue(api, body)]
    reports = [("2026-03-02T18:40:00Z", True), ("2026-03-03T09:00:00Z", False)]
    for reported_at, late in [*reports, *reports[::-1]]:
        label = {"delivery_id": body["delivery_id"], "late": late, "reported_at": reported_at}
        jobs.append(enqueue(api, label, "/v1/labels"))
    start("worker", database, NEW_SERVICE_MODEL_URL=model_url)
    assert {job["status"] for job in finished(api, *jobs)} == {"succeeded"}
    ((late, reported_at),) = rows(database, "SELECT late, reported_at FROM labels")
    assert (late, reported_at) == (False, datetime.fromisoformat("2026-03-03T09:00:00Z"))


def test_a_delivery_that_the_model_refuses_fails_alone(
    start: Start, api: Program, database: str, delivery: MakeDelivery, model_url: str
) -> None:
    bodies = [delivery() for _ in range(4)]
    bodies.insert(2, delivery(parcels=TOO_MANY))
    jobs = [enqueue(api, body) for body in bodies]
    settings = {"NEW_SERVICE_MODEL_URL": model_url, "NEW_SERVICE_MAX_ATTEMPTS": 1}
    start("worker", database, **settings)
    done = finished(api, *jobs)
    assert [job["status"] for job in done] == ["succeeded"] * 2 + ["failed"] + ["succeeded"] * 2
    assert done[2]["error"] == "the model server refused the delivery"
    name = done[2]["job_id"]
    assert name in run("jobs", "dead", DATABASE_URL=database).stdout
    again = run("jobs", "requeue", name, DATABASE_URL=database)
    assert (again.returncode, again.stdout) == (0, f"{name}  queued again\n")


def test_jobs_wait_while_the_model_server_is_away(
    start: Start, api: Program, database: str, delivery: MakeDelivery
) -> None:
    worker = start("worker", database, NEW_SERVICE_MAX_ATTEMPTS=1)
    job = enqueue(api, delivery())
    away = 'new_service_model_errors_total{reason="away"}'
    until(lambda: metric(worker, away) >= 1, "a call that failed")
    ready = worker.http.get("/health/ready")
    assert (ready.status_code, ready.json()["detail"]) == (
        503,
        "the model server is away; jobs wait",
    )
    assert worker.http.get("/health/live").status_code == 200, "a restart would not help"
    assert api.http.get(job).json()["status"] in ("queued", "running"), "it cost no attempt"


def test_sigterm_finishes_what_is_in_hand_and_leaves_the_rest(
    start: Start, api: Program, database: str, delivery: MakeDelivery, model_url: str
) -> None:
    jobs = [enqueue(api, delivery()) for _ in range(100)]
    worker = start("worker", database, NEW_SERVICE_MODEL_URL=model_url, NEW_SERVICE_BATCH=4)
    until(lambda: rows(database, "SELECT 1 FROM scores"), "a first score")
    assert worker.terminate() == 0
    states = {status for (status,) in rows(database, "SELECT DISTINCT status FROM jobs")}
    assert states <= {"succeeded", "queued"}, "none is held by a worker that is gone"
    start("worker", database, NEW_SERVICE_MODEL_URL=model_url)
    assert {(job["status"], job["attempts"]) for job in finished(api, *jobs)} == {("succeeded", 1)}


def test_jobs_of_a_killed_worker_are_done_by_another(
    start: Start,
    api: Program,
    database: str,
    delivery: MakeDelivery,
    model_url: str,
    record_property: Callable[[str, object], None],
) -> None:
    jobs = [enqueue(api, delivery()) for _ in range(8)]
    with relay(model_url) as line:
        victim = start("worker", database, NEW_SERVICE_MODEL_URL=line.url, **SHORT_LEASE)
        assert line.held.wait(SECONDS), "it asks for scores"
        start("worker", database, NEW_SERVICE_MODEL_URL=model_url, **SHORT_LEASE)
        victim.process.kill()
        victim.process.wait()
        killed = time.monotonic()
    done = finished(api, *jobs)
    record_property("recovery", f"worker: jobs done after {time.monotonic() - killed:.1f} s")
    assert {(job["status"], job["attempts"]) for job in done} == {("succeeded", 2)}
    assert rows(database, "SELECT count(*), count(DISTINCT delivery_id) FROM scores") == [(8, 8)]
