"""The queue and its intake, statement by statement, on a real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.service.program import asynchronous

from new_service import jobs
from new_service.db import Database, DatabaseAwayError
from new_service.deliveries import Delivery
from new_service.intake import ConflictError, Intake
from new_service.jobs import Claim, Job, Kind, NewJob, Status, Worklist

MakeDelivery = Callable[..., dict[str, Any]]
CLAIM = Claim("w1", [Kind.SCORE, Kind.LABEL], lease_seconds=30, max_attempts=2)
OTHER = replace(CLAIM, worker="w2")


@pytest.fixture
def planned(delivery: MakeDelivery) -> Callable[[], Delivery]:
    """Make deliveries as the intake takes them."""
    return lambda: Delivery.from_document(delivery())


MakePlanned = Callable[[], Delivery]


@asynccontextmanager
async def desk(url: str) -> AsyncIterator[tuple[Database, Intake]]:
    async with Database(url, connections=16) as database:
        yield database, Intake(database, limit=1_000)


async def execute(database: Database, query: str) -> list[dict[str, Any]]:
    async with database.connection() as connection:
        found = await connection.execute(query.encode())
        return await found.fetchall() if found.description else []


async def finish(database: Database, worklist: Worklist, taken: list[Job]) -> list[Job]:
    async with database.transaction() as connection:
        return await worklist.finish(connection, taken)


@asynchronous
async def test_many_requests_with_one_key_at_once_are_one_job(
    database: str, planned: MakePlanned
) -> None:
    async with desk(database) as (db, intake):
        one = planned()
        asked = await asyncio.gather(*(intake.score(one, "k", None) for _ in range(16)))
        assert len({job.id for job in asked}) == 1
        with pytest.raises(ConflictError, match="the key 'k' was used for another request"):
            await intake.score(planned(), "k", None)
        assert len(await execute(db, "SELECT 1 FROM deliveries")) == 1, "nothing is left"


@asynchronous
async def test_a_delivery_at_once_with_different_content_is_one_delivery(
    database: str, planned: MakePlanned
) -> None:
    async with desk(database) as (db, intake):
        one = planned()
        asked = await asyncio.gather(
            *(intake.score(replace(one, parcels=1 + n % 2), None, None) for n in range(16)),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, Job) for answer in asked) == 8
        assert sum(isinstance(answer, ConflictError) for answer in asked) == 8
        assert len(await execute(db, "SELECT 1 FROM deliveries")) == 1


@asynchronous
async def test_two_workers_never_get_the_same_job(database: str, planned: MakePlanned) -> None:
    async with desk(database) as (db, intake):
        added = [(await intake.score(planned(), None, None)).id for _ in range(40)]
        worklists = [Worklist(db, replace(CLAIM, worker=f"w{number}")) for number in range(8)]
        taken = await asyncio.gather(*(worklist.take(10) for worklist in worklists))
        assert sorted(job.id for batch in taken for job in batch) == sorted(added)


@asynchronous
async def test_nothing_happens_to_a_job_that_another_worker_holds(
    database: str, planned: MakePlanned
) -> None:
    async with desk(database) as (db, intake):
        await intake.score(planned(), None, None)
        late = Worklist(db, CLAIM)
        held = await late.take(1)
        await execute(db, "UPDATE jobs SET lease_until = now() - interval '1 s'")
        (silent,) = await late.expire()
        assert (silent.status, silent.error) == (Status.QUEUED, "the worker w1 fell silent")
        await execute(db, "UPDATE jobs SET run_after = now()")
        taken = await Worklist(db, OTHER).take(1)
        assert await finish(db, late, held) == []
        assert await late.retry(held, "too late") == []
        assert await late.extend(held) == set()
        (done,) = await finish(db, Worklist(db, OTHER), taken)
        assert (done.status, done.attempts) == (Status.SUCCEEDED, 2)


@asynchronous
async def test_after_its_last_attempt_a_job_is_a_dead_letter_until_it_is_requeued(
    database: str, planned: MakePlanned
) -> None:
    async with desk(database) as (db, intake):
        await intake.score(planned(), None, None)
        worklist, states = Worklist(db, CLAIM), []
        for _ in range(CLAIM.max_attempts):
            await execute(db, "UPDATE jobs SET run_after = now()")
            (job,) = await worklist.retry(await worklist.take(1), "no luck")
            states.append((job.status, job.attempts, job.error))
        assert states == [(Status.QUEUED, 1, "no luck"), (Status.FAILED, 2, "no luck")]
        async with db.connection() as connection:
            assert [one.id for one in await jobs.dead(connection)] == [job.id]
            again = await jobs.requeue(connection, job.id)
            assert again
            assert (again.status, again.attempts, again.error) == (Status.QUEUED, 0, None)


@asynchronous
async def test_old_jobs_are_forgotten_but_not_their_deliveries(
    database: str, planned: MakePlanned
) -> None:
    async with desk(database) as (db, intake):
        for _ in range(2):
            await intake.score(planned(), None, None)
        worklist = Worklist(db, CLAIM)
        await finish(db, worklist, await worklist.take(1))
        await execute(
            db,
            "UPDATE jobs SET finished_at = now() - interval '8 days' WHERE status = 'succeeded'",
        )
        async with db.connection() as connection:
            assert await jobs.forget(connection, keep_days=7) == 1
        assert len(await execute(db, "SELECT 1 FROM jobs")) == 1
        assert len(await execute(db, "SELECT 1 FROM deliveries")) == 2


@asynchronous
async def test_one_retrain_is_open_at_most(database: str) -> None:
    async with Database(database) as db:

        async def ask() -> Job | None:
            async with db.transaction() as connection:
                return await jobs.enqueue(connection, NewJob(Kind.RETRAIN))

        asked = await asyncio.gather(*(ask() for _ in range(8)))
        assert len([job for job in asked if job]) == 1
        worklist = Worklist(db, replace(CLAIM, kinds=[Kind.RETRAIN]))
        await finish(db, worklist, await worklist.take(1))
        assert await ask()


@asynchronous
async def test_a_database_that_is_not_there_is_away() -> None:
    async with Database("postgresql://127.0.0.1:9/none") as db:
        with pytest.raises(DatabaseAwayError):
            async with db.connection():
                pass
