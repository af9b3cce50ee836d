"""Write a SavedModel for the model server, and see that it answers as the model in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fraud_model.engine import model_pb2, predict_pb2, prediction_log_pb2, tf
from fraud_model.errors import ExportError
from fraud_model.network import Served
from fraud_model.versions import Version
from fraud_model.weights import Weights

EXTRA = "assets.extra"
"""Folder that the model server leaves alone, but for the warm-up requests in it."""

_WARMUP = "tf_serving_warmup_requests"
Rows = Mapping[str, NDArray[np.float32]]
"""The inputs of the signature by name, ``n`` rows each."""


def write(version: Version, name: str, weights: Weights, warmup: Sequence[Rows]) -> None:
    """Write a SavedModel with warm-up requests, and see that it answers as the model in memory.

    Args:
        version: Where, and its number.
        name: Name of the model.
        weights: The model.
        warmup: Requests that the model server plays before it says that it is ready.

    Raises:
        ExportError: It could not be written, or answers otherwise than the model in memory.
    """
    served = Served(weights, version.number)
    try:
        tf.saved_model.save(served, str(version.partial), signatures=served.__call__)
    except tf.errors.OpError as exc:  # a full disk, say
        raise ExportError(f"{version.final}: could not be written: {exc.message}") from exc
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


def verify(served: Served, folder: Path, requests: Sequence[Rows]) -> None:
    """Load a version and compare its answers with those of the model in memory, bit for bit.

    Raises:
        ExportError: They differ, or it cannot be loaded.
    """
    answer = read(folder)
    for rows in requests:
        before = {name: value.numpy() for name, value in served(**rows).items()}
        if _bits(before) != _bits(answer(rows)):
            raise ExportError(
                f"{folder}: answers otherwise than the model in memory; nothing was exported"
            )


def read(folder: Path) -> Callable[[Rows], dict[str, NDArray[Any]]]:
    """Load a version as the model server does.

    Returns:
        A function from the inputs of the signature to its outputs.

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
        answers = signature(**{name: tf.constant(part) for name, part in rows.items()})
        return {name: value.numpy() for name, value in answers.items()}

    return answer


def _write_warmup(path: Path, name: str, warmup: Sequence[Rows]) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for rows in warmup:
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(name=name, signature_name="serving_default"),
                inputs={name: tf.make_tensor_proto(part) for name, part in rows.items()},
            )
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _bits(answers: dict[str, NDArray[Any]]) -> dict[str, bytes]:
    return {name: tf.make_tensor_proto(a).SerializeToString() for name, a in answers.items()}
