"""Every case file: files of a repo in, owners in their order out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.collect.owners import collect_owners
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.people import Owners
from handbook.model.service import Service
from handbook.tree import MemoryTree

CASES = {
    f"{path.stem}: {case['name']}": case
    for path in sorted((Path(__file__).parent / "cases").glob("*.yml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
}


def collected(case: dict[str, Any], memory_tree: type[MemoryTree]) -> Fact[Owners]:
    repo = case.get("repo", "https://git.example.org/acme/risk")
    values = {
        "name": "Risk",
        "slug": "risk",
        "declared": "catalog.yml:7",
        **case.get("service", {}),
    }
    tree = memory_tree(case["files"], repo=repo)
    return collect_owners(tree, Service(repo=repo, **values), Limits())


@pytest.mark.parametrize("name", CASES)
def test_owners_of(name: str, memory_tree: type[MemoryTree]) -> None:
    case = CASES[name]
    fact = collected(case, memory_tree)
    if case["owners"] is None:
        assert isinstance(fact, Absent)
        return
    assert isinstance(fact, Found)
    assert [
        line(owner, mention) for owner in fact.value.owners for mention in owner.mentions
    ] == case["owners"]
    unexpected = [
        p.message for p in fact.problems if "names an owner or maintainer" not in p.message
    ]
    expected = case.get("problems", [])
    assert len(unexpected) == len(expected), unexpected
    for message, part in zip(unexpected, expected, strict=True):
        assert part in message


def line(owner: Any, mention: Any) -> str:
    """One mention as the case files write it."""
    place = f"{mention.origin.path}:{mention.origin.line}"
    parts = [owner.name, owner.kind, mention.role, place]
    if mention.rule or not mention.whole:
        parts.append(f"{'all' if mention.whole else 'part'} {mention.rule}")
    if mention.section:
        parts.append(f"[{mention.section}]")
    return " | ".join(parts)
