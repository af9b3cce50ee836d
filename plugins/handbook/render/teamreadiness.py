"""Readiness of one team's services, and of the rules that are announced but not counted yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup
from msgspec import Struct

from handbook.model.readiness import LEVELS, MEETS, RuleInfo
from handbook.model.trend import Trend
from handbook.render.context import relative_url
from handbook.render.fleetreadiness import Judged, Summaries, announced_of, columns, judged_of
from handbook.render.readiness import RULES, rule_uri, team_uri
from handbook.render.templates import environment, short_name
from handbook.render.trendplot import draw_course, draw_levels

CAMPAIGNS = f"{RULES}campaigns/"
_LEVERS = 10


class Lever(Struct, frozen=True):
    """A rule that several services of a team lack."""

    rule: RuleInfo
    url: str
    services: int


class Campaign(Struct, frozen=True):
    """An announced rule: who meets it already, and who has still to."""

    rule: RuleInfo
    url: str
    left: int
    met: int
    applicable: int
    lacking: list[Judged]


def teams_of(summaries: Summaries) -> dict[str, list[Judged]]:
    """Return the judged services of each team by the uri of its page."""
    found: dict[str, list[Judged]] = {}
    for item in judged_of(summaries):
        found.setdefault(team_uri(item.team), []).append(item)
    return found


def team_page(
    uri: str, items: Sequence[Judged], rules: Sequence[RuleInfo], day: str, trend: Trend
) -> str:
    """The body of a team's page; ``items`` are its services."""
    name = short_name(items[0].team)
    levels = Counter(item.line.level for item in items)
    by_code = {rule.code: rule for rule in rules}
    lacking = Counter(code for item in items for code in item.lacks)
    plot = draw_levels(trend.teams.get(name, ()), day, "Services by level")
    return _render(
        "fleet_team.html.j2",
        page=uri,
        name=name,
        items=items,
        day=day,
        numbers=[
            *((level, levels[level]) for level in reversed(LEVELS)),
            ("no level yet", levels[""]),
        ],
        trend=plot or "",
        courses={
            item.service.slug: draw_course(trend.services.get(item.service.slug, ()), day)
            for item in items
        },
        levers=[
            Lever(by_code[code], relative_url(rule_uri(code), uri), count)
            for code, count in lacking.most_common(_LEVERS)
            if code in by_code
        ],
        rule_of=by_code,
        fleet_url=relative_url(RULES, uri),
        **columns(rules, uri, day),
    )


def campaigns_page(summaries: Summaries, rules: Sequence[RuleInfo], day: str) -> str:
    """The body of ``services/readiness/campaigns/``: what will count, when, and who is ready."""
    judged = judged_of(summaries)
    return _render(
        "fleet_campaigns.html.j2",
        page=CAMPAIGNS,
        campaigns=[_campaign(rule, judged, day) for rule in announced_of(rules, day)],
        matrix=relative_url(RULES, CAMPAIGNS),
    )


def fleet_trend(trend: Trend, day: str) -> Markup | None:
    """Draw the trend of all services."""
    return draw_levels(trend.fleet, day, "Services by level")


def _campaign(rule: RuleInfo, judged: Sequence[Judged], day: str) -> Campaign:
    asked = [item for item in judged if item.line.statuses.get(rule.code, "na") != "na"]
    lacking = [item for item in asked if item.line.statuses[rule.code] not in MEETS]
    left = (date.fromisoformat(rule.counts_from) - date.fromisoformat(day)).days
    url = relative_url(rule_uri(rule.code), CAMPAIGNS)
    lacking.sort(key=lambda item: (item.team.casefold(), item.service.name.casefold()))
    return Campaign(rule, url, left, len(asked) - len(lacking), len(asked), lacking)


def _render(template: str, **values: object) -> str:
    return environment().get_template(template).render(**values)
