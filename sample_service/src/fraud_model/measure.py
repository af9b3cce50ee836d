"""How good scores are: ranking, cost, calibration, each on payments not seen in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fraud_model.config import Thresholds

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Scored:
    """Payments with their probability, label and amount, ``[n]`` each."""

    probability: Floats
    fraud: Flags
    euro: Floats

    def where(self, chosen: Flags) -> Scored:
        """Return some of them."""
        return Scored(self.probability[chosen], self.fraud[chosen], self.euro[chosen])


def pr_auc(scored: Scored) -> float:
    """Return the average precision: the mean, over all frauds, of the precision at their score.

    Equal scores count as one step, as their order means nothing.
    """
    _, precision, recall = pr_curve(scored)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def pr_curve(scored: Scored) -> tuple[Floats, Floats, Floats]:
    """Return threshold, precision and recall at each distinct score, the highest first."""
    order = np.argsort(-scored.probability, kind="stable")
    score = scored.probability[order]
    last = np.append(np.diff(score) != 0, True)
    found = np.cumsum(scored.fraud[order])[last]
    looked_at = np.flatnonzero(last) + 1
    return score[last], found / looked_at, found / max(1, scored.fraud.sum())


def recall_at(scored: Scored, capacity: float) -> float:
    """Return the share of frauds among the highest scores, when ``capacity`` of all are seen."""
    seen = max(1, round(len(scored.fraud) * capacity))
    highest = np.argsort(-scored.probability, kind="stable")[:seen]
    return float(scored.fraud[highest].sum() / max(1, scored.fraud.sum()))


def brier(scored: Scored) -> float:
    """Return the mean square distance of probabilities from what happened."""
    return float(np.mean((scored.probability - scored.fraud) ** 2))


def calibration(scored: Scored, bins: int = 10) -> list[tuple[float, float, int]]:
    """Return mean probability, share of frauds and number of payments in groups of like scores.

    The groups have equally many frauds, not payments: nine of ten payments have nearly no risk.
    """
    order = np.argsort(scored.probability, kind="stable")
    frauds = np.cumsum(scored.fraud[order])
    group = np.minimum(bins - 1, (bins * (frauds - scored.fraud[order])) // max(1, frauds[-1]))
    return [
        (
            float(scored.probability[order][group == number].mean()),
            float(scored.fraud[order][group == number].mean()),
            int((group == number).sum()),
        )
        for number in np.unique(group)
    ]


def calibration_error(scored: Scored) -> float:
    """Return the expected calibration error over the groups of :func:`calibration`."""
    groups = calibration(scored)
    total = sum(count for _, _, count in groups)
    return sum(abs(said - seen) * count for said, seen, count in groups) / total


# --8<-- [start:thresholds]
def choose(scored: Scored, limits: Thresholds) -> tuple[float, float]:
    """Choose from which probability to review, and from which to decline.

    Declining pays when the fraud it stops is worth more than the customers it angers; the
    threshold is the one that costs least on ``scored``. Below it, people look at as many of the
    riskiest payments as they have time for.

    Returns:
        Both probabilities, the first at most the second.
    """
    order = np.argsort(-scored.probability, kind="stable")
    score, fraud, euro = scored.probability[order], scored.fraud[order], scored.euro[order]
    saved = np.cumsum(np.where(fraud, euro, -limits.decline_eur))
    saved[:-1][score[:-1] == score[1:]] = -np.inf  # equal scores are declined together, or not
    declined = int(np.argmax(np.append(0.0, saved)))
    high = float(score[declined - 1]) if declined else 1.0
    seen = min(len(score), declined + round(len(score) * limits.review_capacity))
    return min(high, float(score[seen - 1])) if seen > declined else high, high


# --8<-- [end:thresholds]


def cost(scored: Scored, thresholds: tuple[float, float], limits: Thresholds) -> float:
    """Return what the decisions cost in euro, per 1,000 payments.

    Fraud that is let through costs its amount, a genuine payment that is declined
    ``limits.decline_eur``, and a look ``limits.review_eur``; whoever looks is right.
    """
    review, high = thresholds
    declined = scored.probability >= high
    seen = (scored.probability >= review) & ~declined
    missed = scored.euro[scored.fraud & ~declined & ~seen].sum()
    refused = (declined & ~scored.fraud).sum() * limits.decline_eur
    return float(missed + refused + seen.sum() * limits.review_eur) / len(scored.fraud) * 1_000
