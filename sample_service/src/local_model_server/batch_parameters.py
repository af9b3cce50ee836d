"""The parameters of batching (`--batching_parameters_file`)."""

from __future__ import annotations

import dataclasses
from typing import Any

from .errors import invalid
from .flags import CPUS


@dataclasses.dataclass(frozen=True)
class Parameters:
    """`BatchingParameters` with the defaults of the shared batch scheduler."""

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = CPUS
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    max_execution_batch_size: int = 0
    thread_pool_name: str = "model_server_batch_threads"

    @classmethod
    def of(cls, proto: Any) -> Parameters:
        """From the message of a parameters file.

        Raises:
            StatusError: INVALID_ARGUMENT, values that do not fit together.
        """
        names = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches",
                 "num_batch_threads", "thread_pool_name")  # fmt: skip
        given = {name: getattr(proto, name).value for name in names if proto.HasField(name)}
        if proto.enable_large_batch_splitting.value:
            size = proto.max_execution_batch_size.value or proto.max_batch_size.value
            given["max_execution_batch_size"] = size
        sizes = tuple(proto.allowed_batch_sizes)
        made = cls(
            **given,
            allowed_batch_sizes=sizes,
            pad_variable_length_inputs=proto.pad_variable_length_inputs,
        )
        if sizes and (list(sizes) != sorted(set(sizes)) or sizes[0] < 1):
            raise invalid("allowed_batch_sizes entries must be monotonically increasing")
        if sizes and sizes[-1] != made.limit:
            raise invalid(
                "Last entry in allowed_batch_sizes must match max_batch_size; last entry was "
                f"{sizes[-1]}; expected {made.limit}"
            )
        for name in ("max_batch_size", "max_enqueued_batches", "num_batch_threads"):
            if getattr(made, name) < 1:
                raise invalid(f"{name} must be positive; was {getattr(made, name)}")
        if made.batch_timeout_micros < 0:
            raise invalid(
                f"batch_timeout_micros must be non-negative; was {made.batch_timeout_micros}"
            )
        return made

    @property
    def limit(self) -> int:
        """The largest batch to run."""
        return self.max_execution_batch_size or self.max_batch_size

    def padded(self, size: int) -> int:
        """The next allowed size."""
        return next((allowed for allowed in self.allowed_batch_sizes if allowed >= size), size)
