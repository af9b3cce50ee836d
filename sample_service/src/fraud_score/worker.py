"""Takes jobs from the queue, scores them, writes results."""

from __future__ import annotations

import logging
import threading
import time

from fraud_score.jobs import Job, JobQueue
from fraud_score.metrics import Metrics
from fraud_score.model import LogisticModel

POLL_SECONDS = 0.2
SILENT_AFTER_SECONDS = 10.0
"""A worker that has not come round for so long counts as stuck."""

_log = logging.getLogger(__name__)


class Worker:
    """One thread that works the queue until it is stopped.

    Args:
        queue: Where jobs come from and results go to.
        model: The model.
        metrics: Where finished jobs are counted.
    """

    def __init__(self, queue: JobQueue, model: LogisticModel, metrics: Metrics) -> None:
        self._queue = queue
        self._model = model
        self._metrics = metrics
        self._stop = threading.Event()
        self._came_round = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="worker")

    def start(self) -> None:
        """Start working."""
        self._came_round = time.monotonic()
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Finish the waiting jobs, then end.

        Args:
            timeout: Most seconds to wait.

        Returns:
            Whether the worker has ended.
        """
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def alive(self) -> bool:
        """Tell whether the thread runs and came round lately; what liveness reports."""
        silent = time.monotonic() - self._came_round
        return self._thread.is_alive() and silent < SILENT_AFTER_SECONDS

    # --8<-- [start:loop]
    def _run(self) -> None:
        while True:
            self._came_round = time.monotonic()
            job = self._queue.take(POLL_SECONDS)
            if job is not None:
                self._work(job)
            elif self._stop.is_set():
                return

    # --8<-- [end:loop]

    def _work(self, job: Job) -> None:
        try:
            finished = self._queue.succeed(job.id, self._model.score(job.transaction))
        except (ArithmeticError, LookupError, ValueError) as exc:
            # One payment the model cannot take must not end the worker for all others.
            _log.exception("job %s failed", job.id)
            finished = self._queue.fail(job.id, f"the model could not score it: {exc}")
        taken = (finished.finished_at or finished.enqueued_at) - finished.enqueued_at
        self._metrics.count_job(finished.status, taken)
