"""What is known of a service's README and documentation before anything is rendered."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from msgspec import Struct

Flavour = Literal["github", "mkdocs", "rst", "text"]

INDEX_NAMES = ("index", "readme")
"""Stems, in lower case, of the file that stands for its folder; the first one wins."""

_UNSAFE = re.compile(r"[^\w.~-]+")
_LONGEST_NAME = 200  # bytes of one part; file systems take 255, and a number may follow


class FrontMatter(Struct, frozen=True):
    """The keys of a page's front matter that are used; all others have no effect.

    Plain text, not escaped. ``hide`` holds Material's "toc", "navigation". ``lines`` is how
    many lines of the file the front matter takes, so that the body's lines can be counted.
    """

    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    lines: int = 0


class Doc(Struct, frozen=True):
    """One file that becomes a page.

    ``path`` is the file in the repo, ``base`` the file it is once links are followed (what its
    own relative links start from). ``uri`` is as in ``Page.uri``. ``unread`` says why the
    content is not shown ("" normally): the page then links to the repo instead.
    """

    path: str
    base: str
    uri: str
    flavour: Flavour
    meta: FrontMatter = FrontMatter()
    unread: str = ""


class DocEntry(Struct, frozen=True):
    """An entry of the documentation's navigation: a page (``path``) or a group (``children``).

    ``title`` is "" where the page's own heading is to be used.
    """

    title: str = ""
    path: str = ""
    children: tuple[DocEntry, ...] = ()


class Docs(Struct, frozen=True):
    """README and documentation of a service.

    ``readme`` is the front page (None: the repo has none), ``pages`` the rest, in navigation
    order where there is one. ``folder`` is where the documentation is, from the repo's root.
    ``aliases`` maps further paths with the same content to the ``uri`` they are shown at.
    """

    readme: Doc | None
    pages: tuple[Doc, ...] = ()
    nav: tuple[DocEntry, ...] = ()
    folder: str = ""
    aliases: dict[str, str] = {}


def is_index(path: str) -> bool:
    """Tell whether a file stands for its folder."""
    return path.rpartition("/")[2].rpartition(".")[0].lower() in INDEX_NAMES


def docs_uri(relative: str) -> str:
    """Return the page of a file of the documentation, given its path from that folder.

    ``guide/a.md`` is ``docs/guide/a/``; ``index.md`` or ``README.md`` stands for its folder.
    Characters that mean something in an address become "-"; letters of any script stay.
    """
    *folders, name = relative.split("/")
    stem = name.rpartition(".")[0] or name
    parts = folders if stem.lower() in INDEX_NAMES else [*folders, stem]
    return "/".join(["docs", *(_safe(part) for part in parts), ""])


def name_title(name: str) -> str:
    """Return a title for a file or folder: ``01-getting_started`` is "Getting started"."""
    words = re.sub(r"^\d+[-_. ]+", "", name).replace("-", " ").replace("_", " ").strip() or name
    return words[:1].upper() + words[1:]


def _safe(part: str) -> str:
    safe = _UNSAFE.sub("-", unicodedata.normalize("NFC", part))
    safe = safe.encode()[:_LONGEST_NAME].decode("utf-8", "ignore").strip("-.")
    return safe or "page"
