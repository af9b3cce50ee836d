"""Measure a model on deliveries that came after those it learned from."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from new_service_features import FEATURES
from new_service_model import measure
from new_service_model.config import Thresholds
from new_service_model.dataset import Dataset
from new_service_model.fit import baseline
from new_service_model.measure import Flags, Scored

_DIGITS = 6
"""What is written is rounded: the last bits depend on the processor."""


def evaluate(
    scored: Scored, training: Dataset, test: Dataset, thresholds: Thresholds
) -> dict[str, Any]:
    """Return all figures of a model, and of the baseline on the same deliveries.

    Returns:
        ``model`` and ``baseline`` with the same figures, ``bands`` with the share of each, and
        ``slices`` with the figures of parts of the test deliveries.
    """
    at_risk, late = thresholds.at_risk, thresholds.late
    return {
        "model": figures(scored, at_risk),
        "baseline": figures(baseline(training, test), at_risk),
        "bands": {
            "at_risk": _share((scored.probability >= at_risk) & (scored.probability < late)),
            "late": _share(scored.probability >= late),
        },
        "slices": {
            name: figures(scored.where(chosen), at_risk)
            for name, chosen in slices(test)
            if scored.late[chosen].any()
        },
    }


def figures(scored: Scored, at_risk: float) -> dict[str, float | int]:
    """Return the figures of some deliveries.

    ``flagged`` is the share of deliveries that are at risk or late, ``caught`` that of late ones.
    """
    flagged = scored.probability >= at_risk
    values = {
        "pr_auc": measure.pr_auc(scored),
        "brier": measure.brier(scored),
        "calibration_error": measure.calibration_error(scored),
        "late_rate": float(scored.late.mean()),
        "flagged": float(flagged.mean()),
        "caught": float(flagged[scored.late].mean()),
    }
    rounded = {name: round(value, _DIGITS) for name, value in values.items()}
    return {"deliveries": len(scored.late), **rounded}


def slices(test: Dataset) -> Iterator[tuple[str, Flags]]:
    """Yield parts of the test deliveries to look at one by one: each feature's two halves."""
    for column, name in enumerate(FEATURES):
        values = test.numeric[:, column]
        middle = np.median(values)
        high = values > middle if middle < values.max() else values == middle  # mostly ones
        yield f"{name}_low", ~high
        yield f"{name}_high", high


def write(folder: Path, metrics: dict[str, Any], scored: Scored) -> None:
    """Write ``metrics.json`` and ``calibration.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(metrics, indent=2) + "\n"
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    with (folder / "calibration.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("said", "seen"))
        groups = measure.calibration(scored)
        writer.writerows((f"{said:.4f}", f"{seen:.4f}") for said, seen, _ in groups)


def summary(metrics: dict[str, Any]) -> str:
    """Return the main figures in a line."""
    model, rival = metrics["model"], metrics["baseline"]
    return (
        f"PR-AUC {model['pr_auc']:.3f} (logistic regression {rival['pr_auc']:.3f}, "
        f"a guess {model['late_rate']:.3f}); at risk or late {model['flagged']:.1%}, "
        f"among them {model['caught']:.1%} of the late deliveries"
    )


def _share(chosen: Flags) -> float:
    return round(float(chosen.mean()), _DIGITS)
