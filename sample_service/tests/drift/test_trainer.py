"""The trainer: real trainings on live payments, and all the ways they can end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg
import pytest
from tests.drift.live import insert, requests, versions

from fraud_score import reference
from fraud_score.db import Database
from fraud_score.jobs import Job, Kind, NewJob, enqueue
from fraud_score.local.postgres import Postgres
from fraud_score.metrics import Metrics
from fraud_score.migrate import migrate
from fraud_score.settings import Settings
from fraud_score.trainer import Trainer

SHORT = (
    "training=small",
    "source.as_of=latest",
    "source.minimum_frauds=20",
    "tracking.enabled=false",
)
"""A training that takes seconds, on all labels there are."""

PATIENCE = 120.0


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database,
        model_dir=tmp_path / "models",
        lease_seconds=1.5,
        train_overrides=(*SHORT, f"paths.data={tmp_path}/data"),
        worker_port=0,
    )


@pytest.fixture
def payments(database: str) -> None:
    insert(database, requests(8_000))


async def ask(database: Database) -> Job:
    async with database.connection() as connection:
        job = await enqueue(connection, NewJob(Kind.RETRAIN, payload={"reason": "test"}))
    assert job is not None
    return job


def row(url: str) -> dict[str, Any]:
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        found = connection.execute("SELECT * FROM jobs WHERE kind = 'retrain'").fetchone()
    assert found is not None
    return found


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.05)


def trainings() -> list[psutil.Process]:
    """Return the trainings that this process has started and that still run."""
    return [p for p in psutil.Process().children(recursive=True) if is_training(p)]


def is_training(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return "fraud_model.train" in process.cmdline()
    return False


@contextlib.asynccontextmanager
async def trainer(settings: Settings, metrics: Metrics | None = None) -> AsyncIterator[None]:
    """Have a trainer at work while the block runs."""
    stop = asyncio.Event()
    async with Database(settings.database_url, 2) as database:
        working = Trainer(database, settings, metrics or Metrics(), "trainer-1").run(stop)
        async with asyncio.TaskGroup() as group:
            group.create_task(working)
            await ask(database)
            try:
                yield
            finally:
                stop.set()


def work(settings: Settings, until_then: Callable[[], Any], metrics: Metrics | None = None) -> None:
    async def session() -> None:
        async with trainer(settings, metrics):
            await until(until_then)

    asyncio.run(session())
    assert trainings() == []


@pytest.mark.slow
@pytest.mark.usefixtures("payments")
def test_trains_and_records_the_version(settings: Settings) -> None:
    url, metrics = settings.database_url, Metrics()
    work(settings, lambda: row(url)["finished_at"], metrics)
    job = row(url)
    assert (job["status"], job["error"]) == ("succeeded", None)
    # Many leases long, and yet nobody thought that the trainer was dead.
    assert job["attempts"] == 1
    assert (job["finished_at"] - job["started_at"]).total_seconds() > settings.lease_seconds
    assert job["payload"] == {"reason": "test", "trained_version": 1}
    assert versions(settings.model_dir) == {"1"}
    folder = settings.model_dir / "fraud" / "1"
    with psycopg.connect(url) as connection:
        bins = connection.execute("SELECT feature, bin, upper, share FROM reference_bins")
        expected = {tuple(vars(one).values()) for one in reference.read(folder).bins}
        assert set(bins) == expected
    assert b'fraud_score_jobs_total{kind="retrain",status="succeeded"} 1.0' in metrics.text()
    facts = json.loads((folder / "assets.extra" / "model.json").read_text(encoding="utf-8"))
    assert facts["version"] == 1


@pytest.mark.slow
@pytest.mark.usefixtures("payments")
def test_a_model_that_is_not_good_enough_is_given_up_at_once(settings: Settings) -> None:
    strict = replace(settings, train_overrides=(*settings.train_overrides, "gate.largest_loss=-1"))
    work(strict, lambda: row(settings.database_url)["finished_at"])
    job = row(settings.database_url)
    assert (job["status"], job["attempts"]) == ("failed", 1)
    assert job["error"].startswith("the training failed: exit code 3: not exported: PR-AUC")
    assert versions(settings.model_dir) == set()


@pytest.mark.slow
def test_a_training_that_fails_is_tried_again_then_given_up(settings: Settings) -> None:
    """There are no payments: what the training says of it stands in the job."""
    metrics, twice = Metrics(), replace(settings, max_attempts=2)
    work(twice, lambda: row(settings.database_url)["finished_at"], metrics)
    job = row(settings.database_url)
    assert (job["status"], job["attempts"]) == ("failed", 2)
    assert job["error"].startswith("the training failed: exit code 1: ")
    assert "there are no payments to train on" in job["error"]
    text = metrics.text()
    assert b'fraud_score_jobs_total{kind="retrain",status="retried"} 1.0' in text
    assert b'fraud_score_jobs_total{kind="retrain",status="failed"} 1.0' in text


def test_a_training_that_takes_too_long_is_ended(settings: Settings) -> None:
    hasty = replace(settings, train_seconds=1, max_attempts=1)
    work(hasty, lambda: row(settings.database_url)["finished_at"])
    assert row(settings.database_url)["error"] == "the training failed: ended after 1 s: too long"


def test_gives_the_job_back_when_stopped(settings: Settings) -> None:
    work(settings, trainings)
    job = row(settings.database_url)
    assert (job["status"], job["attempts"], job["worker"]) == ("queued", 0, None)


def test_ends_the_training_when_the_lease_is_lost(settings: Settings) -> None:
    url = settings.database_url

    async def session() -> None:
        async with trainer(settings):
            await until(trainings)
            with psycopg.connect(url) as connection:
                connection.execute("UPDATE jobs SET worker = 'another', attempts = attempts + 1")
            await until(lambda: not trainings())

    asyncio.run(session())
    job = row(url)
    assert (job["status"], job["attempts"], job["worker"]) == ("running", 2, "another")


@contextlib.contextmanager
def trainer_process(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``fraud-score trainer`` in a process group of its own."""
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "FRAUD_SCORE_MODEL_DIR": str(settings.model_dir),
        "FRAUD_SCORE_LEASE_SECONDS": str(settings.lease_seconds),
        "FRAUD_SCORE_TRAIN_OVERRIDES": " ".join(settings.train_overrides),
        "FRAUD_SCORE_WORKER_PORT": "0",
    }
    with (
        log.open("ab") as output,
        subprocess.Popen(
            [sys.executable, "-m", "fraud_score", "trainer"],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def run(step: Awaitable[None]) -> None:
    async def session() -> None:
        await step

    asyncio.run(session())


def enqueue_one(url: str) -> None:
    async def session() -> None:
        async with Database(url, 1) as database:
            await ask(database)

    asyncio.run(session())


@pytest.mark.slow
@pytest.mark.usefixtures("payments")
def test_killed_in_the_middle_of_the_export(settings: Settings, tmp_path: Path) -> None:
    """The next trainer begins anew; what was half written stays without a number."""
    enqueue_one(settings.database_url)
    with trainer_process(settings, tmp_path / "first.log") as process:
        run(until(lambda: ".partial-1" in versions(settings.model_dir)))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert versions(settings.model_dir) == {".partial-1"}
    assert row(settings.database_url)["status"] == "running"
    with trainer_process(settings, tmp_path / "second.log"):
        run(until(lambda: row(settings.database_url)["finished_at"]))
    job = row(settings.database_url)
    assert (job["status"], job["attempts"], job["payload"]["trained_version"]) == (
        "succeeded",
        2,
        2,
    )
    assert versions(settings.model_dir) == {".partial-1", "2"}


@pytest.mark.slow
@pytest.mark.usefixtures("payments")
def test_a_training_without_its_trainer_exports_nothing(settings: Settings, tmp_path: Path) -> None:
    enqueue_one(settings.database_url)
    with trainer_process(settings, tmp_path / "trainer.log") as process:
        run(until(trainings))
        (training,) = trainings()
        process.kill()
        process.wait()
        run(until(lambda: not training.is_running() or training.status() == psutil.STATUS_ZOMBIE))
    assert versions(settings.model_dir) == set()
    assert row(settings.database_url)["status"] == "running"


@pytest.mark.slow
def test_nothing_is_lost_while_the_database_is_away(settings: Settings) -> None:
    """It dies when the training no longer needs it, and comes back after the lease."""
    with TemporaryDirectory(prefix="fraud-score-") as folder, Postgres(Path(folder)) as server:
        migrate(server.url)
        insert(server.url, requests(8_000))
        at_home = replace(settings, database_url=server.url)

        async def session() -> None:
            async with trainer(at_home):
                await until(lambda: ".partial-1" in versions(settings.model_dir))
                server.kill()
                await until(lambda: versions(settings.model_dir) == {"1"})
                await asyncio.sleep(settings.lease_seconds)  # what it may be away for is the point
                server.start()
                await until(lambda: row(server.url)["finished_at"])

        asyncio.run(session())
        job = row(server.url)
    assert (job["status"], job["attempts"]) == ("succeeded", 1)
    assert job["payload"]["trained_version"] == 1
    assert versions(settings.model_dir) == {"1"}
