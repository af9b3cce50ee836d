"""The pages about readiness: the matrix filters, sorts and leads to findings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]
ROWS = ".hb-matrix tbody tr:visible"
# For each column of rules: how far its head is from the middle of its sign in the first row.
APART = """() => [...document.querySelectorAll(".hb-matrix__group")].flatMap((group) => {
  const cell = document.querySelector(".hb-matrix tbody tr").cells[group.cellIndex];
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), signs = [];
  while (walker.nextNode())
    for (let at = 0; at < walker.currentNode.length; at++) {
      const range = new Range();
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + 1);
      signs.push(range.getBoundingClientRect());
    }
  return [...group.querySelectorAll(".hb-matrix__rules a")].map((head, at) => {
    const box = head.getBoundingClientRect(), glyph = 0.6 * parseFloat(getComputedStyle(cell
      .firstElementChild).fontSize);
    return Math.abs(box.left + box.width / 2 - signs[at].left - glyph / 2);
  });
})"""


def names(page: Page) -> list[str]:
    return page.locator(f"{ROWS} th a").all_inner_texts()


def test_every_sign_is_below_the_code_of_its_rule(visit: Visit) -> None:
    page = visit("services/readiness/")
    page.evaluate("document.fonts.ready")
    apart = page.evaluate(APART)
    assert len(apart) > 30
    assert max(apart) < 1.5


def test_filters_by_team_level_and_rule(visit: Visit) -> None:
    page = visit("services/readiness/")
    every = names(page)
    assert {"payments-scoring", "fraud-score"} <= set(every)
    page.select_option("[name=owner]", "@acme/team-risk")
    assert names(page) == ["payments-scoring"]
    page.locator("button[type=reset]").press("Enter")
    page.focus("[name=rule]")
    page.keyboard.type("lacks CODE01")
    lacking = names(page)
    assert 0 < len(lacking) < len(every)
    assert "?rule=CODE01" in page.url
    again = visit(page.url.partition("/handbook/")[2])
    assert names(again) == lacking, "a view can be shared"


def test_who_has_most_to_do_comes_first_and_any_order_is_a_click_away(visit: Visit) -> None:
    page = visit("services/readiness/")
    lacks = page.locator(f"{ROWS} td.hb-num").evaluate_all(
        "cells => cells.map(cell => parseInt(cell.textContent))"
    )
    assert lacks[0] == max(lacks)
    page.locator(".hb-matrix th button:has-text('Service')").press("Enter")
    assert names(page) == sorted(names(page))


def test_a_sign_leads_to_its_finding(visit: Visit) -> None:
    page = visit("services/readiness/")
    row = page.locator(".hb-matrix tbody tr", has_text="payments-scoring")
    head = page.locator(".hb-matrix__rules a", has_text="DOC03").bounding_box()
    line = row.bounding_box()
    assert head
    assert line
    row.scroll_into_view_if_needed()
    line = row.bounding_box()
    assert line
    page.mouse.move(head["x"] + head["width"] / 2, line["y"] + line["height"] / 2)
    expect(page.locator(".hb-matrix__rules a.hb-on")).to_have_text("DOC03")
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/services/payments-scoring/readiness/#doc03")


def test_read_without_scripts(visit: Visit) -> None:
    page = visit("services/readiness/", script=False)
    assert len(names(page)) > 4
    assert page.locator("form.hb-filter").is_hidden()
    page.click(f"{ROWS} a:text-is('payments-scoring')")
    page.wait_for_url("**/services/payments-scoring/readiness/")
    expect(page.locator("details.hb-finding").first).to_be_visible()


def test_what_does_not_apply_is_folded_but_can_be_linked_to(visit: Visit) -> None:
    page = visit("services/payments-scoring/readiness/")
    folded = page.locator(".hb-na li").first
    expect(folded).to_be_hidden()
    anchor = folded.get_attribute("id")
    opened = visit(f"services/payments-scoring/readiness/#{anchor}")
    expect(opened.locator(f"#{anchor}")).to_be_visible()


def test_the_trend_is_drawn_and_kept(visit: Visit, site: Any) -> None:
    page = visit("services/readiness/")
    expect(page.locator("figure.hb-plot > svg")).to_have_attribute("role", "img")
    kept = (site.folder.parent.parent / "readiness-history.jsonl").read_text("utf-8").splitlines()
    assert len(kept) == 3
    assert "fraud-score" in json.loads(kept[-1])["services"]


def test_a_page_of_practice_and_its_rule_lead_to_each_other(visit: Visit) -> None:
    page = visit("build/ownership/")
    page.click(".hb-codes a:text-is('DOC03')")
    page.wait_for_url("**/services/readiness/doc03/")
    page.click("article a:text-is('The practice behind it')")
    page.wait_for_url("**/build/ownership/#maintainers")


def test_an_announced_rule_has_a_page_that_counts_the_days(visit: Visit) -> None:
    page = visit("services/readiness/")
    page.click("#rules ~ p a")
    page.wait_for_url("**/services/readiness/campaigns/")
    expect(page.locator("article")).to_contain_text("days left")
    expect(page.locator("article progress").first).to_be_visible()
