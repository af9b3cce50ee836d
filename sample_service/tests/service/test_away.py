"""The database goes away and comes back: 503, never a 500 or a false 202, and no restart needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from tests.service.conftest import Start
from tests.service.program import until

from fraud_score.local.postgres import Postgres
from fraud_score.migrate import migrate

pytestmark = pytest.mark.slow

MakePayment = Callable[..., dict[str, Any]]


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A Postgres of the test's own, which may be killed."""
    with TemporaryDirectory(prefix="fraud-score-") as folder, Postgres(Path(folder)) as running:
        yield running


def test_api_and_worker_get_over_a_database_that_was_killed(
    start: Start, server: Postgres, payment: MakePayment
) -> None:
    migrate(server.url)
    api, worker = start("api", server.url), start("worker", server.url)
    before = [api.http.post("/v1/scores", json=payment()) for _ in range(3)]
    assert {answer.status_code for answer in before} == {202}
    server.kill()
    for method, path in (
        ("POST", "/v1/scores"),
        ("GET", before[0].headers["Location"]),
        ("GET", "/health/ready"),
    ):
        answer = api.http.request(method, path, json=payment() if method == "POST" else None)
        assert answer.status_code == 503, answer.text
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["title"] in ("Database away", "Not ready")
    for program in (api, worker):
        assert program.http.get("/health/live").status_code == 200, "a restart would not help"
        assert program.http.get("/metrics").status_code == 200, "numbers of its own it still has"
    assert "fraud_score_jobs_waiting" not in api.http.get("/metrics").text
    server.start()
    until(lambda: api.http.get("/health/ready").status_code == 200, "the API ready again")
    assert api.http.post("/v1/scores", json=payment()).status_code == 202
    after = [api.http.get(answer.headers["Location"]) for answer in before]
    assert {answer.status_code for answer in after} == {200}, "nothing accepted is lost"
    assert api.process.poll() is None
    assert worker.process.poll() is None


def test_a_program_may_start_before_its_database(
    start: Start, server: Postgres, payment: MakePayment
) -> None:
    server.stop()
    api = start("api", server.url)
    assert api.http.get("/health/live").status_code == 200
    assert api.http.get("/health/ready").status_code == 503
    server.start()

    def said(words: str) -> bool:
        return words in api.http.get("/health/ready").text

    until(lambda: said("run fraud-score migrate"), "it says what is missing")
    assert api.http.post("/v1/scores", json=payment()).status_code == 503
    migrate(server.url, "0004")
    assert said("the database is not at revision 0005: run fraud-score migrate")
    migrate(server.url)
    assert api.http.get("/health/ready").status_code == 200
    assert api.http.post("/v1/scores", json=payment()).status_code == 202
    with psycopg.connect(server.url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert api.http.get("/health/ready").status_code == 200, "a newer release is on its way"


def test_a_database_that_only_reads_takes_nothing(
    start: Start, server: Postgres, payment: MakePayment
) -> None:
    migrate(server.url)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        connection.execute("SELECT pg_reload_conf()")
    api = start("api", server.url)
    assert api.http.post("/v1/scores", json=payment()).status_code == 503
