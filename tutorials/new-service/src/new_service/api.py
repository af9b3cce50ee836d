"""The API: operations of ``openapi.yaml``, from a request to a job, from a job to a response."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from new_service.bodies import checked_body, checked_key
from new_service.contract import Operation, definition, operations
from new_service.db import Database, DatabaseAwayError
from new_service.deliveries import Delivery, Label
from new_service.gate import Gate, Handler, application
from new_service.intake import Intake
from new_service.jobs import Job, Status
from new_service.metrics import CONTENT_TYPE, Metrics, live_metrics
from new_service.probes import Probes, database_not_ready
from new_service.problems import RETRY_AFTER, ProblemError
from new_service.serve import serving, stopped_by_signal
from new_service.settings import Settings
from new_service.telemetry import traceparent, tracing


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then answer what is under way.

    Raises:
        ListenError: The address cannot be listened on.
    """
    metrics = Metrics()
    with stopped_by_signal() as stop, tracing() as tracer:
        async with Database(settings.database_url, name="new-service api") as database:
            api = Api(database, settings, metrics, stop)
            app = application(api.handlers(), Gate(settings.token, metrics, tracer))
            async with serving(app, settings.host, settings.port):
                await stop.wait()


class Api:
    """What answers each operation.

    Args:
        database: Where jobs go and come from.
        settings: How much is taken in.
        metrics: What ``/metrics`` shows.
        stop: Set when the process is about to end.
    """

    def __init__(
        self, database: Database, settings: Settings, metrics: Metrics, stop: asyncio.Event
    ) -> None:
        self._database = database
        self._intake = Intake(database, settings.queue_limit)
        self._metrics = metrics
        self._stop = stop
        self._operations = {operation.name: operation for operation in operations(definition())}

    def handlers(self) -> dict[Operation, Handler]:
        """Return what answers each operation of the definition.

        Raises:
            KeyError: The definition has an operation that the code does not know.
        """
        probes = Probes(not_alive=lambda: "", not_ready=self._not_ready)
        known: dict[str, Handler] = {
            "requestScore": self._request_score,
            "reportLabel": self._report_label,
            "getJob": self._get_job,
            "getLiveness": probes.live,
            "getReadiness": probes.ready,
            "getMetrics": self._get_metrics,
        }
        return {operation: known[name] for name, operation in self._operations.items()}

    async def _request_score(self, request: Request) -> Response:
        operation = self._operations["requestScore"]
        key = checked_key(request, operation)
        delivery = Delivery.from_document(await checked_body(request, operation))
        return _accepted(request, await self._intake.score(delivery, key, traceparent()))

    async def _report_label(self, request: Request) -> Response:
        operation = self._operations["reportLabel"]
        key = checked_key(request, operation)
        label = Label.from_document(await checked_body(request, operation))
        return _accepted(request, await self._intake.label(label, key, traceparent()))

    async def _get_job(self, request: Request) -> Response:
        job_id = _uuid(request.path_params["job_id"])
        row = await self._intake.find(job_id) if job_id else None
        if row is None:
            detail = "no such job; finished jobs are forgotten after a while"
            raise ProblemError(404, "Job not found", detail)
        job = Job.from_row(row)
        final = job.status in (Status.SUCCEEDED, Status.FAILED)
        headers = {} if final else {"Retry-After": RETRY_AFTER}
        return JSONResponse({**_document(job), **_result(row)}, headers=headers)

    async def _get_metrics(self, _: Request) -> Response:
        try:
            async with self._database.connection() as connection:
                live = await live_metrics(connection)
        except DatabaseAwayError:
            live = []
        return Response(self._metrics.text(live), media_type=CONTENT_TYPE)

    async def _not_ready(self) -> str:
        if self._stop.is_set():
            return "shutting down"
        # A full queue is no reason: what callers ask most often is how their jobs stand.
        return await database_not_ready(self._database)


def _accepted(request: Request, job: Job) -> Response:
    request.state.job_id = str(job.id)  # for the log
    headers = {"Location": _url(job), "Retry-After": RETRY_AFTER}
    return JSONResponse(_document(job), 202, headers)


def _document(job: Job) -> dict[str, Any]:
    document: dict[str, Any] = {
        "job_id": str(job.id),
        "kind": job.kind,
        "status": job.status,
        "url": _url(job),
        "attempts": job.attempts,
        "enqueued_at": _iso(job.enqueued_at),
    }
    if job.finished_at is not None:
        document["finished_at"] = _iso(job.finished_at)
    if job.error:
        document["error"] = job.error
    return document


def _result(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["probability"] is None:
        return {}
    score = {name: row[name] for name in ("delivery_id", "probability", "band", "reasons")}
    model = {"name": row["model_name"], "version": row["model_version"]}
    return {"result": {**score, "model": model}}


def _url(job: Job) -> str:
    return f"/v1/jobs/{job.id}"


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
