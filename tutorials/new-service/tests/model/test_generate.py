"""The simulated deliveries: reproducible, as locked, and such as the API takes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import jsonschema_rs
import numpy as np
import pytest
import yaml

from new_service_model.config import Data, load
from new_service_model.generate import Delivery, Label, week_of, write
from new_service_model.world import week

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rows() -> list[tuple[Delivery, Label | None]]:
    return list(week_of(load(["data=small"]).data, 2))


def test_data_come_out_as_locked(tmp_path: Path) -> None:
    """Or somebody changed how data are made and did not run ``dvc repro``."""
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text(encoding="utf-8"))
    locked = {Path(out["path"]).name: out["md5"] for out in lock["stages"]["generate"]["outs"]}
    write(load().data, tmp_path / "deliveries.csv", tmp_path / "labels.csv")
    made = {
        path.name: hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        for path in tmp_path.iterdir()
    }
    assert made == locked, "run 'dvc repro' and commit dvc.lock"


def test_week_depends_on_the_seed_and_on_no_other_week() -> None:
    few, many = (load(["data=small", f"data.weeks={weeks}"]).data for weeks in (1, 9))
    assert list(week_of(few, 3)) == list(week_of(many, 3))
    other = load(["data=small", "data.seed=1"]).data
    assert next(week_of(few, 1)) != next(week_of(other, 1))


def test_deliveries_are_requests_of_the_api(rows: list[tuple[Delivery, Label | None]]) -> None:
    document = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    schemas = {
        name: jsonschema_rs.validator_for({**document, "$ref": f"#/components/schemas/{name}"})
        for name in ("Delivery", "Label")
    }
    for delivery, label in rows[:300]:
        request = asdict(delivery)
        del request["received_at"]  # the service's own clock says it
        schemas["Delivery"].validate(request)
        if label:
            schemas["Label"].validate(asdict(label))


def test_nothing_is_known_before_it_happens(rows: list[tuple[Delivery, Label | None]]) -> None:
    planned = [datetime.fromisoformat(delivery.planned_at) for delivery, _ in rows]
    assert planned == sorted(planned)
    for delivery, label in rows:
        received = datetime.fromisoformat(delivery.received_at)
        assert received < datetime.fromisoformat(delivery.planned_at)
        assert label is None or datetime.fromisoformat(label.reported_at) > received


@pytest.mark.parametrize("cause", ["distance_km", "parcels", "rain_mm"])
def test_what_makes_late_makes_late(cause: str) -> None:
    data: Data = load(["data=small"]).data
    columns = week(data, 1)
    low, high = np.quantile(columns[cause], (0.25, 0.9))
    late = columns["late"]
    assert late[columns[cause] > high].mean() > 1.5 * late[columns[cause] <= low].mean()
