"""Without a mouse: everything is reached, one sees where one is; the front page is light."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]
PACKED = {"html", "css", "js", "json", "svg", "xml"}
MOST = 300_000  # bytes that the front page may transfer
HERE = """() => {
  const here = document.activeElement, label = here.labels?.[0], style = getComputedStyle(here);
  const rings = [here, label, here.closest("label, summary, form, li, tr, figure, div")];
  const ring = part => part && (({ outlineStyle, outlineWidth, boxShadow }) =>
    (outlineStyle != "none" && parseFloat(outlineWidth) > 0) || boxShadow != "none")(
    getComputedStyle(part));
  const names = [here.tagName, here.id, here.name, ...here.classList].filter(Boolean).join(" ");
  return [names, rings.some(ring), here.outerHTML.slice(0, 120)];
}"""


def stops(page: Page, at_most: int = 80) -> list[tuple[str, bool, str]]:
    """Where Tab leads, in turn: what it is, whether one sees it, and its HTML."""
    found: list[tuple[str, bool, str]] = []
    for _ in range(at_most):
        page.keyboard.press("Tab")
        what, seen, html = page.evaluate(HERE)
        if what.startswith("BODY"):
            break
        found.append((what, seen, html))
    return found


@pytest.mark.parametrize("uri", ["", "services/", "run/deploy/", "tutorial/write/"])
@pytest.mark.parametrize("dark", [False, True])
def test_one_sees_where_one_is(visit: Visit, uri: str, dark: bool) -> None:
    found = stops(visit(uri, dark=dark))
    assert len(found) > 10
    assert [html for _, seen, html in found if not seen] == []


def test_tab_reaches_search_scheme_tabs_and_filters(visit: Visit) -> None:
    found = [what for what, _, _ in stops(visit("services/"), 40)]
    wanted = ("md-skip", "md-logo", "hb-search", "__palette", "md-tabs__link", "INPUT", "SELECT")
    missing = [name for name in wanted if not any(name in what for what in found)]
    assert missing == [], found


def test_the_first_stop_skips_the_menu(visit: Visit) -> None:
    page = visit("run/deploy/")
    page.keyboard.press("Tab")
    expect(page.locator("a.md-skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/run/deploy/#*")
    expect(page.locator("a.md-skip")).not_to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("article :focus")).to_have_count(1)


def test_the_front_page_is_light(visit: Visit, site: Any) -> None:
    site.asked.clear()
    visit("")
    packed = plain = 0
    for path in {asked.partition("?")[0] for asked in site.asked}:
        file = site.folder / path.removeprefix("/handbook/")
        content = (file / "index.html" if file.is_dir() else file).read_bytes()
        plain += len(content)
        kind = path.rpartition(".")[2] if "." in path else "html"
        packed += len(gzip.compress(content)) if kind in PACKED else len(content)
    assert packed <= MOST, f"{packed:,} bytes packed, {plain:,} as they are"


def test_pages_say_their_language_and_what_they_are_about(site: Any, uris: tuple[str, ...]) -> None:
    wrong = []
    for uri in uris:
        path = site.folder / uri
        text = (path / "index.html" if path.is_dir() else path).read_text("utf-8")
        if not re.search(r'<html lang="?en"?', text):
            wrong.append(f"{uri}: no language")
        if not re.search(r'<meta name="?description"? content="?[^">]', text):
            wrong.append(f"{uri}: no description")
    assert wrong == []
