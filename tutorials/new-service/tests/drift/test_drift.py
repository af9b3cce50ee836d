"""Drift: what is measured, kept and asked for, and what it is compared with."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.drift.conftest import FLAG, Bins, reference_document, scored

from new_service import drift, reference
from new_service.db import Database
from new_service.settings import Settings
from new_service_features import FEATURES

SETTINGS = Settings(drift_minimum=10, drift_hours=1)
STEADY = [0.0] * 90 + [1.0] * 10
DRIFTED = [0.0] * 50 + [1.0] * 50


def load(url: str, folder: Path) -> None:
    async def work() -> None:
        async with Database(url, 1) as pool, pool.connection() as connection:
            await reference.load(connection, reference.read(folder))

    asyncio.run(work())


@pytest.fixture
def live(database: str, version_folder: Path) -> Iterator[psycopg.Connection[Any]]:
    """A database that knows the reference of version 3."""
    load(database, version_folder)
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


def test_measures_every_feature_and_keeps_what_it_found(live: psycopg.Connection[Any]) -> None:
    scored(live, DRIFTED)
    found = run(live)
    assert found is not None
    by_hand = (0.5 - 0.9) * math.log(0.5 / 0.9) + (0.5 - 0.1) * math.log(0.5 / 0.1)
    assert found.psi == pytest.approx(dict.fromkeys(FEATURES, by_hand))
    assert (found.model_version, found.live_count) == (3, 100)
    kept = live.execute("SELECT feature, psi FROM drift_reports").fetchall()
    assert dict(kept) == found.psi


@pytest.mark.parametrize(
    ("value", "bins"),
    [
        # The reference was cut from float32, which is above or below the live value's float64.
        (math.log(7), [(1.9459101, 1.0), (None, 0.0)]),
        (0.1, [(0.10000000149011612, 1.0), (None, 0.0)]),
    ],
)
def test_a_number_is_in_its_bin_whatever_its_width(
    live: psycopg.Connection[Any], version_folder: Path, value: float, bins: Bins
) -> None:
    every = reference_document(3, dict.fromkeys(FEATURES, bins))
    (version_folder / reference.FILE).write_text(json.dumps(every), encoding="utf-8")
    load(live.info.dsn, version_folder)
    scored(live, [value] * 10)
    found = run(live)
    assert found is not None
    assert max(found.psi.values()) < 0.002  # the floor of the empty bin, no more


def test_asks_for_one_retrain(live: psycopg.Connection[Any]) -> None:
    scored(live, DRIFTED)
    found = run(live)
    assert found is not None
    assert found.retrain is not None
    ((status, payload),) = retrains(live)
    assert (status, payload["reason"], payload["model_version"]) == ("queued", "drift", 3)
    assert payload["psi"] == {name: round(value, 4) for name, value in found.psi.items()}
    again = run(live)
    assert again is not None
    assert again.retrain is None
    assert len(retrains(live)) == 1


def test_asks_for_nothing_while_nothing_has_moved(live: psycopg.Connection[Any]) -> None:
    scored(live, STEADY)
    found = run(live)
    assert found is not None
    assert max(found.psi.values()) < 0.001
    assert retrains(live) == []


@pytest.mark.parametrize(("hours", "asked"), [(23, 0), (25, 1)])
def test_leaves_a_fresh_training_alone(
    live: psycopg.Connection[Any], hours: int, asked: int
) -> None:
    live.execute(
        "INSERT INTO jobs (kind, status, finished_at) "
        "VALUES ('retrain', 'succeeded', now() - make_interval(hours => %s))",
        (hours,),
    )
    scored(live, DRIFTED)
    run(live, replace(SETTINGS, retrain_pause_hours=24))
    assert len(retrains(live)) == 1 + asked


def test_says_nothing_of_few_deliveries_nor_of_old_ones(live: psycopg.Connection[Any]) -> None:
    assert run(live) is None
    scored(live, DRIFTED, at=datetime.now(UTC) - timedelta(hours=2), prefix="old")
    scored(live, [1.0] * 9)
    assert run(live) is None
    scored(live, [1.0], prefix="tenth")
    found = run(live)
    assert found is not None
    assert found.live_count == 10


def test_a_version_without_a_reference_is_named(live: psycopg.Connection[Any]) -> None:
    scored(live, STEADY, version=4)
    with pytest.raises(drift.NoReferenceError, match=r"version 4 .*new-service reference"):
        run(live)


def test_a_version_from_before_a_feature_was_there_is_measured_by_those_it_knows(
    database: str, version_folder: Path
) -> None:
    document = reference_document(3, {})
    del document["features"][FEATURES[-1]]
    (version_folder / reference.FILE).write_text(json.dumps(document), encoding="utf-8")
    load(database, version_folder)
    with psycopg.connect(database, autocommit=True) as connection:
        scored(connection, STEADY)
        found = run(connection)
    assert found is not None
    assert set(found.psi) == set(FEATURES[:-1])


def test_a_version_exported_again_replaces_the_old_bins(
    database: str, version_folder: Path
) -> None:
    name = FEATURES[0]
    for bins in ([(0.1, 0.25), (0.5, 0.25), (None, 0.5)], [(0.2, 0.4), (None, 0.6)]):
        text = json.dumps(reference_document(3, {name: bins}))
        (version_folder / reference.FILE).write_text(text, encoding="utf-8")
        for _ in range(2):
            load(database, version_folder)
    with psycopg.connect(database) as connection:
        query = "SELECT upper, share FROM reference_bins WHERE feature = %s ORDER BY bin"
        assert connection.execute(query, [name]).fetchall() == [(0.2, 0.4), (None, 0.6)]


def with_bins(bins: Bins) -> dict[str, Any]:
    return reference_document(3, {FEATURES[0]: bins})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], "expected {"),
        (reference_document(4, {}), "model_version: expected 3, the folder's name, not 4"),
        ({"model_version": 3, "features": {}}, f"features.{FEATURES[-1]}: expected a list"),
        ({"model_version": 3, "features": {"colour": []}}, "'colour' is none of"),
        (with_bins([(2, 0.5), (1, 0.4), (None, 0.1)]), "each 'upper' to be a number above"),
        (with_bins([(1, 1.0)]), "[0].upper: expected null"),
        (with_bins([(1, 0.5), (None, 0.4)]), "add up to 1, not 0.9"),
        (with_bins([*FLAG, *FLAG]), "each 'upper' to be a number"),
    ],
)
def test_names_the_mistake_of_a_reference(
    version_folder: Path, document: Any, expected: str
) -> None:
    path = version_folder / reference.FILE
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(reference.ReferenceFileError) as caught:
        reference.read(version_folder)
    assert str(path) in str(caught.value)
    assert expected in str(caught.value)
