"""What callers send: deliveries and labels, as they come from a checked body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from new_service.contract import moment


@dataclass(frozen=True)
class Delivery:
    """A delivery, as known when the route is planned.

    Attributes:
        delivery_id: The caller's identifier; comes back with the score.
        courier_id: A token that stands for the courier.
        distance_km: Way from the stop before, in kilometres.
        parcels: How many parcels are handed over.
        planned_at: When it should be there.
        local_hour: Hour of the day at the place of delivery, 0 to 23.
    """

    delivery_id: str
    courier_id: str
    distance_km: float
    parcels: int
    planned_at: datetime
    local_hour: int

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Build a delivery from a body that the definition allows."""
        planned_at = moment(document["planned_at"])
        return cls(
            delivery_id=document["delivery_id"],
            courier_id=document["courier_id"],
            distance_km=float(document["distance_km"]),
            # 2.0 is a whole number in JSON Schema, and a float in Python.
            parcels=int(document["parcels"]),
            planned_at=planned_at,
            local_hour=planned_at.hour,
        )


@dataclass(frozen=True)
class Label:
    """How a delivery ended.

    Attributes:
        delivery_id: The delivery.
        late: Whether it came late.
        reported_at: When it was said so.
    """

    delivery_id: str
    late: bool
    reported_at: datetime

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Build a label from a body that the definition allows."""
        return cls(document["delivery_id"], document["late"], moment(document["reported_at"]))
