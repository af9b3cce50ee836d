"""How good scores are: ranking and calibration, each on deliveries not seen in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Scored:
    """Deliveries with their probability and label, ``[n]`` each."""

    probability: Floats
    late: Flags

    def where(self, chosen: Flags) -> Scored:
        """Return some of them."""
        return Scored(self.probability[chosen], self.late[chosen])


def pr_auc(scored: Scored) -> float:
    """Return the average precision: the mean, over all late ones, of the precision at their score.

    Equal scores count as one step, as their order means nothing.
    """
    order = np.argsort(-scored.probability, kind="stable")
    last = np.append(np.diff(scored.probability[order]) != 0, True)
    found = np.cumsum(scored.late[order])[last]
    precision, recall = found / (np.flatnonzero(last) + 1), found / max(1, scored.late.sum())
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def brier(scored: Scored) -> float:
    """Return the mean square distance of probabilities from what happened."""
    return float(np.mean((scored.probability - scored.late) ** 2))


def calibration(scored: Scored, bins: int = 10) -> list[tuple[float, float, int]]:
    """Return mean probability, share of late ones and number, in equal groups of like scores."""
    order = np.argsort(scored.probability, kind="stable")
    groups = (group for group in np.array_split(order, bins) if len(group))
    return [
        (float(scored.probability[g].mean()), float(scored.late[g].mean()), len(g)) for g in groups
    ]


def calibration_error(scored: Scored) -> float:
    """Return the expected calibration error over the groups of :func:`calibration`."""
    gaps = (abs(said - seen) * count for said, seen, count in calibration(scored))
    return sum(gaps) / len(scored.late)
