"""Hold the entries of the catalogue against each other."""

from __future__ import annotations

import re
from collections.abc import Iterable

from handbook.catalog.mistakes import Mistakes
from handbook.model.catalog import CatalogEntry, name_key


def check_whole(entries: Iterable[CatalogEntry], mistakes: Mistakes) -> None:
    """Note each folder that is declared twice, and each two services of one address.

    An entry without a name counts under the name of its folder or repo, even if its repo
    says another one: the address of a service must not hang on what others write.
    """
    places: dict[tuple[str, str, str], CatalogEntry] = {}
    names: dict[str, CatalogEntry] = {}
    for entry in entries:
        again = [places[place] for place in _places(entry) if place in places]
        places.update({place: entry for place in _places(entry) if place not in places})
        if again:
            mistakes.add(
                entry.line,
                f"the same repo, ref and path as on line {again[0].line};"
                " remove one, or give it another `path` or `ref`",
            )
        elif not entry.paths:
            _check_name(entry, names, mistakes)


def _check_name(entry: CatalogEntry, names: dict[str, CatalogEntry], mistakes: Mistakes) -> None:
    keys = [key for key in dict.fromkeys((entry.own_slug, name_key(entry.name))) if key]
    clash = next((key for key in keys if key in names), None)
    names.update({key: entry for key in keys if key not in names})
    if clash is None:
        return
    first = names[clash]
    mistakes.add(
        entry.line,
        f"'{_shown(entry)}' and '{_shown(first)}' (line {first.line}) are one name,"
        f" '{clash}', once case and form are folded; give one of them another `name`",
    )


def same_repo(repo: str) -> str:
    """Return a form of ``repo`` that is equal for the ways to write one url."""
    url = re.match(r"([A-Za-z+]+://)([^/]*)(.*)", repo)
    if not url:
        return repo.rstrip("/").removesuffix(".git")
    return url[1].lower() + url[2].lower() + url[3].rstrip("/").removesuffix(".git")


def place(entry: CatalogEntry, path: str) -> tuple[str, str, str]:
    """Return what tells one folder of one repo at one ref from all others."""
    return same_repo(entry.repo), entry.ref, path


def _places(entry: CatalogEntry) -> list[tuple[str, str, str]]:
    return [place(entry, path) for path in entry.paths or (entry.path,)]


def _shown(entry: CatalogEntry) -> str:
    return entry.name or entry.slug or entry.folder_name
