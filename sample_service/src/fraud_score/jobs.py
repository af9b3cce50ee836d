"""The queue between the API and the workers: an interface, and one that lives in memory."""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from fraud_score.model import Score
from fraud_score.transactions import Transaction


class Status(StrEnum):
    """Where a job stands. Only the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """One request to score a payment.

    Attributes:
        id: Identifier, given by the queue.
        transaction: The payment.
        status: Where the job stands.
        enqueued_at: Seconds since the epoch.
        finished_at: Seconds since the epoch; ``None`` until the status is final.
        score: The result; ``None`` unless the job succeeded.
        error: Why the job failed; "" unless it did.
    """

    id: str
    transaction: Transaction
    status: Status
    enqueued_at: float
    finished_at: float | None = None
    score: Score | None = None
    error: str = ""


class QueueFullError(RuntimeError):
    """No more jobs are taken now; the caller should come back later."""


class KeyReusedError(ValueError):
    """An idempotency key came again with a different payment."""


class JobQueue(Protocol):
    """What the API and the workers need of a queue."""

    def enqueue(self, transaction: Transaction, key: str = "") -> Job:
        """Add a job.

        Args:
            transaction: The payment to score.
            key: Idempotency key. The same key with the same payment returns the first job.

        Raises:
            QueueFullError: The queue is at its limit.
            KeyReusedError: The key was used for another payment.
        """

    def get(self, job_id: str) -> Job | None:
        """Return a job as it stands now, ``None`` if unknown or forgotten."""

    def take(self, timeout: float) -> Job | None:
        """Wait up to ``timeout`` seconds for a job and mark it running; ``None`` if none came."""

    def succeed(self, job_id: str, score: Score) -> Job:
        """Write the result of a running job and return the job."""

    def fail(self, job_id: str, error: str) -> Job:
        """Write why a running job failed and return the job."""

    def waiting(self) -> int:
        """Count the jobs that no worker has taken yet."""


class InMemoryJobQueue:
    """A queue for one process: jobs are lost when it ends.

    Args:
        limit: Most jobs waiting at a time.
        keep: Most finished jobs remembered; the oldest are forgotten first.
        clock: Source of the time, seconds since the epoch.
    """

    def __init__(
        self, limit: int = 1_000, keep: int = 10_000, clock: Callable[[], float] = time.time
    ) -> None:
        self._limit = limit
        self._keep = keep
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._keys: dict[str, str] = {}
        self._key_of: dict[str, str] = {}
        self._waiting: deque[str] = deque()
        self._finished: OrderedDict[str, None] = OrderedDict()
        self._changed = threading.Condition()

    def enqueue(self, transaction: Transaction, key: str = "") -> Job:
        """Add a job; see :meth:`JobQueue.enqueue`."""
        with self._changed:
            known = self._jobs.get(self._keys.get(key, "")) if key else None
            if known is not None:
                return _same(known, transaction, key)
            if len(self._waiting) >= self._limit:
                raise QueueFullError(f"{self._limit} jobs are waiting already")
            job = Job(uuid.uuid4().hex, transaction, Status.QUEUED, self._clock())
            self._jobs[job.id] = job
            self._waiting.append(job.id)
            if key:
                self._keys[key], self._key_of[job.id] = job.id, key
            self._changed.notify()
            return job

    def get(self, job_id: str) -> Job | None:
        """Return a job as it stands now, ``None`` if unknown or forgotten."""
        with self._changed:
            return self._jobs.get(job_id)

    def take(self, timeout: float) -> Job | None:
        """Wait for a job and mark it running; see :meth:`JobQueue.take`."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._waiting), timeout):
                return None
            job_id = self._waiting.popleft()
            return self._store(replace(self._jobs[job_id], status=Status.RUNNING))

    def succeed(self, job_id: str, score: Score) -> Job:
        """Write the result of a running job and return the job."""
        return self._finish(job_id, status=Status.SUCCEEDED, score=score)

    def fail(self, job_id: str, error: str) -> Job:
        """Write why a running job failed and return the job."""
        return self._finish(job_id, status=Status.FAILED, error=error)

    def waiting(self) -> int:
        """Count the jobs that no worker has taken yet."""
        with self._changed:
            return len(self._waiting)

    def _finish(
        self, job_id: str, status: Status, score: Score | None = None, error: str = ""
    ) -> Job:
        with self._changed:
            job = replace(
                self._jobs[job_id],
                status=status,
                score=score,
                error=error,
                finished_at=self._clock(),
            )
            self._finished[job_id] = None
            self._store(job)
            while len(self._finished) > self._keep:
                self._forget(self._finished.popitem(last=False)[0])
            return job

    def _store(self, job: Job) -> Job:
        self._jobs[job.id] = job
        return job

    def _forget(self, job_id: str) -> None:
        del self._jobs[job_id]
        key = self._key_of.pop(job_id, "")
        self._keys.pop(key, None)


def _same(known: Job, transaction: Transaction, key: str) -> Job:
    if known.transaction != transaction:
        raise KeyReusedError(f"the key {key!r} was used for another payment")
    return known
