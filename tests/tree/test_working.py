"""A work tree: what is on disk, not what is committed; nothing outside it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from handbook.errors import MissingFile, TreeError
from handbook.tree import WorkingTree


def git(folder: Path, *arguments: str) -> str:
    person = {
        f"GIT_{who}_{what}": "t@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **person},
    ).stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "README.md").write_text("committed", encoding="utf-8")
    (folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (folder / "gone.txt").write_text("x", encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "First")
    return folder


def test_edits_new_and_deleted_files_are_seen_ignored_ones_are_not(repo: Path) -> None:
    (repo / "README.md").write_text("edited", encoding="utf-8")
    (repo / "new.md").write_text("new", encoding="utf-8")
    (repo / "noise.log").write_text("x", encoding="utf-8")
    (repo / "gone.txt").unlink()
    with WorkingTree(repo) as tree:
        assert list(tree.entries()) == [".gitignore", "README.md", "new.md"]
        assert tree.text("README.md", 100) == "edited"
        assert tree.commit == git(repo, "rev-parse", "HEAD")
        assert [commit.subject for commit in tree.commits("", 5)] == ["First"]


def test_a_linked_worktree_is_a_work_tree_too(repo: Path) -> None:
    git(repo, "worktree", "add", "-q", "../second", "-b", "second")
    with WorkingTree(repo.parent / "second") as tree:
        assert "README.md" in tree.entries()


def test_a_repo_without_a_commit_and_a_plain_folder_have_files_and_no_history(
    tmp_path: Path,
) -> None:
    for name in ("fresh", "plain"):
        folder = tmp_path / name
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "a.txt").write_text("a", encoding="utf-8")
        if name == "fresh":
            git(folder, "init", "-q")
        with WorkingTree(folder) as tree:
            assert list(tree.entries()) == ["sub/a.txt"]
            assert tree.commits("", 5) == ()
            assert tree.tags() == ()
            with pytest.raises(TreeError, match="no commit yet"):
                tree.at("0" * 40)


def test_links_lead_inside_or_nowhere(repo: Path) -> None:
    outside = repo.parent / "secret.txt"
    outside.write_text("secret", encoding="utf-8")
    (repo / "out").symlink_to(outside)
    (repo / "inside").symlink_to("README.md")
    (repo / "folder").symlink_to(repo.parent)
    with WorkingTree(repo) as tree:
        assert tree.text("inside", 100) == "committed"
        for path in ("out", "folder/secret.txt"):
            with pytest.raises(MissingFile):
                tree.read(path, 100)


def test_a_folder_that_becomes_a_link_after_the_listing_is_not_followed_out(repo: Path) -> None:
    (repo / "sub").mkdir()
    (repo / "sub" / "secret.txt").write_text("mine", encoding="utf-8")
    (repo.parent / "secret.txt").write_text("not mine", encoding="utf-8")
    with WorkingTree(repo) as tree:
        assert "sub/secret.txt" in tree.entries()
        (repo / "sub" / "secret.txt").unlink()
        (repo / "sub").rmdir()
        (repo / "sub").symlink_to(repo.parent)
        with pytest.raises(MissingFile, match="leads out of the folder"):
            tree.read("sub/secret.txt", 100)


def test_the_repos_configuration_starts_nothing(repo: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    git(repo, "config", "core.fsmonitor", f"touch {mark} #")
    with WorkingTree(repo) as tree:
        assert tree.entries()
    assert not mark.exists()


def test_odd_files_are_left_out(repo: Path) -> None:
    os.mkfifo(repo / "pipe")
    with WorkingTree(repo) as tree:
        assert "pipe" not in tree.entries()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TreeError, match="no such folder"):
        WorkingTree(tmp_path / "none")
