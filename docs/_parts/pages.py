"""Links to hand-written pages and to pages of rules, for tables that are generated."""

from __future__ import annotations

from pathlib import Path

from handbook.check.rule import Rule

DOCS = Path(__file__).parents[1]


def rule_link(rule: type[Rule]) -> str:
    """Link a rule's page from a page one folder down, with an anchor of the rule's own."""
    return f'{plain_rule_link(rule)}{{ #{rule.code.lower()} title="{rule.title()}" }}'


def plain_rule_link(rule: type[Rule]) -> str:
    """Link a rule's page from a page one folder down."""
    return f"[{rule.code}](../services/readiness/{rule.code.lower()}/index.md)"


def page_link(uri: str) -> str:
    """Link a page by its title; ``uri`` as rules have it: "run/deploy/#steps"."""
    path, _, anchor = uri.partition("#")
    file = next(
        f for f in (f"{path.rstrip('/')}.md", f"{path}index.md") if DOCS.joinpath(f).is_file()
    )
    lines = DOCS.joinpath(file).read_text(encoding="utf-8").splitlines()
    title = next(line for line in lines if line.startswith("# ")).removeprefix("# ")
    return f"[{title}](../{file}{f'#{anchor}' if anchor else ''})"
