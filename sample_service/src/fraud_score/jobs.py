"""The queue between the API and the workers: a table in Postgres, and what may happen to its rows.

A job is lost at no moment. It is in the table from the commit that accepts it, and whoever works on
it holds it by a lease only: a worker that dies falls silent, and the job goes back. Effects happen
once: a result is written in the transaction that finishes the job, and only by the attempt that
holds it (see ``sql/finish.sql``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from fraud_features import SUBJECT
from fraud_score.db import Connection, Database, Row, statement

CHANNEL = "fraud_score_jobs"
"""Postgres tells listeners here that a job came; its kind is the message."""


class Kind(StrEnum):
    """What is to be done."""

    SCORE = "score"
    LABEL = "label"
    RETRAIN = "retrain"


class Status(StrEnum):
    """Where a job stands. Only the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """One row of the queue.

    Attributes:
        id: Identifier, given by the database.
        kind: What is to be done.
        subject: Identifier of what it is about; ``None`` for a retrain.
        payload: What else the work needs.
        status: Where the job stands.
        attempts: How often a worker took it.
        enqueued_at: When it was accepted.
        started_at: When the last attempt began.
        finished_at: When its status became final.
        error: Why the last attempt failed; the reason of a dead letter.
        traceparent: Trace of the request that enqueued it (W3C Trace Context).
        idempotency_key: The caller's name for the request.
    """

    id: UUID
    kind: Kind
    subject: str | None
    payload: Mapping[str, Any]
    status: Status
    attempts: int
    enqueued_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    traceparent: str | None = None
    idempotency_key: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> Job:
        """Build a job from a row that has at least the columns of ``jobs``."""
        known = {**row, "subject": row[SUBJECT]}
        values = {column.name: known[column.name] for column in fields(cls)}
        return cls(**{**values, "kind": Kind(row["kind"]), "status": Status(row["status"])})


@dataclass(frozen=True)
class NewJob:
    """A job to be enqueued.

    Attributes:
        kind: What is to be done.
        subject: Identifier of what it is about; ``None`` for a retrain.
        payload: What else the work needs.
        key: Idempotency key.
        traceparent: Trace of the request (W3C Trace Context).
    """

    kind: Kind
    subject: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    traceparent: str | None = None


async def enqueue(connection: Connection, job: NewJob) -> Job | None:
    """Add a job; it exists, and a worker is woken, once the transaction commits.

    Args:
        connection: Where; inside a transaction, together with what the job is about.
        job: What is to be done.

    Returns:
        The job; ``None`` when there is one already, with the same key or as an open retrain.
    """
    values = {**vars(job), "payload": Jsonb(job.payload)}
    found = await _jobs(connection, "enqueue", values)
    return found[0] if found else None


async def with_key(connection: Connection, key: str) -> Job | None:
    """Return the job of an idempotency key."""
    query = "SELECT * FROM jobs WHERE idempotency_key = %(key)s"
    row = await (await connection.execute(query, {"key": key})).fetchone()
    return Job.from_row(row) if row else None


async def waiting(connection: Connection, limit: int) -> int:
    """Count the jobs that no worker has taken yet, up to ``limit``."""
    row = await (await connection.execute(statement("waiting"), {"limit": limit})).fetchone()
    return int(row["waiting"]) if row else 0


async def dead(connection: Connection, limit: int = 100) -> list[Job]:
    """Return dead letters, the newest first."""
    return await _jobs(connection, "dead_jobs", {"limit": limit})


async def requeue(connection: Connection, job_id: UUID) -> Job | None:
    """Give a dead letter all its attempts again; ``None`` when the job is no dead letter."""
    found = await _jobs(connection, "requeue", {"id": job_id})
    return found[0] if found else None


async def forget(connection: Connection, keep_days: int) -> int:
    """Delete up to a thousand jobs that finished earlier than that; return how many."""
    return (await connection.execute(statement("forget"), {"days": keep_days})).rowcount


@dataclass(frozen=True)
class Claim:
    """How a worker takes jobs.

    Attributes:
        worker: The worker's name, unique among all processes that ever ran.
        kinds: What it can do.
        lease_seconds: It must finish or :meth:`Worklist.extend` within that time.
        max_attempts: An attempt that fails after so many is the last.
    """

    worker: str
    kinds: Sequence[Kind]
    lease_seconds: float = 30.0
    max_attempts: int = 5


class Worklist:
    """The queue as one worker sees it.

    Every method but :meth:`take` and :meth:`expire` is fenced: it touches only jobs that this
    worker still holds, in the attempt it was given. Where it returns jobs, the others are missing.

    Args:
        database: Where the queue is.
        claim: Who takes what, for how long.
    """

    def __init__(self, database: Database, claim: Claim) -> None:
        self._database = database
        self._claim = claim

    async def take(self, limit: int) -> list[Job]:
        """Take up to ``limit`` jobs that are due, the longest due first."""
        claim = self._claim
        values = {
            "kinds": list(claim.kinds),
            "limit": limit,
            "worker": claim.worker,
            "lease": claim.lease_seconds,
        }
        async with self._database.connection() as connection:
            return await _jobs(connection, "take", values)

    async def extend(self, jobs: Iterable[Job]) -> set[UUID]:
        """Hold jobs for another lease; return which of them are still held."""
        values = {**self._held(jobs), "lease": self._claim.lease_seconds}
        async with self._database.connection() as connection:
            rows = await (await connection.execute(statement("extend"), values)).fetchall()
        return {row["id"] for row in rows}

    async def finish(self, connection: Connection, jobs: Iterable[Job]) -> list[Job]:
        """Mark jobs succeeded.

        Args:
            connection: Inside the transaction that writes their results too.
            jobs: Jobs whose results are known.

        Returns:
            Those still held. Write results for these only.
        """
        return await _jobs(connection, "finish", self._held(jobs))

    async def retry(self, jobs: Iterable[Job], reason: str) -> list[Job]:
        """An attempt failed: put jobs back with a pause, or give them up after the last attempt."""
        values = {**self._held(jobs), "error": reason, "max_attempts": self._claim.max_attempts}
        async with self._database.connection() as connection:
            return await _jobs(connection, "retry", values)

    async def hand_back(self, jobs: Iterable[Job], pause: float = 0.0) -> None:
        """Put jobs back untried; it does not count as an attempt.

        Args:
            jobs: Jobs in hand.
            pause: Seconds before anybody takes them again.
        """
        async with self._database.connection() as connection:
            await connection.execute(statement("hand_back"), {**self._held(jobs), "pause": pause})

    async def expire(self) -> list[Job]:
        """Put the jobs of silent workers back, or give them up; return them."""
        values = {"max_attempts": self._claim.max_attempts}
        async with self._database.connection() as connection:
            return await _jobs(connection, "expire", values)

    def _held(self, jobs: Iterable[Job]) -> dict[str, Any]:
        held = list(jobs)
        return {
            "ids": [job.id for job in held],
            "attempts": [job.attempts for job in held],
            "worker": self._claim.worker,
        }


async def _jobs(connection: Connection, name: str, values: Mapping[str, Any]) -> list[Job]:
    rows = await (await connection.execute(statement(name), values)).fetchall()
    return [Job.from_row(row) for row in rows]
