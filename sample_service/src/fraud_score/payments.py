"""What callers send: payments and labels, as they come from a checked body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from fraud_score.contract import moment


@dataclass(frozen=True)
class Payment:
    """A card payment, as known at the moment of authorisation.

    Attributes:
        transaction_id: The caller's identifier; comes back with the score.
        card_id: A token that stands for the card.
        amount_eur_cents: Amount in euro cents.
        occurred_at: Time of the payment.
        local_hour: Hour of the day at the place of purchase, 0 to 23.
        merchant_category: Four-digit merchant category code (ISO 18245).
        merchant_descriptor: Text on the card statement; "" when not known.
        card_country: Country of the card's issuer (ISO 3166-1 alpha-2).
        merchant_country: Country of the merchant (ISO 3166-1 alpha-2).
        device_age_days: Days since the device was first seen with this card; ``None`` when the
            device is not known.
    """

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

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Build a payment from a body that the definition allows."""
        occurred_at = moment(document["occurred_at"])
        age = document.get("device_age_days")
        return cls(
            transaction_id=document["transaction_id"],
            card_id=document["card_id"],
            # 100.0 is a whole number in JSON Schema, and a float in Python.
            amount_eur_cents=int(document["amount_eur_cents"]),
            occurred_at=occurred_at,
            local_hour=occurred_at.hour,
            merchant_category=document["merchant_category"],
            merchant_descriptor=document.get("merchant_descriptor", ""),
            card_country=document["card_country"],
            merchant_country=document["merchant_country"],
            device_age_days=None if age is None else int(age),
        )


@dataclass(frozen=True)
class Label:
    """What a payment turned out to be.

    Attributes:
        transaction_id: The payment.
        is_fraud: Whether it was a fraud.
        reported_at: When the bank or the reviewer said so.
    """

    transaction_id: str
    is_fraud: bool
    reported_at: datetime

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Build a label from a body that the definition allows, or from a job's payload."""
        reported_at = moment(document["reported_at"])
        return cls(document["transaction_id"], document["is_fraud"], reported_at)
