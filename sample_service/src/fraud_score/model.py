"""A logistic model that explains itself: every feature has a share in the score."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from fraud_score.features import FEATURES, compute
from fraud_score.transactions import Transaction

RELEASED = Path(__file__).parent / "models" / "fraud" / "1" / "model.json"
"""Where the released model lies: ``models/<name>/<version>/``."""

REASONS = 3
"""How many reasons a score is given with."""


class ModelError(RuntimeError):
    """The model's file is missing, damaged, or made for other features."""


@dataclass(frozen=True)
class Reason:
    """A feature that raised the score.

    Attributes:
        feature: Name of the feature.
        contribution: What it added to the log-odds, compared with an average payment.
    """

    feature: str
    contribution: float


@dataclass(frozen=True)
class Score:
    """What the model says about one payment.

    Attributes:
        probability: Probability of fraud, 0 to 1.
        band: What to do: ``low`` (let pass), ``review`` (a person looks), ``high`` (decline).
        reasons: Up to three features that raised the score most, strongest first.
    """

    probability: float
    band: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class LogisticModel:
    """Weights over standardised features.

    Attributes:
        name: Name of the model.
        version: Version, a whole number that grows with each release.
        bias: Log-odds of an average payment.
        weights: Weight of each feature per standard deviation.
        means: Mean of each feature in the training data.
        scales: Standard deviation of each feature in the training data.
        review_from: Probability from which a person looks.
        decline_from: Probability from which the payment is declined.
    """

    name: str
    version: int
    bias: float
    weights: dict[str, float]
    means: dict[str, float]
    scales: dict[str, float]
    review_from: float
    decline_from: float

    @classmethod
    def load(cls, path: Path) -> LogisticModel:
        """Load a model from its JSON file.

        Args:
            path: The file, as :meth:`save` or ``python -m fraud_score.training`` wrote it.

        Returns:
            The model.

        Raises:
            ModelError: The file is missing or damaged, or its features are not
                :data:`fraud_score.features.FEATURES`.
        """
        try:
            model = cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as exc:
            raise ModelError(
                f"{path}: no model could be read: {exc}. "
                "Make one with 'python -m fraud_score.training'."
            ) from exc
        for part in (model.weights, model.means, model.scales):
            if set(part) != set(FEATURES):
                raise ModelError(
                    f"{path}: made for the features {sorted(part)}, but this version computes "
                    f"{sorted(FEATURES)}. Train it anew with 'python -m fraud_score.training'."
                )
        return model

    def save(self, path: Path) -> None:
        """Write the model beside its final name, then rename: readers never see half a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        partial.replace(path)

    def score(self, transaction: Transaction) -> Score:
        """Score one payment.

        Args:
            transaction: A valid payment.

        Returns:
            Probability, band and reasons.
        """
        shares = self._shares(compute(transaction))
        probability = sigmoid(self.bias + sum(shares.values()))
        raised = sorted(shares.items(), key=lambda share: share[1], reverse=True)
        reasons = tuple(Reason(name, share) for name, share in raised[:REASONS] if share > 0)
        return Score(probability, self._band(probability), reasons)

    def _shares(self, features: dict[str, float]) -> dict[str, float]:
        return {
            name: self.weights[name] * (value - self.means[name]) / self.scales[name]
            for name, value in features.items()
        }

    def _band(self, probability: float) -> str:
        if probability >= self.decline_from:
            return "high"
        return "review" if probability >= self.review_from else "low"


def sigmoid(log_odds: float) -> float:
    """Turn log-odds into a probability, without overflow for large negative values."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    grown = math.exp(log_odds)
    return grown / (1 + grown)
