"""The pages about readiness over all services: matrix, teams, rules, campaigns."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from mkdocs.plugins import get_plugin_logger
from msgspec.structs import replace

from handbook.model.pages import Page
from handbook.model.readiness import RuleInfo
from handbook.model.trend import Trend
from handbook.publish.fleetpages import summary_of
from handbook.publish.history import History, changes, read_history, record, trend_of
from handbook.publish.shards import Outcome
from handbook.render.context import relative_url
from handbook.render.fleetreadiness import announced_of, readiness_page, rule_page
from handbook.render.practice import box, checked, codes, held_to, standing
from handbook.render.readiness import RULES, rule_uri
from handbook.render.teamreadiness import (
    CAMPAIGNS,
    campaigns_page,
    fleet_trend,
    team_page,
    teams_of,
)
from handbook.render.templates import short_name
from handbook.settings import Settings
from handbook.tree import visible

log = get_plugin_logger("handbook")

SOURCES = "start/sources/"
"""Where this handbook says which statement of its sources each rule stands for."""

CHECKED = "<!-- handbook:checked -->"
"""Where a hand-written page wants the rules that lead to it, with what they look at."""

LEVELS = "plan/#levels"
"""Where this handbook says how binding a page of practice is, by the word below its title."""

STANDING = "<!-- handbook:standing -->"
"""Where a hand-written page wants how the services stand against these rules."""

_CAMPAIGNS = "Rules that count from a day to come, and who does not meet them yet."

# The title, and how binding the page is, where it says so.
_LEVEL = re.compile(r'(?<=<p class="hb-level">)[^<]+(?=</p>)')
_BELOW_TITLE = re.compile(r'</h1>(?:\s*<p class="hb-level">.*?</p>)?')


class Readiness:
    """What a build says about readiness over all services, and notes for the trend."""

    def __init__(
        self,
        settings: Settings,
        rules: Sequence[RuleInfo],
        outcomes: Sequence[Outcome],
        day: str,
        written: Container[str] = (),
    ) -> None:
        """``written`` are the addresses of the hand-written pages there are.

        A company's own handbook need not have the pages of practice that our rules belong to.
        """
        self._written = written
        self._path = Path(settings.history) if settings.history else None
        self._rules = rules
        self._asked = tuple(rule for rule in rules if not rule.off)
        self._summaries = tuple(summary_of(outcome) for outcome in outcomes)
        self._day = day

    @property
    def until(self) -> str:
        """The first day on which these pages say something else by themselves; "" for never."""
        if not announced_of(self._asked, self._day):
            return ""
        return (date.fromisoformat(self._day) + timedelta(days=1)).isoformat()  # of days left

    def pages(self) -> Iterator[Page]:
        """Give the pages."""
        written = self._written
        trend, day, asked, services = self.trend, self._day, self._asked, self._summaries
        matrix = readiness_page(services, asked, day, fleet_trend(trend, day))
        yield _page(RULES, "Readiness", matrix, "Which service meets which rule, at one glance.")
        for uri, items in teams_of(services).items():
            title = f"Readiness of {short_name(items[0].team) or 'services without an owner'}"
            said = f"{title}: which rules each service meets, and what is left to do."
            yield _page(uri, title, team_page(uri, items, asked, day, trend), said)
        for rule in self._rules:
            said = rule_page(_within(rule, written), services, day, sources=SOURCES in written)
            description = (
                f"Rule {rule.code}: {rule.title.rstrip('.')}. What it asks, and who meets it."
            )
            yield _page(rule_uri(rule.code), f"{rule.code}: {rule.title}", said, description)
        if announced_of(asked, day):
            yield _page(
                CAMPAIGNS, "Announced rules", campaigns_page(services, asked, day), _CAMPAIGNS
            )

    def with_rules(self, html: str, uri: str) -> str:
        """Name the rules that hold services to a hand-written page, and how those stand.

        Below its title; what is looked at and the standings where the page asks for them.
        """
        html = self._with_level(html, uri)
        held = held_to(self._asked, self._summaries, uri)
        asks = CHECKED in html or STANDING in html
        if held and (place := _BELOW_TITLE.search(html)):
            named = codes(held) if asks else box(held)
            html = f"{html[: place.end()]}\n{named}{html[place.end() :]}"
        if not asks:
            return html
        judged = sum(summary.readiness is not None for summary in self._summaries)
        html = html.replace(CHECKED, checked(held))
        return html.replace(STANDING, standing(held, uri, judged))

    def _with_level(self, html: str, uri: str) -> str:
        """Let the word that says how binding a page is lead to what it means."""
        if LEVELS.partition("#")[0] not in self._written:
            return html
        url = relative_url(LEVELS, uri)
        link = rf'<a href="{url}" title="What the levels mean">\g<0></a>'
        return _LEVEL.sub(link, html, count=1)

    def record(self) -> None:
        """Add today's state to the history, now that it is published."""
        if self._path is None:
            return
        try:
            record(self._path, self._summaries, self._day)
        except OSError as exc:
            log.warning("the trend of readiness was not kept: %s: %s", self._path, exc.strerror)

    @cached_property
    def trend(self) -> Trend:
        """How all services came to where they are today."""
        history = read_history(self._path) if self._path else History()
        for notice in history.notices:
            log.info("%s", visible(notice))
        return trend_of(history, changes(history, self._summaries), self._day)


def _within(rule: RuleInfo, written: Container[str]) -> RuleInfo:
    return rule if rule.page.partition("#")[0] in written else replace(rule, page="")


def _page(uri: str, title: str, html: str, said: str) -> Page:
    return Page(uri=uri, title=title, html=html, kind="overview", description=said, hide=("toc",))
