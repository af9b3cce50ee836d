from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.fixtures_model import trained_model

from fraud_features import FEATURES

__all__ = ["trained_model"]

Bins = Sequence[tuple[float | None, float]]

FLAG: Bins = [(0.0, 0.9), (None, 0.1)]
"""Bins of a feature that is 0 or 1."""


def reference_document(version: int, features: Mapping[str, Bins]) -> dict[str, Any]:
    every = {name: features.get(name, FLAG) for name in FEATURES}
    return {
        "model_version": version,
        "features": {
            name: [{"upper": upper, "share": share} for upper, share in bins]
            for name, bins in every.items()
        },
    }


@pytest.fixture
def version_folder(tmp_path: Path) -> Path:
    """A folder of model version 3 that has nothing but a reference of flags."""
    folder = tmp_path / "fraud" / "3"
    (folder / "assets.extra").mkdir(parents=True)
    text = json.dumps(reference_document(3, {}))
    (folder / "assets.extra" / "reference.json").write_text(text, encoding="utf-8")
    return folder


INSERT_PAYMENTS = """
INSERT INTO payments (
    transaction_id, card_id, amount_eur_cents, occurred_at, local_hour, merchant_category,
    card_country, merchant_country
)
SELECT id, 'card', 100, now(), 12, '5411', 'DE', 'DE' FROM unnest(%(ids)s::text[]) AS id
"""

INSERT_FEATURES = """
INSERT INTO payment_features (
    transaction_id, log_amount, amount_vs_card, foreign_merchant, night, risky_category, velocity,
    new_device, unknown_device, computed_at
)
SELECT id, value, value, value, value, value, value, value, value, %(at)s
FROM unnest(%(ids)s::text[], %(values)s::float8[]) AS scored (id, value)
"""

INSERT_SCORE = """
WITH job AS (
    INSERT INTO jobs (kind, transaction_id, status, finished_at)
    VALUES ('score', %(id)s, 'succeeded', %(at)s) RETURNING id
)
INSERT INTO scores (
    job_id, transaction_id, probability, band, reasons, model_name, model_version, scored_at
)
SELECT id, %(id)s, 0.5, 'low', '[]', 'fraud', %(version)s, %(at)s FROM job
"""


def scored(
    connection: psycopg.Connection[Any],
    values: Sequence[float],
    version: int = 3,
    at: Any = None,
    prefix: str = "t",
) -> None:
    """Insert payments whose features all have one value, as if a version had scored the last."""
    ids = [f"{prefix}{number}" for number in range(len(values))]
    at = at or connection.execute("SELECT now()").fetchone()[0]  # type: ignore[index]
    parameters = {"ids": ids, "values": list(values), "at": at, "id": ids[-1], "version": version}
    for statement in (INSERT_PAYMENTS, INSERT_FEATURES, INSERT_SCORE):
        connection.execute(statement, parameters)
