"""Collect the Python API of a service: its packages, modules, and what in them is public.

Everything is read as text and parsed; nothing of the repo is imported or run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import griffe

from handbook.collect.python.find import find_packages
from handbook.collect.python.public import public_modules
from handbook.collect.python.style import docstring_style
from handbook.model.code import PythonCode
from handbook.model.facts import Absent, Broken, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.python_source import load_source, quiet
from handbook.tree import RepoTree

_SEARCHED = ("src/*/__init__.py", "**/__init__.py", "pyproject.toml", "setup.cfg", "setup.py")
_DEPTH = 3

__all__ = ["collect_python"]


def collect_python(tree: RepoTree, service: Service, limits: Limits) -> Fact[PythonCode]:
    """Read the Python packages below the service's folder.

    Absent if there is no package, or none with anything public in it; broken if not one of
    its files can be read as Python.
    """
    packages = find_packages(tree, service.path, limits)
    if not packages.files:
        return Absent(tuple(service.inside(place) for place in _SEARCHED))
    source = load_source(tree, packages.files, "plain", limits.blob)
    problems = (*packages.problems, *source.problems)
    if not source.modules:
        return Broken(_nothing_readable(tree, service, source.problems))
    with quiet():
        modules = public_modules(source, limits)
        style = docstring_style(source.modules.values())
    if not modules:
        return Absent(tuple(service.inside(place) for place in _SEARCHED))
    code = PythonCode(
        packages=packages.names,
        files=tuple(file for file in packages.files if file.name in source.modules),
        modules=modules,
        style=style,
        imports=_imports(source.modules.values(), packages.names),
    )
    problems += tuple(
        Problem(
            f"Only the first {len(module.objects):,} of {len(module.objects) + module.left_out:,}"
            f" names in {module.name} are in the reference.",
            tree.origin(module.path),
            "notice",
        )
        for module in modules
        if module.left_out
    )
    return Found(code, tree.origin(service.path), problems)


def _nothing_readable(tree: RepoTree, service: Service, problems: Iterable[Problem]) -> Problem:
    first = next(iter(problems))
    return Problem(
        f"No Python file can be read, so there is no reference. The first: {first.message}",
        first.origin if first.origin.path else tree.origin(service.path),
        "error",
        first.hint,
    )


def _imports(modules: Iterable[griffe.Module], own: Iterable[str]) -> tuple[str, ...]:
    """Return the dotted names imported from elsewhere, with the packages they are in."""
    found: set[str] = set()
    for module in modules:
        for target in module.imports.values():
            parts = target.split(".")[:_DEPTH]
            if parts[0] not in sys.stdlib_module_names:
                found.update(".".join(parts[: count + 1]) for count in range(len(parts)))
    roots = tuple(own)
    return tuple(
        sorted(
            name
            for name in found
            if not any(name == root or name.startswith(f"{root}.") for root in roots)
        )
    )
