"""``drift.sql`` against Python, on a real Postgres."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from tests.conftest import scratch_database
from tests.drift.conftest import scored
from tests.drift.independent import as_float32, psi

from fraud_features import FEATURES
from fraud_score.db import statement

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = {"window_start": NOW - timedelta(hours=1), "window_end": NOW, "model_version": 3}

_numbers = st.floats(-1e6, 1e6).map(lambda value: value if abs(value) > 1e-30 else 0.0)


@st.composite
def _references(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    uppers = sorted(draw(st.sets(_numbers.map(as_float32), max_size=9)))
    weights = draw(st.lists(st.integers(0, 50), min_size=len(uppers) + 1, max_size=len(uppers) + 1))
    weights[-1] += 1
    return uppers, [weight / sum(weights) for weight in weights]


@pytest.fixture(scope="module")
def connection(postgres: str, migrated: str) -> Iterator[psycopg.Connection[Any]]:
    with scratch_database(postgres, migrated) as url, psycopg.connect(url) as connection:
        yield connection


def measured(
    connection: psycopg.Connection[Any],
    values: Sequence[float],
    uppers: Sequence[float],
    shares: Sequence[float],
    at: datetime = NOW - timedelta(minutes=1),
) -> dict[str, tuple[float, int]]:
    """Return PSI and count of each feature; all have the same values and the same reference."""
    bins = [
        {"feature": name, "bin": number, "upper": upper, "share": share}
        for name in FEATURES
        for number, (upper, share) in enumerate(zip([*uppers, None], shares, strict=True))
    ]
    try:
        connection.execute(statement("load_reference"), {"model_version": 3, "bins": Jsonb(bins)})
        scored(connection, values, at=at)
        rows = connection.execute(statement("drift"), WINDOW).fetchall()
    finally:
        connection.rollback()
    return {name: (value, count) for name, value, count in rows}


@given(reference=_references(), data=st.data())
@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_agrees_with_python(
    connection: psycopg.Connection[Any],
    reference: tuple[list[float], list[float]],
    data: st.DataObject,
) -> None:
    uppers, shares = reference
    sides = st.sampled_from([-math.inf, math.inf])
    edges = st.sampled_from(uppers) if uppers else st.nothing()
    beside = st.builds(math.nextafter, edges.filter(bool), sides)
    values = data.draw(st.lists(_numbers | edges | beside, min_size=1, max_size=30))
    found = measured(connection, values, uppers, shares)
    expected = psi(values, uppers, shares)
    assert set(found) == set(FEATURES)
    for value, count in found.values():
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert count == len(values)


def test_the_same_payments_have_not_moved(connection: psycopg.Connection[Any]) -> None:
    found = measured(connection, [0.0] * 9 + [1.0], [0.0], [0.9, 0.1])
    value, count = found["night"]
    assert value == pytest.approx(0, abs=1e-12)
    assert count == 10


@pytest.mark.parametrize("number", [math.log(2), math.log(7), math.exp(-5 / 7), 0.1, 0.7])
def test_a_number_is_in_its_bin_whatever_its_width(
    connection: psycopg.Connection[Any], number: float
) -> None:
    """The reference was cut from float32, which is above or below the live value's float64."""
    found = measured(connection, [number], [as_float32(number)], [1.0, 0.0])
    assert found["velocity"][0] < 0.002  # the floor of the empty bin, no more


def test_an_empty_bin_is_no_infinity(connection: psycopg.Connection[Any]) -> None:
    found = measured(connection, [1.0] * 10, [0.0], [1.0, 0.0])
    assert found["night"][0] == pytest.approx(2 * 0.9999 * math.log(1 / 0.0001))


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        (NOW - timedelta(hours=1), 1),
        (NOW - timedelta(hours=1, microseconds=1), 0),
        (NOW - timedelta(microseconds=1), 1),
        (NOW, 0),
    ],
)
def test_counts_the_window_only(
    connection: psycopg.Connection[Any], at: datetime, counted: int
) -> None:
    assert measured(connection, [0.0], [0.0], [0.9, 0.1], at)["night"][1] == counted


def test_compares_with_the_version_asked_for(connection: psycopg.Connection[Any]) -> None:
    other = {**WINDOW, "model_version": 4}
    assert connection.execute(statement("drift"), other).fetchall() == []
