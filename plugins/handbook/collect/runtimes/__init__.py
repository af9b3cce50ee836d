"""Read what a service runs on: images, versions that are pinned, versions that CI runs."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator

from handbook.collect.dockerfile import stages
from handbook.collect.runtimes.workflows import ci_versions, compose_images
from handbook.collect.scope import own_files
from handbook.collect.smallfiles import read_text
from handbook.model.dependencies import ImageUse, Runtimes, Said, VersionUse
from handbook.model.facts import Absent, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tomldata import parse_toml
from handbook.tree import RepoTree

__all__ = ["collect_runtimes"]

_DOCKERFILE = re.compile(r"^(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?$|^[\w.-]+\.[Dd]ockerfile$")
_COMPOSE = re.compile(r"^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$")
_LOCAL = re.compile(
    r"(?:^|[./_-])(?:dev|devel|development|tests?|ci|local|debug|e2e|mocks?)(?:[./_-]|$)", re.I
)
_PINS = {
    ".python-version": "python",
    ".node-version": "node",
    ".nvmrc": "node",
    ".ruby-version": "ruby",
    "runtime.txt": "",
    ".tool-versions": "",
}
_NAMES = {"python": "python", "nodejs": "node", "node": "node", "golang": "go", "ruby": "ruby"}
_PIN = re.compile(r"(?:([a-z]+)[- ])?v?(\d{1,4}(?:\.\d{1,4}){0,2})\b")
_FILES = 60


def collect_runtimes(tree: RepoTree, service: Service, limits: Limits) -> Fact[Runtimes]:
    """Look at Dockerfiles, compose files, files that pin a version, manifests and CI."""
    own = own_files(tree, service, limits)
    images: list[ImageUse] = []
    versions: list[VersionUse] = []
    for path in _paths(tree, service, own):
        text = read_text(tree, path, limits)
        if isinstance(text, Problem):
            continue
        name = posixpath.basename(path)
        inside = path.removeprefix(f"{service.path}/") if service.path else path
        local = _LOCAL.search(inside) is not None
        if _DOCKERFILE.match(name):
            images += _stages(path, text, local)
        elif _COMPOSE.match(name):
            for image, spot in compose_images(path, text, limits):
                images.append(ImageUse(image, "local" if local else "beside", spot))
        elif name in _PINS:
            versions += _pinned(path, name, text)
        elif name in ("pyproject.toml", "package.json"):
            versions += _needed(path, name, text)
        else:
            versions += ci_versions(path, text, limits)
    if not images and not versions:
        return Absent((service.inside("Dockerfile"), service.inside("compose.yaml"), *_PINS))
    first = images[0].spot if images else versions[0].spot
    return Found(Runtimes(tuple(images), tuple(versions)), tree.origin(first.path, first.line))


def _paths(tree: RepoTree, service: Service, own: Callable[[str], bool]) -> list[str]:
    found = []
    workflows = service.inside(".github/workflows/")
    for entry in tree.under(service.path):
        name = posixpath.basename(entry.path)
        mine = own(entry.path) and (
            _DOCKERFILE.match(name)
            or _COMPOSE.match(name)
            or name in (*_PINS, "pyproject.toml", "package.json")
        )
        workflow = entry.path.startswith(workflows) and name.endswith((".yml", ".yaml"))
        if mine or workflow or entry.path == service.inside(".gitlab-ci.yml"):
            found.append(entry.path)
    return sorted(found, key=lambda path: (path.count("/"), path))[:_FILES]


def _stages(path: str, text: str, local: bool) -> Iterator[ImageUse]:
    for image, line, ships in stages(text):
        spot = Spot.of(path, text, line)
        yield ImageUse(image, "local" if local else "runs" if ships else "builds", spot)


def _pinned(path: str, name: str, text: str) -> Iterator[VersionUse]:
    for number, line in enumerate(text.split("\n")[:20], start=1):
        found = _PIN.match(line.strip().lower()[:80])
        language = _PINS[name] or (_NAMES.get(found[1] or "", "") if found else "")
        if found and language and (not found[1] or _NAMES.get(found[1]) == language):
            yield VersionUse(language, (found[2],), "pins", Spot.of(path, text, number))


def _needed(path: str, name: str, text: str) -> Iterator[VersionUse]:
    """What a manifest says of the language itself; only Python's bounds an upper end in use."""
    if name == "pyproject.toml":
        try:
            data = parse_toml(text)
        except (ValueError, RecursionError):
            return
        wanted = _at(data, "project", "requires-python") or _at(
            data, "tool", "poetry", "dependencies", "python"
        )
        language, key = "python", "requires-python" if _at(data, "project") else "python"
    else:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        wanted = _at(data, "volta", "node")
        language, key = "node", '"node"'
    if isinstance(wanted, str) and wanted:
        line = next((n for n, row in enumerate(text.split("\n"), 1) if key in row), 0)
        said: Said = "needs" if language == "python" else "pins"
        yield VersionUse(language, (wanted[:100],), said, Spot.of(path, text, line))


def _at(data: object, *keys: str) -> object:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data
