"""What the user's cache gives back: what was kept, or nothing; never what somebody else wrote."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from handbook.usercache import UserCache, default_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_what_is_kept_comes_back(folder: Path) -> None:
    UserCache(folder).write("a", b"first")
    UserCache(folder).write("a", b"second")
    assert UserCache(folder).read("a") == b"second"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"",
        lambda data: data.replace(b"first", b"later"),
        lambda data: data.replace(b"handbook 1", b"handbook 0"),
        lambda data: b"\0" * 100,
    ],
)
def test_what_is_damaged_or_of_another_format_is_not_there(folder: Path, harm: object) -> None:
    UserCache(folder).write("a", b"first")
    path = folder / "a"
    path.write_bytes(harm(path.read_bytes()))  # type: ignore[operator]
    assert UserCache(folder).read("a") is None


def test_what_others_can_write_is_not_read(folder: Path) -> None:
    UserCache(folder).write("a", b"first")
    (folder / "a").chmod(0o666)
    assert UserCache(folder).read("a") is None
    (folder / "a").chmod(0o600)
    assert UserCache(folder).read("a") == b"first"
    folder.chmod(0o777)
    assert UserCache(folder).read("a") is None


def test_links_and_pipes_are_not_read(folder: Path, tmp_path: Path) -> None:
    cache = UserCache(folder)
    cache.write("a", b"first")
    (folder / "b").symlink_to(folder / "a")
    os.mkfifo(folder / "c")
    assert cache.read("b") is None
    assert cache.read("c") is None
    (tmp_path / "link").symlink_to(folder)
    assert UserCache(tmp_path / "link").read("a") is None


@pytest.mark.parametrize("folder_is", ["a file", "below a file", "none"])
def test_without_a_folder_nothing_is_kept(tmp_path: Path, folder_is: str) -> None:
    (tmp_path / "file").write_text("x")
    places = {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "x", "none": None}
    cache = UserCache(places[folder_is])
    cache.write("a", b"first")
    assert cache.read("a") is None
    cache.sweep()


def test_readers_see_whole_files_while_others_write(folder: Path) -> None:
    bodies = [bytes([n]) * 200_000 for n in range(4)]

    def write(body: bytes) -> None:
        for _ in range(20):
            UserCache(folder).write("a", body)

    writers = [threading.Thread(target=write, args=(body,)) for body in bodies]
    UserCache(folder).write("a", bodies[0])
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert UserCache(folder).read("a") in bodies
    assert [path.name for path in folder.iterdir()] == ["a"]


def test_what_is_old_or_was_left_by_a_killed_run_is_removed(folder: Path) -> None:
    cache = UserCache(folder)
    for name in ("new", "old", ".writing-old", ".writing-new"):
        cache.write(name, b"x")
    for name in ("old", ".writing-old"):
        os.utime(folder / name, (time.time() - 40 * 24 * 3600,) * 2)
    cache.sweep()
    assert {path.name for path in folder.iterdir()} == {"new", ".writing-new"}


def test_where_the_caches_are() -> None:
    assert default_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/handbook")
    assert default_folder({"XDG_CACHE_HOME": "c", "HOME": "/h"}) == Path("/h/.cache/handbook")
    assert default_folder({}) is None
