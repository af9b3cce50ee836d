"""A feed of changes, as Atom 1.0 (RFC 4287) and JSON Feed 1.1: two spellings of the same items.

Atom and not RSS 2.0: there a title may be text or markup, and readers guess which. What is in
these feeds was written by whoever may commit to a service's repo.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from msgspec import Struct

from handbook.tree import single_line

ATOM, JSON = "feed.xml", "feed.json"
"""Names of the two files, in the site's folder and in each service's."""

MOST = 100
_TITLE = 160  # characters
_LINE = 400
_LINES = 20  # of one item
_NAMESPACE = "http://www.w3.org/2005/Atom"
_EPOCH = "1970-01-01T00:00:00Z"
# What XML 1.0 cannot hold and ``single_line`` leaves in.
_NOT_XML = re.compile("[\ufffe\uffff]")


class Line(Struct, frozen=True):
    """A line of an item: plain text, and the address it leads to ("" if none)."""

    text: str
    url: str = ""


class Item(Struct, frozen=True):
    """One entry. ``key`` is stable and unique in the site; ``uri`` is from the site's root.

    All texts are plain and may be anybody's. ``date`` is ISO 8601: the last time that the item
    grew, or a day.
    """

    key: str
    uri: str
    title: str
    date: str
    lines: tuple[Line, ...] = ()
    tags: tuple[str, ...] = ()


class Feed(Struct, frozen=True):
    """What a feed says of itself. ``site_url`` ends in "/"; ``folder`` is where its files are."""

    title: str
    description: str
    site_url: str
    home: str
    folder: str = ""
    language: str = "en"
    icon: str = ""


def write_feeds(feed: Feed, items: Iterable[Item], folder: Path) -> None:
    """Write both files into ``folder``; the newest items only."""
    shown = newest(items)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ATOM).write_bytes(atom(feed, shown))
    (folder / JSON).write_bytes(json_feed(feed, shown))


def newest(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return at most :data:`MOST` items, newest first; of one key, one."""
    single = {item.key: item for item in items}
    ordered = sorted(single.values(), key=lambda item: item.key)
    ordered.sort(key=lambda item: moment(item.date), reverse=True)
    return tuple(ordered[:MOST])


def atom(feed: Feed, items: Sequence[Item]) -> bytes:
    """Return the feed as an Atom document."""
    root = ElementTree.Element("feed", {"xmlns": _NAMESPACE, "xml:lang": feed.language})
    here = feed.site_url + feed.folder
    _text(root, "title", feed.title)
    _text(root, "subtitle", feed.description)
    _text(root, "id", here + ATOM)
    _text(root, "updated", max((moment(item.date) for item in items), default=_EPOCH))
    _link(root, "self", here + ATOM, "application/atom+xml")
    _link(root, "alternate", feed.site_url + feed.home, "text/html")
    if feed.icon:
        _text(root, "icon", feed.site_url + feed.icon)
    _text(ElementTree.SubElement(root, "author"), "name", feed.title)
    for item in items:
        entry = ElementTree.SubElement(root, "entry")
        _text(entry, "title", _plain(item.title))
        _text(entry, "id", _id(feed, item))
        _text(entry, "updated", moment(item.date))
        _link(entry, "alternate", feed.site_url + item.uri, "text/html")
        for tag in item.tags:
            ElementTree.SubElement(entry, "category", {"term": _plain(tag)})
        _text(entry, "content", content(item, feed.site_url), type="html")
    ElementTree.indent(root)
    declared = b'<?xml version="1.0" encoding="utf-8"?>\n'
    return declared + ElementTree.tostring(root, encoding="unicode").encode() + b"\n"


def json_feed(feed: Feed, items: Sequence[Item]) -> bytes:
    """Return the feed as a JSON Feed document."""
    here = feed.site_url + feed.folder
    document: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.description,
        "home_page_url": feed.site_url + feed.home,
        "feed_url": here + JSON,
        "language": feed.language,
    }
    if feed.icon:
        document["icon"] = feed.site_url + feed.icon
    document["items"] = [
        {
            "id": _id(feed, item),
            "url": feed.site_url + item.uri,
            "title": _plain(item.title),
            "content_html": content(item, feed.site_url),
            "date_published": moment(item.date),
            "tags": [_plain(tag) for tag in item.tags],
        }
        for item in items
    ]
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def content(item: Item, site_url: str) -> str:
    """Return an item's lines as HTML: a list whose every text is escaped."""
    shown = [f"<li>{_line(line, site_url)}</li>" for line in item.lines[:_LINES]]
    if more := len(item.lines) - len(shown):
        shown.append(f"<li>and {more:,} more</li>")
    return f"<ul>{''.join(shown)}</ul>" if shown else f"<p>{escape(_plain(item.title))}</p>"


def _line(line: Line, site_url: str) -> str:
    text = escape(_plain(line.text, _LINE)) or "…"
    if not line.url:
        return text
    # A forge's page, or a page of this site: nothing else is made a link.
    web = urlsplit(line.url).scheme in {"http", "https"}
    url = line.url if web else site_url + line.url
    return f'<a href="{escape(url)}">{text}</a>'


def moment(date: str) -> str:
    """Return a date or a day as RFC 3339 in UTC; the start of 1970 for what is neither."""
    try:
        read = datetime.fromisoformat(date)
        known = read if read.tzinfo else read.replace(tzinfo=UTC)
        return known.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except (ValueError, OverflowError):
        return _EPOCH


def _id(feed: Feed, item: Item) -> str:
    """Return a tag URI (RFC 4151): it stays when the page that the item leads to moves."""
    site = urlsplit(feed.site_url)
    # The year as written: in UTC, one more commit of New Year's Eve could change it.
    return f"tag:{site.hostname},{item.date[:4]}:{site.path}{quote(item.key)}"


def _plain(text: str, most: int = _TITLE) -> str:
    return single_line(_NOT_XML.sub("", text), most)


def _text(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = text


def _link(parent: ElementTree.Element, rel: str, href: str, kind: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": rel, "href": href, "type": kind})
