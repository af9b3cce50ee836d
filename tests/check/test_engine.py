"""The engine: every rule gets its say, whatever the others or the service's files do."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from handbook.check.engine import judge
from handbook.check.rule import Rule, Verdict, mistakes_of, registry
from handbook.errors import RuleError
from handbook.model.facts import Absent, Broken, Fact, Found, Origin, Problem
from handbook.model.readiness import Evidence, Exemption, Finding, Level, Report

ORIGIN = Origin("https://git.example/r", "c0ffee")
TODAY = "2026-03-10"


class Readme(Rule):
    """A README is there.

    ## What it does
    Looks for a README.

    ## Why
    It is read first.

    ## How to fix
    Write one.

    ## Equivalents
    None.
    """

    code = "DOC01"
    level: ClassVar[Level] = "bronze"

    def check(self, readme: Fact[str]) -> Verdict:
        if isinstance(readme, Absent):
            return Verdict("fail", "There is none.", searched=readme.searched, fix="Write one.")
        return Verdict("pass", "There is one.", (Evidence("README.md", 1, "# Title"),))


class Setup(Readme):
    __doc__ = Readme.__doc__
    code = "DOC02"
    level = "silver"
    requires = ("DOC01",)

    def check(self, readme: Fact[str], today: str) -> Verdict:  # type: ignore[override]
        return Verdict("warn", f"Thin on {today}.", until="2026-04-01")


class Crashes(Readme):
    __doc__ = Readme.__doc__
    code = "DOC03"

    def check(self, readme: Fact[str]) -> Verdict:
        places = dict[str, Verdict]()
        return places["none"]


HERE: dict[str, Fact[Any]] = {"readme": Found("# Title", ORIGIN)}
NONE: dict[str, Fact[Any]] = {"readme": Absent(("README.md",))}


def of(report: Report) -> dict[str, Finding]:
    return {finding.code: finding for finding in report.findings}


def exemption(until: str) -> dict[str, Exemption]:
    return {"DOC01": Exemption("DOC01", "moving house", "team-risk", until, ORIGIN)}


def test_what_is_found_passes_with_its_evidence() -> None:
    report = judge(HERE, [Readme], {}, TODAY)
    (finding,) = report.findings
    assert (finding.status, finding.title) == ("pass", "A README is there.")
    assert finding.evidence == (Evidence("README.md", 1, "# Title"),)
    assert report.level == "gold"
    assert report.next_level is None


def test_what_is_missing_fails_and_says_where_was_looked() -> None:
    report = judge(NONE, [Readme, Setup], {}, TODAY)
    found = of(report)
    assert found["DOC01"].searched == ("README.md",)
    assert (found["DOC02"].status, found["DOC02"].message[:18]) == ("na", "It builds on DOC01")
    assert report.level is None
    assert report.next_level == "bronze"
    assert [finding.code for finding in report.blocking("silver")] == ["DOC01"]


def test_a_rule_that_crashes_is_shown_and_hides_nothing() -> None:
    report = judge(HERE, [Crashes, Readme, Setup], {}, TODAY)
    found = of(report)
    assert found["DOC03"].status == "error"
    assert "KeyError at test_engine.py:" in found["DOC03"].message
    assert found["DOC01"].status == "pass"
    assert found["DOC02"].status == "warn"
    assert report.level is None


def test_a_fact_that_cannot_be_read_is_an_error_with_the_place() -> None:
    problem = Problem("line 3: no key", Origin("r", "c", "README.md", 3))
    (finding,) = judge({"readme": Broken(problem)}, [Readme], {}, TODAY).findings
    assert finding.status == "error"
    assert finding.evidence == (Evidence("README.md", 3),)
    assert "line 3: no key" in finding.message


@pytest.mark.parametrize(
    ("until", "status", "level"),
    [("2026-03-11", "exempt", "gold"), (TODAY, "exempt", "gold"), ("2026-03-09", "fail", None)],
    ids=["running", "last-day", "over"],
)
def test_an_exemption_counts_to_its_last_day(until: str, status: str, level: str | None) -> None:
    report = judge(NONE, [Readme], exemption(until), TODAY)
    (finding,) = report.findings
    assert (finding.status, report.level) == (status, level)
    assert finding.exemption is not None
    if status == "exempt":
        assert finding.was == "fail"
        assert report.exempted == (finding,)
        assert report.until > until
    else:
        assert "ended on 2026-03-09" in finding.message


def test_an_exemption_of_what_passes_changes_nothing() -> None:
    (finding,) = judge(HERE, [Readme], exemption("2026-12-31"), TODAY).findings
    assert (finding.status, finding.exemption) == ("pass", None)


def test_what_builds_on_an_exempted_rule_does_not_apply() -> None:
    found = of(judge(NONE, [Readme, Setup], exemption("2026-12-31"), TODAY))
    assert found["DOC02"].status == "na"


def test_an_announced_rule_is_shown_and_counts_from_its_day() -> None:
    later = type("Later", (Readme,), {"counts_from": "2026-06-01", "__doc__": Readme.__doc__})
    before, after = (judge(NONE, [later], {}, day) for day in (TODAY, "2026-06-01"))
    assert before.findings[0].status == after.findings[0].status == "fail"
    assert (before.level, after.level) == ("gold", None)
    assert before.until == "2026-06-01"


def test_the_report_says_from_when_it_may_be_out_of_date() -> None:
    assert judge(HERE, [Readme, Setup], {}, TODAY).until == "2026-04-01"
    assert judge(HERE, [Readme], {}, TODAY).until == ""


def test_a_finding_keeps_its_fingerprint_when_lines_move() -> None:
    def at(line: int, snippet: str = "kind: Job") -> str:
        def check(self: Rule, readme: Fact[str]) -> Verdict:
            return Verdict("fail", "No.", (Evidence("deploy.yaml", line, snippet),))

        rule = type("Moved", (Readme,), {"check": check, "__doc__": Readme.__doc__})
        return judge(HERE, [rule], {}, TODAY).findings[0].fingerprint

    assert at(3) == at(30)
    assert at(3) != at(3, "kind: CronJob")


def test_evidence_is_bounded_and_what_is_left_out_is_counted() -> None:
    def check(self: Rule, readme: Fact[str]) -> Verdict:
        return Verdict("warn", "Many.", tuple(Evidence("a.py", n) for n in range(2_000)))

    rule = type("Many", (Readme,), {"check": check, "__doc__": Readme.__doc__})
    (finding,) = judge(HERE, [rule], {}, TODAY).findings
    assert len(finding.evidence) == 50
    assert finding.message == "Many. (1,950 more places are not listed.)"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code": "nope"}, "'code' must be"),
        ({"level": "iron"}, "'level' must be one of bronze, silver, gold"),
        ({"__doc__": "Only a title."}, "no section '## What it does'"),
        ({"check": lambda self, redme: None}, "asks for 'redme', which no collector gives"),
        ({"check": None}, "has no method 'check'"),
    ],
)
def test_a_wrong_rule_is_named_with_what_is_wrong(changed: dict[str, Any], said: str) -> None:
    rule = type("Wrong", (Readme,), {"__doc__": Readme.__doc__, **changed})
    assert said in "\n".join(mistakes_of(rule, frozenset({"readme"})))


def test_codes_are_used_once_and_what_is_required_comes_first() -> None:
    with pytest.raises(RuleError) as caught:
        registry([Setup, Readme, Readme], frozenset({"readme", "today"}))
    assert "DOC02 requires DOC01, which does not come before it" in str(caught.value)
    assert "DOC01 is the code of two rules" in str(caught.value)
    assert list(registry([Readme, Setup], frozenset({"readme", "today"}))) == ["DOC01", "DOC02"]


def test_the_advice_is_read_from_the_docstring() -> None:
    assert Readme.advice()["Why"] == "It is read first."
