"""What a repo declares of itself: taken where it is right, reported with its line where not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handbook.collect.declared import collect_declared
from handbook.model.declared import Declared
from handbook.model.facts import Absent, Broken, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

SERVICE = Service("Fraud score", "fraud-score", "https://git.example/r", path="fraud")
WHOLE = """\
kind: service
style: async
planned_weeks: 6
ignore: ["vendor/**", examples/**]
exempt:
  - rule: MON02
    reason: The disk belongs to the managed database.
    who: team-risk
    until: 2026-12-31
attest:
  - rule: TEAM02
    statement: A backend engineer took part from the first design review.
    link: https://wiki.example/reviews/7
    who: team-risk
    until: 2027-01-31
"""

Tree = Callable[..., MemoryTree]


def read(text: str, path: str = "fraud/.handbook.yml") -> Found[Declared]:
    fact = collect_declared(MemoryTree({path: text}), SERVICE, Limits())
    assert isinstance(fact, Found)
    return fact


@pytest.mark.parametrize("path", ["fraud/.handbook.yml", ".handbook.yml"])
def test_everything_that_can_be_declared(path: str) -> None:
    found = read(WHOLE, path)
    value = found.value
    assert found.problems == ()
    assert (value.kind, value.style, value.planned_weeks) == ("service", "async", 6)
    assert value.ignore == ("vendor/**", "examples/**")
    (exemption,) = value.exemptions
    assert (exemption.code, exemption.who, exemption.until) == ("MON02", "team-risk", "2026-12-31")
    assert (exemption.origin.path, exemption.origin.line) == (path, 6)
    (attestation,) = value.attestations
    assert (attestation.code, attestation.link) == ("TEAM02", "https://wiki.example/reviews/7")


def test_the_services_own_file_comes_before_the_roots() -> None:
    tree = MemoryTree({".handbook.yml": "kind: job", "fraud/.handbook.yml": "kind: library"})
    fact = collect_declared(tree, SERVICE, Limits())
    assert isinstance(fact, Found)
    assert fact.value.kind == "library"


def test_a_repo_without_the_file_says_where_was_looked() -> None:
    fact = collect_declared(MemoryTree({"README.md": "x"}), SERVICE, Limits())
    assert fact == Absent(("fraud/.handbook.yml", ".handbook.yml"))


MISTAKES = {
    "key": ("knid: service", 1, "unknown key 'knid'"),
    "kind": ("kind: microservice", 1, "'kind' is 'microservice'"),
    "style": ("\nstyle: queue", 2, "'style' is 'queue'"),
    "weeks": ("planned_weeks: six", 1, "'planned_weeks' is 'six'"),
    "weeks-negative": ("planned_weeks: -1", 1, "'planned_weeks' is '-1'"),
    "list": ("- rule: MON02", 1, "expected keys"),
    "no-list": ("exempt:\n  rule: MON02", 2, "'exempt' is not a list"),
    "entry": ("exempt: [MON02]", 1, "an entry of 'exempt' has no keys"),
    "lacks": ("exempt:\n- rule: MON02\n  who: team-risk", 2, "lacks reason, until"),
    "code": (
        "exempt:\n- rule: monitoring\n  reason: r\n  who: w\n  until: 2026-01-01",
        2,
        "'monitoring' is no rule's code",
    ),
    "day": ("exempt:\n- rule: MON02\n  reason: r\n  who: w\n  until: soon", 5, "'until' is 'soon'"),
    "no-such-day": (
        "attest:\n- rule: MON02\n  statement: s\n  link: l\n  who: w\n  until: 2026-02-30",
        6,
        "'until' is '2026-02-30'",
    ),
}


@pytest.mark.parametrize(("text", "line", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_with_its_line_and_does_not_count(
    text: str, line: int, said: str
) -> None:
    found = read(text)
    assert found.value == Declared()
    (problem,) = found.problems
    assert said in problem.message
    assert problem.origin.line == line
    assert problem.hint


def test_what_is_right_counts_beside_what_is_not() -> None:
    found = read(WHOLE + "knid: x\n")
    assert len(found.problems) == 1
    assert found.value.kind == "service"


def test_a_file_that_is_no_yaml_is_broken_at_its_line() -> None:
    fact = collect_declared(MemoryTree({".handbook.yml": "kind: [service"}), SERVICE, Limits())
    assert isinstance(fact, Broken)
    assert fact.problem.origin.line == 1


def test_dashboards_are_web_addresses() -> None:
    found = read("dashboards:\n  - title: Production\n    url: https://grafana.example/d/risk\n")
    (link,) = found.value.dashboards
    assert (link.title, link.url, link.origin.line) == (
        "Production",
        "https://grafana.example/d/risk",
        2,
    )
    assert found.problems == ()


BAD_DASHBOARDS = {
    "a file": ("- {title: A, url: 'file:///etc/passwd'}", "'url' of a dashboard"),
    "a script": ("- {title: A, url: 'javascript:alert(1)'}", "'url' of a dashboard"),
    "a password": ("- {title: A, url: 'https://u:p@grafana.example/'}", "'url' of a dashboard"),
    "no host": ("- {title: A, url: 'https:///d'}", "'url' of a dashboard"),
    "odd port": ("- {title: A, url: 'https://a:port/'}", "'url' of a dashboard"),
    "backslash": ("- {title: A, url: 'https://a\\b'}", "'url' of a dashboard"),
    "no url": ("- {title: A}", "lacks url"),
    "no keys": ("- https://grafana.example/", "has no keys"),
    "no list": ("{title: A}", "is not a list"),
}


@pytest.mark.parametrize(("entry", "said"), BAD_DASHBOARDS.values(), ids=BAD_DASHBOARDS)
def test_a_wrong_dashboard_is_said_with_its_line(entry: str, said: str) -> None:
    found = read(f"dashboards:\n  {entry}\n")
    assert found.value.dashboards == ()
    (problem,) = found.problems
    assert said in problem.message
    assert problem.origin.line == 2
