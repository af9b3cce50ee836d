"""The limits a schema sets to a value, in words."""

from __future__ import annotations

from typing import Any

from handbook.collect.openapi.pointers import text

_COUNTS = (
    ("minLength", "maxLength", "character"),
    ("minItems", "maxItems", "item"),
    ("minProperties", "maxProperties", "property"),
)
_PLURALS = {"character": "characters", "item": "items", "property": "properties"}
_NAMED = (
    ("multipleOf", "multiple of {}"),
    ("pattern", "matches {}"),
    ("contentMediaType", "holds {}"),
    ("contentEncoding", "encoded as {}"),
)


_KEYS = frozenset(
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems"]
    + [key for low, high, _ in _COUNTS for key in (low, high)]
    + [key for key, _ in _NAMED]
)


def constraints(node: dict[str, Any]) -> tuple[str, ...]:
    """Return the constraints of a schema: "at least 1", "2 to 5 items", "matches ^a$"."""
    if _KEYS.isdisjoint(node):
        return ()
    found = [_least(node), _most(node)]
    found += [_count(node.get(low), node.get(high), unit) for low, high, unit in _COUNTS]
    found += [form.format(value) for key, form in _NAMED if (value := text(node.get(key))[:300])]
    if node.get("uniqueItems") is True:
        found.append("no item twice")
    return tuple(word for word in found if word)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _least(node: dict[str, Any]) -> str:
    low, exclusive = node.get("minimum"), node.get("exclusiveMinimum")
    if _is_number(exclusive):
        return f"more than {exclusive}"
    if not _is_number(low):
        return ""
    return f"more than {low}" if exclusive is True else f"at least {low}"


def _most(node: dict[str, Any]) -> str:
    high, exclusive = node.get("maximum"), node.get("exclusiveMaximum")
    if _is_number(exclusive):
        return f"less than {exclusive}"
    if not _is_number(high):
        return ""
    return f"less than {high}" if exclusive is True else f"at most {high}"


def _count(low: Any, high: Any, unit: str) -> str:
    least, most = _is_number(low) and low > 0, _is_number(high)
    if least and most:
        return f"{low} {_PLURALS[unit]}" if low == high else f"{low} to {high} {_PLURALS[unit]}"
    if least:
        return f"at least {low} {unit if low == 1 else _PLURALS[unit]}"
    return f"at most {high} {unit if high == 1 else _PLURALS[unit]}" if most else ""
