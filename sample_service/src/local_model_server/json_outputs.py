"""REST answers of predict: from tensors to JSON (util/json_tensor.cc of the real server)."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np

from . import json_text
from .dtypes import Array
from .errors import invalid


def write_outputs(outputs: Mapping[str, Array], row_form: bool) -> bytes:
    """The response of predict: `predictions` for rows, `outputs` for columns.

    One output goes without its name. Strings of an output whose name ends in `_bytes` go as
    `{"b64": ...}`.

    Raises:
        StatusError: INVALID_ARGUMENT, a type JSON has no form for, or outputs that are not rows.
    """
    if not outputs:
        raise invalid("Cannot convert empty tensor map to JSON")
    if row_form:
        _check_rows(outputs)
    nested = {}
    for name, array in outputs.items():
        texts = _elements(name, array)
        nested[name] = _rows(texts, array.shape) if row_form else json_text.nest(texts, array.shape)
    if len(nested) == 1:
        items = next(iter(nested.values()))
    else:
        keys = [json_text.string(name.encode()) + ": " for name in nested]
        lines = zip(*nested.values(), strict=True)
        pairs = (zip(keys, line, strict=True) for line in lines)
        items = ["{" + ", ".join(key + text for key, text in pair) + "}" for pair in pairs]
    result = (
        f'{{"predictions": [{", ".join(items)}]}}' if row_form else f'{{"outputs": {items[0]}}}'
    )
    return result.encode("utf-8", "surrogateescape")


def _rows(texts: list[str], shape: tuple[int, ...]) -> list[str]:
    if len(shape) == 1:
        return texts
    size = int(np.prod(shape[1:], dtype=np.int64))
    rows = [texts[i * size : (i + 1) * size] for i in range(shape[0])]
    return [json_text.nest(row, shape[1:])[0] for row in rows]


def _check_rows(outputs: Mapping[str, Array]) -> None:
    size: int | None = None
    for name, array in outputs.items():
        if array.ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if size is not None and len(array) != size:
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {size}"
            )
        size = len(array)


def _elements(name: str, array: Array) -> list[str]:
    if array.dtype.kind == "O":
        values: list[bytes] = array.ravel().tolist()
        if name.endswith("_bytes"):
            return [f'{{"b64": "{base64.b64encode(value).decode()}"}}' for value in values]
        return [json_text.string(value) for value in values]
    if array.dtype.kind == "b":
        return ["true" if value else "false" for value in array.ravel().tolist()]
    if array.dtype.kind in "iuf" and array.dtype.name not in {"float16", "bfloat16", "uint16"}:
        return json_text.numbers(array)
    type_name = {"float16": "half"}.get(array.dtype.name, array.dtype.name)
    raise invalid(f"Failed to write JSON value for tensor type: {type_name}")
