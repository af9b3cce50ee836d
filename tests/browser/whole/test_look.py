"""Every page is quiet and fits; one page of each kind is accessible in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]
KINDS = {
    "home": "",
    "practice": "build/api-first/",
    "generated reference": "reference/options/",
    "catalogue": "services/",
    "all owners": "services/owners/",
    "APIs": "services/apis/",
    "all changes": "services/changes/",
    "status": "services/status/",
    "readiness of all": "services/readiness/",
    "readiness of a team": "services/readiness/teams/team-risk/",
    "rule": "services/readiness/code01/",
    "announced rules": "services/readiness/campaigns/",
    "readiness": "services/payments-scoring/readiness/",
    "overview": "services/payments-scoring/",
    "docs": "services/payments-scoring/docs/guide/",
    "API": "services/payments-scoring/api/",
    "large API": "services/ranking/api/",
    "operations of a tag": "services/ranking/api/lanes-1/",
    "Python reference": "services/payments-scoring/reference/payments_scoring/model/",
    "owners": "services/payments-scoring/owners/",
    "changes": "services/payments-scoring/changes/",
    "stale": "services/label-queue/",
    "unavailable": "services/voice-biometrics/",
    "not found": "404.html",
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SETTLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# What sticks out of the page and cannot be scrolled into view by itself.
WIDE = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll("article *")].filter(e => e.getBoundingClientRect().right
      > innerWidth && !e.closest(".hb-scroll, .md-typeset__scrollwrap, pre")).map(e => e.outerHTML
      .slice(0, 80)).slice(0, 3).concat(document.documentElement.scrollWidth)
  : []"""


def serious(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"], **(options or {})})
    return [
        f"{item['id']}: {[node['html'][:160] for node in item['nodes'][:5]]}"
        for item in found.response["violations"]
        if item["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_accessible(visit: Visit, kind: str) -> None:
    page = visit(KINDS[kind], settle=False)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    page.evaluate(SETTLED)
    assert serious(page) == []
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    assert serious(page, COLOURS) == []


@pytest.mark.parametrize("part", ["handbook", "services"])
def test_every_page_is_quiet_and_fits_a_phone(
    visit: Visit, site: Any, uris: tuple[str, ...], part: str
) -> None:
    page = visit("")
    wide = {}
    # What the console and the network show is looked at by `visit`.
    for uri in uris:
        if uri.startswith("services/") != (part == "services"):
            continue
        page.set_viewport_size({"width": 1366, "height": 900})
        page.goto(site.address + uri)
        page.evaluate(SETTLED)
        page.set_viewport_size({"width": 390, "height": 844})
        if found := page.evaluate(WIDE):
            wide[uri] = found
    assert wide == {}
