"""Processes killed under load, and model versions that come, good and broken ones, meanwhile.

What must hold afterwards is in :func:`load.check`: each accepted job done, and done once.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.whole.load import RECORD, callers, check

from fraud_score.local._watch import wait_until
from fraud_score.local.client import Client
from fraud_score.local.payments import payments
from fraud_score.local.recipes import Plan
from fraud_score.local.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole")]

SEED = int(os.environ.get("FAULT_SEED", "1"))
"""Of the moments at which parts are killed; printed with a failure."""

KILLS = {"worker-1": 3, "api": 3, "model-server": 2, "postgres": 3}

TRAIN = (sys.executable, "-m", "fraud_model.train")


@pytest.fixture(scope="module")
def stack(trained: Path) -> Iterator[Stack]:
    plan = Plan(
        trained / "stack",
        trained / "models",
        model_server="local",
        workers=2,
        trainer=False,
        # Short, so that the jobs of a worker that was killed come back soon.
        environment={"FRAUD_SCORE_LEASE_SECONDS": "2"},
    )
    with Stack(plan) as running:
        with psycopg.connect(running.database_url) as connection:
            connection.execute(RECORD)
        yield running


def one_score(stack: Stack) -> float:
    """Send a payment now; return the seconds until its score was there."""
    began = time.monotonic()
    with Client(stack.url, patience=90) as client:
        ((_, payment),) = payments(1)
        job = client.finished(client.score(payment))
    assert job["status"] == "succeeded", job
    return time.monotonic() - began


# --8<-- [start:drill]
@pytest.mark.parametrize("part", KILLS)
def test_nothing_is_lost_when_a_part_is_killed(
    stack: Stack, part: str, record_property: Callable[[str, object], None]
) -> None:
    moments = random.Random(f"{SEED} {part}")
    ready, scored = [], []
    with callers(stack.url) as accepted:
        for _ in range(KILLS[part]):
            time.sleep(moments.uniform(0.2, 1.2))  # the moment is what is tested
            stack.kill(part)
            waiting = threading.Thread(target=lambda: scored.append(one_score(stack)))
            waiting.start()
            ready.append(stack.restart(part))
            waiting.join()
    assert len(scored) == KILLS[part]
    check(stack, accepted)
    record_property(
        "recovery",
        f"kill -9 {part} ({KILLS[part]} times): ready again after {max(ready):.1f} s, "
        f"a payment of that moment scored after {max(scored):.1f} s; "
        f"{len(accepted.scores)} jobs accepted, {accepted.repeats} requests repeated, none lost",
    )


# --8<-- [end:drill]


def test_nothing_is_lost_when_parts_are_killed_one_upon_the_other(
    stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    moments = random.Random(f"{SEED} all")
    order = ["postgres", "worker-1", "api", "worker-2", "model-server", "postgres", "api"]
    moments.shuffle(order)
    with callers(stack.url) as accepted:
        for part in order:
            time.sleep(moments.uniform(0.0, 0.5))
            stack.kill(part)
        began = time.monotonic()
        for part in dict.fromkeys(order):  # the database not first: parts come up without it
            stack.parts[part].launch()
        one_score(stack)
        seconds = time.monotonic() - began
    check(stack, accepted)
    record_property(
        "recovery",
        f"kill -9 {', '.join(order)}: all started again, scored after {seconds:.1f} s; "
        f"{len(accepted.scores)} jobs accepted, {accepted.repeats} requests repeated, none lost",
    )


class Asking(threading.Thread):
    """Asks the model server again and again; keeps every answer that is not a prediction."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = f"{url}/v1/models/fraud:predict"
        self.stop = threading.Event()
        self.answers: list[int] = []
        self.failures: list[str] = []

    def run(self) -> None:
        row = {"numeric": [0.0] * 8, "descriptor": [0.0] * 32}
        with httpx.Client(trust_env=False, timeout=30) as client:
            while not self.stop.is_set():
                try:
                    answer = client.post(self._url, json={"instances": [row]})
                    answer.raise_for_status()
                    self.answers.append(int(answer.json()["predictions"][0]["version"]))
                except (httpx.HTTPError, KeyError) as exc:
                    self.failures.append(repr(exc))
                time.sleep(0.005)


@contextmanager
def asking(url: str) -> Iterator[list[int]]:
    """Ask the model server from two threads; yields the versions that answered, as they come."""
    threads = [Asking(url) for _ in range(2)]
    for thread in threads:
        thread.start()
    versions: list[int] = []
    try:
        yield versions
    finally:
        for thread in threads:
            thread.stop.set()
            thread.join()
            versions += thread.answers
    assert not [failure for thread in threads for failure in thread.failures]


def version_states(stack: Stack) -> dict[str, dict[str, Any]]:
    answer = httpx.get(f"{stack.model_url}/v1/models/fraud", trust_env=False, timeout=30)
    return {one["version"]: one for one in answer.json()["model_version_status"]}


def state_of(stack: Stack, version: str) -> str:
    return str(version_states(stack).get(version, {}).get("state"))


@pytest.fixture(scope="module")
def second(trained: Path) -> Path:
    """A version 2, trained elsewhere."""
    elsewhere = trained / "elsewhere"
    shutil.copytree(trained / "models", elsewhere)
    options = ["data=small", "training=small", "training.epochs=2", "seed=2", "gate.largest_loss=1"]
    subprocess.run(
        [*TRAIN, *options, f"paths.models={elsewhere}", "tracking.enabled=false"],
        cwd=trained,
        check=True,
    )
    return elsewhere / "fraud" / "2"


def release(version: Path, folder: Path) -> None:
    """Copy a version to where it is served from; it gets its name when it is complete."""
    partial = folder / f".partial-{version.name}"
    shutil.copytree(version, partial)
    partial.rename(folder / version.name)


def test_a_new_version_takes_over_without_a_failed_request(
    stack: Stack, trained: Path, second: Path
) -> None:
    with callers(stack.url, 2) as accepted, asking(stack.model_url) as versions:
        one_score(stack)
        release(second, trained / "models" / "fraud")
        assert wait_until(lambda: state_of(stack, "2") == "AVAILABLE", 30), version_states(stack)
        assert wait_until(lambda: state_of(stack, "1") == "END", 30), version_states(stack)
        one_score(stack)
    assert set(versions) == {1, 2}
    check(stack, accepted)
    with psycopg.connect(stack.database_url) as connection:
        newest = "SELECT model_version FROM scores ORDER BY scored_at DESC LIMIT 1"
        assert connection.execute(newest).fetchone() == (2,)


def cut_off(version: Path) -> None:
    file = version / "saved_model.pb"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def other_signature(version: Path) -> None:
    """Rename the signature: the model loads, but what the warm-up asks is not there any more."""
    file = version / "saved_model.pb"
    file.write_bytes(file.read_bytes().replace(b"serving_default", b"serving_altered"))


@pytest.mark.parametrize("damage", [cut_off, other_signature])
def test_a_broken_version_never_takes_the_last_good_one_away(
    stack: Stack, trained: Path, damage: Callable[[Path], None]
) -> None:
    folder = trained / "models" / "fraud"
    good = max(int(entry.name) for entry in folder.glob("[0-9]*"))
    broken = trained / "broken" / str(good + 1)
    shutil.copytree(folder / str(good), broken)
    damage(broken)
    try:
        with callers(stack.url, 2) as accepted, asking(stack.model_url) as versions:
            release(broken, folder)
            ended = wait_until(lambda: state_of(stack, broken.name) == "END", 30)
            state = version_states(stack)
            one_score(stack)
    finally:
        shutil.rmtree(trained / "broken")
        shutil.rmtree(folder / broken.name)
    assert ended, state
    assert state[broken.name]["status"]["error_code"] != "OK", state
    assert state[str(good)]["state"] == "AVAILABLE", state
    assert set(versions) == {good}
    check(stack, accepted)
