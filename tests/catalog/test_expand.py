"""From the catalogue to services: cases in cases/expand/*.yml, and real repos."""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.catalog import Expanded, expand, load_catalog
from handbook.errors import TreeError
from handbook.model.catalog import Catalog, CatalogEntry, slug_mistake
from handbook.model.limits import Limits
from handbook.tree import GitTree, MemoryTree, RepoTree

CASES: list[dict[str, Any]] = [
    {**case, "id": f"{path.stem}: {case['case']}"}
    for path in sorted(Path(__file__).parent.glob("cases/expand/*.yml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES, ids=itemgetter("id"))
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "catalog.yml"
    file.write_text(case["catalog"], encoding="utf-8")

    def tree(repo: str, ref: str) -> RepoTree | None:
        files = case["repos"].get(repo)
        return None if files is None else MemoryTree(files, repo=repo)

    expanded = expand(load_catalog(file), tree)
    assert [str(problem) for problem in expanded.problems] == case.get("problems", [])
    assert len(expanded.services) == len(case["services"])
    for service, wanted in zip(expanded.services, case["services"], strict=True):
        actual = json.loads(msgspec.json.encode(service))
        assert {key: actual[key] for key in wanted} == wanted


def test_too_many_matches_are_cut_aloud() -> None:
    tree = MemoryTree({f"s/{n:03}/README.md": "" for n in range(12)})
    entry = CatalogEntry("https://x.org/a", paths=("s/*",), declared="catalog.yml:4")
    expanded = expand(Catalog((entry,)), lambda *_: tree, Limits(catalog_matches=10))
    assert [service.slug for service in expanded.services] == [f"{n:03}" for n in range(10)]
    assert [str(problem) for problem in expanded.problems] == [
        "catalog.yml:4: `paths` match 12 folders; those after 10 are left out."
        " Name the folders more closely."
    ]


def test_each_tree_is_asked_for_once() -> None:
    asked = []

    def tree(repo: str, ref: str) -> RepoTree:
        asked.append((repo, ref))
        return MemoryTree({"a/README.md": "", "b/README.md": ""}, repo=repo)

    entries = [CatalogEntry("https://x.org/r", path=path) for path in ("a", "b")]
    expand(Catalog(tuple(entries)), tree)
    assert asked == [("https://x.org/r", "")]


def test_a_damaged_mirror_keeps_its_service() -> None:
    class Damaged(MemoryTree):
        def _list(self) -> Any:
            raise TreeError("the mirror is damaged")

    entries = (
        CatalogEntry("https://x.org/a", path="s", declared="catalog.yml:2"),
        CatalogEntry("https://x.org/b", paths=("*",), declared="catalog.yml:3"),
    )
    expanded = expand(Catalog(entries), lambda repo, ref: Damaged({}, repo=repo))
    assert [service.slug for service in expanded.services] == ["s"]
    assert [problem.origin.line for problem in expanded.problems] == [2, 3]


def test_a_public_site_does_not_tell_of_private_services() -> None:
    info = "kind: Component\nmetadata: {name: secret-plan}\n"
    entries = (
        CatalogEntry("https://x.org/a", visibility="public", declared="catalog.yml:2"),
        CatalogEntry("https://x.org/secret-plan", visibility="private", declared="catalog.yml:3"),
        CatalogEntry("https://x.org/b", path="no", visibility="public", declared="catalog.yml:4"),
    )
    files = {"README.md": "", "catalog-info.yaml": info}
    expanded = expand(Catalog(entries), lambda repo, ref: MemoryTree(files, repo=repo))
    assert any("secret-plan" in str(problem) for problem in expanded.problems)
    (shown,) = expanded.problems_for(("public", "internal"))
    assert "path 'no'" in shown.message
    assert expanded.problems_for(("public", "internal", "private")) == expanded.problems


def test_local_repos_bare_or_not(git_repo: Callable[..., Any], tmp_path: Path) -> None:
    bare = git_repo("scorer.git")
    work = git_repo("ranker", bare=False)
    bare.commit({"README.md": "# Scorer"})
    work.commit({"services/a/README.md": "# A", "services/b/Dockerfile": "FROM scratch"})
    dirs = {str(bare.path): bare, str(work.path): work}
    file = tmp_path / "catalog.yml"
    file.write_text(
        "services:\n  - repo: repos/scorer.git\n  - {repo: ./repos/ranker, paths: [services/*]}\n"
    )
    opened: list[GitTree] = []

    def tree(repo: str, ref: str) -> RepoTree:
        opened.append(dirs[repo].open())
        return opened[-1]

    try:
        services = expand(load_catalog(file), tree).services
    finally:
        for item in opened:
            item.close()
    assert [(service.slug, service.path) for service in services] == [
        ("scorer", ""),
        ("a", "services/a"),
        ("b", "services/b"),
    ]


NAMES = st.sampled_from(["api", "Api", "web", "index", "a.b", "推薦", "", "x y"])


@settings(deadline=None)  # other work on the machine is no fault of the code
@given(st.lists(st.tuples(NAMES, NAMES, NAMES, st.booleans()), max_size=6))
def test_no_two_services_share_an_address(rows: list[tuple[str, str, str, bool]]) -> None:
    trees: dict[str, MemoryTree] = {}
    entries: list[CatalogEntry] = []
    for number, (folder, stated, name, pattern) in enumerate(rows):
        repo = f"https://x.org/{folder or number}/{number}"
        info = f"kind: Component\nmetadata: {{name: '{stated}'}}\n"
        path = f"s/{folder or 'root'}/"
        trees[repo] = MemoryTree({f"{path}catalog-info.yaml": info}, repo=repo)
        if pattern:
            entries.append(CatalogEntry(repo, paths=("s/*",), declared=f"catalog.yml:{number}"))
        elif not slug_mistake(CatalogEntry(repo, name=name).own_slug):
            entries.append(CatalogEntry(repo, name=name, declared=f"catalog.yml:{number}"))
    catalog = Catalog(tuple(entries))
    expanded = expand(catalog, lambda repo, ref: trees[repo])
    slugs = [service.slug for service in expanded.services]
    assert len(set(slugs)) == len(slugs)
    assert not any(map(slug_mistake, slugs))
    assert expand(catalog, lambda repo, ref: trees[repo]) == expanded
    assert msgspec.json.decode(msgspec.json.encode(expanded), type=Expanded) == expanded
