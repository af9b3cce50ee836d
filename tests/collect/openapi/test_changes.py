"""The last two releases of a service, compared in a real repo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from handbook.collect.openapi import collect_api_changes
from handbook.model.api import ApiChanges
from handbook.model.facts import Absent, Broken, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service


def spec(*paths: str) -> str:
    operations = "".join(
        f"  /{path}: {{get: {{responses: {{'200': {{description: d}}}}}}}}\n" for path in paths
    )
    return f"openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\npaths:\n{operations or '  {}'}"


@pytest.fixture
def changes_of(service: Service) -> Iterator[Callable[..., Fact[ApiChanges]]]:
    opened = []

    def run(repo: Any, **fields: str) -> Fact[ApiChanges]:
        tree = repo.open()
        opened.append(tree)
        return collect_api_changes(tree, replace(service, **fields), Limits())

    yield run
    for tree in opened:
        tree.close()


def compared(fact: Fact[ApiChanges]) -> tuple[str, str, list[str]]:
    assert isinstance(fact, Found)
    return fact.value.old, fact.value.new, [change.subject for change in fact.value.added]


def release(repo: Any, name: str, text: str, month: int, path: str = "openapi.yaml") -> None:
    date = f"2026-{month:02}-01T00:00:00+00:00"
    repo.commit({path: text}, date=date)
    repo.tag(name, date=date)


def test_the_last_two_tags_are_compared(git_repo: Any, changes_of: Any) -> None:
    repo = git_repo()
    release(repo, "v1", spec("a"), 1)
    release(repo, "v2", spec("a", "b"), 2)
    release(repo, "v3", spec("a", "b", "c"), 3)
    repo.commit({"openapi.yaml": spec("a", "b", "c", "d")}, date="2026-04-01T00:00:00+00:00")
    assert compared(changes_of(repo)) == ("v2", "v3", ["GET /c"])


def test_with_one_tag_it_is_that_and_the_commit_shown(git_repo: Any, changes_of: Any) -> None:
    repo = git_repo()
    release(repo, "v1", spec("a"), 1)
    repo.commit({"openapi.yaml": spec("a", "b")}, date="2026-04-01T00:00:00+00:00")
    fact = changes_of(repo)
    assert compared(fact) == ("v1", "", ["GET /b"])
    assert fact.value.new_sha == repo.head("main")


def test_two_tags_on_one_commit_are_one_release(git_repo: Any, changes_of: Any) -> None:
    repo = git_repo()
    release(repo, "v1", spec("a"), 1)
    release(repo, "v2", spec("a", "b"), 2)
    repo.tag("latest", date="2026-02-02T00:00:00+00:00")
    assert compared(changes_of(repo))[2] == ["GET /b"]


def test_a_service_of_many_has_its_own_tags(git_repo: Any, changes_of: Any) -> None:
    repo = git_repo()
    release(repo, "risk/v1", spec("a"), 1, "svc/risk/openapi.yaml")
    release(repo, "risk/v2", spec("a", "b"), 2, "svc/risk/openapi.yaml")
    release(repo, "riskless-v9", spec("z"), 3, "svc/riskless/openapi.yaml")
    assert compared(changes_of(repo, path="svc/risk")) == ("risk/v1", "risk/v2", ["GET /b"])


def test_nothing_changed_is_found_and_empty(git_repo: Any, changes_of: Any) -> None:
    repo = git_repo()
    release(repo, "v1", spec("a"), 1)
    release(repo, "v2", "# more words\n", 2, "README.md")
    fact = changes_of(repo)
    assert compared(fact) == ("v1", "v2", [])
    assert not fact.value


def test_a_first_definition_is_all_new(git_repo: Any, changes_of: Any) -> None:
    repo = git_repo()
    release(repo, "v1", "# Risk\n", 1, "README.md")
    release(repo, "v2", spec("a"), 2)
    assert compared(changes_of(repo)) == ("v1", "v2", ["T"])


@pytest.mark.parametrize("tags", [(), ("v1",), ("v1", "v2")])
def test_no_tag_or_no_definition_is_absent(
    git_repo: Any, changes_of: Any, tags: tuple[str, ...]
) -> None:
    repo = git_repo()
    repo.commit({"README.md": "# Risk"})
    for month, name in enumerate(tags, 1):
        release(repo, name, f"{name}\n", month, "README.md")
    assert isinstance(changes_of(repo), Absent)


def test_what_cannot_be_read_is_broken(git_repo: Any, changes_of: Any) -> None:
    repo = git_repo()
    release(repo, "v1", "openapi: 3.0.0\na: [\n", 1)
    release(repo, "v2", spec("a"), 2)
    fact = changes_of(repo)
    assert isinstance(fact, Broken)
    assert fact.problem.origin.commit == repo.head("v1")
