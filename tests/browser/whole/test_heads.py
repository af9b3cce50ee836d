"""What each page says of itself to search engines, chats and phones."""

from __future__ import annotations

import re
import struct
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any

import pytest

# One worker builds the site for all of them.
pytestmark = pytest.mark.xdist_group("whole")

ROOT = Path(__file__).parents[3]
TOKENS = ROOT / "plugins/handbook/publish/assets/css/1-tokens.css"


@pytest.fixture(scope="module")
def heads(site: Any, uris: tuple[str, ...]) -> dict[str, str]:
    """The head of each page that is in the sitemap."""
    found = {}
    for uri in uris:
        if uri != "404.html":
            text = (site.folder / uri / "index.html").read_text("utf-8")
            found[uri] = text.partition("</head>")[0]
    return found


def meta(head: str, name: str) -> str:
    found = re.search(rf'<meta (?:name|property)="{name}" content="([^"]*)"', head)
    return unescape(found[1]) if found else ""


def test_each_page_describes_itself_and_no_other(heads: dict[str, str]) -> None:
    said = {uri: meta(head, "description") for uri, head in heads.items()}
    assert [uri for uri, text in said.items() if not text] == []
    twice = {text for text, times in Counter(said.values()).items() if times > 1}
    assert sorted((text, uri) for uri, text in said.items() if text in twice) == []


def test_previews_say_the_same_and_have_a_picture(site: Any, heads: dict[str, str]) -> None:
    for uri, head in heads.items():
        assert meta(head, "og:description") == meta(head, "description"), uri
        assert meta(head, "og:url") == site.address + uri
        assert meta(head, "og:title"), uri
        assert meta(head, "og:image") == f"{site.address}assets/social.png"


@pytest.mark.parametrize(
    ("picture", "size", "most"),
    [("social.png", (1200, 630), 60_000), ("touch-icon.png", (180, 180), 10_000)],
)
def test_the_pictures_have_the_size_that_is_named(
    site: Any, picture: str, size: tuple[int, int], most: int
) -> None:
    data = (site.folder / "assets" / picture).read_bytes()
    assert struct.unpack(">II", data[16:24]) == size
    assert len(data) < most


def test_the_colours_of_the_browser_are_those_of_the_page(heads: dict[str, str]) -> None:
    papers = re.findall(r"--hb-paper: (#\w+)", TOKENS.read_text("utf-8"))
    named = re.findall(r'name="theme-color" content="(#\w+)"', heads[""])
    assert named == papers
