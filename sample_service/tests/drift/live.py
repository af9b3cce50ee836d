"""Live payments for tests: those of the model's generator, put into the service's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from fraud_model import stream
from fraud_model.config import load
from fraud_score.db import statement
from fraud_score.payments import Payment

Request = tuple[dict[str, Any], dict[str, Any] | None]


def requests(count: int) -> list[Request]:
    """Return payments of the small generated world, and what is reported about them.

    They begin with its first month and end today; their ids name the month: ``s-07-...``. From the
    fifth on, people buy other things.
    """
    ends = datetime.now(UTC).isoformat()
    overrides = ["stream.month=1", f"stream.count={count}", f"stream.ends='{ends}'"]
    return list(stream.payments(load(["data=small", *overrides])))


def of_month(requests: Sequence[Request], number: int) -> list[Request]:
    """Return the payments of one month."""
    return [one for one in requests if one[0]["transaction_id"].startswith(f"s-{number:02}-")]


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
