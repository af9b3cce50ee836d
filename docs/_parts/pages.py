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
    """Link a page by its title; ``uri`` as rules have it: "run/deploy/#steps".

    The address alone where no hand-written page is there: a company's own rule may lead elsewhere.
    """
    anchor = uri.partition("#")[2]
    file = page_file(uri)
    return f"[{page_title(uri)}](../{file}{f'#{anchor}' if anchor else ''})" if file else uri


def page_title(uri: str) -> str:
    """Return a hand-written page's title, "" if there is no such page."""
    file = page_file(uri)
    lines = DOCS.joinpath(file).read_text(encoding="utf-8").splitlines() if file else []
    return next((line for line in lines if line.startswith("# ")), "").removeprefix("# ")


def page_file(uri: str) -> str:
    """Return the path of a hand-written page's file below ``docs/``, "" if there is none."""
    path = uri.partition("#")[0].rstrip("/")
    return next((f for f in (f"{path}.md", f"{path}/index.md") if (DOCS / f).is_file()), "")
