"""The whole loop with real processes: the world drifts, the service notices and learns anew."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
import pytest
from tests.drift.live import insert, of_month, requests
from tests.fixtures_model import Trained
from tests.whole.test_faults import asking

from fraud_score.local.client import Client
from fraud_score.local.recipes import Plan
from fraud_score.local.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole")]

LIMIT = 0.2
COUNT = 600

OVERRIDES = (
    "training=small",
    "source.as_of=latest",  # labels of the last month are known already
    "gate.largest_loss=0.5",  # so little data may give a model that is worse
    "tracking.enabled=false",
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # Not in pytest's folder, see the fixture "postgres".
    with TemporaryDirectory(prefix="fraud-score-loop-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def stack(folder: Path, trained_model: Trained) -> Iterator[Stack]:
    """The service with version 1; the drift job runs all the time."""
    plan = Plan(
        folder / "stack",
        folder / "models",
        model_server="local",
        drift_seconds=1,
        environment={
            "FRAUD_SCORE_DRIFT_LIMIT": str(LIMIT),
            "FRAUD_SCORE_DRIFT_MINIMUM": str(COUNT),
            "FRAUD_SCORE_TRAIN_OVERRIDES": " ".join(OVERRIDES),
        },
    )
    shutil.copytree(trained_model.version, plan.models / "fraud" / "1")
    with Stack(plan) as running:
        yield running


def score(stack: Stack, payments: Sequence[dict[str, Any]]) -> list[int]:
    """Send payments through the queue; return which version scored each."""
    with Client(stack.url, patience=90) as client:
        jobs = [client.score(payment) for payment in payments]
        done = [client.finished(job) for job in jobs]
    assert {job["status"] for job in done} == {"succeeded"}
    return [job["result"]["model"]["version"] for job in done]


def rows(stack: Stack, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(query).fetchall()


def until(condition: Callable[[], Any], seconds: float = 180) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)
    return found


def psi_on_metrics(stack: Stack, version: int) -> dict[str, float]:
    """Return what Prometheus would see of the last drift report."""
    text = httpx.get(f"{stack.url}/metrics", trust_env=False, timeout=10).text
    label = f'",model_version="{version}"}} '
    lines = [line for line in text.splitlines() if line.startswith("fraud_score_drift_psi{")]
    found = [line.partition('feature="')[2].partition(label) for line in lines]
    return {feature: float(value) for feature, at, value in found if at}


def available(stack: Stack) -> set[str]:
    answer = httpx.get(f"{stack.model_url}/v1/models/fraud", trust_env=False, timeout=10)
    states = answer.json()["model_version_status"]
    return {one["version"] for one in states if one["state"] == "AVAILABLE"}


RETRAINS = "SELECT status, payload FROM jobs WHERE kind = 'retrain'"
REPORTS = "SELECT count(*) FROM drift_reports WHERE model_version = {version}"


def test_drift_is_noticed_and_learned(stack: Stack, folder: Path) -> None:
    world = requests(18_000)
    steady, drifted = (of_month(world, month)[-COUNT:] for month in (3, 7))
    sent = {payment["transaction_id"] for payment, _ in [*steady, *drifted]}
    insert(stack.database_url, [one for one in world if one[0]["transaction_id"] not in sent])

    # Payments like those that version 1 learned from: measured, and nothing follows.
    assert set(score(stack, [payment for payment, _ in steady])) == {1}
    before = until(lambda: psi_on_metrics(stack, 1))
    assert max(before.values()) < LIMIT, before
    assert rows(stack, RETRAINS) == []

    # The world changes.
    with asking(stack.model_url) as answered:
        score(stack, [payment for payment, _ in drifted])
        until(lambda: max(psi_on_metrics(stack, 1).values(), default=0) > LIMIT)
        until(lambda: rows(stack, RETRAINS))
        ended = until(lambda: rows(stack, f"{RETRAINS} AND finished_at IS NOT NULL"))
        until(lambda: available(stack) == {"2"})
        last = score(stack, [late_payment(world)])
    assert [status for status, _ in ended] == ["succeeded"]
    ((_, payload),) = ended
    assert (payload["reason"], payload["model_version"]) == ("drift", 1)
    assert max(payload["psi"].values()) > LIMIT
    assert payload["trained_version"] == 2

    # No request failed, or "asking" would have said so.
    assert set(answered) == {1, 2}
    assert last == [2]

    # Now version 2 is compared with; however that ends, it is not trained again at once.
    until(lambda: rows(stack, REPORTS.format(version=2)) != [(0,)])
    assert len(rows(stack, RETRAINS)) == 1


def late_payment(world: Sequence[Any]) -> dict[str, Any]:
    """Return one more payment, of an id that nobody has sent."""
    payment: dict[str, Any] = {**world[-1][0], "transaction_id": "late"}
    return payment
