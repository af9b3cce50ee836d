"""Judge a service by the handbook's rules, from the facts that were collected."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from handbook.check.engine import judge
from handbook.check.profile import NEEDS, profile_of
from handbook.check.rule import Rule, Verdict
from handbook.check.rules import rules
from handbook.model.collected import ServiceFacts
from handbook.model.facts import Found
from handbook.model.readiness import Report

__all__ = ["Rule", "Verdict", "check", "needs", "rules"]


def check(
    facts: ServiceFacts,
    today: str,
    codes: frozenset[str] | None = None,
    days: Mapping[str, str] | None = None,
) -> Report:
    """Return a finding of every rule on one service.

    ``today`` is YYYY-MM-DD; ``codes`` are the rules to ask, by default all. ``days`` sets by code
    the day from which a rule counts, where that is another than the rule's own.
    """
    declared = facts.declared.value if isinstance(facts.declared, Found) else None
    exemptions = {item.code: item for item in declared.exemptions} if declared else {}
    asked = [rule for code, rule in rules().items() if codes is None or code in codes]
    known = {**facts.by_name(), "profile": profile_of(facts)}
    report = judge(known, asked, exemptions, today)
    if not days:
        return report
    findings = (replace(f, counts_from=days.get(f.code, f.counts_from)) for f in report.findings)
    return replace(report, findings=tuple(findings))


def needs(codes: frozenset[str]) -> frozenset[str]:
    """Return the names of the facts that these rules ask for."""
    asked = {name for code, rule in rules().items() if code in codes for name in rule.wants()}
    return frozenset(asked - {"profile", "today"}) | NEEDS
