"""Where a service's manifests are, and which reader each needs."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from msgspec import Struct

from handbook.collect.manifests.base import Manifest, Reader
from handbook.collect.manifests.go import read_go_mod
from handbook.collect.manifests.maven import read_pom
from handbook.collect.manifests.node import read_package_json
from handbook.collect.manifests.python import read_pyproject, read_requirements, read_setup_cfg
from handbook.collect.manifests.rust import read_cargo
from handbook.collect.smallfiles import files_near, read_text
from handbook.collect.sources import is_own
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree

MANIFESTS: Mapping[str, Reader] = {
    "pyproject.toml": read_pyproject,
    "setup.cfg": read_setup_cfg,
    "package.json": read_package_json,
    "go.mod": read_go_mod,
    "Cargo.toml": read_cargo,
    "pom.xml": read_pom,
    "requirements.txt": read_requirements,
}
_DEPTH = 2
_MOST = 20


class Manifests(Struct, frozen=True):
    """The manifests of a service, its own folder first, and what was odd."""

    found: tuple[Manifest, ...]
    problems: tuple[Problem, ...] = ()


def read_manifests(tree: RepoTree, service: Service, limits: Limits) -> Manifests:
    """Read the manifests in a service's folder and two folders below it.

    Where a folder has several of Python's, only the first that describes a package counts.
    """
    paths = _paths(tree, service)
    found: list[Manifest] = []
    problems: list[Problem] = []
    described: set[tuple[str, str]] = set()
    for path in paths[:_MOST]:
        text = read_text(tree, path, limits)
        if isinstance(text, Problem):
            problems.append(text)
            continue
        manifest = MANIFESTS[posixpath.basename(path)](text, tree.origin(path))
        problems += manifest.problems
        if manifest.package is None:
            continue
        key = (posixpath.dirname(path), manifest.package.ecosystem)
        if key not in described:
            described.add(key)
            found.append(manifest)
    if len(paths) > _MOST:
        message = f"Only {_MOST} of {len(paths)} package manifests are shown."
        problems.append(Problem(message, tree.origin(paths[_MOST]), "notice"))
    return Manifests(tuple(found), tuple(problems))


def _paths(tree: RepoTree, service: Service) -> list[str]:
    """Manifests by depth, folder, and the order in which one of a folder is preferred."""
    order = {name: at for at, name in enumerate(MANIFESTS)}
    paths = [
        path
        for path in files_near(tree, service, _DEPTH)
        if posixpath.basename(path) in order and is_own(path[len(service.path) :])
    ]
    return sorted(
        paths,
        key=lambda path: (
            path.count("/"),
            posixpath.dirname(path),
            order[posixpath.basename(path)],
        ),
    )
