"""``training.sql``: which payments are learned from, and what is known of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from tests.features.test_features import HOUR, PLAIN, TICK, insert

from fraud_features import FEATURES, features_sql, training_sql

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
DAY = 24 * HOUR
PARAMETERS = {"as_of": AS_OF, "history_days": 100, "label_delay_days": 30}


def payment(transaction_id: str, age: timedelta) -> Any:
    moment = AS_OF - age
    return replace(
        PLAIN, transaction_id=transaction_id, occurred_at=moment, received_at=moment + TICK
    )


def rows(
    connection: psycopg.Connection[Any],
    payments: list[Any],
    labels: list[tuple[str, bool, datetime]],
) -> list[tuple[Any, ...]]:
    try:
        insert(connection, payments)
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO labels VALUES (%s, %s, %s)", labels)
        return connection.execute(training_sql(), PARAMETERS).fetchall()
    finally:
        connection.rollback()


@pytest.mark.parametrize(
    ("age", "taken"),
    [
        (30 * DAY, False),
        (30 * DAY + TICK, True),
        (100 * DAY, True),
        (100 * DAY + TICK, False),
        (timedelta(), False),
        (-DAY, False),
    ],
)
def test_takes_what_is_old_enough_and_not_too_old(
    connection: psycopg.Connection[Any], age: timedelta, taken: bool
) -> None:
    assert bool(rows(connection, [payment("p", age)], [])) == taken


@pytest.mark.parametrize(
    ("labels", "is_fraud"),
    [
        ([], False),
        ([("p", True, AS_OF)], True),
        ([("p", False, AS_OF)], False),
        ([("p", True, AS_OF + TICK)], False),  # nobody knew at that moment
    ],
)
def test_labels_as_they_stood(
    connection: psycopg.Connection[Any],
    labels: list[tuple[str, bool, datetime]],
    is_fraud: bool,
) -> None:
    assert [row[1] for row in rows(connection, [payment("p", 40 * DAY)], labels)] == [is_fraud]


def test_has_the_features_that_serving_sees(connection: psycopg.Connection[Any]) -> None:
    # The third is too old to be learned from, but the first two are still compared with it.
    payments = [payment(*it) for it in (("b", 99 * DAY), ("a", 99 * DAY), ("c", 101 * DAY))]
    found = rows(connection, payments, [])
    insert(connection, payments)
    serving = connection.execute(features_sql(), {"ids": ["a", "b"]})
    assert serving.description is not None
    names = [column.name for column in serving.description]
    expected = sorted(serving.fetchall())
    connection.rollback()
    assert names == ["transaction_id", "merchant_descriptor", *FEATURES]
    assert [row[2:] for row in found] == expected
    assert [row[2] for row in found] == ["a", "b"]
