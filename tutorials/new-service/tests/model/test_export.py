"""The exported model: the same answers as in memory, the signature that was promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.model.conftest import Trained

from new_service_features import FEATURES
from new_service_model import export, versions
from new_service_model.dataset import Dataset
from new_service_model.engine import prediction_log_pb2, tf
from new_service_model.errors import ExportError
from new_service_model.network import Served
from new_service_model.weights import Weights

WIDTH = len(FEATURES)


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_answers_to_the_last_bit_as_the_model_in_memory(
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


def test_contributions_are_the_score(weights: Weights, dataset: Dataset) -> None:
    found = {name: value.numpy() for name, value in Served(weights, 1)(dataset.numeric).items()}
    log_odds = weights.bias + found["contributions"].sum(axis=1, dtype=np.float64)
    assert found["probability"] == pytest.approx(1 / (1 + np.exp(-log_odds)), rel=1e-4)


def test_bands_begin_at_their_thresholds(weights: Weights, dataset: Dataset) -> None:
    found = {name: value.numpy() for name, value in Served(weights, 1)(dataset.numeric).items()}
    edges = weights.thresholds.tolist()
    expected = np.array([b"on_time", b"at_risk", b"late"])[
        np.searchsorted(edges, found["probability"], side="right")
    ]
    assert found["band"].tolist() == expected.tolist()
    assert set(found["band"]) == {b"on_time", b"at_risk", b"late"}


def test_signature_is_the_contract(trained_model: Trained, dataset: Dataset) -> None:
    answer = export.read(trained_model.version)(dataset.rows(np.s_[:3]).inputs)
    assert {name: (value.shape, value.dtype.str) for name, value in answer.items()} == {
        "probability": ((3,), "<f4"),
        "band": ((3,), "|O"),
        "contributions": ((3, WIDTH), "<f4"),
        "version": ((3,), "<i8"),
    }
    assert answer["version"].tolist() == [1, 1, 1]


def test_a_feature_that_the_version_does_not_know_adds_nothing(
    trained_model: Trained, dataset: Dataset
) -> None:
    """So the service can be rolled out before the model that knows it."""
    answer = export.read(trained_model.version)
    known = dataset.numeric[:5]
    more = answer({"numeric": np.column_stack([known, np.full(5, 9, np.float32)])})
    assert more["probability"].tolist() == answer({"numeric": known})["probability"].tolist()
    assert more["contributions"].shape == (5, WIDTH + 1)
    assert more["contributions"][:, WIDTH].tolist() == [0] * 5


@pytest.mark.parametrize("width", [1, WIDTH - 1])
def test_a_feature_too_few_is_refused(weights: Weights, width: int) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        Served(weights, 1)(np.zeros((2, width), np.float32))


def test_damaged_export_is_found_before_it_is_published(
    tmp_path: Path, weights: Weights, dataset: Dataset
) -> None:
    rows = [dataset.rows(np.s_[:4]).inputs]
    nudged = replace(weights, slope=np.nextafter(weights.slope, np.float32(9)))
    with versions.publish(tmp_path) as version:
        export.write(version, "new_service", weights, rows)
    export.verify(Served(weights, 1), version.final, rows)
    with pytest.raises(ExportError, match="answers otherwise"):
        export.verify(Served(nudged, 1), version.final, rows)


def test_warm_up_requests_are_real_ones(trained_model: Trained, dataset: Dataset) -> None:
    path = trained_model.version / export.EXTRA / "tf_serving_warmup_requests"
    requests = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        for record in tf.data.TFRecordDataset(str(path))
    ]
    assert {request.model_spec.name for request in requests} == {"new_service"}
    sent = [tf.make_ndarray(request.inputs["numeric"]) for request in requests]
    assert [rows.shape for rows in sent] == [(1, WIDTH), (8, WIDTH), (32, WIDTH)]
    assert (sent[0] == dataset.numeric).all(axis=1).any()


def test_reference_is_of_every_feature(trained_model: Trained) -> None:
    reference = trained_model.read("reference.json")
    assert (reference["model_version"], list(reference["features"])) == (1, list(FEATURES))
    for bins in reference["features"].values():
        assert sum(one["share"] for one in bins) == pytest.approx(1)
        assert bins[-1]["upper"] is None
