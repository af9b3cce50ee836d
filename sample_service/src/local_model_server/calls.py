"""A run of a model's graph, as data, and the signatures such runs are made from."""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol

from .dtypes import BY_NUMBER, Array, DType
from .tensors import from_proto

_UNKNOWN = DType(0, "invalid", BY_NUMBER[7].numpy, "")


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """One run of the graph.

    Attributes:
        feeds: names of the input tensors.
        fetches: names of the output tensors, each once.
        arrays: one per feed; strings as arrays of bytes objects.
        timeout_ms: 0 means none.
    """

    feeds: tuple[str, ...]
    fetches: tuple[str, ...]
    arrays: tuple[Array, ...]
    timeout_ms: int = 0


class Signature:
    """A `SignatureDef` in plain dictionaries, which are many times faster than its maps.

    Attributes:
        proto: the message itself.
        feeds: input name to tensor name.
        types: input name to element type.
        fetches: output name to tensor name, in order of the output names.
        defaults: values of inputs that may be left out.
        method_name: `tensorflow/serving/predict` and so on; empty in many TF2 exports.
    """

    def __init__(self, proto: Any) -> None:
        self.proto = proto
        self.feeds: dict[str, str] = {a: i.name for a, i in sorted(proto.inputs.items())}
        self.types = {
            alias: BY_NUMBER.get(info.dtype, _UNKNOWN)
            for alias, info in sorted(proto.inputs.items())
        }
        self.fetches: dict[str, str] = {a: i.name for a, i in sorted(proto.outputs.items())}
        self.defaults = {alias: from_proto(v, alias) for alias, v in proto.defaults.items()}
        self.method_name: str = proto.method_name


class Model(Protocol):
    """A model in memory, whatever its format."""

    signatures: dict[str, Signature]

    def run(self, call: Call) -> list[Array]:
        """The value of each fetch; raises StatusError."""

    def close(self) -> None:
        """Free its memory."""
