"""Batching: requests that wait for a thread run as one.

Follows batching/batching_session.cc and TensorFlow's shared batch scheduler. With the default
timeout of 0 nobody waits for company: a batch is what queued up while the last one ran.
"""

from __future__ import annotations

import collections
import dataclasses
import logging
import threading
import time
from collections.abc import Callable

from .batch_merge import Run, kind, rows, run_merged
from .batch_parameters import Parameters
from .calls import Call
from .dtypes import Array
from .errors import Code, StatusError, invalid
from .metrics import Metrics

log = logging.getLogger(__name__)
Notify = Callable[["list[Task]"], None]


@dataclasses.dataclass(slots=True, eq=False)
class Task:
    """One call in a queue; `values` or `error` is set when `notify` is called with it."""

    call: Call
    size: int
    notify: Notify
    queued_at: float
    values: list[Array] | None = None
    error: StatusError | None = None


class BatchScheduler:
    """The threads that run the batches of all models, in turns."""

    def __init__(self, threads: int, pool_name: str, metrics: Metrics) -> None:
        self._queues: collections.deque[BatchQueue] = collections.deque()
        self.changed = threading.Condition()
        self._closing = False
        self._metrics = metrics
        self._pool_name = pool_name
        self._threads = [
            threading.Thread(target=self._work, name=f"{pool_name}-{index}", daemon=True)
            for index in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, queue: BatchQueue) -> None:
        """Serve one more queue."""
        with self.changed:
            self._queues.append(queue)

    def remove(self, queue: BatchQueue) -> None:
        """Stop serving a queue that is empty."""
        with self.changed:
            self._queues.remove(queue)

    def close(self) -> None:
        """End the threads after the batches they run."""
        with self.changed:
            self._closing = True
            self.changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while True:
            with self.changed:
                taken = self._take()
            if taken is None:
                return
            queue, tasks = taken
            now = time.monotonic()
            for task in tasks:
                self._metrics.queuing.observe((now - task.queued_at) * 1e6, self._pool_name)
            queue.process(tasks)

    def _take(self) -> tuple[BatchQueue, list[Task]] | None:
        while not self._closing:
            now = time.monotonic()
            waits = []
            for _ in range(len(self._queues)):
                queue = self._queues[0]
                self._queues.rotate(-1)
                wait = queue.wait(now)
                if wait is not None and wait <= 0:
                    return queue, queue.take()
                if wait is not None:
                    waits.append(wait)
            self.changed.wait(min(waits, default=None))
        return None


class BatchQueue:
    """The calls that wait for one servable."""

    def __init__(self, scheduler: BatchScheduler, parameters: Parameters, run: Run) -> None:
        self._scheduler = scheduler
        self._parameters = parameters
        self._run = run
        self._tasks: collections.deque[Task] = collections.deque()
        self._size = 0
        self._limit = parameters.limit
        scheduler.add(self)

    def submit(self, call: Call, notify: Notify) -> Task:
        """Queue a call; `notify` gets it back, with others of its batch, on a batch thread.

        Raises:
            StatusError: not batchable, larger than a batch (INVALID_ARGUMENT), or the queue is
                full (UNAVAILABLE).
        """
        parameters = self._parameters
        task = Task(call, rows(call), notify, time.monotonic())
        if task.size > parameters.max_batch_size:
            raise invalid(
                f"Task size {task.size} is larger than maximum input batch size "
                f"{parameters.max_batch_size}"
            )
        with self._scheduler.changed:
            room = parameters.max_enqueued_batches * self._limit
            if self._tasks and self._size + task.size > room:
                raise StatusError(
                    Code.UNAVAILABLE,
                    "The batch scheduling queue to which this task was submitted is full",
                )
            self._tasks.append(task)
            self._size += task.size
            self._scheduler.changed.notify()
        return task

    def run(self, call: Call) -> list[Array]:
        """Queue a call and wait for its values; raises its StatusError."""
        done = threading.Event()
        task = self.submit(call, lambda _: done.set())
        done.wait()
        if task.values is None:
            raise task.error or StatusError(Code.INTERNAL, "The batch was not run")
        return task.values

    def wait(self, now: float) -> float | None:
        """Seconds until a batch is due: none queued gives None."""
        if not self._tasks:
            return None
        if self._size >= self._limit:
            return 0
        return self._tasks[0].queued_at + self._parameters.batch_timeout_micros / 1e6 - now

    def take(self) -> list[Task]:
        """The next batch: as many tasks as fit, one at least."""
        taken: list[Task] = []
        room = self._limit
        while self._tasks and (not taken or self._tasks[0].size <= room):
            task = self._tasks.popleft()
            room -= task.size
            self._size -= task.size
            taken.append(task)
        return taken

    def process(self, tasks: list[Task]) -> None:
        """Run a batch and tell everyone in it."""
        groups: dict[object, list[Task]] = {}
        now = time.monotonic()
        for task in tasks:
            if _is_late(task, now):
                task.error = StatusError(
                    Code.RESOURCE_EXHAUSTED,
                    "Run() timeout exceeded while waiting in batching queue",
                )
                continue
            groups.setdefault(kind(task.call, self._parameters), []).append(task)
        for group in groups.values():
            self._process_alike(group)
        by_notify: dict[Notify, list[Task]] = {}
        for task in tasks:
            by_notify.setdefault(task.notify, []).append(task)
        for notify, finished in by_notify.items():
            notify(finished)

    def close(self) -> None:
        """Leave the scheduler; nothing may be queued any more."""
        self._scheduler.remove(self)

    def _process_alike(self, tasks: list[Task]) -> None:
        calls = [task.call for task in tasks]
        try:
            merged = run_merged(self._run, calls, self._parameters)
        except StatusError as error:
            if len(tasks) == 1:
                tasks[0].error = error
                return
            for task in tasks:  # one bad request must not fail the others
                self._process_alike([task])
        except Exception:  # the thread must live on, for the others
            log.exception("A batch failed")
            for task in tasks:
                task.error = StatusError(Code.INTERNAL, "Internal error; see the server's log.")
        else:
            for task, values in zip(tasks, merged, strict=True):
                task.values = values


def _is_late(task: Task, now: float) -> bool:
    limit = task.call.timeout_ms / 1000
    return bool(limit) and now - task.queued_at > limit
