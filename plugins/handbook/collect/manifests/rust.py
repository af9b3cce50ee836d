"""Cargo.toml."""

from __future__ import annotations

from handbook.collect.manifests.base import (
    Manifest,
    Person,
    line_of,
    list_of,
    mistyped,
    read_toml,
    table_of,
    text_of,
)
from handbook.model.facts import Origin
from handbook.model.package import Package

# ``key.workspace = true`` takes the value from the workspace's own manifest.
_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "version": (str, dict),
    "description": (str, dict),
    "license": (str, dict),
    "authors": (list, dict),
}


def read_cargo(text: str, origin: Origin) -> Manifest:
    """Read ``[package]``, or ``[workspace.package]`` of a workspace without one."""
    data = read_toml(text, origin)
    if isinstance(data, Manifest):
        return data
    shared = table_of(data, "workspace", "package")
    own = table_of(data, "package")
    if not own and not shared:
        return Manifest(None)
    rust = text_of(own, "rust-version") or text_of(shared, "rust-version")
    package = Package(
        "Rust",
        origin,
        name=text_of(own, "name"),
        version=text_of(own, "version") or text_of(shared, "version"),
        description=text_of(own, "description") or text_of(shared, "description"),
        license=text_of(own, "license") or text_of(shared, "license"),
        requires=f"Rust {rust}" if rust else "",
        dependencies=len(table_of(data, "dependencies")) if own else -1,
    )
    written = list_of(own, "authors") or list_of(shared, "authors")
    people = tuple(
        Person(name, "author", line_of(text, "authors", name))
        for name in written
        if isinstance(name, str) and name.strip()
    )
    return Manifest(package, people, tuple(mistyped(own, _TYPES, origin)))
