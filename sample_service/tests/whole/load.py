"""Callers that send payments without a pause, and a record of what became of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import LiteralString

import psycopg

from fraud_score.local.client import Client
from fraud_score.local.payments import payments
from fraud_score.local.stack import Stack

RECORD = """
    CREATE TABLE record (subject text, event text);
    CREATE FUNCTION record_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO record VALUES (NEW.id, 'job ' || NEW.status); RETURN NULL;
    END $$;
    CREATE FUNCTION record_score() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO record VALUES (coalesce(NEW.job_id, OLD.job_id), 'score ' || TG_OP);
        RETURN NULL;
    END $$;
    CREATE FUNCTION record_label() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO record VALUES (NEW.transaction_id, 'label ' || TG_OP); RETURN NULL;
    END $$;
    CREATE TRIGGER record AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION record_job();
    CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON scores
        FOR EACH ROW EXECUTE FUNCTION record_score();
    CREATE TRIGGER record AFTER INSERT OR UPDATE ON labels
        FOR EACH ROW EXECUTE FUNCTION record_label();
"""
"""Postgres itself notes each change of a job, a score and a label: no word is taken for it."""


@dataclass
class Accepted:
    """What the service answered 202 to.

    Attributes:
        scores: Ids of the jobs that score.
        labels: Transaction ids of the payments whose label was reported, each once.
        keys: For each idempotency key, all jobs that were answered to it.
        repeats: How often a request had to be sent again.
    """

    scores: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    keys: dict[str, set[str]] = field(default_factory=dict)
    repeats: int = 0


class Caller(threading.Thread):
    """Sends payments, half of them with an idempotency key, and reports on some of them."""

    def __init__(self, url: str, stop: threading.Event) -> None:
        super().__init__()
        self._url = url
        self._stop_asked = stop
        self.accepted = Accepted()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with Client(self._url, patience=90) as client:
                for number, (_, payment) in enumerate(payments(10**9)):
                    if self._stop_asked.is_set():
                        break
                    self._send(client, number, payment)
                self.accepted.repeats = client.repeats
        except BaseException as exc:  # noqa: BLE001 (raised again by the test's thread)
            self.error = exc

    def _send(self, client: Client, number: int, payment: dict[str, object]) -> None:
        transaction = str(payment["transaction_id"])
        key = f"score-{transaction}" if number % 2 else ""
        # As after an answer that was lost on its way: the same key again.
        for _ in range(2 if number % 4 == 1 else 1):
            job = client.score(payment, key)
            self.accepted.scores.add(job["job_id"])
            if key:
                self.accepted.keys.setdefault(key, set()).add(job["job_id"])
        if number % 5 == 0:
            now = datetime.now(UTC).isoformat()
            report = {"transaction_id": transaction, "is_fraud": True, "reported_at": now}
            client.label(report, f"label-{transaction}")
            self.accepted.labels.add(transaction)
        time.sleep(0.02)  # enough callers keep the queue from being empty; it need not be full


@contextmanager
def callers(url: str, number: int = 4) -> Iterator[Accepted]:
    """Send payments from several callers while the block runs.

    Yields:
        What was accepted; complete once the block has ended.
    """
    stop = threading.Event()
    threads = [Caller(url, stop) for _ in range(number)]
    everything = Accepted()
    for thread in threads:
        thread.start()
    try:
        yield everything
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for thread in threads:
        if thread.error:
            raise thread.error
        everything.scores |= thread.accepted.scores
        everything.labels |= thread.accepted.labels
        everything.keys |= thread.accepted.keys
        everything.repeats += thread.accepted.repeats


def check(stack: Stack, accepted: Accepted, seconds: float = 60) -> None:
    """Hold the service to its promises: each accepted job done, and done once."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        deadline = time.monotonic() + seconds
        while _rows(connection, _OPEN) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert accepted.scores, "no payment was accepted: this would prove nothing"
        assert not _rows(connection, _NOT_SUCCEEDED), "jobs left open, or given up"
        scored = {row[0] for row in _rows(connection, _SCORED)}
        assert accepted.scores <= scored, "accepted, but without a score"
        assert not _rows(connection, _MORE_THAN_ONCE), "done more than once"
        labelled = {row[0] for row in _rows(connection, "SELECT transaction_id FROM labels")}
        assert accepted.labels <= labelled, "a report was lost"
        assert not _rows(connection, _KEYS_WITH_TWO_JOBS)
    assert all(len(jobs) == 1 for jobs in accepted.keys.values()), "a key with two jobs"


_OPEN: LiteralString = "SELECT id, kind FROM jobs WHERE status IN ('queued', 'running')"
_NOT_SUCCEEDED: LiteralString = (
    "SELECT id, kind, status, error FROM jobs WHERE status <> 'succeeded'"
)
_SCORED: LiteralString = "SELECT subject FROM record WHERE event = 'score INSERT'"
_MORE_THAN_ONCE: LiteralString = """
    SELECT subject, event, count(*) FROM record
    WHERE event IN ('job succeeded', 'score INSERT', 'label INSERT')
    GROUP BY subject, event HAVING count(*) > 1
    UNION ALL
    SELECT subject, event, 1 FROM record
    WHERE event IN ('score UPDATE', 'score DELETE', 'label UPDATE')"""
_KEYS_WITH_TWO_JOBS: LiteralString = """
    SELECT idempotency_key FROM jobs
    WHERE idempotency_key IS NOT NULL GROUP BY 1 HAVING count(*) > 1"""


def _rows(connection: psycopg.Connection, query: LiteralString) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()
