"""The order in which documentation is offered: as its authors wrote it, else by name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from handbook.model.docs import INDEX_NAMES, Doc, DocEntry, name_title


def arranged(
    pages: tuple[Doc, ...], folder: str, written: tuple[DocEntry, ...] | None
) -> tuple[DocEntry, ...]:
    """Return the navigation of ``pages``.

    ``written`` is the nav of the service's own configuration: entries that lead to no page are
    left out, an entry that names a folder stands for all pages in it. Without it (or when
    nothing of it is left) all pages are listed by folder, index first, then by name.
    """
    if written:
        known = {page.path for page in pages}
        entries = tuple(kept for entry in written if (kept := _existing(entry, known, pages)))
        if entries:
            return entries
    return _listed([page.path for page in pages], _common(pages, folder))


def _existing(entry: DocEntry, known: set[str], pages: tuple[Doc, ...]) -> DocEntry | None:
    if entry.path in known:
        return entry
    if entry.path:
        below = [page.path for page in pages if page.path.startswith(f"{entry.path}/")]
        children = _listed(below, entry.path)
        title = entry.title or name_title(posixpath.basename(entry.path))
        return DocEntry(title, children=children) if children else None
    kept = tuple(found for sub in entry.children if (found := _existing(sub, known, pages)))
    return DocEntry(entry.title, children=kept) if kept else None


def _common(pages: tuple[Doc, ...], folder: str) -> str:
    """Return the deepest folder that holds all pages: ``docs/source/en`` is no group of its own."""
    if not pages:
        return folder
    return posixpath.commonpath([posixpath.dirname(page.path) for page in pages])


def _listed(paths: Iterable[str], folder: str) -> tuple[DocEntry, ...]:
    here: list[str] = []
    below: dict[str, list[str]] = {}
    for path in paths:
        first, slash, _ = path[len(folder) + 1 :].partition("/")
        if slash:
            below.setdefault(first, []).append(path)
        else:
            here.append(path)
    pages = [(_order(path), DocEntry(path=path)) for path in here]
    groups = [
        (_order(name), DocEntry(name_title(name), children=_listed(inside, f"{folder}/{name}")))
        for name, inside in below.items()
    ]
    return tuple(entry for _, entry in [*sorted(pages, key=_first), *sorted(groups, key=_first)])


def _first(item: tuple[tuple[object, ...], DocEntry]) -> tuple[object, ...]:
    return item[0]


def _order(path: str) -> tuple[object, ...]:
    """Index first, then as people count: 2-train before 10-serve."""
    name = posixpath.splitext(posixpath.basename(path))[0].casefold()
    rank = INDEX_NAMES.index(name) if name in INDEX_NAMES else len(INDEX_NAMES)
    parts = re.split(r"(\d{1,9})", name)
    return (
        rank,
        tuple((part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts),
    )
