"""`TensorProto` to arrays and back (core/framework/tensor.cc: FromProto, AsProtoField)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .dtypes import BY_NUMBER, BY_NUMPY, STRING, Array, DType
from .errors import invalid

# A tiny message may claim a huge shape; beyond this many elements the values must be there.
_MAX_FILLED = 1 << 26
_HALF = {"half", "bfloat16"}
_COMPLEX = {"complex64": np.float32, "complex128": np.float64}


def from_proto(proto: Any, name: str) -> Array:
    """The array in a `TensorProto`.

    A missing tail repeats the last value, and no value at all means zeros, as in TensorFlow.

    Raises:
        StatusError: INVALID_ARGUMENT, shape, type and values do not fit together.
    """
    dtype = BY_NUMBER.get(proto.dtype)
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    bad_shape = proto.tensor_shape.unknown_rank or any(size < 0 for size in shape)
    if dtype is None or bad_shape or len(shape) > 64:
        raise invalid(f"tensor parsing error: {name}")
    size = math.prod(shape)
    if proto.tensor_content:
        return _from_content(proto.tensor_content, dtype, shape, name)
    values = _values(proto, dtype, name)
    if len(values) > size or size > max(len(values), _MAX_FILLED):
        raise invalid(f"tensor parsing error: {name}")
    if len(values) < size:
        if len(values) == 0:
            values = np.array([b""], object) if dtype is STRING else np.zeros(1, dtype.numpy)
        filler = np.full(size - len(values), values[-1], dtype.numpy)
        values = np.concatenate([values, filler])[:size]
    return values.reshape(shape)


def _from_content(content: bytes, dtype: DType, shape: tuple[int, ...], name: str) -> Array:
    if dtype is STRING or len(content) != math.prod(shape) * dtype.numpy.itemsize:
        raise invalid(f"tensor parsing error: {name}")
    return np.frombuffer(content, dtype.numpy).reshape(shape)


def _values(proto: Any, dtype: DType, name: str) -> Array:
    field = getattr(proto, dtype.field)
    if dtype is STRING:
        return np.array([*field, None], object)[:-1]  # the None keeps numpy from guessing
    if dtype.name in _HALF:
        return np.array(field, np.int64).astype(np.uint16).view(dtype.numpy)
    if dtype.name in _COMPLEX:
        if len(field) % 2:
            raise invalid(f"tensor parsing error: {name}")
        return np.array(field, _COMPLEX[dtype.name]).view(dtype.numpy)
    # Through 64 bits: a value too large for a small integer type wraps, as in C++.
    wide = np.int64 if dtype.field == "int_val" else dtype.numpy
    return np.array(field, wide).astype(dtype.numpy, copy=False)


def to_proto(array: Array, proto: Any, as_content: bool = False) -> None:
    """Write `array` into a `TensorProto`, in its typed field unless `as_content`."""
    dtype = BY_NUMPY[array.dtype]
    proto.dtype = dtype.number
    proto.tensor_shape.SetInParent()  # a scalar's shape is empty, not missing
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if as_content and dtype is not STRING:
        proto.tensor_content = array.tobytes()
        return
    flat: Any = array.ravel()
    if dtype.name in _HALF:
        flat = flat.view(np.uint16)
    elif dtype.name in _COMPLEX:
        flat = flat.view(_COMPLEX[dtype.name])
    getattr(proto, dtype.field).extend(flat.tolist())
