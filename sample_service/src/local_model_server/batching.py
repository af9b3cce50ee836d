"""Batching: requests that wait for a thread run as one.

Follows batching/batching_session.cc and TensorFlow's shared batch scheduler. With the default
timeout of 0 nobody waits for company: a batch is what queued up while the last one ran.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .calls import Call
from .dtypes import Array
from .errors import Code, StatusError, invalid
from .flags import CPUS
from .metrics import Metrics

Run = Callable[[Call], list[Array]]
Notify = Callable[["list[Task]"], None]


@dataclasses.dataclass(frozen=True)
class Parameters:
    """`BatchingParameters` with the defaults of the shared batch scheduler."""

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = CPUS
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    max_execution_batch_size: int = 0
    thread_pool_name: str = "model_server_batch_threads"

    @classmethod
    def of(cls, proto: Any) -> Parameters:
        """From the message of a parameters file.

        Raises:
            StatusError: INVALID_ARGUMENT, values that do not fit together.
        """
        names = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches",
                 "num_batch_threads", "thread_pool_name")  # fmt: skip
        given = {name: getattr(proto, name).value for name in names if proto.HasField(name)}
        if proto.enable_large_batch_splitting.value:
            size = proto.max_execution_batch_size.value or proto.max_batch_size.value
            given["max_execution_batch_size"] = size
        sizes = tuple(proto.allowed_batch_sizes)
        made = cls(
            **given,
            allowed_batch_sizes=sizes,
            pad_variable_length_inputs=proto.pad_variable_length_inputs,
        )
        if sizes and (list(sizes) != sorted(set(sizes)) or sizes[0] < 1):
            raise invalid("allowed_batch_sizes entries must be monotonically increasing")
        limit = made.max_execution_batch_size or made.max_batch_size
        if sizes and sizes[-1] != limit:
            raise invalid(
                "Last entry in allowed_batch_sizes must match max_batch_size; last entry was "
                f"{sizes[-1]}; expected {limit}"
            )
        for name in ("max_batch_size", "max_enqueued_batches", "num_batch_threads"):
            if getattr(made, name) < 1:
                raise invalid(f"{name} must be positive; was {getattr(made, name)}")
        if made.batch_timeout_micros < 0:
            raise invalid(
                f"batch_timeout_micros must be non-negative; was {made.batch_timeout_micros}"
            )
        return made

    def padded(self, size: int) -> int:
        """The next allowed size."""
        return next((allowed for allowed in self.allowed_batch_sizes if allowed >= size), size)


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
        self._limit = parameters.max_execution_batch_size or parameters.max_batch_size
        scheduler.add(self)

    def submit(self, call: Call, notify: Notify) -> Task:
        """Queue a call; `notify` gets it back, with others of its batch, on a batch thread.

        Raises:
            StatusError: not batchable, larger than a batch (INVALID_ARGUMENT), or the queue is
                full (UNAVAILABLE).
        """
        parameters = self._parameters
        task = Task(call, _rows(call), notify, time.monotonic())
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
        for task in tasks:
            groups.setdefault(_kind(task.call, self._parameters), []).append(task)
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
        try:
            for task, values in zip(tasks, self._run_merged(tasks), strict=True):
                task.values = values
        except StatusError as error:
            if len(tasks) == 1:
                tasks[0].error = error
                return
            for task in tasks:  # one bad request must not fail the others
                self._process_alike([task])

    def _run_merged(self, tasks: list[Task]) -> list[list[Array]]:
        call = tasks[0].call
        _check_age(tasks)
        sizes = [task.size for task in tasks]
        total = sum(sizes)
        if len(tasks) == 1 and self._parameters.padded(total) == total <= self._limit:
            return [self._run(call)]
        columns = [self._merge([task.call.arrays[i] for task in tasks])
                   for i in range(len(call.feeds))]  # fmt: skip
        chunks = []
        for start in range(0, max(total, 1), self._limit):
            end = min(start + self._limit, total)
            parts = [_pad_rows(c[start:end], self._parameters.padded(end - start)) for c in columns]
            merged = dataclasses.replace(call, arrays=tuple(parts))
            chunks.append(_check_rows(self._run(merged), len(parts[0]), end - start))
        outputs = [np.concatenate(parts) if len(parts) > 1 else parts[0]
                   for parts in zip(*chunks, strict=True)]  # fmt: skip
        ends = np.cumsum(sizes).tolist()
        return [[o[end - size : end] for o in outputs]
                for size, end in zip(sizes, ends, strict=True)]  # fmt: skip

    def _merge(self, arrays: list[Array]) -> Array:
        if self._parameters.pad_variable_length_inputs:
            arrays = _pad_columns(arrays)
        return np.concatenate(arrays) if len(arrays) > 1 else arrays[0]


def _rows(call: Call) -> int:
    if not call.arrays:
        return 1
    if any(array.ndim == 0 for array in call.arrays):
        raise invalid("Batching Run() input tensors must have at least one dimension")
    if len({len(array) for array in call.arrays}) > 1:
        raise invalid("Batching Run() input tensors must have equal 0th-dimension size")
    return len(call.arrays[0])


def _kind(call: Call, parameters: Parameters) -> object:
    """Calls of one kind can be merged."""
    pads = parameters.pad_variable_length_inputs
    shapes = tuple(
        (array.dtype.str, array.ndim if pads else array.shape[1:]) for array in call.arrays
    )
    alone = id(call) if not call.arrays else None
    return call.feeds, call.fetches, call.timeout_ms, shapes, alone


def _check_age(tasks: Sequence[Task]) -> None:
    limit = tasks[0].call.timeout_ms / 1000
    now = time.monotonic()
    if limit and all(now - task.queued_at > limit for task in tasks):
        raise StatusError(
            Code.RESOURCE_EXHAUSTED, "Run() timeout exceeded while waiting in batching queue"
        )


def _pad_rows(array: Array, size: int) -> Array:
    """Repeat the first row, which is known to be valid input, up to `size` rows."""
    missing = size - len(array)
    return np.concatenate([array, np.repeat(array[:1], missing, axis=0)]) if missing else array


def _pad_columns(arrays: list[Array]) -> list[Array]:
    """Fill all axes but the first up to the longest, with zeros or empty strings."""
    largest = np.max([array.shape[1:] for array in arrays], axis=0).tolist()
    fill: Any = b"" if arrays[0].dtype == object else 0
    padded = []
    for array in arrays:
        whole = np.full([len(array), *largest], fill, array.dtype)
        whole[tuple(slice(0, size) for size in array.shape)] = array
        padded.append(whole)
    return padded


def _check_rows(outputs: list[Array], expected: int, kept: int) -> list[Array]:
    for output in outputs:
        if output.ndim == 0:
            raise StatusError(Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if len(output) != expected:
            raise StatusError(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th "
                "dimension sizes of the input tensors",
            )
    return [output[:kept] for output in outputs]
