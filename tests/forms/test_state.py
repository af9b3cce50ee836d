"""What of a document is still to be filled in: ``state.yml`` has texts and what is said of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.forms import marker_of, state_of
from handbook.forms.load import fields_of
from handbook.model.forms import Form

HERE = Path(__file__).parent
BLANK = (HERE / "offer.md").read_text(encoding="utf-8")
OFFER = Form("offer", "Offer", "", "offer.md", "", "", BLANK, fields_of(BLANK))
CASES: dict[str, Any] = yaml.safe_load((HERE / "state.yml").read_text(encoding="utf-8"))


def test_fields_are_the_headings_with_something_to_write() -> None:
    assert [(field.title, field.level, field.line) for field in OFFER.fields] == [
        ("Who is better off", 2, 6),
        ("Risks", 2, 10),
        ("Numbers", 2, 14),
        ("Steps", 2, 22),
        ("Agreed by", 3, 31),
        ("More", 2, 35),
    ]
    assert [field.title for field in OFFER.fields if field.optional] == ["More"]
    assert OFFER.fields[-1].hint == "What else a reader may ask."


@pytest.mark.parametrize("name", CASES)
def test_what_is_left(name: str) -> None:
    case = CASES[name]
    state = state_of(OFFER, case.get("text", BLANK))
    said = [
        f"{gap.line} {gap.kind}: {gap.field}{f' ({gap.found})' if gap.found else ''}"
        for gap in state.gaps
    ]
    assert said == case["gaps"]
    assert state.filled == case["filled"]


MARKERS = {
    "first line": ("<!-- template: offer -->\n# A", ("offer", 1)),
    "below settings": ("---\na: b\n---\n\n<!-- template: Model-Card -->\n", ("model-card", 5)),
    "below a title and badges": ("# A\n\n[x](y)\n<!--template:offer-->\n", ("offer", 4)),
    "with line ends of Windows": ("<!-- template: offer -->\r\n# A\r\n", ("offer", 1)),
    "far below": ("\n" * 30 + "<!-- template: offer -->\n", None),
    "in code": ("```\n<!-- template: offer -->\n```\n", None),
    "in a sentence": ("Write <!-- template: offer --> first.\n", None),
    "of something else": ("<!-- template: a b -->\n", None),
    "no text": ("", None),
}


@pytest.mark.parametrize(("text", "expected"), MARKERS.values(), ids=MARKERS)
def test_the_marker(text: str, expected: tuple[str, int] | None) -> None:
    found = marker_of(text)
    assert (found and (found.name, found.line)) == expected


HOSTILE = {
    "angles": "<a" * 200_000,
    "comments": "<!--" * 100_000,
    "ticks": "`" * 300_000,
    "tick pairs": "` `` " * 60_000,
    "dots": "| … " * 100_000,
    "underscores": "_" * 400_000,
    "headings": "# Risks\n" * 60_000,
    "pipes": "|-" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_work_is_bounded(name: str) -> None:
    began = time.perf_counter()
    state = state_of(OFFER, f"# Risks\n{HOSTILE[name]}\n")
    assert time.perf_counter() - began < 2
    assert len(state.gaps) <= 60
