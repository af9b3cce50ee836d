"""The owners page: who, why, and where it is said."""

from __future__ import annotations

from typing import Any

from handbook.model.facts import Absent, Broken, Found, Origin, Problem
from handbook.model.people import Committer, Mention, Owner, Owners
from handbook.render.owners import render_owners

REPO = "https://github.com/acme/risk"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def place(path: str, line: int) -> Origin:
    return Origin(REPO, COMMIT, path, line)


def mention(path: str = "CODEOWNERS", line: int = 2, **values: Any) -> Mention:
    return Mention("CODEOWNERS", values.pop("role", "owner"), place(path, line), **values)


def found(*owners: Owner, **values: Any) -> Found[Owners]:
    return Found(
        Owners(owners, searched=("catalog.yml", "CODEOWNERS"), **values), Origin(REPO, COMMIT)
    )


def test_each_owner_links_to_its_profile_and_to_the_line_that_says_it(
    context: Any, checked: Any
) -> None:
    team = Owner("@acme/risk", "team", (mention(rule="*"),), "@acme/risk")
    jane = Owner("Jane Roe", "person", (mention(line=3),), "@jroe")
    (page,) = render_owners(found(team, jane), context()).pages
    html = checked(page.html)
    assert "https://github.com/orgs/acme/teams/risk" in html.links
    assert "https://github.com/jroe" in html.links
    assert f"{REPO}/blob/{COMMIT}/CODEOWNERS#L2" in html.links
    assert f"{REPO}/blob/{COMMIT}/CODEOWNERS#L3" in html.links
    assert "Risk belongs to @acme/risk" in html.words
    assert page.uri == "owners/"
    assert page.edit_url == f"{REPO}/edit/main/CODEOWNERS"
    assert {item.anchor for item in page.toc} <= set(html.ids)


def test_the_catalogue_is_named_without_a_link(context: Any, checked: Any) -> None:
    said = Mention("catalogue", "owner", Origin("", "", "catalog.yml", 7))
    (page,) = render_owners(found(Owner("team-risk", "team", (said,))), context()).pages
    html = checked(page.html)
    assert "owner in the handbook's catalogue, catalog.yml:7" in html.words
    assert not any("catalog.yml" in link for link in html.links)
    assert page.edit_url == ""


def test_parts_and_authors_have_tables_of_their_own(context: Any, checked: Any) -> None:
    both = Owner(
        "@acme/risk", "team", (mention(rule="*"), mention(line=4, rule="*.sql", whole=False))
    )
    part = Owner("@acme/data", "team", (mention(line=5, rule="/db/", whole=False, section="Data"),))
    author = Owner("Jane Roe", "person", (mention("pyproject.toml", 3, role="author"),))
    (page,) = render_owners(found(both, part, author), context()).pages
    html = checked(page.html)
    assert [item.anchor for item in page.toc if item.level == 2] == [
        "responsible",
        "parts",
        "authors",
        "sources",
    ]
    assert "section Data, for /db/" in html.words
    assert html.words.count("*.sql") == 1


def test_nobody_named_is_a_notice_with_the_next_step(context: Any, checked: Any) -> None:
    author = Owner("Jane Roe", "person", (mention("pyproject.toml", 3, role="author"),))
    (page,) = render_owners(found(author), context()).pages
    assert "Nobody is named as owner of Risk." in checked(page.html).words
    assert "CODEOWNERS" in page.html


def test_names_with_html_in_them_are_text(context: Any, checked: Any) -> None:
    name = "<img src=x onerror=alert(1)>\"'</td>"
    evil = Owner(name, "person", (mention(rule=name, section=name),), "@javascript:alert(1)")
    people = (Committer(name, 2, "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"),)
    (page,) = render_owners(found(evil, committers=people), context(name=name)).pages
    html = checked(page.html)
    assert html.words.count("onerror=alert(1)") >= 4
    assert "<img" not in page.html


def test_committers_and_programs_are_apart(context: Any, checked: Any) -> None:
    date = "2026-01-02T00:00:00+00:00"
    people = tuple(Committer(f"Person {at}", 100 - at, date, date) for at in range(25))
    bots = (Committer("renovate[bot]", 1_234, date, date, bot=True),)
    (page,) = render_owners(found(committers=people, bots=bots), context()).pages
    html = checked(page.html)
    assert "5 more committers" in html.words
    assert "1 program with 1,234 commits" in html.words
    assert html.tags.count("time") == 2 * 26


def test_a_local_repo_has_no_links_but_the_same_words(context: Any, checked: Any) -> None:
    owner = Owner(
        "@acme/risk",
        "team",
        (Mention("CODEOWNERS", "owner", Origin("/r", "c", "CODEOWNERS", 2)),),
        "@acme/risk",
    )
    (page,) = render_owners(found(owner), context("/r")).pages
    html = checked(page.html)
    assert "CODEOWNERS:2" in html.words
    assert [link for link in html.links if not link.startswith("#")] == []


def test_absent_has_no_page_and_broken_is_a_problem(context: Any) -> None:
    assert render_owners(Absent(("CODEOWNERS",)), context()).pages == ()
    problem = Problem("unreadable", Origin(REPO, COMMIT))
    section = render_owners(Broken(problem), context())
    assert (section.pages, section.problems) == ((), (problem,))
