"""The matrix of services and rules, and the page of a rule."""

from __future__ import annotations

from typing import Any

from handbook.check import rules
from handbook.model.readiness import RuleInfo, Status
from handbook.model.summary import OwnerLine, ReadinessLine, ServiceSummary
from handbook.render.fleetreadiness import readiness_page, rule_page

RULES = (
    RuleInfo("DOC03", "Maintainers are listed.", "bronze", advice=(("Why", "At *night*."),)),
    RuleInfo("MON02", "Alerts are there.", "silver", page="run/alerts/#classes"),
)


def service(slug: str, level: str, owner: str = "", **statuses: Status) -> ServiceSummary:
    line = ReadinessLine(level, "", 1, 2, 0, dict(statuses))
    owners = (OwnerLine(owner, "team"),) if owner else ()
    return ServiceSummary(slug, slug.title(), commit="c", owners=owners, readiness=line)


FLEET = (
    service("risk", "bronze", "@acme/risk", DOC03="pass", MON02="fail"),
    service("pay", "gold", "@acme/pay", DOC03="pass", MON02="pass"),
    service("old", "", DOC03="fail", MON02="na"),
    ServiceSummary("away", "Away"),
)


def test_each_service_has_a_row_with_a_mark_for_each_rule(checked: Any) -> None:
    html = readiness_page(FLEET, RULES)
    checked(html)
    risk = html[html.index('<tr id="risk"') :].partition("</tr>")[0]
    assert 'data-rule="MON02"' in risk
    assert '<td class="p">●</td><td class="f">○</td>' in risk
    assert "1/2" in risk
    assert html.count("<tr id=") == 3, "a service that was not judged has no row"


def test_teams_and_rules_are_summed_up() -> None:
    html = readiness_page(FLEET, RULES)
    assert "1 service lacks it" in html
    assert '<th scope="row">nobody</th>' in html
    assert 'href="mon02/"' in html


def test_a_matrix_grows_by_a_few_bytes_for_each_pair() -> None:
    def size(services: int, count: int) -> int:
        known = [RuleInfo(f"DOC{n:02}", "T", "bronze") for n in range(count)]
        line = ReadinessLine("", "bronze", 0, 1, 0, {rule.code: "pass" for rule in known})
        fleet = [ServiceSummary(f"s{n}", f"S{n}", readiness=line) for n in range(services)]
        return len(readiness_page(fleet, known))

    pairs = size(40, 50) - size(20, 50) - (size(40, 10) - size(20, 10))
    assert pairs / (20 * 40) < 25


def test_a_rule_says_why_and_who_lacks_it(checked: Any) -> None:
    html = rule_page(RULES[0], FLEET)
    checked(html)
    assert "<em>night</em>" in html
    assert html.index("Not met: 1 service") < html.index("Met: 2 services")
    assert 'href="../../risk/readiness/#doc03"' in html
    assert 'href="../../../run/alerts/#classes"' in rule_page(RULES[1], FLEET)


def test_an_empty_fleet_has_pages_too(checked: Any) -> None:
    checked(readiness_page((), RULES))
    checked(rule_page(RULES[0], ()))


def test_every_real_rule_can_be_shown(checked: Any) -> None:
    for rule in rules().values():
        checked(rule_page(rule.info(), FLEET))
