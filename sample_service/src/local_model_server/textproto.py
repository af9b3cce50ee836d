"""Configuration files in protobuf's text format.

The pip package `tensorflow-serving-api` has `ModelServerConfig` but not the messages of
monitoring, TLS and batching, so these are built here from their field tables
(config/monitoring_config.proto, config/ssl_config.proto and
servables/tensorflow/session_bundle_config.proto of the server's source).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message,
    message_factory,
    text_format,
    wrappers_pb2,
)

from .errors import invalid, not_found

M = TypeVar("M", bound=message.Message)

# message: {field: (number, type)}; a type that starts with a dot is a message.
_MESSAGES = {
    "PrometheusConfig": {"enable": (1, "BOOL"), "path": (2, "STRING")},
    "MonitoringConfig": {"prometheus_config": (1, ".tensorflow.serving.PrometheusConfig")},
    "SSLConfig": {
        "server_key": (1, "STRING"),
        "server_cert": (2, "STRING"),
        "custom_ca": (3, "STRING"),
        "client_verify": (4, "BOOL"),
    },
    "BatchingParameters": {
        "max_batch_size": (1, ".google.protobuf.Int64Value"),
        "batch_timeout_micros": (2, ".google.protobuf.Int64Value"),
        "max_enqueued_batches": (3, ".google.protobuf.Int64Value"),
        "num_batch_threads": (4, ".google.protobuf.Int64Value"),
        "thread_pool_name": (5, ".google.protobuf.StringValue"),
        "allowed_batch_sizes": (6, "INT64"),
        "pad_variable_length_inputs": (7, "BOOL"),
        "enable_large_batch_splitting": (8, ".google.protobuf.BoolValue"),
        "max_execution_batch_size": (9, ".google.protobuf.Int64Value"),
    },
}
_REPEATED = {"allowed_batch_sizes"}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="local_model_server/configs.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    for name, fields in _MESSAGES.items():
        entry = file.message_type.add(name=name)
        for field_name, (number, kind) in fields.items():
            field = entry.field.add(name=field_name, number=number)
            many = field_name in _REPEATED
            field.label = field.LABEL_REPEATED if many else field.LABEL_OPTIONAL
            if kind.startswith("."):
                field.type, field.type_name = field.TYPE_MESSAGE, kind
            else:
                field.type = field.Type.Value(f"TYPE_{kind}")
    return file


def _classes() -> dict[str, type[message.Message]]:
    # A pool of its own: another package may bring the real messages into the default one.
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(_file())
    return {
        name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"tensorflow.serving.{name}")
        )
        for name in _MESSAGES
    }


_CLASSES = _classes()
MonitoringConfig: Any = _CLASSES["MonitoringConfig"]
SSLConfig: Any = _CLASSES["SSLConfig"]
BatchingParameters: Any = _CLASSES["BatchingParameters"]


def read(path: str, kind: type[M]) -> M:
    """The message in the file at `path`.

    Raises:
        StatusError: the file is missing (NOT_FOUND) or malformed (INVALID_ARGUMENT); the message
            has the line protobuf's own parser would log.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise not_found(f"{path}; {reason}") from error
    try:
        parsed: M = text_format.Parse(text, kind())

    except text_format.ParseError as error:
        raise invalid(
            f"Error parsing text-format {kind.DESCRIPTOR.full_name}: {error}\n"
            f"Invalid protobuf file: '{path}'"
        ) from error
    return parsed
