"""The folders of a repo that hold Python files, and what the repo's own imports call them."""

from __future__ import annotations

import keyword
import posixpath
import re
from collections.abc import Iterator

from handbook.collect.python.hints import FILES, Hints, read_hints
from handbook.errors import MissingFile, TooLarge
from handbook.model.limits import Limits
from handbook.tree import RepoTree

# Folders that are skipped inside of a package, and those that hold no package of the service.
_SKIPPED_INSIDE = """
test tests testdata migrations vendor vendored _vendor third_party node_modules
"""
_SKIPPED_OUTSIDE = """
testing fixtures e2e doc docs example examples sample samples demo demos script scripts
bench benchmark benchmarks notebook notebooks alembic third-party extern external
build dist site-packages venv env
"""
_INSIDE = frozenset(_SKIPPED_INSIDE.split())
_OUTSIDE = _INSIDE | frozenset(_SKIPPED_OUTSIDE.split())
_TESTS = re.compile(r"^(?:.+[_-])?tests?$")
_SKIPPED_FILES = re.compile(r"^(?:test_.*|conftest|.*_pb2(?:_grpc)?)$")
_ROOTS = frozenset({"src", "lib", "source"})
_PROJECTS = 50
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([^\W\d][\w.]*)[ \t]+import[ \t(]+([\w, \t]*)"
    r"|import[ \t]+([^\W\d][\w., \t]*))",
    re.MULTILINE,
)


class SourceFolders:
    """Folders relative to the service's own ("" is that one), in order of depth and name.

    ``projects`` maps folders with build files to what these say.
    """

    def __init__(self, tree: RepoTree, root: str, limits: Limits) -> None:
        self.projects: dict[str, Hints] = {}
        self._root = root
        self._modules: dict[str, dict[str, str]] = {"": {}}
        self._below: dict[str, list[str]] = {}
        self._imported: set[str] = set()
        for entry in tree.under(root):
            folder, _, name = entry.path[len(root) :].lstrip("/").rpartition("/")
            if any(_hidden(part) for part in folder.split("/")):
                continue
            if name in FILES and len(self.projects) < _PROJECTS:
                self.projects[folder] = Hints()
            stem, suffix = posixpath.splitext(name)
            if suffix in {".py", ".pyi"} and entry.kind in {"file", "executable"}:
                self._add(folder, stem, entry.path)
                self._learn(tree, entry.path, limits)
        for folder in self.projects:
            self.projects[folder] = read_hints(tree, self.full(folder), limits)
        self._roots = {
            "/".join(part for part in (project, root) if part)
            for project, hints in self.projects.items()
            for root in ("", *hints.roots)
        }

    def __iter__(self) -> Iterator[str]:
        """Iterate over all folders with Python files in them or below them."""
        return iter(sorted(self._modules, key=lambda folder: (folder.count("/"), folder)))

    def full(self, folder: str) -> str:
        """Return a folder or file as a path from the root of the repo."""
        return "/".join(part for part in (self._root, folder) if part)

    def modules(self, folder: str) -> dict[str, str]:
        """Map the modules right in a folder, by name without suffix, to paths in the repo."""
        return self._modules.get(folder, {})

    def below(self, folder: str) -> list[str]:
        """Return the folders right below a folder."""
        return sorted(self._below.get(folder, ()))

    def imports(self, name: str) -> bool:
        """Whether a file of the service imports this dotted name or something in it."""
        return name in self._imported

    def is_root(self, folder: str) -> bool:
        """Whether imports start at this folder: it is then no part of a package's name."""
        return folder in self._roots or folder.rpartition("/")[2] in _ROOTS

    def is_project(self, name: str) -> bool:
        """Whether a project is called like this dotted name."""
        return any(hints.names(name) for hints in self.projects.values())

    def _add(self, folder: str, stem: str, path: str) -> None:
        if not _SKIPPED_FILES.match(stem) and (path.endswith(".py") or not self._has(folder, stem)):
            self._modules.setdefault(folder, {})[stem] = path
        while folder and folder not in self._below.setdefault(parent(folder), []):
            self._modules.setdefault(folder, {})
            self._below[parent(folder)].append(folder)
            folder = parent(folder)

    def _has(self, folder: str, stem: str) -> bool:
        return stem in self._modules.get(folder, {})

    def _learn(self, tree: RepoTree, path: str, limits: Limits) -> None:
        """Note what a file imports by absolute names."""
        try:
            text = tree.text(path, limits.blob)
        except (MissingFile, TooLarge):
            return
        for source, names, plain in _IMPORT.findall(text):
            if source:
                dotted = [f"{source}.{name}" for name in re.findall(r"\w+", names)] or [source]
            else:
                dotted = [part.split()[0] for part in plain.split(",") if part.strip()]
            for name in dotted:
                while name:
                    self._imported.add(name)
                    name = name.rpartition(".")[0]  # noqa: PLW2901


def is_outside(folder: str, *, inside: bool = False) -> bool:
    """Whether a folder holds something else than packages of the service.

    With ``inside`` only its last part is judged, as that of a folder inside of a package:
    there, "scripts" or "examples" is a module like any other.
    """
    names = _INSIDE if inside else _OUTSIDE
    parts = [folder.rpartition("/")[2]] if inside else folder.split("/")
    return any(part.lower() in names or _TESTS.match(part) for part in parts)


def is_name(text: str) -> bool:
    """Whether Python can import something by this name."""
    return text.isidentifier() and not keyword.iskeyword(text)


def parent(folder: str) -> str:
    """Return the folder that a folder is in."""
    return folder.rpartition("/")[0]


def _hidden(part: str) -> bool:
    return part.startswith(".") or part.endswith((".egg-info", ".dist-info"))
