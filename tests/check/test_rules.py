"""Each rule on small repos: one file of ``cases/<CODE>/`` is one repo and what is said of it.

The name of a case begins with what it shows: ``pass``, ``warn``, ``fail``, ``na``, ``manual``, or
``tricky``: something that a careless rule would judge wrong. Its keys:

``files``: path to content; ``commits``: subjects, newest first; ``service``: fields of Service,
such as ``path``; ``today``;
``expect``: the status; ``message``: a part of it; ``evidence``: places "path:line" that must all
be there, in any order; ``searched``, ``fix``: a part of one.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from handbook.catalog import read_identity
from handbook.check import check, rules
from handbook.collect import collect, collect_for_rules
from handbook.model.limits import Limits
from handbook.model.readiness import Finding
from handbook.model.service import Service, Snapshot
from handbook.tree import Commit, MemoryTree

CASES = sorted((Path(__file__).parent / "cases").glob("*/*.yml"))
TODAY = "2026-03-10"
KEYS = {
    "files",
    "commits",
    "service",
    "today",
    "expect",
    "message",
    "evidence",
    "searched",
    "fix",
    "why",
}


def finding(code: str, case: dict[str, Any]) -> Finding:
    history = [
        Commit(
            f"{n:040x}", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00", "T", "t", text
        )
        for n, text in enumerate(case.get("commits", ()))
    ]
    tree = MemoryTree(case["files"], history=history)
    fields = {"name": "Risk", "slug": "risk", "repo": tree.repo, **case.get("service", {})}
    snapshot = Snapshot(Service(**fields), "", tree.commit, "main")
    facts = collect(snapshot, tree, Limits())
    facts = collect_for_rules(facts, tree, Limits())
    facts = replace(facts, identity=read_identity(tree, snapshot.service, Limits()))
    report = check(facts, case.get("today", TODAY))
    return next(item for item in report.findings if item.code == code)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(case) <= KEYS, "a key of a case that means nothing"
    found = finding(path.parent.name, case)
    assert found.status == case["expect"], found.message
    assert case.get("message", "") in found.message
    places = {f"{item.path}:{item.line}" for item in found.evidence}
    assert set(case.get("evidence", ())) <= places
    assert case.get("searched", "") in "\n".join(found.searched)
    assert case.get("fix", "") in found.fix
    assert found.fix or found.status not in ("fail", "warn"), "what to do next"
    assert found.evidence or found.searched or found.status == "na", "what it was judged by"


def test_each_rule_has_every_kind_of_case() -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for path in CASES:
        kinds[path.parent.name].add(path.stem.partition("-")[0])
    assert set(kinds) <= set(rules()), "cases of no rule"
    lacking = {
        code: sorted({"pass", "tricky", "bad", "na"} - _shown(kinds[code], rule.never))
        for code, rule in rules().items()
        if {"pass", "tricky", "bad", "na"} - _shown(kinds[code], rule.never)
    }
    assert lacking == {}


def _shown(kinds: set[str], never: tuple[str, ...]) -> set[str]:
    bad = {"bad"} if kinds & {"fail", "warn", "manual"} or {"fail", "warn"} <= set(never) else set()
    return kinds | bad | set(never)


@pytest.mark.parametrize("code", rules())
def test_each_rule_leads_to_a_page_that_is_there(code: str) -> None:
    page, _, anchor = rules()[code].page.partition("#")
    docs = Path(__file__).parents[2] / "docs"
    found = [docs / f"{page.rstrip('/')}.md", docs / page / "index.md"]
    written = next((path for path in found if path.is_file()), None)
    assert written, f"{page} is no page of the handbook"
    assert not anchor or f"{{ #{anchor} }}" in written.read_text(encoding="utf-8")
