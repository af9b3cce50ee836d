"""The matrix of services and rules, and the page of a rule."""

from __future__ import annotations

from typing import Any

from handbook.check import rules
from handbook.model.readiness import RuleInfo, Status
from handbook.model.summary import OwnerLine, ReadinessLine, ServiceSummary
from handbook.render.fleetreadiness import readiness_page, rule_page

DAY = "2026-03-10"
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


def test_each_service_has_a_row_with_a_sign_for_each_rule(checked: Any) -> None:
    html = readiness_page(FLEET, RULES, DAY)
    checked(html)
    risk = next(row for row in html.split("<tr ") if ">Risk</a>" in row)
    assert 'data-rule="MON02"' in risk
    assert '<span aria-hidden="true">●</span>' in risk
    assert '<span aria-hidden="true"><b>×</b></span>' in risk
    assert "of 2: MON02" in risk, "what is lacking is said, not only drawn"
    assert html.count("data-rule=") == 3, "a service that was not judged has no row"


def test_who_has_most_to_do_comes_first() -> None:
    html = readiness_page(FLEET, RULES, DAY)
    assert html.index(">Old</a>") < html.index(">Risk</a>") < html.index(">Pay</a>")


def test_an_announced_rule_has_columns_of_its_own(checked: Any) -> None:
    later = RuleInfo("SHIP05", "Rollback.", "bronze", counts_from="2026-09-01")
    html = readiness_page(FLEET, (*RULES, later), DAY)
    checked(html)
    assert html.index("Bronze</span>") < html.index("Announced</span>")
    assert "1 rule is announced" in html
    assert "Announced</span>" not in readiness_page(FLEET, (*RULES, later), "2026-09-01")


def test_teams_and_rules_are_summed_up() -> None:
    html = readiness_page(FLEET, RULES, DAY)
    assert "1 service lacks it" in html
    assert '<th scope="row"><a href="teams/nobody/">nobody</a></th>' in html
    assert 'href="mon02/"' in html


def test_a_matrix_grows_by_a_few_bytes_for_each_pair() -> None:
    def size(services: int, count: int) -> int:
        known = [RuleInfo(f"DOC{n:02}", "T", "bronze") for n in range(count)]
        line = ReadinessLine("", "bronze", 0, 1, 0, {rule.code: "pass" for rule in known})
        fleet = [ServiceSummary(f"s{n}", f"S{n}", readiness=line) for n in range(services)]
        return len(readiness_page(fleet, known, DAY))

    pairs = size(40, 50) - size(20, 50) - (size(40, 10) - size(20, 10))
    assert pairs / (20 * 40) < 6


def test_a_rule_says_why_and_who_lacks_it(checked: Any) -> None:
    html = rule_page(RULES[0], FLEET, DAY)
    checked(html)
    assert "<em>night</em>" in html
    assert html.index("Not met: 1 service") < html.index("Met: 2 services")
    assert 'href="../../risk/readiness/#doc03"' in html
    assert 'href="../../../run/alerts/#classes"' in rule_page(RULES[1], FLEET, DAY)


def test_an_empty_fleet_has_pages_too(checked: Any) -> None:
    checked(readiness_page((), RULES, DAY))
    checked(rule_page(RULES[0], (), DAY))


def test_every_real_rule_can_be_shown(checked: Any) -> None:
    for rule in rules().values():
        checked(rule_page(rule.info(), FLEET, DAY))
