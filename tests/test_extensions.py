"""What installed packages bring: found, judged, and where it is wrong, named with its package."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

import pytest

from handbook.check import Rule, Verdict, check, rules
from handbook.collect import collect, collect_for_rules
from handbook.errors import ExtensionError
from handbook.extensions import extensions, installed
from handbook.model.facts import Broken, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service, Snapshot
from handbook.publish.shards import _code
from handbook.tree import MemoryTree, RepoTree

Offer = tuple[str, str, str, Any]  # package, group, name, what is loaded


class Named(Rule):
    """It has a name.

    ## What it does
    Looks.

    ## Why
    So.

    ## How to fix
    Name it.

    ## Equivalents
    None.
    """

    code = "ACME01"
    level = "bronze"

    def check(self, label: Fact[str]) -> Verdict:
        """Pass with one."""
        return Verdict("pass", label.value if isinstance(label, Found) else "none")


class Crashing(Rule):
    __doc__ = Named.__doc__
    code = "ACME02"
    level = "gold"

    def check(self, today: str) -> Verdict:
        """Fail."""
        raise LookupError(f"no luck on {today}")


def label(tree: RepoTree, service: Service, limits: Limits) -> Fact[str]:
    return Found(tree.text("LABEL", limits.blob), tree.origin("LABEL"))


class Point:
    def __init__(self, package: str, group: str, name: str, value: Any) -> None:
        self.name, self.group, self.value, self.loads = name, group, "acme:thing", value
        project, _, version = package.partition(" ")
        self.dist = type("Dist", (), {"name": project, "version": version})()

    def load(self) -> Any:
        if isinstance(self.loads, Exception):
            raise self.loads
        return self.loads


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Offer things as packages would, to a handbook that has just started."""
    points: list[Point] = []
    monkeypatch.setattr(
        metadata, "entry_points", lambda group: [p for p in points if p.group == group]
    )

    def offer(*offers: Offer) -> None:
        points[:] = [Point(*each) for each in offers]
        extensions.cache_clear()
        rules.cache_clear()

    offer()
    yield offer
    offer()


ACME = "acme-rules 1.0"
COLLECTOR = (ACME, "handbook.collectors", "label", label)


def facts(files: dict[str, str]) -> Any:
    tree = MemoryTree(files)
    snapshot = Snapshot(Service("Risk", "risk", tree.repo), "", tree.commit)
    return collect_for_rules(collect(snapshot, tree, Limits()), tree, Limits())


def test_a_rule_gets_the_fact_of_a_collector(offered: Callable[..., None]) -> None:
    offered(COLLECTOR, (ACME, "handbook.rules", "one", Named))
    report = check(facts({"LABEL": "risk"}), "2026-03-10", frozenset({"ACME01"}))
    assert [(f.code, f.status, f.message) for f in report.findings] == [("ACME01", "pass", "risk")]


def test_own_rules_come_after_the_handbooks_and_by_package(offered: Callable[..., None]) -> None:
    offered(
        ("b-rules 1", "handbook.rules", "x", [Crashing]),
        (ACME, "handbook.rules", "x", (Named,)),
        COLLECTOR,
    )
    assert list(rules())[-2:] == ["ACME01", "ACME02"]


def test_a_crash_shows_as_such_and_hides_nothing(
    offered: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    offered(COLLECTOR, (ACME, "handbook.rules", "all", [Crashing, Named]))
    with caplog.at_level(logging.CRITICAL):
        report = check(facts({"README.md": "# Risk\n"}), "2026-03-10")
    found = {finding.code: finding for finding in report.findings}
    assert set(found) == set(rules())
    assert found["ACME02"].status == "error" and "no luck" in found["ACME02"].message
    assert found["ACME01"].status == "error" and "label" in found["ACME01"].message
    assert ACME in found["ACME01"].fix
    assert found["DOC03"].status == "fail"


@pytest.mark.parametrize("given", ["text", None, 7])
def test_a_collector_must_give_a_fact(offered: Callable[..., None], given: object) -> None:
    offered((ACME, "handbook.collectors", "label", lambda *_: given))
    fact = facts({}).extra["label"]
    assert isinstance(fact, Broken) and ACME in fact.problem.hint


@pytest.mark.parametrize(
    ("offers", "said"),
    [
        ([(ACME, "handbook.rules", "x", ImportError("no y"))], "cannot be loaded"),
        ([(ACME, "handbook.rules", "x", "text")], "no subclass of handbook.check.Rule"),
        ([(ACME, "handbook.rules", "x", [Named()])], "no subclass of handbook.check.Rule"),
        ([(ACME, "handbook.rules", "x", Named)], "asks for 'label', which no collector gives"),
        (
            [(ACME, "handbook.rules", "x", type("DOC", (Crashing,), {"code": "DOC03"}))],
            "a rule DOC03, a code that is taken already",
        ),
        (
            [(ACME, "handbook.rules", "x", Crashing), ("z 2", "handbook.rules", "y", Crashing)],
            "z 2: its entry point 'y' of handbook.rules has a rule ACME02",
        ),
        ([(ACME, "handbook.rules", "x", [Crashing, Crashing])], "is the code of two rules"),
        (
            [(ACME, "handbook.rules", "x", type("Bare", (Crashing,), {"__doc__": "Bare."}))],
            "its docstring has no section '## What it does'",
        ),
        (
            [COLLECTOR, ("z 2", "handbook.collectors", "label", label)],
            "a collector of acme-rules 1.0",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_package(
    offered: Callable[..., None], offers: list[Offer], said: str
) -> None:
    offered(*offers)
    with pytest.raises(ExtensionError) as caught:
        rules()
    assert said in str(caught.value)
    assert "pip uninstall " in str(caught.value)


@pytest.mark.parametrize("name", ["source", "today", "not-a-name"])
def test_a_collector_cannot_take_the_place_of_another(
    offered: Callable[..., None], name: str
) -> None:
    offered((ACME, "handbook.collectors", name, label))
    with pytest.raises(ExtensionError, match="has a name that is taken"):
        facts({})


def test_pages_are_built_anew_for_another_version(offered: Callable[..., None]) -> None:
    before = _code()
    offered((ACME, "handbook.rules", "x", Crashing))
    first = _code()
    assert installed() == (f"{ACME}: handbook.rules x = acme:thing",)
    offered(("acme-rules 1.1", "handbook.rules", "x", Crashing))
    assert len({before, first, _code()}) == 3


def test_none_is_loaded_to_name_it(offered: Callable[..., None]) -> None:
    offered((ACME, "handbook.rules", "x", RuntimeError("loaded")))
    assert len(installed()) == 1
