"""JSON to tensors and back, on the fast way and on the one that walks."""

from __future__ import annotations

import json
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from local_model_server import json_outputs, json_tensor, json_text
from local_model_server.dtypes import BY_NAME, Array
from local_model_server.errors import Code, StatusError


def read(body: str | bytes, **types: str) -> tuple[dict[str, Array], bool]:
    data = body.encode() if isinstance(body, str) else body
    inputs = {name: BY_NAME[kind] for name, kind in types.items()}
    return json_tensor.read_inputs(json_text.parse_object(data), inputs, data)


READ: list[tuple[str, str, Any]] = [
    ('{"instances": [1, 2.5]}', "float", [1, 2.5]),
    ('{"instances": [[1], [2]]}', "double", [[1], [2]]),
    ('{"inputs": 3}', "int32", 3),
    ('{"inputs": [300]}', "uint8", [44]),
    ('{"inputs": [9223372036854775807]}', "int64", [2**63 - 1]),
    ('{"inputs": [1, 18446744073709551615]}', "uint64", [1, 2**64 - 1]),
    ('{"inputs": [true, false]}', "bool", [True, False]),
    ('{"inputs": [NaN, -Inf, Infinity]}', "float", [np.nan, -np.inf, np.inf]),
    ('{"inputs": [1e39]}', "float", [np.inf]),
    ('{"inputs": []}', "float", []),
    ('{"instances": [[], []]}', "int32", [[], []]),
    ('{"inputs": ["a", {"b64": "/w=="}]}', "string", [b"a", b"\xff"]),
    ('{"instances": [{"b64": "/w"}]}', "string", [b"\xff"]),
    ('{"inputs": [["é"]]}', "string", [["é".encode()]]),
    ('\ufeff {"inputs": [1]} and more', "float", [1]),
]


@pytest.mark.parametrize(("body", "kind", "expected"), READ)
def test_reads(body: str, kind: str, expected: Any) -> None:
    arrays, _ = read(body, x=kind)
    assert arrays["x"].dtype == BY_NAME[kind].numpy
    np.testing.assert_array_equal(arrays["x"], np.array(expected, BY_NAME[kind].numpy))


REFUSED = [
    ("", "JSON Parse error: The document is empty"),
    ("[1]", "JSON Value: [1] Is not object"),
    ('{"instances": [1', "JSON Parse error: Missing a comma or ] after an array element."),
    ('{"instances"; 1}', "JSON Parse error: Missing a colon after a name of object member."),
    ('{"a": 1 "b": 2}', "JSON Parse error: Missing a comma or } after an object member."),
    ("{}", "Missing 'inputs' or 'instances' key"),
    ('{"instances": []}', "No values in 'instances' array"),
    ('{"instances": 1}', "Expecting 'instances' to be an list/array"),
    ('{"instances": [1], "inputs": [1]}', "expecting only one of 'inputs' or 'instances'"),
    ('{"instances": [1, true]}', "JSON Value: true Type: True is not of expected type: float"),
    ('{"instances": ["a"]}', 'JSON Value: "a" Type: String is not of expected type: float'),
    ('{"instances": [null]}', "JSON Value: null Type: Null is not of expected type: float"),
    ('{"instances": [[1], [1, 2]]}', "Expecting tensor size: 1 but got: 2"),
    ('{"instances": [[[1, 2]], [[1], [2]]]}', "Expecting shape [1,2] but got: [2,1]"),
    ('{"inputs": [[1], 2]}', "found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
    ('{"inputs": [1, [2]]}', "Encountered list at unexpected level: 1 expected < 1"),
    ('{"inputs": [[1], [2, 3]]}', "Encountered list at unexpected size: 2 at level: 1"),
    ('{"inputs": [1e400]}', "Number too big to be stored in double."),
    ('{"inputs": {"y": 1}}', "Missing named input: x in 'inputs' object."),
    ('{"instances": [{"x": 1, "y": 2}]}', "JSON object: does not have named input: y"),
    ('{"instances": [{}]}', "keys must be equal to: x"),
    ('{"instances": [{"x": 1}, 2]}', "Expecting object but got list at item 1 of input list"),
    ('{"instances": [2, {"x": 1}]}', "Expecting value/list but got object at item 1 of input"),
    ('{"signature_name": 1, "inputs": 1}', "'signature_name' key must be a string value."),
    ('{"inputs": ' + "[" * 100_000 + "1", ""),
    ('{"inputs": ' + "[" * 100 + "1" + "]" * 100 + "}", "tensor parsing error: x"),
    ('{"inputs": ' + "9" * 5000 + "}", "Number too big"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=[body[:40] for body, _ in REFUSED])
def test_refuses(body: str, message: str) -> None:
    with pytest.raises(StatusError) as caught:
        json_tensor.signature_name(json_text.parse_object(body.encode()))
        read(body, x="float")
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert message in caught.value.message


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(StatusError) as caught:
        json_text.parse_object(json.dumps(["word"] * 1000).encode())
    assert len(caught.value.message) < 400


numbers = st.floats(width=32) | st.integers(-(2**40), 2**40)


@hypothesis.given(st.lists(st.lists(numbers, min_size=2, max_size=2), min_size=1))
def test_both_ways_read_the_same(rows: list[list[float]]) -> None:
    plain = json.dumps({"instances": rows})
    fast, _ = read(plain, x="float")
    walked, _ = read(plain + "true", x="float")  # what follows is not parsed, only noticed
    np.testing.assert_array_equal(fast["x"], walked["x"])


@hypothesis.given(st.lists(st.floats(width=32), min_size=1))
def test_floats_come_back_as_they_were(values: list[float]) -> None:
    array = np.array(values, np.float32)
    written = json_outputs.write_outputs({"y": array}, row_form=True)
    back = np.array(json.loads(written)["predictions"], np.float64).astype(np.float32)
    np.testing.assert_array_equal(array, back)


WRITTEN: list[tuple[dict[str, Array], bool, str]] = [
    ({"y": np.array([0.2, 3], np.float32)}, True, '{"predictions": [0.2, 3.0]}'),
    ({"y": np.array(2, np.int64)}, False, '{"outputs": 2}'),
    ({"y": np.array([[True], [False]])}, True, '{"predictions": [[true], [false]]}'),
    ({"y": np.zeros((2, 0), np.float32)}, False, '{"outputs": [[], []]}'),
    ({"y": np.array([b'a"'], object)}, True, '{"predictions": ["a\\""]}'),
    ({"y_bytes": np.array([b"\xff"], object)}, True, '{"predictions": [{"b64": "/w=="}]}'),
    (
        {"a": np.array([1, 2]), "b": np.array([[3], [4]])},
        True,
        '{"predictions": [{"a": 1, "b": [3]}, {"a": 2, "b": [4]}]}',
    ),
    (
        {"a": np.array([1, 2]), "b": np.array([[3], [4]])},
        False,
        '{"outputs": {"a": [1, 2], "b": [[3], [4]]}}',
    ),
]


@pytest.mark.parametrize(("outputs", "row_form", "expected"), WRITTEN)
def test_writes(outputs: dict[str, Array], row_form: bool, expected: str) -> None:
    assert json_outputs.write_outputs(outputs, row_form).decode() == expected


UNWRITABLE: list[tuple[dict[str, Array], str]] = [
    ({}, "Cannot convert empty tensor map to JSON"),
    ({"y": np.array(1.0)}, "Tensor name: y has no shape information "),
    (
        {"a": np.array([1]), "b": np.array([1, 2])},
        "Tensor name: b has inconsistent batch size: 2 expecting: 1",
    ),
    ({"y": np.array([1], np.float16)}, "Failed to write JSON value for tensor type: half"),
]


@pytest.mark.parametrize(("outputs", "message"), UNWRITABLE)
def test_does_not_write(outputs: dict[str, Array], message: str) -> None:
    with pytest.raises(StatusError, match=message):
        json_outputs.write_outputs(outputs, row_form=True)
