"""Routes of ``openapi.yaml``: from a request to a response, without any socket."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from fraud_score.jobs import Job, JobQueue, KeyReusedError, QueueFullError, Status
from fraud_score.metrics import Metrics
from fraud_score.model import LogisticModel
from fraud_score.transactions import InvalidTransactionError, Transaction

MAX_BODY = 16 * 1024
"""Largest request body, in bytes."""

RETRY_AFTER = "1"
"""Seconds a caller should wait when the queue is full or a job is not done."""

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    """One HTTP response."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    operation: str = ""


class ProblemError(Exception):
    """An answer in the form of RFC 9457, ``application/problem+json``.

    Attributes:
        status: Status code.
        title: What is wrong, the same for all of its kind.
        detail: What is wrong this time, and what to do.
        more: Further members of the document.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.more = more or {}
        self.headers = headers or {}
        super().__init__(detail)

    def response(self, operation: str) -> Response:
        """Return the response that carries the problem."""
        document = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        body = json.dumps(document).encode()
        return Response(self.status, body, _PROBLEM, self.headers, operation)


@dataclass(frozen=True)
class Route:
    """A path of the definition, one method of it, and what answers."""

    method: str
    template: str
    operation: str
    answer: Callable[[Request, str], Response]

    def match(self, path: str) -> str | None:
        """Return the path's parameter ("" if it has none), ``None`` if the path is another."""
        pattern = re.escape(self.template).replace(re.escape("{job_id}"), "([^/]+)")
        found = re.fullmatch(pattern, path)
        if not found:
            return None
        return found[1] if found.groups() else ""


@dataclass(frozen=True)
class Health:
    """What the probes ask.

    Attributes:
        alive: Whether the workers can still do their work.
        not_ready: "" when new requests can be taken, else why not.
    """

    alive: Callable[[], bool]
    not_ready: Callable[[], str]


class Api:
    """All routes.

    Args:
        queue: Where jobs go.
        model: The model whose name and version stand in results.
        metrics: What ``/metrics`` shows, and where answers are counted.
        health: What the probes ask.
        token: Bearer token that ``/v1`` asks for; "" asks for none.
    """

    def __init__(
        self,
        queue: JobQueue,
        model: LogisticModel,
        metrics: Metrics,
        health: Health,
        token: str = "",
    ) -> None:
        self._queue = queue
        self._model = model
        self._metrics = metrics
        self._health = health
        self._token = token
        self.routes = (
            Route("POST", "/v1/scores", "requestScore", self._request_score),
            Route("GET", "/v1/jobs/{job_id}", "getJob", self._get_job),
            Route("GET", "/health/live", "getLiveness", self._live),
            Route("GET", "/health/ready", "getReadiness", self._readiness),
            Route("GET", "/metrics", "getMetrics", self._get_metrics),
        )

    def handle(self, request: Request) -> Response:
        """Answer one request. Every answer, also a refusal, is counted."""
        response = self._route(request)
        self._metrics.count_request(response.operation, response.status)
        return response

    def _route(self, request: Request) -> Response:
        matches = [
            (route, found)
            for route in self.routes
            if (found := route.match(request.path)) is not None
        ]
        if not matches:
            return ProblemError(404, "Not found", f"no route {request.path!r}").response("")
        for route, parameter in matches:
            if route.method == request.method:
                return self._call(route, request, parameter)
        allowed = ", ".join(route.method for route, _ in matches)
        refused = f"{request.path} knows {allowed} only"
        problem = ProblemError(405, "Method not allowed", refused, headers={"Allow": allowed})
        return problem.response(matches[0][0].operation)

    def _call(self, route: Route, request: Request, parameter: str) -> Response:
        try:
            if route.template.startswith("/v1/"):
                self._authorise(request)
            answer = route.answer(request, parameter)
        except ProblemError as problem:
            return problem.response(route.operation)
        return Response(
            answer.status, answer.body, answer.content_type, answer.headers, route.operation
        )

    def _authorise(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._token and not hmac.compare_digest(given.encode(), self._token.encode()):
            raise ProblemError(
                401,
                "Unauthorized",
                "send the header 'Authorization: Bearer TOKEN'",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _request_score(self, request: Request, _: str) -> Response:
        transaction = _transaction(request)
        key = request.headers.get("idempotency-key", "")
        if key and not _KEY.fullmatch(key):
            raise ProblemError(
                400, "Bad request", "Idempotency-Key must be 1 to 64 letters, digits, '-' or '_'"
            )
        try:
            job = self._queue.enqueue(transaction, key)
        except KeyReusedError as exc:
            raise ProblemError(409, "Idempotency key reused", str(exc)) from exc
        except QueueFullError as exc:
            raise ProblemError(
                503, "Queue full", str(exc), headers={"Retry-After": RETRY_AFTER}
            ) from exc
        headers = {"Location": _url(job), "Retry-After": RETRY_AFTER}
        return _json(202, self._document(job), headers)

    def _get_job(self, _: Request, job_id: str) -> Response:
        job = self._queue.get(job_id)
        if job is None:
            detail = "no such job; finished jobs are forgotten after a while"
            raise ProblemError(404, "Job not found", detail)
        final = job.status in (Status.SUCCEEDED, Status.FAILED)
        return _json(200, self._document(job), {} if final else {"Retry-After": RETRY_AFTER})

    # --8<-- [start:health]
    def _live(self, _: Request, __: str) -> Response:
        if not self._health.alive():
            raise ProblemError(503, "Not alive", "a worker has stopped or is stuck")
        return _json(200, {"status": "alive"})

    def _readiness(self, _: Request, __: str) -> Response:
        if reason := self._health.not_ready():
            raise ProblemError(503, "Not ready", reason)
        return _json(200, {"status": "ready", "model": self._model_document()})

    # --8<-- [end:health]

    def _get_metrics(self, _: Request, __: str) -> Response:
        text = "text/plain; version=0.0.4; charset=utf-8"
        return Response(200, self._metrics.text().encode(), text)

    def _document(self, job: Job) -> dict[str, Any]:
        document: dict[str, Any] = {
            "job_id": job.id,
            "status": str(job.status),
            "url": _url(job),
            "enqueued_at": _iso(job.enqueued_at),
        }
        if job.finished_at is not None:
            document["finished_at"] = _iso(job.finished_at)
        if job.score is not None:
            document["result"] = {
                "transaction_id": job.transaction.transaction_id,
                **asdict(job.score),
                "model": self._model_document(),
            }
        if job.error:
            document["error"] = job.error
        return document

    def _model_document(self) -> dict[str, Any]:
        return {"name": self._model.name, "version": self._model.version}


def _transaction(request: Request) -> Transaction:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415, "Unsupported media type", "send Content-Type: application/json")
    if len(request.body) > MAX_BODY:
        raise ProblemError(413, "Content too large", f"a body has at most {MAX_BODY} bytes")
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError) as exc:
        raise ProblemError(400, "Bad request", f"the body is no JSON: {exc}") from exc
    try:
        return Transaction.from_json(document)
    except InvalidTransactionError as exc:
        errors = [asdict(error) for error in exc.errors]
        detail = f"{len(errors)} mistake(s), see 'errors'"
        raise ProblemError(422, "Invalid payment", detail, {"errors": errors}) from exc


def _json(
    status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    return Response(status, json.dumps(document).encode(), headers=headers or {})


def _url(job: Job) -> str:
    return f"/v1/jobs/{job.id}"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
