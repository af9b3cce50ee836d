"""Which page of the site holds what of a definition; decided before anything is rendered.

A small definition is one page. A large one has a page for each tag and pages of schemas by
letter; what would still make too large a page goes on to "…/2/". Sizes are estimates, on the
high side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from handbook.model.api import ApiDefinition, Media, NamedSchema, Operation, Schema
from handbook.model.limits import Limits

_ONE_PAGE_OPERATIONS = 40
_ONE_PAGE_BYTES = 500_000
_PAGE_BYTES = 1_500_000
_SCHEMA_PAGE_BYTES = 500_000
_GROUPS = 300
_NODE = 260  # bytes of HTML for one part of a schema
_EXAMPLE = 20_000  # bytes of HTML for the longest example
_UNTAGGED = "Operations"
_WEBHOOKS = "Webhooks"


class Group(Struct, frozen=True):
    """Operations of one tag. ``slug`` is its folder, ``anchor`` its heading on a shared page."""

    title: str
    slug: str
    anchor: str
    description: str
    operations: tuple[Operation, ...]


class OperationPage(Struct, frozen=True):
    """A page of operations; ``number`` counts the pages of its group from 1."""

    uri: str
    group: Group
    operations: tuple[Operation, ...]
    number: int = 1


class SchemaPage(Struct, frozen=True):
    """A page of schemas; ``title`` is their letter."""

    uri: str
    title: str
    schemas: tuple[NamedSchema, ...]


class Layout(Struct, frozen=True):
    """The pages of one definition. Without pages of its own, all is on the first one."""

    uri: str
    groups: tuple[Group, ...]
    operation_pages: tuple[OperationPage, ...] = ()
    schema_pages: tuple[SchemaPage, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All operations, group after group."""
        return tuple(operation for group in self.groups for operation in group.operations)

    @property
    def one_page(self) -> bool:
        """Whether the whole definition is on one page."""
        return not self.operation_pages and not self.schema_pages


def lay_out(api: ApiDefinition, limits: Limits, more: Mapping[str, int]) -> Layout:
    """Decide on the pages of a definition; ``more`` bytes stand below operations, by anchor."""
    groups = _groups(api)
    scale = _Scale()
    sizes = {op.anchor: scale.operation(op) + more.get(op.anchor, 0) for op in api.operations}
    schemas = {item.anchor: 400 + scale.schema(item.schema) for item in api.schemas}
    total = sum(sizes.values()) + sum(schemas.values())
    few = len(api.operations) <= _ONE_PAGE_OPERATIONS
    if few and total <= min(_ONE_PAGE_BYTES, limits.rendered_page // 2):
        return Layout(api.uri, groups)
    most = min(_PAGE_BYTES, limits.rendered_page // 2)
    pages = []
    for group in groups:
        for index, part in enumerate(_packed(group.operations, sizes, most)):
            tail = "" if index == 0 else f"{index + 1}/"
            pages.append(OperationPage(f"{api.uri}{group.slug}/{tail}", group, part, index + 1))
    return Layout(api.uri, groups, tuple(pages), _schema_pages(api, schemas, limits))


class _Scale:
    """Estimates the bytes of HTML; what operations share is weighed once."""

    def __init__(self) -> None:
        self._media: dict[int, int] = {}

    def operation(self, operation: Operation) -> int:
        bodies = list(operation.body.content) if operation.body else []
        bodies += [media for response in operation.responses for media in response.content]
        size = 2_500 + len(operation.description) * 2 + len(operation.curl) * 3
        size += sum(500 + self.schema(p.schema) + len(p.description) for p in operation.parameters)
        size += sum(200 + len(response.description) for response in operation.responses)
        size += sum(self._of_media(media) for media in bodies)
        return size + sum(self.operation(callback) for callback in operation.callbacks)

    def schema(self, schema: Schema) -> int:
        stack, size = [schema], 0
        while stack:
            item = stack.pop()
            size += _NODE + len(item.description) + sum(map(len, item.enum[:30]))
            stack += [inner.schema for inner in item.properties]
            stack += [option for c in item.compositions for option in c.options]
            stack += [below for below in (item.items, item.values) if below]
        return size

    def _of_media(self, media: Media) -> int:
        if id(media) not in self._media:
            examples = sum(min(len(item.text) * 4, _EXAMPLE) for item in media.examples)
            schema = self.schema(media.schema) if media.schema else 0
            self._media[id(media)] = 300 + examples + schema
        return self._media[id(media)]


def _groups(api: ApiDefinition) -> tuple[Group, ...]:
    described = {tag.name: tag.description for tag in api.tags}
    found: dict[str, list[Operation]] = {tag.name: [] for tag in api.tags}
    paths = _by_path(api)
    for operation in api.operations:
        name = operation.tags[0] if operation.tags else paths.get(operation.anchor, _UNTAGGED)
        name = _WEBHOOKS if operation.kind == "webhook" else name
        found.setdefault(name, []).append(operation)
    filled = [(name, tuple(items)) for name, items in found.items() if items]
    rest = tuple(item for _, items in filled[_GROUPS:] for item in items)
    filled = filled[:_GROUPS] + ([("Others", rest)] if rest else [])
    taken = {"schemas", "source", "openapi-json"}
    groups = []
    for name, items in filled:
        slug = _unique(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "group", taken)
        text = described.get(name, "")
        groups.append(Group(name[:100], slug, f"tag-{slug}", text, items))
    return tuple(groups)


def _by_path(api: ApiDefinition) -> dict[str, str]:
    """Group operations by the first word of their path, where there are no tags at all.

    Maps anchors to groups; empty if that makes many small groups.
    """
    few = len(api.operations) <= _ONE_PAGE_OPERATIONS
    if few or api.tags or any(operation.tags for operation in api.operations):
        return {}
    found = {}
    for operation in api.operations:
        parts = [part for part in operation.path.split("/") if part and "{" not in part]
        words = [part for part in parts if not re.fullmatch(r"api|rest|v?[\d.]+", part)]
        found[operation.anchor] = words[0] if words else _UNTAGGED
    return found if len(set(found.values())) * 3 <= len(found) else {}


def _unique(slug: str, taken: set[str]) -> str:
    found, number = slug, 1
    while found in taken or found.isdigit():
        number += 1
        found = f"{slug}-{number}"
    taken.add(found)
    return found


def _packed(
    operations: Sequence[Operation], sizes: Mapping[str, int], most: int
) -> Iterable[tuple[Operation, ...]]:
    """Split operations, in their order, into pages of at most ``most`` estimated bytes."""
    page: list[Operation] = []
    size = 0
    for operation in operations:
        more = sizes[operation.anchor]
        if page and size + more > most:
            yield tuple(page)
            page, size = [], 0
        page.append(operation)
        size += more
    if page:
        yield tuple(page)


def _schema_pages(
    api: ApiDefinition, sizes: Mapping[str, int], limits: Limits
) -> tuple[SchemaPage, ...]:
    ordered = sorted(api.schemas, key=lambda item: (item.name.casefold(), item.name))
    most = min(_SCHEMA_PAGE_BYTES, limits.rendered_page // 2)
    root = f"{api.uri}schemas/"
    if sum(sizes.values()) <= most:
        return (SchemaPage(root, "", tuple(ordered)),) if ordered else ()
    pages = []
    for letter in dict.fromkeys(_letter(item.name) for item in ordered):
        part: list[NamedSchema] = []
        size, number = 0, 1
        for item in (item for item in ordered if _letter(item.name) == letter):
            if part and size + sizes[item.anchor] > most:
                pages.append(_schema_page(root, letter, number, part))
                part, size, number = [], 0, number + 1
            part.append(item)
            size += sizes[item.anchor]
        pages.append(_schema_page(root, letter, number, part))
    return tuple(pages)


def _schema_page(root: str, letter: str, number: int, part: list[NamedSchema]) -> SchemaPage:
    tail = "" if number == 1 else f"{number}/"
    title = letter.upper() if number == 1 else f"{letter.upper()} {number}"
    return SchemaPage(f"{root}{letter}/{tail}", title, tuple(part))


def _letter(name: str) -> str:
    first = name[:1].lower()
    return first if re.fullmatch(r"[a-z]", first) else "other"
