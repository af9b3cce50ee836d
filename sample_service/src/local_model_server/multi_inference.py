"""Multi-inference: several classify and regress signatures of a model in one run.

Follows servables/tensorflow/multi_inference.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorflow_serving.apis import inference_pb2

from . import examples
from .answers import model_spec
from .calls import Call, Model, Signature
from .dtypes import Array
from .errors import Code, StatusError, invalid
from .inference import DEFAULT_SIGNATURE, REGRESS


class MultiInference:
    """One request: the `call` to run, and the `response` of its values."""

    def __init__(self, model: Model, request: Any, timeout_ms: int = 0) -> None:
        """Check all tasks.

        Raises:
            StatusError: tasks of several models, a signature twice or missing, or not of its kind.
        """
        self._parts: list[tuple[Any, examples.Task, Signature]] = []
        seen: set[str] = set()
        feeds: dict[str, None] = {}
        fetches: dict[str, None] = {}
        for entry in request.tasks:
            task, signature = _check(model, request, entry, seen)
            self._parts.append((entry.model_spec, task, signature))
            fetches.update(dict.fromkeys(task.outputs(signature)))  # refuses other kinds
            feeds[signature.feeds[examples.INPUTS]] = None
        self.examples = examples.serialized(request.input)
        array = examples.tensor(self.examples)
        self.call = Call(tuple(feeds), tuple(fetches), (array,) * len(feeds), timeout_ms)

    def response(self, values: Sequence[Array], number: int | None) -> Any:
        """`MultiInferenceResponse`, one result a task."""
        response = inference_pb2.MultiInferenceResponse()
        for spec, task, signature in self._parts:
            result = task.result(signature, len(self.examples), self.call, values)
            entry = response.results.add()
            entry.model_spec.CopyFrom(model_spec(spec.name, spec.signature_name, number))
            if task.method == REGRESS:
                entry.regression_result.CopyFrom(result)
            else:
                entry.classification_result.CopyFrom(result)
        return response


def _check(
    model: Model, request: Any, entry: Any, seen: set[str]
) -> tuple[examples.Task, Signature]:
    name = entry.model_spec.name
    if not name:
        raise invalid("Found ModelSpec with an empty model name.")
    if name != request.tasks[0].model_spec.name:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
    signature_name = entry.model_spec.signature_name or DEFAULT_SIGNATURE
    if signature_name in seen:
        raise invalid(f"Duplicate evaluation of signature: {signature_name}")
    seen.add(signature_name)
    signature = model.signatures.get(signature_name)
    if signature is None:
        raise invalid(f"Requested signature not found in model graph: {signature_name}")
    task = examples.by_method(entry.method_name)
    if task is None:
        raise StatusError(
            Code.UNIMPLEMENTED, f"Unsupported signature method_name: {entry.method_name}"
        )
    return task, signature
