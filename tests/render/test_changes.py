"""The changes page: commits, tags, changelog, API differences, activity."""

from __future__ import annotations

from typing import Any

from handbook.model.api import ApiChange, ApiChanges
from handbook.model.facts import Absent, Broken, Found, Origin, Problem
from handbook.model.history import (
    Change,
    Changelog,
    ChangelogSection,
    History,
    MonthCount,
    Release,
)
from handbook.render.changes import render_changes

REPO = "https://github.com/acme/risk"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
DATE = "2026-03-02T10:00:00+01:00"
MONTHS = tuple(MonthCount(f"2025-{at:02d}", at) for at in range(1, 13))


def found(**values: Any) -> Found[History]:
    known = {"changes": (), "commits": 3, "complete": True, "updated": DATE, "created": DATE}
    return Found(History(**{**known, **values}), Origin(REPO, COMMIT))


def changelog(text: str, kind: str = "md", path: str = "docs/CHANGELOG.md") -> Changelog:
    sections = (ChangelogSection("1.0.0 - 2026-01-01", text, 3), ChangelogSection("0.9", text, 9))
    return Changelog(Origin(REPO, COMMIT, path), kind, sections, more=True)  # type: ignore[arg-type]


def test_commits_and_tags_link_to_the_forge(context: Any, checked: Any) -> None:
    changes = (
        Change("a" * 40, DATE, "Fix `score` :bug: <b>", "Jane <Roe>", release="v1.1"),
        Change("b" * 40, DATE, "Bump", "renovate[bot]", bot=True),
    )
    releases = (Release("v1.1", "a" * 40, DATE), Release("v1.0#x", "c" * 40, DATE))
    (page,) = render_changes(found(changes=changes, releases=releases), None, context()).pages
    html = checked(page.html)
    assert f"{REPO}/commit/{'a' * 40}" in html.links
    assert f"{REPO}/releases/tag/v1.0%23x" in html.links
    assert f"{REPO}/compare/{'c' * 40}...{'a' * 40}" in html.links
    assert "<code>score</code> 🐛 &lt;b&gt;" in page.html
    assert "Jane &lt;Roe&gt;" in page.html
    assert '<time datetime="2026-03-02T10:00:00+01:00">2 Mar 2026</time>' in page.html
    assert page.updated == DATE


def test_activity_is_a_labelled_drawing_without_script(context: Any, checked: Any) -> None:
    (page,) = render_changes(found(activity=MONTHS), None, context()).pages
    html = checked(page.html)
    assert html.tags.count("rect") == 12
    assert 'role="img" aria-label="Commits a month: Jan 2025 1, Feb 2025 2,' in page.html
    assert "3 commits since 2 Mar 2026 . Bars: each month from Jan 2025 to Dec 2025." in html.words


def test_the_changelog_is_rendered_below_the_pages_own_headings(context: Any, checked: Any) -> None:
    text = (
        "### Added\n\n- [a](../a.md#x), [b](b.md), [c](https://example.org), ![p](p.png)\n\n# Top"
    )
    ctx = context(published={"docs/b.md": "docs/b/"})
    (page,) = render_changes(found(changelog=changelog(text)), None, ctx).pages
    html = checked(page.html)
    assert f"{REPO}/blob/{COMMIT}/a.md#x" in html.links
    assert "../docs/b/" in html.links
    assert "https://example.org" in html.links
    assert html.tags.count("h1") == 1
    assert [(item.level, item.anchor) for item in page.toc] == [
        (1, "changes"),
        (2, "changelog"),
        (3, "release-1.0.0"),
        (3, "release-0.9"),
    ]
    assert page.edit_url == f"{REPO}/edit/main/docs/CHANGELOG.md"


def test_a_changelog_that_is_a_page_is_linked_as_one(context: Any, checked: Any) -> None:
    ctx = context(published={"docs/CHANGELOG.md": "docs/changelog/"})
    (page,) = render_changes(found(changelog=changelog("a")), None, ctx).pages
    assert "../docs/changelog/" in checked(page.html).links


def test_hostile_changelogs_are_harmless(context: Any, checked: Any) -> None:
    texts = {
        "md": "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))\n\n"
        '<h1 id="changes" onclick=a()>x</h1>\n\n### <a id="commits">y</a>',
        "rst": ".. raw:: html\n\n   <script>alert(1)</script>\n\n.. include:: /etc/passwd\n",
        "txt": "</pre><script>alert(1)</script>",
    }
    for kind, text in texts.items():
        history = found(
            changelog=changelog(text, kind), changes=(Change("a" * 40, DATE, "x", "y"),)
        )
        (page,) = render_changes(history, None, context()).pages
        html = checked(page.html)
        assert "root:" not in html.words


def test_api_differences_lead_to_the_reference(context: Any, checked: Any) -> None:
    many = tuple(
        ApiChange(f"field {at} was added", api="api/", anchor="schema-a") for at in range(300)
    )
    changes = ApiChanges(
        old="v1.0",
        new="v1.1",
        old_sha="b" * 40,
        new_sha="a" * 40,
        added=many,
        removed=(ApiChange("is gone", "GET /old"),),
        breaking=(ApiChange("<b> is required now", "POST /score", "api/main/", "op-score"),),
    )
    (page,) = render_changes(found(), Found(changes, Origin(REPO, COMMIT)), context()).pages
    html = checked(page.html)
    assert "../api/main/#op-score" in html.links
    assert "../api/#schema-a" in html.links
    assert f"{REPO}/compare/{'b' * 40}...{'a' * 40}" in html.links
    assert "… and 100 more" in html.words
    assert page.html.index("Breaking") < page.html.index("Removed") < page.html.index("Added")


def test_no_difference_is_said(context: Any, checked: Any) -> None:
    changes = Found(ApiChanges("v1", "v2", "b" * 40, "a" * 40), Origin(REPO, COMMIT))
    (page,) = render_changes(found(), changes, context()).pages
    assert "The API definitions are the same in both." in checked(page.html).words


def test_absent_has_no_page_and_problems_come_along(context: Any) -> None:
    problem = Problem("unreadable", Origin(REPO, COMMIT))
    assert render_changes(Absent(("commits",)), None, context()).pages == ()
    assert render_changes(Broken(problem), None, context()).problems == (problem,)
    section = render_changes(found(), Broken(problem), context())
    assert section.problems == (problem,)
    assert "api-changes" not in section.pages[0].html
