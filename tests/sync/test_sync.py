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
