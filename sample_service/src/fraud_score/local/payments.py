"""Payments for the demo: the ordinary weeks of some cards, and what a thief does with them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import count, islice
from typing import Any


@dataclass(frozen=True)
class Scene:
    """A kind of payment.

    Attributes:
        title: What happens, in words.
        hour: When, at the place of purchase.
        country: Where.
        utc_offset: Its hours before UTC.
        category: Merchant category code.
        descriptor: Text on the card statement.
        cents: Amount.
        device_age_days: Since when the device is known; None where it is not.
    """

    title: str
    hour: int
    country: str
    utc_offset: int
    category: str
    descriptor: str
    cents: int
    device_age_days: int | None


EVERYDAY = (
    Scene("groceries at noon", 12, "DE", 1, "5411", "MARKT AM TOR 0412 BERLIN", 2_350, 410),
    Scene("coffee on the way", 8, "DE", 1, "5814", "KAFFEE ECKE 77", 480, 410),
    Scene("train ticket", 17, "DE", 1, "4111", "BAHN TICKET 88120453", 5_990, 410),
)
SUSPICIOUS = (
    Scene("crypto coins at night, new phone", 3, "EE", 2, "6051", "COINXCHANGE 4471", 189_000, 0),
    Scene("money order abroad, new phone", 4, "ES", 1, "4829", "FASTCASH TRANSFER 09", 95_000, 1),
)


def payments(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make payments of some cards, everyday ones first, suspicious ones after them.

    Args:
        number: How many.

    Yields:
        Title and payment, as ``openapi.yaml`` has it; transaction ids are new ones.
    """
    yield from islice(_endless(), number)


def _endless() -> Iterator[tuple[str, dict[str, Any]]]:
    run = uuid.uuid4().hex[:8]
    today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for card in count(1):
        for number, scene in enumerate((*EVERYDAY, *SUSPICIOUS), 1):
            place = timezone(timedelta(hours=scene.utc_offset))
            moment = today.astimezone(place).replace(hour=scene.hour, minute=7 * number)
            yield (
                scene.title,
                {
                    "transaction_id": f"demo-{run}-{card}-{number}",
                    "card_id": f"card-{run}-{card}",
                    "amount_eur_cents": scene.cents,
                    "occurred_at": (moment - timedelta(days=6 - number)).isoformat(),
                    "merchant_category": scene.category,
                    "merchant_descriptor": scene.descriptor,
                    "card_country": "DE",
                    "merchant_country": scene.country,
                    "device_age_days": scene.device_age_days,
                },
            )
