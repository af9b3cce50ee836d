"""TensorFlow's element types as this server needs them, without importing TensorFlow."""

from __future__ import annotations

import dataclasses

import ml_dtypes
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]


@dataclasses.dataclass(frozen=True)
class DType:
    """One `tensorflow.DataType`.

    Attributes:
        number: its number in types.proto.
        name: as `DataTypeString` prints it.
        numpy: the array type; strings are arrays of `bytes` objects.
        field: the typed field of `TensorProto` that holds its values.
    """

    number: int
    name: str
    numpy: np.dtype[np.generic]
    field: str


_TABLE = [
    (1, "float", np.float32, "float_val"),
    (2, "double", np.float64, "double_val"),
    (3, "int32", np.int32, "int_val"),
    (4, "uint8", np.uint8, "int_val"),
    (5, "int16", np.int16, "int_val"),
    (6, "int8", np.int8, "int_val"),
    (7, "string", np.object_, "string_val"),
    (8, "complex64", np.complex64, "scomplex_val"),
    (9, "int64", np.int64, "int64_val"),
    (10, "bool", np.bool_, "bool_val"),
    (14, "bfloat16", ml_dtypes.bfloat16, "half_val"),
    (17, "uint16", np.uint16, "int_val"),
    (18, "complex128", np.complex128, "dcomplex_val"),
    (19, "half", np.float16, "half_val"),
    (22, "uint32", np.uint32, "uint32_val"),
    (23, "uint64", np.uint64, "uint64_val"),
]
BY_NUMBER = {n: DType(n, name, np.dtype(kind), field) for n, name, kind, field in _TABLE}
BY_NAME = {dtype.name: dtype for dtype in BY_NUMBER.values()}
BY_NUMPY = {dtype.numpy: dtype for dtype in BY_NUMBER.values()}
STRING = BY_NAME["string"]
