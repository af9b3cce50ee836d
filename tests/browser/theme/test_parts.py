"""Tables, diagrams and the API viewer do what they promise, also after instant navigation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("theme")]

Visit = Callable[..., Page]
NAMES = (
    "[...document.querySelectorAll('[data-hb-table] tbody tr:not([hidden]) th a')]"
    ".map(a => a.textContent)"
)


def sort_states(page: Page) -> dict[str, str]:
    states: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('th[data-sort]')]"
        ".map(th => [th.innerText.trim(), th.getAttribute('aria-sort')]))"
    )
    return {name: state for name, state in states.items() if state != "none"}


def test_a_table_sorts_by_text_number_and_date(visit: Visit) -> None:
    page = visit("services/")
    assert page.evaluate(NAMES) == ["fraud-score", "feature-store", "tokeniser", "console"]
    page.click("th button:has-text('Service')")
    assert page.evaluate(NAMES) == ["console", "feature-store", "fraud-score", "tokeniser"]
    assert sort_states(page) == {"Service": "ascending"}
    page.click("th button:has-text('Operations')")
    assert page.evaluate(NAMES)[:2] == ["feature-store", "fraud-score"]
    page.click("th button:has-text('Operations')")
    assert page.evaluate(NAMES)[:2] == ["fraud-score", "feature-store"]
    assert sort_states(page) == {"Operations": "descending"}
    page.focus("th button:has-text('Last change')")
    page.keyboard.press("Enter")
    # The one without a date stays last, both ways.
    assert page.evaluate(NAMES) == ["tokeniser", "feature-store", "fraud-score", "console"]
    page.keyboard.press("Enter")
    assert page.evaluate(NAMES) == ["fraud-score", "feature-store", "tokeniser", "console"]
    assert page.url.endswith("?sort=-updated")


def test_a_table_filters_and_counts(visit: Visit) -> None:
    page = visit("services/")
    assert page.inner_text("output") == "4 services"
    page.fill("[name=text]", "go")  # not "3 days ago"
    assert page.evaluate(NAMES) == ["feature-store"]
    assert page.inner_text("output") == "1 of 4 services"
    page.fill("[name=text]", "")
    page.select_option("[name=language]", "Python")
    assert page.evaluate(NAMES) == ["fraud-score", "tokeniser"]  # one of several languages
    page.check("[name=api]")
    assert page.evaluate(NAMES) == ["fraud-score"]
    assert page.url.endswith("?language=Python&api=yes")
    page.click("button[type=reset]")
    page.wait_for_function("() => document.querySelector('output').textContent === '4 services'")
    assert page.url.endswith("/services/")


def test_choices_come_from_the_rows_where_the_server_gave_none(visit: Visit) -> None:
    page = visit("services/")
    options = page.locator("[name=owner] option").all_inner_texts()
    assert options == ["Any", "team-data", "team-platform", "team-risk"]


def test_a_filtered_view_can_be_linked_to(visit: Visit) -> None:
    page = visit("services/?owner=team-platform&sort=-service")
    assert page.evaluate(NAMES) == ["tokeniser", "console"]
    assert page.input_value("[name=owner]") == "team-platform"
    assert sort_states(page) == {"Service": "descending"}


def test_parts_start_again_after_instant_navigation(visit: Visit) -> None:
    page = visit("guide/")
    page.evaluate("window.same = true")
    page.click(".md-tabs a:has-text('Services')")
    page.wait_for_selector("form.hb-filter:not([hidden])")
    assert page.evaluate("window.same") is True
    page.click("th button:has-text('Service')")
    assert page.evaluate(NAMES)[0] == "console"
    assert "ago" in page.inner_text("tbody tr:has-text('feature-store') time")


def test_a_diagram_is_drawn_and_follows_the_scheme(visit: Visit) -> None:
    page = visit("guide/")
    page.locator("pre.hb-mermaid").first.scroll_into_view_if_needed()
    picture = page.locator(".hb-diagram__picture svg")
    picture.wait_for()
    assert page.locator("pre.hb-mermaid").first.is_hidden()
    assert "Deploy" in (picture.text_content() or "")
    before = picture.inner_html()
    page.click("label[for^=__palette]:visible")  # system to light: the same colours
    page.click("label[for^=__palette]:visible")  # light to dark
    page.wait_for_function(
        "h => document.querySelector('.hb-diagram__picture svg').innerHTML !== h", arg=before
    )
    broken = page.locator("pre.hb-mermaid").nth(1)
    assert broken.is_visible()
    assert page.inner_text(".hb-diagram__error").startswith("This diagram could not be drawn")


@pytest.fixture
def without_mermaid(site: Any) -> Iterator[None]:
    names: Path = site.folder / "assets/handbook/vendor.json"
    kept = names.read_bytes()
    names.write_text("{}")
    yield
    names.write_bytes(kept)


@pytest.mark.usefixtures("without_mermaid")
def test_without_mermaid_a_diagram_stays_code(visit: Visit) -> None:
    page = visit("guide/")
    page.locator("pre.hb-mermaid").first.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert page.locator("pre.hb-mermaid").first.is_visible()
    assert page.locator(".hb-diagram").count() == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_viewer_is_loaded_on_click_and_harmless(visit: Visit, site: Any, dark: bool) -> None:
    site.asked.clear()
    page = visit("services/api/", dark=dark)
    assert not any("swagger" in path for path in site.asked)
    site.asked.clear()
    page.click(".hb-swagger button")
    page.wait_for_selector(".swagger-ui .opblock-summary-path")
    page.wait_for_load_state("networkidle")
    # The hostile description is shown as text; nothing of it is asked for or run.
    assert page.title().startswith("Predictions API")
    assert page.locator(".swagger-ui :is(img, form, input)").count() == 0
    assert page.locator(".swagger-ui a[href^=javascript]").count() == 0
    assert page.locator(".swagger-ui .try-out").count() == 0
    assert sorted(path.rsplit("/", 1)[1] for path in site.asked) == [
        "definition.json",
        "swagger-ui-bundle.js",
        "swagger-ui.css",
    ]
