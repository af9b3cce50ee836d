"""Taking requests in: idempotent under concurrency, and no more than the queue may hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.service.program import asynchronous

from fraud_score.db import Database
from fraud_score.intake import ConflictError, Intake, QueueFullError, UnknownSubjectError
from fraud_score.jobs import Job, Kind
from fraud_score.payments import Label, Payment

MakePayment = Callable[..., dict[str, Any]]


@asynccontextmanager
async def intake(url: str, limit: int = 1_000) -> AsyncIterator[tuple[Database, Intake]]:
    async with Database(url, connections=16) as database:
        yield database, Intake(database, limit)


async def count(database: Database, table: str) -> int:
    async with database.connection() as connection:
        found = await connection.execute(f"SELECT count(*) AS count FROM {table}".encode())
        row = await found.fetchone()
    assert row
    return int(row["count"])


@asynchronous
async def test_many_requests_with_one_key_at_once_are_one_job(
    database: str, payment: MakePayment
) -> None:
    async with intake(database) as (db, desk):
        paid = Payment.from_document(payment())
        asked = await asyncio.gather(*(desk.score(paid, "k", None) for _ in range(32)))
        assert len({job.id for job in asked}) == 1
        assert (await count(db, "jobs"), await count(db, "payments")) == (1, 1)


@asynchronous
async def test_many_different_requests_with_one_key_at_once_are_one_job_and_conflicts(
    database: str, payment: MakePayment
) -> None:
    async with intake(database) as (db, desk):
        paid = [Payment.from_document(payment()) for _ in range(16)]
        asked = await asyncio.gather(
            *(desk.score(one, "k", None) for one in paid), return_exceptions=True
        )
        kinds = sorted(type(answer).__name__ for answer in asked)
        assert kinds == ["ConflictError"] * 15 + ["Job"]
        assert (await count(db, "jobs"), await count(db, "payments")) == (1, 1), "nothing is left"


@asynchronous
async def test_the_same_payment_at_once_with_different_content_is_one_payment(
    database: str, payment: MakePayment
) -> None:
    async with intake(database) as (db, desk):
        paid = Payment.from_document(payment())
        asked = await asyncio.gather(
            *(
                desk.score(replace(paid, amount_eur_cents=100 + number % 2), None, None)
                for number in range(16)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, Job) for answer in asked) == 8
        assert sum(isinstance(answer, ConflictError) for answer in asked) == 8
        assert await count(db, "payments") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount_eur_cents": 1},
        {"card_id": "another"},
        {"merchant_descriptor": "another"},
        {"device_age_days": None},
        {"occurred_at": "2026-03-01T12:04:00+02:00"},
        {"occurred_at": "2026-03-01T13:04:00+02:00"},
    ],
    ids=lambda change: "-".join(map(str, next(iter(change.items())))),
)
@asynchronous
async def test_a_payment_with_other_content_is_refused(
    database: str, payment: MakePayment, change: dict[str, Any]
) -> None:
    async with intake(database) as (_, desk):
        first = payment()
        await desk.score(Payment.from_document(first), None, None)
        with pytest.raises(ConflictError, match="came with other content before"):
            await desk.score(Payment.from_document({**first, **change}), None, None)


@asynchronous
async def test_the_same_moment_written_otherwise_is_the_same_payment(
    database: str, payment: MakePayment
) -> None:
    async with intake(database) as (_, desk):
        first = payment(occurred_at="2026-03-01T12:04:00+00:00", device_age_days=410.0)
        second = {**first, "occurred_at": "2026-03-01t12:04:00.000z", "device_age_days": 410}
        asked = [await desk.score(Payment.from_document(p), "k", None) for p in (first, second)]
        assert asked[0].id == asked[1].id


@asynchronous
async def test_a_full_queue_takes_nothing_new_but_remembers_what_it_took(
    database: str, payment: MakePayment
) -> None:
    async with intake(database, limit=2) as (db, desk):
        paid = [Payment.from_document(payment()) for _ in range(3)]
        first = await desk.score(paid[0], "k0", None)
        await desk.score(paid[1], None, None)
        with pytest.raises(QueueFullError, match="2 jobs are waiting already"):
            await desk.score(paid[2], "k2", None)
        assert (await desk.score(paid[0], "k0", None)).id == first.id
        assert (await count(db, "jobs"), await count(db, "payments")) == (2, 2), "nothing is left"
        async with db.connection() as connection:
            await connection.execute(
                "UPDATE jobs SET status = 'succeeded', finished_at = now() WHERE id = %s",
                [first.id],
            )
        for _ in range(100):  # the count is good for a tenth of a second
            try:
                await desk.score(paid[2], "k2", None)
            except QueueFullError:
                await asyncio.sleep(0.02)
            else:
                return
        raise AssertionError("there was room again, and nothing was taken in")


@asynchronous
async def test_a_queue_under_a_rush_is_not_overfilled_by_one_process(
    database: str, payment: MakePayment
) -> None:
    async with intake(database, limit=10) as (db, desk):
        paid = [Payment.from_document(payment()) for _ in range(64)]
        asked = await asyncio.gather(
            *(desk.score(one, None, None) for one in paid), return_exceptions=True
        )
        taken = sum(isinstance(answer, Job) for answer in asked)
        # Requests on their way through the check at the same moment do not see each other.
        assert 10 <= taken <= 10 + 16
        assert await count(db, "jobs") == taken


@asynchronous
async def test_a_label_needs_its_payment(database: str, payment: MakePayment) -> None:
    async with intake(database) as (_, desk):
        paid = Payment.from_document(payment())
        label = Label(paid.transaction_id, True, datetime(2026, 3, 20, tzinfo=UTC))
        with pytest.raises(UnknownSubjectError):
            await desk.label(label, None, None)
        await desk.score(paid, None, None)
        job = await desk.label(label, "k", None)
        assert (job.kind, job.subject) == (Kind.LABEL, paid.transaction_id)
        assert (await desk.label(label, "k", None)).id == job.id
        with pytest.raises(ConflictError, match="the key 'k' was used for another request"):
            await desk.label(replace(label, is_fraud=False), "k", None)
