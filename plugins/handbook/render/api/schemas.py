"""Schemas in words and links, within the budget of what is shown.

A definition of GitHub's size shows 70,000 lines of schemas, so what a template would ask for
each of them is put together here, escaped, and the templates only place it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from markupsafe import Markup
from msgspec import Struct

from handbook.model.api import ApiDefinition, Composition, NamedSchema, Property, Schema
from handbook.model.limits import Limits
from handbook.render.api.kinds import Kinds
from handbook.render.context import relative_url
from handbook.render.markdown import render_description

# What CommonMark could read as more than words; all else needs no parser.
_MARKED = re.compile(r"[*_`\[\]<>&\\#|~\n:$+=^@]|\bwww\.|^\s*(?:\d+[.)]|-)\s")
_ENUM = 30  # values named in one line
_UNFOLDED = 60  # parts of a named schema that unfold where it is used
_TOTAL = 4  # times limits.openapi_nodes: shown of one definition
_BADGES = {"deprecated": "hb-badge hb-badge--warn"}

Row = tuple[str, bool, Markup, Markup, Schema | None]
"""Name, required, type and facts, description, and the schema that unfolds below."""


class Fields(Struct, frozen=True):
    """What is listed below a schema: rows of properties, rows of alternatives with a heading.

    ``cut`` says what is left out.
    """

    rows: Sequence[Row] = ()
    alternatives: Sequence[tuple[str, Sequence[Row]]] = ()
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
        self._marked = 0  # characters that went through the Markdown parser
        self._kinds = Kinds(self._named, self.url)
        self._total = limits.openapi_nodes * _TOTAL
        self._left = limits.openapi_nodes
        self._home = self._page = api.uri
        self.cut = False

    def begin(self, page: str, nodes: int) -> None:
        """Start a page, with at most ``nodes`` parts of schemas."""
        self._page = page
        self._left = min(nodes, self._total)
        self._kinds = Kinds(self._named, self.url)

    def url(self, anchor: str) -> str:
        """Return the address of an anchor from the page being written, "" if it is nowhere."""
        target = self._places.get(anchor)
        if target is None:
            return ""
        page = "" if target == self._page else relative_url(target, self._page)
        return f"{page}#{anchor}"

    def relative(self, file: str) -> str:
        """Return the address of a file beside the definition's first page."""
        return relative_url(self._home + file, self._page)

    def text(self, description: str) -> Markup:
        """Write a description; the same one only once."""
        if description not in self._texts:
            marked = _MARKED.search(description) is not None
            self._marked += len(description) if marked else 0
            if marked and self._marked <= self._limits.openapi_text:
                html = render_description(description, self._limits)
            else:
                shown = escape(description[: self._limits.markdown_page])
                html = f"<p>{shown}</p>" if shown.strip() else ""
            self._texts[description] = Markup(html)  # noqa: S704 - sanitised or escaped
        return self._texts[description]

    def type(self, schema: Schema) -> Markup:
        """Write the type: "array of Pet", "string (email) or null"."""
        return Markup(f'<span class="hb-type">{self._kinds.of(schema)}</span>')  # noqa: S704

    def line(self, schema: Schema) -> Markup:
        """Write all that is said of a schema in a line: type, flags, values, constraints."""
        html = f'<span class="hb-type">{self._kinds.of(schema)}</span>{_facts(schema)}'
        return Markup(html)  # noqa: S704 - put together from escaped parts

    def inner(self, schema: Schema) -> Schema | None:
        """Return what is worth listing below a schema: itself, or what its items are."""
        for _ in range(8):
            if schema.properties or (schema.compositions and _is_unfolded(schema)):
                return schema
            below = schema.items or schema.values
            if below is None:
                return None
            schema = below
        return None

    def named(self, schema: Schema) -> NamedSchema | None:
        """Return the named schema that a schema (or its items) is, if it is small enough."""
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
        if allowed < wanted:
            self.cut = True
            words = f"{wanted - allowed:,} more parts are not shown: the page would be too large."
            return Fields([self._row(item) for item in schema.properties[:allowed]], (), words)
        return Fields(
            [self._row(item) for item in schema.properties],
            [
                (
                    _heading(item, beside=bool(schema.properties)),
                    list(map(self._option, item.options)),
                )
                for item in schema.compositions
            ],
        )

    def label(self, schema: Schema) -> str:
        """Say in a word what unfolds."""
        count = len(schema.properties)
        if count:
            return f"{count} {'property' if count == 1 else 'properties'}"
        return "Details"

    def _row(self, item: Property) -> Row:
        schema = item.schema
        text = self.text(schema.description) if schema.description else Markup("")
        return item.name, item.required, self.line(schema), text, self.inner(schema)

    def _option(self, schema: Schema) -> Row:
        text = self.text(schema.description) if schema.description else Markup("")
        return schema.title, False, self.line(schema), text, self.inner(schema)


def _facts(schema: Schema) -> str:
    """What there is to say beyond the type, as HTML."""
    flags = (
        ("deprecated", schema.deprecated),
        ("read-only", schema.read_only),
        ("write-only", schema.write_only),
    )
    badges = "".join(
        f' <span class="{_BADGES.get(word, "hb-badge")}">{word}</span>'
        for word, holds in flags
        if holds
    )
    facts = [escape(words) for words in schema.constraints]
    if schema.enum:
        more = len(schema.enum) - _ENUM
        values = " ".join(f"<code>{escape(value)}</code>" for value in schema.enum[:_ENUM])
        words = "always" if len(schema.enum) == 1 else "one of"
        facts.insert(0, f"{words} {values}" + (f" … {more} more" if more > 0 else ""))
    elif schema.example:
        facts.append(f"for example <code>{escape(schema.example)}</code>")
    if schema.default:
        facts.append(f"default <code>{escape(schema.default)}</code>")
    if schema.closed:
        facts.append("no other properties")
    if schema.note:
        facts.append(escape(schema.note))
    return f'{badges} <span class="hb-muted">{"; ".join(facts)}</span>' if facts else badges


def _heading(composition: Composition, *, beside: bool) -> str:
    words = {
        "allOf": "Together with" if beside else "All of these together",
        "oneOf": "One of these",
        "anyOf": "One or more of these",
        "not": "Anything but this",
    }[composition.kind]
    told = f", told apart by {composition.discriminator}" if composition.discriminator else ""
    return f"{words}{told}:"


def _is_unfolded(schema: Schema) -> bool:
    """Whether combined schemas say more than their names, which the type gives already."""
    return any(
        composition.kind == "not" or any(_has_fields(option) for option in composition.options)
        for composition in schema.compositions
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
