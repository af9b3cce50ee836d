"""What pages of practice say by themselves: rules, what these look at, how services stand."""

from __future__ import annotations

from typing import Any

from handbook.model.readiness import RuleInfo, Status
from handbook.model.summary import ReadinessLine, ServiceSummary
from handbook.render import practice
from handbook.render.practice import held_to

PAGE = "run/alerts/"
RULES = (
    RuleInfo(
        "MON02",
        "Alerts on what users feel.",
        "silver",
        page="run/alerts/#alerts",
        advice=(("What it does", "Reads `*.yaml` for rules.\n\nMore of it."), ("Why", "Because.")),
    ),
    RuleInfo("MON09", "Nobody has it.", "gold", page="run/alerts/"),
    RuleInfo("RUN01", "Elsewhere.", "gold", page="run/alerts-too/"),
)


def service(name: str, status: Status) -> ServiceSummary:
    line = ReadinessLine("", "bronze", 0, 1, 0, {"MON02": status})
    return ServiceSummary(name.strip("<>"), name, readiness=line)


FLEET = (
    service("score", "pass"),
    service("rank", "warn"),
    service("batch", "na"),
    *(service(f"<late-{number}>", "fail") for number in range(7)),
    ServiceSummary("new", "new"),
)


def test_only_rules_of_the_page_hold_to_it() -> None:
    held = held_to(RULES, FLEET, PAGE)
    assert [item.rule.code for item in held] == ["MON02", "MON09"]
    assert held[0].said == "1 met, 1 could be better, 7 not met"
    assert (held[0].met, held[0].applicable) == (2, 9)
    assert [item.name for item in held[0].lacking] == [f"<late-{number}>" for number in range(5)]
    assert held[0].more == 2
    assert held[1].applicable == 0


def test_the_page_says_what_is_looked_at(checked: Any) -> None:
    html = practice.checked(held_to(RULES, FLEET, PAGE))
    checked(html)
    assert "Reads <code>*.yaml</code> for rules." in html
    assert "More of it" not in html
    assert 'href="../../services/readiness/mon02/"' in html
    assert "Silver" in html


def test_the_page_says_how_services_stand(checked: Any) -> None:
    html = practice.standing(held_to(RULES, FLEET, PAGE), PAGE, services=10)
    checked(html)
    assert "2 of 9 services meet it; not yet:" in html
    assert '<a href="../../services/late-0/readiness/#mon02">&lt;late-0&gt;</a>' in html
    assert 'and <a href="../../services/readiness/?rule=MON02">2 more</a>' in html
    assert "applies to no service of this catalogue" in html
    assert 'hb-stand__part--bad" x="2" width="7"' in html


def test_pages_without_rules_or_services_say_so(checked: Any) -> None:
    nothing = held_to(RULES, FLEET, "run/cost/")
    for html in (practice.checked(nothing), practice.standing(nothing, "run/cost/", services=10)):
        checked(html)
        assert "No rule" in html or "no rule" in html
    html = practice.standing(held_to(RULES, (), PAGE), PAGE, services=0)
    assert "No service of this catalogue has been judged yet" in html


def test_the_title_names_the_rules(checked: Any) -> None:
    held = held_to(RULES, FLEET, PAGE)
    for html in (practice.codes(held), practice.box(held)):
        checked(html)
        assert 'href="../../services/readiness/mon02/"' in html
