"""Which modules are the service's own: what a library says of itself is not what it uses."""

from __future__ import annotations

import re

from msgspec.structs import replace

from handbook.collect.data.reader import Reader
from handbook.model.source import Source

_PACKAGE = re.compile(r"^\[(?:project|tool\.poetry)\]", re.MULTILINE)


def own_modules(source: Source) -> frozenset[str]:
    """Return the dotted names that the service's own files can be imported by."""
    found: set[str] = set()
    for path in _paths(source):
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        found |= {".".join(parts[at:]) for at in range(len(parts))}
    return frozenset(found)


def foreign(source: Source) -> Source:
    """Return the source without the imports of its own packages: folders at the top, or in src.

    What is imported by the name of such a folder is not the library of that name.
    """
    parts = [path.split("/") for path in _paths(source)]
    own = {item[0] for item in parts if len(item) > 1} | {
        item[1] for item in parts if len(item) > 2 and item[0] in ("src", "python", "lib")
    }
    kept = tuple(item for item in source.imports if item.name.partition(".")[0] not in own)
    return replace(source, imports=kept) if len(kept) < len(source.imports) else source


def is_packaged(reader: Reader) -> bool:
    """Whether it is built into a package; settings of tools in pyproject.toml make none."""
    if any(reader.tree.exists(reader.service.inside(name)) for name in ("setup.py", "setup.cfg")):
        return True
    path = reader.service.inside("pyproject.toml")
    return reader.tree.exists(path) and bool(_PACKAGE.search(reader.text(path)))


def _paths(source: Source) -> set[str]:
    spots = [item.spot for item in source.imports] + [item.spot for item in source.functions]
    return {spot.path for spot in spots}
