"""Readiness over all services: the matrix of services and rules, and a page for each rule."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import markdown
from markupsafe import Markup
from msgspec import Struct

from handbook.model.readiness import LEVELS, MEETS, RuleInfo, Status
from handbook.model.summary import ReadinessLine, ServiceSummary
from handbook.render.context import relative_url
from handbook.render.readiness import RULES, rule_uri, team_uri
from handbook.render.sanitize import clean
from handbook.render.statuses import MARKS, WORDS
from handbook.render.templates import environment

_MOST = 100  # services named on a rule's page that have nothing to do
_HEIGHT = {"": 0, "bronze": 1, "silver": 2, "gold": 3}

Summaries = Sequence[ServiceSummary]


class Judged(Struct, frozen=True):
    """A service with its readiness: ``lacks`` are the codes of what it does not meet.

    ``better`` are those that it meets, but could meet better.
    """

    service: ServiceSummary
    line: ReadinessLine
    lacks: tuple[str, ...]
    better: tuple[str, ...]

    @property
    def team(self) -> str:
        """Who answers for it in the first place, "" for nobody."""
        return self.service.owner


class Group(Struct, frozen=True):
    """Columns of the matrix: the rules of a level, or those that do not count yet."""

    name: str
    rules: tuple[RuleInfo, ...]

    def signs(self, line: ReadinessLine) -> Markup:
        """Return a sign for each rule, equal ones side by side in one element.

        A cell for each pair of service and rule would be a million elements in a large fleet:
        browsers take ten seconds for that, and a tenth of it for this.
        """
        statuses = (line.statuses.get(rule.code, "na") for rule in self.rules)
        runs = ((MARKS[status], len(list(run))) for status, run in itertools.groupby(statuses))
        parts = (
            f"<{tag}>{sign * count}</{tag}>" if tag else sign * count for (tag, sign), count in runs
        )
        return Markup("".join(parts))  # noqa: S704 - of our own signs only


class Team(Struct, frozen=True):
    """A team, and how many of its services are at each level ("" for none)."""

    name: str
    url: str
    services: int
    levels: Counter[str]


def readiness_page(
    summaries: Summaries, rules: Sequence[RuleInfo], day: str, trend: Markup | None = None
) -> str:
    """The body of ``services/readiness/``: every service against every rule as of ``day``."""
    judged = judged_of(summaries)
    levels = Counter(item.line.level for item in judged)
    numbers = [(level, levels[level]) for level in reversed(LEVELS)]
    return _render(
        "fleet_readiness.html.j2",
        page=RULES,
        judged=judged,
        numbers=[*numbers, ("no level yet", levels[""])],
        rules=rules,
        trend=trend or "",
        day=day,
        announced=announced_of(rules, day),
        by_level=[(level, [r for r in rules if r.level == level]) for level in LEVELS],
        failing={rule.code: sum(rule.code in item.lacks for item in judged) for rule in rules},
        teams=_teams(judged),
        choices={
            "owner": sorted({o.name for item in judged for o in item.service.owners}),
            "level": [level for level in (*LEVELS, "none") if levels[level.replace("none", "")]],
        },
        **columns(rules, RULES, day),
    )


def columns(rules: Sequence[RuleInfo], page: str, day: str) -> dict[str, object]:
    """Return what the matrix on a page is drawn with."""
    counted = [rule for rule in rules if rule.counts_from <= day]
    groups = [Group(level, tuple(r for r in counted if r.level == level)) for level in LEVELS]
    groups.append(Group("announced", announced_of(rules, day)))
    return {
        "groups": [group for group in groups if group.rules],
        "urls": {rule.code: relative_url(rule_uri(rule.code), page) for rule in rules},
        "heights": _HEIGHT,
        "words": {status: words for status, (words, _) in WORDS.items()},
    }


def rule_page(rule: RuleInfo, summaries: Summaries, day: str, *, sources: bool = False) -> str:
    """The body of a rule's page: its advice, and how the services stand.

    ``sources``: whether this handbook has the page of statements that rules come from.
    """
    page = rule_uri(rule.code)
    judged = [item for item in judged_of(summaries) if rule.code in item.line.statuses]
    by_status = {
        status: [item.service for item in judged if item.line.statuses[rule.code] == status]
        for status in MARKS
    }
    applicable = sum(len(found) for status, found in by_status.items() if status != "na")
    return _render(
        "fleet_rule.html.j2",
        page=page,
        rule=rule,
        advice=[(heading, Markup(clean(_html(text)))) for heading, text in rule.advice],  # noqa: S704 - cleaned
        by_status=[(status, *WORDS[status], by_status[status]) for status in _order(by_status)],
        applicable=applicable,
        met=sum(len(found) for status, found in by_status.items() if status in MEETS - {"na"}),
        announced=rule.counts_from > day,
        most=_MOST,
        handbook=relative_url(rule.page, page) if rule.page else "",
        sources=f"{relative_url('start/sources/', page)}#{rule.code.lower()}" if sources else "",
        matrix=relative_url(RULES, page),
        lacking=f"{relative_url(RULES, page)}?rule={rule.code}",
    )


def announced_of(rules: Sequence[RuleInfo], day: str) -> tuple[RuleInfo, ...]:
    """Return the rules that do not count yet, the next one first."""
    later = (rule for rule in rules if rule.counts_from > day)
    return tuple(sorted(later, key=lambda rule: rule.counts_from))


def judged_of(summaries: Summaries) -> list[Judged]:
    """Return the services that were judged, those with most to do first."""
    found = [_judged(item, item.readiness) for item in summaries if item.readiness]
    return sorted(found, key=_work)


def _judged(service: ServiceSummary, line: ReadinessLine) -> Judged:
    pairs = line.statuses.items()
    lacks = tuple(code for code, status in pairs if status not in MEETS)
    return Judged(service, line, lacks, tuple(code for code, status in pairs if status == "warn"))


def _work(item: Judged) -> tuple[int, int, str, str]:
    service = item.service
    return (_HEIGHT[item.line.level], -len(item.lacks), service.name.casefold(), service.slug)


def _order(by_status: dict[Status, list[ServiceSummary]]) -> list[Status]:
    """Return the statuses that occur, those that need work first."""
    order: tuple[Status, ...] = ("error", "fail", "warn", "exempt", "manual", "pass", "na")
    return [status for status in order if by_status[status]]


def _teams(judged: Sequence[Judged]) -> list[Team]:
    """Sum up each team, those with most services below a level first."""
    by_uri: dict[str, list[Judged]] = {}
    for item in judged:
        by_uri.setdefault(team_uri(item.team), []).append(item)
    teams = [
        Team(
            items[0].team,
            relative_url(uri, RULES),
            len(items),
            Counter(item.line.level for item in items),
        )
        for uri, items in by_uri.items()
    ]
    return sorted(teams, key=lambda team: (-team.levels[""], -team.services, team.name.casefold()))


def _html(text: str) -> str:
    return markdown.markdown(text, extensions=["fenced_code", "tables", "sane_lists"])


def _render(template: str, **values: object) -> str:
    return environment().get_template(template).render(**values)
