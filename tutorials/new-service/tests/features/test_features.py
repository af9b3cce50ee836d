"""``features.sql`` and ``training.sql`` on a real Postgres: what is seen, and what is not."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from new_service_features import FEATURES, features_sql, training_sql

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Row:
    """Columns of ``deliveries`` that a test says; a column added later has its default."""

    delivery_id: str = "d"
    courier_id: str = "courier"
    distance_km: float = 0.0
    parcels: int = 1
    planned_at: datetime = NOON
    local_hour: int = 12
    received_at: datetime = NOON


def insert(connection: psycopg.Connection[Any], deliveries: Sequence[Row]) -> None:
    names = list(vars(deliveries[0]))
    values = ", ".join(f"%({name})s" for name in names)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO deliveries ({', '.join(names)}) VALUES ({values})".encode(),
            [vars(one) for one in deliveries],
        )


def computed(
    connection: psycopg.Connection[Any], *deliveries: Row
) -> dict[str, Mapping[str, float]]:
    """Return each feature of each delivery."""
    try:
        insert(connection, deliveries)
        ids = [one.delivery_id for one in deliveries]
        rows = connection.execute(features_sql().encode(), {"ids": ids}).fetchall()
    finally:
        connection.rollback()
    return {name: dict(zip(FEATURES, values, strict=True)) for name, *values in rows}


def test_features_of_a_plain_delivery(connection: psycopg.Connection[Any]) -> None:
    found = computed(connection, Row(distance_km=2.5, parcels=3))["d"]
    assert found["log_distance"] == pytest.approx(math.log(3.5), rel=1e-12)
    assert found["log_parcels"] == pytest.approx(math.log(3), rel=1e-12)
    assert (found["rush_hour"], found["courier_load"]) == (0, 0)
    assert all(type(value) is float for value in found.values())


@pytest.mark.parametrize("hour", range(24))
def test_rush_hour(connection: psycopg.Connection[Any], hour: int) -> None:
    found = computed(connection, Row(local_hour=hour))["d"]
    assert found["rush_hour"] == (1 if hour in (7, 8, 9, 16, 17, 18) else 0)


EARLIER = Row("a", planned_at=NOON - HOUR)


@pytest.mark.parametrize(
    ("other", "seen"),
    [
        (EARLIER, True),
        (replace(EARLIER, planned_at=NOON - 2 * HOUR), True),
        (replace(EARLIER, planned_at=NOON - 2 * HOUR - TICK), False),
        (replace(EARLIER, planned_at=NOON + TICK), False),
        (replace(EARLIER, planned_at=NOON), True),  # the same moment, an id before
        (replace(EARLIER, planned_at=NOON, delivery_id="Z"), True),  # before by its byte
        (replace(EARLIER, planned_at=NOON, delivery_id="z"), False),  # an id after
        (replace(EARLIER, courier_id="another"), False),
        (replace(EARLIER, received_at=NOON + TICK), False),  # the score was without it
    ],
)
def test_the_couriers_load_is_what_was_known(
    connection: psycopg.Connection[Any], other: Row, seen: bool
) -> None:
    load = computed(connection, Row(), other)["d"]["courier_load"]
    assert load == pytest.approx(math.log(2) if seen else 0)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_does_not_depend_on_the_time_zone(connection: psycopg.Connection[Any], zone: str) -> None:
    # Between these two, the clocks of Berlin are put forward.
    night = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    connection.execute(f"SET LOCAL TIME ZONE '{zone}'".encode())
    rows = Row("a", planned_at=night), Row("d", planned_at=night + 2 * HOUR)
    assert computed(connection, *rows)["d"]["courier_load"] == pytest.approx(math.log(2))


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def test_a_long_table_is_read_by_its_indexes_only(connection: psycopg.Connection[Any]) -> None:
    try:
        connection.execute(
            """
            INSERT INTO deliveries (
                delivery_id, courier_id, distance_km, parcels, planned_at, local_hour
            )
            SELECT 'd' || i, 'c' || i / 20, 1, 1, timestamptz '2026-01-01Z' + i * interval '1 s', 12
            FROM generate_series(1, 50000) AS i
            """
        )
        connection.execute("ANALYZE deliveries")
        ids = [f"d{number * 150}" for number in range(1, 33)]
        row = connection.execute(
            b"EXPLAIN (FORMAT JSON) " + features_sql().encode(), {"ids": ids}
        ).fetchone()
    finally:
        connection.rollback()
    assert row
    plan = row[0][0]["Plan"]
    used = {node["Index Name"] for node in nodes(plan) if "Index Name" in node}
    assert used == {"deliveries_pkey", "deliveries_courier_load"}, json.dumps(plan, indent=1)
    assert not [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"]


AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
PARAMETERS = {"as_of": AS_OF, "history_days": 100, "label_delay_days": 7}
Label = tuple[str, bool, datetime]


def learned(
    connection: psycopg.Connection[Any], deliveries: Sequence[Row], labels: Sequence[Label]
) -> list[tuple[Any, ...]]:
    try:
        insert(connection, deliveries)
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO labels VALUES (%s, %s, %s)", labels)
        return connection.execute(training_sql().encode(), PARAMETERS).fetchall()
    finally:
        connection.rollback()


@pytest.mark.parametrize(
    ("age", "reported", "taken"),
    [
        (7 * 24 * HOUR, AS_OF, False),  # others of that day are still to be reported
        (7 * 24 * HOUR + TICK, AS_OF, True),
        (100 * 24 * HOUR, AS_OF, True),
        (100 * 24 * HOUR + TICK, AS_OF, False),
        (30 * 24 * HOUR, AS_OF + TICK, False),  # nobody knew at that moment
    ],
)
def test_learns_from_what_was_reported_and_is_neither_too_young_nor_too_old(
    connection: psycopg.Connection[Any], age: timedelta, reported: datetime, taken: bool
) -> None:
    rows = learned(connection, [Row(planned_at=AS_OF - age)], [("d", True, reported)])
    assert [row[1] for row in rows] == ([True] if taken else [])


def test_learns_with_the_features_that_serving_sees(connection: psycopg.Connection[Any]) -> None:
    moment = AS_OF - 30 * 24 * HOUR
    # Nobody reported the third; the others still see it.
    rows = [Row(name, planned_at=moment + n * HOUR / 4) for n, name in enumerate("cab")]
    labels = [("b", True, AS_OF), ("a", False, AS_OF)]
    found = learned(connection, rows, labels)
    serving = computed(connection, *rows)
    assert [row[:3] for row in found] == [
        (rows[1].planned_at, False, "a"),
        (rows[2].planned_at, True, "b"),
    ]
    assert [list(row[3:]) for row in found] == [list(serving[name].values()) for name in "ab"]
    assert serving["a"]["courier_load"] > 0
