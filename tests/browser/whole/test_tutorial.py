"""The tutorials as a reader has them: what is copied is what was run, and every mark is legible."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from handbook.publish.verifiedlinks import page_uri
from handbook.tutorial.pages import load_pages
from handbook.tutorial.records import Page as Tutorial

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

Visit = Callable[..., Page]
ROOT = Path(__file__).parents[3]
PAGES = [page for page in load_pages(ROOT / "tutorials") if page.steps]
COPY = ".hb-step .md-code__button[data-md-type=copy]"
CUT = """[...document.querySelectorAll("pre > code")]
  .filter(code => code.scrollWidth > code.clientWidth + 1).map(code => code.textContent)"""
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const e of list.getEntries()) sum += e.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 400);
})"""


def violations(page: Page) -> list[tuple[str, str]]:
    """Return what is wrong with the text at all, and what is serious around it."""
    options = {"resultTypes": ["violations"]}
    text = Axe().run(page, context="article", options=options).response["violations"]
    around = Axe().run(page, options=options).response["violations"]
    found = [
        *(item for item in text if item["impact"] != "minor"),
        *(item for item in around if item["impact"] in {"serious", "critical"}),
    ]
    return [(item["id"], item["nodes"][0]["html"][:160]) for item in found]


def uri(page: Tutorial) -> str:
    return page_uri(page.path, "tutorial").removesuffix("index.md").removesuffix(".md") + "/"


def named(page: Tutorial) -> str:
    return page.name


@pytest.fixture
def copying(visit: Visit, site: Any) -> Callable[[Tutorial], Page]:
    """Open a tutorial's page that may use the clipboard."""

    def opened(tutorial: Tutorial) -> Page:
        page = visit(uri(tutorial))
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator(COPY).first.wait_for()
        return page

    return opened


def test_there_are_tutorials() -> None:
    assert len(PAGES) >= 1


@pytest.mark.parametrize("tutorial", PAGES, ids=named)
def test_each_step_is_on_its_page_as_it_is_run(site: Any, tutorial: Tutorial) -> None:
    html = (site.folder / uri(tutorial) / "index.html").read_text("utf-8")
    blocks = re.findall(
        r'<div [^>]*\bhb-step\b[^>]* id="run-([\w-]+)">.*?<pre>(.*?)</pre>', html, re.DOTALL
    )
    shown = [(name, unescape(re.sub(r"<[^>]+>", "", text))) for name, text in blocks]
    assert shown == [(step.id, step.source) for step in tutorial.steps]


@pytest.mark.parametrize("tutorial", PAGES, ids=named)
def test_the_copy_button_takes_what_was_run(
    copying: Callable[[Tutorial], Page], tutorial: Tutorial
) -> None:
    page = copying(tutorial)
    for step in tutorial.steps:
        page.evaluate("navigator.clipboard.writeText('')")
        page.locator(f"#run-{step.id}").locator(COPY.split()[1]).click()
        page.wait_for_function("navigator.clipboard.readText().then(text => text !== '')")
        copied = page.evaluate("navigator.clipboard.readText()")
        # A file is copied whole; the last newline of a command is the reader's Enter.
        assert copied + ("\n" if step.kind == "run" else "") == step.source, step.id


def test_the_keyboard_copies_too(copying: Callable[[Tutorial], Page]) -> None:
    tutorial = PAGES[0]
    page = copying(tutorial)
    page.locator(COPY).first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("navigator.clipboard.readText().then(text => text !== '')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert tutorial.steps[0].source.startswith(copied)


@pytest.mark.parametrize("tutorial", PAGES, ids=named)
def test_output_is_not_for_copying(visit: Visit, tutorial: Tutorial) -> None:
    page = visit(uri(tutorial))
    page.locator(COPY).first.wait_for()
    wanted = [step for step in tutorial.steps if step.want is not None]
    assert page.locator(".hb-output").count() == len(wanted)
    assert page.locator(".hb-output button").count() == 0
    marks = page.locator(".hb-output .hb-wild")
    assert marks.count() == sum(step.want.count("...") for step in wanted if step.want)
    assert {mark.get_attribute("title") for mark in marks.all()} <= {"varies"}


@pytest.mark.parametrize("tutorial", PAGES, ids=named)
def test_accessible_and_still(visit: Visit, tutorial: Tutorial) -> None:
    page = visit(uri(tutorial))
    assert page.evaluate(SHIFTS) < 0.01
    for scheme in ("default", "slate"):
        page.emulate_media(color_scheme="dark" if scheme == "slate" else "light")
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", scheme)
        assert violations(page) == []


@pytest.mark.parametrize("script", [False, True])
def test_code_is_laid_out_as_it_stays(visit: Visit, script: bool) -> None:
    # Where the bundle's class changes how code is laid out, a slow browser shows it twice.
    page = visit(uri(PAGES[0]), script=script)
    found = page.evaluate(
        """() => [...document.querySelectorAll("pre > code")]
          .filter(code => code.querySelector(":scope > span[id]"))
          .map(code => getComputedStyle(code).display)"""
    )
    assert set(found) == {"grid"}


def test_the_table_of_what_was_verified(visit: Visit) -> None:
    page = visit("start/verified/")
    rows = page.locator(".hb-proofs tbody tr")
    assert rows.count() == len(PAGES)
    for tutorial in PAGES:
        assert page.locator(f'.hb-proofs tbody a[href$="{uri(tutorial)}"]').count() == 1
    assert violations(page) == []


@pytest.mark.parametrize("tutorial", PAGES, ids=named)
def test_on_paper_there_are_marks_and_no_buttons(visit: Visit, tutorial: Tutorial) -> None:
    page = visit(uri(tutorial), width=794)
    page.locator(COPY).first.wait_for()
    page.emulate_media(media="print")
    assert page.locator(COPY).first.is_hidden()
    assert page.locator(".hb-proof").is_visible()
    assert page.locator(".hb-tick").first.is_visible()
    assert page.evaluate(CUT) == []


def test_copying_works_after_instant_navigation(
    visit: Visit, site: Any, copying: Callable[[Tutorial], Page]
) -> None:
    """The page's own script is started by the site's, on whichever page one begins."""
    tutorial = next(page for page in PAGES if any(step.kind == "file" for step in page.steps))
    step = next(step for step in tutorial.steps if step.kind == "file")
    page = visit("start/verified/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(f'.hb-proofs tbody a[href$="{uri(tutorial)}"]').click()
    page.wait_for_url(site.address + uri(tutorial))
    page.locator(f"#run-{step.id}").locator(COPY.split()[1]).click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text !== '')")
    assert page.evaluate("navigator.clipboard.readText()") == step.source
