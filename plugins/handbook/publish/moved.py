"""Old addresses that still work: ``moved.yml`` says where each page or part of a page went.

A page that is gone is replaced by one that sends readers on, with or without a script. A part
that went to another page, or got another anchor, leaves a mark where it was: it is seen only
by who comes for it, and links to the new place.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from mkdocs.plugins import get_plugin_logger
from msgspec import Struct

from handbook.errors import SettingsError
from handbook.publish.csp import meta_content
from handbook.render.context import relative_url

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

log = get_plugin_logger("handbook")

_ADDRESS = re.compile(r"(?:\./|(?:(?!\.{1,2}/)[\w.~-]+/)*)(?:#[^\s#\"<>]+)?")
Known = Mapping[str, frozenset[str]]


class Place(Struct, frozen=True, order=True):
    """A page's uri from the site's root, and an anchor on it ("" for its top)."""

    uri: str
    anchor: str = ""

    def __str__(self) -> str:
        return f"{self.uri}#{self.anchor}" if self.anchor else self.uri or "the front page"


class Moved(Struct, frozen=True):
    """Where each old place leads now, chains followed to their end; ``file`` says so."""

    to: dict[Place, Place]
    file: str = ""

    def gone_pages(self, pages: Known) -> Iterator[str]:
        """Give the uris that are to be sent on: moved as a whole, and no page any more."""
        yield from (old.uri for old in self.to if not old.anchor and old.uri not in pages)

    def parts(self, uri: str) -> dict[str, Place]:
        """Return the moved parts of a page, by their old anchors."""
        return {old.anchor: new for old, new in self.to.items() if old.uri == uri and old.anchor}

    def known(self, pages: Known) -> dict[str, frozenset[str]]:
        """Return each page that something moved from, with all anchors that lead somewhere."""
        known = {}
        for uri in {old.uri for old in self.to}:
            whole = self.to.get(Place(uri))
            now = pages.get(whole.uri if whole and uri not in pages else uri, frozenset())
            known[uri] = now | frozenset(self.parts(uri))
        return known

    def with_marks(self, html: str, uri: str) -> str:
        """Add to a page's body a mark for each part that is elsewhere now."""
        parts = self.parts(uri)
        marks = "".join(
            f'<p class="hb-moved" id="{escape(anchor)}">This part has moved: '
            f'<a href="{escape(_link(new, uri))}">{escape(str(new))}</a></p>'
            for anchor, new in parts.items()
            if f'id="{escape(anchor)}"' not in html
        )
        if not marks:
            return html
        box = '<aside class="hb-moved-parts" data-pagefind-ignore="all" hidden>'
        return f"{html}\n{box}{marks}</aside>"

    def report(self, pages: Known) -> None:
        """Warn of what cannot be served. What a service does to its own pages stops no build."""
        for old, why in self.mistakes(pages):
            of_service = self.to[old].uri.startswith("services/")
            level = logging.INFO if of_service else logging.WARNING
            log.log(level, "%s: %s: %s", Path(self.file).name, old, why)

    def mistakes(self, pages: Known) -> Iterator[tuple[Place, str]]:
        """Give each old place that cannot be served, and why. ``pages``: all, with anchors."""
        whole = {old.uri for old in self.to if not old.anchor}
        for old, new in self.to.items():
            if old.anchor and old.uri not in pages and old.uri not in whole:
                yield old, f"there is no such page: say where {old.uri} went as well"
            elif old.uri in pages and (not old.anchor or old.anchor in pages[old.uri]):
                yield old, "it is still there: take the line out"
            elif new.uri not in pages:
                yield old, f"{new} is no page of this site"
            elif new.anchor and new.anchor not in pages[new.uri]:
                yield old, f"{new.uri or 'the front page'} has no anchor #{new.anchor}"


def read_moved(path: Path) -> Moved:
    """Read ``moved.yml``; a file that is not there says that nothing has moved.

    Raises:
        SettingsError: it is no mapping of addresses; all mistakes are named.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Moved({}, str(path))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise SettingsError(f"{path}: cannot be read: {exc}") from exc
    if not isinstance(given or {}, dict):
        raise SettingsError(f"{path}: write one line for each address: old/page/: new/page/#part")
    pairs = [(str(old), str(new or "")) for old, new in (given or {}).items()]
    wrong = [text for pair in pairs for text in pair if not _ADDRESS.fullmatch(text)]
    wrong += [f"{old} (the front page cannot move)" for old, _ in pairs if _place(old) == Place("")]
    if wrong:
        raise SettingsError(
            f"{path}: these are no addresses from the site's root, such as run/deploy/#steps:"
            f" {', '.join(wrong)}"
        )
    direct = {_place(old): _place(new) for old, new in pairs}
    return Moved({old: _end(old, direct, path) for old in direct}, str(path))


def write_redirects(moved: Moved, pages: Known, site: Path, config: MkDocsConfig) -> None:
    """Write a page that sends on for each page that is gone."""
    template = config.theme.get_env().get_template("moved.html")
    for uri in moved.gone_pages(pages):
        new, target = moved.to[Place(uri)], site / uri / "index.html"
        if new.uri not in pages or target.exists():
            continue
        parts = {old: _link(place, uri) for old, place in moved.parts(uri).items()}
        text = template.render(
            policy=meta_content(),
            canonical=config.site_url and f"{config.site_url.rstrip('/')}/{new.uri}",
            link=_link(new, uri),
            parts=json.dumps(parts),
            root=relative_url("", uri),
            icon=config.theme.get("favicon"),
            uri=uri,
            name=str(new),
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _place(text: str) -> Place:
    uri, _, anchor = text.partition("#")
    return Place("" if uri == "./" else uri, anchor)


def _end(old: Place, direct: Mapping[Place, Place], path: Path) -> Place:
    """Follow what moved again, also with the whole of the page that it had moved to."""
    seen, now = {old}, direct[old]
    while True:
        following = direct.get(now)
        if following is None and now.anchor and (page := direct.get(Place(now.uri))):
            following = Place(page.uri, page.anchor or now.anchor)
        if following is None:
            return now
        if following in seen:
            raise SettingsError(f"{path}: {old} leads back to itself")
        seen.add(now)
        now = following


def _link(place: Place, page: str) -> str:
    return relative_url(place.uri, page) + (f"#{place.anchor}" if place.anchor else "")
