"""Templates as a reader has them: what is copied is the blank, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from handbook.forms import forms

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]
NAMES = list(forms())
COPY = ".md-code__button[data-md-type=copy]"


@pytest.mark.parametrize("name", NAMES)
def test_the_copy_button_takes_the_blank(visit: Visit, name: str) -> None:
    page = visit(f"forms/{name}/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = page.locator(".hb-form").first
    block.locator(COPY).wait_for()
    page.evaluate("navigator.clipboard.writeText('')")
    block.locator(COPY).click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text !== '')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.rstrip("\n") == forms()[name].blank.rstrip("\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_download_is_the_blank(visit: Visit, name: str) -> None:
    page = visit(f"forms/{name}/")
    with page.expect_download() as started:
        page.get_by_role("link", name="download it").click()
    assert Path(started.value.path()).read_text("utf-8") == forms()[name].blank
    assert started.value.suggested_filename == forms()[name].path.rpartition("/")[2]


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("name", NAMES)
def test_long_lines_are_read_without_scrolling(visit: Visit, name: str, width: int) -> None:
    page = visit(f"forms/{name}/", width=width)
    cut = page.locator(".hb-form pre > code").evaluate_all(
        "codes => codes.filter(code => code.scrollWidth > code.clientWidth + 1).length"
    )
    assert cut == 0


def test_both_are_there_without_scripts(visit: Visit) -> None:
    page = visit("forms/runbook/", script=False)
    blocks = page.locator(".hb-form")
    expect(blocks).to_have_count(2)
    expect(blocks.first).to_be_visible()
    expect(blocks.last).to_be_hidden()
    page.get_by_text("Filled in", exact=True).click()
    expect(blocks.last).to_be_visible()
    expect(page.get_by_role("link", name="as its readers see it")).to_have_attribute(
        "href", "../../services/fraud-score/docs/runbook/"
    )


def test_the_menu_leads_to_each(visit: Visit) -> None:
    page = visit("forms/")
    table = page.locator(".hb-forms")
    assert table.locator("tbody tr").count() == len(NAMES)
    links = table.locator("td:first-child a")
    paths = [str(link.get_attribute("href")).removeprefix(page.url) for link in links.all()]
    assert paths == [f"{name}/" for name in NAMES]
