"""A trained and exported model, made once for all tests of a run, whichever process they run in."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.conftest import scratch_database

from new_service_model import prepare
from new_service_model.config import Config, load
from new_service_model.dataset import Dataset
from new_service_model.fit import fit
from new_service_model.generate import Delivery, Label
from new_service_model.weights import Weights

SOURCE = Path(__file__).parents[2] / "src"
SMALL = ("data=small", "training=small")


@dataclass(frozen=True)
class Trained:
    """A folder in which ``python -m new_service_model.train`` has run on the small data.

    Attributes:
        folder: Holds ``data``, ``models``, ``reports`` and ``.local/mlflow``. Only to be read.
    """

    folder: Path

    @property
    def models(self) -> Path:
        return self.folder / "models" / "new_service"

    @property
    def version(self) -> Path:
        return self.models / "1"

    def read(self, name: str) -> dict[str, Any]:
        """Return ``model.json`` or ``reference.json`` of the version."""
        path = self.version / "assets.extra" / name
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content


def run_stage(
    stage: str, folder: Path, *overrides: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the model's side in a folder, as DVC, the trainer or a person would."""
    return subprocess.run(
        [sys.executable, "-m", f"new_service_model.{stage}", *overrides],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "TF_CPP_MIN_LOG_LEVEL": "2", **environment},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def trained_model(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The model of this test run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "trained-model"
    folder.mkdir(exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other processes of this run wait here
        if not done.exists():
            ran = run_stage("train", folder, *SMALL)
            assert ran.returncode == 0, ran.stderr
            done.write_text(ran.stdout + ran.stderr, encoding="utf-8")
    return Trained(folder)


@pytest.fixture(scope="session")
def small(trained_model: Trained) -> Config:
    """The configuration of the trained model, for this process."""
    folder = trained_model.folder
    return load(
        [*SMALL, "tracking.enabled=false"]
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
def live(
    postgres: str, migrated: str, small: Config, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Address of a service's database that holds the deliveries of the files."""
    with scratch_database(postgres, migrated) as url:
        with psycopg.connect(postgres) as files, psycopg.connect(url) as database:
            prepare.stage(files, small.paths)
            names = [*(field.name for field in fields(Delivery)), "local_hour"]
            move(files, database, "deliveries", names)
            move(files, database, "labels", [field.name for field in fields(Label)])
        monkeypatch.setenv("DATABASE_URL", url)
        yield url


def move(
    files: psycopg.Connection, database: psycopg.Connection, table: str, names: list[str]
) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    of = sql.SQL("{} ({})").format(sql.Identifier(table), columns)
    with (
        files.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(of)) as source,
        database.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(of)) as target,
    ):
        for block in source:
            target.write(block)
