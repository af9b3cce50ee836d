"""What MLflow knows of a training, read back through its own client."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from tests.fixtures_model import Trained

from fraud_model import export, tracking
from fraud_model.config import load


@pytest.fixture(scope="module")
def client(trained_model: Trained) -> Any:
    return mlflow.MlflowClient(f"sqlite:///{trained_model.folder}/.local/mlflow/mlflow.db")


@pytest.fixture
def run(client: Any) -> Any:
    experiment = client.get_experiment_by_name("fraud")
    [run] = client.search_runs([experiment.experiment_id])
    return run


def test_run_has_parameters_figures_and_digests(trained_model: Trained, run: Any) -> None:
    facts = trained_model.read("model.json")
    assert run.info.status == "FINISHED"
    assert run.data.params["data.cards"] == "220"
    assert run.data.params["data.drift.inflation"] == "0.03"
    assert run.data.metrics["model.pr_auc"] == facts["metrics"]["model"]["pr_auc"]
    for name in ("dataset_digest", "weights_digest"):
        assert run.data.tags[name] == facts[name]
    assert run.data.tags["source"] == "files"


def test_registry_and_export_name_each_other(trained_model: Trained, client: Any, run: Any) -> None:
    champion = client.get_model_version_by_alias("fraud", "champion")
    assert trained_model.read("model.json")["mlflow"] == {
        "run_id": run.info.run_id,
        "registered_model": "fraud",
        "registered_version": int(champion.version),
    }
    assert champion.tags["export_version"] == run.data.tags["export_version"] == "1"
    assert champion.run_id == run.info.run_id


def test_registered_model_is_the_exported_one(trained_model: Trained, client: Any) -> None:
    champion = client.get_model_version_by_alias("fraud", "champion")
    copy = Path(mlflow.artifacts.download_artifacts(champion.source, tracking_uri="sqlite://"))
    files = {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()}
    original = trained_model.version
    assert files == {path.relative_to(original) for path in original.rglob("*") if path.is_file()}
    rows = {"numeric": np.ones((2, 8), np.float32), "descriptor": np.ones((2, 32), np.float32)}
    answers = [export.read(folder)(rows)["probability"].tolist() for folder in (copy, original)]
    assert answers[0] == answers[1]


@pytest.fixture(scope="module")
def database_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlflow") / "elsewhere.db"


@pytest.fixture
def store(database_file: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the store that ``MLFLOW_TRACKING_URI`` names."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database_file}")
    return mlflow.MlflowClient()


def test_store_of_the_environment_is_used(store: Any, here: Path) -> None:
    for figure in (0.25, 0.5):
        with tracking.run(load(["tracking.experiment=a"])) as tracked:
            tracked.note({"figure": figure}, {})
            registered = tracked.register("model")
            tracked.promote("model", registered, version=int(figure * 100))
    assert {run.data.metrics["figure"] for run in runs_of(store, "a")} == {0.25, 0.5}
    champion = store.get_model_version_by_alias("model", "champion")
    assert (int(champion.version), champion.tags) == (2, {"export_version": "50"})
    assert not (here / ".local").exists()


def test_block_that_fails_is_a_failed_run(store: Any) -> None:
    with pytest.raises(ZeroDivisionError), tracking.run(load(["tracking.experiment=b"])):
        raise ZeroDivisionError
    assert [run.info.status for run in runs_of(store, "b")] == ["FAILED"]


def runs_of(store: Any, experiment: str) -> list[Any]:
    runs: list[Any] = store.search_runs([store.get_experiment_by_name(experiment).experiment_id])
    return runs


def test_untracked_run_leaves_nothing(tmp_path: Path, here: Path) -> None:
    with tracking.run(load(["tracking.enabled=false"])) as tracked:
        tracked.note({"figure": 1.0}, {})
        tracked.keep(tmp_path, "x")
        tracked.promote("fraud", tracked.register("fraud"), 1)
    assert list(here.iterdir()) == []


def test_run_knows_the_commit_of_its_repo(store: Any, here: Path) -> None:
    git = ("git", "-c", "user.name=team-risk", "-c", "user.email=risk@example.com")
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "first"], check=True)
    asked = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    with tracking.run(load(["tracking.experiment=c"])):
        pass
    [run] = runs_of(store, "c")
    assert run.data.tags["mlflow.source.git.commit"] == asked.stdout.strip()
