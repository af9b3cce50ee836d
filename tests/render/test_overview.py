"""The front page: title, facts, notices, README."""

from __future__ import annotations

from typing import Any

import pytest

from handbook.model.facts import Origin, Problem
from handbook.model.history import History, Release
from handbook.model.overview import OverviewFacts
from handbook.model.package import BaseImage, LanguageShare, Package, PackageInfo
from handbook.model.pages import Page, TocItem
from handbook.model.people import Mention, Owner, Owners
from handbook.model.summary import ApiLine, Counts
from handbook.render.overview import render_overview

REPO = "https://github.com/acme/risk"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ORIGIN = Origin(REPO, COMMIT, "CODEOWNERS", 2)
DATE = "2026-03-02T10:00:00+01:00"
FACTS = OverviewFacts(
    owners=Owners((Owner("@acme/risk", "team", (Mention("CODEOWNERS", "owner", ORIGIN),)),)),
    history=History((), 3, True, DATE, releases=(Release("v1.1", "a" * 40, DATE),)),
    package=PackageInfo(
        (LanguageShare("Python", 90, 0.9), LanguageShare("Go", 10, 0.1)),
        (Package("Python", Origin(REPO, COMMIT, "pyproject.toml"), "risk", "1.1"),),
        (BaseImage("python:3.12@sha256:0123", Origin(REPO, COMMIT, "Dockerfile", 1)),),
    ),
    apis=(ApiLine("Risk", "1", 12, "api/"),),
    counts=Counts(docs=4, operations=12, modules=7),
    sections=(("Docs", "docs/"), ("API", "api/"), ("Reference", "reference/")),
)


def readme(html: str) -> Page:
    toc = (TocItem(1, "risk", "Risk"),)
    return Page("", "Risk service", html, "docs", toc, "Scores.", "edit", "view", "2026-01-01")


def test_the_panel_says_what_is_known(context: Any, checked: Any) -> None:
    ctx = context(system="money", lifecycle="production", tags=("ml", "<b>"), description="Scores.")
    page = render_overview(readme('<h1 id="risk">Risk service</h1><p>Hi</p>'), FACTS, ctx)
    html = checked(page.html)
    for words in (
        "Owner risk",
        "System money",
        "Language Python 90%, Go 10%",
        "Lifecycle production",
        "Version 1.1",
        "Repository acme/ risk",  # may be broken there
        "Branch main",
        "Commit 0123456789",
        "Last change 2 Mar 2026",
        "Latest tag v1.1, 2 Mar 2026",
        "API 12 operations",
        "Documentation 4 pages",
        "Reference 7 modules",
        "Built on python:3.12 Declared in catalog.yml:7",
        "ml <b>",
    ):
        assert words in html.words
    assert f"{REPO}/commit/{COMMIT}" in html.links
    assert {"owners/", "changes/", "docs/", "api/", "reference/"} <= set(html.links)
    assert (page.uri, page.kind, page.title, page.edit_url) == ("", "overview", "Risk", "edit")


def test_what_is_not_known_is_left_out(context: Any, checked: Any) -> None:
    words = checked(render_overview(None, OverviewFacts(), context(branch="")).html).words
    for label in ("Owner", "System", "Language", "Branch", "Last change", "API", "Documentation"):
        assert label not in words


@pytest.mark.parametrize(
    ("html", "order"),
    [
        ('<h1 id="risk">Risk</h1><p>Hi</p>', ["<h1", "hb-facts", "Hi"]),
        ('<p>logo</p><h1 id="risk">Risk</h1><p>Hi</p>', ["logo", "<h1", "hb-facts", "Hi"]),
        (
            '<div align="center"><h1 id="risk">Risk<br></h1><p>badge</p></div><p>Hi</p>',
            ["<h1", "badge", "</div>", "hb-facts", "Hi"],
        ),
        ('<div><h1 id="risk">Risk</h1>' + "<p>all</p>" * 900 + "</div>", ["hb-facts", "<h1"]),
        ("<p>Hi</p>", ['<h1 id="service">Risk</h1>', "hb-facts", "Hi"]),
    ],
)
def test_the_facts_follow_the_title(
    html: str, order: list[str], context: Any, checked: Any
) -> None:
    page = render_overview(readme(html), OverviewFacts(), context())
    assert checked(page.html).tags.count("h1") == 1
    places = [page.html.index(part) for part in order]
    assert places == sorted(places)


def test_a_service_without_readme_says_how_to_add_one(context: Any, checked: Any) -> None:
    page = render_overview(None, FACTS, context(path="services/risk"))
    html = checked(page.html)
    assert "This service has no README. Add services/risk/README.md to its repo" in html.words
    assert f"{REPO}/tree/main/services/risk" in html.links
    assert (page.title, page.updated) == ("Risk", DATE)
    assert page.toc == (TocItem(1, "service", "Risk"),)


def test_stale_and_unavailable_are_said(context: Any, checked: Any) -> None:
    ctx = context(stale=True, problem="host <gone>", fetched="2026-03-03T00:00:00Z")
    words = checked(render_overview(readme("<p>Hi</p>"), FACTS, ctx).html).words
    assert "Out of date The repository could not be fetched: host <gone>" in words
    assert "What you see is commit 0123456789 , fetched 3 Mar 2026" in words
    ctx = context(commit="", branch="", problem="never fetched")
    words = checked(render_overview(None, OverviewFacts(), ctx).html).words
    assert "There is nothing to show yet. This service's repo was never fetched." in words
    assert "no README" not in words


def test_notices_are_folded_with_a_link_to_each_line(context: Any, checked: Any) -> None:
    problems = tuple(
        Problem(f"<i>{at}", Origin(REPO, COMMIT, "docs/a.md", at + 1), hint="Mend it.")
        for at in range(120)
    )
    page = render_overview(readme("<p>Hi</p>"), FACTS, context(), problems)
    html = checked(page.html)
    assert "120 notices about this service" in html.words
    assert "warning <i>0 Mend it. docs/a.md:1" in html.words
    assert "… and 20 more." in html.words
    assert f"{REPO}/blob/{COMMIT}/docs/a.md#L5" in html.links
    assert page.html.count("<li>") == 100


def test_the_same_facts_give_the_same_bytes(context: Any) -> None:
    pages = [render_overview(readme("<p>Hi</p>"), FACTS, context()).html for _ in range(2)]
    assert pages[0] == pages[1]


def test_nothing_of_this_machine_is_shown_for_a_local_repo(context: Any, checked: Any) -> None:
    page = render_overview(None, FACTS, context("/home/someone/repos/risk.git"))
    assert "Repository risk" in checked(page.html).words
    assert "someone" not in page.html
