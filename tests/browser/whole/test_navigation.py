"""Readers go through the site by clicking, without loading a whole document again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]
HERE = ".md-nav--primary .md-nav__link--active:visible"


def at(page: Page, heading: str, tab: str, entry: str = "") -> None:
    """Wait until the page says that it is there: heading, tab, last active entry at the side."""
    expect(page.locator("article h1")).to_contain_text(heading)
    expect(page.locator(".md-tabs__item--active")).to_have_text(tab)
    if entry:
        expect(page.locator(HERE).last).to_have_text(entry)


def go(page: Page, selector: str, url: str) -> None:
    """Click a link and wait for its address, without a new document."""
    page.locator(selector).first.click()
    page.wait_for_url(f"**/handbook/{url}")
    assert page.evaluate("window.same") is True, f"{url} was loaded as a new document"


def test_from_the_handbook_to_services_and_back(visit: Visit) -> None:
    page = visit("")
    page.evaluate("window.same = true")
    go(page, ".md-tabs a:text-is('Build')", "build/")
    at(page, "Build", "Build", "Build")
    go(page, ".md-tabs a:text-is('Services')", "services/")
    at(page, "Catalogue", "Services", "Services")
    go(page, "tbody a:text-is('payments-scoring')", "services/payments-scoring/")
    at(page, "Payments scoring", "Services", "payments-scoring")
    expect(page).to_have_title("Overview · payments-scoring · ML Startup Handbook")
    go(page, ".md-nav--primary a:has-text('API')", "services/payments-scoring/api/")
    at(page, "Payments scoring", "Services", "API")
    go(page, ".md-path a:has-text('payments-scoring')", "services/payments-scoring/")
    go(page, "article p a:text-is('the ranking')", "services/ranking/")
    at(page, "Ranking", "Services", "ranking")
    go(page, "article p a:text-is('the scoring')", "services/payments-scoring/api/#op-createScore")
    expect(page.locator("[id=op-createScore]")).to_be_in_viewport()
    page.go_back()
    page.wait_for_url("**/services/ranking/")
    at(page, "Ranking", "Services", "ranking")
    go(page, ".md-tabs a:text-is('Run')", "run/")
    at(page, "Run", "Run", "Run")
    go(page, ".md-header a.md-logo", "")
    at(page, "How we build", "Start")


def test_side_bars_hold_the_service_only(visit: Visit) -> None:
    page = visit("services/ranking/docs/night/")
    entries = page.locator(".md-sidebar--primary a.md-nav__link:visible").all_inner_texts()
    assert [entry.strip() for entry in entries] == [
        "All services", "ranking", "Lanes", "At night", "API", "Reference", "Readiness", "Owners",
        "Changes",
    ]  # fmt: skip
    at(page, "At night", "Services", "At night")


def test_pages_are_fetched_before_the_click(visit: Visit, site: Any) -> None:
    page = visit("services/payments-scoring/")
    site.asked.clear()
    page.hover(".md-nav--primary a:has-text('Owners')")
    page.wait_for_timeout(500)
    page.wait_for_load_state("networkidle")
    assert "/handbook/services/payments-scoring/owners/" in site.asked


def test_the_side_bar_opens_at_390_pixels(visit: Visit) -> None:
    page = visit("services/payments-scoring/docs/guide/", width=390)
    page.evaluate("window.same = true")
    page.click("label.md-header__button[for=__drawer]")
    go(page, ".md-nav--primary a:visible:has-text('Alerts')",
       "services/payments-scoring/docs/operations/alerts/")  # fmt: skip
    expect(page.locator("article h1")).to_contain_text("Alerts")


def test_the_scheme_is_kept(visit: Visit) -> None:
    page = visit("services/ranking/")
    for wanted in ("default", "slate"):  # first from "as the system" to light, then to dark
        page.click("label[for^=__palette]:visible")
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", wanted)
    page.evaluate("window.same = true")
    go(page, ".md-tabs a:text-is('Plan')", "plan/")
    assert page.get_attribute("body", "data-md-color-scheme") == "slate"
    page.reload()
    assert page.get_attribute("body", "data-md-color-scheme") == "slate"
    assert page.evaluate("window.same") is None
    page.goto(page.url.replace("plan/", "services/field-notes/"))
    assert page.get_attribute("body", "data-md-color-scheme") == "slate"
    page.click("label[for^=__palette]:visible")  # to "as the system" again
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "default")
