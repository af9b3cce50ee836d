"""A caller of the API, as its documentation tells to write one: repeat, then poll the job."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

import httpx

PAUSE_SECONDS = 0.05
"""Between two questions; ``Retry-After`` counts in whole seconds: for many callers, not for one."""


class ClientError(RuntimeError):
    """The service refused a request, or gave no answer in time."""


class Client:
    """Asks for scores and fetches them; a request is repeated until the service took it.

    Args:
        url: Address of the API.
        patience: Most seconds to repeat a request, or to wait for a job.
        token: Bearer token, "" for none.
    """

    def __init__(self, url: str, patience: float = 30, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # A proxy of the environment has no business between the parts of one machine.
        self._http = httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False)
        self._patience = patience
        self.repeats = 0

    def __enter__(self) -> Self:
        """Keep connections open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close them."""
        self._http.close()

    def score(self, request: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Ask for a score.

        Args:
            request: As ``openapi.yaml`` has it.
            key: Idempotency key: the same key with the same request gives the same job.

        Returns:
            The job.

        Raises:
            ClientError: The service refused the request, or did not take it in time.
        """
        return self._post("/v1/scores", request, {"Idempotency-Key": key} if key else {})

    def label(self, report: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Report how something that was scored turned out.

        Args:
            report: As ``openapi.yaml`` has it.
            key: Idempotency key.

        Returns:
            The job.

        Raises:
            ClientError: The service refused the report, or did not take it in time.
        """
        return self._post("/v1/labels", report, {"Idempotency-Key": key} if key else {})

    def finished(self, job: dict[str, Any]) -> dict[str, Any]:
        """Poll a job's address until it succeeded or failed.

        Raises:
            ClientError: It did neither in time, or is unknown.
        """
        deadline = time.monotonic() + self._patience
        while True:
            answer = self._try("GET", job["url"])
            if answer is not None and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                latest = _document(answer)
                if latest["status"] in {"succeeded", "failed"}:
                    return latest
            if time.monotonic() > deadline:
                raise ClientError(f"{job['url']} was not finished in {self._patience:g} s")
            time.sleep(PAUSE_SECONDS)

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        deadline = time.monotonic() + self._patience
        while True:
            answer = self._try("POST", path, json=body, headers=headers)
            if answer is not None and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return _document(answer)
            if time.monotonic() > deadline:
                raise ClientError(f"POST {path} was not taken in {self._patience:g} s")
            self.repeats += 1
            time.sleep(PAUSE_SECONDS)

    def _try(self, method: str, path: str, **request: Any) -> httpx.Response | None:
        try:
            return self._http.request(method, path, **request)
        except httpx.TransportError:
            return None  # nobody there, or gone in the middle of it: whether it counted is unknown


def _document(answer: httpx.Response) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    if answer.is_success:
        return document
    mistakes = [f"{e['pointer']} {e['detail']}" for e in document.get("errors", [])]
    said = "; ".join([str(document.get("detail", "")), *mistakes])
    raise ClientError(f"{answer.request.url}: {answer.status_code} {document.get('title')}: {said}")
