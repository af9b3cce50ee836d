"""The data set: split by time, its digest, its file."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fraud_model.config import Split
from fraud_model.dataset import Dataset
from fraud_model.errors import DataError
from fraud_model.reference import BINS, reference
from fraud_model.weights import Weights

SPLIT = Split(validation=0.2, test=0.2)
ARRAYS = ("time", "numeric", "code", "vectors", "fraud")


def make(count: int = 100) -> Dataset:
    draw = np.random.default_rng(0)
    return Dataset(
        time=np.arange(count) * 1_000_000,
        numeric=draw.normal(size=(count, 8)).astype(np.float32),
        code=draw.integers(0, 4, count, dtype=np.int32),
        vectors=draw.normal(size=(4, 32)).astype(np.float32),
        fraud=np.arange(count) % 3 == 0,
        origin="test",
    )


def test_no_part_sees_what_comes_after_it(dataset: Dataset) -> None:
    parts = dataset.split(SPLIT)
    assert [len(part) for part in parts] == pytest.approx(
        [len(dataset) * share for share in (0.6, 0.2, 0.2)], abs=1
    )
    for before, after in pairwise(parts):
        assert before.time.max() <= after.time.min()


def test_parts_are_the_whole(dataset: Dataset) -> None:
    parts = dataset.split(SPLIT)
    assert np.array_equal(np.concatenate([part.numeric for part in parts]), dataset.numeric)
    assert np.array_equal(np.concatenate([part.descriptor for part in parts]), dataset.descriptor)


@pytest.mark.parametrize("fraud", [False, True])
@pytest.mark.parametrize(("part", "rows"), [("training", 0), ("validation", 60), ("test", 80)])
def test_a_part_of_one_kind_is_refused(part: str, rows: int, fraud: bool) -> None:
    labels = make().fraud.copy()
    labels[rows : rows + (60 if part == "training" else 20)] = fraud
    with pytest.raises(DataError, match=f"the {part} part has"):
        replace(make(), fraud=labels).split(SPLIT)


@pytest.mark.parametrize("name", ARRAYS)
def test_digest_changes_with_any_value(name: str) -> None:
    changed = getattr(make(), name).copy()
    changed.reshape(-1)[-1] = ~changed.reshape(-1)[-1] if name == "fraud" else 77
    assert replace(make(), **{name: changed}).digest != make().digest
    assert replace(make(), origin="elsewhere").digest == make().digest


def test_comes_back_from_its_file_with_the_same_bytes(tmp_path: Path) -> None:
    make().save(tmp_path / "a.npz")
    back = Dataset.load(tmp_path / "a.npz")
    back.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (back.digest, back.origin) == (make().digest, "test")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


@pytest.mark.parametrize("content", [None, b"", b"not a zip", b"PK\x03\x04 cut off"])
@pytest.mark.parametrize("kind", [Dataset, Weights])
def test_bad_file_is_named(
    tmp_path: Path, kind: type[Dataset | Weights], content: bytes | None
) -> None:
    path = tmp_path / "file.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"file\.npz: no .* with 'dvc repro'"):
        kind.load(path)


def test_data_of_other_features_are_refused(tmp_path: Path) -> None:
    replace(make(), numeric=make().numeric[:, :7]).save(tmp_path / "file.npz")
    with pytest.raises(DataError, match="made for other features"):
        Dataset.load(tmp_path / "file.npz")


def test_weights_come_back_and_their_digest_sees_every_number(
    tmp_path: Path, weights: Weights
) -> None:
    weights.save(tmp_path / "weights.npz")
    assert Weights.load(tmp_path / "weights.npz").digest == weights.digest
    for item in fields(Weights):
        nudged = np.nextafter(getattr(weights, item.name), np.float32(9))
        assert replace(weights, **{item.name: nudged}).digest != weights.digest


def test_reference_has_every_payment_in_one_bin(dataset: Dataset) -> None:
    bins = reference(dataset.numeric)
    for column, (name, found) in enumerate(bins.items()):
        uppers = [item["upper"] for item in found]
        assert 2 <= len(found) <= BINS, name
        assert uppers[-1] is None
        assert uppers[:-1] == sorted(set(uppers[:-1]))
        assert all(item["share"] > 0 for item in found)
        assert sum(item["share"] for item in found) == pytest.approx(1)
        below = np.mean(dataset.numeric[:, column] <= np.float32(uppers[0]))
        assert found[0]["share"] == pytest.approx(below)


def test_reference_of_one_value_is_one_bin() -> None:
    assert reference(np.ones((5, 8), np.float32))["night"] == [{"upper": None, "share": 1.0}]
