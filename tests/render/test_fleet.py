"""The pages over all services."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from handbook.model.facts import Origin, Problem
from handbook.model.history import Change, History
from handbook.model.overview import OverviewFacts
from handbook.model.package import LanguageShare, Package, PackageInfo
from handbook.model.people import Mention, Owner, Owners
from handbook.model.summary import ApiLine, ChangeLine, Counts, OwnerLine, ServiceSummary
from handbook.render import fleet
from handbook.render.summary import summarise

PAGES = {
    "services/": fleet.catalogue_page,
    "services/owners/": fleet.owners_page,
    "services/apis/": fleet.apis_page,
    "services/changes/": fleet.changes_page,
    "services/status/": fleet.status_page,
}
EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)>|'"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def service(slug: str = "risk", **values: Any) -> ServiceSummary:
    known = {"name": slug.title(), "commit": COMMIT, "repo": f"https://github.com/acme/{slug}"}
    return ServiceSummary(slug, **{**known, **values})


def evil() -> ServiceSummary:
    origin = Origin("https://github.com/acme/evil", COMMIT, EVIL, 3)
    return service(
        "evil",
        name=EVIL,
        description=EVIL,
        owners=(OwnerLine(EVIL, "person"),),
        system=EVIL,
        lifecycle=EVIL,
        language=EVIL,
        tags=(EVIL,),
        branch=EVIL,
        problem=EVIL,
        stale=True,
        declared=EVIL,
        apis=(ApiLine(EVIL, EVIL, 1, "api/"),),
        recent=(ChangeLine("a" * 40, "2026-01-02T00:00:00+00:00", EVIL, EVIL, "", EVIL),),
        notices=(Problem(EVIL, origin, "error", EVIL),),
        counts=Counts(problems=1),
    )


@pytest.mark.parametrize("uri", PAGES)
def test_hostile_names_are_text(uri: str, checked: Any) -> None:
    html = checked(PAGES[uri]([evil(), service()]))
    assert "onerror=alert(1)" in html.words or uri == "services/owners/"
    assert html.tags.count("h1") == 1


@pytest.mark.parametrize("uri", PAGES)
def test_no_service_at_all_is_a_page_too(uri: str, checked: Any) -> None:
    assert checked(PAGES[uri]([])).words


@pytest.mark.parametrize("uri", PAGES)
def test_the_order_of_services_does_not_matter(uri: str) -> None:
    services = [evil(), service("b", recent=evil().recent), service("a", recent=evil().recent)]
    assert PAGES[uri](services) == PAGES[uri](services[::-1])


def test_the_catalogue_links_sorts_and_filters(checked: Any) -> None:
    services = [
        service(
            "risk",
            owners=(OwnerLine("@acme/risk", "team", "https://github.com/orgs/acme/teams/risk"),),
            system="money",
            language="Python",
            tags=("ml", "a|b"),
            updated="2026-03-02T10:00:00+01:00",
            counts=Counts(docs=4, operations=12),
            apis=(ApiLine("Risk", "1", 12, "api/"),),
        ),
        service("gone", commit="", problem="never fetched"),
    ]
    page = fleet.catalogue_page(services)
    html = checked(page)
    assert {"risk/", "gone/", "risk/api/"} <= set(html.links)
    assert 'data-owner="@acme/risk" data-system="money" data-language="Python"' in page
    assert 'data-tag="ml|a/b" data-state="fresh"' in page
    assert '<form class="hb-filter" data-hb-filter hidden' in page
    assert page.index("<form") < page.index("data-hb-table")
    assert '<option value="fresh">up to date</option>' in page
    assert '<th scope="col" data-sort="date" class="hb-col-date">Updated</th>' in page
    assert '<span class="hb-badge hb-badge--bad">unavailable</span>' in page
    assert '<output data-noun="services"' in page
    assert html.tags.count("select") == 2  # tag and state: of the rest there is one value at most
    assert "Lifecycle" not in html.words


def test_owners_have_their_services_and_nobodys_are_listed(checked: Any) -> None:
    team = OwnerLine("@acme/risk", "team")
    page = fleet.owners_page(
        [
            service("a", owners=(team, OwnerLine("Jane Roe", "person"))),
            service("b", owners=(OwnerLine("@Acme/Risk", "team"),)),
            service("c"),
        ]
    )
    html = checked(page)
    assert 'id="owner-acme-risk"' in page
    assert "@acme/ risk team 2 A , B" in html.words  # may be broken there
    assert "Jane Roe person 1 A" in html.words
    assert "../c/" in html.links
    assert "Nobody is named" in html.words


def test_apis_link_to_their_reference(checked: Any) -> None:
    apis = (ApiLine("Zeta", "2", 1_200, "api/zeta/"), ApiLine("Alpha", "1", 3, "api/alpha/"))
    html = checked(fleet.apis_page([service(apis=apis), service("other")]))
    assert html.links[0] == "../risk/api/alpha/"
    assert "../risk/api/zeta/" in html.links
    assert "definitions 2 operations 1,203 services 1" in html.words


def test_changes_are_by_day_and_a_monorepos_commit_is_there_once(checked: Any) -> None:
    late = ChangeLine("b" * 40, "2026-03-02T23:00:00-05:00", "Late", "Jane", "https://x.example")
    shared = ChangeLine("a" * 40, "2026-03-03T01:00:00+00:00", "Shared", "Jane", release="v2")
    services = [
        service(name, repo="https://github.com/acme/mono", recent=(shared,)) for name in "abcdefg"
    ]
    services.append(service("solo", recent=(late,)))
    page = fleet.changes_page(services)
    html = checked(page)
    assert html.words.count("Shared") == 1
    assert "A , B , C , D , E and 2 more v2 Shared" in html.words
    assert [part for part in html.ids if part.startswith("day-")] == [
        "day-2026-03-03",
        "day-2026-03-02",
    ]


def test_status_tells_what_is_behind_and_what_to_mend(checked: Any) -> None:
    origin = Origin("https://github.com/acme/risk", COMMIT, "docs/a.md", 3)
    notice = Problem("A small thing.", origin, "notice")
    broken = Problem("service:x leads to no page.", origin, "warning", "Mend the path.")
    services = [
        service("risk", notices=(notice,), counts=Counts(problems=5)),
        service("old", stale=True, problem="host is down", fetched="2026-01-02T00:00:00Z"),
        service("gone", commit="", problem="never fetched"),
    ]
    html = checked(fleet.status_page(services, {"risk": (broken,)}))
    assert "Old out of date host is down commit 0123456789 2 Jan 2026" in html.words
    assert "Gone unavailable never fetched nothing" in html.words
    assert "Risk: 6 notices warning" in html.words
    assert html.words.index("service:x") < html.words.index("A small thing.")
    assert f"https://github.com/acme/risk/blob/{COMMIT}/docs/a.md#L3" in html.links
    assert "… and 4 more." in html.words


def test_a_summary_holds_what_the_pages_need(context: Any) -> None:
    snapshot = replace(context().snapshot, fetched="2026-03-03T00:00:00Z")
    origin = Origin("https://github.com/acme/risk", COMMIT, "CODEOWNERS", 1)
    part = Owner("@acme/data", "team", (Mention("CODEOWNERS", "owner", origin, "/db/", False),))
    whole = Owner("Jane Roe", "person", (Mention("OWNERS", "owner", origin),), "@jroe")
    author = Owner("Max Moe", "person", (Mention("package metadata", "author", origin),))
    facts = OverviewFacts(
        owners=Owners((part, whole, author)),
        history=History((Change("a" * 40, "2026-03-02", "Fix", "Jane"),), 1, True, "2026-03-02"),
        package=PackageInfo(
            (LanguageShare("Go", 5, 1.0),),
            (Package("Go", Origin("", "", "web/go.mod"), description="of a part"),),
        ),
        counts=Counts(docs=2),
    )
    problem = Problem("x", origin)
    summary = summarise(snapshot, facts, (problem,) * 150, "From the README.")
    assert [owner.name for owner in summary.owners] == ["Jane Roe", "@acme/data"]
    assert [owner.name for owner in summary.maintainers] == ["@acme/data", "Jane Roe", "Max Moe"]
    assert summary.owners[0].url == "https://github.com/jroe"
    assert summary.description == "From the README."
    assert (summary.language, summary.updated, summary.state) == ("Go", "2026-03-02", "fresh")
    assert (len(summary.notices), summary.counts) == (100, Counts(docs=2, problems=150))
    assert summary.recent[0].url == f"https://github.com/acme/risk/commit/{'a' * 40}"
    assert summarise(replace(snapshot, commit="", problem="no")).state == "unavailable"
