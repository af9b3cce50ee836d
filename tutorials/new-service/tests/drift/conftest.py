from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from new_service_features import FEATURES, MODEL

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
    folder = tmp_path / MODEL / "3"
    (folder / "assets.extra").mkdir(parents=True)
    text = json.dumps(reference_document(3, {}))
    (folder / "assets.extra" / "reference.json").write_text(text, encoding="utf-8")
    return folder


DELIVERIES = """
INSERT INTO deliveries (delivery_id, courier_id, distance_km, parcels, planned_at, local_hour)
SELECT id, 'courier', 1, 1, now(), 12 FROM unnest(%(ids)s::text[]) AS id
"""

FEATURE_ROWS = """
INSERT INTO delivery_features (delivery_id, numbers, computed_at)
SELECT id, numbers, %(at)s FROM unnest(%(ids)s::text[], %(numbers)s::jsonb[]) AS seen (id, numbers)
"""

SCORE = """
WITH job AS (
    INSERT INTO jobs (kind, delivery_id, status, finished_at)
    VALUES ('score', %(id)s, 'succeeded', %(at)s) RETURNING id
)
INSERT INTO scores (job_id, delivery_id, probability, band, reasons, model_name, model_version)
SELECT id, %(id)s, 0.5, 'late', '[]', 'new_service', %(version)s FROM job
"""


def scored(
    connection: psycopg.Connection[Any],
    values: Sequence[float],
    version: int = 3,
    at: Any = None,
    prefix: str = "d",
) -> None:
    """Insert deliveries whose features all have one value, as if a version had scored the last."""
    ids = [f"{prefix}{number}" for number in range(len(values))]
    at = at or connection.execute("SELECT now()").fetchone()[0]  # type: ignore[index]
    numbers = [Jsonb(dict.fromkeys(FEATURES, value)) for value in values]
    parameters = {"ids": ids, "numbers": numbers, "at": at, "id": ids[-1], "version": version}
    for statement in (DELIVERIES, FEATURE_ROWS, SCORE):
        connection.execute(statement.encode(), parameters)
