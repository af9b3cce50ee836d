"""A trained and exported model, made once for all tests of a run, whichever process they run in."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[1] / "src"
SMALL = ("data=small", "training=small")


@dataclass(frozen=True)
class Trained:
    """A folder in which ``python -m fraud_model.train data=small training=small`` has run.

    Attributes:
        folder: Holds ``data``, ``models`` and ``.local/mlflow``. Only to be read.
    """

    folder: Path

    @property
    def models(self) -> Path:
        return self.folder / "models" / "fraud"

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
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", f"fraud_model.{stage}", *overrides],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "TF_CPP_MIN_LOG_LEVEL": "2", **environment},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def trained_model(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The model of this test run."""
    folder = shared_folder(tmp_path_factory) / "trained-model"
    folder.mkdir(exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other processes of this run wait here
        if not done.exists():
            ran = run_stage("train", folder, *SMALL)
            assert ran.returncode == 0, ran.stderr
            done.write_text(ran.stdout + ran.stderr, encoding="utf-8")
    return Trained(folder)


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
