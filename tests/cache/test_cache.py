"""The cache gives back what was put in, or says that it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from handbook.cache import Cache, link_or_copy
from handbook.errors import CacheError


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def put(cache: Cache, key: str, files: dict[str, str], record: object = None) -> None:
    staged = cache.stage()
    for path, text in files.items():
        target = staged / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    cache.adopt(key, staged, record)


def test_an_entry_comes_back_as_it_was_put(cache: Cache) -> None:
    put(cache, "k", {"a/index.html": "x", "b.png": "yy"}, {"n": 1})
    entry = Cache(cache.root).get("k")
    assert entry is not None
    assert sorted(entry.files) == ["a/index.html", "b.png"]
    assert entry.files["b.png"].size == 2
    assert msgspec.json.decode(entry.record) == {"n": 1}
    assert (cache.folder("k") / "b.png").read_text() == "yy"


def test_a_key_that_is_not_there_is_none(cache: Cache) -> None:
    assert cache.get("absent") is None


def test_the_same_key_again_replaces(cache: Cache) -> None:
    put(cache, "k", {"a": "old", "gone": "old"})
    put(cache, "k", {"a": "new"})
    entry = Cache(cache.root).get("k")
    assert entry is not None
    assert list(entry.files) == ["a"]


@pytest.mark.parametrize("damage", ["change", "remove", "record", "half"])
def test_a_damaged_entry_is_noticed_and_dropped(cache: Cache, damage: str) -> None:
    put(cache, "k", {"a": "content"})
    note = cache.root / "k" / "entry.json"
    match damage:
        case "change":
            (cache.folder("k") / "a").write_text("poison!")
        case "remove":
            (cache.folder("k") / "a").unlink()
        case "record":
            note.write_bytes(note.read_bytes().replace(b'"a"', b'"b"'))
        case "half":
            note.write_bytes(note.read_bytes()[: note.stat().st_size // 2])
    fresh = Cache(cache.root)
    with pytest.raises(CacheError):
        fresh.get("k")
    assert fresh.get("k") is None


def test_a_killed_write_leaves_no_entry(cache: Cache) -> None:
    staged = cache.stage()
    (staged / "files").mkdir()
    (staged / "files" / "a").write_text("half")
    assert [path.name for path in cache.root.iterdir()] == [staged.name]
    assert cache.get("k") is None
    os.utime(staged, (0, 0))
    assert cache.sweep([], max_age=1) == 1
    assert not staged.exists()


def test_sweep_keeps_what_is_wanted_or_young(cache: Cache) -> None:
    for key in ("wanted", "old", "young"):
        put(cache, key, {"a": key})
    for key in ("wanted", "old"):
        os.utime(cache.root / key, (0, 0))
    assert cache.sweep(["wanted"], max_age=3600) == 1
    assert sorted(path.name for path in cache.root.iterdir()) == ["wanted", "young"]


def test_linking_shares_the_content(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_text("x")
    link_or_copy(source, tmp_path / "deep" / "b")
    assert (tmp_path / "deep" / "b").samefile(source)


def test_where_links_are_refused_it_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    source = tmp_path / "a"
    source.write_text("x")
    link_or_copy(source, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "x"
    assert not (tmp_path / "b").samefile(source)
