"""Damage on this machine: the last good copy stays, and is mended."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.errors import TreeError
from handbook.model.repo import RepoState
from handbook.settings import Settings
from handbook.sync import sync_repos
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]


ANY = 1 << 20


def sync(settings: Settings, repo: str, ref: str = "", **options: Any) -> RepoState:
    options = {"retry_after": (), **options}
    return sync_repos([(repo, ref)], settings, **options)[repo, ref]


def read(state: RepoState, path: str = "README.md") -> str:
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        return tree.text(path, ANY)


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def flip(path: Path) -> None:
    """Damage a file in its middle without any trace but the bytes."""
    status = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("pattern", "damage", "moved"),
    [
        pytest.param("objects/pack/*.pack", cut, False, id="corrupt-pack"),
        pytest.param("objects/pack/*.pack", cut, True, id="corrupt-pack-and-moved"),
        pytest.param("objects/pack/*.pack", Path.unlink, False, id="lost-pack"),
        pytest.param("objects/pack/*.idx", empty, False, id="corrupt-index"),
        pytest.param("objects/pack/*.idx", Path.unlink, False, id="lost-index"),
        pytest.param("packed-refs", cut, True, id="corrupt-refs"),
        pytest.param("HEAD", empty, True, id="empty-head"),
        pytest.param("config", empty, True, id="empty-config"),
        pytest.param("handbook.json", empty, False, id="empty-record"),
        pytest.param("handbook.json", Path.unlink, False, id="lost-record"),
    ],
)
def test_a_damaged_mirror_is_made_anew(
    git_repo: MakeRepo,
    settings: Settings,
    pattern: str,
    damage: Callable[[Path], None],
    moved: bool,
) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one" * 500})
    state = sync(settings, repo.url)
    damage(only(Path(state.git_dir), pattern))
    if moved:
        repo.commit({"README.md": "two" * 500})
    state = sync(settings, repo.url)
    assert (state.commit, state.stale, state.problem) == (repo.head(), False, "")
    assert read(state) == ("two" if moved else "one") * 500
    assert sorted(path.suffix for path in Path(settings.mirrors).iterdir()) == [".git", ".lock"]


def test_a_damaged_mirror_is_kept_while_the_remote_is_away(
    git_repo: MakeRepo, settings: Settings
) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one", "big.md": os.urandom(5000)})
    pack = only(Path(sync(settings, repo.url).git_dir), "objects/pack/*.pack")
    flip(pack)  # in the middle: in big.md
    os.utime(pack)
    damaged = pack.read_bytes()
    away = repo.path.rename(repo.path.with_name("away"))
    state = sync(settings, repo.url)
    assert (state.commit, state.stale) == (commit, True)
    assert pack.read_bytes() == damaged
    assert read(state) == "one"
    away.rename(repo.path)
    state = sync(settings, repo.url)
    assert (state.commit, state.stale) == (commit, False)
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert len(tree.read("big.md", ANY)) == 5000


def test_silent_damage_is_found_when_asked_for(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": os.urandom(2000).hex()})
    state = sync(settings, repo.url)
    flip(only(Path(state.git_dir), "objects/pack/*.pack"))
    state = sync(settings, repo.url, verify=True)
    assert len(read(state)) == 4000


def test_silent_damage_that_a_reader_found_is_mended(
    git_repo: MakeRepo, settings: Settings
) -> None:
    repo = git_repo()
    repo.commit({"README.md": os.urandom(2000).hex()})
    state = sync(settings, repo.url)
    flip(only(Path(state.git_dir), "objects/pack/*.pack"))
    with pytest.raises(TreeError, match="Run `handbook sync` to mend it") as caught:
        read(state)
    assert str(Path(settings.state)) not in str(caught.value)
    away = repo.path.rename(repo.path.with_name("away"))
    assert sync(settings, repo.url).stale  # and the damage is not forgotten
    away.rename(repo.path)
    state = sync(settings, repo.url)
    assert len(read(state)) == 4000
    assert sorted(path.name for path in Path(state.git_dir).glob("handbook*")) == ["handbook.json"]


def test_stale_lock_files_in_a_mirror(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    repo.tag("v1")
    mirror = Path(sync(settings, repo.url).git_dir)
    left = ["packed-refs.lock", "HEAD.lock", "config.lock", "shallow.lock", "index.lock"]
    left += ["refs/tags/v2.lock", "objects/info/commit-graph.lock", "objects/pack/tmp_pack_x"]
    for name in left:
        (mirror / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror / name).write_text("")
    beside = [mirror.with_name(f"{mirror.stem}.{kind}-0123") for kind in ("new", "old")]
    for folder in beside:
        (folder / "objects").mkdir(parents=True)
    repo.commit({"README.md": "two"})
    repo.tag("v2")
    state = sync(settings, repo.url)
    assert (state.stale, read(state)) == (False, "two")
    assert not any((mirror / name).exists() for name in left)
    assert not any(folder.exists() for folder in beside)


def test_killed_between_the_two_renames_of_a_swap(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    mirror = Path(sync(settings, repo.url).git_dir)
    mirror.rename(mirror.with_name(f"{mirror.stem}.old-0123"))
    repo.path.rename(repo.path.with_name("away"))
    state = sync(settings, repo.url)
    assert (state.commit, state.stale) == (commit, True)
    assert read(state) == "one"


def test_disk_full(git_repo: MakeRepo, settings: Settings) -> None:
    resource = pytest.importorskip("resource")
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    sync(settings, repo.url)
    repo.commit({"big.bin": os.urandom(500_000)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # no file may be larger
    try:
        state = sync(settings, repo.url)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (state.commit, state.stale) == (commit, True)
    assert state.problem
    assert read(state) == "one"
    assert sync(settings, repo.url).commit == repo.head()


def test_a_state_folder_that_cannot_be_written(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    Path(settings.mirrors).mkdir(parents=True)
    mirror_name = Path(sync(settings, repo.url).git_dir).name
    away = Path(settings.mirrors) / mirror_name
    away.rename(away.with_name("gone"))
    away.write_text("a file in the way")
    state = sync(settings, repo.url)
    assert state.commit == ""
    assert "cannot be written" in state.problem or "failed" in state.problem


def test_more_bytes_than_allowed(
    git_repo: MakeRepo, settings_with: Callable[..., Settings]
) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    settings = settings_with(fetch_bytes=100_000)
    sync(settings, repo.url)
    repo.commit({f"{number}.bin": os.urandom(50_000) for number in range(6)})
    state = sync(settings, repo.url)
    assert (state.commit, state.stale) == (commit, True)
    assert "100,000 bytes (limits.fetch_bytes)" in state.problem
    packs = Path(state.git_dir) / "objects" / "pack"
    assert sum(path.stat().st_size for path in packs.iterdir()) < 100_000
    fresh = git_repo("fresh")
    fresh.commit({"big.bin": os.urandom(300_000)})
    state = sync(settings, fresh.url)
    assert (state.commit, state.git_dir) == ("", "")
    assert "too large" in state.problem
