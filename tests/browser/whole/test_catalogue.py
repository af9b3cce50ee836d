"""The catalogue as a table to read, sort, filter and share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]
ALL = ["field-notes", "fraud-score", "label-queue", "payments-scoring", "ranking",
       "voice-biometrics"]  # fmt: skip


# Tables, and texts in their cells, that are wider than they may be.
WIDER = """() => [...document.querySelectorAll(".hb-scroll, .hb-scroll :is(th, td)")]
  .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.innerText)"""


def names(page: Page) -> list[str]:
    return page.locator("tbody tr:visible th a").all_inner_texts()


def test_sorts_by_click_and_key(visit: Visit) -> None:
    page = visit("services/")
    assert names(page) == ALL
    page.click("th button:has-text('Operations')")
    page.click("th button:has-text('Operations')")
    assert names(page)[0] == "ranking"  # 45 of them
    assert page.get_attribute("th:has(button:text('Operations'))", "aria-sort") == "descending"
    page.focus("th button:has-text('Updated')")
    page.keyboard.press("Enter")
    assert names(page)[0] == "field-notes"
    assert names(page)[-1] == "voice-biometrics"  # without a date
    assert page.url.endswith("?sort=updated")


def test_filters_by_mouse_and_key(visit: Visit) -> None:
    page = visit("services/")
    page.select_option("[name=owner]", "@acme/team-risk")
    assert names(page) == ["payments-scoring"]
    expect(page.locator("output")).to_have_text("1 of 6 services")
    page.focus("[name=q]")
    page.keyboard.type("empty shelf")
    assert names(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Home")  # any owner
    assert names(page) == ["ranking"]
    page.locator("button[type=reset]").press("Enter")
    expect(page.locator("output")).to_have_text("6 services")
    assert page.url.endswith("/services/")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=stale", ["label-queue"]),
        ("?lifecycle=experimental&sort=-service", ["ranking", "fraud-score"]),
        ("?tag=realtime", ["payments-scoring"]),
        ("?q=plain+nothing", []),
        ("?system=payments&language=Python", ["fraud-score", "payments-scoring"]),
    ],
)
def test_a_view_can_be_shared(visit: Visit, query: str, expected: list[str]) -> None:
    page = visit(f"services/{query}")
    assert names(page) == expected
    page.evaluate("window.same = true")
    page.click(".md-tabs a:text-is('Run')")
    page.wait_for_url("**/run/")
    page.go_back()
    page.wait_for_url(f"**/services/{query}")
    expect(page.locator("form.hb-filter")).to_be_visible()
    expect(page.locator("tbody tr:visible th a")).to_have_text(expected)
    assert page.evaluate("window.same") is True


def test_read_without_scripts(visit: Visit) -> None:
    page = visit("services/", script=False)
    assert names(page) == ALL
    assert page.locator("form.hb-filter").is_hidden()
    page.click("tbody a:text-is('payments-scoring')")
    page.wait_for_url("**/services/payments-scoring/")
    expect(page.locator("pre.hb-mermaid")).to_be_visible()
    expect(page.locator("article h1")).to_contain_text("Payments scoring")


@pytest.mark.parametrize("uri", ["services/", "services/apis/", "services/owners/"])
def test_tables_fit_the_screen(visit: Visit, uri: str) -> None:
    page = visit(uri)
    for width in (390, 800, 1000, 1280, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDER) == [], width
