"""Every statement of the sources has a place in the handbook and a rule that holds to it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.check import rules

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SOURCES: dict[str, dict[int, dict[str, Any]]] = yaml.safe_load(
    (DOCS / "sources.yml").read_text("utf-8")
)
STATEMENTS = {number: said for part in SOURCES.values() for number, said in part.items()}


@cache
def anchors(uri: str) -> frozenset[str]:
    """The anchors that a page's source gives; the page of an address is there, or this fails."""
    file = DOCS / f"{uri.rstrip('/')}.md"
    text = file.read_text(encoding="utf-8")
    named = re.findall(r"\{\s*#([\w-]+)", text)
    titles = re.findall(r"^#+ (.+?)(?: \{.*)?$", text, re.MULTILINE)
    slugs = [re.sub(r"[^\w]+", "-", title.lower()).strip("-") for title in titles]
    return frozenset((*named, *slugs))


def test_the_statements_are_those_of_the_sources() -> None:
    assert list(STATEMENTS) == list(range(1, 50))
    assert [len(part) for part in SOURCES.values()] == [29, 11, 9]


@pytest.mark.parametrize("number", STATEMENTS)
def test_every_statement_has_a_place_of_its_own_words(number: int) -> None:
    said = STATEMENTS[number]
    assert set(said) == {"says", "at", "rules"}
    assert 3 <= len(said["says"].split()) <= 12
    path, _, anchor = said["at"].partition("#")
    assert anchor, "name the paragraph, not only the page"
    assert anchor in anchors(path), said["at"]


@pytest.mark.parametrize("number", STATEMENTS)
def test_every_statement_is_held_by_the_rules_that_name_it(number: int) -> None:
    holding = [code for code, rule in rules().items() if number in rule.statements]
    assert STATEMENTS[number]["rules"] == holding
    assert holding != []


def test_no_place_carries_everything() -> None:
    places = [said["at"] for said in STATEMENTS.values()]
    assert max(map(places.count, places)) <= 2


@pytest.mark.parametrize("code", rules())
def test_every_rule_leads_to_a_page_of_practice(code: str) -> None:
    rule = rules()[code]
    assert set(rule.statements) <= set(STATEMENTS)
    path, _, anchor = rule.page.partition("#")
    assert anchor, "name the paragraph, not only the page"
    assert anchor in anchors(path), rule.page
    pages = {STATEMENTS[number]["at"].partition("#")[0] for number in rule.statements}
    assert pages <= {path}, "the rule leads to where its statement stands"
