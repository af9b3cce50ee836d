"""Whoever comes to an address without a page finds the way; so does who wants a moved part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]


def lose(visit: Callable[..., Page], site: Any, path: str, *, script: bool = True) -> Page:
    """Open an address without a page, as a host that answers with ``404.html``."""
    page = visit("404.html", script=script, settle=False)
    html = (site.folder / "404.html").read_text("utf-8")
    page.route(f"**/{path}", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(site.address + path)
    return page


def test_the_address_is_looked_for(visit: Callable[..., Page], site: Any) -> None:
    page = lose(visit, site, "run/deployment/")
    field = page.get_by_label("Look for it by name")
    expect(field).to_have_value("run deployment")
    near = page.locator(".hb-lost__near a")
    expect(near.first).to_have_attribute("href", f"/{site.folder.name}/run/deploy/")
    field.fill("deploy")
    page.get_by_role("button", name="Search", exact=True).last.click()
    expect(page.locator(".hb-search__results a").first).to_be_visible()


def test_links_lead_on_from_any_depth_without_scripts(
    visit: Callable[..., Page], site: Any
) -> None:
    page = lose(visit, site, "services/no/such/page/", script=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    expect(page.get_by_label("Look for it by name")).to_be_hidden()
    links = page.locator("article li a").evaluate_all("all => all.map(a => a.href)")
    assert links[0] == site.address
    assert {f"{site.address}{tab}/" for tab in ("plan", "build", "run", "services")} <= set(links)
    for link in links:
        assert (site.folder / link.removeprefix(site.address) / "index.html").is_file()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("plan/choosing-tools/#the-tables", "plan/choosing-tools/#standard"),
        ("#i-am-on-call", "start/platform-engineer/"),
    ],
)
def test_a_part_that_moved_is_found(
    visit: Callable[..., Page], site: Any, old: str, new: str
) -> None:
    for script in (True, False):
        page = visit(old, script=script)
        mark = page.locator(".hb-moved:target")
        expect(mark).to_be_in_viewport()
        mark.get_by_role("link").click()
        page.wait_for_url(site.address + new)


def test_marks_of_moved_parts_are_seen_by_nobody_else(visit: Callable[..., Page]) -> None:
    expect(visit("plan/choosing-tools/").locator(".hb-moved")).to_be_hidden()
