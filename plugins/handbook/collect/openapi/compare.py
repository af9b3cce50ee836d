"""Compare two schemas as a client sees them: what it may send, what it gets back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from handbook.model.api import Property, Schema

Direction = Literal["request", "response"]
Schemas = Mapping[str, Schema]

_DEPTH = 24
_BUDGET = 100_000  # schemas compared


class Difference(Struct, frozen=True):
    """A difference in words; ``schema`` is the named schema it is in, "" for the one given."""

    words: str
    breaking: bool
    schema: str = ""


class SchemaComparison:
    """Compares the schemas of two definitions, each pair of named ones once a direction."""

    def __init__(self, old: Schemas, new: Schemas) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, Direction]] = set()
        self._left = _BUDGET

    def compare(self, old: Schema, new: Schema, direction: Direction) -> Iterator[Difference]:
        """Yield what differs between two schemas and those they refer to."""
        yield from self._compare(old, new, direction, "", "", 0)

    def _compare(  # noqa: PLR0913, PLR0917 - the state of one walk
        self, old: Schema, new: Schema, way: Direction, path: str, owner: str, depth: int
    ) -> Iterator[Difference]:
        self._left -= 1
        if depth > _DEPTH or self._left < 0 or (old == new and not old.ref):
            return
        if old.ref or new.ref:
            key = (old.ref, new.ref, way)
            if key in self._seen:
                return
            self._seen.add(key)
            if old.ref == new.ref:
                # The same name on both sides: it is that schema that changed, not its users.
                path, owner = "", old.ref
            old, new = self._followed(old, self._old), self._followed(new, self._new)
            yield from self._compare(old, new, way, path, owner, depth + 1)
            return
        yield from _values(old, new, way, path, owner)
        yield from self._properties(old, new, way, path, owner, depth)
        if old.items and new.items:
            yield from self._compare(old.items, new.items, way, f"{path}[]", owner, depth + 1)
        if old.values and new.values:
            yield from self._compare(old.values, new.values, way, f"{path}{{}}", owner, depth + 1)

    def _properties(  # noqa: PLR0913, PLR0917 - the state of one walk
        self, old: Schema, new: Schema, way: Direction, path: str, owner: str, depth: int
    ) -> Iterator[Difference]:
        before = self._all_properties(old, self._old, 0)
        after = self._all_properties(new, self._new, 0)
        for name, was in before.items():
            place = f"{path}.{name}" if path else name
            now = after.get(name)
            if now is None:
                words = "is gone" if way == "response" else "is no longer taken"
                yield Difference(f"property `{place}` {words}", way == "response", owner)
                continue
            yield from _duty(was, now, way, place, owner)
            yield from self._compare(was.schema, now.schema, way, place, owner, depth + 1)
        for name, now in after.items():
            if name not in before:
                place = f"{path}.{name}" if path else name
                needed = now.required and way == "request"
                words = "is new and required" if needed else "is new"
                yield Difference(f"property `{place}` {words}", needed, owner)

    def _all_properties(self, schema: Schema, named: Schemas, depth: int) -> dict[str, Property]:
        """The properties of a schema and of all it is made of."""
        found: dict[str, Property] = {}
        if depth > _DEPTH:
            return found
        for composition in schema.compositions:
            if composition.kind == "allOf":
                for option in composition.options:
                    self._left -= 1
                    if self._left < 0:
                        return found
                    inner = self._followed(option, named)
                    found |= self._all_properties(inner, named, depth + 1)
        return found | {item.name: item for item in schema.properties}

    @staticmethod
    def _followed(schema: Schema, named: Schemas) -> Schema:
        for _ in range(_DEPTH):
            if not schema.ref:
                return schema
            schema = named.get(schema.ref, Schema())
        return Schema()


def _duty(
    was: Property, now: Property, way: Direction, place: str, owner: str
) -> Iterator[Difference]:
    if was.required == now.required:
        return
    if way == "request":
        words = "is required now" if now.required else "is no longer required"
        yield Difference(f"property `{place}` {words}", now.required, owner)
    else:
        words = "is always there now" if now.required else "may be missing now"
        yield Difference(f"property `{place}` {words}", was.required, owner)


def _values(
    old: Schema, new: Schema, way: Direction, path: str, owner: str
) -> Iterator[Difference]:
    """Types, nullability, enums and alternatives: what values there may be."""
    what = f"`{path}`" if path else "the value"
    narrow, wide = (old, new) if way == "request" else (new, old)
    if set(old.types) != set(new.types):
        words = f"{what} was {_types(old)} and is {_types(new)}"
        yield Difference(words, not _covers(wide, narrow), owner)
    elif old.format != new.format:
        words = (
            f"{what} has the format {new.format or '(none)'} instead of {old.format or '(none)'}"
        )
        yield Difference(words, False, owner)
    if old.nullable != new.nullable:
        words = "may be null now" if new.nullable else "may no longer be null"
        yield Difference(f"{what} {words}", old.nullable == (way == "request"), owner)
    yield from _choices(old, new, way, what, owner)
    yield from _alternatives(old, new, way, what, owner)


def _choices(
    old: Schema, new: Schema, way: Direction, what: str, owner: str
) -> Iterator[Difference]:
    before, after = set(old.enum), set(new.enum)
    if before and after:
        if gone := [value for value in old.enum if value not in after]:
            words = f"{what} can no longer be {', '.join(gone[:10])}"
            yield Difference(words, way == "request", owner)
        if added := [value for value in new.enum if value not in before]:
            yield Difference(f"{what} can now be {', '.join(added[:10])}", False, owner)
    elif after:
        words = f"{what} must be one of {', '.join(new.enum[:10])}"
        yield Difference(words, way == "request", owner)
    elif before:
        yield Difference(f"{what} is no longer limited to a list of values", False, owner)


def _alternatives(
    old: Schema, new: Schema, way: Direction, what: str, owner: str
) -> Iterator[Difference]:
    before, after = _options(old), _options(new)
    if gone := [name for name in before if name not in after]:
        words = f"{what} can no longer be {', '.join(gone[:10])}"
        yield Difference(words, way == "request" and bool(after), owner)
    if added := [name for name in after if name not in before]:
        yield Difference(f"{what} can now be {', '.join(added[:10])}", False, owner)


def _options(schema: Schema) -> list[str]:
    return [
        option.ref or option.title or _types(option)
        for composition in schema.compositions
        if composition.kind in ("oneOf", "anyOf")
        for option in composition.options
    ]


def _types(schema: Schema) -> str:
    return " or ".join(schema.types) or "anything"


def _covers(wide: Schema, narrow: Schema) -> bool:
    """Whether each value of ``narrow``'s types is one of ``wide``'s."""
    if not wide.types:
        return True
    allowed = set(wide.types) | ({"integer"} if "number" in wide.types else set())
    return bool(narrow.types) and set(narrow.types) <= allowed
