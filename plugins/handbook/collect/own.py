"""A company's own collectors: what installed packages bring. One that fails costs its own fact."""

from __future__ import annotations

import logging
from typing import Any

from handbook.extensions import COLLECTORS, Extension, extensions
from handbook.model.collected import FACTS
from handbook.model.facts import Absent, Broken, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree

_TAKEN = frozenset({*FACTS, "profile", "today"})

_log = logging.getLogger(__name__)


def own_facts(tree: RepoTree, service: Service, limits: Limits) -> dict[str, Fact[Any]]:
    """Run every collector that packages bring; facts by the names of their entry points.

    Raises:
        ExtensionError: one cannot be loaded, cannot be called, or has a name that is taken.
    """
    found: dict[str, Fact[Any]] = {}
    for extension in extensions(COLLECTORS):
        if extension.name in _TAKEN or not extension.name.isidentifier():
            raise extension.wrong("has a name that is taken, or cannot be that of a parameter")
        if not callable(extension.value):
            raise extension.wrong("is no function of (tree, service, limits)")
        found[extension.name] = _run(extension, tree, service, limits)
    return found


def _run(extension: Extension, tree: RepoTree, service: Service, limits: Limits) -> Fact[Any]:
    try:
        fact = extension.value(tree, service, limits)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as exc:  # noqa: BLE001 - whatever a repo makes of somebody's collector
        _log.warning("%s: %s failed", service.slug, extension.name, exc_info=True)
        return _broken(extension, tree, service, f"{type(exc).__name__}: {exc}")
    if not isinstance(fact, Found | Absent | Broken):
        shown = f"it gave a {type(fact).__name__}, not Found, Absent or Broken"
        return _broken(extension, tree, service, shown)
    return fact


def _broken(extension: Extension, tree: RepoTree, service: Service, what: str) -> Broken:
    message = f"The {extension.name.replace('_', ' ')} could not be read: {what}"
    hint = f"This is a bug of {extension.package}: please report it to those who wrote it."
    return Broken(Problem(message, tree.origin(service.path), "error", hint))
