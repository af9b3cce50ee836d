"""The site is put together aside and switched in; nothing published is lost on the way."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from handbook.publish import site as site_module
from handbook.publish.site import extend_sitemap, next_to, sweep, switch

SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url>
         <loc>https://h.example/</loc>
    </url>
</urlset>"""


def fill(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(text)


def test_switch_replaces_the_whole_site(tmp_path: Path) -> None:
    site = tmp_path / "site"
    fill(site, "old")
    (site / "gone.html").write_text("x")
    built = next_to(site)
    fill(built, "new")
    switch(built, site)
    assert [p.name for p in site.iterdir()] == ["index.html"]
    assert (site / "index.html").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_a_switch_that_fails_brings_the_old_site_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    fill(site, "old")
    built = next_to(site)
    fill(built, "new")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self == built:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        switch(built, site)
    assert (site / "index.html").read_text() == "old"


def test_leftovers_of_killed_builds_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    fill(site, "published")
    fill(tmp_path / ".site.next-1111", "half")
    fill(tmp_path / ".site.old-1111", "older")
    fill(tmp_path / f".site.next-{os.getpid()}", "of a build that still runs")
    fill(tmp_path / ".site.notes", "somebody's own")
    monkeypatch.setattr(site_module, "_alive", lambda pid: pid == os.getpid())
    assert [p.name for p in sweep(site)] == [".site.next-1111", ".site.old-1111"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f".site.next-{os.getpid()}",
        ".site.notes",
        "site",
    ]


def test_a_build_killed_between_the_renames_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    fill(tmp_path / ".site.old-1111", "published")
    monkeypatch.setattr(site_module, "_alive", lambda pid: False)
    assert list(sweep(site))
    assert (site / "index.html").read_text() == "published"


def test_the_sitemap_lists_services_too(tmp_path: Path) -> None:
    path = tmp_path / "sitemap.xml"
    path.write_text(SITEMAP)
    extend_sitemap(path, "https://h.example", {"services/a&b/": "2024-05-06T07:08:09+00:00"})
    text = path.read_text()
    assert text.count("<loc>") == 2
    assert "<loc>https://h.example/services/a&amp;b/</loc>" in text
    assert "<lastmod>2024-05-06</lastmod>" in text
    assert text.endswith("</urlset>")
    assert gzip.decompress((tmp_path / "sitemap.xml.gz").read_bytes()).decode() == text
