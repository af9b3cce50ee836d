from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixtures_model import Trained, trained_model

from fraud_model.config import Config, load
from fraud_model.dataset import Dataset
from fraud_model.fit import fit
from fraud_model.weights import Weights

__all__ = ["trained_model"]


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
