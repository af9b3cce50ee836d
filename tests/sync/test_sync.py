"""Syncing real repos of this machine: what each change of a remote leads to."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.model.repo import RepoState
from handbook.settings import Settings
from handbook.sync import SyncEvent, load_repos, read_lock, sync_repos
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]


ANY = 1 << 20


def sync(settings: Settings, repo: str, ref: str = "", **options: Any) -> RepoState:
    return sync_repos([(repo, ref)], settings, retry_after=(), **options)[repo, ref]


def read(state: RepoState, path: str = "README.md") -> str:
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        return tree.text(path, ANY)


def git_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Count the git commands of a sync: a program named git, earlier on the path, notes each."""
    real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, check=True)
    log, program = tmp_path / "calls.log", tmp_path / "bin" / "git"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f'#!/bin/sh\nfor word in "$@"; do case "$word" in -c|*=*) ;; *) echo "$word" >> {log};'
        f' break ;; esac; done\nexec {real.stdout.decode().strip()} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    def calls() -> list[str]:
        found = log.read_text().split() if log.exists() else []
        log.write_text("")
        return found

    return calls


def test_a_repo_comes_with_history_and_tags(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    first = repo.commit({"README.md": "one"}, date="2026-01-01T00:00:00+00:00")
    repo.tag("v1")
    repo.tag("light", annotated=False)
    last = repo.commit({"README.md": "two"}, date="2026-01-02T00:00:00+00:00")
    repo.branch("side")
    repo.tag("elsewhere", repo.commit({"x": "x"}, branch="side"))
    state = sync(settings, repo.url)
    assert (state.commit, state.branch, state.stale, state.problem) == (last, "main", False, "")
    assert Path(state.git_dir).parent == Path(settings.mirrors)
    assert read(state) == "two"
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert [entry.sha for entry in tree.commits("", 9)] == [last, first]
        assert {tag.name for tag in tree.tags()} == {"v1", "light"}
    assert read_lock(settings.lock)[repo.url, ""].commit == last
    assert not (Path(state.git_dir) / "hooks").exists()


def test_an_unmoved_repo_costs_one_ls_remote(
    git_repo: MakeRepo, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    repo.tag("v1")
    sync(settings, repo.url)
    lock = Path(settings.lock).stat()
    calls = git_calls(tmp_path, monkeypatch)
    events: list[SyncEvent] = []
    sync(settings, repo.url, report=events.append)
    assert calls() == ["ls-remote"]
    assert [(event.kind, event.done, event.total) for event in events] == [("unchanged", 1, 1)]
    assert Path(settings.lock).stat() == lock
    repo.commit({"README.md": "two"})
    sync(settings, repo.url, report=events.append)
    assert calls().count("fetch") == 1
    assert events[-1].kind == "fetched"


def test_a_pinned_commit_that_is_here_costs_nothing(
    git_repo: MakeRepo, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    sync(settings, repo.url, commit)
    calls = git_calls(tmp_path, monkeypatch)
    assert sync(settings, repo.url, commit).commit == commit
    assert calls() == []


def test_refs_of_one_repo_share_a_mirror(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    first = repo.commit({"README.md": "one"})
    repo.tag("v1")
    repo.branch("release/1")
    second = repo.commit({"README.md": "two"}, branch="release/1")
    third = repo.commit({"README.md": "three"})
    keys = [(repo.url, ref) for ref in ("", "v1", "release/1", first, "main", "none")]
    states = sync_repos(keys, settings)
    assert len({state.git_dir for state in states.values() if state.git_dir}) == 1
    found = {ref: (state.commit, state.branch) for (_, ref), state in states.items()}
    assert found == {
        "": (third, "main"),
        "v1": (first, ""),
        "release/1": (second, "release/1"),
        first: (first, ""),
        "main": (third, "main"),
        "none": ("", ""),
    }
    assert "no branch or tag 'none'" in states[repo.url, "none"].problem
    assert len(list(Path(settings.mirrors).glob("*.git"))) == 1


def test_a_new_tag_on_an_old_commit_is_seen(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    repo.tag("v1")
    sync(settings, repo.url)
    repo.git("tag", "-d", "v1")
    repo.tag("v1/final")  # in the way of "v1" until that is gone
    state = sync(settings, repo.url)
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert [tag.name for tag in tree.tags()] == ["v1/final"]


def test_head_that_moves_to_another_branch(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    sync(settings, repo.url)
    repo.branch("trunk")
    repo.set_head("trunk")
    repo.delete_branch("main")
    state = sync(settings, repo.url)
    assert (state.branch, state.stale) == ("trunk", False)
    assert sync(settings, repo.url, "main").commit == ""


def test_renamed_repo(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo("old")
    commit = repo.commit({"README.md": "one"})
    old = sync(settings, repo.url)
    new_path = repo.path.rename(repo.path.with_name("new"))
    gone = sync(settings, repo.url, prune=False)
    assert (gone.commit, gone.stale) == (commit, True)
    assert "Mend `repo` in the catalogue" in gone.problem
    new = sync(settings, str(new_path))
    assert (new.commit, new.stale) == (commit, False)
    assert new.git_dir != old.git_dir
    assert list(read_lock(settings.lock)) == [(str(new_path), "")]


def test_force_push(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    old = repo.commit({"README.md": "one"})
    before = sync(settings, repo.url)
    new = repo.commit({"README.md": "rewritten"}, orphan=True)
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    state = sync(settings, repo.url)
    assert (state.commit, state.stale) == (new, False)
    assert read(state) == "rewritten"
    assert before.commit == old
    assert read(before) == "one"  # who still builds the old commit is not disturbed


def test_branch_deleted(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    repo.branch("feature")
    good = sync(settings, repo.url, "feature")
    repo.delete_branch("feature")
    state = sync(settings, repo.url, "feature")
    assert (state.commit, state.branch, state.stale) == (good.commit, "feature", True)
    assert "its branches are main" in state.problem
    assert state.fetched == good.fetched
    loaded = load_repos([(repo.url, "feature")], settings)[repo.url, "feature"]
    assert loaded.stale
    assert read(loaded) == "one"


def test_branch_d_becomes_d_e(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    repo.branch("d")
    sync_repos([(repo.url, ""), (repo.url, "d")], settings)
    repo.delete_branch("d")
    repo.branch("d/e")
    commit = repo.commit({"README.md": "two"}, branch="d/e")
    states = sync_repos([(repo.url, "d"), (repo.url, "d/e")], settings)
    assert states[repo.url, "d"].stale
    assert (states[repo.url, "d/e"].commit, states[repo.url, "d/e"].stale) == (commit, False)


def test_empty_repo(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    state = sync(settings, repo.url)
    assert (state.commit, state.git_dir, state.stale) == ("", "", False)
    assert "The repo is empty" in state.problem
    repo.commit({"README.md": "first"})
    assert read(sync(settings, repo.url)) == "first"


def test_emptied_repo(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    sync(settings, repo.url)
    repo.delete_branch("main")
    state = sync(settings, repo.url)
    assert (state.commit, state.stale) == (commit, True)
    assert "The repo is empty" in state.problem


def test_emptied_tree(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    repo.commit({"README.md": None})
    state = sync(settings, repo.url)
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert not tree.entries()
        assert not tree.is_dir("")


def test_sha256_repo(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo(object_format="sha256")
    commit = repo.commit({"README.md": "one"})
    repo.tag("v1")
    state = sync(settings, repo.url)
    assert (state.commit, len(commit)) == (commit, 64)
    assert read(state) == "one"


def test_a_repo_that_becomes_sha256(git_repo: MakeRepo, settings: Settings) -> None:
    old = git_repo()
    old.commit({"README.md": "one"})
    sync(settings, old.url)
    old.path.rename(old.path.with_name("away"))
    new = git_repo(object_format="sha256")
    new.commit({"README.md": "two"})
    state = sync(settings, new.url)
    assert (len(state.commit), state.stale) == (64, False)
    assert read(state) == "two"


@pytest.mark.parametrize("kind", ["tree", "blob"])
def test_a_tag_that_is_no_commit(git_repo: MakeRepo, settings: Settings, kind: str) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one"})
    name = "main^{tree}" if kind == "tree" else "main:README.md"
    repo.git("update-ref", "refs/tags/odd", repo.git("rev-parse", name))
    states = sync_repos([(repo.url, "odd"), (repo.url, "")], settings)
    assert f"leads to a {kind}, not to a commit" in states[repo.url, "odd"].problem
    assert states[repo.url, ""].problem == ""
