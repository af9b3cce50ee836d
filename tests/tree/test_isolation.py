"""Reading never runs what a repo's configuration says, never fetches, survives damage."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.errors import MissingFile, TreeError
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]
ANY = 1 << 20


def test_a_partial_clone_is_read_without_fetching(git_repo: MakeRepo, tmp_path: Path) -> None:
    repo = git_repo()
    repo.commit({"big.md": "x" * 5000, "a.md": "a", "d/big.md": "y" * 5000}, links={"l": "big.md"})
    repo.branch("side")
    repo.commit({"big.md": "z" * 5000}, branch="side")
    repo.commit({"a.md": "b"}, merge=["side"])
    clone = tmp_path / "clone"
    url = f"file://{repo.path}"
    repo.git("clone", "-q", "--bare", "--filter=blob:limit=1k", url, str(clone))
    packs = sorted(os.listdir(clone / "objects" / "pack"))  # noqa: PTH208
    with GitTree(str(clone), repo.head(), "repo") as tree:
        assert tree.entries()["big.md"].size == -1
        for path in ("big.md", "d/big.md", "l"):
            with pytest.raises(MissingFile):
                tree.read(path, ANY)
        assert tree.text("a.md", ANY) == "b"
        assert len(tree.commits("", 9)) == 3
        assert set(tree.file_dates(["big.md", "a.md"], 9)) == {"big.md", "a.md"}
        assert tree.tags() == ()
    assert sorted(os.listdir(clone / "objects" / "pack")) == packs  # noqa: PTH208


def test_a_repos_own_configuration_runs_nothing(git_repo: MakeRepo, tmp_path: Path) -> None:
    repo = git_repo()
    repo.commit({"a.md": "a", ".gitattributes": "*.md diff=evil\n"})
    canary = tmp_path / "canary"
    for name in ("core.fsmonitor", "core.pager", "gpg.program", "diff.evil.textconv"):
        repo.git("config", name, f"touch {canary}")
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "alias.cat-file", f"!touch {canary}")
    with repo.open() as tree:
        assert tree.text("a.md", ANY) == "a"
        assert len(tree.commits("", 9)) == 1
        assert "a.md" in tree.file_dates(["a.md"], 9)
        assert tree.tags() == ()
    assert not canary.exists()


def test_replaced_objects_are_not_believed(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit({"a.md": "true"})
    repo.git("replace", repo.blob("true"), repo.blob("false"))
    with repo.open() as tree:
        assert tree.text("a.md", ANY) == "true"


def test_the_environment_of_the_caller_does_not_lead_elsewhere(
    git_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, other = git_repo("one"), git_repo("two")
    repo.commit({"a.md": "one"})
    other.commit({"a.md": "two"})
    monkeypatch.setenv("GIT_DIR", str(other.git_dir))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.git_dir / "objects"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "x")
    with repo.open() as tree:
        assert tree.text("a.md", ANY) == "one"
        assert len(tree.commits("", 9)) == 1


def test_a_damaged_blob_costs_itself_only(git_repo: MakeRepo) -> None:
    repo = git_repo()
    oids = {name: repo.blob(name * 100) for name in ("bad.md", "good.md")}
    rows = [("100644", name.encode(), oid) for name, oid in oids.items()]
    repo.commit_tree(repo.tree(rows))
    with repo.open() as tree:
        tree.entries()
        loose = repo.git_dir / "objects" / oids["bad.md"][:2] / oids["bad.md"][2:]
        loose.chmod(0o644)
        loose.write_bytes(loose.read_bytes()[:20] + b"damage")
        with pytest.raises(TreeError, match="handbook sync"):
            tree.read("bad.md", ANY)
        assert tree.text("good.md", ANY) == "good.md" * 100


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repo_of_another_user_is_read(git_repo: MakeRepo) -> None:
    repo = git_repo()
    repo.commit({"a.md": "a"})
    repo.tag("v1")
    for path in [repo.path, *repo.path.rglob("*")]:
        os.chown(path, 12345, 12345)
    with repo.open() as tree:
        assert tree.text("a.md", ANY) == "a"
        assert len(tree.tags()) == 1
        assert len(tree.commits("", 9)) == 1


def test_a_missing_git_is_said(git_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = git_repo()
    repo.commit({"a.md": "a"})
    tree = repo.open()
    monkeypatch.setenv("PATH", "/nonexistent")
    with tree, pytest.raises(TreeError, match="Install git"):
        tree.entries()
