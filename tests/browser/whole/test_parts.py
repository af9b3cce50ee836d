"""Diagrams, code, tabs and the API viewer of services' own pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]


def test_a_diagram_of_a_readme_is_drawn(visit: Visit) -> None:
    page = visit("services/payments-scoring/")
    picture = page.locator(".hb-diagram__picture svg")
    picture.wait_for()
    assert "Checkout" in (picture.text_content() or "")
    expect(page.locator("pre.hb-mermaid")).to_be_hidden()


def test_code_is_copied_as_it_was_written(visit: Visit, fleet: dict[str, Any]) -> None:
    page = visit("services/payments-scoring/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = page.locator("div.highlight", has_text="payment =")
    block.hover()
    block.locator("[data-clipboard-target], .md-code__button").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    readme = fleet["payments-scoring"]["commits"][0]["files"]["README.md"]
    assert copied == readme.split("```python\n")[1].split("\n```")[0]


def test_tabs_are_chosen_by_key_and_kept(visit: Visit) -> None:
    page = visit("services/payments-scoring/docs/guide/")
    expect(page.locator("code", has_text="import explain_score")).to_be_visible()
    page.locator(".tabbed-set input").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("code", has_text="curl --fail")).to_be_visible()
    page.reload()
    expect(page.locator("code", has_text="curl --fail")).to_be_visible()


def test_pictures_are_the_sites_own_copies(visit: Visit) -> None:
    page = visit("services/payments-scoring/")
    picture = page.get_by_alt_text("The score over a day")
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 600


def test_the_api_viewer_opens_on_click_and_asks_nobody(visit: Visit, site: Any) -> None:
    page = visit("services/payments-scoring/api/")
    assert not any("swagger" in path for path in site.asked[-40:])
    site.asked.clear()
    page.click(".hb-swagger button")
    page.wait_for_selector(".swagger-ui .opblock-summary-path")
    page.wait_for_load_state("networkidle")
    # The picture and the script of the description are text; `visit` sees what is asked for.
    assert page.title().startswith("API")
    assert page.locator(".swagger-ui img").count() == 0
    assert {path.rsplit("/", 1)[1] for path in site.asked} == {
        "openapi.json",
        "swagger-ui-bundle.js",
        "swagger-ui.css",
    }


def test_the_definition_can_be_downloaded_as_written(visit: Visit, fleet: dict[str, Any]) -> None:
    page = visit("services/payments-scoring/api/")
    with page.expect_download() as download:
        page.click("a[download]:has-text('openapi.yaml')")
    written = fleet["payments-scoring"]["commits"][-1]["files"]["openapi.yaml"]
    assert yaml.safe_load(download.value.path().read_text("utf-8")) == yaml.safe_load(written)
    assert download.value.path().read_text("utf-8") == written


def test_pages_say_what_state_they_are_in(visit: Visit) -> None:
    page = visit("services/label-queue/owners/")
    expect(page.locator(".hb-banner")).to_contain_text("Out of date")
    page.goto(page.url.replace("label-queue/owners/", "voice-biometrics/"))
    expect(page.locator(".hb-notice--error")).to_contain_text("nothing to show yet")
    page.goto(page.url.replace("voice-biometrics/", "status/"))
    assert page.locator("#behind + .hb-scroll tbody th a").all_inner_texts() == [
        "label-queue",
        "voice-biometrics",
    ]


def test_changes_tell_what_happened_to_the_api(visit: Visit) -> None:
    page = visit("services/payments-scoring/changes/")
    expect(page.locator(".hb-api-changes")).to_contain_text("/v1/legacy")
    expect(page.locator(".hb-timeline li").first).to_contain_text("Take the legacy score out 🔥")
