"""What a Mermaid diagram of boxes and arrows says: read only as far as its size depends on it.

Mermaid itself draws in the browser. Lines that are not understood are left out, so that no text
of a service's repo can be wrong here, only its room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from msgspec import Struct, field

Size = tuple[float, float]

LINE = 21.0  # pixels, of text of 14 px
WRAPPED = 200.0  # where Mermaid breaks a label
_LONGEST = 600  # characters of a line that are read
_DEEPEST = 4  # groups within groups
_LINKS = 1000
_ACROSS = ("LR", "RL")
# Advance widths of Inter, in hundredths of its size; of what is not listed, about a small letter's.
_WIDTHS = {
    25: "Iijl", 30: " !',.:;`", 37: '()/[]\\ft|1r"-^_{}', 55: "7JLacksvxyz*?",
    68: "#$&+04<=>BKPRSTZ~ADVXY", 78: "CGHNOQUw", 93: "Mm@%W",
}  # fmt: skip
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters}

_ID = r"[\w*.]+(?:-\w+)*"
_SHAPE = re.compile(
    r"\s*(?P<open>\(\(\(|\(\(|\(\[|\[\[|\[\(|\[/|\[\\|\{\{|\[|\(|\{|>)\s*"
    r"(?:\"(?P<quoted>[^\"]*)\"|(?P<text>[^\]\)\}\"]*?))\s*[/\\]?(?:[\])}]{1,3})"
)
_NODE = re.compile(rf"\s*(?P<id>{_ID})")
_CLASS = re.compile(r":::[\w-]+|@\{[^}]*\}")
_LINK = re.compile(
    r"\s*[<xo]?(?:(?:--|==|-\.)\s+(?P<mid>[^-=.|>][^|>]*?)\s+(?:-+->?|=+=>?|\.+->?)"
    r"|(?P<run>--+|==+|-\.+-|~~~)[>xo]?)\s*(?:\|(?P<label>[^|]*)\|)?"
)
# What a shape has beside its text, left and right together, above and below together.
_AROUND: dict[str, Size] = {
    "[": (60, 30), "(": (30, 30), "([": (24, 15), "[[": (31, 15), "[(": (15, 15), "((": (15, 15),
    "(((": (30, 30), ">": (24, 15), "{{": (33, 15), "[/": (51, 15), "[\\": (51, 15),
}  # fmt: skip


class Link(Struct, frozen=True):
    """An arrow: ``least`` is how many ranks it spans at least, ``label`` the size of its text."""

    source: str
    target: str
    label: Size = (0, 0)
    least: int = 1


class Graph(Struct):
    """Boxes by name, arrows, and the groups each box is in, the outermost first.

    ``runs`` says of a group whether it runs down; others run as the graph does, or across it if
    it ``turns``. ``gap`` is between ranks, ``beside`` between boxes of one, ``notes`` what notes
    add to the length.
    """

    boxes: dict[str, Size] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    runs: dict[str, bool] = field(default_factory=dict)
    down: bool = True
    turns: bool = False
    gap: float = 50
    beside: float = 50
    notes: float = 0


def width_of(text: str) -> float:
    """Return about how wide a line of 14 px is."""
    return sum(_WIDTH.get(letter, 60) for letter in text) * 0.14


def label_size(text: str) -> Size:
    """Return the size of a label, broken where it says so and where it is too long."""
    text = re.sub(r"^[\"`\s]+|[\"`\s]+$", "", text)
    if not text:
        return (0, 0)
    widths = [width_of(line) for line in re.split(r"<br\s*/?>|\\n|\n", text)]
    lines = sum(max(1, -int(-width // WRAPPED)) for width in widths)
    return min(max(widths), WRAPPED), LINE * lines


def flowchart(lines: list[str]) -> Graph:
    """Read a flowchart: its nodes with their shapes, its links, its subgraphs."""
    first = lines[0].split()
    graph = Graph(down=len(first) < 2 or first[1].upper() not in _ACROSS, turns=True)
    inside: list[str] = []
    for line in _statements(lines[1:]):
        word = line.split(None, 1)[0]
        if word == "subgraph":
            inside.append(re.sub(r"\s*\[.*", "", line[len(word) :]).strip(' "'))
        elif word == "end":
            del inside[-1:]
        elif word == "direction" and inside:
            graph.runs[inside[-1]] = not line.upper().endswith(_ACROSS)
        elif word not in {"direction", "classDef", "class", "style", "linkStyle", "click"}:
            _statement(graph, line, tuple(inside[:_DEEPEST]))
    return graph


def _statements(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        for part in [line] if '"' in line else line.split(";"):
            if statement := part.strip().rstrip(";")[:_LONGEST]:
                yield statement


def _statement(graph: Graph, line: str, inside: tuple[str, ...]) -> None:
    """Read a line such as ``a[One] & b -->|so| c``."""
    place, before, now = 0, list[str](), list[str]()
    link: re.Match[str] | None = None
    while node := _NODE.match(line, place):
        place = _node(graph, line, node, inside)
        now.append(node["id"])
        if together := re.compile(r"\s*&").match(line, place):
            place = together.end()
            continue
        if link and len(graph.links) < _LINKS:
            graph.links += [_linked(link, a, b) for a in before for b in now]
        link = _LINK.match(line, place)
        if not link:
            return
        place, before, now = link.end(), now, []


def _node(graph: Graph, line: str, node: re.Match[str], inside: tuple[str, ...]) -> int:
    """Note a node with its size; return where it ends."""
    name, place = node["id"], node.end()
    shape = _SHAPE.match(line, place)
    if shape:
        graph.boxes[name] = _shaped(shape["open"], shape["quoted"] or shape["text"] or name)
        place = shape.end()
    graph.boxes.setdefault(name, _shaped("[", name))
    graph.groups.setdefault(name, inside)
    marked = _CLASS.match(line, place)
    return marked.end() if marked else place


def _shaped(opened: str, text: str) -> Size:
    width, height = label_size(text)
    if opened == "{":
        return (width + height + 30,) * 2
    if opened in {"((", "((("}:
        return (max(width, height) + _AROUND[opened][0],) * 2
    beside, above = _AROUND[opened]
    if opened == "[(":  # lower and upper edge are round, the more the wider
        above += 1.5 * (width + beside) / (2.5 + (width + beside) / 50)
    return width + beside, height + above


def _linked(link: re.Match[str], source: str, target: str) -> Link:
    least, run = 1, link["run"]
    if run:
        headed = link.string[link.end("run") :][:1] in {">", "x", "o"}
        least = run.count(".") if "." in run else len(run) - 2 + headed
    text = link["mid"] or link["label"] or ""
    return Link(source, target, label_size(text), min(max(least, 1), 9))


_ARROW = re.compile(r"(\S+)\s*-->\s*([^\s:]+)\s*(?::\s*(.*))?$")
_COMPOSITE = re.compile(r"state\s+(?:\".*\"\s+as\s+)?(\S+)\s*\{$")
_NAMED = re.compile(r"state\s+\"(.*)\"\s+as\s+(\S+)$")


def states(lines: list[str]) -> Graph:
    """Read a state diagram: states, their descriptions and composites, and what leads where."""
    graph, inside, note = Graph(), list[str](), False
    for line in _statements(lines[1:]):
        if note or line.startswith("note "):
            # Beside a line of its own, a note has empty ones around it.
            graph.notes += LINE if note else 64 if ":" in line else 64 + 2 * LINE
            note = not line.startswith("end note") and ":" not in line
        elif line.startswith("direction"):
            down = not line.upper().endswith(_ACROSS)
            if inside:
                graph.runs[inside[-1]] = down
            else:
                graph.down = down
        elif line == "}":
            del inside[-1:]
        elif composite := _COMPOSITE.match(line):
            inside.append(composite[1])
        elif named := _NAMED.match(line):
            _state(graph, named[2], named[1], inside)
        elif arrow := _ARROW.match(line):
            source = _state(graph, arrow[1], "", inside, "from")
            target = _state(graph, arrow[2], "", inside, "to")
            graph.links.append(Link(source, target, label_size(arrow[3] or "")))
        elif described := re.match(r"(\w+)\s*:\s*(.*)$", line):
            _state(graph, described[1], described[2], inside)
        elif re.match(r"\w+$", line):
            _state(graph, line, "", inside)
    return graph


def _state(graph: Graph, name: str, text: str, inside: list[str], end: str = "") -> str:
    """Note a state with its size; return its name, which start and end have none of."""
    if name == "[*]":
        name = f"{end} {'/'.join(inside)}"
        graph.boxes[name] = (14, 14)
    elif text or name not in graph.boxes:
        width, height = label_size(text or name)
        graph.boxes[name] = (width + 16, height + 16)
    graph.groups.setdefault(name, tuple(inside[:_DEEPEST]))
    return name


_CLASSES = re.compile(
    rf"({_ID})\s*(?:\"[^\"]*\"\s*)?[<|*o(]*(?:--|\.\.)[>|*o)]*\s*(?:\"[^\"]*\"\s*)?({_ID})\s*(?::(.*))?$"
)
_ENTITIES = re.compile(
    r"\"?([^\"{}|]+?)\"?\s+[|}][|o](?:--|\.\.)[|o][|{]\s+\"?([^\"{}|:]+?)\"?\s*(?::\s*(.*))?$"
)


def classes(lines: list[str]) -> Graph:
    """Read a class diagram: each class with its members."""
    rows, links, down = _rows(lines, _CLASSES, re.compile(r"class\s+([\w~]+)[^{]*?(\{)?$"))
    boxes = {
        name: (
            max([width_of(name), *(width_of(row) for row in own)]) + 25,
            93 + LINE * len(own) if own else 81,
        )
        for name, own in rows.items()
    }
    return Graph(boxes, links, down=down)


def entities(lines: list[str]) -> Graph:
    """Read tables and their columns."""
    rows, links, down = _rows(lines, _ENTITIES, re.compile(r"\"?([\w .-]+?)\"?\s*(\{)?$"))
    boxes = {name: _entity(name, own) for name, own in rows.items()}
    return Graph(boxes, links, down=down, gap=80, beside=140)


def _entity(name: str, rows: list[str]) -> Size:
    if not rows:
        return max(100, width_of(name) + 40), 81
    cells = [row.split(None, 2) for row in rows]
    columns = [max((width_of(c[i]) for c in cells if len(c) > i), default=-25) for i in range(3)]
    return max(width_of(name) + 40, sum(columns) + 75), 39.75 * (len(rows) + 1)


def _rows(
    lines: list[str], relation: re.Pattern[str], opening: re.Pattern[str]
) -> tuple[dict[str, list[str]], list[Link], bool]:
    rows: dict[str, list[str]] = {}
    links, inside, down = list[Link](), "", True
    add: Callable[[str], list[str]] = lambda name: rows.setdefault(name, [])  # noqa: E731
    for line in _statements(lines[1:]):
        if line.startswith("direction"):
            down = not line.endswith(("LR", "RL"))
        elif inside:
            if line != "}":
                add(inside).append(line)
            inside = "" if line == "}" else inside
        elif found := relation.match(line):
            for name in found.group(1, 2):
                add(name)
            links.append(Link(found[1], found[2], label_size(found[3] or "")))
        elif member := re.match(r"(\w+)\s*:\s*(.+)$", line):
            add(member[1]).append(member[2])
        elif opened := opening.match(line):
            add(opened[1])
            inside = opened[1] if opened[2] else ""
    return rows, links, down
