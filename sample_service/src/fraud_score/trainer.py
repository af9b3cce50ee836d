"""Takes retrain jobs: trains on the live data, and says what the new version was trained on.

A training takes minutes. Meanwhile the lease of its job is extended; when this process dies, the
lease runs out and another trainer begins anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from fraud_score import reference
from fraud_score.db import Database, DatabaseAwayError, statement
from fraud_score.jobs import Claim, Job, Kind, Worklist
from fraud_score.metrics import Metrics
from fraud_score.settings import Settings
from fraud_score.telemetry import about_job
from fraud_score.train_process import TrainingError, train

POLL_SECONDS = 1.0
"""Pause between two looks at the queue. A retrain is rare and long: nobody waits for a second."""

_log = logging.getLogger(__name__)


class Trainer:
    """One trainer.

    Args:
        database: Where the queue is.
        settings: Lease, attempts, and what to train with.
        metrics: Where finished and failed attempts are counted.
        name: The trainer's name, unique among all processes that ever ran.
    """

    def __init__(self, database: Database, settings: Settings, metrics: Metrics, name: str) -> None:
        claim = Claim(name, [Kind.RETRAIN], settings.lease_seconds, settings.max_attempts)
        self._database = database
        self._settings = settings
        self._metrics = metrics
        self._worklist = Worklist(database, claim)
        self._last_attempt = Worklist(database, replace(claim, max_attempts=0))

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; a training that is under way then is given back."""
        while not stop.is_set():
            try:
                self._metrics.count_undone(await self._worklist.expire())
                for job in await self._worklist.take(1):
                    with about_job(job.id):
                        await self._work(job, stop)
            except DatabaseAwayError as exc:
                _log.warning("%s; trying again", exc)
            await _pause(stop, POLL_SECONDS)

    # --8<-- [start:work]
    async def _work(self, job: Job, stop: asyncio.Event) -> None:
        _log.info("retrain, attempt %d: %s", job.attempts, dict(job.payload))
        training = asyncio.create_task(self._train())
        tasks = {
            training,
            asyncio.create_task(self._hold(job)),
            asyncio.create_task(stop.wait()),
        }
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await _cancel(tasks)
        if training.cancelled():
            _log.warning("training ended: the lease was lost, or this trainer stops")
            # Touches nothing when the lease was lost.
            await self._worklist.hand_back([job])
            return
        await self._conclude(job, training, stop)

    async def _train(self) -> reference.Reference:
        folder = await train(self._settings)
        try:
            return reference.read(folder)
        except reference.ReferenceFileError as exc:
            # The version is served already; another training would not mend this one.
            raise TrainingError(str(exc), final=True) from exc

    async def _hold(self, job: Job) -> None:
        """Extend the lease again and again; return when it is lost."""
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            try:
                if not await self._worklist.extend([job]):
                    return
            except DatabaseAwayError as exc:
                # Nobody else can take the job meanwhile.
                _log.warning("%s; the training goes on", exc)

    # --8<-- [end:work]

    async def _conclude(
        self, job: Job, training: asyncio.Task[reference.Reference], stop: asyncio.Event
    ) -> None:
        try:
            known = training.result()
        except TrainingError as exc:
            worklist = self._last_attempt if exc.final else self._worklist
            _log.warning("the training failed: %s", exc)
            again = partial(worklist.retry, [job], f"the training failed: {exc}")
            self._metrics.count_undone(await _persist(again, stop))
            return
        self._metrics.count_done(await _persist(partial(self._finish, job, known), stop))
        _log.info("version %d is trained", known.model_version)

    async def _finish(self, job: Job, known: reference.Reference) -> list[Job]:
        """Record the new version, and what it was trained on, together with the job's end."""
        async with self._database.transaction() as connection:
            await reference.load(connection, known)
            done = await self._worklist.finish(connection, [job])
            for one in done:
                values = {"id": one.id, "version": known.model_version}
                await connection.execute(statement("note_version"), values)
        return done


async def _persist(step: Callable[[], Awaitable[list[Job]]], stop: asyncio.Event) -> list[Job]:
    """Take a step as often as it needs: what an hour of training found is not thrown away."""
    while True:
        try:
            return await step()
        except DatabaseAwayError:
            if stop.is_set():
                raise
            await _pause(stop, POLL_SECONDS)


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end; raise what nobody expected."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception) and not isinstance(result, TrainingError):
            raise result


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
