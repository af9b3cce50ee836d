"""What hostile repos may leave on the site: text, and nothing else.

The corpus is in ``pages.yml``, ``services.yml`` and ``conftest.py`` (what must be made: odd
trees, sizes, histories). All of it is built into one site, beside one harmless service.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.xdist_group("hostile")

SECRET = b"fake-secret-canary"
ON_HOST = b"canary-on-the-host"

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
FOREIGN = frozenset(["math", "svg"])
NEVER = frozenset(
    [
        "animate",
        "applet",
        "audio",
        "base",
        "dialog",
        "embed",
        "foreignobject",
        "frame",
        "frameset",
        "handler",
        "iframe",
        "math",
        "noscript",
        "object",
        "option",
        "portal",
        "select",
        "set",
        "style",
        "template",
        "textarea",
        "title2",
        "video",
    ]
)
LOADING = frozenset(
    ["action", "background", "data", "formaction", "manifest", "ping", "poster", "src", "srcset"]
)
LINKING = frozenset(["cite", "href", "longdesc", "xlink:href"])


class Strict(HTMLParser):
    """Reads a page as tags that are all closed in order, and notes what must not be there."""

    def __init__(self, uri: str) -> None:
        super().__init__(convert_charrefs=True)
        self.uri = uri
        self.wrong: list[str] = []
        self.ids: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        values = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.ids.update([values["id"]] if "id" in values else [])
        if tag in NEVER and not (tag in {"select", "option"} and "hb-filter" in self.said):
            self.wrong.append(f"<{tag}>")
        if tag == "script":
            self._script(values)
        for name, value in values.items():
            self._attribute(tag, name, value)
        if tag not in VOID:
            self._open.append(tag)

    said = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that is closed in itself: browsers take that of drawings only."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends."""
        if not self._open or self._open[-1] != tag:
            self.wrong.append(f"</{tag}> within {self._open[-3:]}")
            while tag in self._open and self._open.pop() != tag:
                pass
            return
        self._open.pop()

    def close(self) -> None:
        """Note what was left open."""
        super().close()
        self.wrong += [f"<{tag}> left open" for tag in self._open]

    def _script(self, values: dict[str, str]) -> None:
        if values.get("type") == "application/json" and values.get("id") == "__config":
            return
        if not self._own(values.get("src", "")):
            self.wrong.append(f"<script {values}>")

    def _own(self, address: str) -> bool:
        """Whether an address is one of the site's own assets."""
        place = posixpath.normpath(posixpath.join("/", self.uri, "..", address))
        return bool(address) and place.startswith("/assets/") and not urlsplit(address).scheme

    def _attribute(self, tag: str, name: str, value: str) -> None:
        plain = re.sub(r"[\x00-\x20]", "", value).lower()
        if name.startswith("on") or name in {"srcdoc", "http-equiv2", "autofocus"}:
            self.wrong.append(f"<{tag} {name}>")
        if name == "http-equiv" and value != "Content-Security-Policy":
            self.wrong.append(f"<{tag} {name}={value}>")
        if name in LINKING | LOADING and re.match(r"(?:java|vb)script:|data:|file:|blob:", plain):
            self.wrong.append(f"<{tag} {name}={value[:60]}>")
        if name in LOADING or (tag == "link" and name == "href"):
            foreign = re.match(r"(?:[a-z][a-z0-9+.-]*:|[/\\]{2})", plain)
            if foreign and 'rel="canonical"' not in (self.get_starttag_text() or ""):
                self.wrong.append(f"<{tag} {name}={value[:60]}>")
        if name == "style" and not STYLES.fullmatch(value):
            self.wrong.append(f"<{tag} style={value[:60]}>")


STYLES = re.compile("")


def test_every_page_holds_text_and_nothing_that_acts(hostile: Any) -> None:
    wrong = {}
    for uri, html in hostile.pages():
        page = Strict(uri)
        page.said = html
        page.feed(html)
        page.close()
        for one in ("main", "body", "head", "html", "h1"):
            if page.tags[one] != 1:
                page.wrong.append(f"{page.tags[one]} {one}")
        if len(re.findall("<title", html.partition("</head>")[0])) != 1:
            page.wrong.append("more than one title")
        page.wrong += [f"id {i} twice" for i, n in page.ids.items() if n > 1 and i[:2] == "__"]
        if page.wrong:
            wrong[uri] = sorted(set(page.wrong))
    assert wrong == {}


def test_only_pages_and_pictures_are_published(hostile: Any) -> None:
    kinds = Counter(
        path.suffix.lower()
        for path in (hostile.site / "services").rglob("*")
        if path.is_file() and path.name != "feed.xml"  # one that is ours
    )
    assert set(kinds) <= {".html", ".png", ".svg", ".json", ".yaml", ".yml", ".inv"}
    for path in (hostile.site / "services").rglob("*.svg"):
        assert not re.search(rb"<script|<foreignobject|\son\w+=", path.read_bytes(), re.IGNORECASE)


def test_nothing_is_written_outside_of_a_services_folder(hostile: Any) -> None:
    alone = {path.name for path in Path(hostile.alone.site).iterdir()}
    assert {path.name for path in hostile.site.iterdir()} == alone
    assert not list(hostile.project.folder.parent.rglob("pwned"))


def test_nothing_of_the_host_is_published(hostile: Any) -> None:
    places = [hostile.site, hostile.project.folder / ".handbook" / "cache"]
    lock = hostile.project.folder / "handbook.lock"
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    for path in [*files, *([lock] if lock.exists() else [])]:
        data = path.read_bytes()
        assert ON_HOST not in data, path
        assert SECRET not in data, path
    assert ON_HOST.decode() not in hostile.said
    assert SECRET.decode() not in hostile.said


def test_the_log_has_no_characters_that_steer_a_terminal(hostile: Any) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", hostile.said)


def test_the_harmless_service_is_the_same_to_the_byte(hostile: Any) -> None:
    below = "services/alpha"
    assert hostile.project.digests(below) == hostile.alone.digests(below)
    assert hostile.project.digests(below)


def test_it_ends_in_bounded_time(hostile: Any) -> None:
    """Far above what it takes: a hang, or one service's whole share of CPU, is noticed."""
    assert hostile.seconds < 150
