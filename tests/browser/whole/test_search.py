"""The search finds what is in the services' repos, and opens it at the right place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]

CASES = {
    "a README's sentence": ("waits no longer than a heartbeat", "services/ranking/#calls"),
    "a sentence of docs": (
        "nine of ten scores", "services/payments-scoring/docs/operations/alerts/"
    ),
    "an operation by its words": (
        "score one payment", "services/payments-scoring/api/#op-createScore"
    ),
    "an operation by its path": (
        "/v1/scores/{scoreIdentifier}/explanations",
        "services/payments-scoring/api/#op-readExplanation",
    ),
    "an operation of many": ("readLane7", "services/ranking/api/lanes-1/#op-readLane7"),
    "a Python function": (
        "explain_score",
        "services/payments-scoring/reference/payments_scoring/model/"
        "#payments_scoring.model.explain_score",
    ),
    "a function of another service": (
        "blend_candidates", "services/ranking/reference/#ranking.blend_candidates"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_finds_and_opens(visit: Visit, case: str) -> None:
    words, url = CASES[case]
    page = visit("services/field-notes/")
    page.evaluate("window.same = true")
    page.keyboard.press("Control+k")
    expect(page.locator(".hb-search__input")).to_be_focused()
    page.keyboard.type(words)
    path, _, anchor = url.partition("#")
    at = f"[href$='#{anchor}']" if anchor else ""
    result = page.locator(f".hb-search__results a[href*='/handbook/{path}?h=']{at}")
    result.first.press("Enter")
    page.wait_for_url(lambda found: f"/handbook/{path}?h=" in found and found.endswith(anchor))
    place = page.locator(f"[id='{anchor}']" if anchor else "article h1")
    expect(place).to_be_in_viewport()
    page.wait_for_function("() => CSS.highlights.get('hb-search')?.size > 0")
    assert page.evaluate("window.same") is True


def test_a_service_comes_first_when_named(visit: Visit) -> None:
    page = visit("")
    page.keyboard.press("/")
    page.wait_for_selector(".hb-chip")
    for words, title in {"ranking": "Ranking", "payments scoring": "Payments scoring"}.items():
        page.fill(".hb-search__input", words)
        expect(page.locator(".hb-search__title").first).to_have_text(title)
        expect(page.locator(".hb-search__meta").first).to_contain_text("Overview")
