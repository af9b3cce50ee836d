"""What the templates write, seen without a browser."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from mkdocs.commands.build import get_context
from mkdocs.config import load_config
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation

from handbook.model.pages import Page
from handbook.publish.csp import header, meta_content
from handbook.publish.frame import dress
from handbook.publish.gate import refused
from handbook.publish.htmlpage import HtmlPage

SOURCE = Path(__file__).parent / "site"

pytestmark = pytest.mark.xdist_group("theme")


def pages(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.html"))
    }


def test_every_page_has_the_policy_first_and_no_script_of_its_own(site_folder: Path) -> None:
    for name, text in pages(site_folder).items():
        head = text[text.index("<head>") + 6 :].lstrip()
        expected = f'<meta http-equiv="Content-Security-Policy" content="{meta_content()}">'
        assert head.startswith(expected), name
        for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL):
            assert "src=" in attributes or "application/json" in attributes, (name, body)
        assert not re.search(r"<[^>]+\son\w+=", text), name
        assert "javascript:" not in text, name
        if name.startswith("services/"):
            assert refused(text, "/".join([".."] * name.count("/"))) == "", name


def test_the_header_says_what_a_meta_element_cannot() -> None:
    assert header() == f"{meta_content()}; frame-ancestors 'none'"
    assert "unsafe-inline" not in meta_content().split("style-src")[0]


def test_a_heading_cannot_end_the_title(site_folder: Path) -> None:
    text = (site_folder / "breakout/index.html").read_text("utf-8")
    title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    assert title
    assert "<" not in title[1]
    assert html.unescape(title[1]).endswith(" · Test & handbook")
    description = re.search(r'<meta name="description" content="([^"]*)">', text)
    assert description
    assert "<script" not in description[1]


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("index.html", "Test &amp; handbook"),
        ("404.html", "Page not found · Test &amp; handbook"),
        ("guide/index.html", "Deploy your first service · Test &amp; handbook"),
    ],
)
def test_titles(site_folder: Path, page: str, title: str) -> None:
    assert f"<title>{title}</title>" in (site_folder / page).read_text("utf-8")


def test_nothing_of_the_theme_asks_another_site(site_folder: Path) -> None:
    for name, text in pages(site_folder).items():
        assert 'data-md-component="source"' not in text, name  # asks the forge's API
        assert 'name="search"' not in text, name  # loads the theme's own index
        assert "fonts.googleapis" not in text, name


def test_only_pages_that_someone_looks_for_are_searched(site_folder: Path) -> None:
    searched = {name for name, text in pages(site_folder).items() if "data-pagefind-body" in text}
    assert searched == pages(site_folder).keys() - {"404.html"}


def test_controls_have_names(site_folder: Path) -> None:
    text = (site_folder / "guide/index.html").read_text("utf-8")
    assert re.search(
        r'<a href="[^"]+/edit/main/docs/guide.md"[^>]+aria-label="Edit this page"', text
    )
    assert re.search(r'<a href="[^"]+/raw/main/docs/guide.md"[^>]+aria-label="View source', text)
    assert '<nav class="md-path" aria-label="Breadcrumb"' in text


def themed(beside: dict[str, object], **fields: object) -> str:
    """Put the theme around a service's page, as a worker does."""
    config = load_config(config_file=str(SOURCE / "mkdocs.yml"))
    dress(config)
    config.edit_uri = config.edit_uri_template = None
    file = File("services/x/index.md", None, config.site_dir, use_directory_urls=True)
    page = HtmlPage(Page("", "<x> & co", "<h1>x</h1>", "docs", **fields), file, config)  # type: ignore[arg-type]
    page.read_source(config)
    page.render(config, Files([]))
    page.handbook = beside
    page.active = True
    context = get_context(Navigation([page], [page]), Files([file]), config, page)
    return config.theme.get_env().get_template("main.html").render(context)


def test_a_service_page_shows_its_service_commit_and_dates() -> None:
    beside: dict[str, object] = {
        "service": "a <b>, c: d",
        "kind": "docs",
        "commit": "8105feb1c0ffee",
        "commit_url": 'https://forge.example/"><script>',
        "updated": "2026-10-02T03:04:05+00:00",
        "created": "2025-01-01T00:00:00+00:00",
        "authors": ("<Ann>", "Bob"),
        "view_url": "https://forge.example/blob/x/docs/a.md",
    }
    text = themed(beside, edit_url="https://forge.example/edit/main/docs/a.md")
    assert "<title>&lt;x&gt; &amp; co · a &lt;b&gt;, c: d · Test &amp; handbook</title>" in text
    marks = re.findall(r'<span data-pagefind-filter="(\w+)"[^>]*>([^<]*)</span>', text)
    assert marks == [("kind", "docs"), ("service", "a &lt;b&gt;, c: d")]
    assert '<time datetime="2026-10-02T03:04:05+00:00" data-hb-relative>2026-10-02</time>' in text
    assert "2025-01-01" in text
    assert "By &lt;Ann&gt;, Bob" in text
    assert "<code>8105feb1c0</code>" in text
    assert 'href="https://forge.example/blob/x/docs/a.md"' in text
    assert 'href="https://forge.example/edit/main/docs/a.md"' in text
    assert refused(text, "../..") == ""


def test_a_service_page_needs_nothing_beside_it() -> None:
    text = themed({"service": "x", "kind": "api"})
    assert "hb-source" not in text
    assert "hb-actions" not in text
    assert refused(text, "../..") == ""
