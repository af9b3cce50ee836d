"""How large boxes and arrows become, laid out in ranks as Mermaid's layout does it.

Only sizes are of interest, not places: what is beside what within a rank does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from msgspec import structs

from handbook.render.diagramtext import Graph, Link, Size

_PAST = 20.0  # pixels around an arrow that goes past
_MARGIN = 16.0  # of the whole picture
_FRAME = 25.0  # what a group adds before and behind its ranks
_SIDES = (60.0, 40.0)  # what it adds across, in a graph that runs to the right, and down
_NOTE = 160.0
_ALONE: Size = (75, 72)  # what a group adds that no arrow leads into
_SKEW = 1.08  # boxes are below the middle of those above, so most pictures are a bit wider


def drawn_size(graph: Graph) -> Size:
    """Return how wide and high a graph is drawn."""
    graph = _folded(graph)
    if not graph.boxes:
        return (0, 0)
    boxes = {name: _turned(size, graph.down) for name, size in graph.boxes.items()}
    links = [link for link in graph.links if link.source != link.target]
    links = [link for link in links if link.source in boxes and link.target in boxes]
    ranks = _ranks(boxes, _without_circles(boxes, links))
    across: defaultdict[int, list[float]] = defaultdict(list)
    along: defaultdict[int, float] = defaultdict(float)
    for name, (width, height) in boxes.items():
        across[2 * ranks[name]].append(width + graph.beside)
        along[2 * ranks[name]] = max(along[2 * ranks[name]], height)
    for link in links:
        _pass(link, ranks, graph.down, across, along)
    length = sum(along.values()) + max(along) * graph.gap / 2 + _frames(graph, ranks) + graph.notes
    breadth = max(sum(widths) for widths in across.values()) - graph.beside
    if graph.down and links and max(map(len, across.values())) > 1:
        breadth *= _SKEW
    if graph.notes:
        breadth = max(breadth, _NOTE)
    return _turned((breadth + _beside(graph, ranks) + _MARGIN, length + _MARGIN), graph.down)


def _folded(graph: Graph) -> Graph:
    """Make one box of each group that no arrow leads into: it is laid out by itself."""
    outer = {name: path[0] for name, path in graph.groups.items() if path}
    joined = {
        outer.get(name)
        for link in graph.links
        if outer.get(link.source) != outer.get(link.target)
        for name in (link.source, link.target)
    }
    boxes, links = dict(graph.boxes), graph.links
    for group in dict.fromkeys(outer.values()):
        if group in joined:
            # An arrow to the group itself ends at its frame.
            boxes.pop(group, None)
            continue
        names = {name for name, above in outer.items() if above == group and name in boxes}
        boxes[group] = _alone(graph, group, names)
        links = [link for link in links if outer.get(link.source) != group]
        boxes = {name: size for name, size in boxes.items() if name == group or name not in names}
    return structs.replace(graph, boxes=boxes, links=links)


def _alone(graph: Graph, group: str, names: Set[str]) -> Size:
    inner = structs.replace(
        graph,
        boxes={name: size for name, size in graph.boxes.items() if name in names},
        groups={name: graph.groups[name][1:] for name in names},
        links=[link for link in graph.links if link.source in names and link.target in names],
        down=graph.runs.get(group, graph.down != graph.turns),
        gap=graph.gap + 25,
        notes=0.0,
    )
    width, height = drawn_size(inner)
    return width - _MARGIN + _ALONE[0], height - _MARGIN + _ALONE[1]


def _turned(size: Size, down: bool) -> Size:
    return size if down else (size[1], size[0])


def _pass(
    link: Link,
    ranks: Mapping[str, int],
    down: bool,
    across: defaultdict[int, list[float]],
    along: defaultdict[int, float],
) -> None:
    """Give an arrow its room in the ranks between its ends, and its label in the middle."""
    first, last = sorted((2 * ranks[link.source], 2 * ranks[link.target]))
    width, height = _turned(link.label, down)
    middle = (first + last) // 2
    for rank in range(first + 1, last):
        across[rank].append(_PAST + (width if rank == middle else 0))
    along[middle] = max(along[middle], height)


def _without_circles(names: Iterable[str], links: Sequence[Link]) -> list[Link]:
    """Turn the arrows that lead back, so that the others lead one way."""
    after: defaultdict[str, list[Link]] = defaultdict(list)
    for each in links:
        after[each.source].append(each)
    seen, open_, kept = set[str](), set[str](), list[Link]()
    for start in names:
        if start in seen:
            continue
        seen.add(start)
        open_.add(start)
        trail = [(start, iter(after[start]))]
        while trail:
            name, rest = trail[-1]
            if (link := next(rest, None)) is None:
                open_.discard(name)
                trail.pop()
            elif link.target in open_:
                kept.append(Link(link.target, link.source, link.label, link.least))
            else:
                kept.append(link)
                if link.target not in seen:
                    seen.add(link.target)
                    open_.add(link.target)
                    trail.append((link.target, iter(after[link.target])))
    return kept


def _ranks(names: Iterable[str], links: Sequence[Link]) -> dict[str, int]:
    """Give each box its rank: below all that lead to it; what mostly leads on as low as it may."""
    before: defaultdict[str, list[Link]] = defaultdict(list)
    after: defaultdict[str, list[Link]] = defaultdict(list)
    for link in links:
        before[link.target].append(link)
        after[link.source].append(link)
    waiting = {name: len(before[name]) for name in names}
    ready = [name for name, count in waiting.items() if not count]
    ranks: dict[str, int] = {}
    for name in ready:  # grows while it is walked
        ranks[name] = max((ranks[link.source] + link.least for link in before[name]), default=0)
        for link in after[name]:
            waiting[link.target] -= 1
            if not waiting[link.target]:
                ready.append(link.target)
    for name in reversed(ready):
        if len(after[name]) > len(before[name]):
            ranks[name] = min(ranks[link.target] - link.least for link in after[name])
    return ranks


def _spans(graph: Graph, ranks: Mapping[str, int]) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return the first and last rank of each group."""
    spans: dict[tuple[str, ...], tuple[int, int]] = {}
    for name, rank in ranks.items():
        path = graph.groups.get(name, ())
        for depth in range(len(path)):
            first, last = spans.get(path[: depth + 1], (rank, rank))
            spans[path[: depth + 1]] = (min(first, rank), max(last, rank))
    return spans


def _frames(graph: Graph, ranks: Mapping[str, int]) -> float:
    """Return what the frames of groups add along the ranks."""
    opening: defaultdict[int, int] = defaultdict(int)
    closing: defaultdict[int, int] = defaultdict(int)
    spans = _spans(graph, ranks)
    for path, (first, last) in spans.items():
        above = [spans[path[:depth]] for depth in range(1, len(path) + 1)]
        opening[first] = max(opening[first], sum(span[0] == first for span in above))
        closing[last] = max(closing[last], sum(span[1] == last for span in above))
    return _FRAME * (sum(opening.values()) + sum(closing.values()))


def _beside(graph: Graph, ranks: Mapping[str, int]) -> float:
    """Return what the frames of groups add across, where most of them are side by side."""
    counts: defaultdict[int, int] = defaultdict(int)
    for first, last in _spans(graph, ranks).values():
        for rank in range(first, last + 1):
            counts[rank] += 1
    return _SIDES[graph.down] * max(counts.values(), default=0)
