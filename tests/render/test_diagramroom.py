"""The room that is kept for a diagram is about as large as Mermaid draws it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from time import process_time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handbook.render.diagramroom import STEP, STEPS, room, room_classes, with_rooms
from handbook.render.highlight import mermaid
from handbook.render.sanitize import clean

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("diagrams.yml").read_text("utf-8")
)
STYLE = Path(__file__).parents[2] / "plugins/handbook/publish/assets/css/7-diagrams.css"
CODE = "flowchart TD\n  a[One] --> b\n"
KINDS = ("flowchart LR", "graph TD; A", "stateDiagram-v2", "classDiagram", "erDiagram")
WORDS = (
    "a", "b", "-->|x|", "&", "[[ ]]", "((", "{{", "}}", "[*]", "{", "}", ";", ":", '"', "subgraph",
    "end", "||--o{", "<|--", "->>", "--", "direction",
    "\n", "note right of a", "state x {", "loop y", "---", "A->>A: z",
)  # fmt: skip


def ids() -> list[str]:
    return [" ".join(case["code"].split())[:60] for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=ids())
def test_room_is_about_what_is_drawn(case: dict[str, Any]) -> None:
    width, height = room(case["code"])
    assert 0.8 <= height / case["size"][1] <= 1.25
    # The width only matters where the picture is wider than the page.
    assert 0.7 <= width / case["size"][0] <= 1.3 or max(width, case["size"][0]) < 400


@pytest.mark.parametrize(
    ("code", "same"),
    [
        ("%% a comment\nflowchart TD\n  %% more\n  a[One] --> b\n", CODE),
        ("---\ntitle: x\n---\nflowchart TD\n  a[One] --> b\n", CODE),
        ("flowchart TD;a[One] --> b;", CODE),
        ("flowchart TD\n  a[One] --> b\n  classDef x fill:red\n  style a fill:red\n", CODE),
        ("flowchart TD\n  a[One]:::step --> b\n  click a callback\n", CODE),
        ("flowchart RL\n  a -- yes --> b\n", "flowchart LR\n  a -->|yes| b\n"),
        ("flowchart TD\n  a --> b --> a\n", "flowchart TD\n  b --> a --> b\n"),
    ],
)
def test_what_is_not_drawn_takes_no_room(code: str, same: str) -> None:
    assert room(code) == pytest.approx(room(same))


@pytest.mark.parametrize("code", ["flowchart TD\n  a --> b\n", "erDiagram\n  a ||--o{ b : c\n"])
def test_more_takes_more_room(code: str) -> None:
    more = code + code.splitlines()[1].replace("b", "c2").replace("a ", "b ", 1) + "\n"
    assert room(more)[1] > room(code)[1]


@given(
    st.sampled_from([*KINDS, "sequenceDiagram", "gantt", "unknown", ""]),
    st.lists(st.sampled_from(WORDS), max_size=60) | st.text(max_size=200).map(lambda t: [t]),
)
def test_any_text_has_a_room(kind: str, words: list[str]) -> None:
    assert all(size >= 0 and math.isfinite(size) for size in room(f"{kind}\n{' '.join(words)}"))
    assert re.fullmatch(r"hb-room-w\d{1,2} hb-room-h\d{1,2}", room_classes(" ".join(words)))


@pytest.mark.parametrize(
    "text",
    [
        " & ".join("abcdefghij" * 20) + " --> " + " & ".join("klmnopqrst" * 20) + "\n",
        "subgraph x [y]\n",
        "a" * 300 + "-" * 300 + "\n",
        " " * 599 + "x\n",
        "\n",
        '"',
        "a -- b ",
        "".join(f"a{n} --> a{n + 1}\n" for n in range(100)),
        "".join(f"subgraph g{n}\nn{n}\nend\n" for n in range(1000)),
    ],
)
@pytest.mark.parametrize("kind", [*KINDS, "sequenceDiagram", "---"])
def test_hostile_text_costs_no_time(kind: str, text: str) -> None:
    started = process_time()
    room(f"{kind}\n{text * (1 + 40_000 // len(text))}")
    assert process_time() - started < 2


def test_the_style_sheet_has_each_step() -> None:
    style = STYLE.read_text("utf-8")
    for step in range(1, STEPS + 1):
        assert f".hb-room-w{step} {{ --hb-wide: {step}; }}" in style
        assert f".hb-room-h{step} {{ --hb-high: {step}; }}" in style
    assert f"{STEP}px * var(--hb-high)" in style


def test_each_diagram_of_a_page_gets_its_room_once() -> None:
    html = '<pre class="hb-mermaid"><code>flowchart TD\n  a[One] --&gt; b\n</code></pre>'
    marked = with_rooms(f"<p>Text</p>{html}{html}")
    assert marked.count(f'<pre class="hb-mermaid {room_classes(CODE)}"><code>') == 2
    assert with_rooms(marked) == marked


def test_rooms_outlive_the_sanitiser() -> None:
    assert clean(mermaid(CODE)) == mermaid(CODE)
    assert "class" not in clean('<p class="hb-room-w999 hb-room-x1 hb-room-">x</p>')
