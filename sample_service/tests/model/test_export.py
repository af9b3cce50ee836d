"""The exported model: the signature that was promised, the same answers as in memory."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.fixtures_model import Trained

from fraud_features import FEATURES
from fraud_model import export, versions
from fraud_model.dataset import Dataset
from fraud_model.engine import prediction_log_pb2, tf
from fraud_model.errors import ExportError
from fraud_model.network import CONTRIBUTIONS, Served
from fraud_model.weights import Weights


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 1000])
def test_answers_to_the_last_bit_as_before_the_export(
    trained_model: Trained, weights: Weights, dataset: Dataset, rows: int
) -> None:
    latest = dataset.rows(np.s_[-rows:])
    before = Served(weights, 1)(**latest.inputs)
    after = export.read(trained_model.version)(latest.inputs)
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
    rows = [dataset.rows(np.s_[:4]).inputs]
    nudged = replace(weights, slope=np.nextafter(weights.slope, np.float32(9)))
    with versions.publish(tmp_path) as version:
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
        prediction_log_pb2.PredictionLog.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(path))
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
