"""A figure on a page is what the file says that it comes from, or is marked as advice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pages.figures import CHECKED, Figure, computed, figures, origin, rows, unlisted
from tests.pages.reading import Page, listed, parse, read

TABS = ("plan", "build", "data", "run", "start", "forms")
PAGES = listed(*(f"docs/{tab}/*.md" for tab in TABS))
KNOWN = figures(Path(__file__).with_name("figures.toml"))
MEASURED = [
    Figure(page, entry["says"], entry)
    for page, kinds in KNOWN.items()
    for entry in kinds.get("measured", [])
]


def phrases(kinds: dict[str, Any]) -> Iterator[str]:
    for entry in kinds.get("measured", []):
        yield entry["says"]
    for kind in ("advice", "example", "elsewhere"):
        yield from kinds.get(kind, [])


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return read(request.param)


def test_every_number_is_listed(page: Page) -> None:
    found = unlisted(page, list(phrases(KNOWN.get(page.path, {}))))
    assert not found, "\n".join([*found, "list it in figures.toml, with where it is from"])


@pytest.mark.parametrize("path", KNOWN)
def test_what_is_listed_is_there_once(path: str) -> None:
    assert path in PAGES
    assert set(KNOWN[path]) <= {"measured", "advice", "example", "elsewhere"}
    texts = [row.text for row in rows(read(path))]
    times = {said: sum(text.count(said) for text in texts) for said in phrases(KNOWN[path])}
    assert {said: n for said, n in times.items() if n != 1} == {}, "say more words of it"


@pytest.mark.parametrize("figure", MEASURED, ids=lambda item: f"{item.page}:{item.says}")
def test_the_origin_says_the_same(figure: Figure) -> None:
    said, found = figure.said(), figure.found()
    assert len(said) == len(found), f"the page says {said}, its origin {found}"
    wrong = [
        (value, true) for (value, off), true in zip(said, found, strict=True)
        if abs(value - true) > off
    ]  # fmt: skip
    assert wrong == [], f"the page says …, its origin …: {wrong}"


@pytest.mark.parametrize("path", [path for path, kinds in KNOWN.items() if "elsewhere" in kinds])
def test_what_others_say_has_its_link(path: str) -> None:
    for said, link in KNOWN[path]["elsewhere"].items():
        row = next(row for row in rows(read(path)) if said in row.text)
        assert link in row.links, said


def test_what_counts_as_a_number() -> None:
    text = (
        f"# 9 lives\n\nTake 30 days. By p95, S3, RFC 9457 and status 200, in May 2026, on Python "
        f"2.7, `7`.\n\n| a | 4,000 |\n|--|--|\n| 0.5 % | six |\n\nThe sample has six. It has nine."
        f"\n\n## {CHECKED}\n\nHalf of them."
    )
    found = [match[0] for row in rows(parse("x.md", text)) for match in row.claims()]
    assert found == ["30", "4,000", "0.5", "six", "Half"]
    page = parse("x.md", "It takes 30 ms and 40 ms.\n")
    assert len(unlisted(page, ["takes 30 ms"])) == 1
    assert unlisted(page, ["30 ms", "40 ms"]) == []


@pytest.mark.parametrize(
    ("says", "source", "entry", "right"),
    [
        ("at 742 a second", "scores 742 jobs", {"find": "scores {} jobs"}, True),
        ("at 742 a second", "scores 743 jobs", {"find": "scores {} jobs"}, False),
        ("22 ms", "| p99 |\n| 21.98 ms |", {"find": "p99 ⋮| {} ms"}, True),
        ("21 ms", "| p99 | 21.98 ms |", {"find": "p99 … {} ms"}, False),
        ("a fifth less", "8 of 10", {"find": "{} of {}", "is": "1 - a / b"}, True),
        ("a fifth less", "7 of 10", {"find": "{} of {}", "is": "1 - a / b"}, False),
        ("about 200 EUR", "201.6", {"find": "{}", "within": 0.01}, True),
        ("five attempts", "attempts = 5", {"find": "attempts = {}"}, True),
    ],
)
def test_a_wrong_figure_is_found(
    says: str, source: str, entry: dict[str, Any], right: bool
) -> None:
    figure = Figure("docs/x.md", says, {"from": "x.md", **entry})
    [(value, off)], [true] = figure.said(), figure.found(lambda _: source)
    assert (abs(value - true) <= off) is right


def test_an_origin_that_says_nothing_fails() -> None:
    with pytest.raises(AssertionError, match="no longer says"):
        Figure("docs/x.md", "30 days", {"from": "x", "find": "{} days"}).found(lambda _: "")
    with pytest.raises(ValueError, match="exit"):
        computed("exit()", {})


def test_lists_are_counted() -> None:
    entry = {"from": "pyproject.toml", "key": "project.dependencies"}
    [found] = Figure("docs/x.md", "", entry).found()
    assert found == origin("pyproject.toml").partition("\ndependencies = [")[2].partition("\n]")[
        0
    ].count('",')
