"""Read what came with a request, no more of it than is allowed."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from fraud_score.contract import InvalidBodyError, Operation
from fraud_score.problems import ProblemError

MAX_BODY = 16 * 1024
"""Largest request body, in bytes."""


async def checked_body(request: Request, operation: Operation) -> dict[str, Any]:
    """Return the body of a request, as the definition wants it.

    Raises:
        ProblemError: It is too large, no JSON, or has mistakes.
    """
    _check_media_type(request)
    document = _decode(await _read(request))
    try:
        operation.body.check(document)
    except InvalidBodyError as exc:
        errors = exc.documents()
        detail = f"{len(errors)} mistake(s), see 'errors'"
        raise ProblemError(422, "Invalid body", detail, more={"errors": errors}) from exc
    found: dict[str, Any] = document
    return found


def checked_key(request: Request, operation: Operation) -> str | None:
    """Return the idempotency key of a request, if it has one.

    Raises:
        ProblemError: It is malformed.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not operation.key.matches(key):
        raise ProblemError(400, "Bad request", f"Idempotency-Key must be {operation.key.expected}")
    return key


def _check_media_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415, "Unsupported media type", "send Content-Type: application/json")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise ProblemError(415, "Unsupported media type", "send the body without compression")


async def _read(request: Request) -> bytes:
    """Read chunk by chunk: what a caller declares of the length need not be true."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                detail = f"a body has at most {MAX_BODY} bytes"
                # What follows in the stream is not read, so the connection cannot be used again.
                raise ProblemError(
                    413, "Content too large", detail, headers={"Connection": "close"}
                )
    except ClientDisconnect as exc:
        raise ProblemError(400, "Bad request", "the request broke off") from exc
    return bytes(body)


def _decode(body: bytes) -> Any:
    try:
        document = json.loads(body.decode(), parse_constant=_refuse)
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as exc:
        raise ProblemError(400, "Bad request", f"the body is no JSON: {exc}") from exc
    return document


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
