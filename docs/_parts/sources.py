"""The page of sources: every statement, where it stands, and the rule that holds services to it."""

from __future__ import annotations

from typing import Any

import yaml

from _parts.pages import DOCS, page_link, rule_link
from handbook.check import rules


def load_sources() -> dict[str, dict[int, dict[str, Any]]]:
    """Return ``sources.yml``: by text, by number what a statement says, its place and rules."""
    loaded: dict[str, dict[int, dict[str, Any]]] = yaml.safe_load(
        (DOCS / "sources.yml").read_text(encoding="utf-8")
    )
    return loaded


def statements_tables() -> str:
    """Return every statement of ``sources.yml`` with the place that carries it, and its rules."""
    known = rules()
    parts = []
    for who, statements in load_sources().items():
        rows = [f"## {who}", "", "| | statement | where it stands | rule |", "|--:|--|--|--|"]
        for number, said in statements.items():
            of = ", ".join(rule_link(known[code]) for code in said["rules"])
            rows.append(
                f'| <span id="statement-{number}">{number}</span> | {said["says"]} '
                f"| {page_link(said['at'])} | {of} |"
            )
        parts.append("\n".join(rows))
    more = [rule for rule in known.values() if not rule.statements]
    rows = [
        f"- {rule_link(rule)}: {rule.title().rstrip('.')} ({page_link(rule.page)})" for rule in more
    ]
    parts.append("\n".join(["## Beyond the sources", "", *rows]))
    return "\n\n".join(parts)
