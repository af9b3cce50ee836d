"""Write a version for the model server: complete and checked before it gets its name.

The model server reads ``models/<name>/<version>/`` as soon as a folder with a number appears, on
NFS from another machine. So everything is written under another name, flushed to disk, loaded and
compared with the model in memory, and only then renamed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

from fraud_model.engine import tf
from fraud_model.errors import ExportError
from fraud_model.network import Served
from fraud_model.weights import Weights

EXTRA = "assets.extra"
"""Folder that the model server leaves alone, but for the warm-up requests in it."""

_WARMUP = "tf_serving_warmup_requests"
Rows = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Features ``[n, 8]`` and hashed descriptors ``[n, 32]``."""


@dataclass(frozen=True)
class Version:
    """A version that is being written.

    Attributes:
        number: Its number, taken: no other export gets it.
        partial: Where it is written.
        final: Where it will be.
    """

    number: int
    partial: Path
    final: Path


# --8<-- [start:publish]
@contextmanager
def publish(folder: Path) -> Iterator[Version]:
    """Take the next free number; what the block wrote into ``partial`` gets it in one step.

    Numbers are taken by making a folder, which succeeds for one of two exports that race. When the
    block fails, nothing of it is left.

    Args:
        folder: ``models/<name>``, made if missing.

    Raises:
        ExportError: The folder cannot be written to.
    """
    try:
        version = _take(folder)
    except OSError as exc:
        raise ExportError(f"{folder}: no version can be written here: {exc}") from exc
    try:
        yield version
        _flush(version.partial)
        version.partial.rename(version.final)
        _flush_one(folder)
    except BaseException:
        shutil.rmtree(version.partial, ignore_errors=True)
        raise


# --8<-- [end:publish]


def versions(folder: Path) -> list[int]:
    """Return the numbers of all complete versions, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdecimal())


def write(version: Version, name: str, weights: Weights, warmup: list[Rows]) -> None:
    """Write a SavedModel with warm-up requests, and see that it answers as the model in memory.

    Args:
        version: Where, and its number.
        name: Name of the model.
        weights: The model.
        warmup: Requests that the model server plays before it says that it is ready.

    Raises:
        ExportError: What was written answers otherwise than the model in memory.
    """
    served = Served(weights, version.number)
    tf.saved_model.save(served, str(version.partial), signatures=served.__call__)
    extra = version.partial / EXTRA
    extra.mkdir()
    _write_warmup(extra / _WARMUP, name, warmup)
    verify(served, version.partial, warmup)


def describe(version: Version, name: str, facts: dict[str, Any], reference: dict[str, Any]) -> None:
    """Write beside the SavedModel what is to be known of it.

    Args:
        version: Where, and its number.
        name: Name of the model.
        facts: What goes into ``model.json`` beside name and version.
        reference: What goes into ``reference.json``, see :mod:`fraud_model.reference`.
    """
    extra = version.partial / EXTRA
    _write_json(extra / "model.json", {"name": name, "version": version.number, **facts})
    _write_json(extra / "reference.json", {"model_version": version.number, "features": reference})


def verify(served: Served, folder: Path, requests: list[Rows]) -> None:
    """Load a version and compare its answers with those of the model in memory, bit for bit.

    Raises:
        ExportError: They differ, or it cannot be loaded.
    """
    answer = read(folder)
    for rows in requests:
        before = {name: value.numpy() for name, value in served(*rows).items()}
        if _bits(before) != _bits(answer(rows)):
            raise ExportError(
                f"{folder}: answers otherwise than the model in memory; nothing was exported"
            )


def read(folder: Path) -> Callable[[Rows], dict[str, NDArray[Any]]]:
    """Load a version as the model server does.

    Returns:
        A function from features and hashed descriptors to the outputs of the signature.

    Raises:
        ExportError: There is none, or it is damaged.
    """
    try:
        loaded = tf.saved_model.load(str(folder))
    except (OSError, ValueError) as exc:
        raise ExportError(f"{folder}: no model could be loaded: {exc}") from exc
    signature = loaded.signatures["serving_default"]

    def answer(rows: Rows) -> dict[str, NDArray[Any]]:
        # The signature alone keeps no hold on what it was loaded from.
        _ = loaded
        numeric, descriptor = (tf.constant(part) for part in rows)
        answers = signature(numeric=numeric, descriptor=descriptor)
        return {name: value.numpy() for name, value in answers.items()}

    return answer


def _take(folder: Path) -> Version:
    folder.mkdir(parents=True, exist_ok=True)
    number = max(versions(folder), default=0) + 1
    while True:
        version = Version(number, folder / f".partial-{number}", folder / str(number))
        try:
            version.partial.mkdir()
        except FileExistsError:  # another export is writing it, or was ended while it did
            number += 1
            continue
        if not version.final.exists():
            return version
        version.partial.rmdir()  # another export has finished it since the numbers were read
        number += 1


def _write_warmup(path: Path, name: str, warmup: list[Rows]) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for numeric, descriptor in warmup:
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(name=name, signature_name="serving_default"),
                inputs={
                    "numeric": tf.make_tensor_proto(numeric),
                    "descriptor": tf.make_tensor_proto(descriptor),
                },
            )
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _bits(answers: dict[str, NDArray[Any]]) -> dict[str, bytes]:
    return {name: tf.make_tensor_proto(a).SerializeToString() for name, a in answers.items()}


def _flush(folder: Path) -> None:
    """Have everything in a folder on disk: a rename must not come before what it renames."""
    for path in folder.rglob("*"):
        _flush_one(path)
    _flush_one(folder)


def _flush_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
