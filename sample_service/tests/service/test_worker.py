"""The worker as a process, with a real model server: scored once, whatever happens meanwhile."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from tests.service.conftest import Start
from tests.service.program import SECONDS, Program, run, until
from tests.service.relay import relay

from fraud_score.local.part import free_port

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tiny-model")]

MakePayment = Callable[..., dict[str, Any]]
SHORT_LEASE = {"FRAUD_SCORE_LEASE_SECONDS": 1}
TOO_LARGE = 20_000_000
"""Cents. The tiny model refuses more than e**12 euro."""


def enqueue(api: Program, body: dict[str, Any], path: str = "/v1/scores") -> str:
    answer = api.http.post(path, json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def finished(api: Program, *jobs: str) -> list[dict[str, Any]]:
    """Wait until jobs have their end, and return them."""

    def done() -> bool:
        return all(job["status"] in ("succeeded", "failed") for job in fetched(api, *jobs))

    until(done, "all jobs finished")
    return fetched(api, *jobs)


def fetched(api: Program, *jobs: str) -> list[dict[str, Any]]:
    return [api.http.get(job).json() for job in jobs]


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def metric(program: Program, name: str) -> float:
    for line in program.http.get("/metrics").text.splitlines():
        if line.startswith(name):
            return float(line.rpartition(" ")[2])
    return math.nan


def test_a_payment_is_scored_with_its_reasons(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    worker = start("worker", database, FRAUD_SCORE_MODEL_URL=model_url)
    body = payment(amount_eur_cents=100_000, occurred_at="2026-03-01T03:12:00+01:00")
    (job,) = finished(api, enqueue(api, body))
    log_odds = math.log(1_000) - 5 + 2
    result = job["result"]
    assert (job["status"], job["attempts"]) == ("succeeded", 1)
    assert result["transaction_id"] == body["transaction_id"]
    assert result["probability"] == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=0.02)
    assert result["band"] == "high"
    assert [reason["feature"] for reason in result["reasons"]][:2] == ["night", "log_amount"]
    assert result["reasons"][0]["contribution"] == pytest.approx(2)
    assert result["model"] == {"name": "fraud", "version": 1}
    assert rows(database, "SELECT night, log_amount FROM payment_features") == [
        (1.0, pytest.approx(math.log(1_000)))
    ]
    assert metric(worker, 'fraud_score_jobs_total{kind="score",status="succeeded"}') == 1
    assert metric(worker, 'fraud_score_job_seconds_count{kind="score"}') == 1
    assert metric(worker, "fraud_score_model_version") == 1


def test_labels_are_written_and_the_latest_report_counts(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    body = payment()
    name = body["transaction_id"]
    jobs = [enqueue(api, body)]
    reports = [("2026-03-20T09:00:00Z", True), ("2026-03-22T09:00:00Z", False)]
    for reported_at, is_fraud in [*reports, *reports[::-1]]:
        label = {"transaction_id": name, "is_fraud": is_fraud, "reported_at": reported_at}
        jobs.append(enqueue(api, label, "/v1/labels"))
    start("worker", database, FRAUD_SCORE_MODEL_URL=model_url)
    assert {job["status"] for job in finished(api, *jobs)} == {"succeeded"}
    assert rows(database, "SELECT is_fraud, reported_at::date::text FROM labels") == [
        (False, "2026-03-22")
    ]


def test_a_payment_that_the_model_refuses_fails_alone(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    bodies = [payment() for _ in range(7)]
    bodies.insert(3, payment(amount_eur_cents=TOO_LARGE))
    jobs = [enqueue(api, body) for body in bodies]
    settings = {"FRAUD_SCORE_MODEL_URL": model_url, "FRAUD_SCORE_MAX_ATTEMPTS": 2}
    worker = start("worker", database, **settings)
    done = finished(api, *jobs)
    assert [job["status"] for job in done] == ["succeeded"] * 3 + ["failed"] + ["succeeded"] * 4
    assert [job["attempts"] for job in done] == [1, 1, 1, 2, 1, 1, 1, 1]
    assert done[3]["error"] == "the model server refused the payment"
    assert metric(worker, 'fraud_score_dead_jobs_total{kind="score"}') == 1
    assert metric(worker, 'fraud_score_model_errors_total{reason="refused"}') >= 2


def test_dead_letters_are_listed_and_requeued_by_command(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    settings = {"FRAUD_SCORE_MODEL_URL": model_url, "FRAUD_SCORE_MAX_ATTEMPTS": 1}
    worker = start("worker", database, **settings)
    job = enqueue(api, payment(amount_eur_cents=TOO_LARGE))
    finished(api, job)
    worker.terminate()
    listed = run("jobs", "dead", DATABASE_URL=database)
    name = job.rpartition("/")[2]
    assert name in listed.stdout
    assert "the model server refused the payment" in listed.stdout
    again = run("jobs", "requeue", name, DATABASE_URL=database)
    assert (again.returncode, again.stdout) == (0, f"{name}  queued again\n")
    assert fetched(api, job)[0]["status"] == "queued"
    twice = run("jobs", "requeue", name, DATABASE_URL=database)
    assert twice.returncode == 1
    assert "no dead letter" in twice.stdout


def failed(worker: Program, times: int) -> bool:
    return metric(worker, 'fraud_score_model_errors_total{reason="away"}') >= times


def test_jobs_wait_for_a_model_server_that_is_away(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    port = free_port()
    settings = {"FRAUD_SCORE_MODEL_URL": f"http://127.0.0.1:{port}", "FRAUD_SCORE_MAX_ATTEMPTS": 1}
    worker = start("worker", database, **settings)
    for times in (1, 2):
        jobs = [enqueue(api, payment()) for _ in range(5)]
        until(partial(failed, worker, times), "a call that failed")
        ready = worker.http.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["detail"] == "the model server is away; jobs wait"
        assert worker.http.get("/health/live").status_code == 200, "a restart would not help"
        with relay(model_url, port) as line:
            line.open.set()
            done = finished(api, *jobs)
            assert {(job["status"], job["attempts"]) for job in done} == {("succeeded", 1)}
            assert worker.http.get("/health/ready").status_code == 200


def test_a_model_server_that_hangs_costs_one_attempt(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    with relay(model_url) as line:
        worker = start("worker", database, FRAUD_SCORE_MODEL_URL=line.url)
        job = enqueue(api, payment())
        name = 'fraud_score_model_errors_total{reason="timeout"}'
        until(lambda: metric(worker, name) >= 1, "a time-out")
        until(lambda: fetched(api, job)[0]["status"] == "queued", "the job back in the queue")
        (waiting,) = fetched(api, job)
        assert (waiting["attempts"], waiting["error"]) == (1, "model server: took too long")


def test_a_wrong_model_writes_no_wrong_scores(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    settings = {"FRAUD_SCORE_MODEL_URL": model_url, "FRAUD_SCORE_MODEL_NAME": "wrong"}
    worker = start("worker", database, **settings)
    job = enqueue(api, payment())
    name = 'fraud_score_model_errors_total{reason="answer"}'
    until(lambda: metric(worker, name) >= 1, "an answer that cannot be used")
    assert rows(database, "SELECT 1 FROM scores") == []
    assert fetched(api, job)[0]["status"] in ("queued", "running")


def test_sigterm_finishes_what_is_in_hand_and_leaves_the_rest(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    jobs = [enqueue(api, payment()) for _ in range(200)]
    worker = start("worker", database, FRAUD_SCORE_MODEL_URL=model_url, FRAUD_SCORE_BATCH=4)
    until(lambda: rows(database, "SELECT 1 FROM scores"), "a first score")
    assert worker.terminate() == 0
    states = {job["status"] for job in fetched(api, *jobs)}
    assert states <= {"succeeded", "queued"}, "none is held by a worker that is gone"
    start("worker", database, FRAUD_SCORE_MODEL_URL=model_url)
    assert {(job["status"], job["attempts"]) for job in finished(api, *jobs)} == {("succeeded", 1)}


def test_jobs_of_a_killed_worker_are_done_by_another(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    jobs = [enqueue(api, payment()) for _ in range(8)]
    with relay(model_url) as line:
        victim = start("worker", database, FRAUD_SCORE_MODEL_URL=line.url, **SHORT_LEASE)
        assert line.held.wait(SECONDS), "it asks for scores"
        victim.process.kill()
        victim.process.wait()
    start("worker", database, FRAUD_SCORE_MODEL_URL=model_url, **SHORT_LEASE)
    done = finished(api, *jobs)
    assert {(job["status"], job["attempts"]) for job in done} == {("succeeded", 2)}
    assert rows(database, "SELECT count(*), count(DISTINCT transaction_id) FROM scores") == [(8, 8)]


def test_a_worker_that_slept_through_its_lease_writes_nothing(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    job = enqueue(api, payment())
    with relay(model_url) as line:
        sleeper = start("worker", database, FRAUD_SCORE_MODEL_URL=line.url, **SHORT_LEASE)
        assert line.held.wait(SECONDS), "it asks for scores"
        sleeper.process.send_signal(signal.SIGSTOP)
        start("worker", database, FRAUD_SCORE_MODEL_URL=model_url, **SHORT_LEASE)
        (done,) = finished(api, job)
        assert (done["status"], done["attempts"]) == ("succeeded", 2)
        written = rows(database, "SELECT job_id, scored_at FROM scores")
        line.open.set()
        sleeper.process.send_signal(signal.SIGCONT)
        lost = 'fraud_score_jobs_total{kind="score",status="lost"}'
        until(lambda: metric(sleeper, lost) == 1, "its result thrown away")
    assert rows(database, "SELECT job_id, scored_at FROM scores") == written
    assert fetched(api, job) == [done]


def test_a_worker_that_sleeps_inside_a_transaction_holds_nobody_up(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    job = enqueue(api, payment())
    with psycopg.connect(database) as blocker:
        blocker.execute("LOCK TABLE payment_features IN ACCESS EXCLUSIVE MODE")
        sleeper = start("worker", database, FRAUD_SCORE_MODEL_URL=model_url, **SHORT_LEASE)
        until(lambda: waits_for_lock(database), "the worker in the middle of its write")
        sleeper.process.send_signal(signal.SIGSTOP)
    start("worker", database, FRAUD_SCORE_MODEL_URL=model_url, **SHORT_LEASE)
    (done,) = finished(api, job)
    assert (done["status"], done["attempts"]) == ("succeeded", 2)


def waits_for_lock(database: str) -> bool:
    query = """
        SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    return bool(rows(database, query))


def test_many_workers_score_each_payment_once(
    start: Start, api: Program, database: str, payment: MakePayment, model_url: str
) -> None:
    for _ in range(3):
        start("worker", database, FRAUD_SCORE_MODEL_URL=model_url, FRAUD_SCORE_BATCH=4)
    jobs = [enqueue(api, payment()) for _ in range(120)]
    assert {job["status"] for job in finished(api, *jobs)} == {"succeeded"}
    assert rows(database, "SELECT count(*) FROM scores") == [(120,)]
