"""Worker processes that may crash, hang or run out of memory without taking the build along.

``concurrent.futures`` gives up the whole pool when one worker dies; here a dead or late
worker costs the one task it was on, and a new worker takes its place.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from msgspec import Struct

Task = TypeVar("Task")
Result = TypeVar("Result")

_LONGEST_REASON = 500  # characters


class Failure(Struct, frozen=True):
    """A task that gave no result: why, in words for the site's owners."""

    reason: str


class Bounds(Struct, frozen=True):
    """What one worker may use: seconds of CPU a task, bytes of memory, tasks before it ends.

    ``wall_seconds`` catches a worker that waits forever without using the CPU.
    """

    cpu_seconds: int
    memory: int
    wall_seconds: float
    tasks: int = 200


class _Worker(Generic[Task]):
    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process = process
        self.pipe = pipe
        self.task: Task | None = None
        self.deadline = 0.0
        self.done = 0


class Pool(Generic[Task, Result]):
    """Run ``work(task)`` in ``jobs`` processes; a context manager that ends them all.

    ``work`` must be importable (a module's function), tasks and results picklable.
    ``start``, if given, runs once in each new worker.
    """

    def __init__(
        self,
        work: Callable[[Task], Result],
        *,
        jobs: int,
        bounds: Bounds,
        preload: tuple[str, ...] = (),
    ) -> None:
        self._work = work
        self._bounds = bounds
        self._jobs = jobs or len(os.sched_getaffinity(0))
        # A clean server process forks the workers: quick as fork, without the parent's threads.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._workers: list[_Worker[Task]] = []

    def __enter__(self) -> Pool[Task, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | Failure]]:
        """Give each task with its result or failure, in the order they end."""
        waiting = deque(tasks)
        while len(self._workers) < min(self._jobs, len(waiting)):
            self._workers.append(self._start())
        for worker in self._workers:
            self._give(worker, waiting)
        while busy := [worker for worker in self._workers if worker.task is not None]:
            for worker in self._ready(busy):
                task = worker.task
                if task is None:
                    continue
                outcome = self._receive(worker)
                if isinstance(outcome, Failure) or worker.done >= self._bounds.tasks:
                    self._replace(worker, more=bool(waiting))
                else:
                    worker.task = None
                yield task, outcome
            for worker in self._workers:
                if worker.task is None:
                    self._give(worker, waiting)

    def _start(self) -> _Worker[Task]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._work, self._bounds), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _give(self, worker: _Worker[Task], waiting: deque[Task]) -> None:
        if not waiting:
            return
        worker.task = waiting.popleft()
        worker.deadline = time.monotonic() + self._bounds.wall_seconds
        # A worker that died while idle is noticed as a failure of this task's wait.
        with contextlib.suppress(BrokenPipeError):
            worker.pipe.send(worker.task)

    def _ready(self, busy: list[_Worker[Task]]) -> list[_Worker[Task]]:
        by_pipe = {worker.pipe: worker for worker in busy}
        left = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
        ready = wait(list(by_pipe), left)
        found = [worker for pipe, worker in by_pipe.items() if pipe in ready]
        return found or [worker for worker in busy if worker.deadline <= time.monotonic()]

    def _receive(self, worker: _Worker[Task]) -> Result | Failure:
        if not worker.pipe.poll():
            return Failure(f"it took longer than {self._bounds.wall_seconds:.0f} s and was stopped")
        try:
            outcome: Result | Failure = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(5)
            return Failure(_cause(worker.process.exitcode, self._bounds))
        worker.done += 1
        return outcome

    def _replace(self, worker: _Worker[Task], *, more: bool) -> None:
        self._end(worker)
        self._workers.remove(worker)
        if more:
            self._workers.append(self._start())

    @staticmethod
    def _end(worker: _Worker[Task]) -> None:
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()
        worker.process.close()


def _cause(exitcode: int | None, bounds: Bounds) -> str:
    if exitcode == -signal.SIGXCPU:
        return f"it used more than {bounds.cpu_seconds} s of CPU and was stopped"
    if exitcode == -signal.SIGKILL:
        return "its worker was killed (out of memory?)"
    if exitcode is not None and exitcode < 0:
        return f"its worker crashed ({signal.Signals(-exitcode).name})"
    return f"its worker ended (exit code {exitcode})"


def _serve(pipe: Connection, work: Callable[[Task], Result], bounds: Bounds) -> None:
    """Work until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (bounds.memory, hard))
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        _limit_cpu(bounds.cpu_seconds)
        pipe.send(_outcome(work, task))


def _limit_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _outcome(work: Callable[[Task], Result], task: Task) -> Result | Failure:
    try:
        return work(task)
    except MemoryError:
        return Failure("it needed more memory than a worker may use")
    except Exception as exc:  # noqa: BLE001  the border of the process: all is reported
        return Failure(reason_of(exc))


def reason_of(exc: Exception) -> str:
    """What an error says; of one of the system, without the path: it is one of this machine."""
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    return f"{type(exc).__name__}: {exc}"[:_LONGEST_REASON]
