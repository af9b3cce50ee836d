"""Warm-up: requests that a model carries with it, replayed before it is available.

Follows servables/tensorflow/saved_model_warmup.cc and saved_model_warmup_util.cc.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import prediction_log_pb2

from . import examples
from .calls import Model
from .errors import Code, StatusError, invalid
from .inference import Predict, predict_signature
from .metrics import Metrics
from .multi_inference import MultiInference
from .tensors import from_proto

log = logging.getLogger(__name__)
FILE = Path("assets.extra") / "tf_serving_warmup_requests"
_MAX_RECORDS = 1000


def replay(model: Model, path: str, repeat: int, metrics: Metrics) -> None:
    """Run every record of the version's warm-up file, `repeat` times; no file is fine.

    Raises:
        StatusError: a record cannot be read or run; the version must not be served.
    """
    file = Path(path) / FILE
    if not file.exists():
        log.info("No warmup data file found at %s", file)
        return
    started = time.monotonic()
    count = 0
    try:
        for record in tf.compat.v1.io.tf_record_iterator(str(file)):
            count += 1
            if count > _MAX_RECORDS:
                raise invalid(
                    f"Number of warmup records exceeds the maximum ({_MAX_RECORDS}) at {file}"
                )
            _replay(model, record, file, repeat)
    except tf.errors.OpError as error:
        hint = ". Please verify your warmup data is in TFRecord format."
        lost = Code(error.error_code) is Code.DATA_LOSS
        raise StatusError(Code(error.error_code), error.message + (hint if lost else "")) from error
    metrics.warmup.observe((time.monotonic() - started) * 1e6, path, "OK")
    metrics.warmup_records.add(path, "OK", amount=count)
    log.info("Finished reading warmup data for model at %s. Number of records: %d", file, count)


def _replay(model: Model, record: bytes, file: Path, repeat: int) -> None:
    try:
        entry = prediction_log_pb2.PredictionLog.FromString(record)
    except DecodeError as error:
        raise invalid(f"Failed to parse warmup record from {file}") from error
    for _ in range(repeat):
        _run(model, entry)


def _run(model: Model, entry: Any) -> None:
    kind = entry.WhichOneof("log_type")
    if kind == "predict_log":
        request = entry.predict_log.request
        signature = predict_signature(model, request.model_spec.signature_name)
        inputs = {name: from_proto(proto, name) for name, proto in request.inputs.items()}
        model.run(Predict(signature, inputs, request.output_filter).call)
    elif kind in {"classify_log", "regress_log"}:
        request = getattr(entry, kind).request
        task = examples.CLASSIFY if kind == "classify_log" else examples.REGRESS
        signature = examples.find(model, task, request.model_spec.signature_name)
        found = examples.serialized(request.input)
        call = task.call(signature, found)
        task.result(signature, len(found), call, model.run(call))
    elif kind == "multi_inference_log":
        multi = MultiInference(model, entry.multi_inference_log.request)
        multi.response(model.run(multi.call), None)
    elif kind:
        raise StatusError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}")
