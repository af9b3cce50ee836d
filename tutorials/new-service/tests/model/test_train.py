"""The whole training: reproducible, better than the baseline, gated, tracked, quiet."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from tests.model.conftest import SMALL, Trained, run_stage

from new_service_features import FEATURES
from new_service_model import train, versions
from new_service_model.config import Config, load
from new_service_model.dataset import Dataset
from new_service_model.errors import ConfigError, DataError, GateError
from new_service_model.fit import score
from new_service_model.measure import Scored, brier, calibration_error, pr_auc
from new_service_model.weights import Weights


def test_same_seed_and_data_give_the_same_weights_to_the_bit(
    trained_model: Trained, weights: Weights, dataset: Dataset
) -> None:
    """Trained once by the command, once in this process."""
    facts = trained_model.read("model.json")
    assert facts["weights_digest"] == weights.digest
    assert facts["dataset_digest"] == dataset.digest


def test_other_seed_other_weights(small: Config, dataset: Dataset, weights: Weights) -> None:
    training, validation, _ = dataset.split(small.split)
    config = replace(small, seed=1, training=replace(small.training, epochs=1))
    assert train.fit(config, training, validation)[0].digest != weights.digest


def test_command_says_what_it_did_and_nothing_else(trained_model: Trained) -> None:
    said = (trained_model.folder / "done").read_text(encoding="utf-8").splitlines()
    expected = [
        r"data/deliveries\.csv: [0-9]+ deliveries of 6 weeks; data/labels\.csv: .* late",
        r"data/dataset\.npz: [0-9]+ labelled deliveries, .* sha256:[0-9a-f]{64}",
        r"[0-9]+ epochs, sha256:[0-9a-f]{64}",
        r"PR-AUC 0\.[0-9]+ \(logistic regression 0\.[0-9]+, a guess 0\.[0-9]+\); .*",
        r"models/new_service/1: version 1 of new_service",
    ]
    for line, pattern in zip(said, expected, strict=True):
        assert re.fullmatch(pattern, line), line


def test_model_is_worth_having(trained_model: Trained) -> None:
    metrics = trained_model.read("model.json")["metrics"]
    model, rival = metrics["model"], metrics["baseline"]
    assert model["pr_auc"] > 2 * model["late_rate"]
    assert model["pr_auc"] > rival["pr_auc"] + 0.02
    assert model["calibration_error"] < 0.03
    assert {f"{name}_high" for name in FEATURES} <= metrics["slices"].keys()


def test_reports_are_of_the_newest_deliveries(
    trained_model: Trained, small: Config, dataset: Dataset, weights: Weights
) -> None:
    training, validation, test = dataset.split(small.split)
    assert training.time.max() <= validation.time.min() <= test.time.min()
    report = json.loads((trained_model.folder / "reports/metrics.json").read_text("utf-8"))
    assert report == trained_model.read("model.json")["metrics"]
    assert report["model"]["pr_auc"] == pytest.approx(pr_auc(score(weights, test)), abs=1e-6)


def test_figures_by_hand() -> None:
    case = Scored(np.array([0.9, 0.8, 0.3, 0.1]), np.array([True, False, True, False]))
    assert pr_auc(case) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert brier(case) == pytest.approx((0.01 + 0.64 + 0.49 + 0.01) / 4)
    assert calibration_error(case) == pytest.approx((0.1 + 0.8 + 0.7 + 0.1) / 4)


def test_candidate_that_learned_nothing_is_not_exported(small: Config, tmp_path: Path) -> None:
    lazy = ("training.epochs=1", "training.learning_rate=1e-9")
    with pytest.raises(GateError, match=r"PR-AUC 0\.\d+, but a logistic regression has 0\.\d+"):
        train.run(elsewhere(small, tmp_path, *lazy))
    assert not (tmp_path / "models").exists()


def test_candidate_is_held_against_the_current_version(
    trained_model: Trained, small: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that must be better by 0.001 than what it is a copy of; then one that need not."""
    shutil.copytree(trained_model.models, tmp_path / "models" / "new_service")
    with pytest.raises(GateError, match=r"but version 1 has .* on the same deliveries"):
        train.run(elsewhere(small, tmp_path, "gate.largest_loss=-0.001"))
    train.run(elsewhere(small, tmp_path))
    assert versions.numbers(tmp_path / "models" / "new_service") == [1, 2]
    assert capsys.readouterr().out.endswith("/models/new_service/2: version 2 of new_service\n")


def test_features_may_only_be_appended(
    trained_model: Trained, small: Config, tmp_path: Path
) -> None:
    """A version reads the first of the features it is given."""
    folder = tmp_path / "models" / "new_service"
    shutil.copytree(trained_model.models, folder)
    path = folder / "1" / "assets.extra" / "model.json"
    facts = {**trained_model.read("model.json"), "contributions": list(FEATURES[::-1])}
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(DataError, match="Add features at the end of FEATURES"):
        train.run(elsewhere(small, tmp_path))
    assert versions.numbers(folder) == [1]


def test_mlflow_and_the_version_name_each_other(trained_model: Trained) -> None:
    client: Any = mlflow.MlflowClient(f"sqlite:///{trained_model.folder}/.local/mlflow/mlflow.db")
    facts = trained_model.read("model.json")
    run = client.get_run(facts["mlflow"]["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["data.couriers"] == "60"
    assert run.data.metrics["model.pr_auc"] == facts["metrics"]["model"]["pr_auc"]
    champion = client.get_model_version_by_alias("new_service", "champion")
    assert (champion.run_id, champion.tags["export_version"]) == (run.info.run_id, "1")


@pytest.mark.slow
def test_retraining_on_live_deliveries_exports_the_next_version(
    trained_model: Trained, live: str, tmp_path: Path
) -> None:
    shutil.copytree(trained_model.models, tmp_path / "models" / "new_service")
    overrides = ("source=live", "source.as_of=latest", "source.history_days=400", "training=small")
    ran = run_stage("train", tmp_path, *overrides, DATABASE_URL=live)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[-1] == "models/new_service/2: version 2 of new_service"
    facts = json.loads((tmp_path / "models/new_service/2/assets.extra/model.json").read_text())
    assert facts["weights_digest"] == trained_model.read("model.json")["weights_digest"]
    assert {path.name for path in tmp_path.iterdir()} == {"models", ".local"}  # no raw rows


def test_data_set_of_other_parameters_is_refused(small: Config) -> None:
    with pytest.raises(DataError, match=r"made with other parameters .*dvc repro"):
        train.load(replace(small, data=replace(small.data, couriers=7)))


def test_every_mistake_of_the_configuration_is_named() -> None:
    mistakes = {
        "data.start=yesterday": "a day like 2026-01-05",
        "data.weeks=0": "1 to 104",
        "data.couriers=0": "1 to 100000",
        "split.test=0.8": "two shares above 0",
        "training.epochs=0": "at least 1",
        "source.as_of=tomorrow": "a moment like",
        "thresholds.late=0.1": "late at least that",
    }
    with pytest.raises(ConfigError) as caught:
        load(list(mistakes))
    lines = str(caught.value).splitlines()
    for line, (mistake, expected) in zip(lines, mistakes.items(), strict=True):
        assert line.startswith(mistake.split(".")[0])
        assert expected in line


def elsewhere(small: Config, folder: Path, *overrides: str) -> Config:
    """Return the small configuration with changes, its data where they are, all else elsewhere."""
    config = load([*SMALL, "tracking.enabled=false", *overrides])
    models, reports = str(folder / "models"), str(folder / "reports")
    paths = replace(config.paths, data=small.paths.data, models=models, reports=reports)
    return replace(config, paths=paths)
