"""Make example values from schemas: always the same for the same schema.

What the schema itself gives comes first (``example``, ``examples``, ``default``, ``const``,
``enum``), then a plain value of its type. Cycles end in an empty value, and a sample has at
most ``_VALUES`` values.
"""

from __future__ import annotations

from typing import Any, Literal

from handbook.collect.openapi.bundle import Bundle
from handbook.collect.openapi.pointers import mapping, reference, sequence, text

Direction = Literal["request", "response"]

BINARY = "<binary>"
"""Stands for the content of a file."""

_VALUES = 150
_DEPTH = 6
_REQUIRED_ONLY = 4  # from this depth on
_HOPS = 16
_TEXTS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "name@example.com",
    "idn-email": "name@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com",
    "url": "https://example.com",
    "uri-reference": "/path",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "byte": "aGFuZGJvb2s=",
    "binary": BINARY,
    "password": "********",
}


class Sampler:
    """Makes samples from the raw schemas of one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._left = _VALUES

    def sample(self, raw: Any, direction: Direction) -> Any:
        """Return an example value; None where the schema says nothing."""
        self._left = _VALUES
        return self._value(raw, direction, ())

    def _value(self, raw: Any, direction: Direction, inside: tuple[str, ...]) -> Any:
        self._left -= 1
        if ref := reference(raw):
            if ref in inside or len(inside) > _HOPS:
                return {}
            inside = (*inside, ref)
        node, _ = self._bundle.follow(raw, _HOPS)
        given, value = _given(node)
        if given:
            return value
        if self._left < 0 or len(inside) > _HOPS:
            return {} if _type(node) == "object" else None
        inside = (*inside, "") if not reference(raw) else inside
        return self._made(node, direction, inside)

    def _made(self, node: dict[str, Any], direction: Direction, inside: tuple[str, ...]) -> Any:
        for kind in ("oneOf", "anyOf"):
            options = [item for item in sequence(node.get(kind)) if _type(item) != "null"]
            if options:
                chosen = self._value(options[0], direction, inside)
                if "properties" in node and isinstance(chosen, dict):
                    return {**self._object(node, direction, inside), **chosen}
                return chosen
        if parts := sequence(node.get("allOf")):
            return self._joined(parts, node, direction, inside)
        kind = _type(node)
        if kind == "object":
            return self._object(node, direction, inside)
        if kind == "array":
            items = node.get("items", {})
            places = sequence(node.get("prefixItems")) or sequence(items) or [items]
            deep = len(inside) > _DEPTH or not any(places)
            return [] if deep else [self._value(item, direction, inside) for item in places[:5]]
        return _plain(node, kind)

    def _joined(
        self, parts: list[Any], node: dict[str, Any], direction: Direction, inside: tuple[str, ...]
    ) -> Any:
        values = [self._value(part, direction, inside) for part in parts[:20]]
        if node.get("properties"):
            values.append(self._object(node, direction, inside))
        joined: dict[str, Any] = {}
        for value in values:
            joined |= value if isinstance(value, dict) else {}
        others = [value for value in values if not isinstance(value, dict) and value is not None]
        return joined or (others[0] if others else {})

    def _object(
        self, node: dict[str, Any], direction: Direction, inside: tuple[str, ...]
    ) -> dict[str, Any]:
        if len(inside) > _DEPTH:
            return {}
        hidden = "readOnly" if direction == "request" else "writeOnly"
        required = [name for name in sequence(node.get("required")) if isinstance(name, str)]
        few = len(inside) > _REQUIRED_ONLY
        made: dict[str, Any] = {}
        for name, raw in mapping(node.get("properties")).items():
            skip = few and name not in required
            if self._left < 0 or skip or mapping(raw).get(hidden) is True:
                continue
            made[name] = self._value(raw, direction, inside)
        values = node.get("additionalProperties")
        if not made and isinstance(values, dict) and values:
            made["key"] = self._value(values, direction, inside)
        return made


def _given(node: dict[str, Any]) -> tuple[bool, Any]:
    """Return whether the schema gives a value, and which."""
    for key in ("example", "const", "default"):
        if node.get(key) is not None:
            return True, node[key]
    for key in ("examples", "enum"):
        if values := sequence(node.get(key)):
            return True, values[0]
    return False, None


def _type(raw: Any) -> str:
    node = mapping(raw)
    kind = node.get("type")
    named = [text(item) for item in (kind if isinstance(kind, list) else [kind]) if text(item)]
    for item in named:
        if item != "null":
            return item
    if named:
        return "null"
    if "properties" in node or isinstance(node.get("additionalProperties"), dict):
        return "object"
    return "array" if "items" in node else ""


def _plain(node: dict[str, Any], kind: str) -> Any:
    if kind in ("integer", "number"):
        return _number(node, kind)
    if kind == "boolean":
        return True
    if kind in ("string", "file"):
        made = _TEXTS.get(text(node.get("format")), BINARY if kind == "file" else "string")
        most = node.get("maxLength")
        return made[:most] if isinstance(most, int) and most > 0 else made
    return None


def _number(node: dict[str, Any], kind: str) -> Any:
    low, high = node.get("minimum"), node.get("maximum")
    value: Any = 1 if kind == "integer" else 1.0
    if isinstance(low, int | float) and low > value:
        value = low
    if isinstance(high, int | float) and high < value:
        value = high
    return value
