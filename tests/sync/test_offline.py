"""What a sync leaves for a build without a network: the lock, and the mirrors."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handbook.model.repo import RepoState
from handbook.settings import Settings
from handbook.sync import load_repos, read_lock, sync_repos
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]


ANY = 1 << 20


def sync(settings: Settings, repo: str, ref: str = "", **options: Any) -> RepoState:
    return sync_repos([(repo, ref)], settings, retry_after=(), **options)[repo, ref]


def read(state: RepoState, path: str = "README.md") -> str:
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        return tree.text(path, ANY)


def test_offline_the_lock_decides(git_repo: MakeRepo, settings: Settings, fake_ssh: Any) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    url = fake_ssh.url(repo)
    assert load_repos([(url, "")], settings)[url, ""].problem.startswith("Not fetched yet")
    synced = sync(settings, url)
    repo.commit({"README.md": "two"})
    fake_ssh.behave("exit 1")
    loaded = load_repos([(url, ""), (url, "other")], settings)
    assert loaded[url, ""] == synced
    assert loaded[url, ""].commit == commit
    assert "handbook sync" in loaded[url, "other"].problem
    assert fake_ssh.calls() == 0


def test_offline_local_repos_are_current(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    assert read(load_repos([(repo.url, "")], settings)[repo.url, ""]) == "one"
    repo.commit({"README.md": "two"})
    assert read(load_repos([(repo.url, "")], settings)[repo.url, ""]) == "two"
    assert not Path(settings.lock).exists()


def test_a_lock_from_elsewhere_asks_for_a_sync(
    git_repo: MakeRepo, settings: Settings, fake_ssh: Any
) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    url = fake_ssh.url(repo)
    old = sync(settings, url)
    text = Path(settings.lock).read_text()
    Path(settings.lock).write_text(text.replace(old.commit, "d" * 40))
    state = load_repos([(url, "")], settings)[url, ""]
    assert (state.commit, state.git_dir) == ("", "")
    assert "dddddddddd" in state.problem
    assert "handbook sync" in state.problem


def test_locked_fetches_the_very_commit(
    git_repo: MakeRepo, settings: Settings, tmp_path: Path
) -> None:
    repo = git_repo()
    old = repo.commit({"README.md": "one"})
    sync(settings, repo.url)
    text = Path(settings.lock).read_text()
    repo.commit({"README.md": "two"})
    Path(settings.mirrors).rename(tmp_path / "away")
    state = sync(settings, repo.url, locked=True)
    assert (state.commit, state.branch, state.stale) == (old, "main", False)
    assert Path(settings.lock).read_text() == text


def test_repos_left_out_leave_the_lock_unless_told(git_repo: MakeRepo, settings: Settings) -> None:
    one, two = git_repo("one"), git_repo("two")
    for repo in (one, two):
        repo.commit({"README.md": "x"})
    sync_repos([(one.url, ""), (two.url, "")], settings)
    sync(settings, one.url, prune=False)
    assert len(read_lock(settings.lock)) == 2
    sync(settings, one.url)
    assert list(read_lock(settings.lock)) == [(one.url, "")]


def test_the_repo_of_the_lock_is_not_in_the_lock(git_repo: MakeRepo, settings: Settings) -> None:
    Path(settings.lock).parent.mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=Path(settings.lock).parent, check=True)
    other = git_repo()
    other.commit({"README.md": "x"})
    home = str(Path(settings.lock).parent)
    states = sync_repos([(home, ""), (other.url, "")], settings)
    assert "The repo is empty" in states[home, ""].problem
    assert list(read_lock(settings.lock)) == [(other.url, "")]
