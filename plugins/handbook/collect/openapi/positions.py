"""Which place of a definition holds what: where references may stand, and to what kind of thing.

A *kind* is the section of components a value could be kept in ("schemas", "parameters"…, or
one of our own names for what has no section); *many* tells that the value is a container (a
list or a mapping by name) of such things.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_CONTAINERS = {
    "allOf": "schemas",
    "anyOf": "schemas",
    "oneOf": "schemas",
    "prefixItems": "schemas",
    "properties": "schemas",
    "patternProperties": "schemas",
    "dependentSchemas": "schemas",
    "$defs": "schemas",
    "definitions": "schemas",
    "schemas": "schemas",
    "parameters": "parameters",
    "responses": "responses",
    "requestBodies": "requestBodies",
    "headers": "headers",
    "examples": "examples",
    "links": "links",
    "callbacks": "callbacks",
    "securitySchemes": "securitySchemes",
    "securityDefinitions": "securitySchemes",
    "paths": "pathItems",
    "pathItems": "pathItems",
    "webhooks": "pathItems",
    "x-webhooks": "pathItems",
    "content": "media",
    "encoding": "encoding",
}
_SINGLES = {
    "schema": "schemas",
    "items": "schemas",
    "additionalProperties": "schemas",
    "additionalItems": "schemas",
    "not": "schemas",
    "if": "schemas",
    "then": "schemas",
    "else": "schemas",
    "contains": "schemas",
    "propertyNames": "schemas",
    "unevaluatedItems": "schemas",
    "unevaluatedProperties": "schemas",
    "requestBody": "requestBodies",
}
# Values of the API itself: a "$ref" in there is somebody's data.
_OPAQUE = frozenset({"example", "default", "enum", "const", "value", "required", "mapping"})

Child = tuple[str | int, Any, str | None, bool]


def children(value: Any, kind: str | None, many: bool) -> Iterator[Child]:
    """Yield (key, value, kind, many) for each child that may hold references."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                yield index, item, kind, False
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict | list) and not _is_opaque(key, item, kind, many):
                yield (key, item, *_position(key, kind, many))


def _position(key: str, kind: str | None, many: bool) -> tuple[str | None, bool]:
    if many:
        return kind, False
    if kind == "callbacks":
        return "pathItems", False
    if key in _CONTAINERS:
        return _CONTAINERS[key], True
    return _SINGLES.get(key), False


def _is_opaque(key: str, value: Any, kind: str | None, many: bool) -> bool:
    if many or kind == "callbacks":
        return False
    if key == "examples":
        return kind == "schemas" or isinstance(value, list)
    return key in _OPAQUE or (key.startswith("x-") and key not in _CONTAINERS)
