"""Pictures for people to look at: each is of a page that there is, and looks as its name says."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from mkdocs.config import load_config

from benchmarks import screenshots


class Sources(HTMLParser):
    """Collects what a page shows and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.alternatives: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            found = dict(attrs)
            self.shown.append(found.get("src") or "")
            self.alternatives.append(found.get("alt") or "")


def test_every_page_is_in_the_menu() -> None:
    # Beside the menu there are the sample's pages, and what a host shows where there is no page.
    nav = load_config(str(screenshots.ROOT / "mkdocs.yml")).nav
    menu = {path.removesuffix("index.md").replace(".md", "/") for path in paths(nav)}
    assert set(screenshots.PAGES.values()) <= {*menu, "services/fraud-score/", "404.html"}


def paths(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
        return
    for entry in nav.values() if isinstance(nav, dict) else nav:
        yield from paths(entry)


def test_no_two_pictures_have_one_name() -> None:
    names = [f"{page}-{look}" for page in screenshots.PAGES for look in screenshots.LOOKS]
    assert len({*names, "practice-print"}) == len(names) + 1


def test_the_sheet_has_a_row_for_each_page_and_says_what_each_picture_is() -> None:
    text = screenshots.sheet(["home-light.png", "home-dark.png", "not-found-light.png"])
    found = Sources(text)
    assert found.shown == ["home-light.png", "home-dark.png", "not-found-light.png"]
    assert found.alternatives == ["home, light", "home, dark", "not-found, light"]
    assert text.count("<tr>") == 2
