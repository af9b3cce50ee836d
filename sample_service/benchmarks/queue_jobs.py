"""Jobs per second: through the queue alone, and from ``POST`` to result through the whole service.

The measures to compare with are commits of one row each, on the same Postgres in the same run: no
queue in a database can accept a job for less than a commit. Workers are processes, as in
production; clients, service and database share the machine.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, TypeVar
from urllib.parse import urlsplit

import psycopg

from benchmarks.report import Line, Section, middle
from fraud_score.db import Database
from fraud_score.jobs import Claim, Kind, NewJob, Worklist, enqueue
from fraud_score.local.guard import Guard
from fraud_score.local.payments import payments
from fraud_score.local.postgres import Postgres
from fraud_score.local.recipes import Plan
from fraud_score.local.stack import Stack
from fraud_score.local.training import train
from fraud_score.migrate import migrate

Item = TypeVar("Item")

ABOUT = """\
*Enqueue* is one transaction per job, as the API does it; *take and finish* is what workers do, in
batches of 32, without the scoring between. *POST to result* is the whole service: request, payment
and job stored, features computed in SQL, model server asked, scores stored. Its p50 and p99 are
from the job's acceptance to its result while callers send as fast as they are answered."""

_PAYMENTS = """
    INSERT INTO payments (
        transaction_id, card_id, amount_eur_cents, occurred_at, local_hour, merchant_category,
        card_country, merchant_country
    )
    SELECT number, number, 100, now(), 12, '5411', 'DE', 'DE' FROM generate_series(1, %s) number"""
"""For the jobs to be about."""

_JOBS = """
    INSERT INTO jobs (kind, transaction_id, payload)
    SELECT 'score', transaction_id, '{}' FROM payments LIMIT %s"""

_QUANTILE = """
    SELECT percentile_cont(%s) WITHIN GROUP (
        ORDER BY EXTRACT(epoch FROM finished_at - enqueued_at) * 1000
    ) FROM jobs"""

CONNECTIONS = 8
BATCH = 32


@dataclass(frozen=True)
class Size:
    """How much to measure: commits and jobs of a round, and how many rounds."""

    commits: int
    jobs: int
    posts: int
    rounds: int


QUICK, WHOLE = Size(400, 2_000, 1_000, 1), Size(2_000, 10_000, 5_000, 3)


def measure(quick: bool) -> Section:
    """Measure with databases, and a model, of the benchmark's own."""
    size = QUICK if quick else WHOLE
    folder = Path(tempfile.mkdtemp(prefix="fraud-score-bench-"))
    with Guard() as guard:
        guard.remove_at_the_end(folder)
        lines = queue_alone(folder / "alone", size)
        for _ in train(guard, folder):
            pass
        for workers in (1, 2):
            plan = Plan(folder / f"{workers}", folder / "models", workers=workers, trainer=False)
            with Stack(plan) as stack:
                lines.append(whole_path(stack, size, workers))
    return Section("Queue", ABOUT, lines)


def queue_alone(folder: Path, size: Size) -> list[Line]:
    """Measure enqueueing, and taking and finishing, without anything around them."""
    with Postgres(folder) as postgres, _processes(2) as pool:
        migrate(postgres.url)
        with psycopg.connect(postgres.url) as connection:
            connection.execute(_PAYMENTS, (max(size.commits, size.jobs),))
        return [
            _enqueue(postgres.url, size, 1),
            _enqueue(postgres.url, size, CONNECTIONS),
            _take_and_finish(postgres.url, size, pool, 1),
            _take_and_finish(postgres.url, size, pool, 2),
        ]


def whole_path(stack: Stack, size: Size, workers: int) -> Line:
    """Post payments on several connections, wait until all have their score."""
    insert = asyncio.run(bare_commits(stack.database_url, size.commits, CONNECTIONS))
    began = time.monotonic()
    asyncio.run(post_all(stack.url, size.posts))
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        while _one(connection, "SELECT count(*) FROM scores") < size.posts:
            time.sleep(0.02)
        rate = size.posts / (time.monotonic() - began)
        half, most = (_one(connection, _QUANTILE, (share,)) for share in (0.5, 0.99))
    case = f"POST to result, {CONNECTIONS} callers, {workers} worker{'s' * (workers > 1)}"
    notes = {"p50": f"{half:.0f} ms", "p99": f"{most:.0f} ms"}
    return Line(case, rate, "jobs/s", {"bare INSERT commits": rate / insert}, notes)


def _enqueue(url: str, size: Size, connections: int) -> Line:
    rates, ratios = [], []
    for _ in range(size.rounds):
        bare = asyncio.run(bare_commits(url, size.commits, connections))
        rates.append(asyncio.run(_enqueue_all(url, size.commits, connections)))
        ratios.append(rates[-1] / bare)
    case = f"enqueue, {connections} connection{'s' * (connections > 1)}"
    return Line(case, middle(rates), "jobs/s", {"bare INSERT commits": middle(ratios)})


def _take_and_finish(url: str, size: Size, pool: ProcessPoolExecutor, workers: int) -> Line:
    rates, ratios = [], []
    for _ in range(size.rounds):
        bare = asyncio.run(bare_commits(url, size.commits, workers, "UPDATE"))
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM jobs")
            connection.execute(_JOBS, (size.jobs,))
        began = time.monotonic()
        done = sum(pool.map(_work_off, [url] * workers))
        rates.append(done / (time.monotonic() - began))
        ratios.append(rates[-1] / bare)
    case = f"take and finish, {workers} worker{'s' * (workers > 1)}"
    return Line(case, middle(rates), "jobs/s", {"bare UPDATE commits": middle(ratios)})


async def bare_commits(url: str, number: int, connections: int, verb: str = "INSERT") -> float:
    """Return how many one-row transactions a second a plain table takes."""
    async with Database(url, connections, "benchmark") as database:
        async with database.connection() as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, n int)")
            await connection.execute("TRUNCATE bare")
            ids = [uuid.uuid4() for _ in range(number)]
            if verb == "UPDATE":
                await connection.execute("INSERT INTO bare SELECT unnest(%s::uuid[]), 0", (ids,))
        change = (
            "UPDATE bare SET n = n + 1 WHERE id = %s"
            if verb == "UPDATE"
            else "INSERT INTO bare VALUES (%s, 0)"
        )

        async def commit(one: uuid.UUID) -> None:
            async with database.connection() as connection:
                await connection.execute(change, (one,))

        return await _rate(commit, ids, connections)


async def _enqueue_all(url: str, number: int, connections: int) -> float:
    async with Database(url, connections, "benchmark") as database:

        async def one(payment: int) -> None:
            async with database.transaction() as connection:
                await enqueue(connection, NewJob(Kind.SCORE, str(payment)))

        return await _rate(one, range(1, number + 1), connections)


async def _rate(act: Callable[[Item], Awaitable[None]], items: Iterable[Item], tasks: int) -> float:
    """Do something with every item, on several tasks at a time; return how many a second."""
    waiting = list(items)
    number = len(waiting)

    async def work() -> None:
        while waiting:
            await act(waiting.pop())

    began = time.monotonic()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return number / (time.monotonic() - began)


def _work_off(url: str) -> int:
    """Take and finish jobs until none is left; return how many."""
    return asyncio.run(_drain(url))


async def _drain(url: str) -> int:
    done = 0
    async with Database(url, 2, "benchmark") as database:
        worklist = Worklist(database, Claim(uuid.uuid4().hex, [Kind.SCORE]))
        while jobs := await worklist.take(BATCH):
            async with database.transaction() as connection:
                done += len(await worklist.finish(connection, jobs))
    return done


async def post_all(url: str, number: int) -> None:
    """Send payments on several connections, each as fast as it is answered."""
    address = urlsplit(url)
    waiting = [json.dumps(payment).encode() for _, payment in payments(number)]

    async def caller() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while waiting:
            body = waiting.pop()
            head = f"POST /v1/scores HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            status = await _answer(reader)
            if status == 503:  # the queue is full: the payment comes again
                waiting.append(body)
                await asyncio.sleep(0.05)
            elif status != 202:
                raise RuntimeError(f"POST /v1/scores: {status}")
        writer.close()

    await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
    return int(head.split()[1])


@contextmanager
def _processes(number: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes ahead, so that their start is not measured."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, context) as pool:
        barrier = [pool.submit(time.sleep, 0.5) for _ in range(number)]
        for started in barrier:
            started.result()
        yield pool


def _one(
    connection: psycopg.Connection, query: LiteralString, values: tuple[float, ...] = ()
) -> float:
    row = connection.execute(query, values).fetchone()
    return float(row[0]) if row else 0.0
