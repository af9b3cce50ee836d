from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from tests.conftest import scratch_database
from tests.fixtures_model import Trained, trained_model

from fraud_model.config import Config, load
from fraud_model.dataset import Dataset
from fraud_model.fit import fit
from fraud_model.weights import Weights

__all__ = ["trained_model"]

FILL = """
INSERT INTO payments (transaction_id, card_id, amount_eur_cents, occurred_at, local_hour,
    merchant_category, merchant_descriptor, card_country, merchant_country, device_age_days,
    received_at)
SELECT transaction_id, card_id, amount_eur_cents, occurred_at::timestamptz,
    substring(occurred_at FROM 12 FOR 2)::smallint, merchant_category, merchant_descriptor,
    card_country, merchant_country, device_age_days, occurred_at::timestamptz
FROM staged_payments
"""


@pytest.fixture(scope="session")
def small(trained_model: Trained) -> Config:
    """The configuration of the trained model, for this process."""
    folder = trained_model.folder
    return load(
        ["data=small", "training=small", "tracking.enabled=false"]
        + [f"paths.{name}={folder / name}" for name in ("data", "models", "reports")]
    )


@pytest.fixture(scope="session")
def dataset(small: Config) -> Dataset:
    return Dataset.load(small.paths.dataset)


@pytest.fixture(scope="session")
def weights(small: Config, dataset: Dataset) -> Weights:
    """The model of ``trained_model``, trained in this process."""
    training, validation, _ = dataset.split(small.split)
    return fit(small, training, validation)[0]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def live(postgres: str, migrated: str, trained_model: Trained) -> Iterator[str]:
    """Address of a service's database that holds the payments of the files."""
    data = trained_model.folder / "data"
    with scratch_database(postgres, migrated) as url:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(files("fraud_model").joinpath("staging.sql").read_bytes())
            into = "COPY staged_payments FROM STDIN (FORMAT csv, HEADER)"
            copy(cursor, into, data / "payments.csv")
            cursor.execute(FILL)
            copy(cursor, "COPY public.labels FROM STDIN (FORMAT csv, HEADER)", data / "labels.csv")
            cursor.execute("ANALYZE payments")
        yield url


def copy(cursor: psycopg.Cursor, statement: LiteralString, path: Path) -> None:
    with cursor.copy(statement) as into:
        into.write(path.read_bytes())
