"""Names of dependencies in the manifests of conda, npm, Go and Rust."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from handbook.collect.dependencies.python import Named, from_lines
from handbook.errors import YamlError
from handbook.model.limits import Limits
from handbook.tomldata import parse_toml
from handbook.yamlnodes import Mapping, Scalar, Sequence, iter_documents

_GO = re.compile(r"^(?:require\s+)?([\w.-]+\.[\w.-]+/[\w./-]+)\s+(v[\w.+-]+)")


def environment_yml(text: str) -> Iterator[Named]:
    """Read conda's list, and pip's list inside it."""
    try:
        document = next(iter_documents(text, Limits()), None)
    except YamlError:
        return
    listed = document.get("dependencies") if isinstance(document, Mapping) else None
    lines: list[tuple[int, str]] = []
    for item in listed.items if isinstance(listed, Sequence) else ():
        inner = item.get("pip") if isinstance(item, Mapping) else None
        found = inner.items if isinstance(inner, Sequence) else [item]
        lines += [
            (one.line, one.text.rpartition("::")[2]) for one in found if isinstance(one, Scalar)
        ]
    yield from (item for item in from_lines(lines) if item.name != "python")


def package_json(text: str) -> Iterator[Named]:
    """Read what running takes, and what development takes."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    for key in ("dependencies", "devDependencies", "optionalDependencies"):
        table = data.get(key) if isinstance(data, dict) else None
        for name, wanted in table.items() if isinstance(table, dict) else ():
            range_ = wanted if isinstance(wanted, str) else ""
            yield Named(name.lower(), name, range_, key != "dependencies")


def go_mod(text: str) -> Iterator[Named]:
    """Read direct requirements."""
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if "// indirect" not in line and (found := _GO.match(line[:300])):
            yield Named(found[1].lower(), found[1], found[2], line=number)


def cargo(text: str) -> Iterator[Named]:
    """Read the three tables of dependencies, and those of a workspace."""
    try:
        data = parse_toml(text)
    except (ValueError, RecursionError):
        return
    workspace = data.get("workspace")
    shared = workspace.get("dependencies") if isinstance(workspace, dict) else None
    tables = [(data.get("dependencies"), False), (shared, False)]
    tables += [(data.get(key), True) for key in ("dev-dependencies", "build-dependencies")]
    for table, extra in tables:
        for name, value in table.items() if isinstance(table, dict) else ():
            wanted = value.get("version", "") if isinstance(value, dict) else value
            yield Named(name.lower(), name, wanted if isinstance(wanted, str) else "", extra)
