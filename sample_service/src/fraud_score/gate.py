"""What every request passes: token, trace, counters, and errors turned into problem documents."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from opentelemetry.trace import SpanKind, Tracer
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fraud_score.contract import Operation
from fraud_score.db import DatabaseAwayError
from fraud_score.intake import ConflictError, QueueFullError, UnknownSubjectError
from fraud_score.metrics import Metrics
from fraud_score.problems import ProblemError, unavailable
from fraud_score.telemetry import incoming

Handler = Callable[[Request], Awaitable[Response]]

_log = logging.getLogger(__name__)


def application(handlers: Mapping[Operation, Handler], gate: Gate) -> Starlette:
    """Return an application that answers the operations, and nothing else."""
    app = Starlette(
        routes=[
            Route(operation.path, gate.guard(operation, handler), methods=[operation.method])
            for operation, handler in handlers.items()
        ],
        exception_handlers={HTTPException: gate.no_route, Exception: gate.broken},
    )
    # A path is right or wrong; a redirect would lose the body of a POST.
    app.router.redirect_slashes = False
    return app


class Gate:
    """Stands before all handlers.

    Args:
        token: Bearer token that secured operations ask for; "" asks for none.
        metrics: Where answers are counted.
        tracer: What makes spans.
    """

    def __init__(self, token: str, metrics: Metrics, tracer: Tracer) -> None:
        self._token = token.encode()
        self._metrics = metrics
        self._tracer = tracer

    def guard(self, operation: Operation, handler: Handler) -> Handler:
        """Return the handler as it is shown to the world. Every answer, also a refusal, counts."""

        async def guarded(request: Request) -> Response:
            began = time.monotonic()
            with self._tracer.start_as_current_span(
                operation.name, incoming(request.headers), SpanKind.SERVER
            ) as span:
                response = await self._answer(operation, handler, request)
                span.set_attribute("http.response.status_code", response.status_code)
                job_id = getattr(request.state, "job_id", "")
                self._tell(operation, response.status_code, time.monotonic() - began, job_id)
            return response

        return guarded

    async def no_route(self, request: Request, error: Exception) -> Response:
        """Answer a path or a method that the definition does not have."""
        headers = dict(getattr(error, "headers", None) or {})
        if "Allow" in headers:
            detail = f"{request.url.path} knows {headers['Allow']} only"
            problem = ProblemError(405, "Method not allowed", detail, headers=headers)
        else:
            problem = ProblemError(404, "Not found", f"no route {request.url.path!r}")
        self._metrics.count_request("", problem.status, 0.0)
        return problem.response()

    async def broken(self, _: Request, __: Exception) -> Response:
        """Answer when our own code is wrong; the server logs the error with its trace."""
        self._metrics.count_request("", 500, 0.0)
        detail = "the mistake is ours, and is in our log"
        return ProblemError(500, "Internal error", detail).response()

    async def _answer(self, operation: Operation, handler: Handler, request: Request) -> Response:
        try:
            if operation.secured:
                self._authorise(request)
            return await handler(request)
        except ProblemError as problem:
            return problem.response()
        except ConflictError as exc:
            return ProblemError(409, exc.title, str(exc)).response()
        except UnknownSubjectError as exc:
            return ProblemError(404, exc.title, str(exc)).response()
        except QueueFullError as exc:
            return unavailable("Queue full", str(exc)).response()
        except DatabaseAwayError as exc:
            # Not accepted for sure, or perhaps accepted: the idempotency key makes both the same.
            return unavailable("Database away", f"{exc}; ask again with the same key").response()

    # --8<-- [start:token]
    def _authorise(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        right = scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), self._token)
        if self._token and not right:
            raise ProblemError(
                401,
                "Unauthorized",
                "send the header 'Authorization: Bearer TOKEN'",
                headers={"WWW-Authenticate": "Bearer"},
            )

    # --8<-- [end:token]

    def _tell(self, operation: Operation, status: int, seconds: float, job_id: str) -> None:
        self._metrics.count_request(operation.name, status, seconds)
        facts = {"operation": operation.name, "status": status, "seconds": round(seconds, 6)}
        if job_id:
            facts["job_id"] = job_id
        # Probes come every few seconds and say the same each time.
        level = logging.INFO if operation.secured else logging.DEBUG
        _log.log(level, "%s %s", operation.name, status, extra=facts)
