"""JSON as the real server reads and writes it: RapidJSON with NaN and Infinity.

Bytes that are not UTF-8 travel through strings unchanged (`surrogateescape`), as they do there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .dtypes import Array
from .errors import StatusError, invalid

_decode = json.JSONDecoder().raw_decode
_SPACE = " \t\r\n"
_STRINGS = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
_SPECIAL = re.compile(r'"(?:\\.|[^"\\])*"|-?(?:Infinity|Inf|NaN)', re.DOTALL)
_SPELLED = {"Inf": "Infinity", "-Inf": "-Infinity", "-NaN": "NaN"}
_MAX_SHOWN = 256

# Python's message, by its start, in RapidJSON's words.
_ERRORS = {
    "Expecting value": "Invalid value.",
    "Expecting property name": "Missing a name for object member.",
    "Illegal trailing comma": "Missing a name for object member.",
    "Expecting ':'": "Missing a colon after a name of object member.",
    "Unterminated string": "Missing a closing quotation mark in string.",
    "Invalid control character": "Invalid encoding in string.",
    "Invalid \\uXXXX": "Incorrect hex digit after \\u escape in string.",
    "Invalid \\escape": "Invalid escape character in string.",
}


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object a request body starts with; what follows it is not looked at.

    Raises:
        StatusError: INVALID_ARGUMENT, not JSON or not an object.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    text = body.decode("utf-8", "surrogateescape").removeprefix("\ufeff").lstrip(_SPACE)
    if not text:
        raise _parse_error("The document is empty.", len(body))
    try:
        value = _parse(text)
    except RecursionError:
        raise _parse_error("Nested too deeply.", 0) from None
    except json.JSONDecodeError as error:
        raise _parse_error(_reason(error, text), _offset(body, text, error.pos)) from error
    except ValueError as error:  # an integer of thousands of digits
        raise _parse_error("Number too big to be stored in double.", 0) from error
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {show(value)} Is not object")
    return value


def to_bytes(text: str) -> bytes:
    """A JSON string as the bytes a tensor holds.

    Raises:
        StatusError: INVALID_ARGUMENT, half of a surrogate pair.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise _parse_error("The surrogate pair in string is invalid.", 0) from error


def kind(value: object) -> str:
    """The name RapidJSON has for the type of a value."""
    if value is None or isinstance(value, bool):
        return {None: "Null", True: "True", False: "False"}[value]
    names = {dict: "Object", list: "Array", str: "String", int: "Number", float: "Number"}
    return names[type(value)]


def show(value: object) -> str:
    """A value for an error message, cut off where the real server cuts it."""
    parts: list[str] = []
    _write(value, parts.append, "", lambda: sum(map(len, parts)) < _MAX_SHOWN)
    return "".join(parts)


def numbers(array: Array) -> list[str]:
    """JSON texts of the elements: six digits where they say it all, else all digits."""
    if array.dtype.kind != "f":
        return [str(value) for value in array.ravel().tolist()]
    flat = array.ravel()
    values = flat.tolist()
    texts = [format(value, ".6g") for value in values]
    read_back = np.array(texts, np.float64).astype(flat.dtype)
    full = ".9g" if flat.dtype == np.float32 else ".17g"
    for index in np.flatnonzero(read_back != flat).tolist():
        if texts[index] not in _NOT_FINITE:  # NaN differs from itself
            texts[index] = format(values[index], full)
    return [_NOT_FINITE.get(t) or (t if "." in t or "e" in t else t + ".0") for t in texts]


def string(value: bytes) -> str:
    """A string tensor's element as a JSON string."""
    return json.dumps(value.decode("utf-8", "surrogateescape"), ensure_ascii=False)


_NOT_FINITE = {"nan": "NaN", "-nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def nest(texts: Sequence[str], shape: Sequence[int]) -> list[str]:
    """Join element texts into lists along all axes of `shape`: a list of one text."""
    for axis in range(len(shape) - 1, -1, -1):
        size = shape[axis]
        count = int(np.prod(shape[:axis], dtype=np.int64))
        texts = ["[" + ", ".join(texts[i * size : (i + 1) * size]) + "]" for i in range(count)]
    return list(texts)


def _parse(text: str) -> Any:
    try:
        return _decode(text)[0]
    except json.JSONDecodeError:
        # RapidJSON also takes Inf and -NaN, outside of strings.
        fixed = _SPECIAL.sub(lambda match: _SPELLED.get(match[0], match[0]), text)
        if fixed == text:
            raise
        return _decode(fixed)[0]


def _parse_error(reason: str, offset: int) -> StatusError:
    return invalid(f"JSON Parse error: {reason} at offset: {offset}")


def _offset(body: bytes, text: str, position: int) -> int:
    return len(body) - len(text[position:].encode("utf-8", "surrogatepass"))


def _reason(error: json.JSONDecodeError, text: str) -> str:
    if error.msg.startswith("Expecting ','"):
        before = _STRINGS.sub("", text[: error.pos])
        depth: list[str] = []
        for char in before:
            if char in "[{":
                depth.append(char)
            elif char in "]}" and depth:
                depth.pop()
        in_object = bool(depth) and depth[-1] == "{"
        return (
            "Missing a comma or } after an object member."
            if in_object
            else "Missing a comma or ] after an array element."
        )
    return next((ours for start, ours in _ERRORS.items() if error.msg.startswith(start)), error.msg)


def _write(
    value: object, put: Callable[[str], None], indent: str, room: Callable[[], bool]
) -> None:
    """Objects over several lines, lists on one, until there is no more `room`."""
    if not room():
        return
    if isinstance(value, list):
        put("[")
        for index, item in enumerate(value):
            if index and room():
                put(", ")
            _write(item, put, indent, room)
            if not room():
                return
        put("]")
    elif isinstance(value, dict):
        inner = indent + "    "
        put("{")
        for index, (key, item) in enumerate(value.items()):
            put(("," if index else "") + f"\n{inner}{json.dumps(key, ensure_ascii=False)}: ")
            _write(item, put, inner, room)
            if not room():
                return
        put(f"\n{indent}}}" if value else "}")
    else:
        put(json.dumps(value, ensure_ascii=False))
