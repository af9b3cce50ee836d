"""Pages of a service: kinds, titles, dates, navigation, notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handbook.model.docs import Doc, Docs
from handbook.model.limits import Limits
from handbook.model.pages import NavItem, Section
from handbook.model.service import Service, Snapshot
from handbook.render.context import RenderContext
from handbook.render.docs import published_map, render_docs
from handbook.render.forge import Forge
from handbook.tree import Commit, MemoryTree

Render = Callable[..., Section]
_AT = "0123456789abcdef0123456789abcdef01234567"


def outline(items: tuple[NavItem, ...]) -> list[Any]:
    return [
        (item.title, item.uri, outline(item.children)) if item.children else (item.title, item.uri)
        for item in items
    ]


def commit(author: str, date: str) -> Commit:
    return Commit("0" * 40, f"{date}T01:00:00+00:00", f"{date}T02:00:00+00:00", author, "k", "s")


def test_kinds_addresses_and_links_to_the_source(section: Render) -> None:
    made = section({"README.md": "# Risk", "docs/a.md": "# A"})
    front, page = made.pages
    assert (front.uri, front.kind, front.title) == ("", "overview", "Risk")
    assert (page.uri, page.kind, page.title) == ("docs/a/", "docs", "A")
    assert page.edit_url == "https://github.com/acme/risk/edit/main/docs/a.md"
    assert page.view_url == f"https://github.com/acme/risk/blob/{_AT}/docs/a.md"


def test_dates_and_authors_come_from_history(section: Render) -> None:
    first, last = commit("Team Risk", "2024-01-02"), commit("Team Data", "2026-03-04")
    made = section(
        {"README.md": "# T", "docs/a.md": "# A", "docs/b.md": "# B"},
        dates={"docs/a.md": (first, last), "README.md": (first, first)},
    )
    front, a, b = made.pages
    assert (a.created[:10], a.updated[:10]) == ("2024-01-02", "2026-03-04")
    assert a.authors == ("Team Risk", "Team Data")
    assert front.authors == ("Team Risk",)
    assert (b.created, b.updated, b.authors) == ("", "", ())


@pytest.mark.parametrize(
    ("path", "text", "title"),
    [
        ("docs/first-steps.md", "# Real title", "Real title"),
        ("docs/first-steps.md", "text", "First steps"),
        ("docs/first-steps.md", "---\ntitle: Given\n---\n# Real", "Given"),
        ("docs/01-guide/index.md", "text", "Guide"),
        ("docs/a.rst", "Title\n=====\n\ntext", "Title"),
    ],
)
def test_title_of_a_page(section: Render, path: str, text: str, title: str) -> None:
    made = section({"README.md": "# T", path: text})
    assert made.pages[1].title == title


def test_a_readme_without_a_title_has_the_services_name(section: Render) -> None:
    made = section({"README.md": "---\ntitle: Home\n---\ntext"})
    assert made.pages[0].title == "Risk"
    assert made.pages[0].html.count("<h1") == 1


def test_front_matter_reaches_the_page(section: Render) -> None:
    text = "---\ndescription: Short.\nhide: [toc]\n---\n# A\n\nThe first words of this page."
    made = section({"README.md": "# T", "docs/a.md": text, "docs/b.md": text.split("---\n")[2]})
    assert made.pages[1].description == "Short."
    assert made.pages[1].hide == ("toc",)
    assert made.pages[2].description == "The first words of this page."


def test_navigation_with_index_pages(section: Render) -> None:
    files = {
        name: "# " + name.rpartition("/")[2][:-3].title()
        for name in ("docs/index.md", "docs/a.md", "docs/guide/index.md", "docs/guide/b.md")
    }
    made = section({"README.md": "# T", **files, "docs/more/c.md": "# C"})
    assert outline(made.nav) == [
        (
            "Docs",
            "docs/",
            [
                ("A", "docs/a/"),
                ("Guide", "docs/guide/", [("B", "docs/guide/b/")]),
                ("More", None, [("C", "docs/more/c/")]),
            ],
        )
    ]


def test_navigation_as_the_repo_wrote_it(section: Render) -> None:
    config = "nav:\n  - Start: a.md\n  - b.md\n  - Deep:\n    - a.md\n"
    files = {"mkdocs.yml": config, "docs/a.md": "# A", "docs/b.md": "# B", "README.md": "# T"}
    assert outline(section(files).nav) == [
        (
            "Docs",
            None,
            [("Start", "docs/a/"), ("B", "docs/b/"), ("Deep", None, [("A", "docs/a/")])],
        )
    ]


def test_one_page_needs_no_group_and_none_no_navigation(section: Render) -> None:
    assert outline(section({"README.md": "# T", "docs/a.md": "# A"}).nav) == [("Docs", "docs/a/")]
    assert section({"README.md": "# T"}).nav == ()


def test_a_page_that_cannot_be_shown_says_so_and_where_it_is(section: Render) -> None:
    made = section({"README.md": "# T", "docs/a.md": ""}, unfetched=["docs/a.md"])
    html = made.pages[1].html
    assert html.startswith('<h1 id="a">A')
    assert 'class="admonition warning hb-notice"' in html
    assert f'href="https://github.com/acme/risk/blob/{_AT}/docs/a.md"' in html


def test_an_empty_page_says_so(section: Render) -> None:
    made = section({"README.md": "---\ntitle: x\n---\n", "docs/a.md": "\n \n"})
    assert made.pages[0].html.count("<h1") == 1
    assert "The file is empty" in made.pages[1].html


def test_notes_name_file_and_line_of_the_file(section: Render) -> None:
    text = f"---\ntitle: T\n---\n# T\n\n{'[' * 3000}\n"
    made = section({"README.md": text})
    (problem,) = made.problems
    assert (problem.level, problem.origin.path, problem.origin.line) == ("error", "README.md", 6)
    assert problem.hint
    assert "(line 6)" in made.pages[0].html
    assert "Not shown in full" in made.pages[0].html


def test_links_between_flavours_and_formats(section: Render) -> None:
    made = section(
        {"README.rst": "T\n=\n\n`a <docs/a.md>`_\n", "docs/a.md": "# A\n\n[t](../README.rst#t)\n"}
    )
    assert 'href="docs/a/"' in made.pages[0].html
    assert 'href="../../#t"' in made.pages[1].html
    assert made.problems == ()


def test_published_map() -> None:
    readme = Doc("README.md", "docs/intro.md", "", "github")
    page = Doc("docs/a.md", "docs/a.md", "docs/a/", "github")
    docs = Docs(readme, (page,), aliases={"docs/intro.md": ""})
    assert published_map(docs) == {"README.md": "", "docs/intro.md": "", "docs/a.md": "docs/a/"}


def test_other_pages_of_the_service_can_be_linked() -> None:
    tree = MemoryTree({"README.md": "# T\n\n[API](openapi.yaml)", "openapi.yaml": ""})
    service = Service("Risk", "risk", tree.repo)
    snapshot = Snapshot(service, "", tree.commit)
    ctx = RenderContext(snapshot, Forge("", ""), Limits(), {"openapi.yaml": "api/"})
    docs = Docs(Doc("README.md", "README.md", "", "github"))
    assert 'href="api/"' in render_docs(docs, ctx, tree).pages[0].html
