"""What rendering gives: the pages of one service, ready to be put into the site's theme."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.facts import Problem
from handbook.model.service import Snapshot

PageKind = Literal[
    "overview",
    "docs",
    "api",
    "reference",
    "data",
    "database",
    "deployment",
    "monitoring",
    "readiness",
    "owners",
    "changes",
]


class TocItem(Struct, frozen=True):
    """A heading: its level (1 to 6), its anchor on the page, its text (not escaped)."""

    level: int
    anchor: str
    title: str


class CrossLink(Struct, frozen=True):
    """A ``service:`` or ``handbook:`` link, to be checked once all services are known.

    ``target`` is the link as written; ``uri`` the page it should lead to, from the site's root
    and ending in "/" ("services/x/docs/a/"); ``anchor`` the part after ``#``.
    """

    target: str
    uri: str
    anchor: str
    problem: Problem


class Page(Struct, frozen=True):
    """One page of a service.

    ``uri``: relative to the service's folder on the site, "" for its front page, else ending
    in "/" ("docs/guide/"). ``title`` is plain text, not escaped. ``html`` is the sanitised
    body *without* scripts. ``edit_url``/``view_url``: the source file in the service's own
    repo, "" if there is none. ``updated`` and ``created``: ISO dates from history.
    ``hide``: Material's "toc", "navigation".
    """

    uri: str
    title: str
    html: str
    kind: PageKind
    toc: tuple[TocItem, ...] = ()
    description: str = ""
    edit_url: str = ""
    view_url: str = ""
    updated: str = ""
    created: str = ""
    authors: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    links: tuple[CrossLink, ...] = ()


class Asset(Struct, frozen=True):
    """A file served beside the pages: ``uri`` relative to the service's folder on the site.

    ``data`` is given for what we made ourselves (a bundled spec); otherwise ``path`` is the
    file in the repo. Content was checked by whoever made the asset.
    """

    uri: str
    path: str = ""
    data: bytes = b""


class NavItem(Struct, frozen=True):
    """An entry of the service's navigation: a page (``uri``) or a group (``children``)."""

    title: str
    uri: str | None = None
    children: tuple[NavItem, ...] = ()


class Section(Struct, frozen=True):
    """What one renderer adds to a service: pages, their navigation, files, notes.

    A section without pages is left out of the navigation altogether: absent, not empty.
    """

    pages: tuple[Page, ...] = ()
    nav: tuple[NavItem, ...] = ()
    assets: tuple[Asset, ...] = ()
    problems: tuple[Problem, ...] = ()


class Shard(Struct, frozen=True):
    """All of one service's part of the site, before the theme is put around it."""

    snapshot: Snapshot
    pages: tuple[Page, ...]
    nav: tuple[NavItem, ...]
    assets: tuple[Asset, ...] = ()
    problems: tuple[Problem, ...] = ()
