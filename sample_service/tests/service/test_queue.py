"""The queue, statement by statement, on a real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.service.program import asynchronous

from fraud_score import jobs
from fraud_score.db import Database, DatabaseAwayError
from fraud_score.doorbell import Doorbell
from fraud_score.jobs import Claim, Job, Kind, NewJob, Status, Worklist

CLAIM = Claim("w1", [Kind.SCORE, Kind.LABEL], lease_seconds=30, max_attempts=2)
OTHER = replace(CLAIM, worker="w2")
PAYMENT = """
INSERT INTO payments (transaction_id, card_id, amount_eur_cents, occurred_at, local_hour,
    merchant_category, card_country, merchant_country)
VALUES (%s, 'card-1', 100, now(), 12, '5411', 'DE', 'DE')
"""


@asynccontextmanager
async def queue(url: str, count: int = 0) -> AsyncIterator[tuple[Database, list[Job]]]:
    """Open a database and enqueue jobs, each in a transaction of its own."""
    async with Database(url) as database:
        yield database, [await add(database, f"t-{number}") for number in range(count)]


async def add(database: Database, name: str, kind: Kind = Kind.SCORE, key: str = "") -> Job:
    async with database.transaction() as connection:
        await connection.execute(PAYMENT, [name])
        job = await jobs.enqueue(connection, NewJob(kind, name, key=key or None))
    assert job
    return job


async def now(database: Database, job: Job) -> Job:
    async with database.connection() as connection:
        found = await connection.execute("SELECT * FROM jobs WHERE id = %s", [job.id])
        row = await found.fetchone()
    assert row
    return Job.from_row(row)


async def execute(database: Database, query: str) -> None:
    async with database.connection() as connection:
        await connection.execute(query.encode())


async def finish(database: Database, worklist: Worklist, taken: list[Job]) -> list[Job]:
    async with database.transaction() as connection:
        return await worklist.finish(connection, taken)


@asynchronous
async def test_jobs_leave_in_the_order_they_came(database: str) -> None:
    async with queue(database, 3) as (db, added):
        worklist = Worklist(db, CLAIM)
        taken = [*await worklist.take(2), *await worklist.take(2)]
        assert [job.id for job in taken] == [job.id for job in added]
        assert {(job.status, job.attempts) for job in taken} == {(Status.RUNNING, 1)}
        assert await worklist.take(1) == []


@asynchronous
async def test_two_workers_never_get_the_same_job(database: str) -> None:
    async with queue(database, 40) as (db, _):
        worklists = [Worklist(db, replace(CLAIM, worker=f"w{number}")) for number in range(8)]
        taken = await asyncio.gather(*(worklist.take(10) for worklist in worklists))
        ids = [job.id for batch in taken for job in batch]
        assert len(ids) == len(set(ids)) == 40


@asynchronous
async def test_a_worker_takes_only_what_it_can_do(database: str) -> None:
    async with queue(database) as (db, _):
        async with db.transaction() as connection:
            await jobs.enqueue(connection, NewJob(Kind.RETRAIN))
        assert await Worklist(db, CLAIM).take(1) == []
        assert len(await Worklist(db, replace(CLAIM, kinds=[Kind.RETRAIN])).take(1)) == 1


@asynchronous
async def test_a_finished_job_is_finished_once(database: str) -> None:
    async with queue(database, 1) as (db, _):
        worklist = Worklist(db, CLAIM)
        taken = await worklist.take(1)
        done = await finish(db, worklist, taken)
        assert [(job.status, job.error) for job in done] == [(Status.SUCCEEDED, None)]
        assert done[0].finished_at
        assert await finish(db, worklist, taken) == []


@asynchronous
async def test_nothing_happens_to_a_job_that_another_worker_holds(database: str) -> None:
    async with queue(database, 1) as (db, added):
        late = Worklist(db, CLAIM)
        held = await late.take(1)
        await execute(db, "UPDATE jobs SET lease_until = now() - interval '1 s'")
        await late.expire()
        await execute(db, "UPDATE jobs SET run_after = now()")
        (taken,) = await Worklist(db, OTHER).take(1)
        before = await now(db, added[0])
        assert await finish(db, late, held) == []
        assert await late.retry(held, "too late") == []
        assert await late.extend(held) == set()
        await late.hand_back(held)
        assert await now(db, added[0]) == before == taken


@asynchronous
async def test_an_older_attempt_of_the_same_worker_is_fenced_too(database: str) -> None:
    async with queue(database, 1) as (db, _):
        worklist = Worklist(db, CLAIM)
        first = await worklist.take(1)
        await worklist.retry(first, "once more")
        await execute(db, "UPDATE jobs SET run_after = now()")
        second = await worklist.take(1)
        assert [job.attempts for job in second] == [2]
        assert await finish(db, worklist, first) == []
        assert len(await finish(db, worklist, second)) == 1


@asynchronous
async def test_a_lease_that_ran_out_gives_the_job_back_then_up(database: str) -> None:
    async with queue(database, 1) as (db, _):
        worklist = Worklist(db, replace(CLAIM, lease_seconds=0.001))
        states = []
        for _ in range(CLAIM.max_attempts):
            await execute(db, "UPDATE jobs SET run_after = now()")
            assert len(await worklist.take(1)) == 1
            await asyncio.sleep(0.01)
            (job,) = await Worklist(db, OTHER).expire()
            states.append((job.status, job.attempts, job.error))
        assert states == [
            (Status.QUEUED, 1, "the worker w1 fell silent"),
            (Status.FAILED, 2, "the worker w1 fell silent"),
        ]


@asynchronous
async def test_a_lease_that_is_extended_does_not_run_out(database: str) -> None:
    async with queue(database, 1) as (db, _):
        taken = await Worklist(db, replace(CLAIM, lease_seconds=0.001)).take(1)
        assert await Worklist(db, CLAIM).extend(taken) == {taken[0].id}
        assert await Worklist(db, CLAIM).expire() == []


@asynchronous
async def test_a_failed_attempt_waits_longer_each_time_then_is_a_dead_letter(database: str) -> None:
    async with queue(database, 1) as (db, _):
        worklist = Worklist(db, replace(CLAIM, max_attempts=4))
        pauses = []
        for _ in range(3):
            await execute(db, "UPDATE jobs SET run_after = now()")
            taken = await worklist.take(1)
            (job,) = await worklist.retry(taken, "no luck")
            assert (job.status, job.error) == (Status.QUEUED, "no luck")
            pauses.append(await pause(db))
        assert all(
            low <= seconds <= high
            for seconds, (low, high) in zip(pauses, [(0.4, 1), (1.9, 4), (7.9, 16)], strict=True)
        ), pauses
        await execute(db, "UPDATE jobs SET run_after = now()")
        (job,) = await worklist.retry(await worklist.take(1), "no luck")
        assert (job.status, job.attempts) == (Status.FAILED, 4)
        assert job.finished_at
        async with db.connection() as connection:
            assert [one.id for one in await jobs.dead(connection)] == [job.id]


async def pause(db: Database) -> float:
    async with db.connection() as connection:
        found = await connection.execute(
            "SELECT extract(epoch FROM run_after - now())::float8 AS pause FROM jobs"
        )
        row = await found.fetchone()
    assert row
    return float(row["pause"])


@asynchronous
async def test_a_job_handed_back_was_not_tried(database: str) -> None:
    async with queue(database, 1) as (db, added):
        worklist = Worklist(db, CLAIM)
        for _ in range(2 * CLAIM.max_attempts):
            await worklist.hand_back(await worklist.take(1))
        job = await now(db, added[0])
        assert (job.status, job.attempts, job.error) == (Status.QUEUED, 0, None)


@asynchronous
async def test_a_dead_letter_gets_all_its_attempts_again(database: str) -> None:
    async with queue(database, 2) as (db, _):
        worklist = Worklist(db, replace(CLAIM, max_attempts=1))
        (dead,) = await worklist.retry(await worklist.take(1), "no luck")
        async with db.connection() as connection:
            again = await jobs.requeue(connection, dead.id)
            assert again
            assert (again.status, again.attempts, again.error) == (Status.QUEUED, 0, None)
            assert await jobs.requeue(connection, dead.id) is None, "it is none any more"


@asynchronous
async def test_old_jobs_are_forgotten_with_their_scores_but_not_their_payments(
    database: str,
) -> None:
    async with queue(database, 3) as (db, _):
        worklist = Worklist(db, CLAIM)
        await finish(db, worklist, await worklist.take(2))
        await execute(
            db,
            """
            INSERT INTO scores
            SELECT id, transaction_id, 0.5, 'low', '[]', 'fraud', 1 FROM jobs
            WHERE status = 'succeeded'
            """,
        )
        await execute(
            db,
            "UPDATE jobs SET finished_at = now() - interval '8 days' WHERE transaction_id = 't-0'",
        )
        async with db.connection() as connection:
            assert await jobs.forget(connection, keep_days=7) == 1
            assert await jobs.forget(connection, keep_days=7) == 0
        left = {}
        for table in ("jobs", "scores", "payments"):
            async with db.connection() as connection:
                found = await connection.execute(
                    f"SELECT transaction_id FROM {table} ORDER BY 1".encode()
                )
                left[table] = [row["transaction_id"] for row in await found.fetchall()]
        assert left == {
            "jobs": ["t-1", "t-2"],
            "scores": ["t-1"],
            "payments": ["t-0", "t-1", "t-2"],
        }


@asynchronous
async def test_one_retrain_is_open_at_most(database: str) -> None:
    async with queue(database) as (db, _):

        async def ask() -> Job | None:
            async with db.transaction() as connection:
                return await jobs.enqueue(connection, NewJob(Kind.RETRAIN))

        asked = await asyncio.gather(*(ask() for _ in range(8)))
        assert len([job for job in asked if job]) == 1
        worklist = Worklist(db, replace(CLAIM, kinds=[Kind.RETRAIN]))
        taken = await worklist.take(1)
        assert await ask() is None, "also while it runs"
        await finish(db, worklist, taken)
        assert await ask()


@asynchronous
async def test_the_doorbell_rings_for_a_job_of_its_kind_at_commit(database: str) -> None:
    async with queue(database) as (db, _):
        doorbell = Doorbell(database, [Kind.LABEL])
        listening = asyncio.create_task(doorbell.listen())
        await doorbell.wait(10)  # it rings once when it starts to listen
        await add(db, "t-1", Kind.SCORE)
        assert not await rings(doorbell, 0.2), "not for a kind nobody asked for"
        async with db.transaction() as connection:
            await connection.execute(PAYMENT, ["t-2"])
            await jobs.enqueue(connection, NewJob(Kind.LABEL, "t-2"))
            assert not await rings(doorbell, 0.2), "not before the commit"
        assert await rings(doorbell, 10)
        listening.cancel()


@asynchronous
async def test_the_doorbell_listens_again_after_its_connection_was_cut(database: str) -> None:
    async with queue(database) as (db, _):
        doorbell = Doorbell(database, [Kind.SCORE])
        listening = asyncio.create_task(doorbell.listen())
        await doorbell.wait(10)
        await execute(
            db,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'fraud-score doorbell' AND datname = current_database()",
        )
        assert await rings(doorbell, 10), "it tells that it may have missed something"
        await add(db, "t-1")
        assert await rings(doorbell, 10)
        listening.cancel()


async def rings(doorbell: Doorbell, seconds: float) -> bool:
    try:
        await asyncio.wait_for(doorbell.wait(60), seconds)
    except TimeoutError:
        return False
    return True


@asynchronous
async def test_a_transaction_that_breaks_off_leaves_no_job(database: str) -> None:
    async with queue(database) as (db, _):
        with pytest.raises(RuntimeError, match="on purpose"):
            async with db.transaction() as connection:
                await connection.execute(PAYMENT, ["t-1"])
                await jobs.enqueue(connection, NewJob(Kind.SCORE, "t-1"))
                raise RuntimeError("on purpose")
        async with db.connection() as connection:
            assert await jobs.waiting(connection, 10) == 0


@asynchronous
async def test_a_database_that_is_not_there_is_away() -> None:
    async with Database("postgresql://127.0.0.1:9/none") as db:
        with pytest.raises(DatabaseAwayError):
            async with db.connection():
                pass
