"""The command line of `tensorflow_model_server` (model_servers/main.cc, server.h).

Every flag of the real binary is a field of `Options`, with the same name and default, so that a
command line written for one runs on the other. What this server leaves out says so in `--help`.
"""

from __future__ import annotations

import dataclasses
import os
import textwrap
from typing import Any

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
THREADS = 4 * CPUS


def flag(default: Any, text: str) -> Any:
    """A flag this server obeys."""
    return dataclasses.field(default=default, metadata={"help": text})


def ignored(default: Any, why: str) -> Any:
    """A flag of the real server that is accepted and has no effect here, and why."""
    return dataclasses.field(default=default, metadata={"help": f"Accepted, no effect: {why}"})


@dataclasses.dataclass(frozen=True)
class Options:
    """One field a flag. Ports: 0 disables. Intervals are in the unit the name says."""

    port: int = flag(8500, "TCP port for gRPC. 0 disables it; then --grpc_socket_path is needed.")
    grpc_socket_path: str = flag("", "Unix socket for gRPC, beside --port.")
    rest_api_port: int = flag(0, "TCP port for HTTP/REST. 0 disables it.")
    rest_api_num_threads: int = flag(
        THREADS, "Threads that run REST requests of models too slow for the event loop."
    )
    rest_api_timeout_in_ms: int = flag(30000, "Timeout of a REST call; 0 means none.")
    rest_api_enable_cors_support: bool = flag(False, "Send CORS headers.")
    enable_batching: bool = flag(False, "Batch requests that arrive together.")
    allow_version_labels_for_unavailable_models: bool = flag(
        False, "Allow a new label for a version that is not available yet."
    )
    batching_parameters_file: str = flag("", "BatchingParameters in text format.")
    enable_per_model_batching_parameters: bool = flag(
        False, "Read `batching_params.pbtxt` from the SavedModel's folder instead."
    )
    model_config_file: str = flag("", "ModelServerConfig in text format: the models to serve.")
    model_config_file_poll_wait_seconds: int = flag(
        0, "Seconds between two reads of --model_config_file. 0: read it once."
    )
    model_name: str = flag("default", "Name of the one model (without --model_config_file).")
    model_base_path: str = flag("", "Absolute path of the folder that holds the versions.")
    num_load_threads: int = ignored(0, "every load has its own thread.")
    num_unload_threads: int = ignored(0, "every unload has its own thread.")
    max_num_load_retries: int = flag(5, "Retries after a failed load; 0: one attempt.")
    load_retry_interval_micros: int = flag(60_000_000, "Wait between two attempts to load.")
    file_system_poll_wait_seconds: int = flag(
        1, "Seconds between two looks for versions. 0: look once; negative: never."
    )
    flush_filesystem_caches: bool = ignored(True, "the kernel keeps its caches.")
    tensorflow_session_parallelism: int = flag(0, "Threads of a session. 0: automatic.")
    tensorflow_session_config_file: str = flag("", "ConfigProto in text format.")
    tensorflow_intra_op_parallelism: int = flag(0, "Threads of one operation. 0: automatic.")
    tensorflow_inter_op_parallelism: int = flag(0, "Operations at a time. 0: automatic.")
    use_alts_credentials: bool = flag(False, "Refused: ALTS needs Google's platform.")
    ssl_config_file: str = flag("", "SSLConfig in text format: gRPC over TLS.")
    platform_config_file: str = flag("", "Refused: only the TensorFlow platform is here.")
    per_process_gpu_memory_fraction: float = ignored(0.0, "runs on the CPU.")
    saved_model_tags: str = flag("serve", "Comma-separated tags of the graph to load.")
    grpc_channel_arguments: str = flag("", "Comma-separated key=value for the gRPC server.")
    grpc_max_threads: int = flag(THREADS, "gRPC requests that run at a time.")
    enable_model_warmup: bool = flag(
        True, "Replay assets.extra/tf_serving_warmup_requests before a version is available."
    )
    num_request_iterations_for_warmup: int = flag(0, "Times each warm-up request runs, if > 0.")
    version: bool = flag(False, "Print the version and exit.")
    monitoring_config_file: str = flag("", "MonitoringConfig in text format.")
    remove_unused_fields_from_bundle_metagraph: bool = ignored(
        True, "only the signatures are kept."
    )
    prefer_tflite_model: bool = flag(False, "Serve model.tflite where a version has one.")
    num_tflite_pools: int = flag(CPUS, "Interpreters of a TensorFlow Lite model.")
    num_tflite_interpreters_per_pool: int = ignored(1, "see --num_tflite_pools.")
    enable_signature_method_name_check: bool = flag(
        False, "Check the signature's method_name in predict, classify and regress."
    )
    xla_cpu_compilation_enabled: bool = ignored(False, "TensorFlow's default holds.")
    xla_gpu_compilation_enabled: bool = ignored(False, "runs on the CPU.")
    enable_profiler: bool = flag(True, "Serve TensorFlow's profiler on the gRPC port.")
    thread_pool_factory_config_file: str = ignored("", "TensorFlow's pools are used.")
    mixed_precision: str = ignored("", "models run in their own precision.")
    skip_initialize_tpu: bool = ignored(False, "runs on the CPU.")
    enable_grpc_healthcheck_service: bool = flag(False, "Serve grpc.health.v1.Health.")
    enable_serialization_as_tensor_content: bool = flag(
        False, "gRPC predict answers in `tensor_content` instead of typed fields."
    )


class FlagError(ValueError):
    """The command line cannot be understood; the message names the argument."""


_FIELDS = {field.name: field for field in dataclasses.fields(Options)}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def parse(arguments: list[str]) -> Options:
    """Read `--flag=value`, `--flag value`, `--flag` and `--noflag` (for booleans).

    Raises:
        FlagError: an unknown flag, or a value of the wrong type.
    """
    values: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name, equals, text = argument.removeprefix("--").partition("=")
        negated = name.removeprefix("no")
        if argument.startswith("--no") and not equals and _is_bool(negated):
            values[negated] = False
            continue
        if not argument.startswith("--") or name not in _FIELDS:
            raise FlagError(f"unknown argument: {argument}")
        if not equals and _is_bool(name):
            text = rest.pop(0) if rest and rest[0] in _TRUTH else "true"
        elif not equals:
            if not rest:
                raise FlagError(f"flag --{name} needs a value")
            text = rest.pop(0)
        values[name] = _convert(name, text)
    return Options(**values)


def usage(program: str) -> str:
    """The text of `--help`."""
    head = (
        f"usage: {program} [--flag=value ...]\n\n"
        "Stand-in for tensorflow_model_server, for development and tests. It listens on all\n"
        "addresses of the machine, without authentication, as the real one does.\nFlags:\n"
    )
    lines = []
    for name, field in _FIELDS.items():
        lines.append(f"  --{name}={_show(field.default)}")
        lines.append(textwrap.indent(textwrap.fill(field.metadata["help"], 80), " " * 8))
    return head + "\n".join(lines) + "\n"


def _is_bool(name: str) -> bool:
    return name in _FIELDS and isinstance(_FIELDS[name].default, bool)


def _show(default: Any) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _convert(name: str, text: str) -> Any:
    kind: type[Any] = type(_FIELDS[name].default)
    try:
        return _TRUTH[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        raise FlagError(f"flag --{name}: expected {expected}, got {text!r}") from None
