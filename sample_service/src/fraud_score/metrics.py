"""Numbers for Prometheus. Alerts, dashboards and the runbook rely on these names and labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric

from fraud_score.db import Connection, statement
from fraud_score.jobs import Job, Kind

REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of request times, in seconds. One of them is the objective: 0.25."""

JOB_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Upper bounds of the time from enqueue to result, in seconds. The objective is 5."""

ENDS = ("succeeded", "retried", "failed", "lost")
"""How an attempt at a job can end."""

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""What ``/metrics`` answers with."""


class Metrics:
    """What one process counts. Each process has its own; there is no global registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fraud_score_requests_total",
            "Answered requests; operation is empty for paths that do not exist.",
            ["operation", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "fraud_score_request_seconds",
            "Time from request to answer.",
            ["operation"],
            buckets=REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.jobs = Counter(
            "fraud_score_jobs_total",
            "Attempts by their end: succeeded, retried, failed (given up), lost (to a worker that "
            "took the job after this one fell silent).",
            ["kind", "status"],
            registry=self.registry,
        )
        self.job_seconds = Histogram(
            "fraud_score_job_seconds",
            "Time from enqueue to result.",
            ["kind"],
            buckets=JOB_BUCKETS,
            registry=self.registry,
        )
        self.dead_jobs = Counter(
            "fraud_score_dead_jobs_total",
            "Jobs given up after their last attempt.",
            ["kind"],
            registry=self.registry,
        )
        self.model_errors = Counter(
            "fraud_score_model_errors_total",
            "Calls of the model server that failed: away, timeout, error, answer, refused.",
            ["reason"],
            registry=self.registry,
        )
        self._model_version: int | None = None
        # A series that appears at 1 has not risen: without its 0 no alert sees the first failure.
        for kind in Kind:
            self.dead_jobs.labels(kind)
            for status in ENDS:
                self.jobs.labels(kind, status)

    def count_request(self, operation: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self.requests.labels(operation, status).inc()
        self.request_seconds.labels(operation).observe(seconds)

    def count_done(self, done: Iterable[Job]) -> None:
        """Count jobs that have their result."""
        for job in done:
            self.jobs.labels(job.kind, "succeeded").inc()
            if job.finished_at:
                taken = (job.finished_at - job.enqueued_at).total_seconds()
                self.job_seconds.labels(job.kind).observe(taken)

    def count_undone(self, undone: Iterable[Job]) -> None:
        """Count attempts that failed; the jobs as they stand now."""
        for job in undone:
            self.jobs.labels(job.kind, "failed" if job.finished_at else "retried").inc()
            if job.finished_at:
                self.dead_jobs.labels(job.kind).inc()

    def count_lost(self, lost: Iterable[Job]) -> None:
        """Count jobs that another worker took while this one was slow."""
        for job in lost:
            self.jobs.labels(job.kind, "lost").inc()

    def set_model_version(self, version: int) -> None:
        """Note which version gave the last scores."""
        self._model_version = version

    def text(self, live: Sequence[Metric] = ()) -> bytes:
        """Return all numbers in Prometheus' text format.

        Args:
            live: What was read from the database for this answer.
        """
        scrape = CollectorRegistry()
        scrape.register(_Now([*live, self._version()]))
        return generate_latest(self.registry) + generate_latest(scrape)

    def _version(self) -> Metric:
        """Nothing before the first score: a 0 would look like another version."""
        found = GaugeMetricFamily(
            "fraud_score_model_version",
            "Version of the model that gave the last scores.",
            labels=[],
        )
        if self._model_version is not None:
            found.add_metric([], self._model_version)
        return found


class _Now:
    """Hands out metrics that are ready."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self.metrics


async def live_metrics(connection: Connection) -> list[Metric]:
    """Read what only the database knows: the queue's depth and the last drift report."""
    waiting = GaugeMetricFamily(
        "fraud_score_jobs_waiting", "Jobs that no worker has taken yet.", labels=["kind"]
    )
    oldest = GaugeMetricFamily(
        "fraud_score_oldest_waiting_seconds",
        "Time since the oldest waiting job was enqueued; 0 when none waits.",
        labels=["kind"],
    )
    drift = GaugeMetricFamily(
        "fraud_score_drift_psi",
        "Population stability index of the last drift report.",
        labels=["feature", "model_version"],
    )
    depth = await (await connection.execute(statement("queue_depth"))).fetchall()
    by_kind = {row["kind"]: row for row in depth}
    for kind in Kind:
        row = by_kind.get(kind, {"waiting": 0, "oldest": 0.0})
        waiting.add_metric([kind], row["waiting"])
        oldest.add_metric([kind], row["oldest"])
    for row in await (await connection.execute(statement("last_drift"))).fetchall():
        drift.add_metric([row["feature"], str(row["model_version"])], row["psi"])
    return [waiting, oldest, drift]
