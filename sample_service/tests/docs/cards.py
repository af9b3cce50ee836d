"""Put the figures of the reports into the model card: ``python -m tests.docs.cards``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.docs.pages import ROOT

CARD = ROOT / "docs" / "model-card.md"
Metrics = dict[str, Any]


def metrics() -> Metrics:
    """Return the figures of the pipeline's last run."""
    text = (ROOT / "reports" / "metrics.json").read_text(encoding="utf-8")
    found: Metrics = json.loads(text)
    return found


def renewed(card: str, figures: Metrics) -> str:
    """Return the card with the figures in its three tables, and nothing else changed."""
    card = _rows(card, "| | PR-AUC |", _models(figures))
    card = _rows(card, "| Slice |", _slices(figures))
    return _rows(card, "| Band |", _bands(figures))


def _models(figures: Metrics) -> Iterable[str]:
    for name, key in (("this model", "model"), ("logistic regression", "baseline")):
        of = figures[key]
        yield (
            f"| {name} | {of['pr_auc']:.3f} | {_percent(of['recall_at_capacity'])} "
            f"| {_percent(of['flagged'])} | {_percent(of['caught'])} | {of['brier']:.4f} "
            f"| {of['calibration_error']:.4f} | {of['cost_per_1000']:,.0f} |"
        )
    yield f"| no model | | | | | | | {figures['nobody']['cost_per_1000']:,.0f} |"


def _slices(figures: Metrics) -> Iterable[str]:
    for name, of in figures["slices"].items():
        yield (
            f"| `{name}` | {of['payments']:,} | {_percent(of['fraud_rate'])} | {of['pr_auc']:.3f} "
            f"| {_percent(of['flagged'])} | {_percent(of['caught'])} | {of['cost_per_1000']:,.0f} |"
        )


def _bands(figures: Metrics) -> Iterable[str]:
    review, high = (f"{figures['thresholds'][name]:.3f}" for name in ("review", "high"))
    shares = {name: _percent(figures["bands"][name]) for name in ("review", "high")}
    yield f"| `low` | below {review} | | lets it pass |"
    yield f"| `review` | {review} to {high} | {shares['review']} | asks a person |"
    yield f"| `high` | {high} and above | {shares['high']} | declines |"


def _rows(card: str, title: str, rows: Iterable[str]) -> str:
    """Replace the rows of the table whose header begins with a title."""
    table = re.compile(rf"^({re.escape(title)}.*\n\|.*\n)(?:\|.*\n)*", re.M)
    lines = "".join(f"{row}\n" for row in rows)
    changed, count = table.subn(lambda match: match[1] + lines, card)
    assert count == 1, f"{CARD}: expected one table {title!r}, found {count}"
    return changed


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


if __name__ == "__main__":
    CARD.write_text(renewed(CARD.read_text(encoding="utf-8"), metrics()), encoding="utf-8")
