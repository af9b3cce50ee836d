"""REST bodies of predict: from JSON to tensors (util/json_tensor.cc of the real server).

A list of plain numbers becomes an array in one step. Whatever does not fit that, right or wrong,
is walked element by element, so that an error names the element as the real server does.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import json_text
from .dtypes import STRING, Array, DType
from .errors import Code, StatusError, invalid
from .json_text import show

Inputs = Mapping[str, DType]
_INT32 = range(-(2**31), 2**31)
_INTEGERS = {
    "int32": _INT32,
    "int16": _INT32,  # checked as int32 and cut, like the real server
    "int8": _INT32,
    "uint8": _INT32,
    "int64": range(-(2**63), 2**63),
    "uint32": range(2**32),
    "uint64": range(2**64),
}
_WRITABLE = {"float", "double", "string", "bool", *_INTEGERS}


def signature_name(document: Mapping[str, Any]) -> str:
    """The optional `signature_name` of a request."""
    name = document.get("signature_name", "")
    if isinstance(name, str):
        return name
    raise invalid(
        f"JSON Value: {show(document)} not formatted correctly. "
        "'signature_name' key must be a string value."
    )


def read_inputs(
    document: Mapping[str, Any], inputs: Inputs, body: bytes
) -> tuple[dict[str, Array], bool]:
    """The input tensors of a predict request, and whether it is in row form.

    Args:
        document: the parsed body.
        inputs: element type of each input of the signature.
        body: the body itself.

    Raises:
        StatusError: INVALID_ARGUMENT with the reason.
    """
    if "instances" in document and "inputs" in document:
        raise invalid(
            f"JSON Value: {show(document)} Not formatted correctly expecting only one of "
            "'inputs' or 'instances' keys to exist "
        )
    reader = _Reader(inputs, body)
    try:
        if "instances" in document:
            return reader.rows(document["instances"], document), True
        if "inputs" in document:
            return reader.columns(document["inputs"]), False
    except RecursionError:
        raise invalid("JSON Value: nested too deeply to be a tensor") from None
    raise invalid("Missing 'inputs' or 'instances' key")


class _Reader:
    def __init__(self, inputs: Inputs, body: bytes) -> None:
        self._inputs = inputs
        # numpy takes true for 1 beside numbers; bodies with such words are walked instead.
        self._plain = b"true" not in body and b"false" not in body
        self._infinite = b"Inf" in body

    def rows(self, rows: Any, document: Mapping[str, Any]) -> dict[str, Array]:
        if not isinstance(rows, list):
            raise invalid(f"JSON Value: {show(document)} Expecting 'instances' to be an list/array")
        if not rows:
            raise invalid(f"JSON Value: {show(document)} No values in 'instances' array")
        if not isinstance(rows[0], dict) and len(self._inputs) > 1:
            raise invalid(
                "instances is a plain list, but expecting list of objects as multiple "
                "input tensors required as per tensorinfo_map"
            )
        columns = self._split(rows)
        if columns is not None:
            arrays = {name: self._fast(column, name) for name, column in columns.items()}
            if all(array is not None for array in arrays.values()):
                return {name: array for name, array in arrays.items() if array is not None}
        return self._walk_rows(rows)

    def columns(self, value: Any) -> dict[str, Array]:
        if not isinstance(value, dict) or _is_base64(value):
            if len(self._inputs) > 1:
                raise invalid(
                    "inputs is a plain value/list, but expecting an object as multiple "
                    "input tensors required as per tensorinfo_map"
                )
            value = {next(iter(self._inputs)): value}
        arrays = {}
        for name in self._inputs:
            if name not in value:
                raise invalid(f"Missing named input: {name} in 'inputs' object.")
            fast = self._fast(value[name], name)
            arrays[name] = self._tensor(value[name], name) if fast is None else fast
        return arrays

    def _split(self, rows: list[Any]) -> dict[str, list[Any]] | None:
        """One list per input, or None if the rows are not all alike."""
        names = self._inputs.keys()
        if not isinstance(rows[0], dict) or _is_base64(rows[0]):
            return {next(iter(names)): rows}
        if all(isinstance(row, dict) and row.keys() == names for row in rows):
            return {name: [row[name] for row in rows] for name in names}
        return None

    def _fast(self, values: Any, name: str) -> Array | None:
        """The tensor of a list of plain values; None if it has to be walked."""
        dtype = self._inputs[name]
        if not isinstance(values, list):
            return None
        if dtype is STRING:
            if not all(type(value) is str for value in values):
                return None
            return _objects([json_text.to_bytes(value) for value in values])
        try:
            array = np.array(values)
        except (ValueError, OverflowError):
            return None  # ragged
        if dtype.name in {"float", "double"} and array.dtype.kind in "fiu" and self._plain:
            return self._floats(array, dtype)
        if dtype.name == "bool" and array.dtype.kind == "b":
            return array
        if array.dtype.kind in "iu" and self._plain and dtype.name in _INTEGERS and array.size:
            allowed = _INTEGERS[dtype.name]
            if int(array.min()) in allowed and int(array.max()) in allowed:
                return array.astype(dtype.numpy)
        return None

    def _floats(self, array: Array, dtype: DType) -> Array:
        if not self._infinite and array.dtype.kind == "f" and np.isinf(array).any():
            raise invalid("JSON Parse error: Number too big to be stored in double. at offset: 0")
        with np.errstate(over="ignore"):  # 1e39 is infinite as a float, there and here
            return array.astype(dtype.numpy)

    def _walk_rows(self, rows: list[Any]) -> dict[str, Array]:
        named = isinstance(rows[0], dict) and not _is_base64(rows[0])
        columns: dict[str, list[Array]] = {name: [] for name in self._inputs}
        for index, row in enumerate(rows):
            if (isinstance(row, dict) and not _is_base64(row)) != named:
                raise invalid(
                    f"Expecting object but got list at item {index} of input list"
                    if named
                    else f"Expecting value/list but got object at item {index} of input list"
                )
            items = row if named else {next(iter(self._inputs)): row}
            for name, item in items.items():
                key = f" key: {name}" if named else ""
                self._add_item(columns, name, item, f"element: {index}{key}")
            if items.keys() != self._inputs.keys():
                raise invalid(
                    f"Failed to process element: {index} of 'instances' list. JSON object: "
                    f"{show(row)} keys must be equal to: {','.join(sorted(self._inputs))}"
                )
        return {name: np.stack(column) for name, column in columns.items()}

    def _add_item(self, columns: dict[str, list[Array]], name: str, item: Any, where: str) -> None:
        try:
            if name not in columns:
                raise invalid(f"JSON object: does not have named input: {name}")
            tensor = self._tensor(item, name)
            first = columns[name][0] if columns[name] else tensor
            if tensor.size != first.size:
                raise invalid(f"Expecting tensor size: {first.size} but got: {tensor.size}")
            if tensor.shape != first.shape:
                shapes = [f"[{','.join(map(str, t.shape))}]" for t in (first, tensor)]
                raise invalid(f"Expecting shape {shapes[0]} but got: {shapes[1]}")
            columns[name].append(tensor)
        except StatusError as error:
            message = f"Failed to process {where} of 'instances' list. Error: {error}"
            raise StatusError(Code.INVALID_ARGUMENT, message) from error

    def _tensor(self, value: Any, name: str) -> Array:
        dtype = self._inputs[name]
        shape: list[int] = []
        first = value
        while isinstance(first, list):
            shape.append(len(first))
            first = first[0] if first else None
        if len(shape) > 64:
            raise invalid(f"tensor parsing error: {name}")
        flat: list[Any] = []
        _fill(value, 0, shape, dtype, flat)
        if dtype is STRING:
            return _objects(flat).reshape(shape)
        if dtype.name in {"float", "double"}:
            return self._floats(_doubles(flat), dtype).reshape(shape)
        return np.array(flat, _wide(dtype)).astype(dtype.numpy).reshape(shape)


def _wide(dtype: DType) -> Any:
    return np.int64 if _INTEGERS.get(dtype.name) is _INT32 else dtype.numpy


def _doubles(values: list[Any]) -> Array:
    try:
        return np.array(values, np.float64)
    except OverflowError as error:
        message = "JSON Parse error: Number too big to be stored in double. at offset: 0"
        raise invalid(message) from error


def _objects(values: list[bytes]) -> Array:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _fill(value: Any, level: int, shape: list[int], dtype: DType, flat: list[Any]) -> None:
    """Append the elements of nested lists, checked against the shape of the first ones."""
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {show(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {len(shape)}"
            )
        flat.append(_element(value, dtype))
        return
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} "
            f"expected size: {shape[level]}"
        )
    for item in value:
        _fill(item, level + 1, shape, dtype, flat)


def _element(value: Any, dtype: DType) -> Any:
    """The value if it is of the type; JSON's true is no number, 1.0 is no integer."""
    if dtype is STRING and isinstance(value, dict):
        return decode_base64(value)
    if dtype is STRING and isinstance(value, str):
        return json_text.to_bytes(value)
    if dtype.name == "bool" and isinstance(value, bool):
        return value
    if dtype.name in {"float", "double"} and type(value) in {int, float}:
        return value
    if dtype.name in _INTEGERS and type(value) is int and value in _INTEGERS[dtype.name]:
        return value
    if dtype.name not in _WRITABLE and not isinstance(value, dict):
        message = f"Conversion of JSON Value: {show(value)} to type: {dtype.name}"
        raise StatusError(Code.UNIMPLEMENTED, message)
    raise invalid(
        f"JSON Value: {show(value)} Type: {json_text.kind(value)} "
        f"is not of expected type: {dtype.name}"
    )


def _is_base64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def decode_base64(value: Any) -> bytes:
    """The bytes of `{"b64": "..."}`; padding may be missing.

    Raises:
        StatusError: INVALID_ARGUMENT, another object or no base64.
    """
    if not _is_base64(value):
        raise invalid(f"JSON Value: {show(value)} not formatted correctly for base64 data")
    text = "".join(value["b64"].split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("Unable to base64 decode") from error
