"""Make the simulated deliveries, and what was reported about them: the same seed, the same bytes.

Run as a module, it writes ``deliveries.csv`` and ``labels.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

# Relative: `dvc.lock` comes with the repo and knows this file by its digest, whatever the service
# is called.
from .config import Config, Data, command
from .world import UTC_OFFSET, Columns, draws, monday, week

_NEVER_REPORTED = 0.02
_CITY = timezone(timedelta(minutes=UTC_OFFSET))


@dataclass(frozen=True)
class Delivery:
    """One delivery: a row of the file. A column of the world that has no field here is not known.

    ``planned_at`` is by the city's clocks, ``received_at`` is when the service was told of it.
    """

    delivery_id: str
    courier_id: str
    distance_km: float
    parcels: int
    planned_at: str
    received_at: str


@dataclass(frozen=True)
class Label:
    """What was reported about a delivery, and when."""

    delivery_id: str
    late: bool
    reported_at: str


_Row = TypeVar("_Row", Delivery, Label)


def week_of(data: Data, number: int) -> Iterator[tuple[Delivery, Label | None]]:
    """Make one week of deliveries in order of time.

    Args:
        data: The simulated world.
        number: Which week, from 1; those after ``data.weeks`` are as good.

    Yields:
        Deliveries, each with its label, or ``None`` where nobody ever reported anything.
    """
    columns, first = week(data, number), monday(data, number)
    silent = draws(data.seed, "reports", number).random(len(columns["late"])) < _NEVER_REPORTED
    for index, row in enumerate(_rows(columns)):
        planned = first + timedelta(minutes=row["planned"])
        arrived = planned + timedelta(minutes=row["arrived"])
        known = {
            **row,
            "delivery_id": f"d-{number:02d}-{index:06d}",
            "courier_id": f"courier-{row['courier']:04d}",
            "planned_at": planned.astimezone(_CITY).isoformat(),
            "received_at": (first + timedelta(minutes=row["received"])).isoformat(),
            "reported_at": arrived.astimezone(UTC).isoformat(),
        }
        yield _made(Delivery, known), None if silent[index] else _made(Label, known)


def write(data: Data, deliveries: Path, labels: Path) -> tuple[int, int, int]:
    """Write all weeks of the data set.

    Returns:
        How many deliveries, labels and late ones among these were written.
    """
    rows = [row for number in range(1, data.weeks + 1) for row in week_of(data, number)]
    known = [label for _, label in rows if label]
    _write_csv(deliveries, Delivery, (delivery for delivery, _ in rows))
    _write_csv(labels, Label, known)
    return len(rows), len(known), sum(label.late for label in known)


def run(config: Config) -> None:
    """Write the files of ``paths.data`` and say what is in them."""
    count, known, late = write(config.data, config.paths.deliveries, config.paths.labels)
    print(
        f"{config.paths.deliveries}: {count} deliveries of {config.data.weeks} weeks; "
        f"{config.paths.labels}: {known} reports, {late / known:.1%} late"
    )


def _rows(columns: Columns) -> Iterator[dict[str, Any]]:
    values = (column.tolist() for column in columns.values())
    return (dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True))


def _made(kind: type[_Row], known: dict[str, Any]) -> _Row:
    return kind(**{field.name: known[field.name] for field in fields(kind)})


def _write_csv(path: Path, kind: type[Delivery | Label], rows: Iterable[Delivery | Label]) -> None:
    """Write the rows beside the file's final name, then rename: nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(kind)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    partial.replace(path)


main = command(run)

if __name__ == "__main__":
    main()
