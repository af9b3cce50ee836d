"""Links of tutorial pages: written as paths in the repo, so that they work on a git host too."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

_NUMBER = re.compile(r"^\d+-")
_DOCS = re.compile(r"docs/.+\.(?:md|markdown|rst)", re.IGNORECASE)


class Link(Struct, frozen=True):
    """Where a link leads; ``problem``: why it leads nowhere."""

    target: str
    problem: str = ""


class Places(Struct, frozen=True):
    """What is where; all paths are from the repo's root, with "/".

    ``pages``: tutorial pages and their files, to their place among the site's sources.
    ``docs``: the folder of the site's other pages, ``sources`` their names in it.
    ``services``: folders of the services that lie in this repo, to their slugs.
    ``exists``: whether there is a file or folder. ``web``: the address of one, "" if unknown.
    """

    pages: Mapping[str, str]
    docs: str
    sources: frozenset[str]
    services: Callable[[], Mapping[str, str]]
    exists: Callable[[str], bool]
    web: Callable[[str], str]


def page_uri(path: str, at: str) -> str:
    """Return a page's place on the site: numbers are for the order of files only.

    >>> page_uri("01-write.md", "tutorial")
    'tutorial/write.md'
    """
    folder, _, name = path.rpartition("/")
    return "/".join(part for part in (at, folder, _NUMBER.sub("", name)) if part)


def resolve(link: str, page: str, places: Places) -> Link:
    """Say where a link of a page leads on the site.

    ``page``: its path in the repo. The target is relative to the page's place among the site's
    sources, a ``service:`` link, an address on the web, or "" for a file that has none.
    """
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path or link.startswith("/"):
        return Link(link)
    return _resolve(link, page, places.pages[page], places)


def _resolve(link: str, page: str, source: str, places: Places) -> Link:
    parts = urlsplit(link)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    if path.startswith("../"):
        return Link("", f"{link} leads out of the repo")
    if target := _source(path, places):
        return Link(_relative(target, posixpath.dirname(source)) + anchor)
    if not places.exists(path):
        return Link("", f"{link} leads nowhere: there is no {path}")
    if path.startswith(f"{places.docs}/") and path.endswith(".md"):
        return Link("", f"{link} leads to a page that is left out of the site")
    service = _service(path, places)
    return Link(service + anchor if service else places.web(path))


def resolve_other(link: str, source: str, places: Places) -> Link:
    """Say where a link of another page of the site leads, ``source`` among the site's sources.

    Only a link that leaves the folder of the site's pages is looked at: MkDocs knows the others.
    """
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path or link.startswith("/"):
        return Link(link)
    page = posixpath.join(places.docs, source)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
    if path.startswith(f"{places.docs}/") or path == places.docs:
        return Link(link)
    return _resolve(link, page, source, places)


def _relative(source: str, start: str) -> str:
    return quote(posixpath.relpath(source, start or "."))


def _source(path: str, places: Places) -> str:
    """Return the page's place among the site's sources, "" if it is none of its pages."""
    for candidate in (path, f"{path}/index.md"):
        if candidate in places.pages:
            return places.pages[candidate]
        inside = candidate.removeprefix(f"{places.docs}/")
        if inside != candidate and inside in places.sources:
            return inside
    return ""


def _service(path: str, places: Places) -> str:
    """Return the link to a service's page that shows this file or folder, "" if none does."""
    for folder, slug in places.services().items():
        inside = path.removeprefix(f"{folder}/")
        if path == folder or (inside != path and inside.lower() == "readme.md"):
            return f"service:{slug}"
        if inside != path and _DOCS.fullmatch(inside):
            return f"service:{slug}/{inside}"
    return ""
