"""Loading what a version was trained on."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.drift.conftest import FLAG, Bins, reference_document

from fraud_features import FEATURES
from fraud_score import reference
from fraud_score.db import Database


def load(url: str, folder: Path) -> None:
    async def work() -> None:
        async with Database(url, 1) as database, database.connection() as connection:
            await reference.load(connection, reference.read(folder))

    asyncio.run(work())


def stored(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT * FROM reference_bins ORDER BY model_version, feature, bin"
        ).fetchall()


def rewrite(folder: Path, **features: Bins) -> None:
    text = json.dumps(reference_document(3, features))
    (folder / reference.FILE).write_text(text, encoding="utf-8")


def test_loads_once_however_often(database: str, version_folder: Path) -> None:
    rewrite(version_folder, velocity=[(0.1, 0.25), (2 / 3, 0.25), (None, 0.5)])
    load(database, version_folder)
    once = stored(database)
    assert [row[2:] for row in once if row[1] == "velocity"] == [
        (0, 0.1, 0.25),
        (1, 2 / 3, 0.25),
        (2, None, 0.5),
    ]
    assert {row[1] for row in once} == set(FEATURES)
    load(database, version_folder)
    assert stored(database) == once


def test_a_version_on_its_way_to_the_volume_can_be_read(version_folder: Path) -> None:
    partial = version_folder.rename(version_folder.with_name(f".partial-{version_folder.name}"))
    assert str(reference.read(partial).model_version) == version_folder.name


def test_a_version_from_before_a_feature_was_there(version_folder: Path) -> None:
    document = reference_document(3, {})
    del document["features"][FEATURES[-1]]
    (version_folder / reference.FILE).write_text(json.dumps(document), encoding="utf-8")
    assert {one.feature for one in reference.read(version_folder).bins} == set(FEATURES[:-1])
    del document["features"][FEATURES[0]]
    (version_folder / reference.FILE).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(reference.ReferenceFileError, match=f"features.{FEATURES[0]}: expected"):
        reference.read(version_folder)


def test_a_version_exported_again_replaces_the_old_bins(
    database: str, version_folder: Path
) -> None:
    rewrite(version_folder, velocity=[(0.1, 0.25), (0.5, 0.25), (None, 0.5)])
    load(database, version_folder)
    rewrite(version_folder, velocity=[(0.2, 0.4), (None, 0.6)])
    load(database, version_folder)
    velocity = [row[2:] for row in stored(database) if row[1] == "velocity"]
    assert velocity == [(0, 0.2, 0.4), (1, None, 0.6)]


def changed(**changes: Any) -> dict[str, Any]:
    return {**reference_document(3, {}), **changes}


def with_bins(bins: Any) -> dict[str, Any]:
    document = reference_document(3, {})
    document["features"]["night"] = bins
    return document


def bins(*pairs: tuple[Any, Any]) -> dict[str, Any]:
    return with_bins([{"upper": upper, "share": share} for upper, share in pairs])


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], "expected {"),
        (changed(features=[]), "expected {"),
        (changed(model_version=4), "model_version: expected 3, the folder's name, not 4"),
        (changed(model_version="3"), "not '3'"),
        (changed(features={}), "features.unknown_device: expected a list of bins"),
        (changed(features={"colour": []}), "features: 'colour' is none of log_amount,"),
        (with_bins([]), "features.night: expected a list of bins"),
        (with_bins([{"upper": None}]), "features.night: expected bins like"),
        (with_bins([1]), "features.night: expected bins like"),
        (bins((2, 0.5), (1, 0.4), (None, 0.1)), "each 'upper' to be a number above the one"),
        (bins((1, 0.5), (1, 0.4), (None, 0.1)), "each 'upper' to be a number above the one"),
        (bins((math.nan, 0.5), (None, 0.5)), "each 'upper' to be a number"),
        (bins((-math.inf, 0.5), (None, 0.5)), "each 'upper' to be a number"),
        (bins((True, 0.5), (None, 0.5)), "each 'upper' to be a number"),
        (bins((10**400, 0.5), (None, 0.5)), "each 'upper' to be a number"),
        (bins((None, 0.5), (None, 0.5)), "each 'upper' to be a number"),
        (bins((1, 1.0)), "features.night[0].upper: expected null"),
        (bins((1, 0.5), (None, 0.4)), "add up to 1, not 0.9"),
        (bins((1, 1.5), (None, -0.5)), "'share' to be a number from 0 to 1"),
        (bins((1, "1"), (None, 0)), "'share' to be a number from 0 to 1"),
    ],
)
def test_names_the_mistake(version_folder: Path, document: Any, expected: str) -> None:
    path = version_folder / reference.FILE
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(reference.ReferenceFileError) as caught:
        reference.read(version_folder)
    assert str(path) in str(caught.value)
    assert expected in str(caught.value)


def test_lists_all_mistakes(version_folder: Path) -> None:
    document = reference_document(4, {"night": [], "velocity": [*FLAG, *FLAG]})
    (version_folder / reference.FILE).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(reference.ReferenceFileError) as caught:
        reference.read(version_folder)
    assert str(caught.value).count("\n- ") == 4


@pytest.mark.parametrize("content", ["", "{", '{"a": "\xff"'.encode("latin-1")])
def test_a_file_that_is_no_json(version_folder: Path, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    (version_folder / reference.FILE).write_bytes(data)
    with pytest.raises(reference.ReferenceFileError, match="cannot be read"):
        reference.read(version_folder)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(reference.ReferenceFileError, match="give the folder of a version"):
        reference.read(tmp_path)
