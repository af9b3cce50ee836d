"""A new service is ready from its first commit: gold, with no rule that it fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from handbook.catalog import read_identity
from handbook.check import check
from handbook.collect import collect, collect_for_rules
from handbook.model.limits import Limits
from handbook.model.readiness import Report
from handbook.model.service import Service, Snapshot
from handbook.scaffold.answers import Answers
from handbook.tree import Commit, MemoryTree

TODAY = "2026-11-20"  # a day on which all that it builds on is supported
Make = Callable[[Answers], Path]


def report_on(folder: Path) -> Report:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    when = "2026-01-01T00:00:00+00:00"
    history = [Commit("0" * 40, when, when, "T", "t", "Begin")]
    tree = MemoryTree(files, history=history)
    service = Service(folder.name.replace("-", " ").capitalize(), folder.name, tree.repo)
    snapshot = Snapshot(service, "", tree.commit, "main")
    facts = collect_for_rules(collect(snapshot, tree, Limits()), tree, Limits())
    facts = replace(facts, identity=read_identity(tree, snapshot.service, Limits()))
    return check(facts, TODAY)


@pytest.mark.parametrize(
    "answers",
    [Answers("late-delivery", "team-logistics", "acme"), Answers("eta")],
    ids=lambda answers: answers.name,
)
def test_it_is_gold_and_nothing_is_let_pass(made: Make, answers: Answers) -> None:
    report = report_on(made(answers))
    unmet = {f.code: f.message for f in report.findings if f.status not in ("pass", "na", "manual")}
    assert not unmet, f"`handbook explain CODE` says what to do, in the template: {unmet}"
    assert report.level == "gold"


def test_little_does_not_apply(made: Make) -> None:
    """A level is worth what was asked: what does not apply is known, and why."""
    report = report_on(made(Answers("eta")))
    left_out = {finding.code for finding in report.findings if finding.status == "na"}
    # Planned for two weeks, so no specification is asked for.
    assert left_out == {"PLAN03"}
