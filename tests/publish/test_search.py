"""The search index: in buckets, made again only where a page changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handbook.errors import HandbookError
from handbook.publish.search import (
    MAIN,
    bucket_count,
    bucket_of,
    index_bucket,
    put_buckets,
)

PAGE = """<!doctype html><html lang="de"><head><title>{0}</title></head><body>
<article data-pagefind-body><h1>{0}</h1><p>{1}</p></article></body></html>"""


def write(folder: Path, uri: str, text: str) -> tuple[str, Path]:
    path = folder / uri
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGE.format(uri, text), "utf-8")
    return uri, path


def test_only_a_changed_bucket_is_indexed_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    pages = [write(tmp_path, "a/index.html", "one"), write(tmp_path, "b/index.html", "two")]
    first = index_bucket(MAIN, pages, cache)
    assert first
    assert first.fresh
    assert first.pages == 2
    again = index_bucket(MAIN, list(reversed(pages)), cache)
    assert again
    assert not again.fresh
    assert again.tag == first.tag
    write(tmp_path, "b/index.html", "three")
    changed = index_bucket(MAIN, pages, cache)
    assert changed
    assert changed.fresh
    assert changed.tag != first.tag


def test_a_moved_page_is_a_change(tmp_path: Path) -> None:
    _, path = write(tmp_path, "a/index.html", "one")
    first = index_bucket(MAIN, [("a/index.html", path)], tmp_path / "cache")
    moved = index_bucket(MAIN, [("c/index.html", path)], tmp_path / "cache")
    assert first
    assert moved
    assert moved.fresh


def test_pages_are_not_touched_and_nothing_is_left_behind(tmp_path: Path) -> None:
    page = write(tmp_path, "site/a/index.html", "one")
    before = page[1].read_bytes()
    index_bucket(MAIN, [("a/index.html", page[1])], tmp_path / "cache")
    assert page[1].read_bytes() == before
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [MAIN]


def test_the_site_gets_one_engine_and_a_list_of_its_buckets(tmp_path: Path) -> None:
    site, cache = tmp_path / "site", tmp_path / "cache"
    pages = [write(tmp_path, "services/x/index.html", "one")]
    buckets = [index_bucket(name, pages, cache) for name in ("services-0", MAIN)]
    put_buckets(site, cache, [*buckets, index_bucket("services-1", [], cache)])
    folder = site / "assets/handbook"
    listed = json.loads((folder / "search.json").read_text())["buckets"]
    assert [bucket["path"] for bucket in listed] == [MAIN, "services-0"], "the engine's first"
    engines = [path.parent.name for path in folder.rglob("pagefind.js")]
    assert engines == [MAIN]
    assert not list(folder.rglob("*-ui.js"))
    assert not list(folder.rglob("digest.txt"))
    # Every page is English to the index: one language, one index, whatever a page says.
    entry = json.loads((folder / "search/services-0/pagefind-entry.json").read_text())
    assert entry["languages"].keys() == {"en"}
    put_buckets(site, cache, buckets[1:])
    assert [path.name for path in (folder / "search").iterdir()] == [MAIN]


def test_a_page_outside_the_site_is_refused(tmp_path: Path) -> None:
    _, path = write(tmp_path, "a.html", "one")
    with pytest.raises(HandbookError, match="outside the site"):
        index_bucket(MAIN, [("../../a.html", path)], tmp_path / "cache")


def test_a_failed_run_keeps_the_former_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = write(tmp_path, "a/index.html", "one")
    index_bucket(MAIN, [page], tmp_path / "cache")
    kept = sorted(path.name for path in (tmp_path / "cache" / MAIN).rglob("*"))
    write(tmp_path, "a/index.html", "two")
    broken = tmp_path / "pagefind"
    broken.write_text("#!/bin/sh\necho no room >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr("pagefind_bin.get_executable", lambda: broken)
    with pytest.raises(HandbookError, match="ended with 3: no room"):
        index_bucket(MAIN, [page], tmp_path / "cache")
    assert sorted(path.name for path in (tmp_path / "cache" / MAIN).rglob("*")) == kept


def test_a_service_stays_in_its_bucket() -> None:
    assert [bucket_count(n) for n in (0, 5, 24, 100, 1000)] == [1, 1, 2, 8, 8]
    assert bucket_of("fraud-score", 8) == bucket_of("fraud-score", 8) == "services-3"
    used = {bucket_of(f"service-{n}", 8) for n in range(100)}
    assert len(used) == 8
