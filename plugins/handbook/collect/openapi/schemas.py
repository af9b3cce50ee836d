"""Bring schemas of all dialects into one form.

A schema of the components, or any other place a reference leads to, is read once and gets a
name; references stay references. So the result is never larger than the definition.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec
from msgspec.structs import replace

from handbook.collect.openapi.bundle import NOTE, Bundle
from handbook.collect.openapi.constraints import constraints
from handbook.collect.openapi.names import Names, anchor
from handbook.collect.openapi.pointers import (
    Pointer,
    look_up,
    mapping,
    parse_pointer,
    reference,
    sequence,
    text,
)
from handbook.model.api import Composition, CompositionKind, NamedSchema, Property, Schema
from handbook.model.limits import Limits

_COMPOSITIONS: tuple[CompositionKind, ...] = ("allOf", "oneOf", "anyOf")
_CONDITIONAL = ("if", "dependentSchemas", "dependencies")
_VALUE_LENGTH = 300  # characters of a default or of one value of an enum
_ENUM = 200  # values listed


class SchemaReader:
    """Reads the schemas of one bundle."""

    def __init__(self, bundle: Bundle, limits: Limits) -> None:
        self._bundle, self._limits = bundle, limits
        self._names: dict[Pointer, str] = {}
        self._taken = Names(fold=False)
        self._waiting: deque[Pointer] = deque()
        self._left = limits.openapi_nodes
        self.cut: set[str] = set()
        for name in mapping(look_up(bundle.data, bundle.section)):
            self._name((*bundle.section, name), name)

    def named(self) -> tuple[NamedSchema, ...]:
        """Return the components and all else that was referred to; read operations before."""
        found: list[NamedSchema] = []
        anchors = Names()
        while self._waiting:
            if len(found) == self._limits.openapi_schemas:
                self.cut.add(f"Only the first {len(found):,} schemas are shown.")
                break
            at = self._waiting.popleft()
            self.begin()
            schema = self.read(look_up(self._bundle.data, at))
            name = self._names[at]
            unique = anchors.unique(anchor("schema", name))
            found.append(NamedSchema(name, unique, schema, self._bundle.origin(at)))
        return tuple(found)

    def begin(self) -> None:
        """Start counting anew: limits.openapi_nodes holds for what is read from here on."""
        self._left = self._limits.openapi_nodes

    def read(self, raw: Any, depth: int = 0) -> Schema:
        """Return a schema; whatever ``raw`` is."""
        self._left -= 1
        if self._left < 0:
            return self._cut(f"Only the first {self._limits.openapi_nodes:,} parts are shown.")
        if depth > self._limits.openapi_depth:
            return self._cut(f"Nested deeper than {self._limits.openapi_depth} levels: not shown.")
        if raw is False:
            return Schema(note="No value is allowed here.")
        node = mapping(raw)
        if ref := reference(node):
            return self._reference(ref, node)
        schema = self._own(node, depth)
        for kind in _COMPOSITIONS:
            if sequence(node.get(kind)):
                schema = self._composed(schema, kind, node, depth)
        if "not" in node:
            never = Composition("not", (self.read(node["not"], depth + 1),))
            schema = replace(schema, compositions=(*schema.compositions, never))
        return schema

    def _name(self, at: Pointer, name: str) -> str:
        if at not in self._names:
            self._names[at] = self._taken.unique(name)
            self._waiting.append(at)
        return self._names[at]

    def _cut(self, note: str) -> Schema:
        self.cut.add(note)
        return Schema(note=note)

    def _reference(self, ref: str, node: dict[str, Any]) -> Schema:
        pointer = parse_pointer(ref[1:]) if ref.startswith("#") else None
        if not pointer or not isinstance(look_up(self._bundle.data, pointer), dict | bool):
            return Schema(note=f"There is nothing at {ref[:200]}.")
        words = [str(part) for part in pointer[-3:] if part not in ("schema", "properties")]
        known = pointer[:-1] == self._bundle.section
        name = self._name(pointer, str(pointer[-1]) if known else ".".join(words))
        return Schema(**_described(node), ref=name)

    def _own(self, node: dict[str, Any], depth: int) -> Schema:
        """All but references and compositions."""
        types, nullable = _types(node)
        described = _described(node)
        described["nullable"] = described["nullable"] or nullable
        values = node.get("additionalProperties", node.get("unevaluatedProperties"))
        return Schema(
            **described,
            types=types,
            format=text(node.get("format")),
            enum=_enum(node),
            constraints=(*constraints(node), *_needed(node)),
            properties=self._properties(node, depth),
            items=self.read(node["items"], depth + 1) if _is_schema(node.get("items")) else None,
            values=self.read(values, depth + 1) if isinstance(values, dict) and values else None,
            closed=values is False,
            note=_note(node),
        )

    def _properties(self, node: dict[str, Any], depth: int) -> tuple[Property, ...]:
        required = {name for name in sequence(node.get("required")) if isinstance(name, str)}
        found = [
            (name, raw, name in required) for name, raw in mapping(node.get("properties")).items()
        ]
        patterns = mapping(node.get("patternProperties"))
        found += [(f"/{pattern}/", raw, False) for pattern, raw in patterns.items()]
        places = sequence(node.get("prefixItems")) or sequence(node.get("items"))
        found += [(f"[{index}]", raw, False) for index, raw in enumerate(places)]
        properties = []
        for name, raw, needed in found:
            properties.append(Property(name, self.read(raw, depth + 1), needed))
            if self._left < 0:
                break
        return tuple(properties)

    def _composed(
        self, schema: Schema, kind: CompositionKind, node: dict[str, Any], depth: int
    ) -> Schema:
        raws = [raw for raw in sequence(node[kind]) if not _is_null(raw)]
        nullable = schema.nullable or (kind != "allOf" and len(raws) < len(sequence(node[kind])))
        schema = replace(schema, nullable=nullable)
        options = [self.read(raw, depth + 1) for raw in raws]
        if len(options) == 1 and _says_little(schema):
            return _overlaid(options[0], schema)
        if kind == "allOf":
            plain = [option for option in options if _is_plain_object(option)]
            properties = [item for option in plain for item in option.properties]
            schema = replace(
                schema,
                types=schema.types or (("object",) if plain else ()),
                properties=(*schema.properties, *properties),
                constraints=(*schema.constraints, *_distinct(plain)),
                description=schema.description or _only(plain),
            )
            options = [option for option in options if not _is_plain_object(option)]
        if not options:
            return schema
        property_name = text(mapping(node.get("discriminator")).get("propertyName"))
        property_name = property_name or text(node.get("discriminator"))
        added = Composition(kind, tuple(options), property_name if kind != "allOf" else "")
        return replace(schema, compositions=(*schema.compositions, added))


def json_text(value: Any, most: int = _VALUE_LENGTH) -> str:
    """Return a value as JSON on one line, cut after ``most`` characters."""
    written = msgspec.json.encode(value).decode()
    return written if len(written) <= most else written[:most] + "…"


def _described(node: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a Schema that may stand beside a reference too."""
    examples = sequence(node.get("examples"))
    example = node.get("example", examples[0] if examples else None)
    return {
        "title": text(node.get("title")),
        "description": text(node.get("description")),
        "nullable": node.get("nullable") is True or node.get("x-nullable") is True,
        "default": json_text(node["default"]) if "default" in node else "",
        "example": "" if example is None else json_text(example),
        "deprecated": node.get("deprecated") is True,
        "read_only": node.get("readOnly") is True,
        "write_only": node.get("writeOnly") is True,
    }


def _note(node: dict[str, Any]) -> str:
    notes = [text(node[NOTE])] if NOTE in node else []
    if any(key in node for key in _CONDITIONAL):
        notes.append("Further conditions apply: see the definition.")
    return " ".join(notes)


def _needed(node: dict[str, Any]) -> tuple[str, ...]:
    """Required properties that are described elsewhere (beside allOf)."""
    here = mapping(node.get("properties"))
    required = sequence(node.get("required"))
    needed = [name for name in required if isinstance(name, str) and name not in here]
    return (f"needs {', '.join(needed[:20])}",) if needed else ()


def _overlaid(base: Schema, over: Schema) -> Schema:
    """Let what is said about a lone alternative stand above what it says itself."""
    said = {
        field: value
        for field in ("title", "description", "default", "example", "note")
        if (value := getattr(over, field))
    }
    flags = {
        field: getattr(base, field) or getattr(over, field)
        for field in ("nullable", "deprecated", "read_only", "write_only")
    }
    words = (*base.constraints, *over.constraints)
    return replace(base, **said, **flags, constraints=words)


def _says_little(schema: Schema) -> bool:
    return not (
        schema.properties
        or schema.compositions
        or schema.items
        or schema.values
        or schema.enum
        or schema.closed
    )


def _is_plain_object(schema: Schema) -> bool:
    return (
        not schema.ref
        and not schema.note
        and (
            bool(schema.properties or schema.constraints)
            and not (schema.compositions or schema.items or schema.values or schema.enum)
        )
    )


def _distinct(schemas: list[Schema]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for schema in schemas for word in schema.constraints))


def _only(schemas: list[Schema]) -> str:
    texts = [schema.description for schema in schemas if schema.description]
    return texts[0] if len(texts) == 1 else ""


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _is_null(raw: Any) -> bool:
    return isinstance(raw, dict) and (raw.get("type") == "null" or raw.get("enum") == [None])


def _types(node: dict[str, Any]) -> tuple[tuple[str, ...], bool]:
    raw = node.get("type")
    types = [text(item) for item in (raw if isinstance(raw, list) else [raw])][:10]
    named = tuple(item for item in types if item and item != "null")
    if not named and ("properties" in node or isinstance(node.get("additionalProperties"), dict)):
        named = ("object",)
    if not named and "items" in node:
        named = ("array",)
    return named, "null" in types


def _enum(node: dict[str, Any]) -> tuple[str, ...]:
    values = [node["const"]] if "const" in node else sequence(node.get("enum"))
    shown = [json_text(value) for value in values[:_ENUM] if value is not None]
    more = len(values) - _ENUM
    return (*shown, f"… and {more} more") if more > 0 else tuple(shown)
