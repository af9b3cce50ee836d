"""`mkdocs build` turns a catalogue of git repos into one site."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest

ALPHA = {
    "README.md": "# Alpha\n\nScores things. See [the guide](docs/guide.md) and `x < y`.\n",
    "docs/guide.md": (
        "# Guide\n\n## Set up\n\nRun it, then read [practices](handbook:practices/index.md#alerts)"
        " and [beta](service:beta).\n\n![flow](img/flow.png)\n"
    ),
    "docs/img/flow.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
    "src/alpha/__init__.py": (
        '"""Alpha scores."""\n\n\ndef score(x: int) -> int:\n    """Score x."""\n    return x\n'
    ),
    "pyproject.toml": '[project]\nname = "alpha"\nversion = "1.0"\n',
    "openapi.yaml": (
        "openapi: 3.0.3\ninfo: {title: Alpha API, version: '1'}\npaths:\n  /score:\n    get:\n"
        "      operationId: getScore\n      summary: Score it\n"
        "      responses: {'200': {description: fine}}\n"
    ),
    "CODEOWNERS": "* @acme/risk\n",
}


@pytest.fixture
def fleet(project: Callable[..., Any], git_repo: Callable[..., Any]) -> tuple[Any, Any, Any]:
    alpha, beta = git_repo("alpha"), git_repo("beta")
    alpha.commit(ALPHA)
    alpha.tag("v1")
    beta.commit({"README.md": "# Beta\n\nFrom [alpha](service:alpha/docs/guide.md).\n"})
    site = project()
    site.catalog(alpha.url, beta.url)
    return site, alpha, beta


def test_every_part_of_a_service_has_its_page(fleet: tuple[Any, Any, Any]) -> None:
    site, _, _ = fleet
    said = site.build()
    assert "2 services, 2 built now" in said
    for uri, text in {
        "services/alpha": "Scores things.",
        "services/alpha/docs/guide": "Run it, then read",
        "services/alpha/api": "getScore",
        "services/alpha/reference": "alpha",
        "services/alpha/owners": "@acme/risk",
        "services/alpha/changes": "Change files",
        "services/beta": "From",
        "services": "alpha",
    }.items():
        assert text in site.page(uri), uri
    assert not (site.site / "services/beta/api").exists(), "absent, not empty"
    assert not (site.site / "services/beta/reference").exists()
    assert (site.site / "services/alpha/_files/docs/img/flow.png").is_file()


def test_pages_of_services_have_the_sites_own_frame(fleet: tuple[Any, Any, Any]) -> None:
    site, _, _ = fleet
    site.build()
    page = site.page("services/alpha/docs/guide")
    tabs = re.findall(r'class="md-tabs__link"[^>]*>\s*([^<]+?)\s*<', page)
    assert tabs == ["Home", "Practices", "Services"]
    assert 'href="../../../../practices/"' in page
    assert "Content-Security-Policy" in page
    main = site.page("practices")
    style = re.compile(r'href="[./]*(assets/[^"]+\.css)"')
    assert set(style.findall(page)) == set(style.findall(main))


def test_links_cross_repos_and_the_handbook(fleet: tuple[Any, Any, Any]) -> None:
    site, _, _ = fleet
    assert "leads to" not in site.build()
    assert 'href="services/alpha/docs/guide/#set-up"' in site.page("")
    guide = site.page("services/alpha/docs/guide")
    assert 'href="../../../../practices/#alerts"' in guide
    assert 'href="../../../beta/"' in guide
    assert 'href="../alpha/docs/guide/"' in site.page("services/beta")
    assert 'href="docs/guide/"' in site.page("services/alpha")


def test_the_sitemap_has_every_page_once(fleet: tuple[Any, Any, Any]) -> None:
    site, _, _ = fleet
    site.build()
    listed = re.findall(
        r"<loc>https://handbook.example/([^<]*)</loc>", (site.site / "sitemap.xml").read_text()
    )
    pages = [
        path.parent.relative_to(site.site).as_posix().removeprefix(".")
        for path in site.site.rglob("index.html")
    ]
    assert sorted(listed) == sorted(f"{page}/" if page else "" for page in pages)


def test_a_second_build_builds_nothing_and_changes_nothing(fleet: tuple[Any, Any, Any]) -> None:
    site, _, _ = fleet
    site.build()
    before = site.digests("services/alpha")
    assert "2 services, 0 built now" in site.build()
    assert site.digests("services/alpha") == before


def test_a_commit_builds_its_service_only(fleet: tuple[Any, Any, Any]) -> None:
    site, _, beta = fleet
    site.build()
    before = site.digests("services/alpha")
    beta.commit({"README.md": "# Beta\n\nSomething new.\n"})
    assert "2 services, 1 built now" in site.build()
    assert "Something new." in site.page("services/beta")
    assert site.digests("services/alpha") == before


def test_builds_are_reproducible(fleet: tuple[Any, Any, Any]) -> None:
    site, _, _ = fleet
    site.build()
    before = site.digests("services")
    shutil.rmtree(site.folder / ".handbook/cache")
    site.build()
    after = site.digests("services")
    assert before == after


def test_what_no_build_shows_any_more_leaves_the_cache(fleet: tuple[Any, Any, Any]) -> None:
    site, _, beta = fleet
    site.build()
    cache = site.folder / ".handbook/cache/services"
    first = {path.name for path in cache.iterdir()}
    beta.commit({"README.md": "# Beta\n\nMoved on.\n"})
    site.build()
    assert first < {path.name for path in cache.iterdir()}, "the former state is kept for a while"
    for path in cache.iterdir():
        os.utime(path, (0, 0))
    site.build()
    left = {path.name for path in cache.iterdir()}
    assert len(left) == 2
    assert len(left & first) == 1
    assert "0 built now" in site.build()


def test_broken_cross_links_name_repo_file_and_line(fleet: tuple[Any, Any, Any]) -> None:
    site, _, beta = fleet
    beta.commit(
        {
            "README.md": "# Beta\n\nOne [gone](service:alpha/docs/gone.md).\n\n"
            "Two [no anchor](service:alpha/docs/guide.md#nope), [no page](handbook:nope.md).\n"
        }
    )
    said = site.build()
    assert re.search(
        r"README\.md:3 in \S+beta at \w+: service:alpha/docs/gone\.md leads to no page", said
    )
    assert re.search(
        r"README\.md:5 in \S+ at \w+: service:alpha/docs/guide\.md#nope .* no anchor #nope", said
    )
    assert "handbook:nope.md leads to no page" in said
    assert "service:alpha/docs/gone.md leads to no page" in site.page("services/status")
    strict = site.run("mkdocs", "build", "--strict", check=False)
    assert strict.returncode != 0


@pytest.mark.parametrize("link", ["service:nobody", "practices/nothing.md", "image.png"])
def test_a_failed_build_leaves_the_published_site(fleet: tuple[Any, Any, Any], link: str) -> None:
    site, _, _ = fleet
    site.build()
    before = site.digests()
    site.write("docs/index.md", f"# Home\n\n[gone]({link})\n")
    assert site.run("mkdocs", "build", "--strict", check=False).returncode != 0
    assert site.digests() == before
    assert [path.name for path in site.folder.glob(".site.*")] == []


def test_mistakes_of_the_catalogue_are_shown_at_once(fleet: tuple[Any, Any, Any]) -> None:
    site, alpha, _ = fleet
    site.catalog({"repo": alpha.url, "nmae": "x"}, {"repo": "ext::sh -c id"})
    done = site.run("mkdocs", "build", check=False)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "catalog.yml:3" in said
    assert "catalog.yml:4" in said
    assert "Traceback" not in said


def test_a_private_service_leaves_no_trace(fleet: tuple[Any, Any, Any]) -> None:
    site, alpha, beta = fleet
    alpha.commit({"README.md": "# Alpha\n\nThe secret is zanzibar.\n"})
    site.catalog({"repo": alpha.url, "name": "hidden-one", "visibility": "private"}, beta.url)
    site.write("docs/index.md", "# Home\n")
    site.build()
    for path in site.site.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"zanzibar" not in data, path
            assert b"hidden-one" not in data, path


def test_handbook_build_knows_when_nothing_changed(fleet: tuple[Any, Any, Any]) -> None:
    site, _, beta = fleet
    site.run("handbook", "sync")
    site.run("handbook", "build")
    assert "up to date" in site.run("handbook", "build").stdout
    site.write("docs/practices/index.md", "# Practices\n\n## Alerts\n\nNew words.\n")
    assert "up to date" not in site.run("handbook", "build").stdout
    assert "New words." in site.page("practices")
    assert "up to date" in site.run("handbook", "build").stdout
    beta.commit({"README.md": "# Beta\n\nMoved on.\n"})
    site.run("handbook", "build")
    assert "Moved on." in site.page("services/beta"), "local repos need no sync"
    (site.site / "services/beta/index.html").unlink()
    site.run("handbook", "build")
    assert "Moved on." in site.page("services/beta")


def test_python_names_link_across_services(fleet: tuple[Any, Any, Any]) -> None:
    site, _, beta = fleet
    beta.commit(
        {
            "src/beta/__init__.py": '"""Beta."""\n\nimport alpha\n\n\ndef twice(x: int) -> int:\n'
            '    """Call [alpha.score][] twice."""\n    return alpha.score(alpha.score(x))\n'
        }
    )
    site.build()
    assert re.search(
        r'href="\.\./\.\./alpha/reference/[^"]*#alpha\.score"', site.page("services/beta/reference")
    )


def test_the_menu_names_every_page_of_a_folder(
    project: Callable[..., Any], git_repo: Callable[..., Any]
) -> None:
    """A folder without a page of its own is a group, not a link to its first page."""
    repo = git_repo("alpha")
    repo.commit(
        {
            "README.md": "# Alpha\n",
            "docs/rules/one.md": "# Rule one\n",
            "docs/rules/two.md": "# Rule two\n",
            "docs/guide/index.md": "# The guide\n",
            "docs/guide/more.md": "# More of it\n",
        }
    )
    site = project()
    site.catalog(repo.url)
    settings = (site.folder / "mkdocs.yml").read_text(encoding="utf-8")
    site.write("mkdocs.yml", settings.replace("features: [", "features: [navigation.indexes, "))
    site.build()
    page = site.page("services/alpha/docs/rules/two")
    menu = re.findall(
        r'<a href="([^"]*)" class="md-nav__link[^"]*"[^>]*>(.*?)</a>', page, re.DOTALL
    )
    named = {(url, " ".join(re.sub("<[^>]*>", "", inner).split())) for url, inner in menu}
    assert {("../one/", "Rule one"), ("../../guide/more/", "More of it")} <= named
