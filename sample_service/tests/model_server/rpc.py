"""gRPC clients whose every error is held to what the API promises of all errors.

Imports TensorFlow, through the messages: import this module only where a test needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import text_format
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)
from tests.model_server.rest import TRACE

PREDICTION, MODEL = "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"
METHODS: dict[str, tuple[str, Any, Any]] = {
    "Predict": (PREDICTION, predict_pb2.PredictRequest, predict_pb2.PredictResponse),
    "Classify": (
        PREDICTION,
        classification_pb2.ClassificationRequest,
        classification_pb2.ClassificationResponse,
    ),
    "Regress": (
        PREDICTION,
        regression_pb2.RegressionRequest,
        regression_pb2.RegressionResponse,
    ),
    "MultiInference": (
        PREDICTION,
        inference_pb2.MultiInferenceRequest,
        inference_pb2.MultiInferenceResponse,
    ),
    "GetModelMetadata": (
        PREDICTION,
        get_model_metadata_pb2.GetModelMetadataRequest,
        get_model_metadata_pb2.GetModelMetadataResponse,
    ),
    "GetModelStatus": (
        MODEL,
        get_model_status_pb2.GetModelStatusRequest,
        get_model_status_pb2.GetModelStatusResponse,
    ),
    "HandleReloadConfigRequest": (
        MODEL,
        model_management_pb2.ReloadConfigRequest,
        model_management_pb2.ReloadConfigResponse,
    ),
}
UNDOCUMENTED = {"UNKNOWN", "INTERNAL", "DATA_LOSS"}


@dataclass(frozen=True)
class Refusal:
    """An error that a call was answered with."""

    code: str  # "INVALID_ARGUMENT"
    details: str


class Rpc:
    """One channel to a server's gRPC API. Threads may share it."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(
            address, [("grpc.max_receive_message_length", -1), ("grpc.enable_http_proxy", 0)]
        )
        self.calls: dict[str, Callable[..., Any]] = {
            name: self._channel.unary_unary(
                f"/{service}/{name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString,
            )
            for name, (service, request, response) in METHODS.items()
        }

    def __enter__(self) -> Rpc:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def raw(self, path: str, request: bytes) -> bytes | Refusal:
        """Send bytes that may be no message at all."""
        try:
            answer: bytes = self._channel.unary_unary(path)(request, timeout=60)
        except grpc.RpcError as error:
            return Refusal(error.code().name, error.details())
        return answer

    def send(self, method: str, request: Any, timeout: float = 60) -> Any:
        """Call `method` and give its response, or the `Refusal` it was answered with.

        Args:
            method: a name in `METHODS`.
            request: its message, or that as text.
            timeout: in seconds.
        """
        message = parse(method, request) if isinstance(request, str) else request
        try:
            return self.calls[method](message, timeout=timeout, wait_for_ready=True)
        except grpc.RpcError as error:
            refusal = Refusal(error.code().name, error.details())
        assert refusal.code not in UNDOCUMENTED, refusal
        assert refusal.details.strip(), "an error must say what is wrong"
        assert not TRACE.search(refusal.details), refusal
        return refusal


def parse(method: str, text: str) -> Any:
    """Read a request of `method` from protobuf's text format."""
    return text_format.Parse(text, METHODS[method][1]())


def parse_response(method: str, text: str) -> Any:
    """Read a response of `method` from protobuf's text format."""
    return text_format.Parse(text, METHODS[method][2]())
