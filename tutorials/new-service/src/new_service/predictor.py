"""Client of TensorFlow Serving's REST API."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from new_service_features import FEATURES

CONNECT_SECONDS = 2.0
PREDICT_SECONDS = 10.0
"""A prediction takes milliseconds; one that takes so long does not come any more."""

REASONS = 3
"""How many reasons a score is given with."""

_BANDS = ("on_time", "at_risk", "late")


@dataclass(frozen=True)
class Score:
    """What the model says about one delivery.

    Attributes:
        probability: Probability that it comes late, 0 to 1.
        band: What to do: ``on_time`` (leave it), ``at_risk`` (watch it), ``late`` (plan it anew).
        reasons: Up to three features that raised the score most, strongest first, each with what it
            added to the log-odds.
        version: Version of the model that said so.
    """

    probability: float
    band: str
    reasons: tuple[dict[str, Any], ...]
    version: int


class ModelServerError(RuntimeError):
    """The model server gave no scores.

    Attributes:
        reason: Kind of failure, one word, for counting.
        tried: Whether the rows reached the model, so that they may be the cause.
    """

    def __init__(self, reason: str, detail: str, *, tried: bool) -> None:
        self.reason = reason
        self.tried = tried
        super().__init__(f"model server: {detail}")


class RefusedError(Exception):
    """The model server is well, but has no score for what it was given."""


class Predictor:
    """A connection to the model server, kept open between calls.

    Use it as an asynchronous context manager.

    Args:
        url: Address of the REST API, ``http://…``.
        model: Name of the model.
        label: Label of the version to ask, as the server's configuration has it; "" for the newest.

    Attributes:
        model: Name of the model.
        version: Version that gave the last scores, 0 before the first.
    """

    def __init__(self, url: str, model: str, label: str = "") -> None:
        self.model = model
        self.version = 0
        self._path = f"/v1/models/{model}" + (f"/labels/{label}" if label else "")
        # A proxy of the environment has no business between two parts of the service.
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(PREDICT_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        """Connect at the first call only: the model server need not be there yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def ready(self) -> bool:
        """Tell whether a version of the model is loaded.

        Asks for the metadata: the status page also answers 200 when no version can serve.
        """
        try:
            answer = await self._client.get(f"{self._path}/metadata", timeout=CONNECT_SECONDS)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    async def predict(self, rows: Sequence[Sequence[float]]) -> list[Score]:
        """Score deliveries with one call.

        Args:
            rows: ``n`` deliveries, at least one: a number per name of
                :data:`new_service_features.FEATURES`, in that order.

        Returns:
            ``n`` scores, in the same order.

        Raises:
            ModelServerError: There is no usable answer; ask again later.
            RefusedError: The server refused the rows; one of them may be at fault.
        """
        answer = await self._post({"inputs": {"numeric": [list(row) for row in rows]}})
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise RefusedError("the model server refused the delivery")
        if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.SERVICE_UNAVAILABLE):
            raise ModelServerError("away", "no version of the model is loaded", tried=False)
        if answer.status_code != httpx.codes.OK:
            raise ModelServerError("error", f"answered {answer.status_code}", tried=True)
        scores = _scores(answer, len(rows))
        self.version = scores[-1].version
        return scores

    async def _post(self, document: dict[str, Any]) -> httpx.Response:
        try:
            return await self._client.post(f"{self._path}:predict", json=document)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            raise ModelServerError("away", "does not answer", tried=False) from exc
        except httpx.TimeoutException as exc:
            raise ModelServerError("timeout", "took too long", tried=True) from exc
        except httpx.HTTPError as exc:
            raise ModelServerError("error", "broke off", tried=True) from exc


def _scores(answer: httpx.Response, count: int) -> list[Score]:
    """Check and unpack an answer: a wrong model must not write wrong scores."""
    try:
        outputs = answer.json()["outputs"]
        columns = [outputs[name] for name in ("probability", "band", "contributions", "version")]
        scores = [_score(*row) for row in zip(*columns, strict=True)]
    except (ValueError, LookupError, TypeError) as exc:
        detail = f"the answer is not that of this service's model: {exc!r}"
        raise ModelServerError("answer", detail, tried=True) from exc
    if len(scores) != count:
        detail = f"{len(scores)} scores for {count} deliveries"
        raise ModelServerError("answer", detail, tried=True)
    return scores


def _score(probability: float, band: str, contributions: list[float], version: int) -> Score:
    if (
        not 0 <= probability <= 1
        or band not in _BANDS
        or not all(map(math.isfinite, contributions))
    ):
        raise RefusedError("the model gave no usable score for the delivery")
    raised = sorted(zip(FEATURES, contributions, strict=True), key=lambda pair: -pair[1])
    reasons = tuple(
        {"feature": name, "contribution": share} for name, share in raised[:REASONS] if share > 0
    )
    return Score(probability, band, reasons, version)
