"""The numbers of the fleet, live on any hand-written page that asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from msgspec import Struct

from handbook.model.summary import ServiceSummary
from handbook.render.context import relative_url
from handbook.render.readiness import RULES

NUMBERS = "<!-- handbook:numbers -->"
"""Where a hand-written page wants the fleet's live numbers."""


class Number(Struct, frozen=True):
    """A number, what it counts, and the page that has what was counted."""

    value: int
    label: str
    uri: str


def with_numbers(html: str, summaries: Sequence[ServiceSummary], page: str) -> str:
    """Put the fleet's numbers where the page asks for them; ``page`` is its uri."""
    if NUMBERS not in html:
        return html
    items = "".join(
        f'<div><dt><a href="{escape(relative_url(number.uri, page))}">{number.label}</a></dt>'
        f"<dd>{number.value:,}</dd></div>"
        for number in _numbers(summaries)
    )
    return html.replace(NUMBERS, f'<dl class="hb-numbers">{items}</dl>')


def _numbers(summaries: Sequence[ServiceSummary]) -> tuple[Number, ...]:
    lines = [summary.readiness for summary in summaries]
    return (
        Number(len(summaries), "services" if len(summaries) != 1 else "service", "services/"),
        # Bronze is what a service needs before it meets traffic.
        Number(sum(line is not None and line.level != "" for line in lines), "ready", RULES),
        Number(sum(s.state != "fresh" for s in summaries), "stale", "services/status/"),
        Number(sum(s.counts.operations for s in summaries), "API operations", "services/apis/"),
        Number(sum(s.counts.docs for s in summaries), "pages of their own", "services/"),
        Number(sum(not s.owners for s in summaries), "without an owner", "services/owners/"),
    )
