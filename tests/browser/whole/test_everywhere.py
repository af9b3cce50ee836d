"""Every page, as somebody with any eyes, any browser and no mouse has it: each section in turn.

Hand-written pages are looked at one by one; of services' pages, which are made by templates, one of
each kind; of modules' pages, two. See `test_look.py` for what is wide, and `test_every_page.py` for
what needs no browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser.whole.test_look import KINDS

# One worker builds the site for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]

SECTIONS = (
    "home", "start", "tutorial", "plan", "build", "data", "run", "services", "forms",
    "contributing", "reference",
)  # fmt: skip
# What moves is added up from the first paint on; what a reader's click moves does not count.
WATCH = """window.moved = [];
const named = ({ node }) => (node?.outerHTML || node?.textContent || "").slice(0, 120);
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.moved.push([entry.value, ...entry.sources.map(named)]);
}).observe({ type: "layout-shift", buffered: true });"""
# Until all that a page fetches by itself is there and painted: quicker than Playwright's
# "networkidle", which waits for half a second after the last request.
STILL = """async () => {
  const there = () => performance.getEntriesByType("resource").length;
  for (let before = -1; before != there();) {
    before = there();
    await new Promise(done => setTimeout(done, 100));
  }
  const next = requestAnimationFrame, painted = done => next(() => next(() => setTimeout(done)));
  const images = [...document.images].filter(image => image.loading != "lazy");
  return Promise.all([document.fonts.ready, ...images.map(image => image.decode().catch(() => 0))])
    .then(() => new Promise(painted));
}"""
# A diagram fills the room that was kept for it: nothing below it has moved, little is empty.
ROOM = """part => {
  const figure = part.nextElementSibling, picture = figure.querySelector(".hb-diagram__picture");
  const { width, height } = picture.querySelector("svg").viewBox.baseVal;
  const needed = Math.min(700, height * Math.min(1, Math.max(0.7, picture.clientWidth / width)));
  const drawn = figure.getBoundingClientRect().height;
  figure.hidden = !(part.hidden = false);
  const kept = part.getBoundingClientRect().height;
  figure.hidden = !(part.hidden = true);
  const share = picture.clientHeight / needed;
  return Math.abs(drawn - kept) < 1 && share > 0.8 && share < 1.3 ? [] : [{ drawn, kept, share }];
}"""
NEAR = "part => part.getBoundingClientRect().top < innerHeight"
OPEN = "document.querySelectorAll('details').forEach(part => { part.open = true })"
AXE = """async options => (await axe.run(document, { resultTypes: ["violations"], ...options }))
  .violations.filter(item => ["serious", "critical"].includes(item.impact))
  .map(item => `${item.id}: ${item.nodes.slice(0, 3).map(node => node.html.slice(0, 160))}`)"""
# In the dark, only colours are others.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Parts of the text that are not shown.
UNSEEN = """() => [...document.querySelectorAll("article > *")].filter(part =>
  !part.matches("script, style, [hidden], .headerlink") && part.textContent.trim() &&
  !(part.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    part.getBoundingClientRect().height)).map(part => part.outerHTML.slice(0, 120))"""


SAMPLE = "services/fraud-score/"
PARTS = ("database/", "data/", "deployment/", "monitoring/", "docs/architecture/")


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Iterator[Page]:
    """A small page that counts what moves from the start."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page that counts what moves, and has axe, from the start."""
    context = chromium.new_context(viewport={"width": 1366, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    context.add_init_script(WATCH)
    context.add_init_script(AXE_SCRIPT)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def sections(uris: tuple[str, ...]) -> dict[str, list[str]]:
    """The pages to look at, by the first part of their address."""
    found: dict[str, list[str]] = {"home": ["", "404.html"], "services": []}
    for uri in uris:
        if "/" in uri and not uri.startswith("services/"):
            found.setdefault(uri.split("/")[0], []).append(uri)
    modules = [uri for uri in found["reference"] if uri.startswith("reference/python/")]
    found["reference"] = [uri for uri in found["reference"] if uri not in modules[2:]]
    found["services"] = [uri for uri in KINDS.values() if uri.startswith("services/")]
    found["services"] += [f"{SAMPLE}{part}" for part in PARTS]
    return found


def walk(
    page: Page, site: Any, uris: list[str], look: Callable[[Page], list[Any]]
) -> dict[str, list[Any]]:
    """Visit pages; return what was found wrong on which."""
    found = {}
    for uri in uris:
        page.goto(site.address + uri)
        if wrong := look(page):
            found[uri] = wrong
    return found


def test_every_page_is_in_a_section(sections: dict[str, list[str]]) -> None:
    assert set(sections) == set(SECTIONS)
    assert all(sections.values())


def drawn(page: Page) -> list[Any]:
    """Go to each diagram, as it is drawn only when it comes near; return those with a mistake."""
    wrong = []
    for diagram in page.locator("pre.hb-mermaid").all():
        diagram.evaluate("part => (part.hidden ? part.nextElementSibling : part).scrollIntoView()")
        beside = diagram.locator("xpath=following-sibling::*[1]")
        expect(beside).to_have_class(re.compile("^hb-diagram(__error)?$"))
        if "hb-diagram__error" in (beside.get_attribute("class") or ""):
            wrong.append(beside.inner_text())
        else:
            wrong += diagram.evaluate(ROOM)
    return wrong


def moved(page: Page) -> list[Any]:
    """What moved while the page came up; nothing if it is hardly to be seen."""
    page.evaluate(STILL)
    for diagram in page.locator("pre.hb-mermaid").all():
        if diagram.evaluate(NEAR):
            expect(diagram).to_be_hidden()
    page.evaluate(STILL)
    shifts: list[Any] = page.evaluate("window.moved")
    return shifts if sum(shift[0] for shift in shifts) >= 0.01 else []


def wrong_with(page: Page) -> list[Any]:
    wrong = [*moved(page), *drawn(page)]
    page.evaluate(OPEN)
    wrong += page.evaluate(AXE, {})
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("body[data-md-color-scheme=slate]")
    wrong += [f"dark: {text}" for text in page.evaluate(AXE, COLOURS)]
    page.emulate_media(color_scheme="light")
    return wrong


@pytest.mark.parametrize("section", SECTIONS)
def test_nothing_moves_and_all_can_read_it(
    page: Page, site: Any, sections: dict[str, list[str]], section: str
) -> None:
    assert walk(page, site, sections[section], wrong_with) == {}


@pytest.mark.parametrize("section", SECTIONS)
def test_nothing_moves_on_a_phone(
    phone: Page, site: Any, sections: dict[str, list[str]], section: str
) -> None:
    assert walk(phone, site, sections[section], lambda page: [*moved(page), *drawn(page)]) == {}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_text_is_there_without_scripts(
    contexts: Callable[..., BrowserContext],
    site: Any,
    sections: dict[str, list[str]],
    section: str,
) -> None:
    page = contexts(False, 1366, False).new_page()
    assert walk(page, site, sections[section], lambda page: page.evaluate(UNSEEN)) == {}
    page.close()
