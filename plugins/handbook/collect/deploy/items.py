"""YAML as values that know where they were written, also after overlays were put together."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from handbook.errors import YamlError
from handbook.model.limits import Limits
from handbook.model.source import Spot
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, iter_documents

_SHOWN = 160
MERGE = "<<"
TEMPLATED = "__templated__"
"""Stands for what a template leaves to values that are not known."""


class Item(Struct, frozen=True, eq=False):
    """A value, the file and the line it is in. Never changed: a patch makes new ones."""

    value: str | dict[str, Item] | list[Item] | None
    path: str
    line: int

    def get(self, *keys: str) -> Item:
        """Return what is below these keys; an empty item if there is nothing."""
        found = self
        for key in keys:
            inner = found.value.get(key) if isinstance(found.value, dict) else None
            found = inner if inner is not None else Item(None, found.path, found.line)
        return found

    @property
    def text(self) -> str:
        """The text, "" for anything else."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def items(self) -> list[Item]:
        """The entries of a list, none for anything else."""
        return self.value if isinstance(self.value, list) else []

    @property
    def pairs(self) -> dict[str, Item]:
        """Keys and values, none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def texts(self) -> list[str]:
        """The texts of a list; a lone text counts as a list of one."""
        found = self.items if isinstance(self.value, list) else [self]
        return [item.text for item in found if item.text]

    def __bool__(self) -> bool:
        return self.value is not None

    def spot(self, text: str = "") -> Spot:
        """Return its place, with a text to show."""
        return Spot(self.path, self.line, text.replace(TEMPLATED, "*")[:_SHOWN])


def read_items(text: str, path: str, limits: Limits, above: int = 0) -> Iterator[Item]:
    """Give the documents of a file, or of a text inside one that has ``above`` lines before it.

    Raises:
        YamlError: as :func:`~handbook.yamlnodes.iter_documents`.
    """
    for document in iter_documents(text, limits):
        yield item_of(document, _Maker(path, above))


def first_item(text: str, path: str, limits: Limits) -> Item | None:
    """Return the first document, None if there is none or the file is not YAML."""
    try:
        return next(read_items(text, path, limits), None)
    except YamlError:
        return None


class _Maker:
    """Turns the nodes of one document into items."""

    def __init__(self, path: str, above: int) -> None:
        self.path = path
        self.above = above
        self.seen: dict[int, Item] = {}

    def item(self, value: str | dict[str, Item] | list[Item] | None, line: int) -> Item:
        return Item(value, self.path, line + self.above)


def item_of(node: Node, maker: _Maker) -> Item:
    """Turn a node into an item; a node that is shared stays shared, and ``<<`` is carried out."""
    if known := maker.seen.get(id(node)):
        return known
    match node:
        case Scalar():
            made = maker.item(None if node.empty else node.text, node.line)
        case Sequence():
            made = maker.item([item_of(inner, maker) for inner in node.items], node.line)
        case Mapping():
            made = maker.item(_keys(node, maker), node.line)
    maker.seen[id(node)] = made
    return made


def _keys(node: Mapping, maker: _Maker) -> dict[str, Item]:
    found: dict[str, Item] = {}
    merged: list[Item] = []
    for key, value in node.pairs:
        item = item_of(value, maker)
        if key.text == MERGE:
            merged += item.items or [item]
        elif key.text not in found:
            # The line of the key: that of a nested value is the one after it.
            found[key.text] = maker.item(item.value, key.line)
    for base in merged:
        for name, inherited in base.pairs.items():
            found.setdefault(name, inherited)
    return found
