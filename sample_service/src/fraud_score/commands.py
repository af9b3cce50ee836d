"""What each command of ``fraud-score`` does, and what it says when it cannot."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import prometheus_client
import psycopg
import sqlalchemy.exc

from fraud_score import api, background, drift, jobs, migrate, reference
from fraud_score.db import Database, DatabaseAwayError
from fraud_score.serve import ListenError, stopped_by_signal
from fraud_score.settings import SettingError, Settings
from fraud_score.telemetry import log_to_stderr

_log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    """Run a command.

    Returns:
        Exit code: 0 after a clean end, 1 when the command failed, 2 when it could not start.
    """
    log_to_stderr()
    # They double the series, and nobody reads them.
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
    try:
        settings = Settings.from_environment(os.environ)
        _need_database(settings)
        return _commands(options, settings)[options.command]()
    except (SettingError, ListenError, reference.ReferenceFileError) as exc:
        print(f"fraud-score {options.command}: {exc}", file=sys.stderr)
        return 2
    except (DatabaseAwayError, drift.NoReferenceError) as exc:
        print(f"fraud-score {options.command}: {exc}", file=sys.stderr)
        return 1


def _commands(options: argparse.Namespace, settings: Settings) -> dict[str, Callable[[], int]]:
    url = settings.database_url
    return {
        "migrate": lambda: _migrate(url),
        "api": lambda: _run(api.run(settings)),
        "worker": lambda: _run(background.run_worker(settings)),
        "trainer": lambda: _run(background.run_trainer(settings)),
        "drift": lambda: _run(_drift(settings, options.every)),
        "reference": lambda: _run(_reference(url, options.folder)),
        "jobs": lambda: _run(_dead(url) if options.what == "dead" else _requeue(url, options.ids)),
    }


def _run(work: Coroutine[Any, Any, int | None]) -> int:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work) or 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """A third more requests per second; where it cannot be installed, asyncio's own does."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return None
    return uvloop.new_event_loop


def _need_database(settings: Settings) -> None:
    if not settings.database_url:
        raise SettingError(
            "DATABASE_URL is not set: give the address of a Postgres, postgresql://..., "
            "or run everything on this machine: fraud-score local"
        )


def _migrate(url: str) -> int:
    try:
        migrate.migrate(url)
    except sqlalchemy.exc.OperationalError as exc:
        raise DatabaseAwayError(f"the database does not answer: {exc.orig}") from exc
    _log.info("the database is at revision %s", migrate.newest())
    return 0


async def _drift(settings: Settings, every: float | None) -> None:
    async with Database(settings.database_url, 1, "fraud-score drift") as database:
        if every is None:
            await drift.run(database, settings)
            return
        with stopped_by_signal() as stop:
            while not stop.is_set():
                try:
                    await drift.run(database, settings)
                except (DatabaseAwayError, drift.NoReferenceError) as exc:
                    _log.warning("%s; trying again", exc)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), every)


async def _reference(url: str, folder: Path) -> None:
    known = reference.read(folder)
    async with Database(url, 1) as database, database.transaction() as connection:
        await reference.load(connection, known)


async def _dead(url: str) -> None:
    async with Database(url, 1) as database, database.connection() as connection:
        for job in await jobs.dead(connection):
            print(f"{job.id}  {job.kind:7}  {job.finished_at:%Y-%m-%d %H:%M}  {job.error}")


async def _requeue(url: str, ids: Sequence[UUID]) -> int:
    left = 0
    async with Database(url, 1) as database, database.connection() as connection:
        for job_id in ids:
            try:
                job = await jobs.requeue(connection, job_id)
            except psycopg.errors.UniqueViolation:
                reason = "another retrain is open; it does the same"
            else:
                reason = "" if job else "no dead letter: fraud-score jobs dead lists them"
            left += bool(reason)
            print(f"{job_id}  {reason or 'queued again'}")
    return 1 if left else 0
