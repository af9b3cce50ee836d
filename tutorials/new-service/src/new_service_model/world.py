"""The simulated world: couriers, their days, the weather, and who comes late. Nobody here is real.

What comes late is drawn from what a dispatcher knows (distance, parcels, hour, the courier's load)
and from what only the street knows: the rain, and the courier.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Relative: `dvc.lock` comes with the repo and knows this file by its digest, whatever the service
# is called.
from .config import Data

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

ZONES = 8
"""Parts of the city, each with weather of its own."""

UTC_OFFSET = 60
"""Minutes of the city's clocks before UTC, without summer time."""

LATE_SHOWS = 15
"""Minutes behind plan from which a delivery is late."""

_DAYS = 6  # Monday to Saturday
_DAY = 24 * 60
_OPENS, _CLOSES = 8, 20


def draws(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the random numbers of one purpose: drawing more for one leaves the others as they are.

    Args:
        seed: Seed of the whole simulation.
        purpose: What they are for, like ``"rain", 3``.
    """
    key = tuple("/".join(map(str, purpose)).encode())
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def monday(data: Data, number: int) -> datetime:
    """Return the first moment of a week, by the city's clocks, in UTC."""
    first = datetime.fromisoformat(data.start).replace(tzinfo=UTC)
    return first + timedelta(weeks=number - 1, minutes=-UTC_OFFSET)


def week(data: Data, number: int) -> Columns:
    """Draw one week; it is the same whether others are drawn with it or not.

    Args:
        data: The simulated world.
        number: Which week, from 1; those after ``data.weeks`` are as good.

    Returns:
        Deliveries in order of time, a column for each of: ``courier`` (number), ``planned`` and
        ``received`` (minutes since :func:`monday`), ``distance_km``, ``parcels``, ``rain_mm`` (in
        that hour), ``late``, ``arrived`` (minutes after ``planned``).
    """
    draw = draws(data.seed, "week", number)
    habits = draws(data.seed, "couriers")
    per_day, slowness = habits.gamma(6, 1.5, data.couriers), habits.normal(0, 0.3, data.couriers)
    counts = draw.poisson(np.repeat(per_day[:, None], _DAYS, axis=1))
    courier = np.repeat(np.arange(data.couriers), counts.sum(axis=1))
    day = np.concatenate([np.repeat(np.arange(_DAYS), row) for row in counts])
    planned = day * _DAY + _minutes(draw, len(courier))
    order = np.lexsort((courier, planned))
    courier, day, planned = courier[order], day[order], planned[order]
    columns: Columns = {
        "courier": courier,
        "planned": planned,
        "received": _received(draw, day, planned),
        "distance_km": np.round(np.clip(np.exp(draw.normal(1.4, 0.7, len(day))), 0.2, 40), 1),
        "parcels": np.minimum(draw.geometric(0.4, len(day)), 12),
        "rain_mm": _rain(data, number)[courier % ZONES, planned // 60],
    }
    chance = _chance(columns) + slowness[courier]
    late = draw.random(len(day)) < 1 / (1 + np.exp(-chance))
    delay = draw.exponential(25, len(day)).astype(np.int64)
    early = draw.integers(-20, LATE_SHOWS, len(day))
    arrived = np.where(late, LATE_SHOWS + np.minimum(delay, 240), early)
    return {**columns, "late": late, "arrived": arrived}


def _minutes(draw: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Return minutes of the day: all through it, and more of them in the rush hours."""
    steady = draw.uniform(_OPENS, _CLOSES, count)
    rush = np.where(
        draw.random(count) < 0.4, draw.normal(8.7, 0.5, count), draw.normal(17, 1, count)
    )
    hour = np.where(draw.random(count) < 0.3, rush, steady)
    return (np.clip(hour, _OPENS, _CLOSES - 0.02) * 60).astype(np.int64)


def _received(
    draw: np.random.Generator, day: NDArray[np.int64], planned: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return when each was asked for: most in the night before, the rest an hour or a few ahead."""
    at_night = day * _DAY + draw.integers(60, 5 * 60, len(day))
    ahead = planned - draw.integers(45, 180, len(day))
    return np.where(draw.random(len(day)) < 0.85, at_night, ahead)


def _rain(data: Data, number: int) -> Floats:
    """Return millimetres of rain ``[zone, hour of the week]``: dry, but for a few wet spells."""
    draw = draws(data.seed, "rain", number)
    rain = np.zeros((ZONES, 7 * 24))
    for zone in range(ZONES):
        for day in np.flatnonzero(draw.random(7) < 0.55):
            start, length = int(draw.integers(5, 18)), int(draw.integers(2, 8))
            hours = day * 24 + np.arange(start, min(start + length, 24))
            rain[zone, hours] = draw.gamma(2.0, 1.2) * draw.uniform(0.4, 1.6, len(hours))
    return np.round(rain, 1)


def _chance(columns: Columns) -> Floats:
    """Return the log-odds of coming late: curves, not straight lines."""
    distance, parcels, rain = (columns[name] for name in ("distance_km", "parcels", "rain_mm"))
    hour = columns["planned"] % _DAY // 60
    rush = ((hour >= 7) & (hour <= 9)) | ((hour >= 16) & (hour <= 18))
    far = 4.0 * np.maximum(0, np.log(distance / 6))  # near by, a kilometre more is nothing
    busy = 1.2 * np.maximum(0, _load(columns["courier"], columns["planned"]) - 2)
    wet = 3.2 * (1 - np.exp(-rain / 1.5))  # past a few millimetres nobody gets wetter
    chance: Floats = -4.6 + far + np.minimum(busy, 3) + wet + 0.6 * np.log(parcels) + 1.2 * rush
    return chance


def _load(courier: NDArray[np.int64], planned: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many deliveries of the same courier are planned in the two hours before."""
    order = np.lexsort((planned, courier))
    # One axis for all: a courier's week is far from the next one's.
    moment = courier[order] * (100 * _DAY) + planned[order]
    first = np.searchsorted(moment, moment - 120, side="left")
    load = np.empty(len(order), dtype=np.int64)
    load[order] = np.arange(len(order)) - first
    return load
