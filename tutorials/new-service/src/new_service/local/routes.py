"""Deliveries for the demo: the ordinary day of some couriers, and what is too much for one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import count, islice
from typing import Any


@dataclass(frozen=True)
class Stop:
    """A kind of delivery.

    Attributes:
        title: What it is, in words.
        hour: When it is planned, at the place of delivery.
        distance_km: Way from the stop before.
        parcels: How many are handed over.
    """

    title: str
    hour: int
    distance_km: float
    parcels: int


STOPS = (
    Stop("two parcels around the corner", 11, 1.2, 2),
    Stop("an office at noon", 12, 4.0, 3),
    Stop("a letter in the evening", 20, 2.5, 1),
    Stop("many parcels in the morning rush", 8, 24.0, 18),
    Stop("the far suburb after work", 17, 46.0, 25),
)


def deliveries(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make deliveries of some couriers, easy ones first, demanding ones after them.

    Args:
        number: How many.

    Yields:
        Title and delivery, as ``openapi.yaml`` has it; delivery ids are new ones.
    """
    yield from islice(_endless(), number)


def _endless() -> Iterator[tuple[str, dict[str, Any]]]:
    run = uuid.uuid4().hex[:8]
    today = datetime.now(UTC).astimezone(timezone(timedelta(hours=1)))
    for courier in count(1):
        for number, stop in enumerate(STOPS, 1):
            planned = today.replace(hour=stop.hour, minute=7 * number, second=0, microsecond=0)
            yield (
                stop.title,
                {
                    "delivery_id": f"demo-{run}-{courier}-{number}",
                    "courier_id": f"courier-{run}-{courier}",
                    "distance_km": stop.distance_km,
                    "parcels": stop.parcels,
                    "planned_at": planned.isoformat(),
                },
            )
