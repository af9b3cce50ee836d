"""The service as a process: it starts, is probed, drains on SIGTERM, says why it cannot start."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from fraud_score.api import Request as ApiRequest
from fraud_score.model import RELEASED, LogisticModel, Score
from fraud_score.server import Server
from fraud_score.settings import SettingError, Settings
from fraud_score.transactions import Transaction

SOURCE = Path(__file__).parents[1] / "src"


def start(**environment: str) -> subprocess.Popen[str]:
    clean = {name: v for name, v in os.environ.items() if not name.startswith("FRAUD_SCORE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "fraud_score"],
        env={**clean, "PYTHONPATH": str(SOURCE), "FRAUD_SCORE_PORT": "0", **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with start() as running:
        yield running
        running.kill()


def test_it_serves_and_ends_cleanly_on_sigterm(
    process: subprocess.Popen[str], examples: dict[str, dict[str, Any]]
) -> None:
    assert process.stderr is not None
    found = re.search(r"listening on (\S+)", process.stderr.readline())
    assert found
    body = json.dumps(examples["everyday"]).encode()
    request = Request(  # noqa: S310 (our own server)
        f"{found[1]}/v1/scores", body, {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=5) as answer:  # noqa: S310
        assert answer.status == 202
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"FRAUD_SCORE_PORT": "http"}, "FRAUD_SCORE_PORT='http': must be a whole number"),
        ({"FRAUD_SCORE_WORKERS": "0"}, "FRAUD_SCORE_WORKERS='0': must be a whole number from 1"),
        ({"FRAUD_SCORE_MODEL": "/nowhere.json"}, "/nowhere.json: no model could be read"),
    ],
    ids=["port", "workers", "model"],
)
def test_it_says_why_it_cannot_start(environment: dict[str, str], message: str) -> None:
    with start(**environment) as process:
        _, said = process.communicate(timeout=10)
    assert process.returncode == 2
    assert message in said


def test_settings_come_from_the_environment_given() -> None:
    settings = Settings.from_environment({"FRAUD_SCORE_PORT": "9000", "FRAUD_SCORE_TOKEN": "t"})
    assert (settings.port, settings.token, settings.workers) == (9000, "t", 1)
    with pytest.raises(SettingError):
        Settings.from_environment({"FRAUD_SCORE_QUEUE_LIMIT": "-1"})


class HeldUp(LogisticModel):
    """A model that scores only once it is told to."""

    go = threading.Event()

    def score(self, transaction: Transaction) -> Score:
        self.go.wait(10)
        return super().score(transaction)


def test_probes_follow_the_state(examples: dict[str, dict[str, Any]]) -> None:
    body = json.dumps(examples["everyday"]).encode()
    ask = ApiRequest("POST", "/v1/scores", {"content-type": "application/json"}, body)
    server = Server(Settings(port=0, queue_limit=1), HeldUp.load(RELEASED))

    def probe(name: str) -> tuple[int, str]:
        answer = server.api.handle(ApiRequest("GET", f"/health/{name}"))
        document = json.loads(answer.body)
        return answer.status, document.get("detail", document["status"])

    assert probe("live") == (503, "a worker has stopped or is stuck"), "not started"
    with server:
        assert probe("live") == (200, "alive")
        assert probe("ready") == (200, "ready")
        first = json.loads(server.api.handle(ask).body)["url"]
        running = ApiRequest("GET", first)
        while json.loads(server.api.handle(running).body)["status"] == "queued":
            time.sleep(0.01)
        assert [server.api.handle(ask).status for _ in range(2)] == [202, 503]
        assert server.api.handle(ask).headers["Retry-After"] == "1"
        assert probe("ready") == (503, "the queue is full")
        assert probe("live") == (200, "alive"), "a restart would not help"
        HeldUp.go.set()
    assert probe("ready") == (503, "shutting down")
    assert json.loads(server.api.handle(running).body)["status"] == "succeeded", "drained"
