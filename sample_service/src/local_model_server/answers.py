"""Answers that are the same over REST and gRPC: status and metadata of a model.

Follows model_servers/get_model_status_impl.cc and
servables/tensorflow/get_model_metadata_impl.cc.
"""

from __future__ import annotations

from typing import Any

from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_pb2

from .core import ServerCore
from .errors import Code, invalid
from .inference import DEFAULT_SIGNATURE
from .servable import Servable

SIGNATURES = "signature_def"


def model_status(core: ServerCore[Servable], spec: Any) -> Any:
    """`GetModelStatusResponse`, newest version first."""
    response = get_model_status_pb2.GetModelStatusResponse()
    for number, status in core.model_states(spec).items():
        entry = response.model_version_status.add(version=number, state=int(status.state))
        entry.status.error_code = status.error.code if status.error else Code.OK
        entry.status.error_message = status.error.message if status.error else ""
    return response


def model_metadata(core: ServerCore[Servable], spec: Any, fields: Any) -> Any:
    """`GetModelMetadataResponse` with the signatures, the one field there is."""
    if not fields:
        raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
    for field in fields:
        if field != SIGNATURES:
            raise invalid(f"Metadata field {field} is not supported")
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    signatures = get_model_metadata_pb2.SignatureDefMap()
    with core.use(spec) as (servable, number):
        for name, signature in servable.signatures.items():
            signatures.signature_def[name].CopyFrom(signature.proto)
    response.model_spec.name = spec.name
    response.model_spec.version.value = number
    response.metadata[SIGNATURES].Pack(signatures)
    return response


def model_spec(name: str, signature_name: str, number: int | None) -> Any:
    """The `ModelSpec` of a response: what really answered."""
    version = None if number is None else {"value": number}
    signature = signature_name or DEFAULT_SIGNATURE
    return model_pb2.ModelSpec(name=name, signature_name=signature, version=version)


def no_spec() -> Any:
    """The `ModelSpec` of a request without one."""
    return model_pb2.ModelSpec()
