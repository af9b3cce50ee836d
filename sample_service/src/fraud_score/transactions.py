"""What a payment is, and what makes a request invalid."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MAX_AMOUNT_EUR_CENTS = 100_000_000
MAX_COUNT = 1_000_000

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CATEGORY = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class FieldError:
    """One mistake of a request.

    Attributes:
        pointer: JSON Pointer to the field (RFC 6901), e.g. ``/card_country``.
        detail: What was expected there.
    """

    pointer: str
    detail: str


class InvalidTransactionError(ValueError):
    """A payment has mistakes; all of them are in ``errors``."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in errors))


@dataclass(frozen=True)
class Transaction:
    """A card payment, as known at the moment of authorisation.

    Attributes:
        transaction_id: The caller's identifier; comes back with the score.
        amount_eur_cents: Amount in euro cents. Callers convert other currencies.
        occurred_at: Time of the payment, with the offset of the place of purchase.
        merchant_category: Four-digit merchant category code (ISO 18245).
        card_country: Country of the card's issuer (ISO 3166-1 alpha-2).
        merchant_country: Country of the merchant (ISO 3166-1 alpha-2).
        card_payments_last_hour: Earlier payments with this card in the last 60 minutes.
        device_age_days: Days since the device was first seen with this card; ``None`` when
            the device is not known.
    """

    transaction_id: str
    amount_eur_cents: int
    occurred_at: datetime
    merchant_category: str
    card_country: str
    merchant_country: str
    card_payments_last_hour: int
    device_age_days: int | None = None

    @classmethod
    def from_json(cls, document: object) -> Transaction:
        """Build a payment from a decoded JSON document.

        Args:
            document: Any decoded JSON value.

        Returns:
            The payment.

        Raises:
            InvalidTransactionError: The document is no valid payment. Every mistake is
                reported, not only the first.
        """
        if not isinstance(document, Mapping):
            raise InvalidTransactionError((FieldError("", "must be a JSON object"),))
        errors = [
            FieldError(f"/{name}", "is not a field of a payment")
            for name in document
            if name not in _CHECKS
        ]
        errors += [
            FieldError(f"/{name}", problem)
            for name, check in _CHECKS.items()
            if (problem := _problem(document, name, check))
        ]
        if errors:
            raise InvalidTransactionError(tuple(errors))
        return cls(**{**document, "occurred_at": _time(document["occurred_at"])})


def _problem(document: Mapping[str, Any], name: str, check: Callable[[Any], str]) -> str:
    if name not in document:
        return "" if name in _OPTIONAL else "is missing"
    return check(document[name])


def _matches(pattern: re.Pattern[str], expected: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        found = isinstance(value, str) and pattern.fullmatch(value)
        return "" if found else f"must be {expected}"

    return check


def _whole(low: int, high: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        # bool is an int in Python, but true is no number in JSON.
        right = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return "" if right else f"must be a whole number from {low} to {high}"

    return check


def _is_time(value: Any) -> str:
    expected = "must be a date and time with an offset (RFC 3339), e.g. 2026-03-01T09:30:00+01:00"
    if not isinstance(value, str):
        return expected
    try:
        time = _time(value)
    except ValueError:
        return expected
    return "" if time.tzinfo and "T" in value.upper() else expected


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _or_none(check: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: "" if value is None else check(value)


_CHECKS: dict[str, Callable[[Any], str]] = {
    "transaction_id": _matches(_ID, "1 to 64 letters, digits, '-' or '_'"),
    "amount_eur_cents": _whole(1, MAX_AMOUNT_EUR_CENTS),
    "occurred_at": _is_time,
    "merchant_category": _matches(_CATEGORY, "four digits"),
    "card_country": _matches(_COUNTRY, "two capital letters"),
    "merchant_country": _matches(_COUNTRY, "two capital letters"),
    "card_payments_last_hour": _whole(0, MAX_COUNT),
    "device_age_days": _or_none(_whole(0, MAX_COUNT)),
}
_OPTIONAL = frozenset({"device_age_days"})
