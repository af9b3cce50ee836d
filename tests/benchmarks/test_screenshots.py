"""Pictures for people to look at: each is of a page that there is, and looks as its name says."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from mkdocs.config import load_config
from playwright.sync_api import Browser, sync_playwright

from benchmarks import screenshots

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
<meta name="color-scheme" content="light dark">
<style>* { margin: 0 } body { height: 3000px }</style>
<h1>A page</h1></html>
"""


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, screenshots.PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: `make programs` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a site of two pages, which is what is asked for here: the demo takes a minute."""
    monkeypatch.setattr(screenshots, "PAGES", {"practice": "", "tab": "plan/"})
    site = tmp_path / "site"
    (site / "plan").mkdir(parents=True)
    for folder in (site, site / "plan"):
        (folder / "index.html").write_text(PAGE, encoding="utf-8")
    return site


@pytest.mark.browser
def test_each_look_has_its_size(browser: Browser, small: Path, tmp_path: Path) -> None:
    with screenshots.served(small) as address:
        names = screenshots.take(browser, address, tmp_path)
    sizes = {name: size(tmp_path / name) for name in names}
    assert len(names) == 2 * len(screenshots.LOOKS) + 1
    for look, (_, width, height) in screenshots.LOOKS.items():
        assert sizes[f"practice-{look}.png"] == sizes[f"tab-{look}.png"] == (width, height)
    assert sizes["practice-print.png"] == (794, 3000), "on paper, a page is shown whole"
    assert (tmp_path / "tab-light.png").read_bytes() != (tmp_path / "tab-dark.png").read_bytes()


@pytest.mark.browser
def test_a_page_that_is_gone_is_no_picture(browser: Browser, small: Path, tmp_path: Path) -> None:
    shutil.rmtree(small / "plan")
    with screenshots.served(small) as address, pytest.raises(SystemExit, match="plan/ is no page"):
        screenshots.take(browser, address, tmp_path)


def size(picture: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height
