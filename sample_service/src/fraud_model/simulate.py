"""Draw a month of the simulated world: what owners buy, and what thieves do with their cards."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property

import numpy as np

from fraud_model.config import Data
from fraud_model.patterns import PATTERNS, Pattern
from fraud_model.world import (
    CATEGORIES,
    COUNTRIES,
    NAME_SHARES,
    OFFSETS,
    Cards,
    Floats,
    Ints,
    category_shares,
    make_cards,
    stream,
)

UNKNOWN = -1
"""Age of a device that does not tell it."""

_MINUTES_OF_A_DAY = 1440
_USUAL_EURO = 35.0
_CODES = [category.code for category in CATEGORIES]
_ONLINE = np.array([category.online for category in CATEGORIES])
_EURO = np.array([category.euro for category in CATEGORIES])
_SPREAD = np.array([category.spread for category in CATEGORIES])


@dataclass(frozen=True)
class Columns:
    """Payments of a month, one row each.

    Attributes:
        card: Which card.
        minute: Minutes since the month began, in UTC.
        category: Index into the categories.
        name: Index into the names of the category.
        country: Country of the shop, index into the countries.
        cents: Amount in euro cents.
        device: Age of the device in days, or :data:`UNKNOWN`.
        fraud: 1 for fraud, 0 for the rest.
    """

    card: Ints
    minute: Floats
    category: Ints
    name: Ints
    country: Ints
    cents: Ints
    device: Ints
    fraud: Ints

    @classmethod
    def joined(cls, parts: list[Columns]) -> Columns:
        """Return the rows of all parts in order of time."""
        columns = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        order = np.argsort(columns["minute"], kind="stable")
        return cls(**{name: column[order] for name, column in columns.items()})


@dataclass(frozen=True)
class Month:
    """A month of the simulation; it is the same whether others are drawn with it or not.

    Attributes:
        data: The simulated world.
        number: Which month, from 1; those after ``data.months`` are as good.
    """

    data: Data
    number: int

    @cached_property
    def cards(self) -> Cards:
        """Habits of the cards, the same in every month."""
        return make_cards(self.data)

    @property
    def first(self) -> datetime:
        """First moment."""
        return datetime.fromisoformat(f"{self._calendar}-01T00:00:00+00:00")

    @property
    def days(self) -> int:
        """Number of days."""
        ends = (self._calendar + 1).astype("datetime64[D]") - self._calendar.astype("datetime64[D]")
        return int(ends.astype(int))

    @property
    def patterns(self) -> list[Pattern]:
        """Kinds of fraud that are known by now."""
        known = self.number >= self.data.drift.new_pattern_from
        return [pattern for pattern in PATTERNS if known or not pattern.new]

    def columns(self) -> Columns:
        """Draw all payments, in order of time."""
        honest = self._honest()
        frauds = [self._fraud(pattern, len(honest.card)) for pattern in self.patterns]
        return Columns.joined([honest, *frauds])

    @property
    def _calendar(self) -> np.datetime64:
        return np.datetime64(self.data.start, "M") + (self.number - 1)

    def _honest(self) -> Columns:
        """Draw what the owners buy."""
        draw, cards = stream(self.data.seed, "honest", self.number), self.cards
        card = np.repeat(np.arange(self.data.cards), draw.poisson(cards.per_month * self.days / 30))
        count = len(card)
        category = draw.choice(len(CATEGORIES), count, p=category_shares(self.data, self.number))
        abroad = draw.random(count) < cards.abroad[card]
        country = np.where(abroad, draw.integers(0, len(COUNTRIES), count), cards.country[card])
        hour = draw.normal(cards.hour[card], np.where(_ONLINE[category], 4.5, 3.0)) % 24
        minute = draw.integers(0, self.days, count) * _MINUTES_OF_A_DAY + hour * 60
        minute = minute - OFFSETS[country]
        euro = _EURO[category] * np.exp(cards.thrift[card] + draw.normal(0, _SPREAD[category]))
        return Columns(
            card=card,
            minute=minute,
            category=category,
            name=draw.choice(len(NAME_SHARES), count, p=NAME_SHARES),
            country=country,
            cents=self._cents(euro),
            device=self._owners_device(card, minute, draw),
            fraud=np.zeros(count, dtype=np.int64),
        )

    def _fraud(self, pattern: Pattern, honest: int) -> Columns:
        """Draw the payments of one pattern: its part of ``data.fraud_rate`` of the honest ones."""
        draw, cards = stream(self.data.seed, "fraud", pattern.name, self.number), self.cards
        per_episode = sum(p.share * np.mean(p.payments) for p in self.patterns)
        episodes = draw.poisson(honest * self.data.fraud_rate * (pattern.share / per_episode))
        lengths = draw.integers(pattern.payments[0], pattern.payments[1] + 1, episodes)
        episode = np.repeat(np.arange(episodes), lengths)
        card = draw.integers(0, self.data.cards, episodes)[episode]
        count = len(card)
        category = draw.choice([_CODES.index(code) for code in pattern.categories], count)
        elsewhere = (cards.country[card] + draw.integers(1, len(COUNTRIES), count)) % len(COUNTRIES)
        country = np.where(draw.random(count) < pattern.abroad, elsewhere, cards.country[card])
        days = draw.integers(0, self.days, episodes) * _MINUTES_OF_A_DAY
        start = (days + draw.uniform(*pattern.hours, episodes) * 60)[episode]
        minute = start + _running(draw.exponential(pattern.gap_minutes, count), lengths)
        minute = minute - OFFSETS[country]
        usual = _USUAL_EURO * np.exp(cards.thrift[card]) if pattern.relative else 1.0
        euro = pattern.euro * usual * np.exp(draw.normal(0, 0.6, count))
        others = draw.integers(1, len(NAME_SHARES), count)
        return Columns(
            card=card,
            minute=minute,
            category=category,
            name=np.where(draw.random(count) < pattern.favourite, 0, others),
            country=country,
            cents=self._cents(euro),
            device=self._thiefs_device(pattern, card, minute, draw),
            fraud=np.ones(count, dtype=np.int64),
        )

    def _cents(self, euro: Floats) -> Ints:
        inflated = euro * 100 * (1 + self.data.drift.inflation) ** (self.number - 1)
        return np.clip(np.rint(inflated), 1, 100_000_000).astype(np.int64)

    def _owners_device(self, card: Ints, minute: Floats, draw: np.random.Generator) -> Ints:
        """Return the age of the owner's phone in days: it grows until the owner buys a new one."""
        before = (self.first - Month(self.data, 1).first).days
        days = before + minute / _MINUTES_OF_A_DAY + self.cards.device_phase[card]
        age = np.floor(days % self.cards.device_days[card]).astype(np.int64)
        silent = 0.4 if self.number >= self.data.drift.app_release else 0.03
        return np.where(self.cards.no_app[card] | (draw.random(len(card)) < silent), UNKNOWN, age)

    def _thiefs_device(
        self, pattern: Pattern, card: Ints, minute: Floats, draw: np.random.Generator
    ) -> Ints:
        if pattern.device == "own":
            return self._owners_device(card, minute, draw)
        age = draw.integers(0, 3, len(card))
        silent = 0.8 if pattern.device == "unknown" else 0.1
        return np.where(draw.random(len(card)) < silent, UNKNOWN, age)


def _running(gaps: Floats, lengths: Ints) -> Floats:
    """Return the time since the first payment of each episode, whose lengths are given."""
    total = np.cumsum(gaps)
    first = np.cumsum(lengths) - lengths
    return total - np.repeat(total[first], lengths) if len(gaps) else total
