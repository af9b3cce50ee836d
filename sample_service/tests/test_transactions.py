from __future__ import annotations

from typing import Any

import pytest

from fraud_score.transactions import InvalidTransactionError, Transaction

WRONG: dict[str, tuple[str, Any]] = {
    "empty id": ("transaction_id", ""),
    "id with a newline": ("transaction_id", "tx-1\n"),
    "amount of zero": ("amount_eur_cents", 0),
    "amount as text": ("amount_eur_cents", "100"),
    "amount as true": ("amount_eur_cents", True),
    "amount as fraction": ("amount_eur_cents", 10.5),
    "time without offset": ("occurred_at", "2026-03-01T12:00:00"),
    "time without date": ("occurred_at", "12:00"),
    "a date only": ("occurred_at", "2026-03-01"),
    "category as number": ("merchant_category", 5411),
    "small letters": ("card_country", "de"),
    "negative count": ("card_payments_last_hour", -1),
    "age as text": ("device_age_days", "new"),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_field_is_named(
    examples: dict[str, dict[str, Any]], name: str, value: object
) -> None:
    with pytest.raises(InvalidTransactionError) as raised:
        Transaction.from_json({**examples["everyday"], name: value})
    assert [error.pointer for error in raised.value.errors] == [f"/{name}"]


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(InvalidTransactionError) as raised:
        Transaction.from_json({"amount": 5, "card_country": "DEU"})
    pointers = [error.pointer for error in raised.value.errors]
    assert pointers[0] == "/amount"
    assert set(pointers[1:]) == {
        "/transaction_id",
        "/amount_eur_cents",
        "/occurred_at",
        "/merchant_category",
        "/card_country",
        "/merchant_country",
        "/card_payments_last_hour",
    }


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_only_an_object_is_a_payment(document: object) -> None:
    with pytest.raises(InvalidTransactionError, match="must be a JSON object"):
        Transaction.from_json(document)


def test_an_unknown_device_may_be_left_out_or_null(examples: dict[str, dict[str, Any]]) -> None:
    given = dict(examples["everyday"])
    null = Transaction.from_json({**given, "device_age_days": None})
    del given["device_age_days"]
    assert Transaction.from_json(given) == null
    assert null.device_age_days is None
