"""The trend of readiness as drawings: inline SVG, without script or style of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from markupsafe import Markup
from msgspec import Struct

from handbook.model.trend import Mark, Point
from handbook.render.templates import day as written
from handbook.render.templates import environment

T = TypeVar("T")

_WIDTH, _HEIGHT, _LEFT, _TOP, _BELOW = 720, 150, 34, 8, 22  # units of the view box
_COURSE_WIDTH, _COURSE_HEIGHT = 96, 20
_POINTS = 120  # drawn of a plot
_ROWS = 12  # of the table beside it
_STACK = ("gold", "silver", "bronze", "")


class Area(Struct, frozen=True):
    """The services at one level over time, stacked on those of the levels above it."""

    level: str
    points: str
    now: int


def draw_levels(points: Sequence[Point], day: str, title: str) -> Markup | None:
    """Draw how many services stood at each level, up to ``day``; None before the second day.

    The numbers are in a table too, for everyone who does not see the areas.
    """
    kept = _thinned([*points, Point(day, points[-1].levels)] if points else [], _POINTS)
    if len(kept) < 2 or kept[0].day >= day:
        return None
    most = max(sum(point.levels.values()) for point in kept) or 1
    areas = [_area(level, kept, most) for level in _STACK]
    html = (
        environment()
        .get_template("trend.html.j2")
        .render(
            title=title,
            areas=[area for area in areas if any(p.levels[area.level] for p in kept)],
            rows=list(reversed(_thinned(kept, _ROWS))),
            first=kept[0],
            last=kept[-1],
            most=most,
            box=(_WIDTH, _HEIGHT + _TOP + _BELOW),
            frame=(_LEFT, _TOP, _WIDTH, _TOP + _HEIGHT),
        )
    )
    return Markup(html)  # noqa: S704 - autoescaped


def draw_course(course: Sequence[tuple[str, Mark]], day: str) -> Markup:
    """Draw which share of the rules a service met, up to ``day``; "" before the second day."""
    if not course or course[0][0] >= day:
        return Markup("")
    known = _thinned([*course, (day, course[-1][1])], _POINTS)
    days = [_number(item[0]) for item in known]
    steps = list[str]()
    for at, (_, mark) in zip(days, known, strict=True):
        x = (at - days[0]) / (days[-1] - days[0]) * (_COURSE_WIDTH - 2) + 1
        share = mark.met / mark.applicable if mark.applicable else 1.0
        y = (1 - share) * (_COURSE_HEIGHT - 4) + 2
        steps.append(f"{'H' if steps else 'M'}{x:.1f}{'V' if steps else ' '}{y:.1f}")
    (first, before), (_, now) = known[0], known[-1]
    said = (
        f"{before.met} of {before.applicable} rules met on {written(first)}, "
        f"{now.met} of {now.applicable} now"
    )
    return Markup(
        '<svg class="hb-course" role="img" aria-label="{said}" width="{w}" height="{h}"'
        ' viewBox="0 0 {w} {h}"><title>{said}</title><path d="{d}" fill="none"'
        ' stroke="currentColor" stroke-width="1.5"></path></svg>'
    ).format(said=said, w=_COURSE_WIDTH, h=_COURSE_HEIGHT, d=" ".join(steps))


def _area(level: str, points: Sequence[Point], most: int) -> Area:
    place = _STACK.index(level)
    days = [_number(point.day) for point in points]
    scale = (_WIDTH - _LEFT) / ((days[-1] - days[0]) or 1)
    upper, lower = list[str](), list[str]()
    heights = [
        tuple(sum(point.levels[name] for name in _STACK[:n]) for n in (place, place + 1))
        for point in points
    ]
    for at, (bottom, top) in enumerate(heights):
        x = _LEFT + (days[at] - days[0]) * scale
        before_bottom, before_top = heights[max(0, at - 1)]
        upper += [f"{x:.1f},{_y(before_top, most)}", f"{x:.1f},{_y(top, most)}"]
        lower += [f"{x:.1f},{_y(before_bottom, most)}", f"{x:.1f},{_y(bottom, most)}"]
    return Area(level, " ".join([*upper, *reversed(lower)]), points[-1].levels[level])


def _y(value: int, most: int) -> str:
    return f"{_TOP + _HEIGHT * (1 - value / most):.1f}"


def _number(iso: str) -> int:
    return date.fromisoformat(iso).toordinal()


def _thinned(items: Sequence[T], most: int) -> list[T]:
    """Keep so many, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    step = (len(items) - 1) / (most - 1)
    return [items[round(at * step)] for at in range(most)]
