"""What a repo, its objects or the configuration around must not bring about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.model.repo import RepoState
from handbook.settings import Settings
from handbook.sync import load_repos, sync_repos
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]


ANY = 1 << 20


def sync(settings: Settings, repo: str, ref: str = "", **options: Any) -> RepoState:
    return sync_repos([(repo, ref)], settings, retry_after=(), **options)[repo, ref]


def read(state: RepoState, path: str = "README.md") -> str:
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        return tree.text(path, ANY)


def test_gitlink_option_url_and_other_settings_of_the_repo(
    git_repo: MakeRepo, settings: Settings, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    repo = git_repo()
    files = {
        "README.md": "x",
        ".gitmodules": f'[submodule "v"]\npath = v\nurl = --upload-pack=touch {canary}\n',
        ".gitattributes": "*.bin filter=lfs diff=lfs\n* filter=evil\n",
        ".lfsconfig": f"[lfs]\nurl = file://{canary}\n",
        "m.bin": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n",
    }
    repo.commit(files, submodules={"v": "1" * 40})
    state = sync(settings, repo.url)
    assert not state.problem
    assert read(state) == "x"
    assert read(state, "m.bin") == files["m.bin"]
    assert not canary.exists()


def test_no_hook_runs(git_repo: MakeRepo, settings: Settings, home: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    template = home / "template" / "hooks"
    template.mkdir(parents=True)
    repo = git_repo()
    names = ("post-checkout", "reference-transaction", "pre-auto-gc", "post-update", "fsmonitor")
    (repo.git_dir / "hooks").mkdir(exist_ok=True)
    for folder in (template, repo.git_dir / "hooks"):
        for name in names:
            (folder / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
            (folder / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[init]\ntemplateDir = {template.parent}\n[core]\nhooksPath = {template}\n"
    )
    repo.git("config", "uploadpack.packObjectsHook", f"touch {canary}")
    repo.commit({"README.md": "x"})
    repo.tag("v1")
    canary.unlink(missing_ok=True)  # making the repo may run its own
    state = sync(settings, repo.url)
    repo.tag("v2")
    canary.unlink(missing_ok=True)
    assert sync(settings, repo.url).commit == state.commit
    assert not canary.exists()
    assert not (Path(state.git_dir) / "hooks").exists()


def test_the_users_own_settings_for_fetching_do_no_harm(
    git_repo: MakeRepo, settings: Settings, home: Path
) -> None:
    (home / ".gitconfig").write_text(
        "[fetch]\nprune = true\npruneTags = true\nrecurseSubmodules = on-demand\n"
        "writeCommitGraph = true\n[gc]\nauto = 1\nautoDetach = false\n[submodule]\nrecurse = true\n"
        '[remote "handbook"]\nfetch = +refs/*:refs/*\nmirror = true\ntagOpt = --tags\n'
        "[safe]\nbareRepository = explicit\n[core]\nbare = false\n[log]\nshowSignature = true\n"
    )
    repo = git_repo()
    repo.commit({"README.md": "one"})
    repo.branch("side")
    sync(settings, repo.url)
    repo.commit({"README.md": "two"})
    repo.tag("v1")
    state = sync(settings, repo.url)
    assert read(state) == "two"
    refs = (Path(state.git_dir) / "packed-refs").read_text()
    assert "refs/tags/v1" in refs
    assert "refs/heads" not in refs


def test_a_local_repo_of_another_user(git_repo: MakeRepo, settings: Settings) -> None:
    os = pytest.importorskip("os")
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    for bare in (True, False):
        repo = git_repo(f"bare-{bare}", bare=bare)
        repo.commit({"README.md": "x"})
        for path in [repo.path, *repo.path.rglob("*")]:
            os.chown(path, 12345, 12345)
        assert read(sync(settings, repo.url)) == "x"


def test_a_path_with_odd_characters(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo('it\'s a "$(touch canary)" repo; é')
    repo.commit({"README.md": "x"})
    state = sync(settings, repo.url)
    assert not state.problem
    assert read(state) == "x"
    assert load_repos([(repo.url, "")], settings)[repo.url, ""].commit == state.commit


def test_the_surrounding_repo_and_hook_environment_do_not_matter(
    git_repo: MakeRepo, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = git_repo("around", bare=False)
    around.git("config", "core.sshCommand", "false")
    repo = git_repo("risk")
    repo.commit({"README.md": "x"})
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(around.git_dir))
    monkeypatch.chdir(around.path)
    assert read(sync(settings, repo.url)) == "x"


ODD = {
    "zero-padded-mode": ("tree", b"040000 d\0%s"),
    "dotdot": ("tree", b"100644 ..\0%s"),
    "dotgit": ("tree", b"40000 .git\0%s"),
    "slash": ("tree", b"100644 a/b\0%s"),
    "unsorted": ("tree", b"100644 z\0%s100644 a\0%s"),
    "duplicate": ("tree", b"100644 a\0%s100644 a\0%s"),
    "null-object": ("tree", b"160000 a\0" + bytes(20)),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_tree_does_not_keep_a_repo_out(
    git_repo: MakeRepo, settings: Settings, odd: str
) -> None:
    repo = git_repo()
    blob = repo.blob("# Risk")
    child = repo.tree([("100644", b"x.md", blob)]) if b"40000" in ODD[odd][1] else blob
    kind, template = ODD[odd]
    data = template.replace(b"%s", bytes.fromhex(child))
    bad = repo.git("hash-object", "-t", kind, "-w", "--literally", "--stdin", data=data)
    repo.commit_tree(repo.tree([("100644", b"README.md", blob), ("40000", b"odd", bad)]))
    state = sync(settings, repo.url)
    assert not state.problem
    assert read(state) == "# Risk"


@pytest.mark.parametrize(
    "person",
    [
        pytest.param(b"A <a@example.org>1700000000 +0000", id="no-space-before-date"),
        pytest.param(b"A <a@example.org> 0170000000 +0000", id="zero-padded-date"),
        pytest.param(b"A <a@example.org> 99999999999999999999 +0000", id="date-overflow"),
        pytest.param(b"A <a@example.org> 1700000000 +051800", id="bad-zone"),
        pytest.param(b"A<a@example.org> 1700000000 +0000", id="no-space-before-address"),
        pytest.param(b"A 1700000000 +0000", id="no-address"),
    ],
)
def test_an_odd_old_commit_does_not_keep_a_repo_out(
    git_repo: MakeRepo, settings: Settings, person: bytes
) -> None:
    repo = git_repo()
    repo.commit({"README.md": "x"})
    tree = repo.git("rev-parse", "main^{tree}").encode()
    data = b"tree %s\nauthor %s\ncommitter %s\n\nOdd\n" % (tree, person, person)
    oid = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", data=data)
    repo.git("update-ref", "refs/heads/main", oid)
    repo.commit({"README.md": "y"})
    state = sync(settings, repo.url)
    assert not state.problem
    assert read(state) == "y"
    with GitTree(state.git_dir, state.commit, state.repo) as opened:
        assert len(opened.commits("", 9)) == 2


def test_what_is_no_object_at_all_is_not_taken(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    good = repo.commit({"README.md": "x"})
    sync(settings, repo.url)
    data = b"tree %s\n\0author" % repo.git("rev-parse", "main^{tree}").encode()
    oid = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", data=data)
    repo.git("update-ref", "refs/heads/main", oid)
    state = sync(settings, repo.url)
    assert (state.commit, state.stale) == (good, True)
    assert "damaged objects" in state.problem
