"""The page of rules has every rule, in words, with links that lead somewhere."""

from __future__ import annotations

import re
from html import unescape

import pytest

from _parts.pages import page_title
from _parts.rules import FAMILIES, family_of, looks_at, table_of
from handbook.check import rules

TABLE = table_of(rules(), {"MON05": "2999-01-31", "PLAN01": "off"})
ROWS = dict(re.findall(r'<tr id="([a-z]+\d+)"(.*?)</tr>', TABLE, re.DOTALL))


@pytest.mark.parametrize("code", rules())
def test_each_rule_has_a_row(code: str) -> None:
    rule, row = rules()[code], unescape(ROWS[code.lower()])
    plain = re.sub(r"</?code>", "`", row)
    assert rule.title().replace("``", "`") in plain
    assert looks_at(rule) in plain
    assert f'href="../../services/readiness/{code.lower()}/"' in row
    assert (f'href="../../{rule.page}"' in row) == bool(page_title(rule.page))
    assert f'data-level="{rule.level}"' in row
    assert re.findall(r"#statement-(\d+)", row) == [str(number) for number in rule.statements]


@pytest.mark.parametrize("code", rules())
def test_what_a_rule_looks_at_is_one_sentence(code: str) -> None:
    said = looks_at(rules()[code])
    assert said[0].isupper()
    assert said[-1] in ".?"
    assert 4 < len(said.split()) < 50, said


def test_each_family_has_a_name() -> None:
    assert {family_of(code) for code in rules()} == set(FAMILIES)


def test_families_stand_together() -> None:
    shown = [family_of(code) for code in ROWS]
    firsts = [at for at, family in enumerate(shown) if family not in shown[:at]]
    assert len(firsts) == len(FAMILIES)
    assert len(ROWS) == len(rules())


@pytest.mark.parametrize(
    ("code", "words"), [("MON05", "from 31 Jan 2999"), ("PLAN01", "off here"), ("PLAN02", "now")]
)
def test_what_this_site_asks_for_is_said(code: str, words: str) -> None:
    last = ROWS[code.lower()].rpartition("<td")[2]
    assert re.sub(r"<[^>]*>", "", last.partition(">")[2]) == words


def test_the_filters_offer_what_the_rows_have() -> None:
    """A choice that no row has would always show nothing."""
    for name in ("family", "level", "page"):
        select = re.search(rf'<select name="{name}">(.*?)</select>', TABLE, re.DOTALL)
        assert select, name
        offered = re.findall(r'<option value="([^"]+)">', select[1])
        assert set(offered) == set(re.findall(rf'data-{name}="([^"]+)"', TABLE))
