"""The pages about readiness over all services: matrix, teams, rules, campaigns."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from mkdocs.plugins import get_plugin_logger
from msgspec.structs import replace

from handbook.model.pages import Page
from handbook.model.readiness import RuleInfo
from handbook.model.trend import Trend
from handbook.publish.fleetpages import summary_of
from handbook.publish.history import History, changes, read_history, record, trend_of
from handbook.publish.shards import Outcome
from handbook.render.fleetreadiness import announced_of, readiness_page, rule_page
from handbook.render.readiness import RULES, rule_uri
from handbook.render.teamreadiness import (
    CAMPAIGNS,
    campaigns_page,
    checked_by,
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

# The title, and how binding the page is, where it says so.
_BELOW_TITLE = re.compile(r'</h1>(?:\s*<p class="hb-level">[^<]*</p>)?')


class Readiness:
    """What a build says about readiness over all services, and notes for the trend."""

    def __init__(
        self,
        settings: Settings,
        rules: Sequence[RuleInfo],
        outcomes: Sequence[Outcome],
        day: str,
    ) -> None:
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

    def pages(self, written: Container[str]) -> Iterator[Page]:
        """Give the pages; ``written`` are the uris of the hand-written pages there are.

        A company's own handbook need not have the pages of practice that our rules belong to.
        """
        trend, day, asked, services = self._trend(), self._day, self._asked, self._summaries
        matrix = readiness_page(services, asked, day, fleet_trend(trend, day))
        yield _page(RULES, "Readiness", matrix)
        for uri, items in teams_of(services).items():
            title = f"Readiness of {short_name(items[0].team) or 'services without an owner'}"
            yield _page(uri, title, team_page(uri, items, asked, day, trend))
        for rule in self._rules:
            said = rule_page(_within(rule, written), services, day, sources=SOURCES in written)
            yield _page(rule_uri(rule.code), f"{rule.code}: {rule.title}", said)
        if announced_of(asked, day):
            yield _page(CAMPAIGNS, "Announced rules", campaigns_page(services, asked, day))

    def with_rules(self, html: str, uri: str) -> str:
        """Name the rules that hold services to a hand-written page, below its title."""
        box = checked_by(self._asked, self._summaries, uri)
        place = _BELOW_TITLE.search(html) if box else None
        return f"{html[: place.end()]}\n{box}{html[place.end() :]}" if place else html

    def record(self) -> None:
        """Add today's state to the history, now that it is published."""
        if self._path is None:
            return
        try:
            record(self._path, self._summaries, self._day)
        except OSError as exc:
            log.warning("the trend of readiness was not kept: %s: %s", self._path, exc.strerror)

    def _trend(self) -> Trend:
        history = read_history(self._path) if self._path else History()
        for notice in history.notices:
            log.info("%s", visible(notice))
        return trend_of(history, changes(history, self._summaries), self._day)


def _within(rule: RuleInfo, written: Container[str]) -> RuleInfo:
    return rule if rule.page.partition("#")[0] in written else replace(rule, page="")


def _page(uri: str, title: str, html: str) -> Page:
    return Page(uri=uri, title=title, html=html, kind="overview", hide=("toc",))
