"""Numbers the model sees, computed the same way in training and in serving."""

from __future__ import annotations

import math

from fraud_score.transactions import Transaction

NIGHT_ENDS_AT = 6
"""Hour of the day, at the place of purchase, from which a payment no longer counts as night."""

DEVICE_TRUST_DAYS = 7.0
"""Days after which the doubt about a new device has fallen to 1/e."""

RISKY_CATEGORIES = frozenset({"4829", "6051", "6211", "7995"})
"""Money transfer, quasi cash, securities, betting: easy to turn into cash."""

FEATURES = (
    "log_amount",
    "foreign_merchant",
    "night",
    "risky_category",
    "velocity",
    "new_device",
    "unknown_device",
)
"""Names of the features, in the order of :func:`vector`."""


# --8<-- [start:compute]
def compute(transaction: Transaction) -> dict[str, float]:
    """Compute the features of one payment.

    Args:
        transaction: A valid payment.

    Returns:
        Every name of :data:`FEATURES` with its value:

        - ``log_amount``: natural logarithm of the amount in euro;
        - ``foreign_merchant``: 1 when card and merchant are of different countries;
        - ``night``: 1 from midnight to 6 o'clock at the place of purchase;
        - ``risky_category``: 1 for the categories of :data:`RISKY_CATEGORIES`;
        - ``velocity``: ``log(1 + payments with this card in the last hour)``;
        - ``new_device``: 1 for a device seen for the first time, falling towards 0;
        - ``unknown_device``: 1 when nothing is known of the device.
    """
    age = transaction.device_age_days
    return {
        "log_amount": math.log(transaction.amount_eur_cents / 100),
        "foreign_merchant": float(transaction.card_country != transaction.merchant_country),
        "night": float(transaction.occurred_at.hour < NIGHT_ENDS_AT),
        "risky_category": float(transaction.merchant_category in RISKY_CATEGORIES),
        "velocity": math.log1p(transaction.card_payments_last_hour),
        "new_device": 0.0 if age is None else math.exp(-age / DEVICE_TRUST_DAYS),
        "unknown_device": float(age is None),
    }


# --8<-- [end:compute]


def vector(transaction: Transaction) -> tuple[float, ...]:
    """Return the features of one payment in the order of :data:`FEATURES`.

    Example:
        >>> from datetime import datetime, timezone
        >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
        >>> vector(Transaction("t-1", 100, noon, "5411", "DE", "FR", 0, 0))
        (0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    """
    values = compute(transaction)
    return tuple(values[name] for name in FEATURES)
