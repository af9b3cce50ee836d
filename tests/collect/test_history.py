"""Commits, releases, activity and changelogs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.collect.history import announced, collect_history
from handbook.errors import TreeError
from handbook.model.facts import Absent, Broken, Found
from handbook.model.history import History
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import Commit, MemoryTree, Tag

CASES = {
    case["name"]: case
    for case in yaml.safe_load(
        (Path(__file__).parent / "cases" / "changelogs.yml").read_text(encoding="utf-8")
    )
}
FIRST = "2026-01-31T23:30:00-05:00"


def commit(number: int, date: str, subject: str = "Change", author: str = "Jane Roe") -> Commit:
    return Commit(f"{number:040x}", date, date, author, "key", subject)


def collected(tree: MemoryTree, limits: Limits | None = None, path: str = "") -> Found[History]:
    service = Service("Risk", "risk", tree.repo, path=path)
    fact = collect_history(tree, service, limits or Limits())
    assert isinstance(fact, Found)
    return fact


def test_dates_releases_and_bots(memory_tree: type[MemoryTree]) -> None:
    history = (
        commit(4, "2026-03-02T10:00:00+00:00", "Mail jane@example.org", "dependabot[bot]"),
        commit(3, "2026-03-01T10:00:00+00:00", "Release v1.1.0 (#12)"),
        commit(2, "2026-02-01T10:00:00+00:00", "Tagged one"),
        commit(1, FIRST, ""),
    )
    tags = (
        Tag("nightly", history[0].sha, "2026-03-02T00:00:00+00:00"),
        Tag("v1.0", history[2].sha, "2026-02-01T10:00:00+00:00"),
    )
    found = collected(memory_tree({"a.py": ""}, history=history, tags=tags)).value
    assert found.updated == "2026-03-02T10:00:00+00:00"
    assert found.created == FIRST
    assert [(c.subject, c.release, c.bot) for c in found.changes] == [
        ("Mail jane", "nightly", True),
        ("Release v1.1.0 (#12)", "v1.1.0", False),
        ("Tagged one", "v1.0", False),
        ("(no subject)", "", False),
    ]
    assert found.latest is not None
    assert found.latest.name == "v1.0"


def test_activity_is_the_year_up_to_the_last_commit(memory_tree: type[MemoryTree]) -> None:
    dates = [
        "2026-03-09T00:00:00+00:00",
        "2026-03-01T00:00:00+00:00",
        FIRST,
        "2025-04-30T00:00:00Z",
    ]
    dates.append("2025-03-31T00:00:00+00:00")
    history = [commit(at, date) for at, date in enumerate(dates)]
    months = collected(memory_tree({"a": ""}, history=history)).value.activity
    assert (months[0].month, months[-1].month) == ("2025-04", "2026-03")
    assert [item.commits for item in months] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]


def test_a_cut_history_says_so(memory_tree: type[MemoryTree]) -> None:
    history = [commit(at, FIRST) for at in range(50)]
    found = collected(memory_tree({"a": ""}, history=history), Limits(history=40)).value
    assert (found.commits, found.complete, found.created) == (40, False, "")
    assert len(found.changes) == 30


def test_no_commit_is_absent_and_a_broken_history_is_broken(
    memory_tree: type[MemoryTree], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = memory_tree({"a": ""})
    service = Service("Risk", "risk", tree.repo)
    assert isinstance(collect_history(tree, service, Limits()), Absent)

    def damaged(folder: str, limit: int) -> tuple[Commit, ...]:
        raise TreeError("the mirror may be damaged")

    monkeypatch.setattr(tree, "commits", damaged)
    fact = collect_history(tree, service, Limits())
    assert isinstance(fact, Broken)
    assert "the mirror may be damaged" in fact.problem.message


def test_only_commits_of_the_services_folder_count(git_repo: Any) -> None:
    repo = git_repo("mono")
    repo.commit({"risk/a.py": "1"}, "Add risk", date="2026-01-01T00:00:00+00:00")
    repo.commit({"other/b.py": "1"}, "Add other", date="2026-02-01T00:00:00+00:00")
    repo.commit({"risk/a.py": "2"}, "Change risk", date="2026-03-01T00:00:00+00:00")
    repo.tag("v2", date="2026-03-01T00:00:00+00:00")
    with repo.open() as tree:
        fact = collect_history(tree, Service("Risk", "risk", repo.url, path="risk"), Limits())
    assert isinstance(fact, Found)
    assert [change.subject for change in fact.value.changes] == ["Change risk", "Add risk"]
    assert fact.value.changes[0].release == "v2"
    assert fact.value.created[:10] == "2026-01-01"


@pytest.mark.parametrize(
    ("subject", "version"),
    [
        ("Release v1.2.3", "v1.2.3"),
        ("chore(release): 2.0.0-rc.1", "2.0.0-rc.1"),
        ("Version 0.28.1 (#3445)", "0.28.1"),
        ("🔖 Release version 0.7.0", "0.7.0"),
        ("1.0", "1.0"),
        ("Support Python 3.12", ""),
        ("Bump numpy from 1.0 to 1.1", ""),
        ("Release the hounds", ""),
    ],
)
def test_what_a_subject_announces(subject: str, version: str) -> None:
    assert announced(subject) == version


@pytest.mark.parametrize("name", CASES)
def test_changelog(name: str, memory_tree: type[MemoryTree]) -> None:
    case = CASES[name]
    tree = memory_tree(case["files"], history=[commit(1, FIRST)])
    found = collected(tree, path=case.get("path", "")).value.changelog
    if case["changelog"] is None:
        assert found is None
        return
    assert found is not None
    assert {
        "path": found.origin.path,
        "format": found.format,
        "more": found.more,
        "sections": [[item.title, item.line, item.text] for item in found.sections],
    } == {"more": False, **case["changelog"]}


def test_a_long_section_is_cut_at_a_line(memory_tree: type[MemoryTree]) -> None:
    text = "# 1.0\n" + "- a line of it\n" * 5_000
    tree = memory_tree({"CHANGELOG.md": text}, history=[commit(1, FIRST)])
    found = collected(tree).value.changelog
    assert found is not None
    assert found.more
    assert len(found.sections[0].text) <= 16 * 1024
    assert found.sections[0].text.endswith("- a line of it")


def test_an_oversized_changelog_is_a_problem(memory_tree: type[MemoryTree]) -> None:
    tree = memory_tree({"CHANGELOG.md": "x" * 600_000}, history=[commit(1, FIRST)])
    fact = collected(tree)
    assert fact.value.changelog is None
    assert "The changelog is not read" in fact.problems[0].message
