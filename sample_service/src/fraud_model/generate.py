"""Make the simulated payments, and what was reported about them: the same seed, the same bytes.

``python -m fraud_model.generate`` writes ``payments.csv`` and ``labels.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from fraud_model.config import Config, Data, command
from fraud_model.simulate import UNKNOWN, Columns, Month
from fraud_model.world import CATEGORIES, COUNTRIES, OFFSETS, descriptor, stream

_NEVER_REPORTED = 0.03
_REPORTED_BY_MISTAKE = 0.0005
_LOOKED_AT = 0.01
"""Share of honest payments that a person looked at and found genuine."""


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


def month_of(data: Data, number: int, prefix: str = "t") -> Iterator[tuple[Payment, Label | None]]:
    """Make one month of payments in order of time.

    Args:
        data: The simulated world.
        number: Which month, from 1; those after ``data.months`` are as good.
        prefix: Start of the transaction ids.

    Yields:
        Payments, each with its label, or ``None`` where nobody ever reported anything.
    """
    month = Month(data, number)
    columns = month.columns()
    draw = stream(data.seed, "reports", number)
    count = len(columns.card)
    chances, delays = draw.random(count), np.exp(draw.normal(np.log(9), 0.7, count))
    payments = _payments(month, columns, prefix)
    reports = zip(columns.fraud.tolist(), chances, delays, strict=True)
    for payment, (fraud, chance, days) in zip(payments, reports, strict=True):
        yield payment, _label(payment, bool(fraud), chance, timedelta(days=min(days, 90.0)))


def write(data: Data, payments: Path, labels: Path) -> tuple[int, int, int]:
    """Write all months of the data set.

    Returns:
        How many payments, labels and reported frauds were written.
    """
    rows = [row for number in range(1, data.months + 1) for row in month_of(data, number)]
    known = [label for _, label in rows if label]
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


def _payments(month: Month, columns: Columns, prefix: str) -> Iterator[Payment]:
    first, home = month.first, month.cards.country
    zones = [timezone(timedelta(minutes=int(offset))) for offset in OFFSETS]
    rows = zip(*(getattr(columns, f.name).tolist() for f in fields(columns)), strict=True)
    for index, (card, minute, category, name, country, cents, device, _) in enumerate(rows):
        moment = first + timedelta(seconds=round(minute * 60))
        number = (card * 7919 + index) % 10_000 if CATEGORIES[category].online else country * 1000
        yield Payment(
            transaction_id=f"{prefix}-{month.number:02d}-{index:06d}",
            card_id=f"card-{card:06d}",
            amount_eur_cents=cents,
            occurred_at=moment.astimezone(zones[country]).isoformat(),
            merchant_category=CATEGORIES[category].code,
            merchant_descriptor=descriptor(category, name, country, number + name),
            card_country=COUNTRIES[home[card]],
            merchant_country=COUNTRIES[country],
            device_age_days=None if device == UNKNOWN else device,
        )


def _label(payment: Payment, fraud: bool, chance: float, after: timedelta) -> Label | None:
    """Return what is reported: most frauds after days or weeks, few others by mistake."""
    reported = datetime.fromisoformat(payment.occurred_at) + after
    at = reported.astimezone(UTC).isoformat(timespec="seconds")
    if fraud:
        seen = chance < 1 - _NEVER_REPORTED
        return Label(payment.transaction_id, True, at) if seen else None
    if chance < _REPORTED_BY_MISTAKE:
        return Label(payment.transaction_id, True, at)
    return Label(payment.transaction_id, False, at) if chance < _LOOKED_AT else None


def _write_csv(path: Path, kind: type[Payment | Label], rows: Iterable[Payment | Label]) -> None:
    """Write the rows beside the file's final name, then rename: nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(kind)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    partial.replace(path)


main = command(run)

if __name__ == "__main__":
    main()
