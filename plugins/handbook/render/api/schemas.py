"""Schemas in words and links, within the budget of what is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from markupsafe import Markup
from msgspec import Struct

from handbook.model.api import ApiDefinition, Composition, NamedSchema, Property, Schema
from handbook.model.limits import Limits
from handbook.render.context import relative_url
from handbook.render.markdown import render_description

# What CommonMark could read as more than words; all else needs no parser.
_MARKED = re.compile(r"[*_`\[\]<>&\\#|~\n:$+=^@]|\bwww\.|^\s*(?:\d+[.)]|-)\s")
_ALTERNATIVES = 6  # named in one line
_ENUM = 30  # values named in one line
_UNFOLDED = 60  # properties of a named schema shown where it is used
_TOTAL = 4  # times limits.openapi_nodes: shown of one definition


class Fields(Struct, frozen=True):
    """What is listed below a schema: properties, alternatives; ``cut`` says what is left out."""

    properties: tuple[Property, ...] = ()
    compositions: tuple[Composition, ...] = ()
    cut: str = ""


class SchemaWriter:
    """Writes the schemas of one definition.

    ``places`` maps anchors to the pages they are on. :meth:`begin` starts a page, and the count
    of what is shown of one operation group (see ``Limits.openapi_nodes``).
    """

    def __init__(self, api: ApiDefinition, places: Mapping[str, str], limits: Limits) -> None:
        self._limits, self._places = limits, places
        self._named: Mapping[str, NamedSchema] = {item.name: item for item in api.schemas}
        self._texts: dict[str, Markup] = {}
        self._types: dict[str, Markup] = {}
        self._left = limits.openapi_nodes
        self._total = limits.openapi_nodes * _TOTAL
        self._page = api.uri
        self.cut = False

    def begin(self, page: str, nodes: int) -> None:
        """Start a page, with at most ``nodes`` parts of schemas."""
        self._page = page
        self._left = min(nodes, self._total)
        self._types = {}

    def url(self, anchor: str) -> str:
        """Return the address of an anchor from the page being written, "" if it is nowhere."""
        target = self._places.get(anchor)
        if target is None:
            return ""
        return (
            f"#{anchor}" if target == self._page else f"{relative_url(target, self._page)}#{anchor}"
        )

    def text(self, description: str) -> Markup:
        """Write a description; the same one only once."""
        if description not in self._texts:
            if _MARKED.search(description):
                html = render_description(description, self._limits)
            else:
                html = f"<p>{escape(description)}</p>" if description.strip() else ""
            self._texts[description] = Markup(html)  # noqa: S704 - sanitised or escaped
        return self._texts[description]

    def type(self, schema: Schema) -> Markup:
        """Write the type in a line: "array of Pet", "string (email) or null"."""
        return Markup(" or ").join(self._parts(schema, 0))

    def facts(self, schema: Schema) -> list[tuple[str, list[str]]]:
        """Return what else there is to say, as (word, values shown as code)."""
        found: list[tuple[str, list[str]]] = []
        if schema.enum:
            more = len(schema.enum) - _ENUM
            shown = [*schema.enum[:_ENUM], *([f"… {more} more"] if more > 0 else [])]
            found.append(("always" if len(schema.enum) == 1 else "one of", shown))
        if schema.default:
            found.append(("default", [schema.default]))
        found += [(words, []) for words in schema.constraints]
        if schema.example and not schema.enum:
            found.append(("for example", [schema.example]))
        if schema.closed:
            found.append(("no other properties", []))
        return found

    def flags(self, schema: Schema) -> list[str]:
        """Return the words that stand as badges."""
        flags = (
            ("deprecated", schema.deprecated),
            ("read-only", schema.read_only),
            ("write-only", schema.write_only),
        )
        return [word for word, holds in flags if holds]

    def inner(self, schema: Schema) -> Schema | None:
        """Return what is worth listing below a schema: itself, or what its items are."""
        for _ in range(8):
            if schema.properties or _is_unfolded(schema):
                return schema
            below = schema.items or schema.values
            if below is None:
                return None
            schema = below
        return None

    def named(self, schema: Schema) -> NamedSchema | None:
        """Return the named schema that a schema (or its items) is, if it is worth unfolding."""
        for _ in range(3):
            if schema.ref:
                found = self._named.get(schema.ref)
                small = found and 0 < _size(found.schema, _UNFOLDED) <= _UNFOLDED
                return found if small else None
            if schema.items is None:
                return None
            schema = schema.items
        return None

    def fields(self, schema: Schema) -> Fields:
        """Return the lists below a schema, as far as the budget goes."""
        wanted = len(schema.properties) + sum(len(c.options) for c in schema.compositions)
        allowed = max(0, min(wanted, self._left))
        self._left -= allowed
        self._total -= allowed
        if allowed == wanted:
            return Fields(schema.properties, schema.compositions)
        self.cut = True
        words = f"{wanted - allowed:,} more parts are not shown: the page would be too large."
        return Fields(schema.properties[:allowed], (), words)

    def heading(self, composition: Composition) -> str:
        """Say how the schemas below are combined."""
        words = {
            "allOf": "All of these together:",
            "oneOf": "One of these:",
            "anyOf": "One or more of these:",
            "not": "Anything but this:",
        }[composition.kind]
        if composition.discriminator:
            return f"{words[:-1]}, told apart by {composition.discriminator}:"
        return words

    def label(self, schema: Schema) -> str:
        """Say in a word what unfolds."""
        count = len(schema.properties)
        if count:
            return f"{count} {'property' if count == 1 else 'properties'}"
        return "Details"

    def _parts(self, schema: Schema, depth: int) -> list[Markup]:
        if schema.ref:
            parts = [self._link(schema.ref)]
        elif schema.items:
            inner = Markup(" or ").join(self._parts(schema.items, depth + 1)) if depth < 4 else "…"
            parts = [Markup("array of {}").format(inner)]
            parts += [Markup("{}").format(kind) for kind in schema.types if kind != "array"]
        elif schema.types:
            parts = [Markup("{}").format(self._plain(schema, kind)) for kind in schema.types]
            if schema.values and depth < 4:
                inner = Markup(" or ").join(self._parts(schema.values, depth + 1))
                parts = [Markup("map to {}").format(inner)]
        else:
            parts = self._alternatives(schema, depth)
        if schema.nullable:
            parts.append(Markup("null"))
        return parts

    def _alternatives(self, schema: Schema, depth: int) -> list[Markup]:
        options = [option for c in schema.compositions for option in c.options if c.kind != "not"]
        if not options or depth > 3:
            return [Markup("any")]
        parts = [
            part for option in options[:_ALTERNATIVES] for part in self._parts(option, depth + 1)
        ]
        together = any(c.kind == "allOf" for c in schema.compositions)
        more = len(options) - _ALTERNATIVES
        parts = list(dict.fromkeys(parts))
        if more > 0:
            parts.append(Markup("{} more").format(more))
        return [Markup(" and ").join(parts)] if together else parts

    def _plain(self, schema: Schema, kind: str) -> str:
        return f"{kind} ({schema.format})" if schema.format and kind != "object" else kind

    def _link(self, name: str) -> Markup:
        if name not in self._types:
            found = self._named.get(name)
            url = self.url(found.anchor) if found else ""
            form = '<a href="{}">{}</a>' if url else "{1}"
            self._types[name] = Markup(form).format(url, name)  # noqa: S704 - constants
        return self._types[name]


def _is_unfolded(schema: Schema) -> bool:
    """Whether combined schemas say more than their names, which the type gives already."""
    return any(
        composition.kind == "not"
        or composition.discriminator
        or any(not option.ref for option in composition.options)
        for composition in schema.compositions
        if any(_has_fields(option) for option in composition.options) or composition.kind == "not"
    )


def _has_fields(schema: Schema) -> bool:
    return bool(schema.properties or schema.compositions or schema.items or schema.description)


def _size(schema: Schema, most: int) -> int:
    """Count what would be listed, giving up beyond ``most``."""
    stack, count = [schema], 0
    while stack and count <= most:
        item = stack.pop()
        inner = [p.schema for p in item.properties]
        inner += [option for c in item.compositions for option in c.options]
        count += len(inner)
        stack += [*inner, *(below for below in (item.items, item.values) if below)]
    return count
