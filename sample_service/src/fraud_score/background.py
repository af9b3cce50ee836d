"""Worker and trainer as processes: the same probes and metrics around different work."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fraud_score.db import Database
from fraud_score.doorbell import Doorbell
from fraud_score.housekeeping import forget, revive
from fraud_score.jobs import Claim, Worklist
from fraud_score.journal import Journal
from fraud_score.metrics import CONTENT_TYPE, Metrics
from fraud_score.predictor import Predictor
from fraud_score.probes import Probes, database_not_ready
from fraud_score.problems import ProblemError
from fraud_score.serve import serving, stopped_by_signal
from fraud_score.settings import Settings
from fraud_score.telemetry import tracing
from fraud_score.trainer import Trainer
from fraud_score.work import Work
from fraud_score.worker import KINDS, Worker

CONNECTIONS = 4
"""Of one process: for the batch in hand, its leases, housekeeping and a probe."""


async def run_worker(settings: Settings) -> None:
    """Work on scores and labels until SIGTERM or SIGINT, then finish what is in hand.

    Raises:
        ListenError: The port of the probes cannot be listened on.
    """
    metrics = Metrics()
    claim = Claim(process_name(), KINDS, settings.lease_seconds, settings.max_attempts)
    with stopped_by_signal() as stop, tracing() as tracer:
        journal = Journal(metrics, tracer)
        doorbell = Doorbell(settings.database_url, KINDS)
        async with (
            Database(settings.database_url, CONNECTIONS, "fraud-score worker") as database,
            Predictor(settings.model_url, settings.model_name, settings.model_label) as predictor,
        ):
            worklist = Worklist(database, claim)
            worker = Worker(
                worklist, Work(database, worklist, predictor), predictor, journal, settings
            )
            probes = Probes(worker.stuck, partial(_not_ready, stop, database, predictor))
            async with (
                serving(operations(probes, metrics), settings.host, settings.worker_port),
                beside(
                    doorbell.listen(),
                    doorbell.ring_when(stop),
                    revive(worklist, journal, settings),
                    forget(database, settings.keep_days),
                ),
            ):
                await worker.run(stop, doorbell)


async def run_trainer(settings: Settings) -> None:
    """Train when asked to, until SIGTERM or SIGINT.

    Raises:
        ListenError: The port of the probes cannot be listened on.
    """
    metrics = Metrics()

    with stopped_by_signal() as stop:
        async with Database(settings.database_url, CONNECTIONS, "fraud-score trainer") as database:
            trainer = Trainer(database, settings, metrics, process_name())
            probes = Probes(lambda: "", partial(_not_ready, stop, database, None))
            async with serving(operations(probes, metrics), settings.host, settings.worker_port):
                await trainer.run(stop)


def process_name() -> str:
    """Return a name that no other process has, had or will have."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def operations(probes: Probes, metrics: Metrics) -> ASGIApp:
    """Return what answers Kubernetes and Prometheus in a process without an API."""

    async def show_metrics(_: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    async def problem(_: Request, error: Exception) -> Response:
        if not isinstance(error, ProblemError):
            raise error
        return error.response()

    routes = [
        Route("/health/live", probes.live),
        Route("/health/ready", probes.ready),
        Route("/metrics", show_metrics),
    ]
    return Starlette(routes=routes, exception_handlers={ProblemError: problem})


async def _not_ready(stop: asyncio.Event, database: Database, predictor: Predictor | None) -> str:
    if stop.is_set():
        return "shutting down"
    if predictor and not await predictor.ready():
        return "the model server is away; jobs wait"
    return await database_not_ready(database)


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do work that never ends while the block runs. If it does end, the block ends too."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(item) for item in work]
        yield
        for task in tasks:
            task.cancel()
