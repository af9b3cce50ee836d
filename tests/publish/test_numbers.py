"""The fleet's numbers on a hand-written page."""

from __future__ import annotations

import re

from handbook.model.summary import Counts, OwnerLine, ReadinessLine, ServiceSummary
from handbook.publish.numbers import NUMBERS, with_numbers

READY = ReadinessLine("bronze", "silver", 1, 2, 0, {})
LATE = ReadinessLine("", "bronze", 0, 2, 0, {})
FLEET = (
    ServiceSummary(
        "score",
        "score",
        owners=(OwnerLine("risk", "team"),),
        commit="0123456",
        counts=Counts(docs=1200, operations=3),
        readiness=READY,
    ),
    ServiceSummary("rank", "rank", commit="0123456", stale=True, readiness=LATE),
    ServiceSummary("gone", "gone"),
)


def numbers(html: str) -> dict[str, str]:
    return dict(re.findall(r'<a href="[^"]*">([^<]*)</a></dt><dd>([^<]*)</dd>', html))


def test_each_number_says_what_it_counts() -> None:
    assert numbers(with_numbers(f"<p>Hi</p>{NUMBERS}", FLEET, "")) == {
        "services": "3",
        "ready": "1",
        "stale": "2",
        "API operations": "3",
        "pages of their own": "1,200",
        "without an owner": "2",
    }


def test_each_number_leads_to_what_was_counted() -> None:
    html = with_numbers(NUMBERS, FLEET[:1], "start/here/")
    assert '<a href="../../services/status/">stale</a>' in html
    assert numbers(html)["service"] == "1"


def test_a_page_that_does_not_ask_is_left_alone() -> None:
    assert with_numbers("<p>Hi</p>", FLEET, "") == "<p>Hi</p>"
