"""Pages of teams and announced rules, and the drawings of the trend."""

from __future__ import annotations

from collections import Counter
from typing import Any

from handbook.model.readiness import RuleInfo, Status
from handbook.model.summary import OwnerLine, ReadinessLine, ServiceSummary
from handbook.model.trend import Mark, Point, Trend
from handbook.render.teamreadiness import campaigns_page, team_page, teams_of
from handbook.render.trendplot import draw_course, draw_levels

DAY = "2026-03-10"
RULES = (
    RuleInfo("DOC03", "Maintainers are listed.", "bronze"),
    RuleInfo("SHIP05", "There is a way back.", "bronze", counts_from="2026-03-20"),
)
POINTS = (
    Point("2026-03-01", Counter({"bronze": 2, "": 1})),
    Point("2026-03-05", Counter({"gold": 1, "bronze": 2})),
)


def service(slug: str, owner: str = "", **statuses: Status) -> ServiceSummary:
    lacks = tuple(code for code, status in statuses.items() if status == "fail")
    line = ReadinessLine("" if lacks else "gold", "bronze", 1, 2, 0, dict(statuses), lacks)
    owners = (OwnerLine(owner, "team"),) if owner else ()
    return ServiceSummary(slug, slug.title(), owners=owners, readiness=line)


FLEET = (
    service("risk", "@acme/risk", DOC03="fail", SHIP05="fail"),
    service("score", "risk", DOC03="pass", SHIP05="pass"),
    service("<b>", "", DOC03="pass", SHIP05="na"),
)


def test_a_team_has_one_page_however_it_is_written(checked: Any) -> None:
    teams = teams_of(FLEET)
    assert list(teams) == ["services/readiness/teams/risk/", "services/readiness/teams/nobody/"]
    uri, items = next(iter(teams.items()))
    trend = Trend(teams={"risk": POINTS}, services={"risk": (("2026-03-01", Mark("", 1, 4)),)})
    html = team_page(uri, items, RULES, DAY, trend)
    checked(html)
    assert '<tr id="risk">' in html
    assert 'href="../../../risk/readiness/#doc03"' in html, "what comes next is said"
    assert "1 of 4 rules met on 1 Mar 2026" in html
    assert "<polygon" in html
    checked(
        team_page("services/readiness/teams/nobody/", teams[list(teams)[1]], RULES, DAY, Trend())
    )


def test_a_campaign_says_who_is_ready_and_how_long_is_left(checked: Any) -> None:
    html = campaigns_page(FLEET, RULES, DAY)
    checked(html)
    assert "10 days left" in html
    assert "1 of 2 services meet it already, 1 to go" in html
    assert 'href="../../risk/readiness/#ship05"' in html
    assert "doc03" not in html, "what counts already is no campaign"
    assert "No rule is announced" in campaigns_page(FLEET, RULES, "2026-03-20")


def test_a_plot_says_its_numbers(checked: Any) -> None:
    html = draw_levels(POINTS, DAY, "Services by level")
    assert html
    words = checked(html).words
    assert 'aria-label="Services by level: gold from 0 to 1, bronze from 2 to 2' in html
    assert "1 gold" in words
    assert "no level yet" in words, "it was there at the start"


def test_there_is_no_plot_before_the_second_day() -> None:
    assert draw_levels(POINTS[:1], "2026-03-01", "T") is None
    assert draw_levels((), DAY, "T") is None
    assert draw_course((("2026-03-10", Mark("", 1, 2)),), DAY) == ""


def test_years_of_history_stay_a_small_drawing() -> None:
    points = [
        Point(f"{year}-{month:02}-{day:02}", Counter({"gold": day, "": month}))
        for year in range(2020, 2026)
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    html = draw_levels(points, DAY, "T")
    assert html
    assert len(html) < 25_000
