"""Images that compose files name, and versions of languages that CI sets up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.errors import YamlError
from handbook.model.dependencies import VersionUse
from handbook.model.limits import Limits
from handbook.model.source import Spot
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, iter_documents, texts

_KEYS = {
    "python-version": "python",
    "python": "python",
    "node-version": "node",
    "go-version": "go",
    "ruby-version": "ruby",
    "php-version": "php",
}
_VERSION = re.compile(r"v?(\d{1,4}(?:\.\d{1,4}){0,2})(?:\.x|-dev)?$")
_DEFAULT = re.compile(r"\$\{\w+:?-([^{}$]{1,200})\}")
_NODES = 20_000


def compose_images(path: str, text: str, limits: Limits) -> Iterator[tuple[str, Spot]]:
    """Give the images of services that are not built here; defaults stand for variables."""
    document = _document(text, limits)
    services = document.mapping("services") if isinstance(document, Mapping) else None
    for _, service in services.pairs if services else ():
        image = service.scalar("image") if isinstance(service, Mapping) else None
        if image and isinstance(service, Mapping) and service.get("build") is None:
            name = _DEFAULT.sub(r"\1", image.text[:300])
            yield name, Spot.of(path, text, image.line)


def ci_versions(path: str, text: str, limits: Limits) -> Iterator[VersionUse]:
    """Give all versions of each language that a workflow names, at the first of its lines."""
    found: dict[str, list[Scalar]] = {}
    document = _document(text, limits)
    for key, value in _keys(document) if document is not None else ():
        if language := _KEYS.get(key):
            found.setdefault(language, []).extend(texts(value))
    for language, scalars in found.items():
        known = [(match[1], item) for item in scalars if (match := _VERSION.match(item.text))]
        # A variable or a range may stand for something newer than what is listed.
        if known and len(known) == len([item for item in scalars if "matrix." not in item.text]):
            wanted = tuple(dict.fromkeys(version for version, _ in known))
            yield VersionUse(language, wanted, "ci", Spot.of(path, text, known[0][1].line))


def _document(text: str, limits: Limits) -> Node | None:
    try:
        return next(iter_documents(text, limits), None)
    except YamlError:
        return None


def _keys(top: Node) -> Iterator[tuple[str, Node]]:
    todo = [top]
    left = _NODES
    while todo and left > 0:
        node = todo.pop()
        left -= 1
        if isinstance(node, Mapping):
            yield from ((key.text, value) for key, value in node.pairs)
            todo += [value for _, value in node.pairs]
        elif isinstance(node, Sequence):
            todo += node.items
