"""Examples made from schemas."""

from __future__ import annotations

from typing import Any

import pytest

from handbook.collect.openapi.bundle import Bundle
from handbook.collect.openapi.samples import Direction, Sampler


def sample(raw: Any, direction: Direction = "response", **schemas: Any) -> Any:
    data = {"openapi": "3.1.0", "components": {"schemas": schemas}}
    return Sampler(Bundle(data, {}, {}, "", "")).sample(raw, direction)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 10}, 10),
        ({"type": "number", "maximum": 0.5}, 0.5),
        ({"type": ["null", "boolean"]}, True),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "string", "maxLength": 3}, "str"),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"type": "string", "default": "d"}, "d"),
        ({"example": {"x": 1}, "type": "string"}, {"x": 1}),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"properties": {"a": {"type": "string"}}}, {"a": "string"}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"key": 1}),
        ({"oneOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        (
            {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
            {"a": 1, "b": 2},
        ),
        ({}, None),
        (True, None),
    ],
)
def test_values(raw: Any, expected: Any) -> None:
    assert sample(raw) == expected


def test_direction_leaves_out_what_is_not_sent() -> None:
    raw = {
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "secret": {"type": "string", "writeOnly": True},
        }
    }
    assert sample(raw, "request") == {"secret": "string"}
    assert sample(raw, "response") == {"id": 1}


def test_cycles_end() -> None:
    ref = {"$ref": "#/components/schemas/Node"}
    node = {"properties": {"next": ref, "all": {"type": "array", "items": ref}}}
    assert sample(ref, Node=node) == {"next": {}, "all": [{}]}


def test_doubling_schemas_stay_small() -> None:
    schemas: dict[str, Any] = {
        f"S{n}": {
            "required": ["a", "b"],
            "properties": {key: {"$ref": f"#/components/schemas/S{n + 1}"} for key in "ab"},
        }
        for n in range(40)
    }
    made = sample({"$ref": "#/components/schemas/S0"}, **schemas)
    assert len(str(made)) < 5_000
