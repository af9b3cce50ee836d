"""Several calls of the same kind as one run, and its result given back to each.

Follows MergeInputTensors and SplitOutputTensors of batching/batching_session.cc.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .batch_parameters import Parameters
from .calls import Call
from .dtypes import Array
from .errors import failed_precondition, invalid

Run = Callable[[Call], list[Array]]


def rows(call: Call) -> int:
    """The length of the first axis, which all inputs share.

    Raises:
        StatusError: INVALID_ARGUMENT, they do not.
    """
    if not call.arrays:
        raise invalid("Batching Run() must have at least one input tensor")
    if any(array.ndim == 0 for array in call.arrays):
        raise invalid("Batching Run() input tensors must have at least one dimension")
    if len({len(array) for array in call.arrays}) > 1:
        raise invalid("Batching Run() input tensors must have equal 0th-dimension size")
    return len(call.arrays[0])


def kind(call: Call, parameters: Parameters) -> object:
    """Calls of equal kind can be merged."""
    pads = parameters.pad_variable_length_inputs
    shapes = [(array.dtype.str, array.ndim if pads else array.shape[1:]) for array in call.arrays]
    return call.feeds, call.fetches, call.timeout_ms, tuple(shapes)


def run_merged(run: Run, calls: Sequence[Call], parameters: Parameters) -> list[list[Array]]:
    """The values of each call, from as few runs as the limit on a batch allows.

    Raises:
        StatusError: the run failed, or an output is not one row for each row of input.
    """
    sizes = [len(call.arrays[0]) for call in calls]
    total = sum(sizes)
    if len(calls) == 1 and parameters.padded(total) == total <= parameters.limit:
        return [run(calls[0])]
    columns = [
        _merge(column, parameters) for column in zip(*(c.arrays for c in calls), strict=True)
    ]
    chunks = []
    for start in range(0, max(total, 1), parameters.limit):
        size = min(parameters.limit, total - start)
        parts = [_pad_rows(c[start : start + size], parameters.padded(size)) for c in columns]
        values = run(dataclasses.replace(calls[0], arrays=tuple(parts)))
        chunks.append([_checked(value, len(parts[0]))[:size] for value in values])
    outputs = [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
    ends = np.cumsum(sizes).tolist()
    spans = [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]
    return [[output[span] for output in outputs] for span in spans]


def _merge(column: Sequence[Array], parameters: Parameters) -> Array:
    padded = _pad_axes(column) if parameters.pad_variable_length_inputs else column
    return np.concatenate(padded)


def _pad_rows(array: Array, size: int) -> Array:
    """Repeat the first row, which is known to be valid input, up to `size` rows."""
    missing = size - len(array)
    return np.concatenate([array, np.repeat(array[:1], missing, axis=0)]) if missing else array


def _pad_axes(arrays: Sequence[Array]) -> list[Array]:
    """Fill all axes but the first up to the longest, with zeros or empty strings."""
    largest = np.max([array.shape[1:] for array in arrays], axis=0).astype(int).tolist()
    fill: Any = b"" if arrays[0].dtype == object else 0
    padded = []
    for array in arrays:
        whole = np.full([len(array), *largest], fill, array.dtype)
        whole[tuple(slice(0, size) for size in array.shape)] = array
        padded.append(whole)
    return padded


def _checked(output: Array, expected: int) -> Array:
    if output.ndim == 0:
        raise failed_precondition("Batched output tensor has 0 dimensions")
    if len(output) != expected:
        raise failed_precondition(
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
            "sizes of the input tensors"
        )
    return output
