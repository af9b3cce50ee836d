"""The page of sources: every statement, with the rule that holds services to it."""

from __future__ import annotations

from _parts.pages import page_link, rule_link
from handbook.check import rules
from handbook.check.statements import SOURCES, STATEMENTS


def statements_tables() -> str:
    """Return every statement of the sources with the rule that holds to it, and the page."""
    known = rules().values()
    parts = []
    for who, numbers in SOURCES:
        rows = [f"## {who}", "", "| | statement | rule | page |", "|--:|--|--|--|"]
        for number in numbers:
            of = [rule for rule in known if number in rule.statements]
            pages = dict.fromkeys(rule.page for rule in of)
            cells = ", ".join(map(rule_link, of)), ", ".join(map(page_link, pages))
            rows.append(f"| {number} | {STATEMENTS[number]} | {cells[0]} | {cells[1]} |")
        parts.append("\n".join(rows))
    more = [rule for rule in known if not rule.statements]
    rows = [
        f"- {rule_link(rule)}: {rule.title().rstrip('.')} ({page_link(rule.page)})" for rule in more
    ]
    parts.append("\n".join(["## Beyond the sources", "", *rows]))
    return "\n\n".join(parts)
