"""A service's own ``mkdocs.yml``, read as inert data for the order of its pages.

It is never given to MkDocs: its hooks and plugins are programs, its ``!!python`` tags run code
and its ``!ENV`` tags read the environment. Tags have no effect here, and all keys but two
are ignored.
"""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct

from handbook.errors import TreeError, YamlError
from handbook.model.docs import DocEntry
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree, single_line
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, iter_documents

_NAMES = ("mkdocs.yml", "mkdocs.yaml")
_TITLE = 200  # characters


class ServiceMkDocs(Struct, frozen=True):
    """What is used of the file ``path``; paths of ``nav`` are from the repo's root.

    ``docs_dir`` is from the repo's root too. ``nav`` is None where the file has none.
    """

    path: str
    docs_dir: str
    nav: tuple[DocEntry, ...] | None
    problems: tuple[Problem, ...] = ()


def read_service_mkdocs(tree: RepoTree, service: Service, limits: Limits) -> ServiceMkDocs | None:
    """Read the ``mkdocs.yml`` in the service's folder; None if there is none."""
    path = next((p for name in _NAMES if tree.exists(p := service.inside(name))), "")
    if not path:
        return None
    default = service.inside("docs")
    try:
        data = next(iter_documents(tree.text(path, limits.manifest), limits), None)
    except TreeError as exc:
        return ServiceMkDocs(path, default, None, (_unread(str(exc), tree, path, 0),))
    except YamlError as exc:
        return ServiceMkDocs(path, default, None, (_unread(exc.message, tree, path, exc.line),))
    if not isinstance(data, Mapping):
        return ServiceMkDocs(path, default, None)
    docs_dir, problems = _docs_dir(data.get("docs_dir"), tree, service, path)
    nav = data.get("nav")
    if not isinstance(nav, Sequence):
        return ServiceMkDocs(path, docs_dir, None, problems)
    reader = _NavReader(docs_dir, limits)
    entries = reader.entries(nav.items, 0)
    return ServiceMkDocs(path, docs_dir, entries or None, problems)


def _unread(reason: str, tree: RepoTree, path: str, line: int) -> Problem:
    said = single_line(reason, 200)
    message = f"this file cannot be read, so pages are in order of their names: {said}"
    return Problem(message, tree.origin(path, line))


def _docs_dir(
    node: Node | None, tree: RepoTree, service: Service, path: str
) -> tuple[str, tuple[Problem, ...]]:
    default = service.inside("docs")
    if node is None or (isinstance(node, Scalar) and node.empty):
        return default, ()
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, str):
        folder = posixpath.normpath(posixpath.join(service.path, value))
        inside = folder != "." and not folder.startswith(("..", "/"))
        if inside and folder != service.path:
            return folder, ()
    message = f'docs_dir must be a folder below this file; "{default}" is used instead'
    return default, (Problem(message, tree.origin(path, node.line)),)


class _NavReader:
    """Turns MkDocs' nested lists into entries, as far as the limits let it."""

    def __init__(self, docs_dir: str, limits: Limits) -> None:
        self._docs_dir = docs_dir
        self._left = limits.pages
        self._deepest = limits.nesting

    def entries(self, items: list[Node], depth: int) -> tuple[DocEntry, ...]:
        """Return the entries of one list; what is no page and no group is left out."""
        if depth > self._deepest:
            return ()
        return tuple(found for item in items if (found := self._entry(item, depth)))

    def _entry(self, item: Node, depth: int) -> DocEntry | None:
        self._left -= 1
        if self._left < 0:
            return None
        if isinstance(item, Scalar):
            return self._page("", item.text) if item.has_text else None
        if not isinstance(item, Mapping) or len(item.pairs) != 1:
            return None
        title, value = item.pairs[0]
        name = single_line(title.text, _TITLE)
        if isinstance(value, Scalar) and value.has_text:
            return self._page(name, value.text)
        if isinstance(value, Sequence):
            children = self.entries(value.items, depth + 1)
            return DocEntry(name, children=children) if children else None
        return None

    def _page(self, title: str, target: str) -> DocEntry | None:
        """Return the entry of a file; addresses elsewhere have no place in our navigation."""
        if re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*:|^/", target):
            return None
        path = posixpath.normpath(posixpath.join(self._docs_dir, target))
        inside = path == self._docs_dir or path.startswith(f"{self._docs_dir}/")
        return DocEntry(title, path) if inside else None
