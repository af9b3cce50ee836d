#!/usr/bin/env python3
"""Hand in one delivery and wait for its score: proves API, queue, worker and model server at once.

``deploy/smoke.py http://127.0.0.1:8080``; the bearer token, if one is asked for, is in
``NEW_SERVICE_TOKEN``. Standard library only, so that it runs anywhere. The delivery belongs to
a courier of its own; nobody reports how it went, so no training learns from it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any


class SmokeError(RuntimeError):
    """The service does not do what it is for; the message says at which step."""


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the delivery was scored, 1 with a reason on stderr when not."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("url", help="where the API is, for example http://127.0.0.1:8080")
    parser.add_argument("--seconds", type=float, default=60, help="how long to wait in all")
    asked = parser.parse_args(arguments)
    try:
        job = smoke(asked.url.rstrip("/"), time.monotonic() + asked.seconds)
    except SmokeError as exc:
        print(f"smoke test failed: {exc}", file=sys.stderr)
        return 1
    result = job["result"]
    model, odds = result["model"], result["probability"]
    print(f"scored by {model['name']} {model['version']}: {result['band']}, {odds:.4f}")
    return 0


def smoke(url: str, deadline: float) -> dict[str, Any]:
    """Score one delivery.

    Args:
        url: Address of the API, without a slash at the end.
        deadline: When to give up, in seconds of the monotonic clock.

    Returns:
        The finished job.

    Raises:
        SmokeError: Something did not happen in time, or not as the API's definition says.
    """
    _until(deadline, f"{url}/health/ready", lambda status, _: status == 200)
    status, accepted = _ask(f"{url}/v1/scores", _delivery())
    if status != 202:
        raise SmokeError(f"POST /v1/scores: expected 202, got {status}: {accepted}")
    job = _until(
        deadline,
        f"{url}/v1/jobs/{accepted['job_id']}",
        lambda _, job: job.get("status") in {"succeeded", "failed"},
    )
    if job["status"] == "failed":
        raise SmokeError(f"job {job['job_id']} failed: {job.get('error')}")
    if not 0 <= job["result"]["probability"] <= 1:
        raise SmokeError(f"the probability is not between 0 and 1: {job['result']}")
    return job


def _until(
    deadline: float, url: str, done: Callable[[int, dict[str, Any]], bool]
) -> dict[str, Any]:
    status, body = _ask(url)
    while not done(status, body):
        if time.monotonic() > deadline:
            raise SmokeError(f"GET {url}: still {status} {body} at the end of the time")
        time.sleep(0.2)
        status, body = _ask(url)
    return body


def _ask(url: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token := os.environ.get("NEW_SERVICE_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)  # noqa: S310 (the caller's own address)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as exc:
        return exc.code, {"detail": exc.read().decode(errors="replace")}
    except (OSError, ValueError) as exc:
        return 0, {"detail": str(exc)}


def _delivery() -> dict[str, Any]:
    mark = f"smoke-{uuid.uuid4()}"
    return {
        "delivery_id": mark,
        "courier_id": mark,
        "distance_km": 3.0,
        "parcels": 2,
        "planned_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


if __name__ == "__main__":
    sys.exit(main())
