"""Measure a model on payments that came after those it learned from.

``python -m fraud_model.evaluate`` writes ``metrics.json`` and the points of two curves.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fraud_features import FEATURES
from fraud_model import measure
from fraud_model.config import Config, Thresholds, command
from fraud_model.dataset import Dataset
from fraud_model.fit import baseline, score
from fraud_model.measure import Flags, Scored
from fraud_model.weights import Weights

_DIGITS = 6
"""What is written is rounded: the last bits depend on the processor."""


def run(config: Config) -> None:
    """Write the reports on the weights of ``paths.data`` and say how good they are."""
    weights = Weights.load(config.paths.weights)
    training, _, test = Dataset.load(config.paths.dataset).split(config.split)
    metrics = evaluate(weights, training, test, config.thresholds)
    write(Path(config.paths.reports), metrics, score(weights, test))
    print(summary(metrics))


def evaluate(
    weights: Weights, training: Dataset, test: Dataset, limits: Thresholds
) -> dict[str, Any]:
    """Return all figures of a model, and of the baseline on the same payments.

    Returns:
        ``model``, ``baseline`` and ``nobody`` (no model at all) with the same figures, ``bands``
        with the share of each, and ``slices`` with the figures of parts of the test payments.
    """
    scored = score(weights, test)
    review, high = (float(value) for value in weights.thresholds)
    rivals = baseline(training, test)
    return {
        "model": figures(scored, (review, high), limits),
        "baseline": figures(rivals, measure.choose(baseline(training, training), limits), limits),
        "nobody": {"cost_per_1000": round(measure.cost(scored, (2.0, 2.0), limits), 2)},
        "thresholds": {"review": round(review, _DIGITS), "high": round(high, _DIGITS)},
        "bands": {
            "review": _share((scored.probability >= review) & (scored.probability < high)),
            "high": _share(scored.probability >= high),
        },
        "slices": {
            name: figures(scored.where(chosen), (review, high), limits)
            for name, chosen in slices(test).items()
            if scored.fraud[chosen].any()
        },
    }


def figures(
    scored: Scored, thresholds: tuple[float, float], limits: Thresholds
) -> dict[str, float | int]:
    """Return the figures of some payments.

    ``flagged`` is the share of payments that are reviewed or declined, ``caught`` that of frauds.
    """
    values = {
        "pr_auc": measure.pr_auc(scored),
        "recall_at_capacity": measure.recall_at(scored, limits.review_capacity),
        "brier": measure.brier(scored),
        "calibration_error": measure.calibration_error(scored),
        "flagged": float((scored.probability >= thresholds[0]).mean()),
        "caught": float((scored.probability[scored.fraud] >= thresholds[0]).mean()),
        "fraud_rate": float(scored.fraud.mean()),
    }
    rounded = {name: round(value, _DIGITS) for name, value in values.items()}
    price = round(measure.cost(scored, thresholds, limits), 2)
    return {"payments": len(scored.fraud), **rounded, "cost_per_1000": price}


def slices(test: Dataset) -> dict[str, Flags]:
    """Return parts of the test payments to look at one by one: months, places, amounts."""
    months = test.time.astype("datetime64[us]").astype("datetime64[M]")
    flags = {
        name: test.numeric[:, FEATURES.index(name)] > 0
        for name in ("foreign_merchant", "night", "risky_category", "unknown_device")
    }
    middle = np.median(test.euro)
    return {
        **{f"month_{month}": months == month for month in np.unique(months)},
        **flags,
        "home_merchant": ~flags["foreign_merchant"],
        "small_amount": test.euro < middle,
        "large_amount": test.euro >= middle,
    }


def write(folder: Path, metrics: dict[str, Any], scored: Scored) -> None:
    """Write ``metrics.json``, ``precision_recall.csv`` and ``calibration.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(metrics, indent=2) + "\n"
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    threshold, precision, recall = measure.pr_curve(scored)
    points = np.unique(np.linspace(0, len(threshold) - 1, 200).astype(int))
    curve = zip(threshold[points], precision[points], recall[points], strict=True)
    _write_csv(folder / "precision_recall.csv", ("threshold", "precision", "recall"), curve)
    groups = ((said, seen) for said, seen, _ in measure.calibration(scored))
    _write_csv(folder / "calibration.csv", ("said", "seen"), groups)


def summary(metrics: dict[str, Any]) -> str:
    """Return the main figures in a line."""
    model, rival = metrics["model"], metrics["baseline"]
    return (
        f"PR-AUC {model['pr_auc']:.3f} (logistic {rival['pr_auc']:.3f}), "
        f"recall at capacity {model['recall_at_capacity']:.3f} "
        f"({rival['recall_at_capacity']:.3f}), "
        f"cost per 1,000 payments EUR {model['cost_per_1000']:.0f} "
        f"({rival['cost_per_1000']:.0f}; no model {metrics['nobody']['cost_per_1000']:.0f})"
    )


def _share(chosen: Flags) -> float:
    return round(float(chosen.mean()), _DIGITS)


def _write_csv(
    path: Path, names: Sequence[str], rows: Iterable[Sequence[float | np.floating]]
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([f"{value:.6g}" for value in row] for row in rows)


main = command(run)

if __name__ == "__main__":
    main()
