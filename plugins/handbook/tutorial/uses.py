"""Which files of this repo a tutorial's steps use: when one changes, its last run proves nothing.

``tutorials/uses.yml`` maps patterns of page names to patterns of paths, from the repo's root::

    "**": [tutorials/new-service/**, TAKEN]
    "how-to/join-*": [plugins/handbook/catalog/**]

In both, ``*`` stands for anything within a name, ``**`` also for folders. ``TAKEN`` stands for the
files of the sample that a new service takes as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from handbook.errors import TutorialError
from handbook.scaffold.parts import LIST, SAMPLE, taken_paths
from handbook.tree import RepoTree

USES = "tutorials/uses.yml"
TAKEN = "TAKEN"
_LARGEST = 64 * 2**20  # bytes of one file; models and data are not committed


class Uses:
    """What the steps of pages use, as the repo's folder ``root`` has it on disk now.

    Args:
        root: the top of a clone.
        tree: its files; those that git ignores are not among them.

    Raises:
        TutorialError: the list cannot be read, or a pattern in it is of no file.
    """

    def __init__(self, root: Path, tree: RepoTree) -> None:
        self._tree = tree
        self._digests: dict[str, str] = {}
        patterns = _read(root / USES)
        self._files = {page: self._matching(page, paths) for page, paths in patterns.items()}
        self._taken = self._files_taken(root) if TAKEN in _all(patterns) else ()
        self._takers = [page for page, paths in patterns.items() if TAKEN in paths]

    def files(self, page: str) -> tuple[str, ...]:
        """Return the paths that a page's steps use, sorted; ``page`` is its name, without .md."""
        found = {path for at, paths in self._files.items() if _is(at, page) for path in paths}
        if any(_is(at, page) for at in self._takers):
            found |= set(self._taken)
        return tuple(sorted(found))

    def digest(self, page: str) -> str:
        """Return a digest of paths, contents and permissions of what a page's steps use."""
        lines = "".join(f"{path}\0{self._of(path)}\n" for path in self.files(page))
        return hashlib.sha256(lines.encode()).hexdigest()[:20]

    def _of(self, path: str) -> str:
        if path not in self._digests:
            entry = self._tree.entries()[path]
            content = self._tree.read(path, _LARGEST)
            self._digests[path] = f"{entry.kind} {hashlib.sha256(content).hexdigest()}"
        return self._digests[path]

    def _matching(self, page: str, patterns: tuple[str, ...]) -> frozenset[str]:
        files = [e.path for e in self._tree.entries().values() if e.kind in ("file", "executable")]
        found: set[str] = set()
        for pattern in patterns:
            matching = [path for path in files if _is(pattern, path)]
            if not matching and pattern != TAKEN:
                raise TutorialError(
                    f"{USES}: {page}: no file of the repo is {pattern!r}; remove it"
                )
            found.update(matching)
        return frozenset(found)

    def _files_taken(self, root: Path) -> tuple[str, ...]:
        paths = [f"{SAMPLE}/{path}" for path in taken_paths(root / LIST)]
        missing = [path for path in paths if path not in self._tree.entries()]
        if missing:
            raise TutorialError(f"{LIST}: not in the repo: {', '.join(missing)}")
        return tuple(paths)


def _all(patterns: dict[str, tuple[str, ...]]) -> Iterable[str]:
    return (path for paths in patterns.values() for path in paths)


def _read(path: Path) -> dict[str, tuple[str, ...]]:
    expected = 'expected pages and the paths they use, as in "**": [tutorials/new-service/**]'
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TutorialError(f"{path}: {error.strerror or error}; {expected}") from error
    except yaml.YAMLError as error:
        raise TutorialError(f"{path}: {' '.join(str(error).split())}; {expected}") from error
    if not isinstance(given, dict) or not all(
        isinstance(page, str) and isinstance(paths, list) and all(isinstance(p, str) for p in paths)
        for page, paths in given.items()
    ):
        raise TutorialError(f"{path}: {expected}")
    return {page: tuple(paths) for page, paths in given.items()}


def _is(pattern: str, path: str) -> bool:
    words = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*"}
    parts = re.split(r"(\*\*/|\*\*|\*)", pattern)
    return re.fullmatch("".join(words.get(p, re.escape(p)) for p in parts), path) is not None
