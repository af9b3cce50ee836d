"""Read the names of direct dependencies from a service's manifests."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from handbook.collect.dependencies.others import cargo, environment_yml, go_mod, package_json
from handbook.collect.dependencies.python import (
    Named,
    pipfile,
    pyproject,
    requirements,
    setup_cfg,
    setup_py,
)
from handbook.collect.scope import own_files
from handbook.collect.smallfiles import read_text
from handbook.model.dependencies import Dependencies, Dependency, Group
from handbook.model.facts import Absent, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tree import RepoTree

__all__ = ["collect_dependencies"]

Reader = Callable[[str], Iterable[Named]]

_READERS: dict[str, tuple[str, Reader]] = {
    "pyproject.toml": ("Python", pyproject),
    "setup.cfg": ("Python", setup_cfg),
    "setup.py": ("Python", setup_py),
    "Pipfile": ("Python", pipfile),
    "environment.yml": ("Python", environment_yml),
    "environment.yaml": ("Python", environment_yml),
    "package.json": ("npm", package_json),
    "go.mod": ("Go", go_mod),
    "Cargo.toml": ("Rust", cargo),
}
_REQUIREMENTS = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|requirements/[\w.-]+)\.(?:txt|in)$"
)
_EXTRA = re.compile(r"dev|test|lint|docs?\b|ci\b|build|tools|type|benchmark|notebook|local")
_WORD = re.compile(r"[@\w][\w./@-]*")
_FILES = 60
_EACH = 500
_TEXT = 160


def collect_dependencies(tree: RepoTree, service: Service, limits: Limits) -> Fact[Dependencies]:
    """Read every manifest of the service's own; one that cannot be read names nothing."""
    own = own_files(tree, service, limits)
    found: list[Dependency] = []
    files = []
    for path in _paths(tree, service, own):
        text = read_text(tree, path, limits)
        if isinstance(text, Problem):
            continue
        files.append(path)
        found += _of_file(path, text, service)
    if not files:
        return Absent(tuple(service.inside(name) for name in ("requirements*.txt", *_READERS)))
    return Found(Dependencies(tuple(found), tuple(files)), tree.origin(files[0]))


def _paths(tree: RepoTree, service: Service, own: Callable[[str], bool]) -> list[str]:
    found = [
        entry.path
        for entry in tree.under(service.path)
        if (posixpath.basename(entry.path) in _READERS or _REQUIREMENTS.search(entry.path))
        and own(entry.path)
    ]
    return sorted(found, key=lambda path: (path.count("/"), path))[:_FILES]


def _of_file(path: str, text: str, service: Service) -> Iterator[Dependency]:
    name = posixpath.basename(path)
    inside = path.removeprefix(f"{service.path}/") if service.path else path
    ecosystem, reader = _READERS.get(name, ("Python", requirements))
    aside = name not in _READERS and _EXTRA.search(inside.lower()) is not None
    lines = text.split("\n")
    place = _Places(lines)
    for item in list(reader(text))[:_EACH]:
        line = item.line or place.of(item.written)
        shown = lines[line - 1].strip()[:_TEXT] if line else item.written
        group: Group = "extra" if aside or item.extra else "run"
        yield Dependency(item.name, ecosystem, Spot(path, line, shown), item.wanted[:_TEXT], group)


class _Places:
    """Finds the line of a name: parsers of TOML and JSON keep none.

    A line that begins with it comes before one that has it anywhere.
    """

    def __init__(self, lines: list[str]) -> None:
        self._first: dict[str, int] = {}
        self._any: dict[str, int] = {}
        for number, line in enumerate(lines, start=1):
            words = [word.lower() for word in _WORD.findall(line[:400])[:20]]
            if words:
                self._first.setdefault(words[0], number)
            for word in words:
                self._any.setdefault(word, number)

    def of(self, written: str) -> int:
        name = written.lower()
        return self._first.get(name) or self._any.get(name, 0)
