"""What is told of jobs: counters, one log line each, and spans."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.trace import SpanKind, Tracer

from fraud_score.jobs import Job, Kind, Status
from fraud_score.metrics import Metrics
from fraud_score.predictor import ModelServerError
from fraud_score.telemetry import links, trace_id

_log = logging.getLogger(__name__)


class Journal:
    """Tells what becomes of jobs.

    Args:
        metrics: Where it is counted.
        tracer: What makes spans.
    """

    def __init__(self, metrics: Metrics, tracer: Tracer) -> None:
        self._metrics = metrics
        self._tracer = tracer

    @contextmanager
    def working(self, kind: Kind, jobs: Sequence[Job]) -> Iterator[None]:
        """Make a span of work on a batch, linked to the requests that asked for it."""
        found = links([job.traceparent for job in jobs])
        with self._tracer.start_as_current_span(
            kind, kind=SpanKind.CONSUMER, links=found, attributes={"jobs": len(jobs)}
        ):
            yield

    def done(self, taken: Sequence[Job], done: Sequence[Job]) -> None:
        """Tell which jobs of a batch have their result; the others were lost to other workers."""
        self._metrics.count_done(done)
        written = {job.id for job in done}
        lost = [job for job in taken if job.id not in written]
        self._metrics.count_lost(lost)
        self._log(logging.INFO, done, "succeeded")
        self._log(logging.WARNING, lost, "taken by another worker meanwhile")

    def undone(self, jobs: Iterable[Job]) -> None:
        """Tell that attempts failed; the jobs as they stand now."""
        for job in jobs:
            self._metrics.count_undone([job])
            dead = job.status is Status.FAILED
            level = logging.ERROR if dead else logging.WARNING
            self._log(level, [job], f"{'given up' if dead else 'tried again later'}: {job.error}")

    def model_failed(self, error: ModelServerError) -> None:
        """Tell that a call of the model server failed."""
        self._metrics.model_errors.labels(error.reason).inc()
        _log.warning("%s", error)

    def refused(self) -> None:
        """Tell that the model server refused what it was given."""
        self._metrics.model_errors.labels("refused").inc()

    def model_answered(self, version: int) -> None:
        """Tell which version gave the last scores."""
        self._metrics.set_model_version(version)

    def _log(self, level: int, jobs: Iterable[Job], what: str) -> None:
        for job in jobs:
            origin = {"job_id": str(job.id), "attempt": job.attempts}
            if job.traceparent:
                origin["trace_id"] = trace_id(job.traceparent)
            _log.log(level, "%s %s", job.kind, what, extra=origin)
