"""The whole training: reproducible, gated, tracked, quiet; from files and from live data."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest
from tests.fixtures_model import SMALL, Trained, run_stage

from fraud_features import DESCRIPTOR_BUCKETS, FEATURES
from fraud_model import evaluate, export, train, versions
from fraud_model.config import Config, load
from fraud_model.dataset import Dataset
from fraud_model.errors import DataError, GateError
from fraud_model.fit import score
from fraud_model.measure import brier, pr_auc
from fraud_model.weights import Weights

WITNESS = """
import os, sys
def heard(event, details):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and details[1][0] != "/"):
        with open(os.environ["HEARD"], "a") as file:
            print(event, details, file=file)
sys.addaudithook(heard)
"""
"""A ``sitecustomize`` that writes down each attempt to reach something over a network."""


@pytest.mark.slow
def test_same_seed_and_data_give_the_same_weights_and_metrics(
    trained_model: Trained, tmp_path: Path
) -> None:
    """Trains once more in a process of its own, and listens to what it says to others."""
    (tmp_path / "sitecustomize.py").write_text(WITNESS, encoding="utf-8")
    ran = run_stage(
        "train",
        tmp_path,
        *SMALL,
        HEARD=str(tmp_path / "heard"),
        PYTHONPATH=f"{tmp_path}:{Path(train.__file__).parents[1]}",
    )
    assert ran.returncode == 0, ran.stderr
    again = json.loads((tmp_path / "models/fraud/1/assets.extra/model.json").read_text())
    first = trained_model.read("model.json")
    for fact in ("weights_digest", "dataset_digest", "metrics"):
        assert again[fact] == first[fact], fact
    assert not (tmp_path / "heard").exists(), (tmp_path / "heard").read_text()
    assert ran.stderr == ""
    made = {path.name for path in tmp_path.iterdir()} - {"sitecustomize.py", "__pycache__"}
    assert made == {"data", "models", ".local"}


def test_command_says_what_it_did_and_nothing_else(trained_model: Trained) -> None:
    said = (trained_model.folder / "done").read_text(encoding="utf-8").splitlines()
    expected = [
        r"data/payments\.csv: 16196 payments of 6 months; .*",
        r"data/dataset\.npz: 16196 labelled payments, .* sha256:[0-9a-f]{64}",
        r"[0-9]+ epochs, sha256:[0-9a-f]{64}",
        r"PR-AUC 0\.[0-9]+ .*",
        r"models/fraud/1: version 1 of fraud",
    ]
    for line, pattern in zip(said, expected, strict=True):
        assert re.fullmatch(pattern, line), line


def test_metrics_are_those_of_the_weights(
    trained_model: Trained, small: Config, dataset: Dataset, weights: Weights
) -> None:
    test = dataset.split(small.split)[2]
    metrics = trained_model.read("model.json")["metrics"]
    scored = score(weights, test)
    assert metrics["model"]["pr_auc"] == pytest.approx(pr_auc(scored), abs=1e-6)
    assert metrics["model"]["brier"] == pytest.approx(brier(scored), abs=1e-6)
    assert metrics["model"]["payments"] == len(test)


def test_model_is_worth_having(trained_model: Trained) -> None:
    metrics = trained_model.read("model.json")["metrics"]
    model, rival = metrics["model"], metrics["baseline"]
    assert model["pr_auc"] > 10 * model["fraud_rate"]
    assert model["pr_auc"] > rival["pr_auc"] - 0.02
    assert model["cost_per_1000"] < metrics["nobody"]["cost_per_1000"]
    assert model["calibration_error"] < 0.02


def test_slices_cover_the_test_payments(dataset: Dataset, small: Config) -> None:
    test = dataset.split(small.split)[2]
    parts = evaluate.slices(test)
    months = [chosen for name, chosen in parts.items() if name.startswith("month_")]
    assert np.array_equal(np.sum(months, axis=0), np.ones(len(test)))
    assert np.array_equal(parts["foreign_merchant"], ~parts["home_merchant"])
    assert np.array_equal(parts["small_amount"], ~parts["large_amount"])


def test_other_seed_other_weights(trained_model: Trained, small: Config, dataset: Dataset) -> None:
    training, validation, _ = dataset.split(small.split)
    config = replace(small, seed=1, training=replace(small.training, epochs=1))
    digest = train.fit(config, training, validation)[0].digest
    assert digest != trained_model.read("model.json")["weights_digest"]


@pytest.mark.parametrize(
    ("overrides", "rival"),
    [
        (("training.epochs=1", "training.learning_rate=1e-9"), "a logistic regression"),
        (("training.epochs=1", "training.learning_rate=1e-9", "gate.largest_loss=1"), None),
    ],
)
def test_candidate_that_learned_nothing(
    small: Config, here: Path, overrides: tuple[str, ...], rival: str | None
) -> None:
    config = _with(small, *overrides, f"paths.models={here}/models")
    if rival is None:
        train.run(config)
        assert versions.numbers(here / "models" / "fraud") == [1]
        return
    with pytest.raises(GateError, match=rf"not exported: PR-AUC 0\.\d+, but {rival} has 0\.\d+"):
        train.run(config)
    assert list(here.iterdir()) == []


def test_candidate_worse_than_the_current_version(
    trained_model: Trained, small: Config, here: Path
) -> None:
    """One that must be better by 0.001 than what it is a copy of."""
    shutil.copytree(trained_model.models, here / "models" / "fraud")
    config = _with(small, "gate.largest_loss=-0.001", f"paths.models={here}/models")
    with pytest.raises(GateError, match=r"but version 1 has .* on the same payments"):
        train.run(config)
    assert versions.numbers(here / "models" / "fraud") == [1]


def test_damaged_current_version_holds_nobody_up(
    trained_model: Trained, small: Config, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = here / "models" / "fraud"
    shutil.copytree(trained_model.models, folder)
    (folder / "1" / "saved_model.pb").unlink()
    train.run(_with(small, f"paths.models={here}/models"))
    assert versions.numbers(folder) == [1, 2]
    assert "warning: not compared with version 1" in capsys.readouterr().out


def test_data_set_of_other_parameters_is_refused(small: Config) -> None:
    config = replace(small, data=replace(small.data, cards=7))
    with pytest.raises(DataError, match=r"made with other parameters .*dvc repro"):
        train.load(config)


@pytest.mark.slow
def test_retraining_on_live_payments_exports_the_next_version(
    trained_model: Trained, live: str, tmp_path: Path
) -> None:
    shutil.copytree(trained_model.models, tmp_path / "models" / "fraud")
    overrides = ("source=live", "source.as_of=latest", "source.history_days=400", "training=small")
    ran = run_stage("train", tmp_path, *overrides, DATABASE_URL=live)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[-1] == "models/fraud/2: version 2 of fraud"
    facts = json.loads((tmp_path / "models/fraud/2/assets.extra/model.json").read_text())
    assert facts["dataset_digest"] == trained_model.read("model.json")["dataset_digest"]
    answer = export.read(tmp_path / "models/fraud/2")(
        {
            "numeric": np.zeros((3, len(FEATURES)), np.float32),
            "descriptor": np.zeros((3, DESCRIPTOR_BUCKETS), np.float32),
        }
    )
    assert answer["version"].tolist() == [2, 2, 2]
    assert {path.name for path in tmp_path.iterdir()} == {"models", ".local"}  # no raw rows


def test_live_data_without_enough_labels(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO payments (transaction_id, card_id, amount_eur_cents, occurred_at, "
            "local_hour, merchant_category, card_country, merchant_country) VALUES "
            "('a', 'c', 100, now() - interval '40 days', 1, '5411', 'DE', 'DE')"
        )
    ran = run_stage("prepare", tmp_path, "source=live", DATABASE_URL=database)
    assert ran.returncode == 1
    assert ran.stderr.startswith("1 payments with 0 frauds are too few to train on")
    assert list(tmp_path.iterdir()) == []


def _with(small: Config, *overrides: str) -> Config:
    """Return the small configuration with changes, its data being where they are."""
    config = load([*SMALL, "tracking.enabled=false", *overrides])
    return replace(config, paths=replace(config.paths, data=small.paths.data))
