"""The worker: takes jobs from the queue, has them done, and holds them meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from fraud_score.db import DatabaseAwayError
from fraud_score.doorbell import Doorbell
from fraud_score.jobs import Job, Kind, Worklist
from fraud_score.journal import Journal
from fraud_score.predictor import ModelServerError, Predictor, RefusedError
from fraud_score.settings import Settings
from fraud_score.work import Work

KINDS = (Kind.LABEL, Kind.SCORE)
"""What a worker can do. Retraining is the trainer's."""

POLL_SECONDS = 1.0
"""Longest time until due work is found when the doorbell does not ring."""

PAUSE_SECONDS = 0.5
"""Time between two questions to a database or a model server that is away."""

STUCK_SECONDS = 60.0
"""A worker that has not come round for so long hangs; longer than its time-outs together."""

Task: TypeAlias = Callable[[Sequence[Job]], Awaitable[list[Job]]]
"""Does jobs of one kind; returns those whose results were written."""

_log = logging.getLogger(__name__)


class Worker:
    """Works the queue until it is stopped.

    Args:
        worklist: The queue, as this worker sees it.
        work: How jobs are done.
        predictor: Who asks the model.
        journal: Who is told what becomes of jobs.
        settings: Size of a batch, length of a lease.
    """

    def __init__(
        self,
        worklist: Worklist,
        work: Work,
        predictor: Predictor,
        journal: Journal,
        settings: Settings,
    ) -> None:
        self._worklist = worklist
        self._tasks: dict[Kind, Task] = {Kind.LABEL: work.label, Kind.SCORE: work.score}
        self._predictor = predictor
        self._journal = journal
        self._settings = settings
        self._model_away = False
        self._came_round = time.monotonic()

    def stuck(self) -> str:
        """Say that the loop hangs, "" while it turns; what liveness reports."""
        silent = time.monotonic() - self._came_round
        return f"no round for {silent:.0f} s" if silent > STUCK_SECONDS else ""

    # --8<-- [start:loop]
    async def run(self, stop: asyncio.Event, doorbell: Doorbell) -> None:
        """Take jobs and do them until told to stop; what is in hand then is finished first."""
        while not stop.is_set():
            self._came_round = time.monotonic()
            try:
                if not await self._model_is_there():
                    await asyncio.sleep(PAUSE_SECONDS)
                elif jobs := await self._worklist.take(self._settings.batch):
                    await self._do_all(jobs, stop)
                else:
                    await doorbell.wait(POLL_SECONDS)
            except DatabaseAwayError as exc:
                # What was in hand goes back into the queue when its lease has run out.
                _log.warning("%s; trying again", exc)
                await asyncio.sleep(PAUSE_SECONDS)

    # --8<-- [end:loop]

    async def _model_is_there(self) -> bool:
        """Jobs are not even taken while the model server is away: waiting costs no attempt."""
        if self._model_away:
            self._model_away = not await self._predictor.ready()
        return not self._model_away

    async def _do_all(self, jobs: Sequence[Job], stop: asyncio.Event) -> None:
        async with self._held(jobs):
            for kind in KINDS:
                if batch := [job for job in jobs if job.kind is kind]:
                    await self._do(kind, batch, stop)

    async def _do(self, kind: Kind, jobs: Sequence[Job], stop: asyncio.Event) -> None:
        """Do jobs of one kind, and decide what becomes of those that cannot be done."""
        try:
            with self._journal.working(kind, jobs):
                self._journal.done(jobs, await self._tasks[kind](jobs))
            if kind is Kind.SCORE:
                self._journal.model_answered(self._predictor.version)
        except DatabaseAwayError:
            raise
        except ModelServerError as exc:
            self._model_away = True
            self._journal.model_failed(exc)
            await self._put_back(jobs, exc)
        except RefusedError as exc:
            self._journal.refused()
            await self._one_by_one(kind, jobs, stop, str(exc))
        except Exception:  # noqa: BLE001
            # Whatever it is, it must not end the worker, nor the jobs beside the one at fault.
            _log.exception("a batch of %d %s jobs failed", len(jobs), kind)
            await self._one_by_one(kind, jobs, stop, "the worker failed on it; its log says why")

    async def _put_back(self, jobs: Sequence[Job], error: ModelServerError) -> None:
        if error.tried:
            # These jobs may be what brought it down: they must not do so for ever.
            self._journal.undone(await self._worklist.retry(jobs, str(error)))
        else:
            await self._worklist.hand_back(jobs, PAUSE_SECONDS)

    async def _one_by_one(
        self, kind: Kind, jobs: Sequence[Job], stop: asyncio.Event, reason: str
    ) -> None:
        """Find the job at fault: each is done alone, and the one that fails alone has failed."""
        if len(jobs) == 1:
            self._journal.undone(await self._worklist.retry(jobs, reason))
            return
        for index, job in enumerate(jobs):
            if stop.is_set() or self._model_away:
                await self._worklist.hand_back(jobs[index:])
                return
            await self._do(kind, [job], stop)

    @asynccontextmanager
    async def _held(self, jobs: Sequence[Job]) -> AsyncIterator[None]:
        """Extend the leases of jobs while the block runs, however long that is."""
        extending = asyncio.create_task(self._extend(jobs))
        try:
            yield
        finally:
            extending.cancel()
            await asyncio.wait([extending])

    async def _extend(self, jobs: Sequence[Job]) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            try:
                await self._worklist.extend(jobs)
            except DatabaseAwayError as exc:
                _log.warning("leases not extended: %s", exc)
