"""Every page of practice has the one shape that readers know."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from tests.pages.reading import ROOT, Page, listed, parse, read

TABS = ("plan", "build", "data", "run")
PAGES = [
    path for path in listed(*(f"docs/{tab}/*.md" for tab in TABS)) if not path.endswith("/index.md")
]
LEVELS = ("Requirement", "Standard", "Default", "Suggestion", "Caution")
HEADINGS = [
    "Why",
    "How",
    "When it does not apply",
    "What counts as well",
    "How it is checked",
    "How services stand",
    "Try it",
    "Further reading",
]
MARKERS = {
    "How it is checked": "<!-- handbook:checked -->",
    "How services stand": "<!-- handbook:standing -->",
}
# Pages where neither code nor a picture would say more than the words, and why.
PLAIN: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("plain.toml").read_text(encoding="utf-8")
)["plain"]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return read(request.param)


def test_there_are_pages() -> None:
    assert {path.split("/")[1] for path in PAGES} == set(TABS)


def test_a_page_is_read_as_its_readers_do() -> None:
    page = parse(
        "x.md",
        "---\ndescription: D\n---\n# Title\n\nDefault\n{ .hb-level }\n\n"
        "One `x`. Two [link](y.md).\n\n"
        '=== "Tab"\n\n    Within it.\n\n    ```py title="f.py"\n    --8<-- "f.py:part"\n    ```\n\n'
        "## Why { #because }\n\n<!-- not\nseen -->\n\n- item\n\n| a | b |\n|--|--|\n| c | d |\n",
    )
    assert page.meta == {"description": "D"}
    assert [(b.kind, b.text) for b in page.blocks] == [
        ("h1", "Title"),
        ("p", "Default"),
        ("p", "One `·`. Two link."),
        ("p", "Tab."),
        ("p", "Within it."),
        ("h2", "Why"),
        ("li", "item"),
        ("th", "a"),
        ("th", "b"),
        ("td", "c"),
        ("td", "d"),
    ]
    assert [(f.language, f.title, f.includes) for f in page.fences] == [
        ("py", "f.py", ["f.py:part"])
    ]
    assert page.anchors == {"Why": "because"}
    assert page.blocks[2].links == ("y.md",)
    assert page.blocks[2].sentences == ["One `·`.", "Two link."]


def test_description(page: Page) -> None:
    description = str(page.meta.get("description", ""))
    assert 50 <= len(description) <= 160, f"{len(description)} characters: {description}"
    assert description.endswith("."), "a description is a sentence"


def test_level_and_rule_come_first(page: Page) -> None:
    title, level, rule, *_ = page.blocks
    assert page.headings(1) == [title.text]
    assert level.text in LEVELS
    assert f"{level.text}\n{{ .hb-level }}" in page.raw
    assert (level.kind, rule.kind) == ("p", "p")
    assert len(rule.sentences) <= 3, "the rule itself in one to three sentences"


def test_headings_and_their_order(page: Page) -> None:
    found = page.headings(2)
    wanted = [name for name in HEADINGS if name != "Try it" or name in found]
    assert found == wanted


def test_parts_have_anchors_of_their_own(page: Page) -> None:
    # So that a heading can be worded anew without breaking what links to it.
    assert [name for name in page.headings(3) if name not in page.anchors] == []


def test_length(page: Page) -> None:
    assert 300 <= page.words <= 900, f"{page.words} words"


@pytest.mark.parametrize("heading", MARKERS)
def test_markers(page: Page, heading: str) -> None:
    lines = page.below(heading).splitlines()
    assert MARKERS[heading] in lines, "the marker stands on a line of its own"
    assert page.raw.count(MARKERS[heading]) == 1


def test_what_is_checked_is_said_by_hand(page: Page) -> None:
    assert sum(len(block.words) for block in page.section("How it is checked")) >= 5


def test_further_reading(page: Page) -> None:
    items = page.section("Further reading")
    links = [link for item in items for link in item.links]
    assert 2 <= len(links) <= 5
    assert [link for link in links if not link.startswith("https://")] == []
    assert [item.text for item in items if item.links and len(item.words) < 5] == [], "say why"


def test_code_or_a_picture(page: Page) -> None:
    shown = page.includes or any(fence.language == "mermaid" for fence in page.fences)
    if page.path in PLAIN:
        assert not shown, f"{page.path} has something to show now: take it out of plain.toml"
    assert shown or page.path in PLAIN


def test_pages_without_code_or_a_picture_are_there_and_say_why() -> None:
    assert [path for path in PLAIN if not (ROOT / path).is_file()] == []
    assert all(len(why.split()) > 4 for why in PLAIN.values())


@pytest.mark.parametrize("tab", TABS)
def test_the_index_of_a_tab_names_each_page_with_its_level(tab: str) -> None:
    text = (ROOT / f"docs/{tab}/index.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(([\w-]+)\.md\)(?: <small>|\n)(\w+)", text)
    own = {Path(path).stem: level(path) for path in PAGES if path.startswith(f"docs/{tab}/")}
    assert dict(named) == own


def level(path: str) -> str:
    found = re.search(r"^(\w+)\n\{ \.hb-level \}$", read(path).raw, re.MULTILINE)
    return found[1] if found else ""
