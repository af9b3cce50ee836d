"""Every statement of the sources is held by a rule; every rule leads to a page that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handbook.check import rules
from handbook.check.statements import SOURCES, STATEMENTS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def test_the_statements_are_those_of_the_sources() -> None:
    numbers = [number for _, of in SOURCES for number in of]
    assert numbers == list(STATEMENTS) == list(range(1, 50))


def test_every_statement_has_a_rule() -> None:
    held = {number for rule in rules().values() for number in rule.statements}
    assert sorted(set(STATEMENTS) - held) == []


@pytest.mark.parametrize("code", rules())
def test_every_rule_leads_to_a_page_of_practice(code: str) -> None:
    rule = rules()[code]
    assert set(rule.statements) <= set(STATEMENTS)
    path, _, anchor = rule.page.partition("#")
    file = DOCS / f"{path.rstrip('/')}.md"
    assert file.is_file(), rule.page
    if not anchor:
        return
    text = file.read_text(encoding="utf-8")
    named = re.findall(r"\{\s*#([\w-]+)", text)
    titles = re.findall(r"^#+ (.+?)(?: \{.*)?$", text, re.MULTILINE)
    slugs = [re.sub(r"[^\w]+", "-", title.lower()).strip("-") for title in titles]
    assert anchor in named + slugs, rule.page
