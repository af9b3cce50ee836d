"""Work on many files in processes of their own: by all cores, and a crash costs one chunk.

The processes are forked once and get nothing but contents of files. Where fork is not cheap and
sound, that is, anywhere but on Linux, nothing is started.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

Work = Callable[[str, bytes], bytes]
WorkOnAll = Callable[[list[tuple[str, bytes]]], bytes]
Item = tuple[str, str, bytes]
"""Path, key and content; or path, key and what was made of it (b"" for nothing)."""

_CHUNK = 40  # files
_CHUNK_BYTES = 1024 * 1024
_CRASHES = 5  # of processes, until what is left is done without


class Workers:
    """Processes, started when the first work is handed to them. Use it as a context manager."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs if sys.platform == "linux" else 1
        self._pool: ProcessPoolExecutor | None = None
        self._crashes = 0

    def close(self) -> None:
        """End the processes, whatever they do."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("fork")
            self._pool = ProcessPoolExecutor(self.jobs, mp_context=context)
        return self._pool

    def submit(self, work: Work, chunk: list[Item]) -> Future[list[bytes]]:
        """Hand a chunk to a process.

        Raises:
            BrokenProcessPool: a process has crashed before; :meth:`alone` starts anew.
        """
        return self._running().submit(_run, work, [(path, data) for path, _, data in chunk])

    def submit_all(self, work: WorkOnAll, files: list[tuple[str, bytes]]) -> Future[bytes] | None:
        """Hand several files to one process; None where that cannot be done."""
        if self.jobs < 2:
            return None
        with contextlib.suppress(BrokenProcessPool):
            return self._running().submit(work, files)
        return None

    def alone(self, work: Work, chunk: list[Item]) -> list[bytes]:
        """Work on a chunk again, with no other; nothing is made if that crashes, too."""
        if self._crashes < _CRASHES:
            try:
                return self.submit(work, chunk).result()
            except BrokenProcessPool:  # from the crash before, perhaps
                self.close()
            try:
                return self.submit(work, chunk).result()
            except BrokenProcessPool:
                self._crashes += 1
                self.close()
        return [b""] * len(chunk)


class Batch:
    """One work on many files; results come in the order of the files."""

    def __init__(self, workers: Workers, work: Work, items: Iterable[Item]) -> None:
        self._workers = workers
        self._work = work
        self._chunks = _chunks(items)
        self._waiting: deque[tuple[list[Item], Future[list[bytes]] | None]] = deque()

    def fill(self, most: int) -> bool:
        """Hand chunks on until so many wait; tell whether any does."""
        while len(self._waiting) < most and (chunk := next(self._chunks, None)):
            future = None
            with contextlib.suppress(BrokenProcessPool):
                future = self._workers.submit(self._work, chunk)
            self._waiting.append((chunk, future))
        return bool(self._waiting)

    def results(self) -> Iterator[Item]:
        """Give path, key and what was made."""
        while self.fill(self._workers.jobs * 3):
            chunk, future = self._waiting.popleft()
            try:
                made = future.result() if future else self._workers.alone(self._work, chunk)
            except BrokenProcessPool:
                made = self._workers.alone(self._work, chunk)
            for (path, key, _), result in zip(chunk, made, strict=True):
                yield path, key, result


def _run(work: Work, files: list[tuple[str, bytes]]) -> list[bytes]:
    return [work(path, data) for path, data in files]


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += len(item[2])
        if len(chunk) >= _CHUNK or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
