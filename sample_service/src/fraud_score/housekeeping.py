"""What any worker does for the whole queue, from time to time."""

from __future__ import annotations

import asyncio
import logging

from fraud_score import jobs
from fraud_score.db import Database, DatabaseAwayError
from fraud_score.jobs import Worklist
from fraud_score.journal import Journal
from fraud_score.settings import Settings

LOOK_SECONDS = 1.0
"""Longest time between two looks for jobs whose worker fell silent."""

FORGET_SECONDS = 600.0
"""Time between two deletions of old jobs."""

_log = logging.getLogger(__name__)


async def revive(worklist: Worklist, journal: Journal, settings: Settings) -> None:
    """Until cancelled: put back, or give up, jobs whose worker fell silent."""
    while True:
        try:
            journal.undone(await worklist.expire())
        except DatabaseAwayError as exc:
            _log.debug("%s; looking for silent workers later", exc)
        await asyncio.sleep(min(LOOK_SECONDS, settings.lease_seconds / 4))


async def forget(database: Database, keep_days: int) -> None:
    """Until cancelled: delete jobs that finished more than ``keep_days`` ago."""
    while True:
        try:
            async with database.connection() as connection:
                while deleted := await jobs.forget(connection, keep_days):
                    _log.info("%d old jobs deleted", deleted)
        except DatabaseAwayError as exc:
            _log.debug("%s; deleting old jobs later", exc)
        await asyncio.sleep(FORGET_SECONDS)
