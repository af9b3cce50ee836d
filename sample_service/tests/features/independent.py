"""The features once more, written for no other end than to be slow, obvious, and not SQL."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Payment:
    transaction_id: str
    card_id: str
    amount_eur_cents: int
    occurred_at: datetime
    local_hour: int
    merchant_category: str
    merchant_descriptor: str
    card_country: str
    merchant_country: str
    device_age_days: int | None
    received_at: datetime


def known_before(payment: Payment, payments: Sequence[Payment]) -> list[Payment]:
    place = (payment.occurred_at, payment.transaction_id.encode())
    return [
        other
        for other in payments
        if other.card_id == payment.card_id
        if other.received_at <= payment.received_at
        if (other.occurred_at, other.transaction_id.encode()) < place
    ]


def features(payment: Payment, payments: Sequence[Payment]) -> dict[str, float]:
    known = known_before(payment, payments)
    month = [p for p in known if payment.occurred_at - p.occurred_at <= timedelta(hours=720)]
    hour = [p for p in known if payment.occurred_at - p.occurred_at <= timedelta(hours=1)]
    amount_vs_card = 0.0
    if month:
        mean = math.fsum(p.amount_eur_cents for p in month) / len(month)
        amount_vs_card = math.log(payment.amount_eur_cents / mean)
    age = payment.device_age_days
    return {
        "log_amount": math.log(payment.amount_eur_cents / 100),
        "amount_vs_card": amount_vs_card,
        "foreign_merchant": 0.0 if payment.card_country == payment.merchant_country else 1.0,
        "night": 1.0 if payment.local_hour in (0, 1, 2, 3, 4, 5) else 0.0,
        "risky_category": float(payment.merchant_category in ("4829", "6051", "6211", "7995")),
        "velocity": math.log(1 + len(hour)),
        "new_device": 0.0 if age is None else math.exp(-min(age, 365) / 7),
        "unknown_device": 1.0 if age is None else 0.0,
    }
