"""Model card and data card quote what the pipeline measured, to the digit shown."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.docs.pages import ROOT, Row, codes, page, yaml_of

from fraud_features import FEATURES

MODEL_CARD = page("docs/model-card.md")
DATA_CARD = page("docs/data-card.md")


def _metrics() -> dict[str, Any]:
    text = (ROOT / "reports" / "metrics.json").read_text(encoding="utf-8")
    metrics: dict[str, Any] = json.loads(text)
    return metrics


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def _first(row: Row) -> str:
    return next(iter(row.values()))


def test_figures_of_the_model() -> None:
    metrics = _metrics()
    rows = {_first(row): row for row in MODEL_CARD.table("How good it is")}
    for name, key in (("this model", "model"), ("logistic regression", "baseline")):
        figures = metrics[key]
        assert list(rows[name].values())[1:] == [
            f"{figures['pr_auc']:.3f}",
            _percent(figures["recall_at_capacity"]),
            _percent(figures["flagged"]),
            _percent(figures["caught"]),
            f"{figures['brier']:.4f}",
            f"{figures['calibration_error']:.4f}",
            f"{figures['cost_per_1000']:,.0f}",
        ]
    assert list(rows["no model"].values())[-1] == f"{metrics['nobody']['cost_per_1000']:,.0f}"


def test_every_slice() -> None:
    shown = {codes(_first(row))[0]: list(row.values())[1:] for row in MODEL_CARD.table("Slices")}
    assert shown == {
        name: [
            f"{figures['payments']:,}",
            _percent(figures["fraud_rate"]),
            f"{figures['pr_auc']:.3f}",
            _percent(figures["flagged"]),
            _percent(figures["caught"]),
            f"{figures['cost_per_1000']:,.0f}",
        ]
        for name, figures in _metrics()["slices"].items()
    }


def test_thresholds_and_bands() -> None:
    metrics = _metrics()
    review, high = (f"{metrics['thresholds'][name]:.3f}" for name in ("review", "high"))
    rows = {codes(row["Band"])[0]: row for row in MODEL_CARD.table("Thresholds")}
    assert rows["low"]["Probability"] == f"below {review}"
    assert rows["review"]["Probability"] == f"{review} to {high}"
    assert rows["high"]["Probability"] == f"{high} and above"
    for band in ("review", "high"):
        assert rows[band]["Share of the test payments"] == _percent(metrics["bands"][band])


def test_the_data_card_explains_every_feature() -> None:
    named = [codes(row["Feature"])[0] for row in DATA_CARD.table("Features")]
    assert named == [*FEATURES, "descriptor"]


def test_the_data_card_gives_the_size_of_the_data() -> None:
    size = re.search(r"^\| Size \| ([\d,]+) payments", DATA_CARD.text, re.M)
    assert size
    payments = int(size[1].replace(",", ""))
    tested = _metrics()["model"]["payments"]
    assert tested == payments - round(payments * 0.8)  # the newest fifth


def test_the_data_card_names_the_files_that_dvc_versions() -> None:
    stages = yaml_of("dvc.lock")["stages"]
    outputs = {out["path"] for name in ("generate", "prepare") for out in stages[name]["outs"]}
    files = re.search(r"^\| Files \| (.*)\|$", DATA_CARD.text, re.M)
    assert files
    assert set(codes(files[1])) == outputs
