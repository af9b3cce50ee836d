"""How much room a diagram will need, told from its text when the page is made.

Mermaid draws in the browser, long after the page is shown. A room of about the picture's size
keeps what follows in its place; the site's script fits the picture into it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from html import unescape

from handbook.render.diagramlayers import drawn_size
from handbook.render.diagramtext import (
    Graph,
    Size,
    classes,
    entities,
    flowchart,
    label_size,
    states,
    width_of,
)

STEP = 25
"""Pixels; the style sheet has as many classes for each direction as there are steps."""
STEPS = 40
_LARGEST = 20_000  # characters that are read; what is longer fills the largest room anyway
_CODE = re.compile(r'<pre class="hb-mermaid">\s*<code>(.*?)</code>', re.DOTALL)

# Other kinds: their size, and what each line of text adds to it.
_BY_LINES: dict[str, tuple[Size, Size]] = {
    "pie": ((550, 450), (0, 0)),
    "journey": ((900, 540), (0, 0)),
    "quadrantChart": ((500, 500), (0, 0)),
    "xychart": ((700, 500), (0, 0)),
    "sankey": ((600, 400), (0, 0)),
    "timeline": ((1000, 530), (0, 0)),
    "C4Context": ((830, 470), (0, 0)),
    "gantt": ((650, 0), (0, 24)),
    "gitGraph": ((120, 180), (40, 0)),
    "mindmap": ((150, 60), (30, 45)),
    "packet": ((1000, 30), (0, 20)),
    "requirementDiagram": ((160, 0), (20, 36)),
}
_ANY: tuple[Size, Size] = ((450, 60), (0, 25))
_GRAPHS: dict[str, Callable[[list[str]], Graph]] = {
    "flowchart": flowchart,
    "graph": flowchart,
    "stateDiagram": states,
    "classDiagram": classes,
    "erDiagram": entities,
}


def room_classes(code: str) -> str:
    """Return the classes that give a diagram its room."""
    width, height = (min(max(-int(-size // STEP), 3), STEPS) for size in room(code))
    return f"hb-room-w{width} hb-room-h{height}"


def with_rooms(html: str) -> str:
    """Give each diagram of a page that has none its room."""

    def marked(found: re.Match[str]) -> str:
        classes = f"hb-mermaid {room_classes(unescape(found[1]))}"
        return found[0].replace("hb-mermaid", classes, 1)

    return _CODE.sub(marked, html)


def room(code: str) -> Size:
    """Estimate how wide and high Mermaid draws ``code``, in pixels."""
    lines = _lines(code[:_LARGEST])
    if not lines:
        return (0, 0)
    kind = lines[0].split()[0].partition("-")[0]
    if kind == "sequenceDiagram":
        return _sequence(lines[1:])
    size = drawn_size(_GRAPHS[kind](lines)) if kind in _GRAPHS else (0, 0)
    if all(size):
        return size
    (width, height), (wider, higher) = _BY_LINES.get(kind, _ANY)
    return width + wider * len(lines), height + higher * len(lines)


def _lines(code: str) -> list[str]:
    """Return the lines that say something: no settings, no comments."""
    code = re.sub(r"\A\s*---\n.*?\n[ \t]*---[ \t]*\n", "", code, flags=re.DOTALL)
    lines = (line.strip() for line in re.sub(r"%%[^\n]*", "", code).splitlines())
    found = [line for line in lines if line.strip(";")]
    # `graph TD; A-->B;` has its first statement on the line that names the kind.
    if found and ";" in found[0]:
        first, _, rest = found[0].lstrip(";").partition(";")
        found[:1] = [part for part in (first, rest) if part.strip()]
    return found


_MESSAGE = re.compile(r"([^\s:>-]+)\s*(?:<<)?--?(?:>>|[>x)])\s*[+-]?\s*([^\s:]+)\s*:(.*)$")
_PART = re.compile(r"(?:create\s+)?(?:participant|actor)\s+(\S+)(?:\s+as\s+(.*))?$")
_ROWS = {"loop": 55, "alt": 55, "opt": 55, "par": 55, "critical": 55, "break": 55, "rect": 20}
_MORE = {"else": 45, "and": 45, "option": 45}


def _sequence(lines: list[str]) -> Size:
    """Add up the rows of a sequence, and the distances of those who take part."""
    parts: dict[str, float] = {}
    messages: list[tuple[str, str, float]] = []
    height = 171.0
    for line in lines:
        if part := _PART.match(line):
            parts[part[1]] = width_of(part[2] or part[1]) + 20
        elif message := _MESSAGE.match(line):
            source, target, text = message.groups()
            for name in (source, target):
                parts.setdefault(name, width_of(name) + 20)
            more = label_size(text)[1] and 19 * len(re.findall(r"<br", text))
            height += (80 if source == target else 50) + more
            messages.append((source, target, _longest(text)))
        else:
            word = line.split()[0]
            height += 50 if word.lower() == "note" else _ROWS.get(word, _MORE.get(word, 0))
    return _distances(parts, messages), height


def _longest(text: str) -> float:
    return max(width_of(line.strip()) for line in text.split("<br")) * 1.2


def _distances(parts: dict[str, float], messages: list[tuple[str, str, float]]) -> float:
    """Return the width: neighbours are as far apart as what they say to each other is long."""
    names = list(parts)
    place = {name: at for at, name in enumerate(names)}
    widths = [max(150.0, parts[name]) for name in names]
    gaps = [50.0 + (a + b) / 2 for a, b in itertools.pairwise(widths)]
    for source, target, length in messages:
        first, last = sorted((place[source], place[target]))
        if last - first == 1:
            gaps[first] = max(gaps[first], length + 50)
        elif first == last and first < len(gaps):
            gaps[first] = max(gaps[first], length / 2 + 50)
    return sum(gaps) + (widths[0] + widths[-1]) / 2 + 100 if widths else 0
