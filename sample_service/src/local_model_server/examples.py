"""Classify, regress and multi-inference: requests made of `tf.train.Example`s.

Follows servables/tensorflow/classifier.cc, regressor.cc, multi_inference.cc, util.cc, and
util/json_tensor.cc for the JSON forms.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from tensorflow.core.example import example_pb2, feature_pb2
from tensorflow_serving.apis import classification_pb2, regression_pb2

from . import json_text
from .calls import Call, Model, Signature
from .dtypes import BY_NUMPY, Array
from .errors import invalid
from .inference import CLASSIFY as CLASSIFY_METHOD
from .inference import DEFAULT_SIGNATURE
from .inference import REGRESS as REGRESS_METHOD
from .json_tensor import decode_base64, signature_name

INPUTS, CLASSES, SCORES, OUTPUTS = "inputs", "classes", "scores", "outputs"


class Task(Protocol):
    """One of the two ways to read a signature that takes examples."""

    method: str

    def outputs(self, signature: Signature) -> list[str]:
        """Names of the output tensors to fetch; raises StatusError if the signature is no such."""

    def call(self, signature: Signature, examples: Sequence[bytes], timeout_ms: int = 0) -> Call:
        """The run of the graph."""

    def result(self, signature: Signature, count: int, call: Call, values: Sequence[Array]) -> Any:
        """The result message of the fetched values."""


@dataclasses.dataclass(frozen=True)
class Request:
    """A parsed REST body: serialized examples, and the signature they are for."""

    signature_name: str
    examples: list[bytes]


class _Classify:
    method = CLASSIFY_METHOD

    def outputs(self, signature: Signature) -> list[str]:
        _check_inputs(signature, "classification")
        if len(signature.fetches) not in {1, 2}:
            raise invalid(f"Expected one or two output Tensors, found {len(signature.fetches)}")
        found = [signature.fetches[n] for n in (CLASSES, SCORES) if n in signature.fetches]
        if not found:
            raise invalid(
                'Expected classification signature outputs to contain at least one of "classes" '
                f'or "scores". Signature was: {signature.proto}'
            )
        return found

    def call(self, signature: Signature, examples: Sequence[bytes], timeout_ms: int = 0) -> Call:
        fetches = tuple(dict.fromkeys(self.outputs(signature)))
        return Call((signature.feeds[INPUTS],), fetches, (tensor(examples),), timeout_ms)

    def result(self, signature: Signature, count: int, call: Call, values: Sequence[Array]) -> Any:
        by_tensor = dict(zip(call.fetches, values, strict=True))
        classes = by_tensor.get(signature.fetches.get(CLASSES, ""))
        scores = by_tensor.get(signature.fetches.get(SCORES, ""))
        _check_matrix(classes, "classes", "DT_STRING", object, count)
        _check_matrix(scores, "scores", "DT_FLOAT", np.float32, count)
        if classes is not None and scores is not None and classes.shape != scores.shape:
            raise invalid(
                "Tensors class and score should match in dim_size(1). Got "
                f"{classes.shape[1]} vs. {scores.shape[1]}"
            )
        result = classification_pb2.ClassificationResult()
        for row in range(count):
            labels: list[Any] = [] if classes is None else classes[row].tolist()
            numbers: list[Any] = [] if scores is None else scores[row].tolist()
            entry = result.classifications.add()
            for index in range(max(len(labels), len(numbers))):
                entry.classes.add(
                    label=labels[index] if labels else None,
                    score=numbers[index] if numbers else None,
                )
        return result


class _Regress:
    method = REGRESS_METHOD

    def outputs(self, signature: Signature) -> list[str]:
        _check_inputs(signature, "regression", outputs=1)
        if OUTPUTS not in signature.fetches:
            raise invalid(f"No regression outputs found in SignatureDef: {signature.proto}")
        return [signature.fetches[OUTPUTS]]

    def call(self, signature: Signature, examples: Sequence[bytes], timeout_ms: int = 0) -> Call:
        fetches = tuple(self.outputs(signature))
        return Call((signature.feeds[INPUTS],), fetches, (tensor(examples),), timeout_ms)

    def result(self, signature: Signature, count: int, call: Call, values: Sequence[Array]) -> Any:
        array = dict(zip(call.fetches, values, strict=True))[signature.fetches[OUTPUTS]]
        if not (array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)):
            raise invalid(
                "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] "
                f"but got {_shape(array)}"
            )
        if len(array) != count:
            raise invalid(
                f"Input batch size did not match output batch size: {count} vs. {len(array)}"
            )
        if array.dtype != np.float32:
            raise invalid(f"Expected output Tensor of DT_FLOAT.  Got: {_type(array)}")
        result = regression_pb2.RegressionResult()
        for value in array.ravel().tolist():
            result.regressions.add(value=value)
        return result


CLASSIFY: Task = _Classify()
REGRESS: Task = _Regress()


def find(model: Model, task: Task, name: str, check_method: bool = False) -> Signature:
    """The signature a classify or regress request names.

    Raises:
        StatusError: INVALID_ARGUMENT, no such signature, or not one of this kind.
    """
    signature = model.signatures.get(name or DEFAULT_SIGNATURE)
    if signature is None:
        raise invalid(f"No signature was found with the name: {name or DEFAULT_SIGNATURE}")
    if check_method and signature.method_name != task.method:
        kind = "classification" if task is CLASSIFY else "regression"
        raise invalid(
            f"Expected {kind} signature method_name to be {task.method}. "
            f"Was: {signature.method_name}"
        )
    task.outputs(signature)
    return signature


def serialized(message: Any) -> list[bytes]:
    """The examples of an `Input`, each with the shared context before it.

    Raises:
        StatusError: INVALID_ARGUMENT, there are none.
    """
    context = b""
    found = message.example_list.examples
    if message.WhichOneof("kind") == "example_list_with_context":
        context = message.example_list_with_context.context.SerializeToString()
        found = message.example_list_with_context.examples
    if not found:
        raise invalid("Input is empty.")
    # Messages in wire format merge when they are put one after the other.
    return [context + example.SerializeToString() for example in found]


def read_request(body: bytes, method: str) -> Request:
    """Parse the JSON body of classify or regress.

    Raises:
        StatusError: INVALID_ARGUMENT with the reason.
    """
    document = json_text.parse_object(body)
    name = signature_name(document)
    context = b""
    if "context" in document:
        context = _example(document["context"])
    if "examples" not in document:
        raise invalid(
            f"JSON Value: {json_text.show(document)} When method is classify, key 'examples' "
            "is expected and was not found"
        )
    found = document["examples"]
    if not isinstance(found, list):
        shown = json_text.show(document)
        raise invalid(f"JSON Value: {shown} Expecting 'examples' value to be an list/array")
    if not found:
        shown = json_text.show(document)
        raise invalid(f"JSON Value: {shown} 'examples' value is an empty array")
    return Request(name, [context + _example(item) for item in found])


def write_result(result: Any) -> bytes:
    """The JSON body that answers classify or regress."""
    if isinstance(result, regression_pb2.RegressionResult):
        values = np.array([item.value for item in result.regressions], np.float32)
        return f'{{"results": [{", ".join(json_text.numbers(values))}]}}'.encode()
    rows = []
    for classes in result.classifications:
        scores = json_text.numbers(np.array([c.score for c in classes.classes], np.float32))
        labels = [json_text.string(c.label.encode()) for c in classes.classes]
        pairs = (f"[{label}, {score}]" for label, score in zip(labels, scores, strict=True))
        rows.append(f"[{', '.join(pairs)}]")
    return f'{{"results": [{", ".join(rows)}]}}'.encode("utf-8", "surrogateescape")


def _example(value: Any) -> bytes:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {json_text.kind(value)}")
    example = example_pb2.Example()
    for name, content in value.items():
        items = content if isinstance(content, list) else [content]
        json_text.to_bytes(name)  # a name that cannot be written is the caller's mistake
        feature = example.features.feature[name]
        for item in items:
            _add(feature, name, item)
    written: bytes = example.SerializeToString()
    return written


def _add(feature: feature_pb2.Feature, name: str, value: Any) -> None:
    """Append one JSON value; all values of a feature are of one kind."""
    kind, content = _feature_value(name, value)
    present = feature.WhichOneof("kind")
    if present not in {None, kind}:
        shown = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}[present]
        raise invalid(f"Unexpected element type in feature: {name} expecting type: {shown}")
    getattr(feature, kind).value.append(content)


def _feature_value(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, bool):
        return "int64_list", int(value)
    if isinstance(value, str):
        return "bytes_list", json_text.to_bytes(value)
    if isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str):
        return "bytes_list", decode_base64(value)
    if isinstance(value, float) or (isinstance(value, int) and not -(2**63) <= value < 2**64):
        return "float_list", _float32(value)
    if isinstance(value, int) and value >= 2**63:
        raise invalid(f"Feature: {name} has uint64_t element. Only int64_t is supported.")
    if isinstance(value, int):
        return "int64_list", value
    raise invalid(f"Feature: {name} has element with unexpected JSON type: {json_text.kind(value)}")


def _float32(value: float) -> float:
    try:
        with np.errstate(over="ignore"):
            return float(np.float32(value))
    except OverflowError as error:
        message = "JSON Parse error: Number too big to be stored in double. at offset: 0"
        raise invalid(message) from error


def tensor(examples: Sequence[bytes]) -> Array:
    """A vector of serialized examples."""
    array = np.empty(len(examples), object)
    array[:] = examples
    return array


def _check_inputs(signature: Signature, kind: str, outputs: int = 0) -> None:
    if len(signature.feeds) != 1:
        raise invalid("Expected one input Tensor.")
    if outputs and len(signature.fetches) != outputs:
        raise invalid("Expected one output Tensor.")
    if INPUTS not in signature.feeds:
        raise invalid(f"No {kind} inputs found in SignatureDef: {signature.proto}")


def _check_matrix(array: Array | None, name: str, type_name: str, dtype: Any, count: int) -> None:
    if array is None:
        return
    if array.ndim != 2:
        raise invalid(f"Expected Tensor shape: [batch_size num_classes] but got {_shape(array)}")
    if array.dtype != dtype:
        raise invalid(f"Expected {name} Tensor of {type_name}. Got: {_type(array)}")
    if len(array) != count:
        raise invalid(f"Expected {name} output batch size of {count}. Got: {len(array)}")


def _shape(array: Array) -> str:
    return f"[{','.join(map(str, array.shape))}]"


def _type(array: Array) -> str:
    dtype = BY_NUMPY.get(array.dtype)
    return f"DT_{dtype.name.upper()}" if dtype else str(array.dtype)


def by_method(method: str) -> Task | None:
    """The task of a multi-inference method name."""
    tasks: Mapping[str, Task] = {CLASSIFY_METHOD: CLASSIFY, REGRESS_METHOD: REGRESS}
    return tasks.get(method)
