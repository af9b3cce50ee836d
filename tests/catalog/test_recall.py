"""The expanded catalogue is remembered for as long as nothing it depends on has moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from handbook.catalog import expand_or_recall, load_catalog
from handbook.model.limits import Limits
from handbook.tree import MemoryTree, RepoTree

REPO = "https://github.com/acme/risk"
INFO = "kind: Component\nmetadata: {{name: {name}}}\nspec: {{owner: team-{name}}}\n"


class Repos:
    """One repo whose content may change, and a count of how often it was opened."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.opened = 0

    def tree(self, repo: str, ref: str) -> RepoTree | None:
        self.opened += 1
        files = {"README.md": "# Risk\n", "catalog-info.yaml": INFO.format(name=self.name)}
        return MemoryTree(files, repo=repo, commit="a" * 40)


@pytest.fixture
def catalog_file(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.yml"
    path.write_text(f"services:\n  - repo: {REPO}\n")
    return path


def names(catalog: Path, repos: Repos, commit: str, folder: Path, **limits: int) -> list[str]:
    expanded = expand_or_recall(
        load_catalog(catalog), {(REPO, ""): commit}, repos.tree, Limits(**limits), folder
    )
    return [service.name for service in expanded.services]


def test_the_same_commits_are_not_read_again(catalog_file: Path, tmp_path: Path) -> None:
    repos = Repos("first")
    assert names(catalog_file, repos, "1", tmp_path / "c") == ["first"]
    assert repos.opened == 1
    assert names(catalog_file, repos, "1", tmp_path / "c") == ["first"]
    assert repos.opened == 1


def test_what_has_moved_is_read_again(catalog_file: Path, tmp_path: Path) -> None:
    repos = Repos("first")
    names(catalog_file, repos, "1", tmp_path / "c")
    repos.name = "second"
    assert names(catalog_file, repos, "2", tmp_path / "c") == ["second"], "another commit"
    assert names(catalog_file, repos, "2", tmp_path / "c", manifest=9_999) == ["second"]
    assert repos.opened == 3, "other limits"
    catalog_file.write_text(f"services:\n  - repo: {REPO}\n    name: said-here\n")
    assert names(catalog_file, repos, "2", tmp_path / "c") == ["said-here"]


def test_a_damaged_note_counts_as_none(catalog_file: Path, tmp_path: Path) -> None:
    repos = Repos("first")
    names(catalog_file, repos, "1", tmp_path / "c")
    for note in (tmp_path / "c").iterdir():
        note.write_bytes(note.read_bytes()[:-9])
    assert names(catalog_file, repos, "1", tmp_path / "c") == ["first"]
    assert repos.opened == 2
