"""Filters that templates share."""

from __future__ import annotations

import pytest

from handbook.model.facts import Origin
from handbook.render.templates import (
    ago,
    count,
    day,
    environment,
    joined,
    moment,
    month,
    short_name,
    source,
    subject,
    web_only,
)


def test_dates_are_absolute_and_marked_for_the_script() -> None:
    assert day("2026-01-02T03:04:05+00:00") == "2 Jan 2026"
    assert day("not a date") == "not a date"
    assert month("2025-12") == "Dec 2025"
    assert moment("2026-01-02") == '<time datetime="2026-01-02">2 Jan 2026</time>'
    assert ago("2026-01-02") == '<time datetime="2026-01-02" data-hb-relative>2 Jan 2026</time>'
    assert moment("") == ago("") == ""
    assert moment('"><b>') == '<time datetime="&#34;&gt;&lt;b&gt;">&#34;&gt;&lt;b&gt;</time>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Fix `a<b>` :rocket:", "Fix <code>a&lt;b&gt;</code> 🚀"),
        ("One ` only", "One ` only"),
        ("<i>", "&lt;i&gt;"),
        ("", ""),
    ],
)
def test_subjects(text: str, html: str) -> None:
    assert subject(text) == html


def test_places_are_linked_where_the_repo_is_on_the_web() -> None:
    assert source(Origin("/srv/risk", "c", "a&b.md", 3)) == "<code>a&amp;b.md:3</code>"
    linked = source(Origin("https://github.com/acme/risk", "c", "a.md"))
    assert linked == '<a href="https://github.com/acme/risk/blob/c/a.md"><code>a.md</code></a>'
    assert source(Origin("https://github.com/acme/risk", "c")) == ""


def test_small_ones() -> None:
    assert count(1, "service") == "1 service"
    assert count(2_310, "dependency", "dependencies") == "2,310 dependencies"
    assert joined(("a|b", "c")) == "a/b|c"
    assert short_name("@acme/risk") == "risk"
    assert short_name("a/b") == "a/b"
    assert web_only("javascript:alert(1)") == ""
    assert web_only("https://example.org") == "https://example.org"


def test_autoescape_is_on_for_every_template() -> None:
    template = environment().from_string("{{ text }}")
    assert template.render(text="<b>") == "&lt;b&gt;"
