"""What a guarded process leaves behind when its starter ends in each of the ways there are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fraud_score.local._watch import wait_until
from fraud_score.local.guard import Guard, Program

STARTER = """
import signal, subprocess, sys
from pathlib import Path
from fraud_score.local.guard import Guard, Program

folder = Path(sys.argv[1])
with Guard(grace_seconds=1) as guard:
    guard.remove_at_the_end(folder)
    # The second one does not end when asked to, and has a child of its own.
    for name, command in (("mild", "exec sleep 600"), ("wild", "trap '' TERM; sleep 600; true")):
        guard.spawn(Program(["sh", "-c", command], folder / f"{name}.log"))
    print("started", flush=True)
    signal.pause()
"""


@pytest.fixture
def mark() -> str:
    return f"mark-{uuid.uuid4().hex}"


def marked(mark: str) -> list[psutil.Process]:
    """All processes which inherited the mark, zombies aside."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TEST_MARK") == mark:
                found.append(process)
        except psutil.Error:  # ended meanwhile, or a zombie
            continue
    return found


@pytest.fixture
def starter(tmp_path: Path, mark: str) -> Iterator[subprocess.Popen[str]]:
    folder = tmp_path / "folder"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder)],
        env={**os.environ, "TEST_MARK": mark},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process
        process.kill()


def interrupt_again_and_again(process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)


@pytest.mark.parametrize(
    "end",
    [subprocess.Popen.kill, subprocess.Popen.terminate, interrupt_again_and_again],
    ids=["kill -9", "SIGTERM", "Ctrl-C twice"],
)
def test_nothing_outlives_the_starter(
    starter: subprocess.Popen[str],
    tmp_path: Path,
    mark: str,
    end: Callable[[subprocess.Popen[str]], None],
) -> None:
    assert len(marked(mark)) >= 4, "the starter, its guard, and two processes"
    end(starter)
    starter.wait(10)
    assert wait_until(lambda: not marked(mark), 30), marked(mark)
    assert not (tmp_path / "folder").exists()


def test_a_guard_that_was_killed_is_replaced(tmp_path: Path, mark: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    others = psutil.Process().children()
    with Guard() as guard:
        (watch,) = set(psutil.Process().children()) - set(others)
        guard.remove_at_the_end(folder)
        environment = {**os.environ, "TEST_MARK": mark}
        guard.spawn(Program(["sleep", "600"], folder / "log", environment))
        watch.kill()
    assert not marked(mark)
    assert not folder.exists()


def test_the_last_one_started_ends_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    with Guard() as guard:
        for name in ("first", "second"):
            command = (
                f"trap 'echo {name} >>{order}; exit' TERM; echo ready; while :; do sleep 0.01; done"
            )
            guard.spawn(Program(["sh", "-c", command], tmp_path / name))
        logs = [tmp_path / "first", tmp_path / "second"]
        assert wait_until(lambda: all(log.read_text() for log in logs), 10)
    assert order.read_text().split() == ["second", "first"]


def test_what_cannot_be_started_says_so_in_its_log(tmp_path: Path) -> None:
    with Guard() as guard:
        process = guard.spawn(Program(["no-such-program"], tmp_path / "log"))
        assert process.wait(10) == 127
    assert "no-such-program: not found" in (tmp_path / "log").read_text()
