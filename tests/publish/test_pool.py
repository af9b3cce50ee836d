"""A worker that dies, hangs or eats memory costs its own task and no other."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from handbook.publish.pool import Bounds, Failure, Pool

BOUNDS = Bounds(cpu_seconds=1, memory=1024**3, wall_seconds=4)


@pytest.fixture(scope="module")
def work() -> Iterator[Callable[[str], str]]:
    """Workers import by name, so the tasks' module must be findable in their processes too."""
    path = str(Path(__file__).parent)
    sys.path.insert(0, path)
    spec = importlib.util.find_spec("poolwork")
    assert spec is not None
    module = importlib.import_module("poolwork")
    yield module.work
    sys.path.remove(path)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("raise", "ValueError: bad input"),
        ("segfault", "SIGSEGV"),
        ("killed", "killed"),
        ("exit", "exit code 7"),
        ("hang", "longer than 4 s"),
        ("spin", "more than 1 s of CPU"),
        ("memory", "memory"),
    ],
)
def test_a_bad_task_costs_only_itself(work: Callable[[str], str], bad: str, says: str) -> None:
    tasks = ["a", "b", bad, "c", "d", "e"]
    # Only what hangs needs to wait; on a busy machine a second of CPU may take many.
    bounds = BOUNDS if bad == "hang" else replace(BOUNDS, wall_seconds=60)
    with Pool(work, jobs=2, bounds=bounds) as pool:
        results = dict(pool.run(tasks))
    assert {task: result for task, result in results.items() if task != bad} == {
        task: task.upper() for task in tasks if task != bad
    }
    failure = results[bad]
    assert isinstance(failure, Failure)
    assert says in failure.reason


def test_no_tasks_start_no_workers(work: Callable[[str], str]) -> None:
    with Pool(work, jobs=2, bounds=BOUNDS) as pool:
        assert list(pool.run([])) == []
        assert pool._workers == []


def test_workers_end_with_the_pool(work: Callable[[str], str]) -> None:
    with Pool(work, jobs=2, bounds=BOUNDS) as pool:
        list(pool.run(["a", "b", "c"]))
        pids = [worker.process.pid for worker in pool._workers]
        assert len(pids) == 2
        assert all(pid and psutil.pid_exists(pid) for pid in pids)
    assert not any(pid and psutil.pid_exists(pid) for pid in pids)


def test_a_worker_is_renewed_after_its_share(work: Callable[[str], str]) -> None:
    bounds = Bounds(cpu_seconds=5, memory=1024**3, wall_seconds=20, tasks=2)
    with Pool(work, jobs=1, bounds=bounds) as pool:
        results = [result for _, result in pool.run(list("abcde"))]
    assert results == list("ABCDE")
