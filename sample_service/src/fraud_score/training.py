"""Make the model from seeded, synthetic payments: the same seed gives the same weights.

There is no real payment in this repo. The generator has a fraud pattern of its own (see
:func:`make_payments`), and training must find it again; the tests hold it to that.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean, pstdev

from fraud_score.features import FEATURES, RISKY_CATEGORIES, compute, vector
from fraud_score.model import RELEASED, LogisticModel, sigmoid
from fraud_score.transactions import Transaction

SEED = 20_260_301
PAYMENTS = 4_000
EPOCHS = 120
LEARNING_RATE = 1.0
DIGITS = 6
"""Weights are rounded, so that the last bits of a processor's ``exp`` don't change the file."""

_TRUTH = {
    "log_amount": 0.55,
    "foreign_merchant": 1.1,
    "night": 0.7,
    "risky_category": 1.6,
    "velocity": 1.2,
    "new_device": 1.4,
    "unknown_device": 0.9,
}
_TRUTH_BIAS = -7.2
_EVERYDAY = ("5411", "5812", "5912", "5541", "4111", "5999")
_COUNTRIES = ("DE", "FR", "NL", "ES", "SE")
_START = datetime(2026, 1, 1, tzinfo=UTC)


# --8<-- [start:seed]
def make_payments(seed: int, count: int) -> list[tuple[Transaction, bool]]:
    """Draw labelled payments.

    Args:
        seed: Seed of the generator.
        count: How many to draw.

    Returns:
        Payments with their label, ``True`` for fraud. Fraud is drawn with log-odds that grow
        with amount, foreign merchants, night, risky categories, velocity and new devices.
    """
    draw = random.Random(seed)  # noqa: S311 (synthetic data, not a secret)
    payments = [_payment(draw, index) for index in range(count)]
    return [(payment, draw.random() < sigmoid(_log_odds(payment))) for payment in payments]


# --8<-- [end:seed]


def train(payments: Sequence[tuple[Transaction, bool]], epochs: int = EPOCHS) -> LogisticModel:
    """Fit a logistic model by gradient descent on standardised features.

    Args:
        payments: Labelled payments, at least two.
        epochs: Passes over all payments.

    Returns:
        The model, version 1, weights rounded to :data:`DIGITS` digits.
    """
    rows = [vector(payment) for payment, _ in payments]
    labels = [float(fraud) for _, fraud in payments]
    columns = list(zip(*rows, strict=True))
    means = [fmean(column) for column in columns]
    scales = [pstdev(column) or 1.0 for column in columns]
    standard = [
        tuple((x - m) / s for x, m, s in zip(row, means, scales, strict=True)) for row in rows
    ]
    bias, weights = _descend(standard, labels, epochs)
    return LogisticModel(
        name="fraud",
        version=1,
        bias=round(bias, DIGITS),
        weights=_named(weights),
        means=_named(means),
        scales=_named(scales),
        review_from=0.2,
        decline_from=0.6,
    )


def area_under_curve(model: LogisticModel, payments: Sequence[tuple[Transaction, bool]]) -> float:
    """Return the chance that a random fraud is scored above a random honest payment.

    Raises:
        ValueError: There is no fraud, or nothing but fraud.
    """
    ranked = sorted(payments, key=lambda pair: model.score(pair[0]).probability)
    ranks = [rank for rank, (_, fraud) in enumerate(ranked, start=1) if fraud]
    frauds, honest = len(ranks), len(ranked) - len(ranks)
    if not frauds or not honest:
        raise ValueError("needs at least one fraud and one honest payment")
    return (sum(ranks) - frauds * (frauds + 1) / 2) / (frauds * honest)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print what was reached on payments not seen in training, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--payments", type=int, default=PAYMENTS)
    parser.add_argument("--out", type=Path, default=RELEASED)
    options = parser.parse_args(argv)
    model = train(make_payments(options.seed, options.payments))
    reached = area_under_curve(model, make_payments(options.seed + 1, options.payments))
    model.save(options.out)
    print(f"{options.out}: AUC {reached:.3f} on {options.payments} unseen payments")


def _payment(draw: random.Random, index: int) -> Transaction:
    card = draw.choice(_COUNTRIES)
    risky = draw.random() < 0.08
    return Transaction(
        transaction_id=f"synthetic-{index}",
        amount_eur_cents=max(1, round(100 * math.exp(draw.gauss(3.2, 1.1)))),
        occurred_at=_START + timedelta(minutes=draw.randrange(90 * 24 * 60)),
        merchant_category=draw.choice(sorted(RISKY_CATEGORIES) if risky else _EVERYDAY),
        card_country=card,
        merchant_country=card if draw.random() < 0.85 else draw.choice(_COUNTRIES),
        card_payments_last_hour=min(20, int(draw.expovariate(1.2))),
        device_age_days=None if draw.random() < 0.1 else int(draw.expovariate(1 / 120)),
    )


def _log_odds(payment: Transaction) -> float:
    return _TRUTH_BIAS + sum(_TRUTH[name] * value for name, value in compute(payment).items())


def _descend(
    rows: list[tuple[float, ...]], labels: list[float], epochs: int
) -> tuple[float, list[float]]:
    bias, weights = 0.0, [0.0] * len(FEATURES)
    for _ in range(epochs):
        slope, slopes = 0.0, [0.0] * len(FEATURES)
        for row, label in zip(rows, labels, strict=True):
            logit = bias + sum(w * x for w, x in zip(weights, row, strict=True))
            error = sigmoid(logit) - label
            slope += error
            slopes = [total + error * x for total, x in zip(slopes, row, strict=True)]
        step = LEARNING_RATE / len(rows)
        bias -= step * slope
        weights = [w - step * total for w, total in zip(weights, slopes, strict=True)]
    return bias, weights


def _named(values: Sequence[float]) -> dict[str, float]:
    rounded = (round(value, DIGITS) for value in values)
    return dict(zip(FEATURES, rounded, strict=True))


if __name__ == "__main__":
    main()
