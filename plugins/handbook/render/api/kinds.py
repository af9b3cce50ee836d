"""The type of a schema in a line of HTML: "array of Pet", "string (email) or null"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from handbook.model.api import NamedSchema, Schema

_ALTERNATIVES = 6  # named in one line
_DEPTH = 4


class Kinds:
    """Writes types as they are linked from one page; ``url`` gives the address of an anchor."""

    def __init__(self, named: Mapping[str, NamedSchema], url: Callable[[str], str]) -> None:
        self._named, self._url = named, url
        self._links: dict[str, str] = {}

    def of(self, schema: Schema) -> str:
        """Return the type as HTML."""
        return " or ".join(self._parts(schema, 0))

    def _parts(self, schema: Schema, depth: int) -> list[str]:
        if schema.ref:
            parts = [self._link(schema.ref)]
        elif schema.items:
            inner = self._parts(schema.items, depth + 1) if depth < _DEPTH else ["…"]
            parts = [f"array of {' or '.join(inner)}"]
            parts += [escape(kind) for kind in schema.types if kind != "array"]
        elif schema.values and not schema.properties and depth < _DEPTH:
            parts = [f"map to {' or '.join(self._parts(schema.values, depth + 1))}"]
        elif schema.types:
            parts = [_plain(schema, kind) for kind in schema.types]
        else:
            parts = self._alternatives(schema, depth)
        return [*parts, "null"] if schema.nullable else parts

    def _alternatives(self, schema: Schema, depth: int) -> list[str]:
        combined = [c for c in schema.compositions if c.kind != "not"]
        options = [option for composition in combined for option in composition.options]
        if not options or depth >= _DEPTH:
            return ["any"]
        shown = options[:_ALTERNATIVES]
        found = [part for option in shown for part in self._parts(option, depth + 1)]
        parts = list(dict.fromkeys(found))
        if len(options) > _ALTERNATIVES:
            parts.append(f"{len(options) - _ALTERNATIVES} more")
        together = any(composition.kind == "allOf" for composition in combined)
        return [" and ".join(parts)] if together else parts

    def _link(self, name: str) -> str:
        if name not in self._links:
            found = self._named.get(name)
            url = self._url(found.anchor) if found else ""
            shown = escape(name)
            self._links[name] = f'<a href="{escape(url)}">{shown}</a>' if url else shown
        return self._links[name]


def _plain(schema: Schema, kind: str) -> str:
    if schema.format and kind != "object":
        return escape(f"{kind} ({schema.format})")
    return escape(kind)
