"""The look in a browser: no errors, accessible in light and dark, whole at any width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("theme")]

PAGES = ("", "guide/", "services/", "services/fraud/", "services/api/", "404.html")
Visit = Callable[..., Page]


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{item['id']}: {[node['html'][:120] for node in item['nodes']]}"
        for item in found
        if item["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_accessible_without_errors(visit: Visit, path: str, dark: bool) -> None:
    page = visit(path, dark=dark)
    assert page.get_attribute("body", "data-md-color-scheme") == ("slate" if dark else "default")
    assert serious(page) == []


def test_whole_at_390_pixels(visit: Visit, site: Any) -> None:
    page = visit("", width=390)
    for path in PAGES:
        page.goto(site.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path


def test_the_scheme_is_set_before_the_theme_runs(visit: Visit) -> None:
    page = visit("guide/")
    page.evaluate("__md_set('__palette', {index: 2, color: {media: '', scheme: 'slate'}})")
    page.route(
        "**/bundle.*.js", lambda route: route.fulfill(body="", content_type="text/javascript")
    )
    page.reload()
    assert page.get_attribute("body", "data-md-color-scheme") == "slate"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_scheme_follows_the_system_at_first(visit: Visit) -> None:
    page = visit("guide/", dark=True)
    page.evaluate("localStorage.clear()")
    page.route(
        "**/bundle.*.js", lambda route: route.fulfill(body="", content_type="text/javascript")
    )
    page.reload()
    assert page.get_attribute("body", "data-md-color-scheme") == "slate"


def test_settings_are_kept_for_the_whole_site(visit: Visit) -> None:
    page = visit("services/fraud/")
    assert page.evaluate("__md_scope.pathname") == "/sub/"
    page.click("label[for^=__palette]:visible")
    assert page.evaluate("Object.keys(localStorage)") == ["/sub/.__palette"]


def test_nothing_moves_while_a_page_loads(visit: Visit) -> None:
    page = visit("", settle=False)
    page.wait_for_load_state("networkidle")
    shift = page.evaluate(
        """() => new Promise((done) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += entry.value;
          }).observe({type: "layout-shift", buffered: true});
          setTimeout(() => done(sum), 300);
        })"""
    )
    assert shift < 0.02


def test_fonts_are_the_sites_own(visit: Visit) -> None:
    page = visit("guide/")
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    assert {"Inter", '"JetBrains Mono"'} <= {*loaded, *(f'"{name}"' for name in loaded)}


def test_cards_are_clickable_as_a_whole(visit: Visit) -> None:
    page = visit("")
    box = page.locator(".hb-card").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    page.wait_for_url("**/guide/")


def test_readable_without_scripts(visit: Visit) -> None:
    page = visit("services/", script=False)
    assert page.locator("tbody tr").count() == 4
    assert page.locator("tbody tr").first.is_visible()
    assert page.locator("form.hb-filter").is_hidden()
    assert page.locator(".hb-search-button").is_hidden()
    page.goto(page.url.replace("services/", "guide/"))
    assert page.locator("pre.hb-mermaid").first.is_visible()


def test_the_menu_opens_by_keyboard(visit: Visit) -> None:
    page = visit("guide/", width=390)
    page.focus("label.md-header__button[for=__drawer]")
    page.keyboard.press("Space")
    assert page.is_checked("#__drawer")
    page.keyboard.press("Enter")
    assert not page.is_checked("#__drawer")
