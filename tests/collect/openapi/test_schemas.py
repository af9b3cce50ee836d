"""Schemas of all dialects in one form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handbook.collect.openapi.constraints import constraints
from handbook.model.api import ApiDefinition, Schema

Make = Callable[..., ApiDefinition]


@pytest.fixture
def schema_of(api_of: Make) -> Callable[..., Schema]:
    """Read one schema among others."""

    def run(raw: Any, version: str = "3.1.0", **others: Any) -> Schema:
        named = {"It": raw, "Other": {"type": "object"}, **others}
        api = api_of(version, components={"schemas": named})
        return next(item.schema for item in api.schemas if item.name == "It")

    return run


OTHER = {"$ref": "#/components/schemas/Other"}


@pytest.mark.parametrize(
    ("version", "raw"),
    [
        ("3.0.0", {"type": "string", "nullable": True}),
        ("3.1.0", {"type": ["string", "null"]}),
        ("3.1.0", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ("3.1.0", {"oneOf": [{"type": "null"}, {"type": "string"}]}),
    ],
)
def test_all_forms_of_nullable_are_one(
    schema_of: Callable[..., Schema], version: str, raw: Any
) -> None:
    assert schema_of(raw, version) == Schema(types=("string",), nullable=True)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (OTHER, Schema(ref="Other")),
        ({"allOf": [OTHER]}, Schema(ref="Other")),
        (
            {"allOf": [OTHER], "description": "here", "default": {}},
            Schema(ref="Other", description="here", default="{}"),
        ),
        ({"anyOf": [OTHER, {"type": "null"}]}, Schema(ref="Other", nullable=True)),
        ({**OTHER, "description": "beside"}, Schema(ref="Other", description="beside")),
        ({"const": 5}, Schema(enum=("5",))),
        ({"enum": ["a", None]}, Schema(enum=('"a"',))),
        (True, Schema()),
        (False, Schema(note="No value is allowed here.")),
        ({"properties": {}}, Schema(types=("object",))),
        ({"type": "object", "additionalProperties": False}, Schema(types=("object",), closed=True)),
    ],
)
def test_forms(schema_of: Callable[..., Schema], raw: Any, expected: Schema) -> None:
    assert schema_of(raw) == expected


def test_parts_of_all_of_are_one_list_of_properties(schema_of: Callable[..., Schema]) -> None:
    raw = {
        "allOf": [
            OTHER,
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
            {"properties": {"b": {"type": "integer"}}},
        ]
    }
    schema = schema_of(raw)
    assert [(item.name, item.required) for item in schema.properties] == [("a", True), ("b", False)]
    assert [c.options for c in schema.compositions] == [(Schema(ref="Other"),)]


def test_a_cycle_is_a_reference(schema_of: Callable[..., Schema]) -> None:
    schema = schema_of({"properties": {"next": {"$ref": "#/components/schemas/It"}}})
    assert schema.properties[0].schema == Schema(ref="It")


def test_a_place_that_is_no_component_gets_a_name(api_of: Make) -> None:
    deep = {"properties": {"address": {"type": "object", "properties": {"city": {}}}}}
    ref = {"$ref": "#/components/schemas/Person/properties/address"}
    api = api_of(components={"schemas": {"Person": deep, "Home": {"properties": {"at": ref}}}})
    named = {item.name: item.schema for item in api.schemas}
    assert named["Home"].properties[0].schema.ref == "Person.address"
    assert named["Person.address"].properties[0].name == "city"


def test_names_that_differ_in_case_have_their_own_anchors(api_of: Make) -> None:
    api = api_of(components={"schemas": {"Pet": {}, "pet": {}, "a b/c": {}}})
    assert [(item.name, item.anchor) for item in api.schemas] == [
        ("Pet", "schema-Pet"),
        ("pet", "schema-pet-2"),
        ("a b/c", "schema-a-b-c"),
    ]


def test_a_lost_reference_says_so(schema_of: Callable[..., Schema]) -> None:
    items = schema_of({"items": {"$ref": "#/components/schemas/No"}}).items
    assert items is not None
    assert "#/components/schemas/No" in items.note


def test_too_deep_and_too_many_are_cut_aloud(api_of: Make) -> None:
    nested: Any = {"type": "string"}
    for _ in range(40):
        nested = {"properties": {"a": nested}}
    api = api_of(components={"schemas": {"Deep": nested}})
    assert [p.message for p in api.problems] == ["Nested deeper than 32 levels: not shown."]
    wide: Any = {"properties": {f"p{n}": {} for n in range(50_010)}}
    api = api_of(components={"schemas": {"Wide": wide}})
    assert [p.message for p in api.problems] == ["Only the first 50,000 parts are shown."]
    assert len(api.schemas[0].schema.properties) <= 50_000


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"minimum": 0, "maximum": 1}, ("at least 0", "at most 1")),
        ({"minimum": 0, "exclusiveMinimum": True}, ("more than 0",)),
        ({"exclusiveMaximum": 5}, ("less than 5",)),
        ({"minLength": 1, "maxLength": 1}, ("1 characters",)),
        ({"minLength": 2, "maxLength": 9}, ("2 to 9 characters",)),
        ({"minItems": 1}, ("at least 1 item",)),
        ({"maxProperties": 3}, ("at most 3 properties",)),
        ({"multipleOf": 0.5, "pattern": "^a$"}, ("multiple of 0.5", "matches ^a$")),
        ({"uniqueItems": True, "minimum": "x", "maxItems": True}, ("no item twice",)),
    ],
)
def test_constraints_in_words(raw: dict[str, Any], words: tuple[str, ...]) -> None:
    assert constraints(raw) == words
