"""How readiness came about: what was known of each service, day by day."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct


class Mark(Struct, frozen=True, array_like=True):
    """How a service stood: its level ("" for none), rules met of those that apply, its team."""

    level: str
    met: int
    applicable: int
    team: str = ""


class Entry(Struct, frozen=True, omit_defaults=True):
    """One line of the history: what had changed by ``day`` (YYYY-MM-DD); None for one gone."""

    day: str
    services: dict[str, Mark | None]


class Point(Struct, frozen=True):
    """How many services stood at each level ("" for none) on a day."""

    day: str
    levels: Counter[str]


class Trend(Struct, frozen=True):
    """The history as plots need it, each in the order of days.

    ``teams`` are by the name of the team at the time; ``services`` by slug.
    """

    fleet: tuple[Point, ...] = ()
    teams: dict[str, tuple[Point, ...]] = {}
    services: dict[str, tuple[tuple[str, Mark], ...]] = {}
