"""The gRPC services: PredictionService, ModelService, and health by flag.

Follows model_servers/prediction_service_impl.cc and model_service_impl.cc.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import (
    classification_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from . import answers, examples, textproto
from .core import ServerCore
from .errors import Code, StatusError, invalid
from .flags import Options
from .inference import Predict, predict_signature
from .metrics import Metrics
from .multi_inference import MultiInference
from .profiler import Profiler
from .servable import Servable
from .tensors import from_proto, to_proto

log = logging.getLogger(__name__)

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_MAX_MESSAGE = 1024
_MAX_BYTES = 2**31 - 1


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):  # type: ignore[misc]
    """Inference and metadata."""

    def __init__(self, core: ServerCore[Servable], options: Options, metrics: Metrics) -> None:
        self._core = core
        self._options = options
        self._metrics = metrics

    def Predict(self, request: Any, context: Any) -> Any:
        """Named tensors in, named tensors out."""
        with self._recorded(request.model_spec.name, "Predict", context):
            _require_spec(request)
            return self._predict(request)

    def Classify(self, request: Any, context: Any) -> Any:
        """Examples in, classes with scores out."""
        with self._recorded(request.model_spec.name, "Classify", context):
            response = classification_pb2.ClassificationResponse()
            return self._examples(request, examples.CLASSIFY, response)

    def Regress(self, request: Any, context: Any) -> Any:
        """Examples in, numbers out."""
        with self._recorded(request.model_spec.name, "Regress", context):
            response = regression_pb2.RegressionResponse()
            return self._examples(request, examples.REGRESS, response)

    def MultiInference(self, request: Any, context: Any) -> Any:
        """Several classify and regress signatures on the same examples."""
        with _aborting(context):
            spec = request.tasks[0].model_spec if request.tasks else answers.no_spec()
            with self._core.use(spec) as (servable, number):
                multi = MultiInference(servable, request)
                self._count_examples(spec.name, len(multi.examples))
                return multi.response(servable.run(multi.call), number)

    def GetModelMetadata(self, request: Any, context: Any) -> Any:
        """The signatures of a model."""
        with _aborting(context):
            _require_spec(request)
            return answers.model_metadata(self._core, request.model_spec, request.metadata_field)

    def _predict(self, request: Any) -> Any:
        spec = request.model_spec
        with self._core.use(spec) as (servable, number):
            check = self._options.enable_signature_method_name_check
            signature = predict_signature(servable, spec.signature_name, check)
            inputs = {name: from_proto(proto, name) for name, proto in request.inputs.items()}
            predict = Predict(signature, inputs, request.output_filter)
            outputs = predict.outputs(self._run(servable, spec.name, "Predict", predict.call))
        response = predict_pb2.PredictResponse()
        response.model_spec.CopyFrom(answers.model_spec(spec.name, spec.signature_name, number))
        for name, array in outputs.items():
            as_content = self._options.enable_serialization_as_tensor_content
            to_proto(array, response.outputs[name], as_content)
        return response

    def _examples(self, request: Any, task: examples.Task, response: Any) -> Any:
        _require_spec(request)
        spec = request.model_spec
        with self._core.use(spec) as (servable, number):
            check = self._options.enable_signature_method_name_check
            signature = examples.find(servable, task, spec.signature_name, check)
            found = examples.serialized(request.input)
            self._count_examples(spec.name, len(found))
            call = task.call(signature, found)
            api = "Classify" if task is examples.CLASSIFY else "Regress"
            values = self._run(servable, spec.name, api, call)
            response.result.CopyFrom(task.result(signature, len(found), call, values))
        response.model_spec.CopyFrom(answers.model_spec(spec.name, spec.signature_name, number))
        return response

    def _run(self, servable: Servable, name: str, api: str, call: Any) -> list[Any]:
        started = time.perf_counter()
        values = servable.run(call)
        self._metrics.runtime.observe((time.perf_counter() - started) * 1e6, name, api, "TF1")
        return values

    def _count_examples(self, name: str, count: int) -> None:
        self._metrics.examples.add(name, amount=count)
        self._metrics.example_counts.observe(count, name)

    @contextlib.contextmanager
    def _recorded(self, name: str, api: str, context: Any) -> Iterator[None]:
        started = time.perf_counter()
        with _aborting(context, lambda code: self._metrics.requests.add(name, code.name)):
            yield
            micros = (time.perf_counter() - started) * 1e6
            self._metrics.latency.observe(micros, name, api, "GRPC")


class ModelService(model_service_pb2_grpc.ModelServiceServicer):  # type: ignore[misc]
    """Status and configuration."""

    def __init__(self, core: ServerCore[Servable], metrics: Metrics) -> None:
        self._core = core
        self._metrics = metrics

    def GetModelStatus(self, request: Any, context: Any) -> Any:
        """The states of a model's versions."""
        with _aborting(context):
            _require_spec(request)
            return answers.model_status(self._core, request.model_spec)

    def HandleReloadConfigRequest(self, request: Any, context: Any) -> Any:
        """Serve another list of models; answers when the new ones are available."""
        response = model_management_pb2.ReloadConfigResponse()
        with _aborting(context):
            before = self._values(request.metric_names)
            if request.config.WhichOneof("config") != "model_config_list":
                raise invalid(
                    "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                    "Only ModelConfigList is currently supported"
                )
            self._core.reload(request.config)
            for name, value in self._values(request.metric_names).items():
                response.metric.add(name=name, int64_value_increase=value - before[name])
            response.status.error_code = Code.OK
        return response

    def _values(self, names: Any) -> dict[str, int]:
        counters = {name: self._metrics.counter(name) for name in names}
        return {name: counter.value() if counter else 0 for name, counter in counters.items()}


class GrpcServer:
    """The gRPC services on a port, a Unix socket, or both."""

    def __init__(self, core: ServerCore[Servable], options: Options, metrics: Metrics) -> None:
        """Listen.

        Raises:
            StatusError: INVALID_ARGUMENT, the address is taken or cannot be listened on.
        """
        self._pool = ThreadPoolExecutor(max(options.grpc_max_threads, 1), "grpc")
        self._server = grpc.server(self._pool, options=_channel_arguments(options))
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            PredictionService(core, options, metrics), self._server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            ModelService(core, metrics), self._server
        )
        if options.enable_grpc_healthcheck_service:
            health_pb2_grpc.add_HealthServicer_to_server(_health(), self._server)
        self._profiler = Profiler()
        if options.enable_profiler:
            self._server.add_generic_rpc_handlers([self._profiler.handler()])
        credentials = _credentials(options)
        for address in _addresses(options):
            self._listen(address, credentials)
            log.info("Running gRPC ModelServer at %s ...", address)
        self._server.start()

    def close(self, grace_seconds: float) -> None:
        """Refuse new requests, give running ones time to finish."""
        self._server.stop(grace_seconds).wait()
        self._profiler.close()
        self._pool.shutdown()

    def _listen(self, address: str, credentials: Any) -> None:
        try:
            if credentials:
                self._server.add_secure_port(address, credentials)
            else:
                self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise invalid(f"Failed to BuildAndStart gRPC server: {error}") from error


def _addresses(options: Options) -> list[str]:
    addresses = [f"0.0.0.0:{options.port}"] if options.port else []
    if options.grpc_socket_path:
        addresses.append(f"unix:{options.grpc_socket_path}")
    return addresses


def _channel_arguments(options: Options) -> list[tuple[str, Any]]:
    arguments: list[tuple[str, Any]] = [
        ("grpc.max_receive_message_length", _MAX_BYTES),
        ("grpc.max_send_message_length", _MAX_BYTES),
    ]
    for argument in filter(None, options.grpc_channel_arguments.split(",")):
        key, equals, value = argument.partition("=")
        if not equals:
            raise invalid(f"--grpc_channel_arguments: expected key=value, got {argument!r}")
        try:
            arguments.append((key, int(value)))
        except ValueError:
            arguments.append((key, value))
    return arguments


def _credentials(options: Options) -> Any:
    if not options.ssl_config_file:
        return None
    config = textproto.read(options.ssl_config_file, textproto.SSLConfig)
    pair = (config.server_key.encode(), config.server_cert.encode())
    return grpc.ssl_server_credentials(
        [pair],
        root_certificates=config.custom_ca.encode() or None,
        require_client_auth=config.client_verify,
    )


def _health() -> Any:
    servicer = health.HealthServicer()
    for service in ("", "ModelService", "PredictionService"):
        servicer.set(service, health_pb2.HealthCheckResponse.SERVING)
    return servicer


def _require_spec(request: Any) -> None:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")


@contextlib.contextmanager
def _aborting(context: Any, record: Callable[[Code], None] = lambda code: None) -> Iterator[None]:
    """End the call with the status of the error raised in the block."""
    try:
        yield
        record(Code.OK)
    except StatusError as error:
        record(error.code)
        message = error.message
        if len(message) > _MAX_MESSAGE:
            message = message[:_MAX_MESSAGE] + "...TRUNCATED"
        context.abort(_CODES[error.code], message)
