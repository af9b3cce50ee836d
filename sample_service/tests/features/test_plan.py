"""How ``features.sql`` is worked: through the indexes, in the same time however long the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from fraud_features import features_sql

# Cards have ten payments each, however many payments there are.
FILL = """
INSERT INTO payments (
    transaction_id, card_id, amount_eur_cents, occurred_at, received_at, local_hour,
    merchant_category, card_country, merchant_country
)
SELECT 't' || i, 'c' || i / 10, i + 1, moment, moment, 12, '5411', 'DE', 'FR'
FROM generate_series(%s::int, %s::int - 1) AS i,
    LATERAL (SELECT timestamptz '2026-01-01 00:00Z' + i * interval '1 s' AS moment) AS times
"""


def fill(connection: psycopg.Connection[Any], first: int, end: int) -> None:
    connection.execute(FILL, (first, end))
    connection.execute("ANALYZE payments")


def explain(connection: psycopg.Connection[Any], count: int) -> dict[str, Any]:
    statement = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + features_sql()
    ids = [f"t{i * 150}" for i in range(count)]
    row = connection.execute(statement, {"ids": ids}).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.fixture(scope="module")
def plans(connection: psycopg.Connection[Any]) -> Iterator[dict[int, dict[str, Any]]]:
    """Plans of 32 payments in a table of 20,000 and of 200,000 payments."""
    fill(connection, 0, 20_000)
    small = explain(connection, 32)
    fill(connection, 20_000, 200_000)
    yield {20_000: small, 200_000: explain(connection, 32)}
    connection.rollback()


def test_uses_both_indexes(plans: dict[int, dict[str, Any]]) -> None:
    found = list(nodes(plans[200_000]))
    used = {node["Index Name"] for node in found if "Index Name" in node}
    assert used == {"payments_pkey", "payments_card_history"}, json.dumps(plans[200_000], indent=1)
    assert not [node for node in found if node["Node Type"] == "Seq Scan"]


def test_reads_no_more_of_a_longer_table(plans: dict[int, dict[str, Any]]) -> None:
    """Pages, not seconds: the same on every machine. The indexes are a level deeper."""
    pages = {
        size: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for size, plan in plans.items()
    }
    assert pages[200_000] < 2 * pages[20_000]
