"""Commits a month as a small drawing: inline SVG, no script, no style of its own."""

from __future__ import annotations

from markupsafe import Markup
from msgspec import Struct

from handbook.model.history import MonthCount
from handbook.render.templates import environment, month

_WIDTH, _HEIGHT, _STEP, _BAR = 240, 36, 20, 14  # units of the view box


class Drawing(Struct, frozen=True):
    """The drawing, and the names of its first and last month."""

    svg: Markup
    first: str
    last: str


class Bar(Struct, frozen=True):
    """One month: where its bar is in the view box, and what it says."""

    x: int
    y: float
    height: float
    title: str
    empty: bool


def draw_activity(months: tuple[MonthCount, ...]) -> Drawing | None:
    """Draw one bar a month; None if there is nothing to draw.

    The label says the numbers, so that nobody needs to see the bars.
    """
    if not months:
        return None
    most = max(item.commits for item in months) or 1
    bars = [_bar(at, item, most) for at, item in enumerate(months)]
    words = ", ".join(bar.title for bar in bars)
    svg = (
        environment()
        .get_template("activity.svg.j2")
        .render(
            bars=bars, width=_WIDTH, height=_HEIGHT, bar=_BAR, label=f"Commits a month: {words}"
        )
    )
    return Drawing(Markup(svg), month(months[0].month), month(months[-1].month))  # noqa: S704 - autoescaped


def _bar(at: int, item: MonthCount, most: int) -> Bar:
    height = max(1.0, round(item.commits / most * _HEIGHT, 1))
    title = f"{month(item.month)} {item.commits}"
    return Bar(at * _STEP, round(_HEIGHT - height, 1), height, title, not item.commits)
