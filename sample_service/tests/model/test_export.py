"""Versions: complete before they have a name, one number each, the same answers as in memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog
from tests.fixtures_model import SOURCE, Trained

from fraud_features import FEATURES
from fraud_model import export
from fraud_model.dataset import Dataset
from fraud_model.engine import tf
from fraud_model.errors import ExportError
from fraud_model.network import CONTRIBUTIONS, Served
from fraud_model.weights import Weights

WRITER = """
import sys
from pathlib import Path
from fraud_model import export
for _ in range(int(sys.argv[2])):
    with export.publish(Path(sys.argv[1])) as version:
        (version.partial / "saved_model.pb").write_text(str(version.number))
        if sys.argv[3:]:
            print("writing", flush=True)
            sys.stdin.read()
"""


def writer(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.slow
def test_exports_that_race_get_a_number_each(tmp_path: Path) -> None:
    racers = [writer(tmp_path, "15") for _ in range(3)]
    assert [racer.wait() for racer in racers] == [0, 0, 0]
    for racer in racers:
        racer.communicate()
    assert export.versions(tmp_path) == list(range(1, 46))
    for number in range(1, 46):
        assert (tmp_path / str(number) / "saved_model.pb").read_text() == str(number)
    assert len(names(tmp_path)) == 45


def test_export_that_is_killed_leaves_no_version_and_blocks_nobody(tmp_path: Path) -> None:
    with writer(tmp_path, "1", "wait") as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "writing\n"
        victim.send_signal(signal.SIGKILL)
    assert names(tmp_path) == [".partial-1"]
    assert export.versions(tmp_path) == []
    with export.publish(tmp_path) as version:
        pass
    assert (version.number, export.versions(tmp_path)) == (2, [2])


def test_nothing_is_left_of_a_block_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), export.publish(tmp_path) as version:
        (version.partial / "file").write_text("half")
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_number_follows_the_newest_and_other_names_do_not_count(tmp_path: Path) -> None:
    for name in ("3", "11", "latest", ".partial-x", "4.bak"):
        (tmp_path / name).mkdir()
    with export.publish(tmp_path) as version:
        assert not version.final.exists()
    assert version.number == 12
    assert export.versions(tmp_path) == [3, 11, 12]


def test_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with (
        pytest.raises(ExportError, match="models/fraud: no version can be written here"),
        export.publish(tmp_path / "models" / "fraud"),
    ):
        pytest.fail("nothing to write into")


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 1000])
def test_answers_to_the_last_bit_as_before_the_export(
    trained_model: Trained, weights: Weights, dataset: Dataset, rows: int
) -> None:
    numeric, described = dataset.numeric[-rows:], dataset.descriptor[-rows:]
    before = Served(weights, 1)(numeric, described)
    after = export.read(trained_model.version)((numeric, described))
    assert sorted(after) == ["band", "contributions", "probability", "version"]
    for name, value in before.items():
        assert tf.make_tensor_proto(value).SerializeToString() == (
            tf.make_tensor_proto(after[name]).SerializeToString()
        ), name


def test_signature_is_the_contract(trained_model: Trained) -> None:
    signature = tf.saved_model.load(str(trained_model.version)).signatures["serving_default"]
    inputs = signature.structured_input_signature[1]
    assert {name: (spec.shape.as_list(), spec.dtype.name) for name, spec in inputs.items()} == {
        "numeric": ([None, 8], "float32"),
        "descriptor": ([None, 32], "float32"),
    }
    outputs = signature.structured_outputs
    assert {name: (spec.shape.as_list(), spec.dtype.name) for name, spec in outputs.items()} == {
        "probability": ([None], "float32"),
        "band": ([None], "string"),
        "contributions": ([None, 9], "float32"),
        "version": ([None], "int64"),
    }


def test_damaged_export_is_found_before_it_is_published(
    tmp_path: Path, weights: Weights, dataset: Dataset
) -> None:
    rows = [(dataset.numeric[:4], dataset.descriptor[:4])]
    nudged = replace(weights, slope=np.nextafter(weights.slope, np.float32(9)))
    with export.publish(tmp_path) as version:
        export.write(version, "fraud", weights, rows)
    export.verify(Served(weights, 1), version.final, rows)
    with pytest.raises(ExportError, match="answers otherwise"):
        export.verify(Served(nudged, 1), version.final, rows)


@pytest.mark.parametrize("missing", ["saved_model.pb", "."])
def test_version_that_cannot_be_loaded_is_named(
    trained_model: Trained, tmp_path: Path, missing: str
) -> None:
    copy = tmp_path / "1"
    shutil.copytree(trained_model.version, copy)
    shutil.rmtree(copy) if missing == "." else (copy / missing).unlink()
    with pytest.raises(ExportError, match="no model could be loaded"):
        export.read(copy)


def test_warm_up_requests_are_real_ones(trained_model: Trained, dataset: Dataset) -> None:
    path = trained_model.version / export.EXTRA / "tf_serving_warmup_requests"
    records = [
        PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))
    ]
    requests = [record.predict_log.request for record in records]
    assert {(r.model_spec.name, r.model_spec.signature_name) for r in requests} == {
        ("fraud", "serving_default")
    }
    sent = [{name: tf.make_ndarray(v) for name, v in r.inputs.items()} for r in requests]
    assert [rows["numeric"].shape for rows in sent] == [(1, 8), (8, 8), (32, 8)]
    assert [rows["descriptor"].shape for rows in sent] == [(1, 32), (8, 32), (32, 32)]
    assert (sent[0]["numeric"] == dataset.numeric).all(axis=1).any()


def test_version_says_what_it_is(
    trained_model: Trained, dataset: Dataset, weights: Weights
) -> None:
    facts = trained_model.read("model.json")
    assert (facts["name"], facts["version"]) == ("fraud", 1)
    assert facts["dataset_digest"] == dataset.digest
    assert facts["weights_digest"] == weights.digest  # trained once more, in this process
    assert facts["contributions"] == list(CONTRIBUTIONS)
    assert facts["metrics"]["thresholds"]["high"] == pytest.approx(weights.thresholds[1], abs=1e-6)
    reference = trained_model.read("reference.json")
    assert reference["model_version"] == 1
    assert list(reference["features"]) == list(FEATURES)


def test_nothing_but_the_version_is_in_the_folder(trained_model: Trained) -> None:
    assert names(trained_model.models) == ["1"]
