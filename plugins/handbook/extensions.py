"""A company's own rules and collectors: what installed distributions offer by entry points.

They run with the handbook's rights, like any package that is installed beside it. A repo that is
judged cannot bring any along.
"""

from __future__ import annotations

import functools
from importlib import metadata
from typing import Any, Literal

from msgspec import Struct

from handbook.errors import ExtensionError

Group = Literal["handbook.rules", "handbook.collectors"]
RULES: Group = "handbook.rules"
COLLECTORS: Group = "handbook.collectors"
GROUPS: tuple[Group, ...] = (RULES, COLLECTORS)


class Extension(Struct, frozen=True):
    """What one entry point leads to; ``package`` is its distribution, with the version."""

    name: str
    group: str
    package: str
    value: Any

    def wrong(self, what: str) -> ExtensionError:
        """Return an error that says what is wrong with it, whose it is, and what to do."""
        return _error(self.name, self.group, self.package, what)


@functools.cache
def extensions(group: Group) -> tuple[Extension, ...]:
    """Load what is offered in a group, in the order of packages and names.

    Raises:
        ExtensionError: one cannot be loaded, or a name is offered twice.
    """
    loaded: dict[str, Extension] = {}
    for package, point in _points(group):
        try:
            value = point.load()
        except Exception as exc:
            what = f"cannot be loaded ({point.value}): {type(exc).__name__}: {exc}"
            raise _error(point.name, group, package, what) from exc
        made = Extension(point.name, group, package, value)
        if group == COLLECTORS and point.name in loaded:
            other = loaded[point.name].package
            raise made.wrong(f"has the name of a collector of {other}: give it another one")
        loaded[point.name if group == COLLECTORS else f"{package}\0{point.name}"] = made
    return tuple(loaded.values())


def installed() -> tuple[str, ...]:
    """Name what is offered, with packages and versions, without loading any of it."""
    return tuple(
        f"{package}: {group} {point.name} = {point.value}"
        for group in GROUPS
        for package, point in _points(group)
    )


def _points(group: Group) -> list[tuple[str, metadata.EntryPoint]]:
    found = []
    for point in metadata.entry_points(group=group):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown package"
        found.append((package, point))
    return sorted(set(found), key=lambda item: (item[0], item[1].name, item[1].value))


def _error(name: str, group: str, package: str, what: str) -> ExtensionError:
    project = package.partition(" ")[0]
    return ExtensionError(
        f"{package}: its entry point {name!r} of {group} {what}. "
        f"Mend that package, or take it out: pip uninstall {project}"
    )
