"""package.json."""

from __future__ import annotations

import json

from handbook.collect.manifests.base import (
    Manifest,
    Person,
    Table,
    line_of,
    list_of,
    mistyped,
    table_of,
    text_of,
    unreadable,
)
from handbook.model.facts import Origin
from handbook.model.package import Package

_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "version": (str,),
    "description": (str,),
    "license": (str, dict),
    "author": (str, dict),
    "dependencies": (dict,),
    "maintainers": (list,),
    "engines": (dict,),
}


def read_package_json(text: str, origin: Origin) -> Manifest:
    """Read name, version, licence, engines, dependencies, author and maintainers."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as exc:
        return unreadable(origin, "JSON", exc.msg, exc.lineno)
    except (RecursionError, ValueError):
        return unreadable(origin, "JSON", "it is nested too deep or has a number too long to read")
    if not isinstance(data, dict):
        return unreadable(origin, "a JSON object", "it holds something else")
    node = text_of(table_of(data, "engines"), "node")
    package = Package(
        "npm",
        origin,
        name=text_of(data, "name"),
        version=text_of(data, "version"),
        description=text_of(data, "description"),
        license=text_of(data, "license") or text_of(table_of(data, "license"), "type"),
        requires=f"Node.js {node}" if node else "",
        dependencies=len(table_of(data, "dependencies")),
    )
    return Manifest(package, tuple(_people(text, data)), tuple(mistyped(data, _TYPES, origin)))


def _people(text: str, data: Table) -> list[Person]:
    found = []
    maintainers = [_name(entry) for entry in list_of(data, "maintainers")]
    found += [
        Person(name, "maintainer", line_of(text, '"maintainers"', name))
        for name in maintainers
        if name
    ]
    author = _name(data.get("author"))
    if author:
        found.append(Person(author, "author", line_of(text, '"author"', author)))
    return found


def _name(entry: object) -> str:
    """A person is text ("Name <address> (url)") or an object."""
    if isinstance(entry, dict):
        return text_of(entry, "name") or text_of(entry, "email")
    return entry.strip() if isinstance(entry, str) else ""
