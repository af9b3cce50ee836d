"""The drift job: what it measures, keeps, and asks for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.drift.conftest import reference_document, scored

from fraud_features import FEATURES
from fraud_score import drift, reference
from fraud_score.db import Database
from fraud_score.settings import Settings

SETTINGS = Settings(drift_minimum=10, drift_hours=1)
STEADY = [0.0] * 90 + [1.0] * 10
DRIFTED = [0.0] * 50 + [1.0] * 50


@pytest.fixture
def live(database: str, version_folder: Path) -> Iterator[psycopg.Connection[Any]]:
    """A database that knows the reference of version 3."""

    async def work() -> None:
        async with Database(database, 1) as pool, pool.connection() as connection:
            await reference.load(connection, reference.read(version_folder))

    asyncio.run(work())
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def run(connection: psycopg.Connection[Any], settings: Settings = SETTINGS) -> drift.Drift | None:
    """Run the drift job on the database of a connection, a moment after all that is there."""

    async def work() -> drift.Drift | None:
        now = datetime.now(UTC) + timedelta(seconds=1)
        async with Database(connection.info.dsn, 1) as database:
            return await drift.run(database, settings, now)

    return asyncio.run(work())


def retrains(connection: psycopg.Connection[Any]) -> list[tuple[str, dict[str, Any]]]:
    query = "SELECT status, payload FROM jobs WHERE kind = 'retrain' ORDER BY enqueued_at"
    return connection.execute(query).fetchall()


def reports(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    query = "SELECT computed_at, feature, psi, live_count, model_version FROM drift_reports"
    return connection.execute(query).fetchall()


def test_keeps_what_it_found(live: psycopg.Connection[Any]) -> None:
    scored(live, STEADY)
    found = run(live)
    assert found is not None
    assert (found.model_version, found.live_count, found.retrain) == (3, 100, None)
    kept = reports(live)
    assert {row[1]: row[2] for row in kept} == found.psi
    assert len({row[0] for row in kept}) == 1
    assert {row[3:] for row in kept} == {(100, 3)}
    assert set(found.psi) == set(FEATURES)
    assert retrains(live) == []


def test_asks_for_one_retrain(live: psycopg.Connection[Any]) -> None:
    scored(live, DRIFTED)
    found = run(live)
    assert found is not None
    assert found.retrain is not None
    ((status, payload),) = retrains(live)
    assert status == "queued"
    assert payload["reason"] == "drift"
    assert payload["model_version"] == 3
    assert payload["psi"] == {name: round(value, 4) for name, value in found.psi.items()}
    again = run(live)
    assert again is not None
    assert again.retrain is None
    assert len(retrains(live)) == 1
    assert len(reports(live)) == 2 * len(FEATURES)


def test_names_only_the_features_over_the_limit(live: psycopg.Connection[Any]) -> None:
    scored(live, DRIFTED)
    live.execute("UPDATE payment_features SET night = 0 WHERE transaction_id <> 't0'")
    live.execute("UPDATE reference_bins SET share = abs(bin - 0.99) WHERE feature = 'night'")
    run(live)
    ((_, payload),) = retrains(live)
    assert set(payload["psi"]) == set(FEATURES) - {"night"}


def test_many_drift_jobs_at_once_ask_once(live: psycopg.Connection[Any]) -> None:
    scored(live, DRIFTED)

    async def work() -> None:
        now = datetime.now(UTC) + timedelta(seconds=1)
        async with Database(live.info.dsn, 8) as database:
            await asyncio.gather(*(drift.run(database, SETTINGS, now) for _ in range(8)))

    asyncio.run(work())
    assert len(retrains(live)) == 1


@pytest.mark.parametrize("status", ["succeeded", "failed"])
@pytest.mark.parametrize(("hours", "asked"), [(1, 0), (23, 0), (25, 1)])
def test_leaves_a_fresh_training_alone(
    live: psycopg.Connection[Any], status: str, hours: int, asked: int
) -> None:
    live.execute(
        "INSERT INTO jobs (kind, status, finished_at) "
        "VALUES ('retrain', %s, now() - make_interval(hours => %s))",
        (status, hours),
    )
    scored(live, DRIFTED)
    found = run(live, replace(SETTINGS, retrain_pause_hours=24))
    assert found is not None
    assert (found.retrain is not None) == bool(asked)
    assert len(retrains(live)) == 1 + asked


def test_says_nothing_of_few_payments(live: psycopg.Connection[Any]) -> None:
    assert run(live) is None
    scored(live, [1.0] * 9)
    assert run(live) is None
    assert reports(live) == []
    scored(live, [1.0], prefix="tenth")
    assert run(live) is not None


def test_forgets_payments_before_the_window(live: psycopg.Connection[Any]) -> None:
    scored(live, DRIFTED, at=datetime.now(UTC) - timedelta(hours=2), prefix="old")
    assert run(live) is None
    scored(live, STEADY)
    found = run(live)
    assert found is not None
    assert found.live_count == 100
    assert max(found.psi.values()) < 0.01


def test_compares_with_the_newest_version_that_scored(
    live: psycopg.Connection[Any], version_folder: Path
) -> None:
    scored(live, STEADY)
    scored(live, STEADY, version=4, prefix="u")
    with pytest.raises(drift.NoReferenceError, match=r"version 4 .*fraud-score reference"):
        run(live)
    newer = version_folder.with_name("4")
    version_folder.rename(newer)
    (newer / reference.FILE).write_text(json.dumps(reference_document(4, {})), encoding="utf-8")

    async def work() -> None:
        async with Database(live.info.dsn, 1) as pool, pool.connection() as connection:
            await reference.load(connection, reference.read(newer))

    asyncio.run(work())
    found = run(live)
    assert found is not None
    assert found.model_version == 4
