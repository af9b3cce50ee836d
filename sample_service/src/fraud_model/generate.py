"""Make the simulated payments, and what was reported about them: the same seed, the same bytes.

``python -m fraud_model.generate`` writes ``payments.csv`` and ``labels.csv``. Every month has
random numbers of its own, so a month is the same whether others are made with it or not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from fraud_model.config import Config, Data, command
from fraud_model.patterns import PATTERNS, Pattern
from fraud_model.world import (
    CATEGORIES,
    COUNTRIES,
    OFFSETS,
    Cards,
    Floats,
    Ints,
    category_shares,
    descriptor,
    make_cards,
    name_shares,
    stream,
)

MINUTES_OF_A_DAY = 1440
UNKNOWN = -1
"""Age of a device that does not tell it."""

_USUAL_EURO = 35.0
_CODES = [category.code for category in CATEGORIES]
_ONLINE = np.array([category.online for category in CATEGORIES])
_EURO = np.array([category.euro for category in CATEGORIES])
_SPREAD = np.array([category.spread for category in CATEGORIES])


@dataclass(frozen=True)
class Payment:
    """One payment, as in the request of the API; ``None`` where a device does not tell its age."""

    transaction_id: str
    card_id: str
    amount_eur_cents: int
    occurred_at: str
    merchant_category: str
    merchant_descriptor: str
    card_country: str
    merchant_country: str
    device_age_days: int | None


@dataclass(frozen=True)
class Label:
    """What was reported about a payment, and when."""

    transaction_id: str
    is_fraud: bool
    reported_at: str


@dataclass(frozen=True)
class _Columns:
    """Payments of a month, one row each: ``minute`` counts from its first moment in UTC."""

    card: Ints
    minute: Floats
    category: Ints
    name: Ints
    country: Ints
    cents: Ints
    device: Ints
    fraud: Ints

    @classmethod
    def joined(cls, parts: list[_Columns]) -> _Columns:
        """Return the rows of all parts in order of time."""
        columns = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        order = np.argsort(columns["minute"], kind="stable")
        return cls(**{name: column[order] for name, column in columns.items()})


def month_of(data: Data, month: int, prefix: str = "t") -> list[tuple[Payment, Label | None]]:
    """Make one month of payments in order of time.

    Args:
        data: The simulated world.
        month: Which one, from 1; those after ``data.months`` are as good.
        prefix: Start of the transaction ids.

    Returns:
        Payments, each with its label, or ``None`` where nobody ever reported anything.
    """
    cards = make_cards(data)
    first, days = _calendar(data, month)
    parts = [_honest(data, cards, month, days)]
    parts += [_fraud(data, cards, month, days, p, len(parts[0].card)) for p in _active(data, month)]
    return list(_rows(data, cards, month, first, _Columns.joined(parts), prefix))


def start_of(data: Data, month: int) -> datetime:
    """Return the first moment of a month, counted from 1."""
    return _calendar(data, month)[0]


def write(data: Data, payments: Path, labels: Path) -> tuple[int, int, int]:
    """Write all months of the data set.

    Returns:
        How many payments, labels and reported frauds were written.
    """
    rows = [row for month in range(1, data.months + 1) for row in month_of(data, month)]
    known = [label for _, label in rows if label]
    payments.parent.mkdir(parents=True, exist_ok=True)
    labels.parent.mkdir(parents=True, exist_ok=True)
    _write_csv(payments, Payment, (payment for payment, _ in rows))
    _write_csv(labels, Label, known)
    return len(rows), len(known), sum(label.is_fraud for label in known)


def run(config: Config) -> None:
    """Write the files of ``paths.data`` and say what is in them."""
    count, known, frauds = write(config.data, config.paths.payments, config.paths.labels)
    print(
        f"{config.paths.payments}: {count} payments of {config.data.months} months; "
        f"{config.paths.labels}: {known} reports, {frauds} of fraud ({frauds / count:.2%})"
    )


def _calendar(data: Data, month: int) -> tuple[datetime, int]:
    start = np.datetime64(data.start, "M") + (month - 1)
    days = int(((start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")).astype(int))
    return datetime.fromisoformat(f"{start}-01T00:00:00+00:00"), days


def _active(data: Data, month: int) -> list[Pattern]:
    return [p for p in PATTERNS if not p.new or month >= data.drift.new_pattern_from]


def _honest(data: Data, cards: Cards, month: int, days: int) -> _Columns:
    """Draw what the owners buy."""
    draw = stream(data.seed, "honest", month)
    card = np.repeat(np.arange(data.cards), draw.poisson(cards.per_month * days / 30))
    count = len(card)
    category = draw.choice(len(CATEGORIES), count, p=category_shares(data, month))
    abroad = draw.random(count) < cards.abroad[card]
    country = np.where(abroad, draw.integers(0, len(COUNTRIES), count), cards.country[card])
    hour = draw.normal(cards.hour[card], np.where(_ONLINE[category], 4.5, 3.0)) % 24
    minute = draw.integers(0, days, count) * MINUTES_OF_A_DAY + hour * 60 - OFFSETS[country]
    euro = _EURO[category] * np.exp(cards.thrift[card] + draw.normal(0, _SPREAD[category]))
    return _Columns(
        card=card,
        minute=minute,
        category=category,
        name=draw.choice(len(name_shares()), count, p=name_shares()),
        country=country,
        cents=_cents(data, month, euro),
        device=_own_device(data, cards, month, card, minute, draw),
        fraud=np.zeros(count, dtype=np.int64),
    )


def _fraud(
    data: Data, cards: Cards, month: int, days: int, pattern: Pattern, honest: int
) -> _Columns:
    """Draw the payments of one pattern, enough of them for its part of ``data.fraud_rate``."""
    draw = stream(data.seed, "fraud", pattern.name, month)
    part = pattern.share / sum(p.share * np.mean(p.payments) for p in _active(data, month))
    episodes = draw.poisson(honest * data.fraud_rate * part)
    lengths = draw.integers(pattern.payments[0], pattern.payments[1] + 1, episodes)
    episode = np.repeat(np.arange(episodes), lengths)
    card = draw.integers(0, data.cards, episodes)[episode]
    count = len(card)
    category = draw.choice([_CODES.index(code) for code in pattern.categories], count)
    elsewhere = (cards.country[card] + draw.integers(1, len(COUNTRIES), count)) % len(COUNTRIES)
    country = np.where(draw.random(count) < pattern.abroad, elsewhere, cards.country[card])
    start = draw.integers(0, days, episodes) * MINUTES_OF_A_DAY
    start = start + draw.uniform(*pattern.hours, episodes) * 60
    minute = start[episode] + _running(draw.exponential(pattern.gap_minutes, count), lengths)
    minute = minute - OFFSETS[country]
    usual = _USUAL_EURO * np.exp(cards.thrift[card]) if pattern.relative else 1.0
    euro = pattern.euro * usual * np.exp(draw.normal(0, 0.6, count))
    others = draw.integers(1, len(name_shares()), count)
    return _Columns(
        card=card,
        minute=minute,
        category=category,
        name=np.where(draw.random(count) < pattern.favourite, 0, others),
        country=country,
        cents=_cents(data, month, euro),
        device=_thief_device(data, cards, month, pattern, card, minute, draw),
        fraud=np.ones(count, dtype=np.int64),
    )


def _running(gaps: Floats, lengths: Ints) -> Floats:
    """Return the time since the start of each row of payments, whose lengths are given."""
    total = np.cumsum(gaps)
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return total - np.repeat(total[first], lengths) if len(gaps) else total


def _cents(data: Data, month: int, euro: Floats) -> Ints:
    inflated = euro * 100 * (1 + data.drift.inflation) ** (month - 1)
    return np.clip(np.rint(inflated), 1, 100_000_000).astype(np.int64)


def _own_device(  # noqa: PLR0913, PLR0917
    data: Data,
    cards: Cards,
    month: int,
    card: Ints,
    minute: Floats,
    draw: np.random.Generator,
) -> Ints:
    """Return the age of the owner's phone in days: it grows until the owner buys a new one."""
    before = (start_of(data, month) - start_of(data, 1)).days
    days = before + minute / MINUTES_OF_A_DAY + cards.device_phase[card]
    age = np.floor(days % cards.device_days[card]).astype(np.int64)
    silent = 0.4 if month >= data.drift.app_release else 0.03
    return np.where(cards.no_app[card] | (draw.random(len(card)) < silent), UNKNOWN, age)


def _thief_device(  # noqa: PLR0913, PLR0917
    data: Data,
    cards: Cards,
    month: int,
    pattern: Pattern,
    card: Ints,
    minute: Floats,
    draw: np.random.Generator,
) -> Ints:
    if pattern.device == "own":
        return _own_device(data, cards, month, card, minute, draw)
    age = draw.integers(0, 3, len(card))
    silent = 0.8 if pattern.device == "unknown" else 0.1
    return np.where(draw.random(len(card)) < silent, UNKNOWN, age)


def _rows(  # noqa: PLR0913, PLR0917
    data: Data, cards: Cards, month: int, first: datetime, columns: _Columns, prefix: str
) -> Iterator[tuple[Payment, Label | None]]:
    draw = stream(data.seed, "reports", month)
    count = len(columns.card)
    chance, delay = draw.random(count), np.exp(draw.normal(np.log(9), 0.7, count))
    zones = [timezone(timedelta(minutes=int(offset))) for offset in OFFSETS]
    table = zip(*(getattr(columns, f.name).tolist() for f in fields(columns)), strict=True)
    for index, (card, minute, category, name, country, cents, device, fraud) in enumerate(table):
        moment = first + timedelta(seconds=round(minute * 60))
        number = (card * 7919 + index) % 10_000 if CATEGORIES[category].online else country * 1000
        payment = Payment(
            transaction_id=f"{prefix}-{month:02d}-{index:06d}",
            card_id=f"card-{card:06d}",
            amount_eur_cents=cents,
            occurred_at=moment.astimezone(zones[country]).isoformat(),
            merchant_category=CATEGORIES[category].code,
            merchant_descriptor=descriptor(category, name, country, number + name),
            card_country=COUNTRIES[cards.country[card]],
            merchant_country=COUNTRIES[country],
            device_age_days=None if device == UNKNOWN else device,
        )
        yield payment, _label(payment, moment, bool(fraud), chance[index], delay[index])


def _label(
    payment: Payment, moment: datetime, fraud: bool, chance: float, days: float
) -> Label | None:
    """Return what the bank reports: most frauds after days or weeks, few others by mistake."""
    reported = moment + timedelta(days=min(days, 90.0))
    at = reported.astimezone(UTC).isoformat(timespec="seconds")
    if fraud:
        return Label(payment.transaction_id, True, at) if chance < 0.97 else None
    if chance < 0.0005:  # the owner has forgotten, or says so
        return Label(payment.transaction_id, True, at)
    return Label(payment.transaction_id, False, at) if chance < 0.01 else None


def _write_csv(path: Path, kind: type[Payment | Label], rows: Iterable[Payment | Label]) -> None:
    """Write the rows beside the file's final name, then rename: nobody reads half a file."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(kind)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    partial.replace(path)


main = command(run)

if __name__ == "__main__":
    main()
