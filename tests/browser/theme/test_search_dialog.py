"""The search dialog: opened from anywhere, over all indexes, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("theme")]

Visit = Callable[..., Page]


def results(page: Page, words: str) -> list[str]:
    page.fill(".hb-search__input", words)
    page.wait_for_function(
        "() => /page|Nothing/.test(document.querySelector('.hb-search__status').textContent)"
    )
    page.wait_for_timeout(400)
    links: list[str] = page.evaluate(
        "[...document.querySelectorAll('.hb-search__results a')].map(a => {"
        "const u = new URL(a.href); return u.pathname + u.hash})"
    )
    return links


@pytest.mark.parametrize("key", ["Control+k", "/"])
def test_opens_by_key_and_closes_by_one_escape(visit: Visit, key: str) -> None:
    page = visit("guide/")
    page.keyboard.press(key)
    page.wait_for_selector("dialog[open]")
    page.keyboard.type("model")
    page.wait_for_selector(".hb-search__results a")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog:not([open])", state="attached")


def test_nothing_is_loaded_before_it_is_opened(visit: Visit, site: Any) -> None:
    site.asked.clear()
    page = visit("guide/")
    assert not [path for path in site.asked if "search" in path or "pagefind" in path]
    page.click(".hb-search-button")
    page.wait_for_selector("dialog[open] .hb-chip")  # the filters are known
    # The engine once, and of each index only its small list.
    asked = [path for path in site.asked if "/search" in path]
    assert sum(path.endswith("pagefind.js") for path in asked) == 1
    assert sum(".pf_meta" in path for path in asked) == 2
    assert not any(".pf_index" in path or ".pf_fragment" in path for path in asked)


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("quokka", "/sub/services/fraud/#what-it-does"),
        ("prediction service run", "/sub/guide/"),
        ("delete_job_by_id", "/sub/services/api/#op-d"),
        ("/v1/models", "/sub/services/api/#op-create-prediction"),
        ("BaseHTTPRequestHandler", "/sub/guide/#write-the-model"),
    ],
)
def test_finds_pages_and_headings_in_all_indexes(visit: Visit, words: str, address: str) -> None:
    page = visit("services/")
    page.keyboard.press("/")
    assert address in results(page, words)


def test_says_that_nothing_was_found(visit: Visit) -> None:
    page = visit("")
    page.keyboard.press("/")
    assert results(page, "zzyzx") == []
    assert page.inner_text(".hb-search__status") == "Nothing found for “zzyzx”."


def test_a_result_is_opened_by_keyboard_and_marked(visit: Visit) -> None:
    page = visit("")
    page.evaluate("window.same = true")
    page.keyboard.press("/")
    results(page, "quokka")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/services/fraud/?h=quokka")
    page.wait_for_function("() => CSS.highlights.get('hb-search')?.size === 1")
    assert page.evaluate("window.same") is True  # without loading a new document
    assert not page.locator("dialog").is_visible()
    page.keyboard.press("Control+k")
    assert page.locator("dialog").is_visible()


def test_letters_on_a_result_go_to_the_field(visit: Visit) -> None:
    page = visit("guide/")
    page.keyboard.press("/")
    results(page, "quokka")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("n")  # the theme's key for the next page
    assert page.input_value(".hb-search__input") == "quokkan"
    assert page.url.endswith("/guide/")


@pytest.mark.parametrize(("dark", "width"), [(False, 390), (True, 1366)])
def test_the_dialog_is_accessible(visit: Visit, dark: bool, width: int) -> None:
    page = visit("guide/", dark=dark, width=width)
    page.click(".hb-search-button")
    results(page, "model")
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []


def test_kinds_and_services_filter_the_results(visit: Visit) -> None:
    page = visit("services/api/")
    page.keyboard.press("/")
    page.wait_for_selector(".hb-chip")
    assert page.locator(".hb-chip").all_inner_texts() == ["All", "Handbook", "Overview", "API"]
    options = page.locator("dialog [name=service] option").all_inner_texts()
    assert options == ["All services", "predictions: a, b (this service)", "fraud-score"]
    everywhere = results(page, "model")
    page.click(".hb-chip:has-text('Overview')")
    only = results(page, "model")
    assert only
    assert set(only) < set(everywhere)
    assert {path.split("#")[0] for path in only} == {"/sub/services/fraud/"}
    assert "fraud-score · Overview" in page.inner_text(".hb-search__results")
    page.click(".hb-chip:has-text('All')")
    page.select_option("dialog [name=service]", "predictions: a, b")
    assert {path.split("#")[0] for path in results(page, "model")} == {"/sub/services/api/"}
