"""Readiness over all services: the matrix of services and rules, and a page for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import markdown
from markupsafe import Markup
from msgspec import Struct

from handbook.model.readiness import LEVELS, MEETS, RuleInfo, Status
from handbook.model.summary import ReadinessLine, ServiceSummary
from handbook.render.context import relative_url
from handbook.render.readiness import RULES, WORDS, rule_uri
from handbook.render.sanitize import clean
from handbook.render.templates import environment

MARKS: dict[Status, tuple[str, str]] = {
    "pass": ("p", "●"),
    "warn": ("w", "◐"),
    "fail": ("f", "○"),
    "na": ("n", "–"),
    "manual": ("p", "◆"),
    "exempt": ("x", "◇"),
    "error": ("e", "!"),
}
"""Of each status: a class of one letter and a sign, since a matrix has a cell for each pair.

The signs differ in shape, not in hue alone.
"""

Summaries = Sequence[ServiceSummary]


class Judged(Struct, frozen=True):
    """A service with its readiness."""

    service: ServiceSummary
    line: ReadinessLine


class Team(Struct, frozen=True):
    """A team, and how many of its services are at each level ("" for none)."""

    name: str
    services: int
    levels: Counter[str]


def readiness_page(summaries: Summaries, rules: Sequence[RuleInfo]) -> str:
    """The body of ``services/readiness/``: every service against every rule."""
    judged = _judged(summaries)
    levels = Counter(item.line.level for item in judged)
    numbers = [(level, levels[level]) for level in reversed(LEVELS)]
    return _render(
        "fleet_readiness.html.j2",
        page=RULES,
        judged=judged,
        numbers=[*numbers, ("no level yet", levels[""])],
        rules=rules,
        by_level=[(level, [r for r in rules if r.level == level]) for level in LEVELS],
        urls={rule.code: relative_url(rule_uri(rule.code), RULES) for rule in rules},
        failing={rule.code: sum(_lacks(item, rule.code) for item in judged) for rule in rules},
        lacking=[[code for code in item.line.statuses if _lacks(item, code)] for item in judged],
        marks=MARKS,
        words={status: words for status, (words, _) in WORDS.items()},
        teams=_teams(judged),
        choices={
            "owner": sorted({o.name for item in judged for o in item.service.owners}),
            "level": [level for level in (*LEVELS, "none") if levels[level.replace("none", "")]],
        },
    )


def rule_page(rule: RuleInfo, summaries: Summaries) -> str:
    """The body of a rule's page: its advice, and how the services stand."""
    judged = [item for item in _judged(summaries) if rule.code in item.line.statuses]
    by_status = {
        status: [item.service for item in judged if item.line.statuses[rule.code] == status]
        for status in ("error", "fail", "warn", "exempt", "manual", "pass", "na")
    }
    return _render(
        "fleet_rule.html.j2",
        page=rule_uri(rule.code),
        rule=rule,
        advice=[(heading, Markup(clean(_html(text)))) for heading, text in rule.advice],  # noqa: S704 - cleaned
        by_status=[(WORDS[status], found) for status, found in by_status.items() if found],
        numbers=[(WORDS[status][0], len(found)) for status, found in by_status.items() if found],
        handbook=relative_url(rule.page, rule_uri(rule.code)) if rule.page else "",
        matrix=relative_url(RULES, rule_uri(rule.code)),
    )


def _judged(summaries: Summaries) -> list[Judged]:
    found = [Judged(item, item.readiness) for item in summaries if item.readiness]
    return sorted(found, key=lambda item: (item.service.name.casefold(), item.service.slug))


def _lacks(item: Judged, code: str) -> bool:
    status = item.line.statuses.get(code, "na")
    return status not in MEETS or status == "warn"


def _teams(judged: Sequence[Judged]) -> list[Team]:
    by_name: dict[str, list[str]] = {}
    for item in judged:
        name = item.service.owners[0].name if item.service.owners else ""
        by_name.setdefault(name, []).append(item.line.level)
    return [
        Team(name, len(levels), Counter(levels))
        for name, levels in sorted(by_name.items(), key=lambda pair: pair[0].casefold())
    ]


def _html(text: str) -> str:
    return markdown.markdown(text, extensions=["fenced_code", "tables", "sane_lists"])


def _render(template: str, **values: object) -> str:
    return environment().get_template(template).render(**values)
