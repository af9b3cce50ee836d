"""The people and shops of the simulated world; nothing here is a real card or a real shop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fraud_model.config import Data

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

COUNTRIES = ("DE", "FR", "NL", "ES", "SE", "GB", "US", "CY")
"""Where cards and shops are."""

OFFSETS = np.array([60, 60, 60, 60, 60, 0, -300, 120])
"""Minutes ahead of UTC, without summer time: the simulation's clocks stay as they are."""

_CARD_SHARES = np.array([0.45, 0.2, 0.13, 0.12, 0.1, 0.0, 0.0, 0.0])
_CITIES = ("KOELN", "LYON", "UTRECHT", "SEVILLA", "MALMO", "LEEDS", "AUSTIN", "LIMASSOL")


@dataclass(frozen=True)
class Category:
    """A kind of shop.

    Attributes:
        code: Merchant category code (ISO 18245).
        share: Share of all payments at first, before the drift.
        later: Share after the new mix has come.
        euro: Median amount.
        spread: Standard deviation of the amount's logarithm.
        online: Whether it is paid for on the phone, at any hour.
        names: What its shops call themselves on a statement; the first one fraudsters like best.
    """

    code: str
    share: float
    later: float
    euro: float
    spread: float
    online: bool
    names: tuple[str, str, str]


CATEGORIES = (
    Category("5411", 0.26, 0.21, 24, 0.7, False, ("SPAETKAUF", "MARKTHALLE", "FRISCHEMARKT")),
    Category("5812", 0.14, 0.12, 21, 0.6, False, ("IMBISS", "TRATTORIA", "GASTHAUS")),
    Category("5541", 0.09, 0.07, 52, 0.4, False, ("AUTOHOF", "TANKSTELLE", "FUEL STOP")),
    Category("4111", 0.10, 0.10, 6, 0.8, False, ("TRAM TICKET", "STADTBAHN", "METRO")),
    Category("5912", 0.06, 0.05, 16, 0.7, False, ("PHARMA", "APOTHEKE", "DROGERIE")),
    Category("5651", 0.08, 0.07, 48, 0.7, False, ("OUTLET", "MODEHAUS", "KLEIDERECKE")),
    Category("5732", 0.03, 0.03, 140, 0.9, True, ("PHONE RESALE", "ELEKTROWELT", "KABELSHOP")),
    Category("5999", 0.09, 0.10, 30, 0.9, True, ("WEBSHOP EXPRESS", "ALLERLEI", "BASTELLADEN")),
    Category("5815", 0.07, 0.12, 9, 0.7, True, ("GIFTCODE24", "SERIEN ABO", "GAME STORE")),
    Category("8398", 0.01, 0.01, 15, 0.8, True, ("DONATE NOW", "TIERHILFE", "SPENDENKONTO")),
    Category("4511", 0.01, 0.01, 190, 0.7, True, ("LASTMINUTE AIR", "FLUGLINIE", "REISEFLUG")),
    Category("7011", 0.02, 0.02, 120, 0.6, False, ("APARTMENT NOW", "HOTEL POST", "PENSION")),
    Category("4829", 0.01, 0.02, 90, 0.9, True, ("CASH EXPRESS", "GELD TRANSFER", "REMIT")),
    Category("6051", 0.005, 0.03, 80, 1.0, True, ("COINSWAP", "BITWECHSEL", "KRYPTO KASSE")),
    Category("6211", 0.01, 0.02, 150, 1.0, True, ("TRADE PRIME", "BROKER DIREKT", "FONDSBANK")),
    Category("7995", 0.015, 0.02, 25, 0.9, True, ("SPIN BONUS", "LOTTO", "WETTBUERO")),
)
"""Shares add up to one before and after the new mix."""

NAME_SHARES = np.array([0.12, 0.46, 0.42])
"""How honest payments spread over a category's names."""


@dataclass(frozen=True)
class Cards:
    """Habits of ``n`` cards, one row each.

    Attributes:
        country: Index into :data:`COUNTRIES`.
        thrift: Logarithm of how much more than others the owner spends.
        per_month: Payments a month.
        hour: Hour of the day around which the owner pays.
        abroad: Share of payments outside the home country.
        device_days: Days after which the owner changes phones.
        device_phase: Age of the phone on the first day of the simulation, in days.
        no_app: Whether the owner pays without a phone that tells its age.
    """

    country: Ints
    thrift: Floats
    per_month: Floats
    hour: Floats
    abroad: Floats
    device_days: Floats
    device_phase: Floats
    no_app: Flags


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the random numbers of one purpose: drawing more for one leaves the others as they are.

    Args:
        seed: Seed of the whole simulation.
        purpose: What they are for, like ``"fraud", 3``.
    """
    key = tuple("/".join(map(str, purpose)).encode())
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def make_cards(data: Data) -> Cards:
    """Draw the habits of all cards."""
    draw = stream(data.seed, "cards")
    count = data.cards
    traveller = draw.random(count) < 0.12
    device_days = draw.uniform(250, 900, count)
    return Cards(
        country=draw.choice(len(COUNTRIES), count, p=_CARD_SHARES),
        thrift=draw.normal(0, 0.35, count),
        per_month=draw.gamma(4.0, 3.0, count),
        hour=draw.normal(14, 2.0, count),
        abroad=np.where(traveller, 0.25, 0.03),
        device_days=device_days,
        device_phase=draw.uniform(0, 1, count) * device_days,
        no_app=draw.random(count) < 0.06,
    )


def category_shares(data: Data, month: int) -> Floats:
    """Return the share of each category in honest payments of a month."""
    new = month >= data.drift.new_mix_from
    return np.array([category.later if new else category.share for category in CATEGORIES])


def descriptor(category: int, name: int, country: int, number: int) -> str:
    """Return what stands on the card's statement, like ``"MARKTHALLE 4711 KOELN"``."""
    kind = CATEGORIES[category]
    separator = "*" if kind.online else " "
    return f"{kind.names[name]}{separator}{number:04d} {_CITIES[country]}"
