"""Which folders of a repo are Python packages, and by what names they are imported.

A folder is a package if it has an ``__init__.py``, or if other files of the repo import its
modules by its name (``from app.config import …``, a namespace). The folder that contains the
topmost package is where imports start ("src", the folder of ``pyproject.toml``, any other); the
name reaches further up where the repo's own imports or the project's name say so
("acme.risk"). Loose scripts are no package. A single file counts where the build files name it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from msgspec import Struct

from handbook.collect.python.layout import SourceFolders, is_name, is_outside, parent
from handbook.model.code import SourceFile
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.tree import RepoTree


class Packages(Struct, frozen=True):
    """The packages of a service: their topmost names, and all files that belong to them."""

    names: tuple[str, ...]
    files: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]


def find_packages(tree: RepoTree, root: str, limits: Limits) -> Packages:
    """Find the packages below ``root``, a folder of the repo ("" for all of it)."""
    folders = SourceFolders(tree, root, limits)
    files: dict[str, str] = {}
    names: list[str] = []
    problems: list[Problem] = []
    for name, place in _starts(folders):
        found = dict(_files_of(folders, name, place))
        if taken := next((other for other in found if other in files), None):
            message = f"Two packages are called {name}: this one is not in the reference."
            hint = f"List both folders as services of their own (the other: {files[taken]})."
            origin = tree.origin(folders.full(place))
            problems.append(Problem(message, origin, "notice", hint))
            continue
        names.append(name)
        files |= found
    ordered = sorted(files.items(), key=lambda item: (item[0].count("."), item[0]))
    if len(ordered) > limits.pages:
        message = f"Only {limits.pages:,} of {len(ordered):,} Python modules are read."
        problems.append(Problem(message, tree.origin(root), "notice"))
    kept = tuple(SourceFile(name, path) for name, path in ordered[: limits.pages])
    return Packages(tuple(sorted(names)), kept, tuple(problems))


def _starts(folders: SourceFolders) -> list[tuple[str, str]]:
    """Return the topmost packages as (dotted name, folder) and single modules as (name, file)."""
    named = {folder: _name(folders, folder) for folder in _topmost(folders)}
    for folder in _namespaces(folders):
        if not _is_below(folder, named):
            named |= _parts_of_namespace(folders, folder, folder.rpartition("/")[2])
    starts = {
        (name, folder)
        for folder, name in named.items()
        if not (folder and _is_below(parent(folder), named))
    }
    starts |= {item for item in _singles(folders) if not _is_below(parent(item[1]), named)}
    ordered = sorted(starts, key=lambda item: (item[1].count("/"), item[1]))
    return [item for item in ordered if not item[0].startswith("_")]


def _files_of(folders: SourceFolders, name: str, place: str) -> Iterator[tuple[str, str]]:
    """Yield (dotted name, path in the repo) of all modules of a package."""
    if place.endswith(".py"):
        yield name, folders.full(place)
        return
    for stem, path in sorted(folders.modules(place).items()):
        if stem == "__init__":
            yield name, path
        elif is_name(stem):
            yield f"{name}.{stem}", path
    for below in folders.below(place):
        longer = f"{name}.{below.rpartition('/')[2]}"
        if not is_outside(below, inside=True) and _belongs(folders, below, longer):
            yield from _files_of(folders, longer, below)


def _topmost(folders: SourceFolders) -> Iterator[str]:
    """Yield packages with an ``__init__.py`` that are not in another package."""
    for folder in folders:
        if not _is_package(folders, folder):
            continue
        if folder and _is_package(folders, parent(folder)):
            continue
        inner = [below for below in folders.below(folder) if _is_package(folders, below)]
        name = folder.rpartition("/")[2]
        if inner and folders.is_root(folder) and not folders.imports(name):
            yield from inner  # a source folder ("src") that has an __init__.py by mistake
        else:
            yield folder


def _is_package(folders: SourceFolders, folder: str) -> bool:
    if "__init__" not in folders.modules(folder) or is_outside(folder):
        return False
    return is_name(folders.full(folder).rpartition("/")[2])


def _name(folders: SourceFolders, folder: str) -> str:
    """Return the dotted name of a topmost package."""
    name, above = folders.full(folder).rpartition("/")[2], parent(folder)
    while above and is_name(above.rpartition("/")[2]) and not folders.is_root(above):
        longer = f"{above.rpartition('/')[2]}.{name}"
        if not folders.imports(longer) and not folders.is_project(longer):
            break
        name, above = longer, parent(above)
    return name


def _namespaces(folders: SourceFolders) -> Iterator[str]:
    """Yield folders without ``__init__.py`` whose modules the repo imports by its name."""
    for folder in folders:
        name = folder.rpartition("/")[2]
        if not is_name(name) or name in sys.stdlib_module_names or folders.is_root(folder):
            continue
        if not is_outside(folder) and _belongs(folders, folder, name):
            yield folder


def _parts_of_namespace(folders: SourceFolders, folder: str, name: str) -> dict[str, str]:
    """Return the packages of a namespace: other repos may have further parts of it."""
    if folders.modules(folder):
        return {folder: name}
    parts: dict[str, str] = {}
    for below in folders.below(folder):
        longer = f"{name}.{below.rpartition('/')[2]}"
        if not is_outside(below, inside=True) and _belongs(folders, below, longer):
            parts |= _parts_of_namespace(folders, below, longer)
    return parts


def _belongs(folders: SourceFolders, folder: str, name: str) -> bool:
    """Whether a folder is a package by the name given."""
    modules = folders.modules(folder)
    if "__init__" in modules or any(folders.imports(f"{name}.{stem}") for stem in modules):
        return True
    below = (other.rpartition("/")[2] for other in folders.below(folder))
    return any(folders.imports(f"{name}.{last}") for last in below)


def _singles(folders: SourceFolders) -> Iterator[tuple[str, str]]:
    """Yield modules of one file that the build files name, as (name, file)."""
    for project, hints in folders.projects.items():
        for name in dict.fromkeys((*hints.modules, hints.name.replace("-", "_"))):
            for root in dict.fromkeys(("", "src", *hints.roots)):
                folder = "/".join(part for part in (project, root) if part)
                if is_name(name) and name in folders.modules(folder):
                    yield name, f"{folder}/{name}.py".lstrip("/")


def _is_below(folder: str, named: dict[str, str]) -> bool:
    """Whether a folder is one of those named or in one of them."""
    if "" in named:
        return True
    parts = folder.split("/")
    return any("/".join(parts[: count + 1]) in named for count in range(len(parts)))
