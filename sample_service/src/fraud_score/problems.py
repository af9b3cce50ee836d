"""Errors as callers see them: RFC 9457, ``application/problem+json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

RETRY_AFTER = "1"
"""Seconds a caller should wait when the service is busy or a job is not done."""


class ProblemError(Exception):
    """An answer that says what is wrong.

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
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.more = more or {}
        self.headers = headers or {}
        super().__init__(detail)

    def response(self) -> JSONResponse:
        """Return the response that carries the problem."""
        document = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        return JSONResponse(document, self.status, self.headers, "application/problem+json")


def unavailable(title: str, detail: str) -> ProblemError:
    """Return the problem of a service that cannot answer now, but will soon."""
    return ProblemError(503, title, detail, headers={"Retry-After": RETRY_AFTER})
