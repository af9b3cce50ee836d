"""Numbers for Prometheus, in its text format."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the latency histogram, in seconds."""


class Metrics:
    """Counts requests and finished jobs, and how long jobs took from enqueue to result.

    Args:
        waiting: Returns how many jobs wait at the moment of the scrape.
    """

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._waiting = waiting
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._jobs: Counter[str] = Counter()
        self._buckets = [0] * len(BUCKETS)
        self._seconds = 0.0

    def count_request(self, operation: str, status: int) -> None:
        """Count an answered request.

        Args:
            operation: ``operationId`` of the route, "" for a path that has none.
            status: Status code of the answer.
        """
        with self._lock:
            self._requests[operation, status] += 1

    def count_job(self, status: str, seconds: float) -> None:
        """Count a finished job.

        Args:
            status: ``succeeded`` or ``failed``.
            seconds: Time from enqueue to result.
        """
        with self._lock:
            self._jobs[status] += 1
            self._seconds += seconds
            for index, bound in enumerate(BUCKETS):
                self._buckets[index] += seconds <= bound

    def text(self) -> str:
        """Return all numbers in Prometheus' text format, version 0.0.4."""
        with self._lock:
            lines = ["# TYPE fraud_score_requests_total counter"]
            lines += [
                f'fraud_score_requests_total{{operation="{operation}",status="{status}"}} {count}'
                for (operation, status), count in sorted(self._requests.items())
            ]
            lines += ["# TYPE fraud_score_jobs_total counter"]
            lines += [
                f'fraud_score_jobs_total{{status="{status}"}} {count}'
                for status, count in sorted(self._jobs.items())
            ]
            lines += ["# TYPE fraud_score_jobs_waiting gauge"]
            lines += [f"fraud_score_jobs_waiting {self._waiting()}"]
            lines += self._histogram("fraud_score_job_seconds")
        return "\n".join(lines) + "\n"

    def _histogram(self, name: str) -> list[str]:
        total = sum(self._jobs.values())
        buckets = [
            f'{name}_bucket{{le="{bound}"}} {count}'
            for bound, count in zip(BUCKETS, self._buckets, strict=True)
        ]
        return [
            f"# TYPE {name} histogram",
            *buckets,
            f'{name}_bucket{{le="+Inf"}} {total}',
            f"{name}_sum {self._seconds:.6f}",
            f"{name}_count {total}",
        ]
