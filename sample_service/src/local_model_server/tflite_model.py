"""A TensorFlow Lite model in the place of a SavedModel (`--prefer_tflite_model`).

Follows servables/tensorflow/tflite_session.cc: signatures come from the model's metadata, or, if
it has none, one signature is made of the names of its inputs and outputs.
"""

from __future__ import annotations

import queue
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from flatbuffers import flexbuffers
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.lite.python import schema_py_generated as schema

from .calls import Call, Signature
from .dtypes import BY_NUMPY, Array
from .errors import invalid
from .inference import DEFAULT_SIGNATURE, PREDICT

FILE = "model.tflite"
_METADATA = b"signature_defs_metadata"


class TfLiteModel:
    """One version of a model, in `copies` interpreters that run one call each at a time."""

    def __init__(self, path: str, copies: int) -> None:
        """Load `model.tflite` of the version's folder.

        Raises:
            StatusError: INVALID_ARGUMENT, it is no such model.
        """
        content = (Path(path) / FILE).read_bytes()
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        try:
            for _ in range(max(copies, 1)):
                interpreter = _interpreter(content)
                self._free.put(interpreter)
            protos = _signatures(content) or {DEFAULT_SIGNATURE: _by_names(interpreter)}
        except (ValueError, RuntimeError, TypeError) as error:
            raise invalid(f"Cannot load {path}/{FILE}: {error}") from error
        self.signatures = {name: Signature(proto) for name, proto in protos.items()}

    def run(self, call: Call) -> list[Array]:
        """The value of each fetch.

        Raises:
            StatusError: INVALID_ARGUMENT, the inputs do not fit the model.
        """
        interpreter = self._free.get()
        try:
            return _run(interpreter, call)
        except (ValueError, RuntimeError, KeyError) as error:
            raise invalid(f"Cannot run the model: {error}") from error
        finally:
            self._free.put(interpreter)

    def close(self) -> None:
        """Free the interpreters."""
        while not self._free.empty():
            self._free.get_nowait()


def _interpreter(content: bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on every use: that another package will replace it
        return tf.lite.Interpreter(model_content=content)


def _run(interpreter: Any, call: Call) -> list[Array]:
    inputs = {_plain(entry["name"]): entry for entry in interpreter.get_input_details()}
    outputs = {_plain(entry["name"]): entry for entry in interpreter.get_output_details()}
    for feed, array in zip(call.feeds, call.arrays, strict=True):
        entry = inputs[_plain(feed)]
        if tuple(entry["shape"]) != array.shape:
            interpreter.resize_tensor_input(entry["index"], array.shape)
    interpreter.allocate_tensors()
    for feed, array in zip(call.feeds, call.arrays, strict=True):
        interpreter.set_tensor(inputs[_plain(feed)]["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(outputs[_plain(fetch)]["index"]) for fetch in call.fetches]


def _plain(name: str) -> str:
    return name.partition(":")[0]


def _signatures(content: bytes) -> dict[str, Any]:
    """The signatures in the model's metadata, none in most models."""
    model = schema.Model.GetRootAs(content, 0)
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == _METADATA:
            packed = flexbuffers.Loads(bytes(model.Buffers(entry.Buffer()).DataAsNumpy()))
            return {
                name: meta_graph_pb2.SignatureDef.FromString(_bytes(text))
                for name, text in packed.items()
            }
    return {}


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _by_names(interpreter: Any) -> Any:
    proto = meta_graph_pb2.SignatureDef(method_name=PREDICT)
    sides = (
        (proto.inputs, interpreter.get_input_details()),
        (proto.outputs, interpreter.get_output_details()),
    )
    for infos, entries in sides:
        for entry in entries:
            info = infos[_plain(entry["name"])]
            info.name = entry["name"]
            info.dtype = BY_NUMPY[np.dtype(entry["dtype"])].number
            for size in entry["shape_signature"].tolist():
                info.tensor_shape.dim.add(size=size)
    return proto
