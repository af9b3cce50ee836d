"""Where requests become jobs: delivery and job are stored together, or not at all."""

from __future__ import annotations

import json
import time
from functools import partial
from uuid import UUID

from psycopg.types.json import Jsonb

from new_service import jobs
from new_service.db import Connection, Database, Row, statement
from new_service.deliveries import Delivery, Label
from new_service.jobs import Job, Kind, NewJob

COUNT_SECONDS = 0.1
"""How long a count of the waiting jobs is good for."""

_dumps = partial(json.dumps, default=str)


class QueueFullError(RuntimeError):
    """No more jobs are taken now; the caller should come back later."""


class ConflictError(ValueError):
    """The request contradicts an earlier one.

    Attributes:
        title: Which kind of contradiction.
    """

    def __init__(self, title: str, detail: str) -> None:
        self.title = title
        super().__init__(detail)


class UnknownSubjectError(ValueError):
    """The label is about something that was never sent.

    Attributes:
        title: What it is that nobody knows.
    """

    def __init__(self, title: str, detail: str) -> None:
        self.title = title
        super().__init__(detail)


class Intake:
    """Takes requests in, shows what became of them.

    Args:
        database: Where to.
        limit: Most jobs waiting at a time. Each process counts ten times a second and adds what it
            took in since, so that several together may go over it by what they take in meanwhile.
    """

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._limit = limit
        self._waiting = 0
        self._counted_at = float("-inf")

    async def score(self, delivery: Delivery, key: str | None, traceparent: str | None) -> Job:
        """Take in a delivery to be scored.

        Args:
            delivery: What is to be delivered.
            key: The caller's name for the request.
            traceparent: Trace of the request.

        Returns:
            The job; that of the first request, when it came with this key before.

        Raises:
            ConflictError: The key or the delivery came with other content before.
            QueueFullError: Too many jobs wait.
            DatabaseAwayError: The database does not answer; come back with the same key.
        """
        new = NewJob(Kind.SCORE, delivery.delivery_id, key=key, traceparent=traceparent)
        async with self._database.transaction() as connection:
            await self._make_room(connection, key)
            await self._store(connection, delivery)
            return await self._enqueue(connection, new)

    async def label(self, label: Label, key: str | None, traceparent: str | None) -> Job:
        """Take in how a delivery ended; arguments and errors as for :meth:`score`.

        Raises:
            UnknownSubjectError: There is no such delivery.
        """
        payload = {"late": label.late, "reported_at": label.reported_at.isoformat()}
        new = NewJob(Kind.LABEL, label.delivery_id, payload, key, traceparent)
        async with self._database.transaction() as connection:
            await self._make_room(connection, key)
            query = "SELECT FROM deliveries WHERE delivery_id = %s"
            if not (await connection.execute(query, [label.delivery_id])).rowcount:
                detail = f"no delivery {label.delivery_id!r} was sent to be scored"
                raise UnknownSubjectError("Delivery not found", detail)
            return await self._enqueue(connection, new)

    async def find(self, job_id: UUID) -> Row | None:
        """Return a job and its score as one row, ``None`` if unknown or forgotten."""
        async with self._database.connection() as connection:
            return await (await connection.execute(statement("get_job"), {"id": job_id})).fetchone()

    async def _store(self, connection: Connection, delivery: Delivery) -> None:
        stored = await connection.execute(statement("insert_delivery"), vars(delivery))
        if stored.rowcount:
            return
        given = {"id": delivery.delivery_id, "given": Jsonb(vars(delivery), dumps=_dumps)}
        known = await connection.execute(statement("same_delivery"), given)
        row = await known.fetchone()
        if not row or not row["same"]:
            detail = f"the delivery {delivery.delivery_id!r} came with other content before"
            raise ConflictError("Delivery changed", detail)

    async def _enqueue(self, connection: Connection, new: NewJob) -> Job:
        if job := await jobs.enqueue(connection, new):
            self._waiting += 1
            return job
        known = await jobs.with_key(connection, new.key or "")
        if known is None:  # deleted this moment, as old jobs are
            raise ConflictError("Idempotency key reused", f"the key {new.key!r} was used long ago")
        return _same(known, new)

    async def _make_room(self, connection: Connection, key: str | None) -> None:
        # What was accepted before is accepted again, even when nothing new is.
        if await self._full(connection) and not (key and await jobs.with_key(connection, key)):
            raise QueueFullError(f"{self._limit} jobs are waiting already")

    async def _full(self, connection: Connection) -> bool:
        now = time.monotonic()
        if now - self._counted_at > COUNT_SECONDS:
            self._counted_at = now
            self._waiting = await jobs.waiting(connection, self._limit)
        return self._waiting >= self._limit


def _same(known: Job, new: NewJob) -> Job:
    before = (known.kind, known.subject, known.payload)
    if before != (new.kind, new.subject, new.payload):
        detail = f"the key {new.key!r} was used for another request"
        raise ConflictError("Idempotency key reused", detail)
    return known
