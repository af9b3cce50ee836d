"""``features.sql`` against Python, on a real Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from tests.features.independent import Payment, features

from fraud_features import FEATURES, features_sql

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
PLAIN = Payment("p", "card", 2_000, NOON, 12, "5411", "SHOP", "DE", "DE", 300, NOON)

# Payments at the edges of both windows, at the same moment, and at both ends of a summer time.
_EDGES = [timedelta(), HOUR, 2 * HOUR, 719 * HOUR, 720 * HOUR, 721 * HOUR, 800 * HOUR]
_moments = st.builds(
    lambda edge, ticks: NOON + edge + ticks * TICK, st.sampled_from(_EDGES), st.integers(-1, 1)
)
_payments = st.lists(
    st.builds(
        Payment,
        transaction_id=st.text("aB_-1", min_size=1, max_size=4),
        card_id=st.sampled_from(["card", "other"]),
        amount_eur_cents=st.integers(1, 100_000_000),
        occurred_at=_moments,
        local_hour=st.integers(0, 23),
        merchant_category=st.sampled_from(["4829", "6051", "6211", "7995", "5411", "0000"]),
        merchant_descriptor=st.text(st.characters(exclude_characters="\0", codec="utf-8")),
        card_country=st.sampled_from(["DE", "FR"]),
        merchant_country=st.sampled_from(["DE", "FR"]),
        device_age_days=st.none() | st.integers(0, 2**31 - 1),
        received_at=_moments,
    ),
    max_size=12,
    unique_by=lambda payment: payment.transaction_id,
)


def insert(connection: psycopg.Connection[Any], payments: Sequence[Payment]) -> None:
    names = [field.name for field in fields(Payment)]
    statement = (
        f"INSERT INTO payments ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [astuple(p) for p in payments])


def computed(
    connection: psycopg.Connection[Any], payments: Sequence[Payment], ids: Sequence[str]
) -> dict[str, tuple[Any, ...]]:
    try:
        insert(connection, payments)
        rows = connection.execute(features_sql(), {"ids": list(ids)})
        return {row[0]: row[1:] for row in rows}
    finally:
        connection.rollback()


@given(payments=_payments)
@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_agrees_with_python(connection: psycopg.Connection[Any], payments: list[Payment]) -> None:
    found = computed(connection, payments, [p.transaction_id for p in payments])
    assert found.keys() == {p.transaction_id for p in payments}
    for payment in payments:
        descriptor, *values = found[payment.transaction_id]
        assert descriptor == payment.merchant_descriptor
        expected = features(payment, payments)
        assert list(expected) == list(FEATURES)
        assert values == pytest.approx(list(expected.values()), rel=1e-12, abs=1e-12)


def earlier(**changes: Any) -> Payment:
    return replace(PLAIN, transaction_id="a", occurred_at=NOON - timedelta(minutes=1), **changes)


@pytest.mark.parametrize(
    ("other", "seen"),
    [
        (earlier(), True),
        (replace(PLAIN, transaction_id="a", occurred_at=NOON - HOUR), True),
        (replace(PLAIN, transaction_id="a", occurred_at=NOON - HOUR - TICK), False),
        (replace(PLAIN, transaction_id="a", occurred_at=NOON + TICK), False),
        (replace(PLAIN, transaction_id="a"), True),  # the same moment, an id before
        (replace(PLAIN, transaction_id="Z"), True),  # before by its byte, not in a dictionary
        (replace(PLAIN, transaction_id="z"), False),  # the same moment, an id after
        (earlier(received_at=NOON), True),
        (earlier(received_at=NOON + TICK), False),  # it came in late: the score was without it
    ],
)
def test_sees_what_was_known(
    connection: psycopg.Connection[Any], other: Payment, seen: bool
) -> None:
    other = replace(other, card_id="card", amount_eur_cents=1_000)
    found = computed(connection, [PLAIN, other], ["p"])["p"]
    by_name = dict(zip(("descriptor", *FEATURES), found, strict=True))
    assert (by_name["velocity"] > 0) == seen


def test_a_later_payment_changes_no_row(connection: psycopg.Connection[Any]) -> None:
    history = [PLAIN, earlier(amount_eur_cents=700)]
    later = replace(PLAIN, transaction_id="q", occurred_at=NOON + HOUR, received_at=NOON + HOUR)
    before = computed(connection, history, ["p", "a"])
    after = computed(connection, [*history, later], ["p", "a"])
    assert before == after


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_does_not_depend_on_the_time_zone(connection: psycopg.Connection[Any], zone: str) -> None:
    # In Berlin, 30 days after this moment are 719 hours: a night of 23 hours lies between.
    start = datetime(2026, 3, 15, 12, tzinfo=UTC)
    payments = [
        replace(PLAIN, transaction_id="a", occurred_at=start, amount_eur_cents=1_000),
        replace(PLAIN, occurred_at=start + 720 * HOUR, received_at=start + 720 * HOUR),
    ]
    connection.execute(f"SET LOCAL TIME ZONE '{zone}'")
    found = computed(connection, payments, ["p"])["p"]
    assert found[2] == pytest.approx(0.6931471805599453)


def other_order(connection: psycopg.Connection[Any]) -> str:
    """Return a collation that has "a" before "Z", as dictionaries do and bytes do not."""
    names = connection.execute("SELECT collname FROM pg_collation ORDER BY collname").fetchall()
    for (name,) in names:
        collation = sql.Identifier(name)
        try:
            with connection.transaction():
                query = sql.SQL("SELECT text 'a' < 'Z' COLLATE {}").format(collation)
                if connection.execute(query).fetchone() == (True,):
                    return str(name)
        except psycopg.Error:
            continue  # not of this database's encoding, or not in this build
    connection.rollback()
    pytest.skip("this Postgres knows no order of text but that of bytes")


def test_does_not_depend_on_the_order_of_text(connection: psycopg.Connection[Any]) -> None:
    collation = sql.Identifier(other_order(connection))
    change = "ALTER TABLE payments ALTER transaction_id TYPE text COLLATE {}"
    connection.execute(sql.SQL(change).format(collation))
    payments = [replace(PLAIN, transaction_id="a"), replace(PLAIN, transaction_id="Z")]
    found = computed(connection, payments, ["a", "Z"])
    velocity = 1 + FEATURES.index("velocity")
    assert found["a"][velocity] > found["Z"][velocity] == 0


def test_leaves_out_unknown_ids(connection: psycopg.Connection[Any]) -> None:
    assert set(computed(connection, [PLAIN], ["p", "unknown"])) == {"p"}
    assert computed(connection, [PLAIN], []) == {}
