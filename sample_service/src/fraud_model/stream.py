"""Payments of one month as requests of the API, with what is reported about them later.

``python -m fraud_model.stream stream.month=7 stream.count=100`` prints a line of JSON for each:
``{"payment": {...}, "label": {...} or null}``. Months up to ``data.drift.app_release`` look like
what the model learned from; later ones do not.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from fraud_model.config import Config, command
from fraud_model.generate import Label, Payment, month_of


def payments(config: Config) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Yield requests in order of time, from ``stream.month`` on.

    Args:
        config: ``stream.count`` says how many, 0 one whole month; ``stream.ends`` moves them by
            whole days, so that hours stay as they are, to end just before that moment.

    Yields:
        Body of ``requestScore``, and of ``reportLabel`` where something was reported.
    """
    chosen = list(_chosen(config))
    shift = _shift(chosen[-1][0], config.stream.ends) if chosen else timedelta()
    for payment, label in chosen:
        yield (
            {**asdict(payment), "occurred_at": _moved(payment.occurred_at, shift)},
            {**asdict(label), "reported_at": _moved(label.reported_at, shift)} if label else None,
        )


def run(config: Config) -> None:
    """Print the stream, a line of JSON for each payment."""
    for payment, label in payments(config):
        print(json.dumps({"payment": payment, "label": label}, ensure_ascii=False))


def _chosen(config: Config) -> Iterator[tuple[Payment, Label | None]]:
    first, count = config.stream.month, config.stream.count
    if not count:
        return month_of(config.data, first, config.stream.prefix)
    months = (
        month_of(config.data, month, config.stream.prefix) for month in itertools.count(first)
    )
    return itertools.islice(itertools.chain.from_iterable(months), count)


def _shift(last: Payment, ends: str | None) -> timedelta:
    if ends is None:
        return timedelta()
    gap = datetime.fromisoformat(ends) - datetime.fromisoformat(last.occurred_at)
    return timedelta(days=gap.days)


def _moved(moment: str, shift: timedelta) -> str:
    return (datetime.fromisoformat(moment) + shift).isoformat()


main = command(run)

if __name__ == "__main__":
    main()
