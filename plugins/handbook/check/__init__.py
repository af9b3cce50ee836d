"""Judge a service by the handbook's rules, from the facts that were collected."""

from __future__ import annotations

from handbook.check.engine import judge
from handbook.check.rules import rules
from handbook.model.collected import ServiceFacts
from handbook.model.facts import Found
from handbook.model.readiness import Report

__all__ = ["check", "rules"]


def check(facts: ServiceFacts, today: str) -> Report:
    """Return a finding of every rule on one service; ``today`` is YYYY-MM-DD."""
    declared = facts.declared.value if isinstance(facts.declared, Found) else None
    exemptions = {item.code: item for item in declared.exemptions} if declared else {}
    return judge(facts.by_name(), rules().values(), exemptions, today)
