"""Live payments for tests: those of the model's generator, put into the service's tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from fraud_model import stream
from fraud_model.config import load
from fraud_score.db import statement
from fraud_score.payments import Payment

Request = tuple[dict[str, Any], dict[str, Any] | None]


def requests(month: int, count: int, prefix: str) -> list[Request]:
    """Return payments of the small generated world, and what is reported about them."""
    overrides = [f"stream.month={month}", f"stream.count={count}", f"stream.prefix={prefix}"]
    return list(stream.payments(load(["data=small", *overrides])))


def insert(url: str, requests: Iterable[Request]) -> None:
    """Insert payments, as received when they happened, and their labels."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        pairs = list(requests)
        payments = [vars(Payment.from_document(payment)) for payment, _ in pairs]
        cursor.executemany(statement("insert_payment"), payments)
        cursor.execute("UPDATE payments SET received_at = occurred_at")
        cursor.executemany(
            "INSERT INTO labels VALUES (%(transaction_id)s, %(is_fraud)s, %(reported_at)s)",
            [label for _, label in pairs if label],
        )


def versions(models: Path) -> set[str]:
    """Return what there is of the model ``fraud``: numbers, and folders half written."""
    return {entry.name for entry in (models / "fraud").glob("*")}
