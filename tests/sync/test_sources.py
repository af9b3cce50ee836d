"""What kinds of servers and folders can be synced from."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.model.repo import RepoState
from handbook.settings import Settings
from handbook.sync import sync_repos
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]


ANY = 1 << 20


def sync(settings: Settings, repo: str, ref: str = "", **options: Any) -> RepoState:
    return sync_repos([(repo, ref)], settings, retry_after=(), **options)[repo, ref]


def read(state: RepoState, path: str = "README.md") -> str:
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        return tree.text(path, ANY)


@pytest.mark.parametrize("old_server", [True, False])
def test_an_unadvertised_commit(
    git_repo: MakeRepo, settings: Settings, fake_ssh: Any, old_server: bool
) -> None:
    repo = git_repo()
    first = repo.commit({"README.md": "one"})
    repo.commit({"README.md": "two"})
    repo.branch("side")
    hidden = repo.commit({"README.md": "hidden"}, branch="side")
    repo.commit({"README.md": "three"}, branch="side")
    if old_server:
        repo.git("config", "uploadpack.allowAnySHA1InWant", "false")
        fake_ssh.behave(fake_ssh.old_server)
    url = fake_ssh.url(repo)
    states = sync_repos([(url, ref) for ref in ("", first, hidden, "f" * 40)], settings)
    assert read(states[url, first]) == "one"
    assert read(states[url, hidden]) == "hidden"
    assert states[url, hidden].branch == ""
    assert read(states[url, ""]) == "two"
    assert f"no commit {'f' * 40}" in states[url, "f" * 40].problem


def test_a_server_without_filters(
    git_repo: MakeRepo, settings_with: Callable[..., Settings], fake_ssh: Any
) -> None:
    settings = settings_with(blob=1000, image=1000, openapi_file=1000)
    repo = git_repo()
    repo.commit({"README.md": "one", "big": "x" * 2000})
    repo.git("config", "uploadpack.allowFilter", "false")
    url = fake_ssh.url(repo)
    for text in ("one", "two"):
        repo.commit({"README.md": text})
        state = sync(settings, url)
        assert read(state) == text
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert tree.entries()["big"].size == 2000


def test_a_server_whose_history_is_cut_off(
    git_repo: MakeRepo, settings_with: Callable[..., Settings], fake_ssh: Any, tmp_path: Path
) -> None:
    repo = git_repo()
    for number in range(3):
        repo.commit({"README.md": str(number)})
    repo.git("clone", "-q", "--bare", "--depth=1", f"file://{repo.path}", str(tmp_path / "cut"))
    url = f"ssh://git.example.org{tmp_path}/cut"
    state = sync(settings_with(fetch_seconds=10), url)
    assert not state.problem
    assert read(state) == "2"
    assert fake_ssh.calls() < 6  # git must not ask for the missing parent again and again


def test_large_blobs_stay_away(git_repo: MakeRepo, settings_with: Callable[..., Settings]) -> None:
    repo = git_repo()
    repo.commit({"fits": "x" * 1000, "big": "y" * 1001})
    state = sync(settings_with(blob=1000, image=10, openapi_file=10), repo.url)
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        sizes = {entry.path: entry.size for entry in tree.entries().values()}
    assert sizes == {"fits": 1000, "big": -1}
    assert "promisor" not in (Path(state.git_dir) / "config").read_text()


def test_a_work_tree_a_worktree_and_a_shallow_clone(
    git_repo: MakeRepo, settings: Settings, tmp_path: Path
) -> None:
    repo = git_repo(bare=False)
    for number in range(3):
        commit = repo.commit({"README.md": str(number)})
    assert sync(settings, str(repo.path)).commit == commit
    linked, shallow = tmp_path / "linked", tmp_path / "shallow"
    repo.git("worktree", "add", "-q", "--detach", str(linked))
    assert sync(settings, str(linked)).commit == commit
    repo.git("clone", "-q", "--depth=1", f"file://{repo.path}", str(shallow))
    state = sync(settings, str(shallow))
    assert (state.commit, state.branch) == (commit, "main")
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert len(tree.commits("", 9)) == 1
    subprocess.run(["git", "fetch", "-q", "--unshallow"], cwd=shallow, check=True)
    state = sync(settings, str(shallow))
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert len(tree.commits("", 9)) == 3


def test_a_partial_clone_as_a_source(
    git_repo: MakeRepo, settings: Settings, tmp_path: Path
) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one", "big": "x" * 5000})
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--filter=blob:limit=1k", f"file://{repo.path}", str(clone), "-n")
    away = repo.path.rename(repo.path.with_name("away"))
    state = sync(settings, str(clone))
    assert not state.problem
    assert read(state) == "one"
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert tree.entries()["big"].size == -1
        assert len(tree.commits("", 9)) == 1
    away.rename(repo.path)
    repo.commit({"README.md": "two", "d/more": "y"})
    subprocess.run(["git", "fetch", "-q", "origin", "main:more"], cwd=clone, check=True)
    assert read(sync(settings, str(clone), "more")) == "two"


def test_many_fetches_do_not_make_many_packs(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "0", "big": "x" * 100})
    state = sync(settings, repo.url)
    packs = Path(state.git_dir) / "objects" / "pack"
    source = next(packs.glob("*.pack")).stem
    for number in range(31):  # as so many fetches would have left
        for suffix in (".pack", ".idx", ".promisor"):
            (packs / f"pack-{number:040x}{suffix}").write_bytes(
                (packs / f"{source}{suffix}").read_bytes()
            )
    repo.commit({"README.md": "1"})
    state = sync(settings, repo.url)
    assert len(list(packs.glob("*.pack"))) == 1
    assert read(state) == "1"
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert len(tree.commits("", 9)) == 2


def test_one_bad_repo_does_not_stop_the_others(git_repo: MakeRepo, settings: Settings) -> None:
    good = git_repo("good")
    good.commit({"README.md": "x"})
    plain = Path(good.path).with_name("plain")
    plain.mkdir()
    keys = [
        (str(plain), ""),
        (str(plain / "none"), ""),
        ("ext::touch canary", ""),
        (good.url, ""),
    ]
    states = sync_repos(keys, settings, retry_after=())
    assert [bool(states[key].commit) for key in keys] == [False, False, False, True]
    assert "There is no repo at this address" in states[keys[0]].problem
    assert "There is no such folder" in states[keys[1]].problem
    assert "transport that runs a program" in states[keys[2]].problem
    assert not any(str(Path(good.path).parent) in state.problem for state in states.values())
